"""The text of documents: the fonts' repertoire, Paris time, QR codes."""

import re
from datetime import UTC, datetime

import pytest
import typst

from isoloir.documents.errors import DocumentNotComposed
from isoloir.documents.glyphs import REPERTOIRE, is_printable, printable
from isoloir.documents.notices import compose_notices
from isoloir.documents.paris_time import paris_text
from isoloir.documents.qr import qr_svg
from isoloir.documents.typesetting import FONTS, typeset


def test_every_character_of_the_repertoire_has_a_glyph(notice_election, make_notice, count_pages):
    characters = [chr(point) for block in REPERTOIRE for point in block if is_printable(chr(point)) and point != 0x20]
    assert len(characters) > 1700
    lines = ["·".join(characters[start : start + 40]) for start in range(0, len(characters), 40)]
    batch = [make_notice(delivery_lines=tuple(lines[start : start + 5])) for start in range(0, len(lines), 5)]
    assert count_pages(compose_notices(notice_election, batch)) == len(batch)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoé NGUYỄN", "Zoé NGUYỄN"),
        ("Zoe\u0301", "Zoé"),
        ("Łukasz Şahin Đorđević", "Łukasz Şahin Đorđević"),
        ("12\u202f000\u2009€", "12\xa0000\xa0€"),
        ("a\tb\nc\u2028d", "a b c d"),
        ("Jean\u202eeno\u202c \u200bX\x00", "Jeaneno X"),
        ("ﬁn ＡＢ", "fin AB"),
        ("Ami \N{GRINNING FACE} \u6f22", "Ami □ □"),
        ("x\u0330\u0363y", "xy"),
    ],
)
def test_text_is_brought_to_what_the_fonts_show(text, expected):
    assert printable(text) == expected
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 12, 3, 8, 12, tzinfo=UTC), "jeudi 3 décembre 2026 à 9 h 12 (heure de Paris)"),
        (datetime(2026, 7, 1, 22, 5, tzinfo=UTC), "jeudi 2 juillet 2026 à 0 h 05 (heure de Paris)"),
        (datetime(2026, 12, 1, 7, tzinfo=UTC), "mardi 1er décembre 2026 à 8 h 00 (heure de Paris)"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "dimanche 25 octobre 2026 à 2 h 30 (heure d’été de Paris)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "dimanche 25 octobre 2026 à 2 h 30 (heure d’hiver de Paris)"),
    ],
)
def test_instants_are_written_in_paris_time(instant, expected):
    assert paris_text(instant).replace("\xa0", " ") == expected


def test_english_instants_say_paris_too():
    assert paris_text(datetime(2026, 12, 3, 8, 12, tzinfo=UTC), language="en") == (
        "Thursday 3 December 2026 at 09:12 (Paris time)"
    )


def test_qr_code_image_keeps_every_dark_module_and_its_quiet_zone():
    svg = qr_svg("https://vote.example/#code=aB3dE-FgH1jK-mN9pQ-rS7uVw")
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    dark = set()
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        dark.update((int(x) + step, int(y)) for step in range(int(run)))
    assert all(4 <= x < size - 4 and 4 <= y < size - 4 for x, y in dark)
    # The finder pattern's outer ring, at the three corners that have one.
    for left, top in ((4, 4), (size - 11, 4), (4, size - 11)):
        assert {(left + step, top) for step in range(7)} <= dark
        assert (left + 1, top + 1) not in dark


def test_half_of_a_surrogate_pair_is_a_white_square():
    assert printable("a\ud800b") == "a□b"


def test_only_shipped_fonts_are_found_in_the_fonts_folder():
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    assert fonts.families() == ["Atkinson Hyperlegible Mono", "Atkinson Hyperlegible Next"]


def test_refusal_of_the_typesetter_never_quotes_the_page():
    with pytest.raises(DocumentNotComposed) as refusal:
        typeset("receipt", {"language": "fr", "contest": "secret-words"})
    assert "secret-words" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None
