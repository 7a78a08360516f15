"""Reading the portal's request strictly: every fault is named, and nothing is issued from a request that has one.

One line of voters.csv is one voter: a cell holds no line break, so that a wrong quote spoils its own line only.  In
memory: one dictionary of references while the file is checked, then eight bytes for each voter.
"""

import csv
import hashlib
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from isoloir.credentials.authority.errors import AuthorityError, Fault, RequestRefused
from isoloir.credentials.authority.exchange import file_sha256
from isoloir.credentials.authority.invitation import REQUEST_FILE, Invitation, RequestedContest, read_invitation
from isoloir.documents import notices

VOTERS_FILE = "voters.csv"
COLUMNS = (
    "reference", "civility", "last_name", "first_names", "academy", "establishment_code", "establishment",
    "delivery_lines", "contests",
)  # fmt: skip
Progress = Callable[[int, int], None]

_LONGEST_LINE = 32_000
_REFERENCE = re.compile(r"[A-Za-z0-9._:/@+-]{1,64}")
_ESTABLISHMENT_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class RequestedVoter:
    """One line of voters.csv; `contests` are contest codes."""

    reference: str
    civility: str
    last_name: str
    first_names: str
    academy: str
    establishment_code: str
    establishment: str
    delivery_lines: tuple[str, ...]
    contests: tuple[str, ...]

    @property
    def recipient(self) -> str:
        """The name as it is read in the window of the envelope."""
        return " ".join(part for part in (self.civility, self.first_names, self.last_name) if part)

    @property
    def academy_folder(self) -> str:
        """The academy as the name of a folder: unaccented lower-case letters, digits and hyphens."""
        return folder_name(self.academy)


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """A request without fault.  `offsets` are the positions in bytes of the voters' lines, in file order."""

    directory: Path
    invitation: Invitation
    request_sha256: str
    voters_sha256: str
    offsets: "array[int]" = field(repr=False)

    @property
    def contests(self) -> dict[str, RequestedContest]:
        """The contests by their code."""
        return self.invitation.contests

    @property
    def voters_path(self) -> Path:
        return self.directory / VOTERS_FILE

    def voters(self) -> Iterator[RequestedVoter]:
        """Read the voters again, one at a time, in the order of the file.

        Raises AuthorityError when the file is no longer the one that was checked; the last voter comes before that.
        """
        digest = hashlib.sha256()
        with self.voters_path.open("rb") as stream:
            digest.update(stream.readline())
            for line in stream:
                digest.update(line)
                yield read_voter(line)
        if digest.hexdigest() != self.voters_sha256:
            raise AuthorityError("voters.csv a changé pendant la lecture", "voters.csv changed while it was read")


def unseen(_done: int, _total: int) -> None:
    """Show no progress."""


def read_voter_at(stream: BinaryIO, offset: int) -> RequestedVoter:
    """Read the voter whose line begins at `offset` in an open voters.csv that has been checked."""
    stream.seek(offset)
    return read_voter(stream.readline())


def read_voter(line: bytes) -> RequestedVoter:
    """Read one line of a voters.csv that has been checked."""
    cells = split_line(line)
    return RequestedVoter(*cells[:7], parts(cells[7]), parts(cells[8]))  # type: ignore[call-arg, arg-type]


def split_line(line: bytes) -> list[str]:
    """Cut one line into cells.  Raises UnicodeDecodeError, csv.Error."""
    text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
    return [cell.strip() for cell in next(csv.reader([text], delimiter=";", strict=True), [])]


def parts(cell: str) -> tuple[str, ...]:
    """Cut a cell of several values at its vertical bars."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def folder_name(text: str) -> str:
    """Return a text as the name of a folder, the same on every system; empty when no letter or digit is left."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]


def read_request(directory: Path, *, progress: Progress = unseen) -> CredentialRequest:
    """Read and check the whole request.  Raises RequestRefused with every fault of both files."""
    faults: list[Fault] = []
    invitation = read_invitation(directory / REQUEST_FILE, faults)
    roll = _RequestedRoll(invitation.contests if invitation else None, faults)
    try:
        roll.read(directory / VOTERS_FILE, progress)
    except OSError as trouble:
        reason = type(trouble).__name__
        faults.append(Fault(VOTERS_FILE, 0, f"fichier illisible ({reason})", f"unreadable file ({reason})"))
    if faults or invitation is None:
        raise RequestRefused(faults)
    return CredentialRequest(
        directory, invitation, file_sha256(directory / REQUEST_FILE), roll.digest.hexdigest(), roll.offsets
    )


class _RequestedRoll:
    """voters.csv while it is checked.  Without readable contests (`None`), their codes are not checked."""

    def __init__(self, contests: dict[str, RequestedContest] | None, faults: list[Fault]) -> None:
        self.offsets: array[int] = array("Q")
        self.digest = hashlib.sha256()
        self._contests = contests
        self._faults = faults
        self._lines: dict[str, int] = {}
        self._academies: dict[str, str] = {}

    def read(self, path: Path, progress: Progress) -> None:
        total, position = path.stat().st_size, 0
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                self.digest.update(line)
                if number == 1:
                    self._check_header(line)
                else:
                    self.offsets.append(position)
                    self._check_line(number, line)
                position += len(line)
                if number % 1000 == 0:
                    progress(position, total)
        progress(position, total)
        if not self.offsets:
            self._fault(0, "aucun électeur", "no voter")

    def _fault(self, line: int, french: str, english: str) -> None:
        self._faults.append(Fault(VOTERS_FILE, line, french, english))

    def _check_header(self, line: bytes) -> None:
        if line.rstrip(b"\r\n") != ";".join(COLUMNS).encode():
            expected = ";".join(COLUMNS)
            self._fault(1, f"l’en-tête doit être {expected}", f"the header must be {expected}")

    def _check_line(self, number: int, line: bytes) -> None:
        if len(line) > _LONGEST_LINE:
            return self._fault(number, "ligne trop longue", "line too long")
        try:
            cells = split_line(line)
        except UnicodeDecodeError:
            return self._fault(number, "la ligne n’est pas en UTF-8", "the line is not UTF-8")
        except csv.Error:
            return self._fault(number, "guillemet mal placé ou non fermé", "a quote is misplaced or not closed")
        if len(cells) != len(COLUMNS):
            counts = len(cells), len(COLUMNS)
            return self._fault(
                number, "{} colonnes au lieu de {}".format(*counts), "{} columns instead of {}".format(*counts)
            )
        if not "".join(cells).isprintable():
            return self._fault(number, "caractère de contrôle ou invisible", "a control or invisible character")
        for french, english in self._troubles(number, read_voter(line)):
            self._fault(number, french, english)
        return None

    def _troubles(self, number: int, voter: RequestedVoter) -> Iterator[tuple[str, str]]:
        """Give what is wrong with one voter, in French and in English, without repeating names or addresses."""
        yield from self._identity_troubles(number, voter)
        yield from _sheet_troubles(voter)
        yield from self._contest_troubles(voter.contests)
        folder = voter.academy_folder
        known = self._academies.setdefault(folder, voter.academy)
        if not folder or known != voter.academy:
            yield ("académie sans nom de dossier propre", "academy without a folder name of its own")

    def _identity_troubles(self, number: int, voter: RequestedVoter) -> Iterator[tuple[str, str]]:
        if not _REFERENCE.fullmatch(voter.reference):
            yield ("référence absente ou incorrecte", "missing or wrong reference")
        elif (first := self._lines.setdefault(voter.reference, number)) != number:
            yield (f"référence déjà à la ligne {first}", f"reference already on line {first}")
        if not voter.last_name:
            yield ("nom absent", "missing last name")
        if not _ESTABLISHMENT_CODE.fullmatch(voter.establishment_code):
            yield ("code d’établissement absent ou incorrect", "missing or wrong establishment code")

    def _contest_troubles(self, codes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if not codes:
            yield ("aucun scrutin", "no contest")
        if len(codes) > notices.CONTESTS:
            yield (f"plus de {notices.CONTESTS} scrutins", f"more than {notices.CONTESTS} contests")
        if len(set(codes)) != len(codes):
            yield ("scrutin en double", "contest there twice")
        if self._contests is not None:
            for code in codes:
                if code not in self._contests:
                    yield (f"scrutin inconnu : {code[:40]}", f"unknown contest: {code[:40]}")


def _sheet_troubles(voter: RequestedVoter) -> Iterator[tuple[str, str]]:
    """Give what would not hold on the notice."""
    if len(voter.recipient) > notices.RECIPIENT_LENGTH:
        yield ("nom trop long pour la notice", "name too long for the notice")
    for name, text in (("académie", voter.academy), ("établissement", voter.establishment)):
        english = {"académie": "academy", "établissement": "establishment"}[name]
        if not 1 <= len(text) <= notices.ESTABLISHMENT_LENGTH:
            yield (f"{name} absent(e) ou trop long(ue)", f"missing or too long {english}")
    if len(voter.delivery_lines) > notices.DELIVERY_LINES:
        yield (
            f"plus de {notices.DELIVERY_LINES} lignes d’adresse",
            f"more than {notices.DELIVERY_LINES} delivery lines",
        )
    if any(len(line) > notices.DELIVERY_LINE_LENGTH for line in voter.delivery_lines):
        yield ("ligne d’adresse trop longue", "delivery line too long")
