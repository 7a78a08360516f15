"""The desk of claims: its queue, and what an agent does with one claim."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.claims.actions import OPEN_STATES
from isoloir.claims.decisions import (
    DECIDABLE,
    ask_question,
    assign_claim,
    confirm_change,
    propose_change,
    refuse_claim,
    send_back,
    write_claim_for,
)
from isoloir.claims.errors import ClaimRefused, OwnClaim, ProposalRefused, TextRefused
from isoloir.claims.models import Claim
from isoloir.claims.permissions import claims_of_desk, require_uninvolved
from isoloir.elections.models import Election
from isoloir.identity.models import StaffRole
from isoloir.identity.roles import Desk, desk_of
from isoloir.web.access import MemberRequest, audience
from isoloir.web.claims import add_errors, file_of, state_tag, trace

from .claim_forms import PersonForm, ProposalForm, ReasonForm, shown_proposal

form_page = require_http_methods(["GET", "HEAD", "POST"])
_ON_A_PAGE = 50
_OPEN, _ALL = "open", "all"


class QueueForm(forms.Form):
    """What of the queue is shown; nothing personal is in the address."""

    state = forms.ChoiceField(label=gettext_lazy("État"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Motif"), required=False)
    mine = forms.BooleanField(label=gettext_lazy("Seulement celles que j’ai prises en charge"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        states = [(_OPEN, _("à traiter")), (_ALL, _("toutes")), *Claim.State.choices]
        cast(forms.ChoiceField, self.fields["state"]).choices = states
        cast(forms.ChoiceField, self.fields["kind"]).choices = [("", _("tous")), *Claim.Kind.choices]


def _desk(request: MemberRequest) -> tuple[Desk, Election]:
    """Return the desk of claims of who asks: for an agent of another desk there is none. Raises Http404."""
    election = Election.objects.current()
    desk = desk_of(request.user, StaffRole.Role.CLAIMS, election=election)
    if desk is None or election is None:
        raise Http404
    return desk, election


def _claim(request: MemberRequest, number: str) -> Claim:
    """Return a claim that the agent covers; one of another académie does not exist. Raises Http404."""
    claims = claims_of_desk(*_desk(request))
    people = ("voter", "contest", "election", "assigned_to", "proposed_by", "confirmed_by")
    claim = claims.select_related(*people).filter(number=number).first()
    if claim is None:
        raise Http404
    return claim


@audience("desk")
@require_safe
def claims(request: MemberRequest) -> HttpResponse:
    """The queue, oldest first."""
    desk, election = _desk(request)
    form = QueueForm(request.GET or {"state": _OPEN})
    found = claims_of_desk(desk, election).select_related("voter", "assigned_to")
    chosen = form.cleaned_data if form.is_valid() else {}
    state = chosen.get("state") or _OPEN
    if state != _ALL:
        found = found.filter(state__in=OPEN_STATES if state == _OPEN else (state,))
    if chosen.get("kind"):
        found = found.filter(kind=chosen["kind"])
    if chosen.get("mine"):
        found = found.filter(assigned_to=request.user)
    page = Paginator(found.order_by("received_at", "pk"), _ON_A_PAGE).get_page(request.GET.get("page"))
    rows = [{"claim": claim, "tag": state_tag(claim), "name": name_of(claim)} for claim in page]
    context = {"section": "claims", "form": form, "rows": rows, "page": page}
    return render(request, "desk/claims.html", context)


def name_of(claim: Claim) -> str:
    """Return whom the claim is from."""
    if claim.voter is not None:
        return str(claim.voter.full_name)
    parts = (str(claim.person.get(part, "")) for part in ("civility", "first_names", "last_name"))
    return " ".join(part for part in parts if part)


@audience("desk")
@form_page
def claim(request: MemberRequest, queued: str) -> HttpResponse:
    """One claim with its whole trace, and what may be done with it; POST takes it in charge."""
    found = _claim(request, queued)
    if request.method == "POST":
        try:
            assign_claim(claim=found, by=request.user, at=request.now)
        except ClaimRefused as refused:
            messages.warning(request, refused.message)
        else:
            messages.success(request, _("Vous avez pris cette réclamation en charge."))
        return redirect("desk:claim", found.number)
    return render(request, "desk/claim.html", _context(request, found) | {"steps": trace(found, at_desk=True)})


def _context(request: MemberRequest, found: Claim) -> dict[str, Any]:
    try:
        require_uninvolved(request.user, claim=found)
        involved = ""
    except OwnClaim as own:
        involved = own.message
    return {
        "section": "claims", "claim": found, "tag": state_tag(found), "name": name_of(found),
        "entries": list(found.voter.entries.select_related("contest").order_by("contest__code")) if found.voter else [],
        "proposal": shown_proposal(found),
        "can_assign": found.state in OPEN_STATES and found.assigned_to_id != request.user.pk,
        "can_ask": found.state in (Claim.State.RECEIVED, Claim.State.ASSIGNED) and found.voter_id is not None,
        "can_decide": found.state in DECIDABLE,
        "can_confirm": found.state == Claim.State.PROPOSED,
        "involved": involved,
        "is_own_proposal": found.proposed_by_id == request.user.pk,
    }  # fmt: skip


def _refuse_on(form: forms.Form, field: str, refused: ClaimRefused) -> None:
    """Put on the form why the act was refused."""
    if isinstance(refused, TextRefused):
        add_errors(form, ((field, sentence) for sentence in refused.sentences))
    elif isinstance(refused, ProposalRefused):
        add_errors(form, refused.faults.items())
    else:
        form.add_error(None, refused.message)


def _page(request: MemberRequest, found: Claim, form: forms.Form, act: str) -> HttpResponse:
    """Show the form of an act on a claim; `act` is question, refusal, proposal or decision."""
    context = _context(request, found) | {"form": form, "act": act}
    return render(request, "desk/claim_act.html", context, status=422 if form.errors else 200)


@audience("desk")
@form_page
def claim_question(request: MemberRequest, queued: str) -> HttpResponse:
    """Ask the person something."""
    found = _claim(request, queued)
    form = ReasonForm(request.POST if request.method == "POST" else None, label=_("Votre question"), hint=_("L’électeur la lit sur sa page. De 10 à 2 000 caractères."))  # fmt: skip
    if form.is_valid():
        try:
            ask_question(claim=found, by=request.user, text=form.cleaned_data["reason"], at=request.now)
        except ClaimRefused as refused:
            _refuse_on(form, "reason", refused)
        else:
            messages.success(request, _("La question est posée : l’électeur en est averti par courriel."))
            return redirect("desk:claim", found.number)
    return _page(request, found, form, "question")


@audience("desk")
@form_page
def claim_refusal(request: MemberRequest, queued: str) -> HttpResponse:
    """Refuse, with a reason."""
    found = _claim(request, queued)
    form = ReasonForm(request.POST if request.method == "POST" else None, label=_("Motif du refus"))
    if form.is_valid():
        try:
            refuse_claim(claim=found, by=request.user, reason=form.cleaned_data["reason"], at=request.now)
        except ClaimRefused as refused:
            _refuse_on(form, "reason", refused)
        else:
            messages.success(request, _("La réclamation est refusée : l’électeur en est averti par courriel."))
            return redirect("desk:claim", found.number)
    return _page(request, found, form, "refusal")


@audience("desk")
@form_page
def claim_proposal(request: MemberRequest, queued: str) -> HttpResponse:
    """Propose to grant, with the exact change."""
    found = _claim(request, queued)
    form = ProposalForm(request.POST if request.method == "POST" else None, claim=found)
    if form.is_valid():
        try:
            propose_change(
                claim=found, by=request.user, proposal=form.proposal(), reason=form.cleaned_data["reason"],
                at=request.now,
            )  # fmt: skip
        except ClaimRefused as refused:
            _refuse_on(form, "reason", refused)
        else:
            messages.success(request, _("La proposition attend la décision d’un second agent."))
            return redirect("desk:claim", found.number)
    return _page(request, found, form, "proposal")


@audience("desk")
@form_page
def claim_confirmation(request: MemberRequest, queued: str) -> HttpResponse:
    """Confirm what a colleague proposed: the roll changes at once."""
    found = _claim(request, queued)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        shown = shown_proposal(found)
        try:
            if shown is None or request.POST.get("shown") != shown["digest"]:
                messages.warning(request, _("Cette réclamation a avancé entre-temps. Relisez-la avant d’agir."))
                return redirect("desk:claim", found.number)
            confirm_change(claim=found, by=request.user, shown=found.proposal, at=request.now)
        except ClaimRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("La réclamation est acceptée, et la liste électorale est modifiée."))
            return redirect("desk:claim", found.number)
    return _page(request, found, form, "confirmation")


@audience("desk")
@form_page
def claim_return(request: MemberRequest, queued: str) -> HttpResponse:
    """Send a proposal back to be made anew."""
    found = _claim(request, queued)
    form = ReasonForm(request.POST if request.method == "POST" else None, label=_("Ce qui est à revoir"), hint=_("Lu par les agents seulement. De 10 à 2 000 caractères."))  # fmt: skip
    if form.is_valid():
        try:
            send_back(claim=found, by=request.user, reason=form.cleaned_data["reason"], at=request.now)
        except ClaimRefused as refused:
            _refuse_on(form, "reason", refused)
        else:
            messages.success(request, _("La proposition est renvoyée."))
            return redirect("desk:claim", found.number)
    return _page(request, found, form, "return")


@audience("desk")
@form_page
def claim_new(request: MemberRequest) -> HttpResponse:
    """Write the claim of somebody who is on no roll."""
    desk, election = _desk(request)
    form = PersonForm(request.POST if request.method == "POST" else None, desk=desk)
    if form.is_valid():
        try:
            made = write_claim_for(
                election=election, by=request.user, person=form.person(), text=form.cleaned_data["text"],
                at=request.now,
            )  # fmt: skip
        except ClaimRefused as refused:
            _refuse_on(form, "text", refused)
        else:
            messages.success(request, _("La réclamation %(number)s est enregistrée.") % {"number": made.number})
            return redirect("desk:claim", made.number)
    context = {"section": "claims", "form": form}
    return render(request, "desk/claim_new.html", context, status=422 if form.errors else 200)


@audience("desk")
@require_safe
def claim_file(request: MemberRequest, queued: str, piece: int) -> HttpResponse:
    """Give a file of a claim that the agent covers."""
    return file_of(_claim(request, queued), piece, only_own=False)
