"""Why the credential authority refuses to work.  Messages are in French and in English, and never show a code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request: the file, its line (0: the whole file) and what is wrong, in both languages."""

    file: str
    line: int
    french: str
    english: str

    def __str__(self) -> str:
        if self.line == 0:
            return f"{self.file} : {self.french} / {self.english}"
        return f"{self.file}, ligne {self.line} : {self.french} / line {self.line}: {self.english}"


class AuthorityError(Exception):
    """The credential authority could not do what was asked; nothing was written."""

    def __init__(self, french: str, english: str) -> None:
        super().__init__(f"{french} / {english}")
        self.french = french
        self.english = english


class RequestRefused(AuthorityError):
    """The request has faults: all of them are in `faults`, in the order of the files."""

    def __init__(self, faults: list[Fault]) -> None:
        count = len(faults)
        super().__init__(f"demande refusée : {count} défaut(s)", f"request refused: {count} fault(s)")
        self.faults = faults


class OutputRefused(AuthorityError):
    """The output directory cannot be used: codes already issued must never be overwritten."""


class CodesRefused(AuthorityError):
    """The private directory is not whole, or the identity given does not open it."""


class RecipientRefused(AuthorityError):
    """An age recipient or identity cannot be used; what was given is never repeated."""


class WorkRefused(AuthorityError):
    """Unfinished work is there, and it is not the work asked for: it is neither taken up nor lost."""
