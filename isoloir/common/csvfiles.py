"""Reading CSV files strictly: what is not plainly right is named, line by line, and nothing is guessed.

Spreadsheets write UTF-8 with or without a byte order mark, or Windows-1252; `;` or `,`; and they damage identifiers in
known ways (docs/specification/import-files.md). One line of the file is one record: a cell holds no line break, so that
an unbalanced quote spoils its own line only and every other line is still checked.
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from .errors import Faults

_DELIMITERS = (";", ",")
_LONGEST_LINE = 32_000
_INVISIBLE_SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2007\u2009", " "))
# 1,23E+11: a long number that a spreadsheet shortened, with its digits lost for good.
_SHORTENED_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]\d+", re.IGNORECASE)
_SPREADSHEET_ERROR = re.compile(
    r"#(?:REF|N/?A|NOM|NAME|VALEUR|VALUE|DIV/0|NUL|NULL|NOMBRE|NUM)[!?]?|#{3,}", re.IGNORECASE
)
# What these two, and a formula, begin with: most cells are done with at their first character.
_SPREADSHEET_MARKS = frozenset("+-0123456789#=")
# UTF-8 once read as Windows-1252 and saved again: « Ã© » for « é », « â€™ » for « ’ ».
_TWICE_ENCODED = re.compile("Ã[\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Â[\u00a0«»°]|â€")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: its name, the other headings that mean it, and what its cells may hold.

    `choices` maps a folded cell (see `folded`) to the value it stands for. A file without an optional column is read as
    if its cells were there and empty.
    """

    name: str
    aliases: tuple[str, ...] = ()
    maximum: int = 200
    may_be_empty: bool = False
    is_optional: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One record: its number in the file (1 = the header) and its cells, in the order of the columns asked for."""

    number: int
    cells: tuple[str, ...]


def folded(text: str) -> str:
    """Return the text without case, accents, spaces and punctuation: the form in which headings and names are compared."""
    bare = unicodedata.normalize("NFKD", text.translate(_INVISIBLE_SPACES)).casefold()
    return "".join(character for character in bare if character.isalnum())


class CsvFile:
    """One CSV file being read; its faults go to `faults` under the name of the file.

    Ask for `lines()` once; a file whose encoding or header is wrong gives no line, for nothing in it can be trusted.
    `is_complete` says afterwards whether every line was given: where one is missing, checks across lines would name
    faults that are not there.
    """

    def __init__(self, *, name: str, content: bytes, columns: tuple[Column, ...], faults: Faults) -> None:
        self.name = name
        self._content = content
        self._columns = columns
        self._faults = faults
        self.is_complete = False

    def fault(self, line: int | None, column: str, message: str) -> None:
        """Note a fault of this file."""
        self._faults.add(self.name, line, column, message)

    def lines(self) -> Iterator[Line]:
        """Give each line whose cells are all right; the faults of the others are noted. Blank lines are passed over."""
        texts = self._texts()
        header = self._header(texts[0]) if texts else None
        if header is None:
            return
        delimiter, width, order = header
        found, complete = False, True
        for number, text in enumerate(texts[1:], start=2):
            if not text or not text.strip(f"{delimiter} "):
                continue
            found = True
            cells = self._cells(number, text, delimiter, width, order)
            if cells is None:
                complete = False
            else:
                yield Line(number, cells)
        if not found:
            self.fault(None, "", _("Le fichier n’a que sa ligne de titres."))
        self.is_complete = found and complete

    def _texts(self) -> list[str]:
        """Return the lines of the file as text, or nothing when the file cannot be read (the fault is noted)."""
        if not self._content.strip(b"\xef\xbb\xbf \t\r\n"):
            self.fault(None, "", _("Le fichier est vide."))
            return []
        foreign = _foreign_format(self._content)
        if foreign:
            self.fault(None, "", foreign)
            return []
        text = self._decoded()
        if text is None:
            return []
        # Only the line ends of files count: str.splitlines() would also cut at U+2028, U+0085 and others.
        text = text.replace("\r\n", "\n")
        return text.split("\n") if "\n" in text else text.split("\r")

    def _decoded(self) -> str | None:
        try:
            return self._content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return _windows_1252(self._content, self.fault)

    def _header(self, text: str) -> tuple[str, int, list[int | None]] | None:
        """Return the delimiter, the number of cells of a line, and for each column asked for its place in the lines.

        The place of an optional column that the file lacks is None. Returns None when a fault was noted.
        """
        known = {folded(name): column.name for column in self._columns for name in (column.name, *column.aliases)}
        readings = {delimiter: _split(text[:_LONGEST_LINE], delimiter) or [] for delimiter in _DELIMITERS}
        delimiter = max(_DELIMITERS, key=lambda each: sum(folded(title) in known for title in readings[each]))
        titles = readings[delimiter]
        if not titles:
            self.fault(1, "", _("La ligne de titres a un guillemet qui n’est pas fermé."))
            return None
        names = [known.get(folded(title)) for title in titles]
        before = self._faults.total
        self._check_titles(titles, names)
        if self._faults.total > before:
            return None
        places = {name: place for place, name in enumerate(names)}
        return delimiter, len(names), [places.get(column.name) for column in self._columns]

    def _check_titles(self, titles: list[str], names: list[str | None]) -> None:
        for place, (title, name) in enumerate(zip(titles, names, strict=True)):
            if name is None:
                shown = "".join(filter(str.isprintable, title))[:60] or str(place + 1)
                self.fault(1, shown, _("Colonne inconnue. Colonnes attendues : %(names)s.") % {"names": self._expected})
            elif name in names[:place]:
                self.fault(1, name, _("Cette colonne est présente deux fois."))
        for column in self._columns:
            if column.name not in names and not column.is_optional:
                self.fault(1, column.name, _("Cette colonne manque."))

    @cached_property
    def _expected(self) -> str:
        return ", ".join(column.name for column in self._columns)

    def _cells(
        self, number: int, text: str, delimiter: str, width: int, order: list[int | None]
    ) -> tuple[str, ...] | None:
        """Return the cells of one line in the order of the columns, or None when a fault was noted."""
        if len(text) > _LONGEST_LINE:
            self.fault(number, "", _("La ligne est trop longue."))
            return None
        raw = _split(text, delimiter)
        if raw is None:
            self.fault(
                number, "", _("Un guillemet ouvre ou ferme au mauvais endroit, ou n’est pas fermé sur la ligne.")
            )
            return None
        if len(raw) != width:
            counts = {"found": len(raw), "expected": width}
            self.fault(number, "", _("La ligne a %(found)d cellules au lieu de %(expected)d.") % counts)
            return None
        before = self._faults.total
        cells = tuple(
            "" if place is None else self._cell(number, column, raw[place])
            for column, place in zip(self._columns, order, strict=True)
        )
        return cells if self._faults.total == before else None

    def _cell(self, number: int, column: Column, raw: str) -> str:
        """Return the cell in normal form C, spaces made single; its faults are noted."""
        cell = raw if raw.isascii() else unicodedata.normalize("NFC", raw.translate(_INVISIBLE_SPACES))
        if not cell.isprintable():
            self.fault(number, column.name, _("La cellule contient un caractère de contrôle ou invisible."))
            return ""
        cell = " ".join(cell.split())
        if not cell:
            if not column.may_be_empty:
                self.fault(number, column.name, _("Cette cellule est vide."))
            return ""
        message = _damage(cell, column)
        if message:
            self.fault(number, column.name, message)
            return ""
        if not column.choices:
            return cell
        chosen = column.choices.get(folded(cell))
        if chosen is None:
            expected = ", ".join(dict.fromkeys(column.choices.values()))
            self.fault(
                number, column.name, _("Valeur inconnue. Valeurs attendues : %(values)s.") % {"values": expected}
            )
        return chosen or ""


def _windows_1252(content: bytes, fault: Callable[[int | None, str, str], None]) -> str | None:
    """Read as Windows-1252 what is not UTF-8, unless the file shows itself to be a damaged or mixed UTF-8 file."""
    accented = [(number, line) for number, line in enumerate(_byte_lines(content), start=1) if not line.isascii()]
    refused = [(number, line) for number, line in accented if not _reads(line, "utf-8")]
    message = _("Cette ligne n’est pas en UTF-8, alors que le reste du fichier l’est.")
    if not content.startswith(codecs.BOM_UTF8) and len(refused) == len(accented):
        refused = [(number, line) for number, line in accented if not _reads(line, "cp1252")]
        message = _("Cette ligne n’est ni en UTF-8 ni en Windows-1252.")
        if not refused:
            return content.decode("cp1252")
    for number, _line in refused:
        fault(number, "", message)
    return None


def _byte_lines(content: bytes) -> list[bytes]:
    unified = content.replace(b"\r\n", b"\n")
    return unified.split(b"\n") if b"\n" in unified else unified.split(b"\r")


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _foreign_format(content: bytes) -> str:
    """Return why these bytes cannot be a CSV file in one of the encodings read here, or nothing."""
    if content.startswith(b"PK\x03\x04"):
        return _("C’est un classeur ou une archive, pas un CSV : enregistrez la feuille au format CSV UTF-8.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _("Le fichier est en UTF-16 : enregistrez-le au format CSV UTF-8.")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        return _("Le fichier contient un octet nul (ligne %(line)d) : ce n’est pas un texte.") % {"line": line}
    return ""


def _split(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of one line (RFC 4180 without line breaks in cells), or None when its quotes are not balanced."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def _damage(cell: str, column: Column) -> str:
    """Return what is wrong with the text of a cell: too long, or damaged by a spreadsheet; nothing when it is right."""
    if len(cell) > column.maximum:
        counts = {"found": len(cell), "maximum": column.maximum}
        return _("La cellule a %(found)d caractères ; le maximum est %(maximum)d.") % counts
    if cell[0] in _SPREADSHEET_MARKS:
        if _SHORTENED_NUMBER.fullmatch(cell):
            return _(
                "Le tableur a abrégé ce nombre (du type 1E+12) : mettez la colonne au format Texte et saisissez-le de nouveau."
            )
        if _SPREADSHEET_ERROR.fullmatch(cell):
            return _("Le tableur a écrit une erreur dans cette cellule.")
        if cell[0] == "=":
            return _("La cellule contient une formule au lieu d’un texte.")
    if "\ufffd" in cell or (not cell.isascii() and _TWICE_ENCODED.search(cell)):
        return _("Les accents de cette cellule ont été perdus par un changement d’encodage.")
    return ""
