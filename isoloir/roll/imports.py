"""Importing the electoral roll (docs/specification/import-files.md).

The file replaces the roll, as long as nothing is sealed, wholly or not at all. A voter is known by the reference:
importing again keeps the voter's account, and the slot of each entry that stays.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.bulkrows import insert_rows
from isoloir.common.csvfiles import Column, CsvFile, Line, folded
from isoloir.common.errors import Faults
from isoloir.documents import notices
from isoloir.elections.actions import lock_before_register
from isoloir.elections.imports import split_cell
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import NoContest
from .models import NameWord, RollEntry, Voter, VoterAddress, address_key
from .names import sort_name, write_contest_words, write_sort_names
from .rules import address_fault, contests_fault, establishment_code_fault, recipient_fault, reference_fault

VOTERS_FILE = "voters.csv"
_BATCH = 5_000

VOTER_COLUMNS = (
    Column("reference", ("référence", "identifiant", "matricule", "numéro", "voter"), 40),
    Column("civility", ("civilité", "title"), 10, may_be_empty=True),
    Column("last_name", ("nom", "nom de famille", "nom d’usage", "surname"), 100),
    Column("first_names", ("prénom", "prénoms", "first name"), 100),
    Column("email", ("courriel", "e-mail", "mail", "adresse électronique", "adresse e-mail", "email address"), 254),
    Column(
        "second_email",
        ("seconde adresse", "deuxième adresse", "2e adresse", "second courriel", "deuxième courriel", "second email"),
        254,
        may_be_empty=True,
        is_optional=True,
    ),
    Column("academy", ("académie",), 100),
    Column("establishment_code", ("code établissement", "UAI", "RNE", "code UAI"), 20),
    Column("establishment", ("établissement", "nom de l’établissement"), 200),
    Column(
        "delivery_lines",
        ("adresse", "lignes d’adresse", "adresse de distribution", "delivery address"),
        500,
        may_be_empty=True,
    ),
    Column("contests", ("scrutins", "codes des scrutins", "contest codes"), 600),
)
_VOTER_FIELDS = (
    "election", "reference", "civility", "last_name", "first_names", "email", "second_email",
    "academy", "establishment_code", "establishment", "delivery_lines",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RollImported:
    """What an import of the roll did: voters in the file, entries of all contests, voters that went away."""

    voters: int
    entries: int
    entries_by_contest: dict[str, int]
    removed: int


@dataclass(slots=True)
class _ReadRoll:
    """The roll being imported, by reference: rows ready to write, the addresses that identify, the contests."""

    rows: dict[str, tuple[object, ...]]
    addresses: dict[str, tuple[str, ...]]
    contests: dict[str, list[int]]


@transaction.atomic
def import_voters(*, election: Election, content: bytes, actor: str, at: datetime) -> RollImported:
    """Make the roll of the election that of the file. Raises ImportRefused, ElectionSealed, NoContest.

    The number of queries does not depend on the number of voters, only on that of contests.
    """
    election = lock_before_register(election)
    contests = dict(election.contests.values_list("code", "pk"))
    if not contests:
        raise NoContest
    faults = Faults()
    file = CsvFile(name=VOTERS_FILE, content=content, columns=VOTER_COLUMNS, faults=faults)
    roll = _RollReader(file, election, contests).read()
    faults.refuse_if_any()
    words = NameWord.objects.filter(contest__in=contests.values())
    words._raw_delete(words.db)
    removed = _replace_voters(election, roll)
    voters = dict(election.voters.values_list("reference", "pk"))
    _write_addresses(election, roll, voters)
    _replace_entries(election, roll, voters)
    for key in contests.values():
        write_contest_words(key)
    codes = {key: code for code, key in contests.items()}
    counts = dict.fromkeys(contests, 0)
    for keys in roll.contests.values():
        for key in keys:
            counts[codes[key]] += 1
    record(
        Kind.ROLL_IMPORTED, actor=actor, at=at, subject=election.slug,
        facts={
            "sha256": hashlib.sha256(content).hexdigest(), "voters": len(roll.rows), "entries": counts,
            "removed": removed,
        },
    )  # fmt: skip
    return RollImported(len(roll.rows), sum(counts.values()), counts, removed)


class _RollReader:
    """The lines of the file while they are read: what must be unique, and what was found."""

    def __init__(self, file: CsvFile, election: Election, contests: Mapping[str, int]) -> None:
        self._file = file
        self._election = election
        self._contests = contests
        self._references: dict[str, int] = {}
        self._addresses: dict[str, int] = {}
        self._academies: dict[str, tuple[str, int]] = {}
        self.roll = _ReadRoll({}, {}, {})

    def read(self) -> _ReadRoll:
        for line in self._file.lines():
            self._read_voter(line)
        return self.roll

    def _read_voter(self, line: Line) -> None:
        reference, civility, last_name, first_names, email, second, academy, code, establishment, delivery, _ = (
            line.cells
        )
        self._check_reference(line.number, reference)
        self.roll.addresses[reference] = self._addresses_of(line.number, email, second)
        self._check_place(line.number, academy, code)
        if message := recipient_fault(civility, first_names, last_name):
            self._file.fault(line.number, "last_name", message)
        self.roll.contests[reference] = _contests(self._file, line, self._contests)
        self.roll.rows[reference] = (
            self._election.pk, reference, civility, last_name, first_names, email, second,
            academy, code, establishment, _delivery_lines(self._file, line.number, delivery),
        )  # fmt: skip

    def _check_reference(self, line: int, reference: str) -> None:
        if message := reference_fault(reference):
            self._file.fault(line, "reference", message)
        first = self._references.setdefault(reference.casefold(), line)
        if first != line:
            self._file.fault(line, "reference", _("Cet électeur est déjà à la ligne %(line)d.") % {"line": first})

    def _addresses_of(self, line: int, email: str, second: str) -> tuple[str, ...]:
        """Return the keys of the voter's addresses, one or two; either identifies, so that no two voters share one."""
        keys = []
        for column, address in (("email", email), ("second_email", second)):
            if not address:
                continue
            if message := address_fault(address):
                self._file.fault(line, column, message)
            key = address_key(address)
            if key in keys:
                message = _("Cette adresse est la même que la première : laissez la cellule vide.")
                self._file.fault(line, column, message)
                continue
            keys.append(key)
            first = self._addresses.setdefault(key, line)
            if first != line:
                message = _("Cette adresse est déjà celle de l’électeur de la ligne %(line)d.") % {"line": first}
                self._file.fault(line, column, message)
        return tuple(keys)

    def _check_place(self, line: int, academy: str, code: str) -> None:
        if message := establishment_code_fault(code):
            self._file.fault(line, "establishment_code", message)
        # Notices are put in one folder for each academy: two spellings would make two.
        spelling, first = self._academies.setdefault(folded(academy), (academy, line))
        if spelling != academy:
            message = _("Cette académie est écrite autrement à la ligne %(line)d.") % {"line": first}
            self._file.fault(line, "academy", message)


def _delivery_lines(file: CsvFile, line: int, cell: str) -> list[str]:
    lines = split_cell(cell)
    if len(lines) > notices.DELIVERY_LINES or any(len(each) > notices.DELIVERY_LINE_LENGTH for each in lines):
        message = _("L’adresse a au plus %(lines)d lignes de %(length)d caractères, séparées par « | ».")
        facts = {"lines": notices.DELIVERY_LINES, "length": notices.DELIVERY_LINE_LENGTH}
        file.fault(line, "delivery_lines", message % facts)
    return lines


def _contests(file: CsvFile, line: Line, contests: Mapping[str, int]) -> list[int]:
    """Return the keys of the contests whose codes the last cell gives."""
    codes = split_cell(line.cells[-1])
    unknown = [code for code in codes if code not in contests]
    if unknown:
        shown = ", ".join(dict.fromkeys(code[:40] for code in unknown))
        file.fault(line.number, "contests", _("Aucun scrutin n’a ce code : %(codes)s.") % {"codes": shown})
    if len(set(codes)) < len(codes):
        file.fault(line.number, "contests", _("Un scrutin est nommé deux fois."))
    if message := contests_fault(len(codes)):
        file.fault(line.number, "contests", message)
    return [contests[code] for code in codes if code in contests]


def _replace_voters(election: Election, roll: _ReadRoll) -> int:
    """Write the voters anew, without their addresses; those whose reference was there keep their key, so that their account stays theirs.

    Rows are removed and written again rather than updated: two voters may have exchanged their addresses. Foreign keys
    are checked at the end of the transaction, on both databases.
    """
    known = dict(election.voters.values_list("reference", "pk"))
    VoterAddress.objects.filter(election=election)._raw_delete(election.voters.db)
    vanished = [key for reference, key in known.items() if reference not in roll.rows]
    for start in range(0, len(vanished), _BATCH):
        Voter.objects.filter(pk__in=vanished[start : start + _BATCH]).delete()
    election.voters.all()._raw_delete(election.voters.db)
    kept = ((known[reference], *row) for reference, row in roll.rows.items() if reference in known)
    new = (row for reference, row in roll.rows.items() if reference not in known)
    insert_rows(Voter, ("id", *_VOTER_FIELDS), kept)
    insert_rows(Voter, _VOTER_FIELDS, new)
    return len(vanished)


def _write_addresses(election: Election, roll: _ReadRoll, voters: Mapping[str, int]) -> None:
    """Write the addresses by which voters are looked up; `voters` gives the key of each by the reference."""
    rows = ((election.pk, voters[reference], key) for reference, keys in roll.addresses.items() for key in keys)
    insert_rows(VoterAddress, ("election", "voter", "key"), rows)


def _replace_entries(election: Election, roll: _ReadRoll, voters: Mapping[str, int]) -> None:
    """Add the entries that are new and remove those that are gone; the others keep their slot and take their new name."""
    names = {voters[reference]: _sort_name(row) for reference, row in roll.rows.items()}
    wanted = {(voters[reference], contest) for reference, keys in roll.contests.items() for contest in keys}
    gone, renamed = [], []
    rows = RollEntry.objects.filter(contest__election=election).values_list("pk", "voter_id", "contest_id", "sort_name")
    for key, voter, contest, name in rows.iterator(chunk_size=_BATCH):
        if (voter, contest) not in wanted:
            gone.append(key)
            continue
        wanted.discard((voter, contest))
        if name != names[voter]:
            renamed.append((key, names[voter]))
    for start in range(0, len(gone), _BATCH):
        RollEntry.objects.filter(pk__in=gone[start : start + _BATCH]).delete()
    write_sort_names(renamed)
    new = ((voter, contest, names[voter]) for voter, contest in sorted(wanted))
    insert_rows(RollEntry, ("voter", "contest", "sort_name"), new)


def _sort_name(row: tuple[object, ...]) -> str:
    return sort_name(str(row[_VOTER_FIELDS.index("last_name")]), str(row[_VOTER_FIELDS.index("first_names")]))
