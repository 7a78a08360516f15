"""Importing contests, and the lists that voters choose among (docs/specification/import-files.md).

Each import replaces what was there, as long as nothing is sealed, wholly or not at all. A contest is known by its code:
importing it again keeps its identifier (the salt of every voter's keys), its lists and its roll.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from isoloir_protocol.credentials import generate_uuid

from isoloir.common.csvfiles import Column, CsvFile, Line, folded
from isoloir.common.errors import Faults
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.uploads.actions import CheckedFile

from .actions import lock_before_register, lock_unsealed
from .draw import keep_draws_true
from .listfiles import logo_for, statement_for
from .models import Candidate, CandidateList, Contest, Election, Organisation
from .statementfiles import forget_unused_statements, keep_statements, statement_pdf_for

CONTESTS_FILE = "contests.csv"
LISTS_FILE = "lists.csv"
CANDIDATES_FILE = "candidates.csv"
MOST_SEATS = 100
# What one page shows at once (R211-564) and what the booth encrypts in a tenth of a second.
MOST_LISTS = 60
MOST_ORGANISATIONS = 10

_KINDS = {
    folded(word): kind
    for kind, words in {
        Contest.Kind.LIST: ("list", "liste", "scrutin de liste"),
        Contest.Kind.SIGLE: ("sigle", "scrutin sur sigle"),
    }.items()
    for word in words
}
# Words of the file, not labels of the page: they do not change with the language of who imports.
_INSTANCES = {
    folded(word): instance.value
    for instance, words in {
        Contest.Instance.CSA: ("csa", "comité social d’administration"),
        Contest.Instance.CAP: ("cap", "commission administrative paritaire"),
        Contest.Instance.CCP: ("ccp", "commission consultative paritaire"),
        Contest.Instance.CCM: ("ccm", "commission consultative mixte"),
    }.items()
    for word in words
}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

CONTEST_COLUMNS = (
    Column("code", ("scrutin", "code scrutin", "contest", "contest code"), 40),
    Column("name", ("nom", "libellé", "intitulé", "nom du scrutin", "contest name"), 200),
    Column("instance", ("type d’instance",), 100, choices=_INSTANCES),
    Column("ballot_kind", ("mode", "mode de scrutin", "kind", "type de scrutin"), 40, choices=_KINDS),
    Column("seats", ("sièges", "nombre de sièges", "number of seats"), 3),
    Column("academy", ("académie",), 100, may_be_empty=True),
    Column("polling_station", ("bureau", "bureau de vote", "code bureau", "station"), 40),
)
LIST_COLUMNS = (
    Column("contest", ("scrutin", "code scrutin", "contest code"), 40),
    Column("kind", ("mode", "type", "mode de scrutin", "ballot kind"), 40, choices=_KINDS),
    Column("name", ("nom", "nom de la liste", "liste", "list", "list name"), 200),
    Column("organisations", ("organisations syndicales", "organisation", "syndicats", "unions"), 1000),
    Column("affiliation", ("affiliation nationale", "rattachement"), 200, may_be_empty=True),
    Column("logo_file", ("logo", "fichier du logo"), 200),
    Column(
        "statement_file", ("profession de foi", "fichier de la profession de foi", "statement"), 200, may_be_empty=True
    ),
    Column("position", ("ordre", "rang", "ordre tiré au sort", "order"), 3),
    Column(
        "statement_pdf",
        ("profession de foi pdf", "pdf de la profession de foi"),
        200,
        may_be_empty=True,
        is_optional=True,
    ),
)
CANDIDATE_COLUMNS = (
    Column("contest", ("scrutin", "code scrutin", "contest code"), 40),
    Column("list", ("liste", "nom de la liste", "list name"), 200),
    Column("rank", ("rang", "ordre", "numéro"), 3),
    Column("civility", ("civilité", "title"), 10, may_be_empty=True),
    Column("last_name", ("nom", "nom de famille", "surname"), 100),
    Column("first_names", ("prénom", "prénoms", "first name"), 100),
)


@dataclass(frozen=True, slots=True)
class ContestsImported:
    """What an import of contests did: each contest's code with the code of its bureau, and those that went away."""

    stations: dict[str, str]
    removed: list[Contest]


@dataclass(frozen=True, slots=True)
class ListsImported:
    """What an import of lists did."""

    contests: int
    lists: int
    candidates: int


def number_within(text: str, lowest: int, highest: int) -> int | None:
    """Return the whole number written in plain digits, or None when it is not one or out of bounds."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
    return number if number is not None and lowest <= number <= highest else None


def split_cell(text: str) -> list[str]:
    """Return the parts of a cell that holds several values separated by `|`, without the empty ones."""
    return [part.strip() for part in text.split("|") if part.strip()]


@transaction.atomic
def load_contests(
    *, election: Election, content: bytes, stations: Collection[str], actor: str, at: datetime
) -> ContestsImported:
    """Make the contests of the election those of the file. Raises ImportRefused, ElectionSealed.

    `stations` are the codes of the bureaux that exist: the caller, who knows them, ties contests to them.
    """
    election = lock_before_register(election)
    faults = Faults()
    contests = _read_contests(
        CsvFile(name=CONTESTS_FILE, content=content, columns=CONTEST_COLUMNS, faults=faults), stations
    )
    faults.refuse_if_any()
    codes = {contest.code for contest, _station in contests}
    kinds = dict(election.contests.values_list("code", "kind"))
    gone = election.contests.exclude(code__in=codes)
    removed = list(gone)
    gone.delete()
    # Lists make sense for one kind of contest only: those of a contest that changes kind are to be imported again.
    changed = [contest.code for contest, _station in contests if kinds.get(contest.code, contest.kind) != contest.kind]
    CandidateList.objects.filter(contest__election=election, contest__code__in=changed).delete()
    for contest, _station in contests:
        contest.election = election
    Contest.objects.bulk_create(
        [contest for contest, _station in contests],
        update_conflicts=True,
        unique_fields=("election", "code"),
        update_fields=("name", "academy", "instance", "kind", "seats"),
    )
    keep_draws_true(election, actor=actor, at=at)
    record(
        Kind.CONTESTS_IMPORTED, actor=actor, at=at, subject=election.slug,
        facts={"sha256": hashlib.sha256(content).hexdigest(), "contests": len(contests), "removed": len(removed)},
    )  # fmt: skip
    return ContestsImported({contest.code: station for contest, station in contests}, removed)


def _read_contests(file: CsvFile, stations: Collection[str]) -> list[tuple[Contest, str]]:
    contests: list[tuple[Contest, str]] = []
    seen: dict[str, int] = {}
    for line in file.lines():
        code, name, instance, kind, seats, academy, station = line.cells
        number = number_within(seats, 1, MOST_SEATS)
        if number is None:
            file.fault(line.number, "seats", _("Le nombre de sièges est compris entre 1 et 100."))
        if not _CODE.fullmatch(code):
            file.fault(
                line.number, "code", _("Un code a des lettres sans accent, des chiffres, « . », « - » et « _ ».")
            )
        elif seen.setdefault(code.casefold(), line.number) != line.number:
            message = _("Ce code est déjà à la ligne %(line)d.") % {"line": seen[code.casefold()]}
            file.fault(line.number, "code", message)
        if station not in stations:
            file.fault(line.number, "polling_station", _("Aucun bureau de vote n’a ce code."))
        contest = Contest(
            uuid=generate_uuid(os.urandom), code=code, name=name, academy=academy,
            instance=instance, kind=kind, seats=number or 1,
        )  # fmt: skip
        contests.append((contest, station))
    return contests


@dataclass(slots=True)
class _ReadList:
    """A list being imported, with the line that names it."""

    line: int
    contest: Contest
    entry: CandidateList
    organisations: list[str]
    candidates: list[Candidate]
    pdf: CheckedFile | None = None

    @property
    def ranks(self) -> list[int]:
        return [candidate.rank for candidate in self.candidates]


@transaction.atomic
def import_lists(
    *, election: Election, lists: bytes, candidates: bytes, files: Mapping[str, bytes], actor: str, at: datetime
) -> ListsImported:
    """Make the lists of the election those of the files. Raises ImportRefused, ElectionSealed.

    `files` holds the logos (PNG) and statements (plain text, UTF-8, and PDF) by the names that `lists` gives; `candidates`
    may be empty bytes when every contest is « sur sigle ».
    """
    election = lock_unsealed(election)
    faults = Faults()
    contests = {contest.code: contest for contest in election.contests.all()}
    lists_file = CsvFile(name=LISTS_FILE, content=lists, columns=LIST_COLUMNS, faults=faults)
    read = _read_lists(lists_file, contests, files)
    if candidates or any(contest.kind == Contest.Kind.LIST for contest in contests.values()):
        candidates_file = CsvFile(name=CANDIDATES_FILE, content=candidates, columns=CANDIDATE_COLUMNS, faults=faults)
        _read_candidates(candidates_file, contests, read, lists_file)
        if candidates_file.is_complete:
            _check_ranks(lists_file, read)
    _check_contests(lists_file, read)
    faults.refuse_if_any()
    _replace_lists(election, read)
    forgotten = keep_draws_true(election, actor=actor, at=at)
    counts = ListsImported(
        len({each.contest.code for each in read}), len(read), sum(len(each.candidates) for each in read)
    )
    record(
        Kind.LISTS_IMPORTED, actor=actor, at=at, subject=election.slug,
        facts={
            "lists_sha256": hashlib.sha256(lists).hexdigest(),
            "candidates_sha256": hashlib.sha256(candidates).hexdigest(),
            "lists": counts.lists, "candidates": counts.candidates, "draws_forgotten": forgotten,
        },
    )  # fmt: skip
    return counts


def _read_lists(file: CsvFile, contests: Mapping[str, Contest], files: Mapping[str, bytes]) -> list[_ReadList]:
    read = []
    logos: dict[str, bytes] = {}
    pdfs: dict[str, CheckedFile | None] = {}
    for line in file.lines():
        code, kind, name, organisations, affiliation, logo_name, statement_name, position, pdf_name = line.cells
        contest = contests.get(code)
        if contest is None:
            file.fault(line.number, "contest", _("Aucun scrutin n’a ce code."))
        elif contest.kind != kind:
            file.fault(line.number, "kind", _("Ce n’est pas le mode de ce scrutin."))
        number = number_within(position, 1, MOST_LISTS)
        if number is None:
            message = _("La position est un nombre compris entre 1 et %(maximum)d.") % {"maximum": MOST_LISTS}
            file.fault(line.number, "position", message)
        names = _organisations(file, line, organisations)
        if logo_name not in logos:
            logos[logo_name] = logo_for(file, line.number, logo_name, files)
        statement = statement_for(file, line.number, statement_name, files) if statement_name else ""
        pdf = _statement_pdf(file, line.number, pdf_name, files, pdfs, has_text=bool(statement_name))
        if contest is not None:
            entry = CandidateList(
                contest=contest, position=number or 0, name=name, affiliation=affiliation,
                logo_png=logos[logo_name], logo_text=f"Logo {name}"[:200], statement=statement,
            )  # fmt: skip
            read.append(_ReadList(line.number, contest, entry, names, [], pdf))
    return read


def _statement_pdf(
    file: CsvFile, line: int, name: str, files: Mapping[str, bytes], known: dict[str, CheckedFile | None], *,
    has_text: bool,
) -> CheckedFile | None:  # fmt: skip
    """Return the statement as PDF that a line names; lists that share a file have it checked once, as long as it is right."""
    if not name:
        return None
    if not has_text:
        message = _("Une profession de foi en PDF vient avec son texte : donnez aussi « statement_file ».")
        file.fault(line, "statement_pdf", message)
    if known.get(name) is None:
        known[name] = statement_pdf_for(file, line, name, files)
    return known[name]


def _organisations(file: CsvFile, line: Line, cell: str) -> list[str]:
    names = split_cell(cell)
    if not names or len(names) > MOST_ORGANISATIONS:
        message = _("Une liste est présentée par 1 à %(maximum)d organisations.") % {"maximum": MOST_ORGANISATIONS}
        file.fault(line.number, "organisations", message)
    if any(len(name) > 200 for name in names):
        file.fault(line.number, "organisations", _("Le nom d’une organisation a au plus 200 caractères."))
    if len({folded(name) for name in names}) < len(names):
        file.fault(line.number, "organisations", _("Une organisation est nommée deux fois."))
    return names


def _check_contests(file: CsvFile, read: list[_ReadList]) -> None:
    """Check what holds among the lists of one contest: names, positions, and one list for each union (R211-46)."""
    by_contest: dict[str, list[_ReadList]] = {}
    for each in read:
        by_contest.setdefault(each.contest.code, []).append(each)
    for code, lists in by_contest.items():
        _check_names(file, lists)
        positions = sorted(each.entry.position for each in lists if each.entry.position)
        if file.is_complete and len(positions) == len(lists) and positions != list(range(1, len(lists) + 1)):
            facts = {"code": code, "last": len(lists)}
            message = _("Scrutin %(code)s : les positions ne vont pas de 1 à %(last)d sans trou ni doublon.") % facts
            file.fault(lists[0].line, "position", message)


def _check_names(file: CsvFile, lists: list[_ReadList]) -> None:
    names: dict[str, int] = {}
    organisations: dict[str, int] = {}
    for each in lists:
        name = folded(each.entry.name)
        if name in ("blanc", "voteblanc", "blankvote", ""):
            file.fault(each.line, "name", _("Une liste ne peut pas porter ce nom : il se confond avec le vote blanc."))
        if names.setdefault(name, each.line) != each.line:
            message = _("Ce nom de liste est déjà à la ligne %(line)d pour ce scrutin.") % {"line": names[name]}
            file.fault(each.line, "name", message)
        for organisation in map(folded, each.organisations):
            if organisations.setdefault(organisation, each.line) != each.line:
                message = _("Une organisation a déjà une liste à la ligne %(line)d pour ce scrutin (R211-46).")
                file.fault(each.line, "organisations", message % {"line": organisations[organisation]})


def _check_ranks(file: CsvFile, read: Iterable[_ReadList]) -> None:
    """Check the number and the ranks of the candidates of each list."""
    for each in read:
        if each.contest.kind == Contest.Kind.SIGLE:
            continue
        ranks = sorted(each.ranks)
        if not ranks:
            file.fault(
                each.line, "name", _("Cette liste n’a aucun candidat dans %(file)s.") % {"file": CANDIDATES_FILE}
            )
        elif ranks != list(range(1, len(ranks) + 1)):
            message = _("Les rangs des candidats de cette liste ne vont pas de 1 à %(last)d sans trou ni doublon.")
            file.fault(each.line, "name", message % {"last": len(ranks)})
        # Substantive and substitute candidates: never more than twice the seats (R211-41, R211-190).
        if len(ranks) > 2 * each.contest.seats:
            facts = {"found": len(ranks), "maximum": 2 * each.contest.seats}
            message = _("Cette liste a %(found)d candidats ; le maximum est de %(maximum)d (titulaires et suppléants).")
            file.fault(each.line, "name", message % facts)


def _read_candidates(
    file: CsvFile, contests: Mapping[str, Contest], read: Iterable[_ReadList], lists_file: CsvFile
) -> None:
    """Put the candidates into their lists; nobody is on two lists of a contest, nor twice on one (R211-46)."""
    lists = {(each.contest.code, folded(each.entry.name)): each for each in read}
    seen: dict[tuple[str, str, str, str], int] = {}
    for line in file.lines():
        code, list_name, rank, civility, last_name, first_names = line.cells
        contest = contests.get(code)
        each = lists.get((code, folded(list_name)))
        if contest is None:
            file.fault(line.number, "contest", _("Aucun scrutin n’a ce code."))
        elif contest.kind == Contest.Kind.SIGLE:
            file.fault(line.number, "contest", _("Un scrutin sur sigle n’a pas de candidats."))
        elif each is None and lists_file.is_complete:
            message = _("Ce scrutin n’a pas de liste de ce nom dans %(file)s.") % {"file": LISTS_FILE}
            file.fault(line.number, "list", message)
        number = number_within(rank, 1, 2 * MOST_SEATS)
        if number is None:
            file.fault(line.number, "rank", _("Le rang est un nombre compris entre 1 et 200."))
        person = (code, folded(civility), folded(last_name), folded(first_names))
        if seen.setdefault(person, line.number) != line.number:
            message = _("Cette personne est déjà candidate à la ligne %(line)d pour ce scrutin (R211-46).")
            file.fault(line.number, "last_name", message % {"line": seen[person]})
        if each is not None and contest is not None and contest.kind == Contest.Kind.LIST:
            candidate = Candidate(rank=number or 0, civility=civility, last_name=last_name, first_names=first_names)
            each.candidates.append(candidate)


def ensure_organisations(election: Election, names: Iterable[str]) -> dict[str, Organisation]:
    """Return the organisations of these names by folded name, making those that are new."""
    known = {folded(organisation.name): organisation for organisation in election.organisations.all()}
    new = {folded(name): name for name in names if folded(name) not in known}
    made = Organisation.objects.bulk_create([Organisation(election=election, name=name) for name in new.values()])
    return known | {folded(organisation.name): organisation for organisation in made}


def _replace_lists(election: Election, read: list[_ReadList]) -> None:
    CandidateList.objects.filter(contest__election=election).delete()
    statements = keep_statements(each.pdf for each in read if each.pdf)
    for each in read:
        each.entry.statement_file = statements[each.pdf.sha256] if each.pdf else None
    organisations = ensure_organisations(election, (name for each in read for name in each.organisations))
    CandidateList.objects.bulk_create([each.entry for each in read])
    through = CandidateList.organisations.through
    through.objects.bulk_create(
        [
            through(candidatelist=each.entry, organisation=organisations[folded(name)])
            for each in read
            for name in each.organisations
        ]
    )
    candidates = []
    for each in read:
        for candidate in each.candidates:
            candidate.candidate_list = each.entry
            candidates.append(candidate)
    Candidate.objects.bulk_create(candidates, batch_size=1000)
    forget_unused_statements()
