"""What the civil registry and the employer know of a fictional voter: birth, NUMEN, social-security number, own address."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from isoloir.common.csvfiles import folded

_OLDEST, _YOUNGEST = date(1958, 1, 1), date(2001, 12, 31)
# Communes by their INSEE code; one of the two departments of Corsica, whose letter upsets careless programs.
_PLACES = ("75056", "13055", "69123", "31555", "2A004", "97411", "59350", "35238", "67482", "33063")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class CivilIdentity:
    """A fictional person as FranceConnect and the employer's files know them. `nir` is the first ten digits."""

    reference: str
    birth_name: str
    first_names: str
    birth_date: date
    birth_place: str
    is_woman: bool
    numen: str
    nir: str
    private_address: str


def civil_identity(*, reference: str, civility: str, last_name: str, first_names: str) -> CivilIdentity:
    """Return the civil identity of a voter of the fiction: always the same for the same voter."""
    drawn = int.from_bytes(sha256(f"civil {reference}".encode()).digest(), "big")
    drawn, days = divmod(drawn, (_YOUNGEST - _OLDEST).days)
    drawn, place = divmod(drawn, len(_PLACES))
    drawn, number = divmod(drawn, 100_000)
    drawn, region = divmod(drawn, 100)
    letters = []
    for _letter in range(4):
        drawn, letter = divmod(drawn, len(_LETTERS))
        letters.append(_LETTERS[letter])
    born, is_woman = _OLDEST + timedelta(days=days), civility.startswith("Mme")
    return CivilIdentity(
        reference=reference,
        birth_name=last_name.upper(),
        first_names=first_names,
        birth_date=born,
        birth_place=_PLACES[place],
        is_woman=is_woman,
        numen=f"{region:02d}{letters[0]}{born.year % 100:02d}{number:05d}{letters[1]}{letters[2]}{letters[3]}",
        nir=f"{2 if is_woman else 1}{born.year % 100:02d}{born.month:02d}{_PLACES[place]}",
        private_address=f"{folded(first_names).replace(' ', '-')}.{folded(last_name).replace(' ', '-')}.{reference.lower()}@courrier-prive.example",
    )


IDENTIFIERS_HEADER = ("reference", "numen", "nir", "birth_name", "birth_first_name", "birth_date", "birth_place")


def identifiers_file(people: Iterable[CivilIdentity]) -> bytes:
    """Return identifiers.csv for these people (docs/specification/import-files.md)."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(IDENTIFIERS_HEADER)
    for one in people:
        first = one.first_names.split()[0]
        born = one.birth_date.isoformat()
        writer.writerow((one.reference, one.numen, one.nir, one.birth_name, first, born, one.birth_place))
    return stream.getvalue().encode()
