"""Voters' accounts as support sees them: their state, never a secret, an address beside a try, or who has voted."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from isoloir.elections.actions import (
    IDLE_MINUTES,
    LINK_HOURS,
    LONGEST_SESSION_MINUTES,
    AccountRules,
    account_rules_of,
    change_account_rules,
)
from isoloir.elections.errors import AccountRulesRefused
from isoloir.elections.models import Election
from isoloir.identity.actions import restore_account, suspend_account
from isoloir.identity.errors import IdentityRefused
from isoloir.identity.passwords import POLICIES, PasswordPolicy
from isoloir.identity.slowdown import counters
from isoloir.identity.voters import account_of, find_voter
from isoloir.roll.models import Voter
from isoloir.web.access import MemberRequest, audience

from .texts import current_election

_LATEST_LINKS = 10
# What each count of slow-downs is about; an act without a word here is shown by its name.
_ACTS = {
    "sign-in": gettext_lazy("Connexion par mot de passe"),
    "link": gettext_lazy("Demande de lien"),
    "code": gettext_lazy("Saisie du code de vote"),
    "arrival": gettext_lazy("Arrivée par le portail de l’employeur"),
    "reissue": gettext_lazy("Demande de nouveau code de vote"),
    "franceconnect": gettext_lazy("Identification par FranceConnect"),
    "assistance": gettext_lazy("Demande d’assistance"),
}


class SearchForm(forms.Form):
    """One voter, by what the voter says on the telephone."""

    sought = forms.CharField(
        label=gettext_lazy("Référence ou adresse électronique de l’électeur"),
        help_text=gettext_lazy(
            "La référence de la liste électorale, ou l’une des adresses professionnelles, en entier."
        ),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )


class ReasonForm(forms.Form):
    """Why access is suspended, or given back: it goes into the journal."""

    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        help_text=gettext_lazy("Inscrit au journal. 200 caractères au plus, sans donnée personnelle."),
        max_length=200,
    )


class RulesForm(forms.Form):
    """The rules of the accounts, with their bounds."""

    password_policy = forms.ChoiceField(label=gettext_lazy("Règles du mot de passe"), widget=forms.RadioSelect)
    link_hours = forms.IntegerField(
        label=gettext_lazy("Validité d’un lien, en heures"),
        help_text=gettext_lazy("De 1 à 720 heures."),
        min_value=LINK_HOURS.start,
        max_value=LINK_HOURS.stop - 1,
    )
    idle_minutes = forms.IntegerField(
        label=gettext_lazy("Inactivité avant déconnexion, en minutes"),
        help_text=gettext_lazy("De 5 à 120 minutes."),
        min_value=IDLE_MINUTES.start,
        max_value=IDLE_MINUTES.stop - 1,
    )
    session_minutes = forms.IntegerField(
        label=gettext_lazy("Durée d’une session, en minutes"),
        help_text=gettext_lazy("Au moins la durée d’inactivité, et 480 minutes au plus."),
        min_value=IDLE_MINUTES.start,
        max_value=LONGEST_SESSION_MINUTES,
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        policies = self.fields["password_policy"]
        if isinstance(policies, forms.ChoiceField):
            policies.choices = [(name, _policy_words(policy)) for name, policy in POLICIES.items()]


def _policy_words(policy: PasswordPolicy) -> str:
    wanted = (
        (policy.lower, _("une minuscule")),
        (policy.upper, _("une majuscule")),
        (policy.digit, _("un chiffre")),
        (policy.special, _("un caractère spécial")),
    )
    return _("De %(minimum)d à %(maximum)d caractères : %(wanted)s") % {
        "minimum": policy.minimum,
        "maximum": policy.maximum,
        "wanted": ", ".join(word for is_wanted, word in wanted if is_wanted),
    }


@audience("console")
@require_http_methods(["GET", "POST"])
def accounts(request: MemberRequest) -> HttpResponse:
    """Look one voter up. By POST: an address typed here is in no address of a page, and so in no log."""
    election = current_election()
    form = SearchForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        voter = _find(election, form.cleaned_data["sought"])
        if voter is not None:
            return redirect("console:account", voter.pk)
        form.add_error("sought", _("Aucun électeur n’a cette référence ni cette adresse."))
    context = {"section": "accounts", "tab": "accounts", "form": form}
    return render(request, "console/accounts.html", context, status=422 if form.errors else 200)


def _find(election: Election, sought: str) -> Voter | None:
    return election.voters.filter(reference=sought).first() or find_voter(election, sought)


@audience("console")
@require_http_methods(["GET", "POST"])
def account(request: MemberRequest, number: int) -> HttpResponse:
    """The state of one account; suspend its access, or give it back, with a reason."""
    election = current_election()
    voters = election.voters.select_related("account", "suspension")
    voter = voters.filter(pk=number).first()
    if voter is None:
        raise Http404
    suspension = getattr(voter, "suspension", None)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        # The button says what it was shown for: a second administrator may have acted in the meantime.
        is_lifting = request.POST.get("act") == "restore"
        act = restore_account if is_lifting else suspend_account
        try:
            act(voter=voter, reason=form.cleaned_data["reason"], actor=request.user.email, at=request.now)
        except IdentityRefused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("L’accès est rétabli.") if is_lifting else _("L’accès est suspendu."))
            return redirect("console:account", voter.pk)
    links = voter.links.select_related("message", "campaign").order_by("-created_at", "-pk")[:_LATEST_LINKS]
    context = {
        "section": "accounts", "tab": "accounts", "voter_shown": voter, "account": account_of(voter),
        "suspension": suspension, "links": links, "form": form,
    }  # fmt: skip
    return render(request, "console/account.html", context, status=422 if form.errors else 200)


@audience("console")
@require_GET
def slowdowns(request: MemberRequest) -> HttpResponse:
    """How many wait now, by act: counters, neither addresses nor names."""
    current_election()
    rows = [
        {"act": _ACTS.get(counter.action, counter.action), "waiting": counter.waiting, "tries": counter.tries}
        for counter in counters(request.now)
    ]
    context = {"section": "accounts", "tab": "slowdowns", "rows": rows}
    return render(request, "console/slowdowns.html", context)


@audience("console")
@require_http_methods(["GET", "POST"])
def account_rules(request: MemberRequest) -> HttpResponse:
    """Show the rules of the accounts, and change them until voting opens."""
    election = current_election()
    rules = account_rules_of(election)
    form = RulesForm(request.POST if request.method == "POST" else None, initial=asdict(rules))
    if form.is_valid():
        try:
            change_account_rules(
                election=election, rules=AccountRules(**form.cleaned_data), actor=request.user.email, at=request.now
            )
        except AccountRulesRefused as refusal:
            for field, sentence in refusal.faults.items():
                form.add_error(field, sentence)
            if not refusal.faults:
                form.add_error(None, str(refusal.sentence))
        else:
            messages.success(request, _("Les règles des comptes sont enregistrées."))
            return redirect("console:account_rules")
    context = {
        "section": "accounts", "tab": "rules", "form": form, "rules": rules,
        "policy": _policy_words(POLICIES[rules.password_policy]), "fixed": request.now >= election.voting_opens_at,
        "link": ngettext("%(count)d heure", "%(count)d heures", rules.link_hours) % {"count": rules.link_hours},
        "idle": _minutes(rules.idle_minutes), "session": _minutes(rules.session_minutes),
    }  # fmt: skip
    return render(request, "console/account_rules.html", context, status=422 if form.errors else 200)


def _minutes(count: int) -> str:
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
