"""Files for tests of the imports, written as people write them; a change to one cell makes one fault."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from PIL import Image

from isoloir.common.errors import ImportRefused

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACTOR = "administration"

STATION_COLUMNS = ("code", "name", "kind")
MEMBER_COLUMNS = ("station", "role", "email", "last_name", "first_names", "civility", "organisation")
CONTEST_COLUMNS = ("code", "name", "instance", "ballot_kind", "seats", "academy", "polling_station")
LIST_COLUMNS = (
    "contest", "kind", "name", "organisations", "affiliation", "logo_file", "statement_file", "position",
)  # fmt: skip
CANDIDATE_COLUMNS = ("contest", "list", "rank", "civility", "last_name", "first_names")
TWO_ADDRESSES_COLUMNS = (
    "reference", "civility", "last_name", "first_names", "email", "second_email", "academy", "establishment_code",
    "establishment", "delivery_lines", "contests",
)  # fmt: skip
VOTER_COLUMNS = (
    "reference", "civility", "last_name", "first_names", "email", "academy", "establishment_code", "establishment",
    "delivery_lines", "contests",
)  # fmt: skip

STATIONS = (("bvec", "Bureau centralisateur", "bvec"), ("bve-2", "Bureau de Valmont", "bve"))
CONTESTS = (
    ("CSA-MIN", "Comité social d’administration ministériel", "csa", "list", "4", "", "bvec"),
    ("CAP-1", "Commission administrative paritaire", "cap", "list", "2", "Valmont", "bvec"),
    ("CCP-S", "Commission consultative paritaire", "ccp", "sigle", "3", "Valmont", "bve-2"),
)
STATEMENT = "Chères et chers collègues,\n\nVotez.\n"


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ";") -> bytes:
    """Return the rows as UTF-8, without byte order mark."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode()


def png(width: int = 400, height: int = 100) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (20, 90, 90)).save(stream, "PNG")
    return stream.getvalue()


def member_rows(station: str) -> list[tuple[str, ...]]:
    """Return a president, a secretary and three delegates."""
    return [
        (station, "president", f"president@{station}.example", "DURAND", "Anne", "Mme", ""),
        (station, "secretary", f"secretary@{station}.example", "LEROY", "Paul", "M.", ""),
        (station, "delegate", f"delegate1@{station}.example", "PETIT", "Inès", "Mme", "Union des Écoles"),
        (station, "delegate", f"delegate2@{station}.example", "MOREAU", "Luc", "M.", "Agir Ensemble"),
        (station, "delegate", f"delegate3@{station}.example", "ROUX", "Zoé", "Mme", "Fédération du Savoir"),
    ]


def list_rows() -> list[list[str]]:
    return [
        [contest, kind, name, organisations, "", "logos/a.png", statement, position]
        for contest, kind in (("CSA-MIN", "list"), ("CAP-1", "list"), ("CCP-S", "sigle"))
        for name, organisations, statement, position in (
            ("Ensemble pour l’école", "Union des Écoles|Agir Ensemble", "statements/a.txt", "1"),
            ("Savoir", "Fédération du Savoir", "", "2"),
        )
    ]


def candidate_rows() -> list[list[str]]:
    return [
        [contest, name, str(rank), "Mme", f"NOM-{name[:1]}{rank}", "Anne Lise"]
        for contest, count in (("CSA-MIN", 8), ("CAP-1", 3))
        for name in ("Ensemble pour l’école", "Savoir")
        for rank in range(1, count + 1)
    ]


def voter_row(number: int, contests: str = "CSA-MIN|CAP-1") -> list[str]:
    return [
        f"E{number:06d}", "Mme", f"LEFÈVRE{number}", "Chloé", f"chloe.{number}@valmont.example", "Valmont",
        f"099{number % 50:04d}A", f"Collège n° {number % 50}", "12 rue de l’Été|99000 VALMONT", contests,
    ]  # fmt: skip


def voter_rows(count: int) -> list[list[str]]:
    return [voter_row(number, "CSA-MIN|CAP-1" if number % 2 else "CSA-MIN|CCP-S") for number in range(1, count + 1)]


def attachments() -> dict[str, bytes]:
    return {"logos/a.png": png(), "statements/a.txt": STATEMENT.encode()}


def election_files(voters: int = 6) -> dict[str, bytes]:
    """Return a whole folder without fault."""
    return {
        "stations.csv": csv_file(STATION_COLUMNS, STATIONS),
        "members.csv": csv_file(MEMBER_COLUMNS, [*member_rows("bvec"), *member_rows("bve-2")]),
        "contests.csv": csv_file(CONTEST_COLUMNS, CONTESTS),
        "lists.csv": csv_file(LIST_COLUMNS, list_rows()),
        "candidates.csv": csv_file(CANDIDATE_COLUMNS, candidate_rows()),
        "voters.csv": csv_file(VOTER_COLUMNS, voter_rows(voters)),
        **attachments(),
    }


def places(refusal: ImportRefused) -> list[tuple[int | None, str]]:
    """Return the line and the column of each fault."""
    return [(fault.line, fault.column) for fault in refusal.faults]
