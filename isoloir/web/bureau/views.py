"""What members read: their bureaux, the dashboard, a contest, its signature list, the journal."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from isoloir_protocol.proofs import base64_hash

from isoloir.board.errors import BoardRefused
from isoloir.board.records import election_record
from isoloir.elections.draw import undrawn_contests
from isoloir.elections.models import Contest, Election
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.models import Member, PollingStation
from isoloir.pollingstation.sealing import broken_seals, seal_faults, secrecy_warnings
from isoloir.roll.models import RollEntry
from isoloir.tally.actions import encrypted_tally_of
from isoloir.trustees.actions import STEPS, due_step
from isoloir.trustees.models import Trustee
from isoloir.web.access import audience
from isoloir.web.results import result_context

from .ceremony import COUNTED, CeremonyView
from .dashboard import ContestRow, Dashboard, contest_rows, small_rolls_sentence, undrawn_sentence
from .requests import MemberRequest
from .seats import contest_of, presides, seat_of

# R211-570: the signature list is read on screen, a page at a time.
LINES = 50


@audience("bureau")
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    """The bureaux of which the signed-in person is a member."""
    seats = list(
        Member.objects.filter(account=request.user.pk, station__election=Election.objects.current())
        .select_related("station__ceremony")
        .prefetch_related("station__contests")
        .order_by("station__code")
    )
    due = _steps_due([seat.station.ceremony_id for seat in seats], request.user.pk)
    memberships = [
        {
            "station": seat.station,
            "role": seat.get_role_display(),
            "contests": len(seat.station.contests.all()),
            "turn": _("Une étape de la cérémonie des clés vous attend") if seat.station.ceremony_id in due else "",
        }
        for seat in seats
    ]
    return render(request, "bureau/home.html", {"memberships": memberships})


def _steps_due(ceremonies: Iterable[int], account: int) -> set[int]:
    """Return the ceremonies in which a step is asked of this account now."""
    groups: dict[int, list[Trustee]] = {}
    for trustee in Trustee.objects.filter(group__ceremony__in=ceremonies).select_related("group").order_by("index"):
        groups.setdefault(trustee.group_id, []).append(trustee)
    return {
        trustee.group.ceremony_id
        for members in groups.values()
        for trustee in members
        if trustee.account_id == account and due_step(trustee, members) in STEPS
    }


@audience("bureau")
@require_GET
def station(request: MemberRequest, station: str) -> HttpResponse:
    """The dashboard: who must act now, who has acted, what is proved so far."""
    seat = seat_of(request, station)
    dashboard = Dashboard(seat, at=request.now)
    prepared = [contest for contest in dashboard.contests if contest.state == Contest.State.PREPARED]
    small = secrecy_warnings(seat.station) if prepared else []
    undrawn = undrawn_contests(prepared)
    context = {
        **dashboard.context(),
        "role": seat.get_role_display(),
        "may_seal": bool(prepared) and presides(seat),
        "seal_faults": seal_faults(seat.station, dashboard.contests, at=request.now) if prepared else [],
        "secrecy_warning": small_rolls_sentence(small) if small else "",
        "draw_warning": undrawn_sentence(undrawn) if undrawn else "",
    }
    return render(request, "bureau/station.html", context)


@audience("bureau")
@require_GET
def contest(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """One contest: figures, acts, decryptions, result, and its seals when the member asks to have them recomputed."""
    seat = seat_of(request, station)
    found = contest_of(seat.station, code)
    dashboard = Dashboard(seat, at=request.now)
    row = next(row for row in dashboard.rows if row.contest.pk == found.pk)
    counted = found.state in COUNTED
    context = {
        "station": seat.station,
        "contest": row,
        "seal": found.seal if found.is_sealed else None,
        "fingerprint": _fingerprint(found),
        "seal_parts": _seal_parts(found, seat.station) if "scelles" in request.GET and found.is_sealed else [],
        "decryptions": _decryptions(dashboard.ceremony, found),
        "tally_fingerprint": _tally_fingerprint(found),
        "quorum": dashboard.ceremony.quorum(),
        "minutes_ready": counted and "draw_needed" not in found.result.seats,
        "public_url": _public_url(found),
        **(result_context(found.result) if counted else {"result": None}),
    }
    return render(request, "bureau/contest.html", context)


def _public_url(contest: Contest) -> str:
    published = contest.state == Contest.State.PUBLISHED
    return reverse("public:contest_result", args=(contest.uuid,)) if published else ""


def _fingerprint(contest: Contest) -> str:
    try:
        return election_record(contest).fingerprint
    except BoardRefused:
        return ""


def _seal_parts(contest: Contest, station: PollingStation) -> list[dict[str, Any]]:
    """Recompute the seals (R211-542): each part with the digest that was sealed, and whether it still fits."""
    broken = broken_seals(contest.seal, station)
    words = {
        "roll": _("Liste électorale"), "lists": _("Listes de candidats et leur ordre"), "hours": _("Heures du vote"),
        "bureau": _("Membres du bureau"), "trustees": _("Clé publique"), "credentials": _("Clés des électeurs"),
        "seats": _("Sièges et mode de scrutin"), "registrar": _("Clé du service d’enregistrement"),
    }  # fmt: skip
    return [
        {"name": words.get(name, name), "digest": digest, "intact": name not in broken}
        for name, digest in contest.seal.parts.items()
    ]


def _tally_fingerprint(contest: Contest) -> str:
    """Return what each holder's own device shows too, to be compared before decrypting; nothing before the count."""
    if contest.state not in (Contest.State.COUNTING, *COUNTED):
        return ""
    return base64_hash(encrypted_tally_of(contest).encode())


def _decryptions(ceremony: CeremonyView, contest: Contest) -> list[dict[str, Any]]:
    if contest.state not in (Contest.State.COUNTING, *COUNTED):
        return []
    received = ceremony.received[contest.pk]
    return [{"holder": trustee.account.full_name, "done": trustee.owner in received} for trustee in ceremony.trustees]


@audience("bureau")
@require_GET
def turnout(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """The signature list on screen, for the members of this bureau alone; never exported, never searched (R211-570)."""
    seat = seat_of(request, station)
    found = contest_of(seat.station, code)
    entries = (
        RollEntry.objects.filter(contest=found)
        .select_related("voter", "turnout")
        .order_by("voter__last_name", "voter__first_names", "voter__reference")
    )
    row: ContestRow = contest_rows([found], at=request.now)[0]
    context = {"station": seat.station, "contest": row, "page": _page(request, entries)}
    return render(request, "bureau/turnout.html", context)


@audience("bureau")
@require_GET
def journal(request: MemberRequest, station: str) -> HttpResponse:
    """What was done about this bureau and its contests, last first (R211-541 2°, 571)."""
    seat = seat_of(request, station)
    subjects = {
        seat.station.code, seat.station.ceremony.code, seat.station.election.slug,
        *seat.station.contests.values_list("code", flat=True),
    }  # fmt: skip
    lines = JournalEntry.objects.filter(subject__in=subjects).order_by("-sequence")
    # Codes may serve again in a later election: lines of before this one's creation are another's.
    created = JournalEntry.objects.filter(kind=Kind.ELECTION_CREATED, subject=seat.station.election.slug).last()
    if created is not None:
        lines = lines.filter(sequence__gte=created.sequence)
    return render(request, "bureau/journal.html", {"station": seat.station, "page": _page(request, lines)})


def _page(request: MemberRequest, rows: Any) -> Page[Any]:
    return Paginator(rows, LINES).get_page(request.GET.get("page"))
