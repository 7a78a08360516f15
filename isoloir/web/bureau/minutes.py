"""The results minutes: read, then signed by the members, with the SHA-256 of the very bytes that were read (R211-576)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from isoloir.elections.models import Contest
from isoloir.pollingstation.errors import PollingStationRefused
from isoloir.tally.actions import draw_up_minutes, sign_minutes
from isoloir.tally.errors import NotThere, TallyRefused
from isoloir.tally.minutes import minutes_hash
from isoloir.web.access import audience

from .confirmation import Confirmation, ask, refusal_sentence
from .requests import MemberRequest
from .seats import contest_of, seat_of


def drawn_up(contest: Contest) -> bytes:
    """Return the minutes as a PDF. Raises Http404 while there is no result, or while a draw is awaited."""
    try:
        return draw_up_minutes(contest=contest)
    except NotThere:
        raise Http404 from None


@audience("bureau")
@require_GET
def page(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """The minutes, their fingerprint, and who has signed."""
    seat = seat_of(request, station)
    contest = contest_of(seat.station, code)
    document = drawn_up(contest)
    signed = {signature.account_id: signature for signature in contest.minutes_signatures.all()}
    members = seat.station.members.select_related("account", "organisation").order_by("pk")
    may_sign = contest.state == Contest.State.COUNTED and seat.account_id not in signed
    context = {
        "station": seat.station,
        "contest": contest,
        "minutes": {
            "url": reverse("bureau:minutes_pdf", args=(station, code)),
            "size": len(document),
            "sha256": minutes_hash(document),
        },
        "signatures": [
            {
                "name": member.account.full_name,
                "role": member.get_role_display(),
                "signed_at": signed[member.account_id].signed_at if member.account_id in signed else None,
            }
            for member in members
        ],
        "sign_url": reverse("bureau:sign", args=(station, code)) if may_sign else None,
    }
    return render(request, "bureau/minutes.html", context)


@audience("bureau")
@require_GET
def pdf(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """The minutes themselves."""
    seat = seat_of(request, station)
    document = drawn_up(contest_of(seat.station, code))
    return pdf_answer(document, code)


def pdf_answer(document: bytes, code: str) -> HttpResponse:
    """Return the PDF, to be read in the browser."""
    headers = {"Content-Disposition": f'inline; filename="proces-verbal-{code}.pdf"'}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


@audience("bureau")
@require_http_methods(["GET", "POST"])
def sign(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """Sign the minutes; the fingerprint that was shown comes back with the signature."""
    seat = seat_of(request, station)
    contest = contest_of(seat.station, code)
    digest = minutes_hash(drawn_up(contest))
    refusal = ""
    if request.method == "POST":
        try:
            sign_minutes(
                contest=contest, minutes_sha256=digest, shown_sha256=request.POST.get("sha256", ""),
                by=request.user, at=request.now,
            )  # fmt: skip
        except (TallyRefused, PollingStationRefused) as refused:
            refusal = refusal_sentence(refused.sentence)
        else:
            messages.success(request, _("Votre signature est enregistrée."))
            return redirect("bureau:minutes", station, code)
    confirmation = Confirmation(
        title=_("Signer le procès-verbal"),
        question=_("Signer le procès-verbal du scrutin « %(name)s » ?") % {"name": contest.name},
        consequences=(_("Votre signature porte sur le fichier que vous avez lu, reconnu à son empreinte."),),
        button=_("J’ai lu le procès-verbal et je le signe"),
        evidence=(_("Empreinte du fichier (SHA-256)"), digest),
        hidden={"sha256": digest},
        back_url=reverse("bureau:minutes", args=(station, code)),
        back_label=_("Procès-verbal des résultats"),
    )
    return ask(request, seat.station, confirmation, refusal=refusal)
