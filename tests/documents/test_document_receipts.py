"""The printed receipt: what was signed, byte for byte, and never a choice."""

import io
import json
from datetime import datetime

import pikepdf
import pytest

from isoloir.documents.errors import DocumentRefused
from isoloir.documents.receipts import compose_receipt, tracker_url


@pytest.mark.parametrize("language", ["fr", "en"])
def test_receipt_is_one_accessible_page_in_both_languages(make_receipt, count_pages, check_accessibility, language):
    pdf = compose_receipt(make_receipt(language=language))
    assert count_pages(pdf) == 1
    check_accessibility(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert str(document.Root.Lang) == language


def test_same_receipt_gives_the_same_bytes(make_receipt):
    assert compose_receipt(make_receipt()) == compose_receipt(make_receipt())


def test_receipt_groups_the_tracker_by_four_and_tells_paris_time(make_receipt, read_text):
    text = " ".join(read_text(compose_receipt(make_receipt())).split())
    assert "7F3K /q+9 ZzaB cDeF gHiJ kLmN oPqR sTuV wXyZ 0123 456" in text
    assert "jeudi 3 décembre 2026 à 9 h 12 min 07 s (heure de Paris)" in text.replace("\xa0", " ")


def test_attached_file_holds_exactly_what_was_signed(make_receipt):
    signed = '{"election":"Élections\u202f\N{GRINNING FACE}","cast_at":"2026-12-03T08:12:07Z"}'
    pdf = compose_receipt(make_receipt(text=signed))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        attached = json.loads(document.attachments["preuve-de-vote.json"].get_file().read_bytes())
    assert attached == {"text": signed, "signature": "c2lnbmF0dXJl", "key": "ab" * 32}


def test_markup_in_a_receipt_is_printed_as_text(make_receipt, count_pages, hostile):
    assert count_pages(compose_receipt(make_receipt(election=hostile, contest=hostile, text=hostile))) == 1


def test_tracker_is_in_the_fragment_that_no_server_receives():
    assert tracker_url("https://v.example/verifier/#x", "ab/+") == "https://v.example/verifier/#ab/+"


def test_instant_without_time_zone_is_refused(make_receipt):
    with pytest.raises(DocumentRefused, match="time zone"):
        compose_receipt(make_receipt(cast_at=datetime(2026, 12, 3, 8)))  # noqa: DTZ001 - the fault that is tested


def test_unknown_language_is_refused(make_receipt):
    with pytest.raises(DocumentRefused, match="French"):
        compose_receipt(make_receipt(language="de"))
