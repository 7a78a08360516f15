"""Where the printed notices are: printed, delivered, signed for, returned, destroyed. Never a code.

A sheet goes by its number and its edition; a reprint is the next edition of the number, and the former edition is to be
destroyed. What the printer, the post and the establishments report comes in files, all or nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from itertools import islice

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from isoloir.common.bulkrows import insert_rows
from isoloir.common.clock import PARIS
from isoloir.common.csvfiles import Column, CsvFile, Line, folded
from isoloir.common.errors import Faults
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.roll.models import Voter

from .authority.sheets import is_sheet_number
from .models import NoticeSheet

State = NoticeSheet.State

#: Where a sheet may go from where it is; it is printed once, and nothing more happens to it once signed for or destroyed.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PRINTED: frozenset({State.DELIVERED, State.DESTROYED}),
    State.DELIVERED: frozenset({State.SIGNED, State.RETURNED, State.DESTROYED}),
    State.RETURNED: frozenset({State.DELIVERED, State.DESTROYED}),
    State.SIGNED: frozenset(),
    State.DESTROYED: frozenset(),
}
_WORDS = {
    State.PRINTED: ("printed", "imprimée"),
    State.DELIVERED: ("delivered", "livrée"),
    State.SIGNED: ("signed", "signée", "remise"),
    State.RETURNED: ("returned", "revenue"),
    State.DESTROYED: ("destroyed", "détruite"),
}
_STATES = {folded(word): state.value for state, words in _WORDS.items() for word in words}
_DELIVERIES = {"hand": "hand", "mainpropre": "hand", "post": "post", "poste": "post"}
_COLUMNS = (
    Column("number", ("numéro", "notice"), maximum=20),
    Column("edition", ("édition",), maximum=4),
    Column("state", ("état",), choices=_STATES),
    Column("date", maximum=10),
    Column("delivery", ("remise",), may_be_empty=True, is_optional=True, choices=_DELIVERIES),
)
_LINES_AT_ONCE = 5_000
_LAST_EDITION = 999


@dataclass(frozen=True, slots=True)
class SheetsReconciled:
    """What a file changed: how many sheets came into each state."""

    sheets_by_state: dict[str, int]

    @property
    def sheets(self) -> int:
        return sum(self.sheets_by_state.values())


@dataclass(frozen=True, slots=True)
class _Report:
    """One line of a file, read."""

    line: int
    number: str
    edition: int
    state: State
    on: date
    delivery: str


def replace_sheets(election: Election, numbers: Mapping[int, str], *, at: datetime) -> None:
    """Record the first editions of a new issue, by voter; the sheets of a former issue are forgotten with its codes."""
    NoticeSheet.objects.filter(election=election).delete()
    rows = ((election.pk, voter, number, 1, False, State.PRINTED.value, at) for voter, number in numbers.items())
    insert_rows(NoticeSheet, ("election", "voter", "number", "edition", "is_posted", "state", "since"), rows)


@transaction.atomic
def reconcile_sheets(*, election: Election, content: bytes, name: str, actor: str, at: datetime) -> SheetsReconciled:
    """Note what a file says of sheets: `number;edition;state;date`, and `delivery` (hand, post) if it is there.

    Lines are taken in their order, so that one sheet may have several. « printed » of an edition that is not known is a
    reprint; of one that is printed already, it is the printer's word for it. Raises ImportRefused naming every bad line;
    then nothing is changed.
    """
    election = Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    faults = Faults()
    file = CsvFile(name=name, content=content, columns=_COLUMNS, faults=faults)
    counts: Counter[str] = Counter()
    lines = _read(file, at)
    while reports := list(islice(lines, _LINES_AT_ONCE)):
        _Sheets(election, reports).follow(reports, file, counts)
    faults.refuse_if_any()
    done = SheetsReconciled(dict(counts))
    record(Kind.NOTICES_RECONCILED, actor=actor, at=at, subject=election.slug, facts={"sheets": done.sheets_by_state})
    return done


def _read(file: CsvFile, at: datetime) -> Iterator[_Report]:
    """Give the lines whose cells are right; the others are noted."""
    today = timezone.localdate(at, PARIS)
    for line in file.lines():
        report = _report(line, file)
        if report is None:
            continue
        if report.on > today:
            file.fault(line.number, "date", _("Cette date est à venir."))
        else:
            yield report


def _report(line: Line, file: CsvFile) -> _Report | None:
    number, edition, state, day, delivery = line.cells
    on = _day(day)
    if not is_sheet_number(number):
        file.fault(line.number, "number", _("Ce n’est pas un numéro de notice : le chiffre de contrôle n’est pas bon."))
    elif not (edition.isascii() and edition.isdigit() and 1 <= int(edition) <= _LAST_EDITION):
        file.fault(line.number, "edition", _("L’édition est un nombre, 1 pour la première impression."))
    elif on is None:
        file.fault(line.number, "date", _("Une date s’écrit AAAA-MM-JJ ou JJ/MM/AAAA."))
    else:
        return _Report(line.number, number, int(edition), State(state), on, delivery)
    return None


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            # The day alone is read: no hour, hence no time zone.
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


class _Sheets:
    """The sheets that some lines speak of, while these lines are followed."""

    def __init__(self, election: Election, reports: Sequence[_Report]) -> None:
        self._election = election
        numbers = {report.number for report in reports}
        sheets = NoticeSheet.objects.filter(election=election, number__in=numbers)
        self._known = {(sheet.number, sheet.edition): sheet for sheet in sheets}
        self._last = dict(sheets.values_list("number").annotate(last=Max("edition")))

    def follow(self, reports: Iterable[_Report], file: CsvFile, counts: Counter[str]) -> None:
        """Take each line; its faults are noted. What changed is written in one go."""
        changed: dict[tuple[str, int], NoticeSheet] = {}
        for report in reports:
            fault = self._fault(report)
            if fault is not None:
                file.fault(report.line, *fault)
                continue
            sheet = self._known[report.number, report.edition]
            sheet.state = report.state
            sheet.since = datetime.combine(report.on, time(12), tzinfo=PARIS)
            if report.delivery:
                sheet.is_posted = report.delivery == "post"
            changed[report.number, report.edition] = sheet
            counts[report.state.value] += 1
        former = [sheet for sheet in changed.values() if sheet.pk is not None]
        NoticeSheet.objects.bulk_create([sheet for sheet in changed.values() if sheet.pk is None])
        NoticeSheet.objects.bulk_update(former, ["state", "since", "is_posted"], batch_size=500)

    def _fault(self, report: _Report) -> tuple[str, str] | None:
        """Return the column and the sentence of what is wrong with a line, once its sheet is known or made."""
        if report.number not in self._last:
            return "number", _("Aucune notice de cette élection n’a ce numéro.")
        sheet = self._known.get((report.number, report.edition))
        if sheet is None:
            return self._reprint(report)
        if report.state is State.PRINTED and sheet.state == State.PRINTED:
            return None
        if report.state not in TRANSITIONS[State(sheet.state)]:
            facts = {"former": State(sheet.state).label, "state": report.state.label}
            return "state", _("Une notice « %(former)s » ne devient pas « %(state)s ».") % facts
        if report.on < timezone.localdate(sheet.since, PARIS) and sheet.state != State.PRINTED:
            return "date", _("Cette date précède celle de l’état que la notice a déjà.")
        return None

    def _reprint(self, report: _Report) -> tuple[str, str] | None:
        last = self._last[report.number]
        if report.state is not State.PRINTED or report.edition != last + 1:
            message = _("Cette édition n’a pas été imprimée ; la dernière est la %(last)d.") % {"last": last}
            return "edition", message
        former = self._known[report.number, last]
        self._known[report.number, report.edition] = NoticeSheet(
            election=self._election, voter_id=former.voter_id, number=report.number, edition=report.edition,
            is_posted=former.is_posted,
        )  # fmt: skip
        self._last[report.number] = report.edition
        return None


# ---- Counts ----


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetCounts:
    """Numbers of voters and of sheets; a sheet is in one of the five states, whose numbers add up to `printed`.

    `missing`: voters of whom every sheet is destroyed, or who have none; `surplus`: sheets in the world beyond one for
    each voter, former editions that nobody said were destroyed.
    """

    voters: int
    printed: int
    stock: int
    out: int
    signed: int
    returned: int
    destroyed: int
    missing: int
    surplus: int

    @property
    def adds_up(self) -> bool:
        """Say whether each voter has one sheet in the world, and no more."""
        return not self.missing and not self.surplus


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetGroup:
    """The counts of an académie (`code` and `name` empty) or of an establishment."""

    academy: str
    code: str
    name: str
    counts: SheetCounts


COLUMNS = tuple(field.name for field in fields(SheetCounts))
_COUNTED = {
    "printed": Count("pk"),
    "stock": Count("pk", filter=Q(state=State.PRINTED)),
    "out": Count("pk", filter=Q(state=State.DELIVERED)),
    "signed": Count("pk", filter=Q(state=State.SIGNED)),
    "returned": Count("pk", filter=Q(state=State.RETURNED)),
    "destroyed": Count("pk", filter=Q(state=State.DESTROYED)),
    "holders": Count("voter", distinct=True, filter=~Q(state=State.DESTROYED)),
}


def count_sheets(election: Election, *, academy: str = "", by_establishment: bool = False) -> list[SheetGroup]:
    """Return the counts of each académie, or of each establishment (of one académie if it is given), in their order."""
    names = ("academy", "establishment_code", "establishment") if by_establishment else ("academy",)
    limits = {"academy": academy} if academy else {}
    voters = Voter.objects.filter(election=election, **limits).order_by().values_list(*names)
    people = {row[:-1]: row[-1] for row in voters.annotate(number=Count("pk"))}
    sheets = NoticeSheet.objects.filter(
        election=election, **{f"voter__{name}": value for name, value in limits.items()}
    ).order_by()  # fmt: skip
    rows = sheets.values_list(*(f"voter__{name}" for name in names)).annotate(**_COUNTED)
    counted = {row[: len(names)]: dict(zip(_COUNTED, row[len(names) :], strict=True)) for row in rows}
    return [_group(group, number, counted.get(group, {})) for group, number in sorted(people.items())]


def _group(group: tuple[str, ...], voters: int, found: dict[str, int]) -> SheetGroup:
    counts = {name: found.get(name, 0) for name in _COUNTED}
    holders = counts.pop("holders")
    surplus = counts["printed"] - counts["destroyed"] - holders
    academy, code, name = group if len(group) == 3 else (group[0], "", "")
    return SheetGroup(
        academy=academy, code=code, name=name,
        counts=SheetCounts(voters=voters, missing=voters - holders, surplus=surplus, **counts),
    )  # fmt: skip


def total_of(groups: Iterable[SheetGroup]) -> SheetCounts:
    """Add groups up."""
    totals = dict.fromkeys(COLUMNS, 0)
    for group in groups:
        for column in COLUMNS:
            totals[column] += getattr(group.counts, column)
    return SheetCounts(**totals)
