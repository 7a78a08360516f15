"""Why files brought from outside are refused: every fault named by file, line and column."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

# A file of the wrong kind can have a fault on each of a million lines: beyond this number they are only counted.
FAULTS_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `line` is 1-based, as a spreadsheet shows it, or None for the whole file; `column` may be empty."""

    line: int | None
    column: str
    message: str
    file: str = ""

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        place += [_("ligne %(line)d") % {"line": self.line}] if self.line is not None else []
        place += [self.column] if self.column else []
        return f"{', '.join(place)} : {self.message}" if place else self.message


class Faults:
    """All the faults of one import, whatever their number: the first ones kept, the total counted."""

    def __init__(self) -> None:
        self.kept: list[Fault] = []
        self.total = 0

    def add(self, file: str, line: int | None, column: str, message: str) -> None:
        """Note one fault."""
        self.total += 1
        if len(self.kept) < FAULTS_SHOWN:
            self.kept.append(Fault(line=line, column=column, message=message, file=file))

    def __bool__(self) -> bool:
        return self.total > 0

    def refuse_if_any(self) -> None:
        """Raise ImportRefused when at least one fault was noted."""
        if self.total:
            raise ImportRefused(self)


class ImportRefused(Exception):
    """Nothing was loaded. `faults` are in the order of the file (at most FAULTS_SHOWN); `total` counts them all.

    The text of the exception tells numbers only: cells hold names and addresses, and exceptions reach logs.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = tuple(sorted(faults.kept, key=lambda fault: (fault.file, fault.line or 0)))
        self.total = faults.total
        super().__init__(f"{self.total} faults")

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)
