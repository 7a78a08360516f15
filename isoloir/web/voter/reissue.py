"""Asking for a new voting code: the ways that the election offers, their forms, FranceConnect, and what comes next.

The voter is signed in. Nothing of what is typed is kept here: proofs go to the act, the number or the address to the outbox.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.models import Reissue
from isoloir.credentials.reissue.keys import reissue_contests
from isoloir.credentials.reissue.policies import Policy, Proof, policy_of
from isoloir.credentials.reissue.requests import ask_by_franceconnect, ask_reissue, used_reissues, ways_for
from isoloir.credentials.reissue.second_look import again_question
from isoloir.identity.errors import FranceConnectRefused
from isoloir.identity.franceconnect import begin, finish, franceconnect
from isoloir.identity.slowdown import network_of
from isoloir.roll.models import Voter
from isoloir.web.access import VoterRequest, audience

from .reissue_forms import ReissueForm

_DEFAULT_FORMS = {"challenge": "voter:reissue_challenge", "2018": "voter:reissue_form_2018"}
# What the last request came to, for the page that says it: never the number nor the address, which are kept nowhere.
_SENT = "vote_reissue_sent"
_REFUSED = "vote_reissue_refused"
# What no other answer to the form would mend: said where the ways are.
_SAID_ELSEWHERE = {"not_open", "not_offered", "limit_reached", "nothing_to_change"}


@dataclass(frozen=True)
class OfferedWay:
    """A way of getting a new code, as the page offers it; `why_not` says why this voter cannot take it."""

    policy: Policy
    url: str
    why_not: str

    @property
    def is_franceconnect(self) -> bool:
        return Proof.FRANCECONNECT in self.policy.proofs

    @property
    def needed(self) -> list[str]:
        """Return what is needed at hand, one phrase a thing; who reads this is signed in already."""
        return [step.words for step in self.policy.steps if step.any_of not in ((Proof.SESSION,), (Proof.CAPTCHA,))]


def _offered_ways(voter: Voter) -> list[OfferedWay]:
    """Return the ways that the election offers and that the portal can serve."""
    return [
        OfferedWay(way.policy, _url_of(way.policy), way.why_not)
        for way in ways_for(voter)
        if Proof.FRANCECONNECT not in way.policy.proofs or franceconnect() is not None
    ]


def _url_of(policy: Policy) -> str:
    if Proof.FRANCECONNECT in policy.proofs:
        return reverse("voter:reissue_franceconnect")
    name = _DEFAULT_FORMS.get(policy.code)
    return reverse(name) if name else reverse("voter:reissue_form", args=(policy.code,))


@dataclass(frozen=True)
class Standing:
    """Where a voter stands: `state` is open, not_offered, not_open, closed, limit_reached, changing or nothing_to_change."""

    state: str
    limit: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def _standing_of(voter: Voter, *, contests: list[dict[str, Any]], at: datetime) -> Standing:
    """Return where the voter stands with the calendar, the limit, and the contests that could still change."""
    limit, used = voter.election.reissue_limit, used_reissues(voter)
    state = _calendar_state(voter, at=at)
    if state == "open" and voter.reissues.filter(state=Reissue.State.CHANGING).exists():
        state = "changing"
    elif state == "open" and not any(contest["change"] for contest in contests):
        state = "nothing_to_change"
    elif state == "open" and used >= limit:
        state = "limit_reached"
    return Standing(state, limit, used)


def _calendar_state(voter: Voter, *, at: datetime) -> str:
    """Return what the calendar says: open, not_offered, not_open or closed."""
    election = voter.election
    if not election.reissue_policies:
        return "not_offered"
    if election.is_reissue_open(at=at):
        return "open"
    return "closed" if at >= election.voting_closes_at else "not_open"


def _may_ask(request: VoterRequest) -> bool:
    """Tell whether to show a form at all; the page of the ways says why not."""
    voter = request.voter
    return _calendar_state(voter, at=request.now) == "open" and used_reissues(voter) < voter.election.reissue_limit


@audience("voter")
@never_cache
@require_safe
def ways(request: VoterRequest) -> HttpResponse:
    """The ways of getting a new code (seed 004), how many are left, and what stands in the way if something does."""
    election = request.voter.election
    contests = reissue_contests(request.voter, request.now) if election.reissue_policies else []
    standing = _standing_of(request.voter, contests=contests, at=request.now)
    context = {
        "standing": standing,
        "ways": _offered_ways(request.voter) if standing.state == "open" else [],
        "kept": [contest for contest in contests if not contest["change"]],
        "opens_at": election.reissue_opens_at or election.voting_opens_at,
        "link_hours": election.link_hours,
    }
    return render(request, "voter/reissue.html", context)


def _policy_or_404(request: VoterRequest, code: str) -> Policy:
    """Return one of the election's ways by form. Raises Http404."""
    policy = policy_of(request.voter.election, code)
    if policy is None or Proof.FRANCECONNECT in policy.proofs:
        raise Http404
    return policy


@audience("voter")
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: VoterRequest, way: str) -> HttpResponse:
    """The form of one way: its proofs, then where the link goes."""
    if not _may_ask(request):
        return redirect("voter:reissue")
    policy = _policy_or_404(request, way)
    if any(each.why_not for each in ways_for(request.voter) if each.policy == policy):
        # That page says why.
        return redirect("voter:reissue")
    filled = ReissueForm(request.POST if request.method == "POST" else None, policy=policy, at=request.now)
    wait = 0
    if request.method == "POST" and filled.is_valid():
        try:
            return _ask(request, policy, filled)
        except ReissueRefused as refused:
            if refused.code in _SAID_ELSEWHERE:
                messages.warning(request, refused.message)
                return redirect("voter:reissue")
            wait = refused.seconds
            _say(filled, refused)
    context = {
        "form": filled,
        "policy": policy,
        "question": again_question(request.voter) if Proof.CHALLENGE in policy.proofs else None,
        "wait": wait,
        "professional": masked_address(request.voter.email),
        "limit": request.voter.election.reissue_limit,
    }
    return render(request, "voter/reissue_form.html", context)


@sensitive_variables()
def _ask(request: VoterRequest, policy: Policy, filled: ReissueForm) -> HttpResponse:
    ask_reissue(
        voter=request.voter, policy=policy.code, answers=filled.answers, channel=filled.chosen_channel,
        contact=filled.contact, network=network_of(request.META["REMOTE_ADDR"]), at=request.now,
    )  # fmt: skip
    request.session[_SENT] = filled.chosen_channel
    return redirect("voter:reissue_sent")


def _say(filled: ReissueForm, refused: ReissueRefused) -> None:
    if refused.is_about_contact:
        filled.refuse_contact(refused.message)
    else:
        filled.add_error(None, refused.message)


def masked_address(address: str) -> str:
    """Return an address that its owner recognises and a passer-by cannot use: « a***t@valmont.example »."""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}***{name[-1:] if len(name) > 2 else ''}@{domain}"


@audience("voter")
@never_cache
@require_GET
def franceconnect_begin(request: VoterRequest) -> HttpResponse:
    """Send the voter to FranceConnect. A plain link leads here: a form may not redirect to another site."""
    if franceconnect() is None:
        raise Http404
    if not any(way.is_franceconnect for way in _offered_ways(request.voter)):
        return redirect("voter:reissue")
    if not _may_ask(request):
        return redirect("voter:reissue")
    try:
        address = begin(
            request.session, voter=request.voter, redirect_uri=_address("voter:franceconnect_return"), at=request.now
        )
    except FranceConnectRefused as refused:
        return _refuse(request, refused.message, refused.code)
    return redirect(address)


@audience("voter")
@never_cache
@sensitive_variables()
@require_GET
def franceconnect_return(request: VoterRequest) -> HttpResponse:
    """Take what FranceConnect says, ask for the link, and sign the voter out there: computers are shared."""
    if franceconnect() is None:
        raise Http404
    # A parameter that is there twice is read once, and then does not fit what is awaited (RFC 6749 §3.1).
    once = {name: values[0] for name, values in request.GET.lists() if len(values) == 1}
    try:
        proved = finish(
            request.session, voter=request.voter, answer=once, redirect_uri=_address("voter:franceconnect_return"),
            return_uri=_address("voter:reissue_sent"), at=request.now,
        )  # fmt: skip
    except FranceConnectRefused as refused:
        answer = _refuse(request, refused.message, refused.code)
        return redirect(refused.logout_url) if refused.logout_url else answer
    try:
        ask_by_franceconnect(
            voter=request.voter, identity=proved.identity, tokens=proved.tokens,
            network=network_of(request.META["REMOTE_ADDR"]), at=request.now,
        )  # fmt: skip
    except ReissueRefused as refused:
        _refuse(request, refused.message, refused.code)
    else:
        request.session[_SENT] = "franceconnect"
        request.session.pop(_REFUSED, None)
    return redirect(proved.logout_url)


def _address(name: str) -> str:
    return f"{settings.PORTAL_URL}{reverse(name)}"


def _refuse(request: VoterRequest, message: str, code: str) -> HttpResponse:
    request.session[_REFUSED] = {"message": message, "code": code}
    return redirect("voter:franceconnect_refused")


@audience("voter")
@never_cache
@require_safe
def franceconnect_refused(request: VoterRequest) -> HttpResponse:
    """Say why FranceConnect led nowhere, at an address that holds nothing of what it answered."""
    refused = request.session.get(_REFUSED)
    if refused is None:
        return redirect("voter:reissue")
    return render(request, "voter/franceconnect_refused.html", refused)


@audience("voter")
@never_cache
@require_safe
def sent(request: VoterRequest) -> HttpResponse:
    """Say where the link is to be looked for, and what to do if it does not come; FranceConnect's sign-out ends here too."""
    if _REFUSED in request.session:
        return redirect("voter:franceconnect_refused")
    channel = request.session.get(_SENT)
    if channel is None:
        return redirect("voter:reissue")
    context = {"channel": channel, "professional": masked_address(request.voter.email)}
    return render(request, "voter/reissue_sent.html", context)
