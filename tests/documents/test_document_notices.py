"""Voting notices: one page each, accessible, the same bytes from the same values, and no markup in names."""

import dataclasses

import pytest

from isoloir.documents import notices
from isoloir.documents.errors import DocumentNotComposed, DocumentRefused
from isoloir.documents.notices import CalendarLine, Delivery, code_url, compose_notices


def test_each_voter_has_one_accessible_page(notice_election, make_notice, count_pages, check_accessibility):
    pdf = compose_notices(notice_election, [make_notice(recipient=f"Mme Numéro {each}") for each in range(3)])
    assert count_pages(pdf) == 3
    check_accessibility(pdf)


def test_same_notices_give_the_same_bytes(notice_election, make_notice):
    batch = [make_notice(), make_notice(recipient="M. Autre")]
    assert compose_notices(notice_election, batch) == compose_notices(notice_election, batch)
    assert compose_notices(notice_election, batch) != compose_notices(notice_election, batch[::-1])


def test_notice_shows_name_address_code_and_dates(notice_election, make_notice, read_text):
    text = " ".join(read_text(compose_notices(notice_election, [make_notice()])).split())
    for expected in (
        "Mme Anne-Sophie DE L’EXEMPLE",
        "99120 SAINT-ELME-SUR-ORVE",
        "aB3dE-FgH1jK-mN9pQ-rS7uVw",
        "du jeudi 3 décembre 2026 à 8 h 00 au jeudi 10 décembre 2026 à 17 h 00 (heure de Paris)",
        "from Thursday 3 December 2026 at 08:00",
        "vendredi 11 décembre 2026",
        "Comité social d’administration académique",
        "vote.valmorane.example",
        "In English",
    ):
        assert expected in text


@pytest.mark.parametrize("delivery", Delivery)
def test_sheet_says_its_number_and_what_to_do_when_it_came_open(
    notice_election, make_notice, read_text, check_accessibility, delivery
):
    pdf = compose_notices(notice_election, [make_notice()], delivery=delivery)
    text = " ".join(read_text(pdf).split())
    assert "n° 0000042-1" in text
    assert "demandez un nouveau code" in text
    assert "came open or damaged" in text
    assert ("Talon d’émargement" in text) == (delivery is Delivery.HAND)
    assert ("contre signature" in text) == (delivery is Delivery.HAND)
    check_accessibility(pdf)


def test_stub_that_the_establishment_keeps_never_bears_the_code(notice_election, make_notice, read_text):
    text = read_text(compose_notices(notice_election, [make_notice()]))
    stub = text[text.index("Talon d’émargement") :]
    assert "0000042-1" in stub
    assert make_notice().code not in stub
    assert text.count(make_notice().code) == 1


def test_reprint_bears_its_edition(notice_election, make_notice, read_text):
    text = read_text(compose_notices(notice_election, [make_notice(edition=2)]))
    assert "0000042-1, édition 2" in text


def test_more_pages_than_notices_are_refused(notice_election, make_notice, monkeypatch):
    real = notices.typeset
    # The typesetter is given one notice more than was asked for, as if one had run over its page.
    twice = lambda name, values: real(name, {**values, "notices": values["notices"] * 2})  # noqa: E731
    monkeypatch.setattr(notices, "typeset", twice)
    with pytest.raises(DocumentNotComposed):
        compose_notices(notice_election, [make_notice()])


def test_markup_in_a_value_is_printed_as_text(notice_election, make_notice, count_pages, hostile):
    trap = make_notice(
        recipient=hostile,
        delivery_lines=(hostile, hostile),
        establishment=hostile,
        academy=hostile,
        contests=(hostile,),
    )
    election = dataclasses.replace(
        notice_election, name=hostile, help_line=hostile, calendar=(CalendarLine(hostile, hostile),)
    )
    assert count_pages(compose_notices(election, [trap, make_notice()])) == 2


def test_typst_call_in_a_name_is_read_back_unchanged(notice_election, make_notice, read_text):
    text = read_text(compose_notices(notice_election, [make_notice(recipient="M. #panic() *gras* $x$ <a> @b")]))
    assert "M. #panic() *gras* $x$ <a> @b" in text


@pytest.mark.parametrize("delivery", Delivery)
def test_longest_values_still_hold_on_one_page(notice_election, make_notice, count_pages, delivery):
    def longest(length):
        return ("Établissement WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW " * 9)[: length - 1] + "Z"

    election = dataclasses.replace(
        notice_election,
        name=longest(notices.ELECTION_NAME_LENGTH),
        help_line=longest(notices.HELP_LINE_LENGTH),
        calendar=(CalendarLine(longest(notices.CALENDAR_TEXT_LENGTH), longest(notices.CALENDAR_TEXT_LENGTH)),)
        * notices.CALENDAR_LINES,
    )
    full = make_notice(
        recipient=longest(notices.RECIPIENT_LENGTH),
        delivery_lines=(longest(notices.DELIVERY_LINE_LENGTH),) * notices.DELIVERY_LINES,
        establishment=longest(notices.ESTABLISHMENT_LENGTH),
        academy=longest(notices.ESTABLISHMENT_LENGTH),
        contests=(longest(notices.CONTEST_NAME_LENGTH),) * notices.CONTESTS,
    )
    assert count_pages(compose_notices(election, [full, full], delivery=delivery)) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipient": " "}, "recipient is empty"),
        ({"recipient": "x" * 121}, "recipient has more than 120"),
        ({"delivery_lines": ("a",) * 6}, "more than 5 delivery lines"),
        ({"contests": ()}, "between 1 and 12"),
    ],
)
def test_value_beyond_the_limits_is_refused_by_its_field(notice_election, make_notice, changes, words):
    with pytest.raises(DocumentRefused, match=words) as refusal:
        compose_notices(notice_election, [make_notice(**changes)])
    assert make_notice().code not in str(refusal.value)


def test_empty_batch_is_refused(notice_election):
    with pytest.raises(DocumentRefused, match="at least one notice"):
        compose_notices(notice_election, [])


def test_code_is_in_the_fragment_that_no_server_receives(make_notice):
    url = code_url("https://vote.valmorane.example/?lang=fr#top", make_notice().code)
    assert url == "https://vote.valmorane.example/vote/?lang=fr#code=aB3dE-FgH1jK-mN9pQ-rS7uVw"


def test_code_is_never_in_a_representation(make_notice):
    assert make_notice().code not in repr(make_notice())
