"""The minutes of the draw: accessible, the same at each reading, with the record attached to the byte."""

import io
from datetime import UTC, datetime

import pikepdf

from isoloir.documents.draw import DrawMinutes, DrawnContest, compose_draw_minutes

ANNOUNCED, DRAWN = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 26, 9, tzinfo=UTC)
SOURCE_AT = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
RECORD = '{"seed":"9.18./","contests":[{"names":["É"]}]}'.encode()


def minutes() -> DrawMinutes:
    contests = tuple(
        DrawnContest(f"C{number}", "Comité social", ("Agir", "Union #panic()"), ("Union #panic()", "Agir"))
        for number in range(12)
    )
    return DrawMinutes(
        election="Élections 2026", organiser="Académie", source="Loto du 25 novembre", seed="9.18./",
        source_at=SOURCE_AT, shape="2 nombres de 1 à 999", announcement_sha256="ab" * 32,
        announced_at=ANNOUNCED, drawn_at=DRAWN, url="https://vote.example/tirage/", contests=contests,
    )  # fmt: skip


def test_minutes_are_accessible_and_carry_the_record(check_accessibility, read_text):
    pdf = compose_draw_minutes(minutes(), record=RECORD)
    check_accessibility(pdf)
    assert pdf == compose_draw_minutes(minutes(), record=RECORD)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.attachments["tirage.json"].get_file().read_bytes() == RECORD
    text = " ".join(read_text(pdf).split())
    for words in (
        "9.18./",
        "Loto du 25 novembre",
        "Union #panic()",
        "isoloir-verify draw tirage.json",
        "2 nombres de 1 à 999",
    ):
        assert words in text
