"""Forms of the desk of claims: a reason, the exact change of the roll, somebody who is on no roll."""

import hashlib
import json
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from isoloir.claims.models import Claim
from isoloir.claims.proposals import PARTS, Proposal
from isoloir.claims.steps import REASON_BOUNDS, TEXT_BOUNDS
from isoloir.identity.roles import Desk
from isoloir.roll.changes import CORRECTABLE, LENGTHS, NEW_VOTER
from isoloir.web.claims import text_field

LABELS = {
    "reference": gettext_lazy("Référence"),
    "civility": gettext_lazy("Civilité"),
    "last_name": gettext_lazy("Nom"),
    "first_names": gettext_lazy("Prénoms"),
    "email": gettext_lazy("Adresse professionnelle"),
    "second_email": gettext_lazy("Autre adresse professionnelle"),
    "establishment_code": gettext_lazy("Code de l’établissement"),
    "establishment": gettext_lazy("Établissement"),
    "academy": gettext_lazy("Académie"),
}
_MAY_BE_EMPTY = ("civility", "second_email")


def _person_field(name: str) -> forms.CharField:
    return forms.CharField(
        label=LABELS[name],
        max_length=LENGTHS[name],
        required=name not in _MAY_BE_EMPTY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ReasonForm(forms.Form):
    """Some sentences that somebody will read."""

    def __init__(self, data: Any = None, *, label: str, hint: str = "") -> None:
        super().__init__(data)
        hint = hint or _("L’électeur le reçoit par courriel. De 10 à 2 000 caractères.")
        self.fields["reason"] = text_field(label, most=REASON_BOUNDS.stop - 1, hint=hint, rows=5)


class ProposalForm(forms.Form):
    """The exact change that grants a claim: the fields of its kind, then the reason."""

    def __init__(self, data: Any = None, *, claim: Claim) -> None:
        super().__init__(data)
        self._claim = claim
        self._parts = PARTS[Claim.Kind(claim.kind)]
        contests = list(claim.election.contests.order_by("code"))
        held = set(claim.voter.entries.values_list("contest_id", flat=True)) if claim.voter else set()
        if "add" in self._parts:
            free = [contest for contest in contests if contest.pk not in held]
            self._choose("add", _("Scrutin sur la liste duquel inscrire la personne"), free)
        if "remove" in self._parts:
            if claim.kind == Claim.Kind.REMOVAL:
                self._ask_reference()
            else:
                contests = [contest for contest in contests if contest.pk in held]
            self._choose("remove", _("Scrutin de la liste duquel retirer la personne"), contests)
            self.initial["remove"] = claim.contest.code if claim.contest else ""
        if "fields" in self._parts and claim.voter:
            for name in CORRECTABLE:
                self.fields[name] = _person_field(name)
                self.initial[name] = getattr(claim.voter, name)
        label = _("Motif de la décision")
        hint = _("L’électeur le reçoit par courriel une fois la décision confirmée. De 10 à 2 000 caractères.")
        self.fields["reason"] = text_field(label, most=REASON_BOUNDS.stop - 1, hint=hint, rows=5)

    def _choose(self, name: str, label: str, contests: list[Any]) -> None:
        choices = [("", _("Choisissez un scrutin")), *((each.code, f"{each.name} ({each.code})") for each in contests)]
        self.fields[name] = forms.ChoiceField(label=label, choices=choices)

    def _ask_reference(self) -> None:
        self.fields["reference"] = forms.CharField(
            label=_("Référence de la personne à retirer"),
            help_text=_("Celle de la liste électorale. Vide : la personne qui réclame."),
            max_length=LENGTHS["reference"],
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )

    def proposal(self) -> Proposal:
        """Return the change that was chosen; of the fields, those that differ."""
        given = self.cleaned_data
        fields = {}
        if "fields" in self._parts and self._claim.voter:
            fields = {name: given[name] for name in CORRECTABLE if given[name] != getattr(self._claim.voter, name)}
        return Proposal(
            add=given.get("add", ""),
            remove=given.get("remove", ""),
            reference=given.get("reference", ""),
            fields=fields,
        )


class PersonForm(forms.Form):
    """Somebody who is on no roll, as the roll would have it, and what is asked."""

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data)
        for name in NEW_VOTER:
            self.fields[name] = _person_field(name)
        if desk.academies:
            academies = [(academy, academy) for academy in sorted(desk.academies)]
            self.fields["academy"] = forms.ChoiceField(label=LABELS["academy"], choices=academies)
        self.fields["text"] = text_field(
            _("Ce que la personne demande"), most=TEXT_BOUNDS.stop - 1, hint=_("De 20 à 3 000 caractères.")
        )

    def person(self) -> dict[str, str]:
        """Return every field of a voter."""
        return {name: cast(str, self.cleaned_data[name]) for name in NEW_VOTER}


def shown_proposal(claim: Claim) -> dict[str, Any] | None:
    """Return a proposal as its second agent reads it: lines (label, before, after), and the digest of what is shown."""
    if not claim.proposal:
        return None
    proposal = Proposal.of(claim)
    names = dict(claim.election.contests.values_list("code", "name"))
    lines = []
    if proposal.reference:
        person = claim.election.voters.filter(reference=proposal.reference).first()
        named = f"{person.full_name} ({proposal.reference})" if person else proposal.reference
        lines.append((_("Personne concernée"), "", named))
    if proposal.remove:
        lines.append((_("Retirer de la liste"), names.get(proposal.remove, proposal.remove), ""))
    if proposal.add:
        lines.append((_("Inscrire sur la liste"), "", names.get(proposal.add, proposal.add)))
    for name, value in proposal.fields.items():
        before = str(getattr(claim.voter, name)) if claim.voter else ""
        lines.append((str(LABELS[name]), before, value))
    digest = hashlib.sha256(json.dumps(claim.proposal, sort_keys=True).encode()).hexdigest()
    return {"lines": [{"label": label, "before": old, "after": new} for label, old, new in lines], "digest": digest}
