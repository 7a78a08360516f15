"""Two members of the bureau declare the registrar lost, so that a contest whose new codes wait for it can be closed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from isoloir.common.clock import paris_text
from isoloir.elections.models import Contest
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.errors import PollingStationRefused
from isoloir.pollingstation.models import Member
from isoloir.pollingstation.registrar_loss import (
    LONGEST_REASON,
    declare_registrar_lost,
    is_code_waiting,
    open_report,
    report_registrar_lost,
)
from isoloir.web.access import audience

from .confirmation import Confirmation, ask, refusal_sentence
from .requests import MemberRequest
from .seats import contest_of, presides, seat_of


class ReasonForm(forms.Form):
    """Why the registrar is held to be lost; the journal keeps it."""

    reason = forms.CharField(
        label=gettext_lazy("Pourquoi le service d’enregistrement est-il perdu ?"), max_length=LONGEST_REASON,
        help_text=gettext_lazy("Écrivez ce que l’autorité de codes vous a dit. Le journal du bureau le garde."),
    )  # fmt: skip


@audience("bureau")
@require_http_methods(["GET", "POST"])
def registrar_loss(request: MemberRequest, station: str, code: str) -> HttpResponse:
    """Report the loss, as president or secretary; then have another member confirm it."""
    seat = seat_of(request, station)
    contest = contest_of(seat.station, code)
    report = open_report(contest, at=request.now)
    form = None if report else ReasonForm(request.POST if request.method == "POST" else None)
    refusal = ""
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            said = _act(request, seat, contest, form)
        except PollingStationRefused as refused:
            refusal = refusal_sentence(refused.sentence, refused.detail)
        else:
            messages.success(request, said)
            return redirect("bureau:contest", station, code)
    return ask(request, seat.station, _confirmation(request, seat, contest, report, form), refusal=refusal)


def _act(request: MemberRequest, seat: Member, contest: Contest, form: forms.Form | None) -> str:
    who: dict[str, Any] = {"contest": contest, "station": seat.station, "by": request.user, "at": request.now}
    if form is not None:
        report_registrar_lost(**who, reason=form.cleaned_data["reason"])
        return _("La perte est signalée. Un autre membre du bureau doit la confirmer.")
    declare_registrar_lost(**who)
    return _("Le service d’enregistrement est déclaré perdu. Le scrutin peut être clos.")


def _confirmation(
    request: MemberRequest, seat: Member, contest: Contest, report: JournalEntry | None, form: forms.Form | None
) -> Confirmation:
    if report is None:
        question = _("Signaler que le service d’enregistrement est perdu ?")
        button = _("Signaler la perte")
    else:
        question = _("Confirmer que le service d’enregistrement est perdu ?")
        button = _("Confirmer la perte")
    said: tuple[str, ...] = ()
    if report is not None:
        sentence = _("Signalé le %(at)s par %(who)s : %(reason)s")
        said = (sentence % {"at": paris_text(report.at), "who": report.actor, "reason": report.facts["reason"]},)
    return Confirmation(
        title=_("Service d’enregistrement perdu"),
        question=question,
        consequences=(
            *said,
            _("Les nouveaux codes qui attendent la signature du service sont abandonnés ; les codes d’avant restent les bons. Le vote est fini : aucun électeur ne peut plus s’en servir."),
            _("Le scrutin peut ensuite être clos et dépouillé. Le registre des clés restera ouvert, et la page publique le montrera."),
            _("Deux membres du bureau le disent : la présidence ou le secrétariat, puis un autre membre. Le journal garde leurs noms et la raison."),
        ),
        button=button,
        back_url=reverse("bureau:contest", args=(seat.station.code, contest.code)),
        back_label=contest.name,
        warnings=(_("Si le service peut revenir, attendez-le : lui seul sait s’il a signé ces codes."),),
        obstacles=tuple(_obstacles(request, seat, contest, report)),
        form=form,
    )  # fmt: skip


def _obstacles(request: MemberRequest, seat: Member, contest: Contest, report: JournalEntry | None) -> list[str]:
    obstacles = []
    if request.now < contest.election.grace_ends_at:
        sentence = _("Le délai laissé aux électeurs déjà authentifiés se termine le %(at)s.")
        obstacles.append(sentence % {"at": paris_text(contest.election.grace_ends_at)})
    if not is_code_waiting(contest):
        obstacles.append(_("Aucun nouveau code n’attend de signature dans ce scrutin."))
    elif report is None and not presides(seat):
        obstacles.append(_("La présidence ou le secrétariat du bureau doit d’abord signaler la perte."))
    elif report is not None and report.actor == request.user.get_username():
        obstacles.append(_("Un autre membre du bureau doit confirmer."))
    return obstacles
