"""What a voter may be asked to prove who she is, in the one form that the portal and the registrar hash alike.

Pure: neither the framework nor a database. Each of the two keeps keyed hashes only, under a pepper of its own, so that
neither's store tells anything to who reads it without its pepper, nor joins with the other's.
"""

import csv
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

IDENTIFIERS_FILE = "identifiers.csv"
COLUMNS = ("reference", "numen", "nir", "birth_name", "birth_first_name", "birth_date", "birth_place")
# What a person may have, each the name of a kind of keyed hash.
KINDS = ("numen", "nir", "birth_date", "identity", "identity_with_place")

_LONGEST_LINE = 4_000
_FAULTS_KEPT = 1_000
_REFERENCE = re.compile(r"[A-Za-z0-9._:/@+-]{1,40}")
# Two digits of the académie, a letter, two of the year of entry, five of order, three letters: 13 signs in all. Only
# their number and kind are checked, for older series and other ministries differ in the places.
_NUMEN = re.compile(r"[0-9A-Z]{13}")
# Sex, year, month, department (2A and 2B in Corsica), municipality; then, where they were typed, order and key.
_NIR = re.compile(r"([1-478][0-9]{2}[0-9]{2}(?:[0-9]{2}|2[AB])[0-9]{3})([0-9]{3})?([0-9]{2})?")
_PLACE = re.compile(r"[0-9][0-9AB][0-9]{3}")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FRENCH_DATE = re.compile(r"([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4})")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_FRANCE = "99100"


class IdentifierUnreadable(ValueError):
    """What was typed has not the form of such an identifier; `code` names which. The text is not in the exception."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class IdentifierFault:
    """One thing wrong in identifiers.csv. `line` is 1-based, the header being 1, or None for the whole file."""

    line: int | None
    column: str
    code: str


class IdentifiersRefused(ValueError):
    """Nothing was read. `faults` keeps the first thousand, `total` counts all; no cell is in either."""

    def __init__(self, faults: list[IdentifierFault], total: int) -> None:
        super().__init__(f"{total} faults")
        self.faults = tuple(faults)
        self.total = total


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What the file says of one voter, normalised; empty where it says nothing. Never shown, never logged."""

    reference: str
    numen: str = ""
    nir: str = ""
    birth_date: str = ""
    identity: str = ""
    identity_with_place: str = ""

    def hashes(self, pepper: bytes) -> dict[str, str]:
        """Return the keyed hash of each kind, empty where nothing is known."""
        return {kind: self._hash(pepper, kind) for kind in KINDS}

    def _hash(self, pepper: bytes, kind: str) -> str:
        text: str = getattr(self, kind)
        return keyed_hash(pepper, kind=kind, reference=self.reference, text=text) if text else ""


def keyed_hash(pepper: bytes, *, kind: str, reference: str, text: str) -> str:
    """Return HMAC-SHA256 (hex) of `kind|reference|text`: two persons with the same birth date have different ones."""
    return hmac.new(pepper, f"{kind}|{reference}|{text}".encode(), hashlib.sha256).hexdigest()


def normalise_numen(text: str) -> str:
    """Return the 13 capitals and digits of a NUMEN, without what groups them. Raises IdentifierUnreadable."""
    numen = _grouped(text).upper()
    if not _NUMEN.fullmatch(numen):
        raise IdentifierUnreadable("numen")
    return numen


def normalise_nir(text: str) -> str:
    """Return the first ten signs of a social-security number typed with 10, 13 or 15. Raises IdentifierUnreadable.

    Where the key was typed too it is checked: a slip of the finger is then told from a wrong number.
    """
    nir = _grouped(text).upper()
    found = _NIR.fullmatch(nir)
    if found is None or len(nir) not in (10, 13, 15):
        raise IdentifierUnreadable("nir")
    first_ten, order, key = found.groups()
    if key is not None and int(key) != _nir_key(f"{first_ten}{order}"):
        raise IdentifierUnreadable("nir")
    return str(first_ten)


def normalise_birth_date(text: str) -> str:
    """Return YYYY-MM-DD of a date typed so or as DD/MM/YYYY. Raises IdentifierUnreadable."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    iso, french = _ISO_DATE.fullmatch(plain), _FRENCH_DATE.fullmatch(plain)
    parts = iso.groups() if iso else tuple(reversed(french.groups())) if french else None
    try:
        if parts is None:
            raise ValueError
        born = date(*map(int, parts))
    except ValueError:
        raise IdentifierUnreadable("birth_date") from None
    if not 1900 <= born.year <= 2100:
        raise IdentifierUnreadable("birth_date")
    return born.isoformat()


def normalise_place(text: str) -> str:
    """Return the five signs of an INSEE code: of a municipality, or of a country (99…). Raises IdentifierUnreadable."""
    place = _grouped(text).upper()
    if not _PLACE.fullmatch(place):
        raise IdentifierUnreadable("birth_place")
    return place


def normalise_identity(
    family_name: str, first_given_name: str, birth_date: str | date, place: str | None = None
) -> str:
    """Return the civil identity as one text: `NAME|FIRSTNAME|YYYY-MM-DD`, then `|PLACE` when a place is given.

    Of several given names only the first counts, up to the first space: civil registers part them by spaces or commas,
    and join a compound one by a hyphen. Accents, case, hyphens and apostrophes do not count. Raises IdentifierUnreadable.
    """
    born = birth_date.isoformat() if isinstance(birth_date, date) else normalise_birth_date(birth_date)
    given = first_given_name.replace(",", " ").split()
    parts = [_letters(family_name, "birth_name"), _letters(given[0] if given else "", "birth_first_name"), born]
    if place:
        parts.append(normalise_place(place))
    return "|".join(parts)


def identity_of_claims(claims: Mapping[str, object]) -> tuple[str, str]:
    """Return the identity without and with its place from FranceConnect's signed claims; the latter may be empty.

    Claims: family_name (at birth), given_name (all of them), birthdate; birthplace, which is empty for who was born
    abroad, and birthcountry, which stands for it then. Raises IdentifierUnreadable.
    """
    family_name, given_name, birthdate, birthplace, country = (
        str(claims.get(name) or "") for name in ("family_name", "given_name", "birthdate", "birthplace", "birthcountry")
    )
    place = birthplace or (country if country != _FRANCE else "")
    without = normalise_identity(family_name, given_name, birthdate)
    return without, normalise_identity(family_name, given_name, birthdate, place) if place else ""


def person_of(cells: Mapping[str, str], fault: Callable[[str, str], None]) -> Person:
    """Return the person of one line, by column; each cell that cannot be read goes to `fault(column, code)`."""
    reading = _Reading(cells, fault)
    reference = cells["reference"].strip()
    if not _REFERENCE.fullmatch(reference):
        fault("reference", "reference")
    civil = [cells[name].strip() for name in ("birth_name", "birth_first_name", "birth_date")]
    identity = identity_with_place = ""
    birth_date = reading.read("birth_date", normalise_birth_date)
    place = reading.read("birth_place", normalise_place)
    if civil[0] or civil[1]:
        identity = reading.identity(civil)
        identity_with_place = reading.identity(civil, place) if place and identity else ""
    elif place:
        fault("birth_place", "place_alone")
    person = Person(
        reference, reading.read("numen", normalise_numen), reading.read("nir", normalise_nir),
        birth_date, identity, identity_with_place,
    )  # fmt: skip
    if not any(cells[name].strip() for name in COLUMNS[1:]):
        fault("reference", "nothing_known")
    return person


def read_identifiers_file(content: bytes) -> list[Person]:
    """Return the people of identifiers.csv: UTF-8, `;` or `,`, the columns COLUMNS in any order, each person once.

    Raises IdentifiersRefused with every fault by line: nothing is read of a file that has one. The registrar reads it
    so; the portal reads the same lines more indulgently (docs/specification/import-files.md).
    """
    reader = _FileReader(content)
    people = list(reader.people())
    if reader.total:
        raise IdentifiersRefused(reader.faults, reader.total)
    return people


class _Reading:
    """The cells of one line while they are read."""

    def __init__(self, cells: Mapping[str, str], fault: Callable[[str, str], None]) -> None:
        self._cells = cells
        self._fault = fault

    def read(self, column: str, normalise: Callable[[str], str]) -> str:
        text = self._cells[column].strip()
        try:
            return normalise(text) if text else ""
        except IdentifierUnreadable as unreadable:
            self._fault(column, unreadable.code)
            return ""

    def identity(self, civil: list[str], place: str | None = None) -> str:
        """Return the identity when its three parts are there and can be read; a bad date was told already."""
        for column, text in zip(("birth_name", "birth_first_name", "birth_date"), civil, strict=True):
            if not text:
                self._fault(column, "identity_incomplete")
                return ""
        try:
            return normalise_identity(civil[0], civil[1], civil[2], place)
        except IdentifierUnreadable as unreadable:
            if unreadable.code in ("birth_name", "birth_first_name"):
                self._fault(unreadable.code, unreadable.code)
            return ""


class _FileReader:
    """The file while it is read: its faults, and the references met so far."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.faults: list[IdentifierFault] = []
        self.total = 0

    def people(self) -> Iterator[Person]:
        """Give each person of the file; look at `total` afterwards."""
        lines = self._lines()
        delimiter = ";" if lines and ";" in lines[0] else ","
        titles = self._titles(lines[0], delimiter) if lines else None
        if titles is None:
            return
        seen: dict[str, int] = {}
        for number, line in enumerate(lines[1:], start=2):
            cells = self._cells(number, line, delimiter, titles) if line.strip(f"{delimiter} ") else None
            if cells is None:
                continue
            person = person_of(cells, partial(self._fault, number))
            if seen.setdefault(person.reference.casefold(), number) != number:
                self._fault(number, "reference", "reference_twice")
            yield person
        if not seen and not self.total:
            self._fault(None, "", "no_line")

    def _lines(self) -> list[str]:
        try:
            text = self._content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self._fault(None, "", "not_utf8")
            return []
        if not text.strip():
            self._fault(None, "", "empty")
            return []
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def _titles(self, line: str, delimiter: str) -> list[str] | None:
        titles = [title.strip().strip('"').casefold() for title in line.split(delimiter)]
        for title in titles:
            if title not in COLUMNS:
                self._fault(1, "", "unknown_column")
        for name in COLUMNS:
            if titles.count(name) != 1:
                self._fault(1, name, "column_missing" if name not in titles else "column_twice")
        return None if self.total else titles

    def _cells(self, number: int, line: str, delimiter: str, titles: list[str]) -> dict[str, str] | None:
        try:
            if len(line) > _LONGEST_LINE:
                raise csv.Error
            cells = next(csv.reader((line,), delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            cells = []
        if len(cells) != len(titles):
            self._fault(number, "", "line_unreadable")
            return None
        return dict(zip(titles, cells, strict=True))

    def _fault(self, line: int | None, column: str, code: str) -> None:
        self.total += 1
        if len(self.faults) < _FAULTS_KEPT:
            self.faults.append(IdentifierFault(line, column, code))


def _grouped(text: str) -> str:
    """Return the text without the spaces, dots and hyphens that people group long numbers with."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        character
        for character in plain
        if character != "."
        and unicodedata.category(character)[0] not in "ZC"
        and unicodedata.category(character) != "Pd"
    )


def _letters(text: str, code: str) -> str:
    """Return the letters alone, in capitals and without accents."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LIGATURES)
    letters = "".join(filter(str.isalpha, unicodedata.normalize("NFKD", folded))).upper()
    if not letters:
        raise IdentifierUnreadable(code)
    return letters


def _nir_key(thirteen: str) -> int:
    """Return the control key: 97 less the rest by 97 of the number, where Corsica's letters stand for 19 and 18."""
    number = int(thirteen.replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97
