"""Claims about the rolls, as the voter makes and follows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.claims.actions import (
    KINDS_WITH_CONTEST,
    OPEN_STATES,
    answer_question,
    make_claim,
    require_received,
    withdraw_claim,
)
from isoloir.claims.errors import ClaimRefused, ContestRefused, RollFixed, TextRefused, WindowClosed
from isoloir.claims.models import Claim, ClaimStep
from isoloir.claims.steps import TEXT_BOUNDS
from isoloir.elections.models import Contest
from isoloir.web.access import VoterRequest, audience
from isoloir.web.claims import file_of, state_tag, text_field, trace
from isoloir.web.uploads import AttachmentsField, FormWithFiles

form_page = require_http_methods(["GET", "HEAD", "POST"])
# What each kind is for, in the words of somebody who never read a decree.
EXPLAINED = {
    Claim.Kind.INSCRIPTION: gettext_lazy("Par exemple : vous venez d’arriver et aucun scrutin ne s’affiche pour votre corps."),
    Claim.Kind.REMOVAL: gettext_lazy("Par exemple : une personne a quitté le service et figure encore sur la liste."),
    Claim.Kind.WRONG_CONTEST: gettext_lazy("Par exemple : vous avez changé d’académie et votez encore dans l’ancienne."),
    Claim.Kind.PERSONAL_DATA: gettext_lazy("Par exemple : votre nom, votre adresse électronique ou votre établissement."),
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """A kind of claim as it is offered now: until when, or why not."""

    kind: str
    title: str
    explained: str
    until: datetime | None
    refusal: str
    is_fixed: bool


def _offers(request: VoterRequest) -> list[Offer]:
    """Return the four kinds; a kind that no roll lets through any more says why."""
    offers = []
    for kind in Claim.Kind:
        until, refusal, is_fixed = None, "", False
        try:
            window = require_received(request.voter.election, voter=request.voter, kind=kind, at=request.now)
            until = window.closes_for(kind)
        except ClaimRefused as refused:
            refusal, is_fixed = refused.message, isinstance(refused, RollFixed)
        offers.append(Offer(kind, str(kind.label), str(EXPLAINED[kind]), until, refusal, is_fixed))
    return offers


@audience("voter")
@require_safe
def claims(request: VoterRequest) -> HttpResponse:
    """The voter's claims, and whether a new one is received; `?sujet=` goes on to the form of that kind."""
    if request.GET.get("sujet") in Claim.Kind.values:
        return redirect(f"{reverse('voter:claim_new')}?sujet={request.GET['sujet']}")
    made = Claim.objects.filter(voter=request.voter).order_by("-received_at", "-pk")
    offers = _offers(request)
    context = {
        "claims": [{"claim": claim, "tag": state_tag(claim)} for claim in made],
        "offers": offers,
        "open": any(offer.until for offer in offers),
        "fixed": all(offer.is_fixed for offer in offers),
    }
    return render(request, "voter/claims.html", context)


class KindForm(forms.Form):
    """The first question: which of the four."""

    sujet = forms.ChoiceField(
        label=gettext_lazy("De quoi s’agit-il ?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez l’un des motifs proposés.")},
    )

    def __init__(self, data: Any = None, *, offers: list[Offer]) -> None:
        super().__init__(data)
        offered = [(offer.kind, f"{offer.title[:1].upper()}{offer.title[1:]}. {offer.explained}") for offer in offers]
        cast(forms.ChoiceField, self.fields["sujet"]).choices = offered


class ClaimForm(FormWithFiles):
    """What is wrong, and what shows it."""

    contest = forms.ChoiceField(
        label=gettext_lazy("Scrutin concerné"),
        error_messages={"required": gettext_lazy("Choisissez l’un de vos scrutins.")},
    )
    text = text_field(
        gettext_lazy("Ce qui est inexact, et ce qui devrait être écrit"),
        most=TEXT_BOUNDS.stop - 1,
        hint=gettext_lazy("De 20 à 3 000 caractères. N’écrivez ni mot de passe, ni code de vote."),
    )
    attachments = AttachmentsField(label=gettext_lazy("Pièces justificatives"))

    def __init__(self, *arguments: Any, kind: str, contests: list[Contest], **sending: Any) -> None:
        super().__init__(*arguments, **sending)
        if kind not in KINDS_WITH_CONTEST:
            del self.fields["contest"]
            return
        self._contests = {contest.uuid: contest for contest in contests}
        names = [(contest.uuid, contest.name) for contest in contests]
        cast(forms.ChoiceField, self.fields["contest"]).choices = [("", _("Choisissez un scrutin")), *names]

    def clean_contest(self) -> Contest:
        return self._contests[self.cleaned_data["contest"]]


def _sending(request: VoterRequest) -> dict[str, Any]:
    return {"network": request.META["REMOTE_ADDR"], "sent_at": request.now}


@audience("voter")
@form_page
def claim_new(request: VoterRequest) -> HttpResponse:
    """Ask which kind of claim first, then its form; closed kinds say why."""
    kind = request.GET.get("sujet", "")
    offers = _offers(request)
    if not any(offer.until for offer in offers):
        # That page says why, and until when it was open.
        return redirect("voter:claims")
    if kind not in Claim.Kind.values:
        return _ask_kind(request, offers)
    offer = next(offer for offer in offers if offer.kind == kind)
    if offer.until is None:
        messages.warning(request, offer.refusal)
        return redirect("voter:claims")
    contests = list(Contest.objects.filter(roll__voter=request.voter).order_by("code"))
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ClaimForm(*given, kind=kind, contests=contests, **_sending(request))
    if form.is_bound and form.is_valid():
        answer = _make(request, form, Claim.Kind(kind))
        if answer is not None:
            return answer
    context = {"form": form, "offer": offer, "voter": request.voter}
    return render(request, "voter/claim_new.html", context, status=422 if form.errors else 200)


def _ask_kind(request: VoterRequest, offers: list[Offer]) -> HttpResponse:
    form = KindForm(request.GET if "sujet" in request.GET else None, offers=[offer for offer in offers if offer.until])
    closed = [offer for offer in offers if not offer.until]
    return render(request, "voter/claim_kind.html", {"form": form, "closed": closed})


def _make(request: VoterRequest, form: ClaimForm, kind: Claim.Kind) -> HttpResponse | None:
    """Make the claim, or put on the form why it was refused."""
    given = form.cleaned_data
    try:
        claim = make_claim(
            voter=request.voter, kind=kind, contest=given.get("contest"), text=given["text"],
            files=given["attachments"], at=request.now,
        )  # fmt: skip
    except TextRefused as refused:
        form.add_error("text", refused.sentences)
    except (ContestRefused, RollFixed, WindowClosed) as refused:
        form.add_error("contest" if "contest" in form.fields else None, refused.message)
    except ClaimRefused as refused:
        form.add_error(None, refused.message)
    else:
        return redirect("voter:claim_received", claim.number)
    return None


def _own_claim(request: VoterRequest, number: str) -> Claim:
    """Return a claim of this voter: somebody else's does not exist."""
    claim = Claim.objects.select_related("contest").filter(voter=request.voter, number=number).first()
    if claim is None:
        raise Http404
    return claim


@audience("voter")
@require_safe
def claim_received(request: VoterRequest, claim: str) -> HttpResponse:
    """The acknowledgement: the number, and what happens next."""
    return render(request, "voter/claim_received.html", {"claim": _own_claim(request, claim), "voter": request.voter})


class AnswerForm(FormWithFiles):
    """The answer to the question of the desk."""

    text = text_field(gettext_lazy("Votre réponse"), most=TEXT_BOUNDS.stop - 1, hint=gettext_lazy("3 000 caractères au plus."))  # fmt: skip
    attachments = AttachmentsField(label=gettext_lazy("Pièces justificatives"))


@audience("voter")
@form_page
def claim(request: VoterRequest, claim: str) -> HttpResponse:
    """Where a claim stands, with its trace; the form of the answer while a question waits for one."""
    own = _own_claim(request, claim)
    waiting = own.state == Claim.State.QUESTION
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = AnswerForm(*given, **_sending(request)) if waiting else None
    if request.method == "POST" and form is None:
        messages.warning(request, _("Cette réclamation a avancé entre-temps. Relisez-la avant d’agir."))
        return redirect("voter:claim", own.number)
    if form is not None and form.is_bound and form.is_valid():
        try:
            written = form.cleaned_data
            answer_question(
                claim=own, voter=request.voter, text=written["text"], files=written["attachments"], at=request.now
            )
        except TextRefused as refused:
            form.add_error("text", refused.sentences)
        except ClaimRefused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Votre réponse est enregistrée."))
            return redirect("voter:claim", own.number)
    question = own.steps.filter(act=ClaimStep.Act.ASKED).last() if waiting else None
    context = {
        "claim": own, "tag": state_tag(own), "steps": trace(own, at_desk=False), "form": form,
        "question": question.text if question else "", "can_withdraw": own.state in OPEN_STATES,
    }  # fmt: skip
    return render(request, "voter/claim.html", context, status=422 if form and form.errors else 200)


@audience("voter")
@form_page
def claim_withdraw(request: VoterRequest, claim: str) -> HttpResponse:
    """Withdraw a claim, once more asked."""
    own = _own_claim(request, claim)
    if own.state not in OPEN_STATES:
        return redirect("voter:claim", own.number)
    if request.method == "POST":
        try:
            withdraw_claim(claim=own, voter=request.voter, at=request.now)
        except ClaimRefused as refused:
            messages.warning(request, refused.message)
        else:
            messages.success(request, _("Votre réclamation est retirée."))
        return redirect("voter:claim", own.number)
    return render(request, "voter/claim_withdraw.html", {"claim": own})


@audience("voter")
@require_safe
def claim_file(request: VoterRequest, claim: str, piece: int) -> HttpResponse:
    """Give the voter back a file that the voter joined."""
    return file_of(_own_claim(request, claim), piece, only_own=True)
