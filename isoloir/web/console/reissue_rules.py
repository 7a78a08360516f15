"""How voting codes are re-issued: the ways in words with what each is worth, their choice, and what voters can prove."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from isoloir.common.errors import ImportRefused
from isoloir.credentials.identifiers import IDENTIFIERS_FILE
from isoloir.credentials.reissue.identifiers import IDENTIFIER_COLUMNS, import_identifiers
from isoloir.credentials.reissue.policies import (
    DEFAULT_POLICIES,
    LINK_MINUTES,
    REQUESTS_A_DAY,
    PoliciesUnreadable,
    Policy,
    PolicyWarning,
    Recipient,
    policies_of,
)
from isoloir.credentials.reissue.rules import (
    WarningsNotAcknowledged,
    choose_rules,
    missing_for,
    warning_codes,
    warnings_by_policy,
)
from isoloir.elections.actions import REISSUE_LIMIT, ReissueRules, reissue_rules_of
from isoloir.elections.errors import ElectionSealed, ReissueRulesRefused
from isoloir.elections.models import Contest, Election
from isoloir.pollingstation.files import LARGEST_FILES
from isoloir.web.access import MemberRequest, audience

from .forms import BoundedFileField
from .texts import current_election

_LONGEST_DESCRIPTION = 20_000


class Acknowledgement(forms.CheckboxInput):
    """A box, never ticked when it is shown, whose value names the warnings that it stands for."""

    def __init__(self, codes: str) -> None:
        super().__init__(check_test=lambda _value: False)
        self._codes = codes

    def format_value(self, value: Any) -> str:
        """Return the value that ticking sends, whatever was sent before."""
        del value
        return self._codes


class AcknowledgedForm(forms.Form):
    """A choice that may call for warnings: once it does, the form ends with a box that says that they were read."""

    def ask_to_acknowledge(self, warnings: dict[str, list[PolicyWarning]]) -> None:
        """Add the box, for these warnings: another choice, with other warnings, is asked about anew."""
        self.fields["acknowledged"] = forms.CharField(
            label=_(
                "J’ai lu les avertissements ci-dessus, et je maintiens ce choix. Il est inscrit au journal avec eux."
            ),
            widget=Acknowledgement(",".join(warning_codes(warnings))),
        )
        self.add_error("acknowledged", _("Ce choix appelle des avertissements. Lisez-les, puis cochez la case ou changez votre choix."))  # fmt: skip


class RulesForm(AcknowledgedForm):
    """The ways that come with the product, with their options; then how often and from when."""

    policies = forms.MultipleChoiceField(
        label=gettext_lazy("Façons d’obtenir un nouveau code de vote"),
        help_text=gettext_lazy("Sans aucune, les codes de vote ne se réassortissent pas."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    accepts_work_domain = forms.BooleanField(
        label=gettext_lazy("Accepter aussi une adresse du même domaine que l’adresse professionnelle"), required=False
    )
    replaces_password = forms.BooleanField(
        label=gettext_lazy("Par FranceConnect, faire d’abord un nouveau mot de passe, comme en 2022"), required=False
    )
    requests_a_day = forms.IntegerField(
        label=gettext_lazy("Demandes par électeur en vingt-quatre heures"),
        help_text=gettext_lazy("De 1 à 10."),
        min_value=REQUESTS_A_DAY.start,
        max_value=REQUESTS_A_DAY.stop - 1,
    )
    link_minutes = forms.IntegerField(
        label=gettext_lazy("Validité du lien, en minutes"),
        help_text=gettext_lazy("Vide : comme les autres liens de l’élection. Au moins 30 : un message peut tarder."),
        required=False,
        min_value=LINK_MINUTES.start,
        max_value=LINK_MINUTES.stop - 1,
    )
    limit = forms.TypedChoiceField(
        label=gettext_lazy("Nouveaux codes de vote par électeur, au plus"),
        choices=[(count, str(count)) for count in REISSUE_LIMIT],
        coerce=int,
        widget=forms.RadioSelect,
    )
    opens_at = forms.DateTimeField(
        label=gettext_lazy("Ouverture du réassort"),
        help_text=gettext_lazy("Heure de Paris. Vide : à l’ouverture du vote."),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        offered = self.fields["policies"]
        if isinstance(offered, forms.MultipleChoiceField):
            offered.choices = [(code, policy.spoken_title) for code, policy in DEFAULT_POLICIES.items()]

    @classmethod
    def initial_of(cls, rules: ReissueRules, policies: Sequence[Policy]) -> dict[str, Any]:
        """Return what the election has now, as far as this form can say it."""
        first = policies[0] if policies else DEFAULT_POLICIES["challenge"]
        return {
            "policies": [policy.code for policy in policies], "limit": rules.limit, "opens_at": rules.opens_at,
            "accepts_work_domain": any(_may_refuse_domain(each) and not each.refuses_work_domain for each in policies),
            "replaces_password": any(each.replaces_password for each in policies),
            "requests_a_day": first.requests_a_day, "link_minutes": first.link_minutes,
        }  # fmt: skip

    def rules(self) -> ReissueRules:
        """Return the rules that were chosen."""
        chosen = self.cleaned_data
        policies = [
            replace(
                policy, requests_a_day=chosen["requests_a_day"], link_minutes=chosen["link_minutes"],
                refuses_work_domain=_may_refuse_domain(policy) and not chosen["accepts_work_domain"],
                replaces_password=policy.recipient == Recipient.FRANCECONNECT and chosen["replaces_password"],
            )
            for code, policy in DEFAULT_POLICIES.items()
            if code in chosen["policies"]
        ]  # fmt: skip
        return _rules([policy.as_json() for policy in policies], chosen["limit"], chosen["opens_at"])


class DescriptionForm(AcknowledgedForm):
    """The ways as JSON, for who composes others."""

    described = forms.CharField(
        label=gettext_lazy("Description des voies (JSON)"),
        help_text=gettext_lazy("Une liste d’objets, selon docs/specification/reissue-policies.md."),
        max_length=_LONGEST_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_described(self) -> Any:
        try:
            return json.loads(self.cleaned_data["described"])
        except (ValueError, RecursionError) as fault:
            line = getattr(fault, "lineno", 1)
            raise forms.ValidationError(_("Ce n’est pas du JSON : voyez la ligne %(line)d.") % {"line": line}) from None


class IdentifiersForm(forms.Form):
    """What voters may be asked to prove."""

    identifiers = BoundedFileField(
        label=gettext_lazy("Identifiants de contrôle (identifiers.csv)"),
        help_text=gettext_lazy("NUMEN, numéro de sécurité sociale, état civil. Seules des empreintes à clé en sont gardées."),
        maximum_bytes=LARGEST_FILES,
        accept={"accept": ".csv,text/csv"},
    )  # fmt: skip


def _rules(policies: Sequence[Mapping[str, Any]], limit: int, opens_at: datetime | None) -> ReissueRules:
    return ReissueRules(policies=policies, limit=limit, opens_at=opens_at)


def _may_refuse_domain(policy: Policy) -> bool:
    return policy.recipient == Recipient.TYPED and "email" in policy.channels


def _is_fixed(election: Election) -> bool:
    """Tell whether a contest is sealed, or its register of keys begun: the rules are part of both."""
    contests = election.contests
    return contests.exclude(state=Contest.State.PREPARED).exists() or contests.filter(has_register=True).exists()


def _known_policies(election: Election) -> tuple[Policy, ...]:
    """Return the election's ways, none where they cannot be read: the page must open for them to be mended."""
    try:
        return policies_of(election)
    except PoliciesUnreadable:
        return ()


def _context(election: Election, tab: str, form: forms.Form) -> dict[str, Any]:
    policies = _known_policies(election)
    warnings = warnings_by_policy(policies, election)
    return {
        "section": "reissue", "tab": tab, "form": form, "fixed": _is_fixed(election), "limit": election.reissue_limit,
        "opens_at": election.reissue_opens_at or election.voting_opens_at, "asked": [],
        "missing": missing_for(policies, election),
        "policies": [{"policy": policy, "warnings": warnings[policy.code]} for policy in policies],
        "is_unreadable": bool(election.reissue_policies) and not policies,
    }  # fmt: skip


@audience("console")
@require_http_methods(["GET", "POST"])
def reissue_rules(request: MemberRequest) -> HttpResponse:
    """Show the ways of the election, and choose among those that come with the product."""
    election = current_election()
    policies = _known_policies(election)
    initial = RulesForm.initial_of(reissue_rules_of(election), policies)
    form = RulesForm(request.POST) if request.method == "POST" else RulesForm(initial=initial)
    context = _context(election, "rules", form)
    context["is_composed"] = any(policy.code not in DEFAULT_POLICIES for policy in policies)
    if request.method == "POST" and form.is_valid() and _choose(request, election, form, form.rules(), context):
        return redirect("console:reissue_rules")
    return render(request, "console/reissue_rules.html", context, status=422 if form.errors else 200)


@audience("console")
@require_http_methods(["GET", "POST"])
def reissue_policies(request: MemberRequest) -> HttpResponse:
    """Compose ways of one's own, as JSON; limit and opening stay as they are."""
    election = current_election()
    rules = reissue_rules_of(election)
    described = json.dumps(list(rules.policies), ensure_ascii=False, indent=2)
    form = (
        DescriptionForm(request.POST) if request.method == "POST" else DescriptionForm(initial={"described": described})
    )
    context = _context(election, "policies", form)
    if request.method == "POST" and form.is_valid():
        # What is no list of objects is named by the act, beside every other fault.
        wanted = _rules(form.cleaned_data["described"], rules.limit, rules.opens_at)
        if _choose(request, election, form, wanted, context):
            return redirect("console:reissue_rules")
    return render(request, "console/reissue_policies.html", context, status=422 if form.errors else 200)


def _choose(
    request: MemberRequest, election: Election, form: AcknowledgedForm, rules: ReissueRules, context: dict[str, Any]
) -> bool:
    """Change the rules, or put on the form and the page why not yet."""
    acknowledged = request.POST.get("acknowledged", "").split(",")
    described = "described" if "described" in form.fields else None
    try:
        choose_rules(
            election=election, rules=rules, acknowledged=acknowledged, actor=request.user.email, at=request.now
        )
    except PoliciesUnreadable as refusal:
        for sentence in refusal.faults:
            form.add_error(described, sentence)
    except WarningsNotAcknowledged as refusal:
        form.ask_to_acknowledge(refusal.warnings)
        context["asked"] = [
            {"title": policy.spoken_title, "warnings": refusal.warnings[policy.code]}
            for policy in refusal.policies
            if refusal.warnings[policy.code]
        ]
    except ReissueRulesRefused as refusal:
        for field, sentence in refusal.faults.items():
            form.add_error(field if field in form.fields else None, sentence)
    except ElectionSealed as refusal:
        form.add_error(None, str(refusal.sentence))
    else:
        messages.success(request, _("Les règles du réassort sont enregistrées."))
        return True
    return False


@audience("console")
@require_http_methods(["GET", "POST"])
def identifiers(request: MemberRequest) -> HttpResponse:
    """Import identifiers.csv, all or nothing; a refusal lists every fault by line, and no cell."""
    election = current_election()
    form = IdentifiersForm(request.POST, request.FILES) if request.method == "POST" else IdentifiersForm()
    context = _context(election, "identifiers", form) | {
        "faults": (), "total": 0, "file": IDENTIFIERS_FILE,
        "sealed": election.contests.exclude(state=Contest.State.PREPARED).exists(),
        "columns": " ; ".join(column.name for column in IDENTIFIER_COLUMNS),
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["identifiers"].read()
        try:
            done = import_identifiers(election=election, content=content, actor=request.user.email, at=request.now)
        except ImportRefused as refusal:
            context |= {"faults": refusal.faults, "total": refusal.total}
        except ElectionSealed as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            facts = {"people": done.people, "without": done.without}
            messages.success(request, _("Identifiants reçus : %(people)d ; électeurs sans identifiant : %(without)d.") % facts)  # fmt: skip
            return redirect("console:identifiers")
    status = 422 if request.method == "POST" else 200
    return render(request, "console/identifiers.html", context, status=status)
