"""Choosing the ways of an election: read strictly, warned of, acknowledged, journaled."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from isoloir.elections.actions import ReissueRules, change_reissue_rules
from isoloir.elections.models import Election
from isoloir.identity.franceconnect import franceconnect
from isoloir.roll.models import VoterIdentifiers

from .policies import IDENTIFIERS, Policy, PolicyWarning, Proof, read_policies, warnings_of


class WarningsNotAcknowledged(Exception):
    """The organiser has not said that these warnings were read; `warnings` are by the code of each of `policies`."""

    def __init__(self, policies: Sequence[Policy], warnings: dict[str, list[PolicyWarning]]) -> None:
        super().__init__(f"{sum(map(len, warnings.values()))} warnings")
        self.policies = tuple(policies)
        self.warnings = warnings


def warnings_by_policy(policies: Sequence[Policy], election: Election) -> dict[str, list[PolicyWarning]]:
    """Return what each of these ways, offered together, must be warned of."""
    return {policy.code: warnings_of(policy, election, among=policies) for policy in policies}


def warning_codes(warnings: dict[str, list[PolicyWarning]]) -> list[str]:
    """Return `policy:warning` for each, as they are acknowledged and journaled."""
    return [f"{policy}:{warning.code}" for policy, found in warnings.items() for warning in found]


def choose_rules(
    *, election: Election, rules: ReissueRules, acknowledged: Collection[str], actor: str, at: datetime
) -> Election:
    """Replace the rules of re-issue once every warning of the ways chosen is among `acknowledged` (see `warning_codes`).

    Raises PoliciesUnreadable, WarningsNotAcknowledged, ElectionSealed (RegisterBegun too), ReissueRulesRefused.
    """
    policies = read_policies(rules.policies)
    warnings = warnings_by_policy(policies, election)
    codes = warning_codes(warnings)
    if set(codes) - set(acknowledged):
        raise WarningsNotAcknowledged(policies, warnings)
    written = ReissueRules(
        policies=[policy.as_json() for policy in policies], limit=rules.limit, opens_at=rules.opens_at
    )
    return change_reissue_rules(election=election, rules=written, warnings=codes, actor=actor, at=at)


def missing_for(policies: Sequence[Policy], election: Election) -> list[str]:
    """Return in sentences what these ways still lack to work: the registrar, FranceConnect, what voters must prove."""
    if not policies:
        return []
    lacking = []
    if not settings.REGISTRAR_URL:
        lacking.append(_("Aucun service d’enregistrement n’est configuré : aucun code ne peut être réassorti."))
    asked = frozenset(proof for policy in policies for proof in policy.proofs)
    if Proof.FRANCECONNECT in asked and franceconnect() is None:
        lacking.append(_("FranceConnect n’est pas configuré : cette voie ne sera pas proposée."))
    needed = [proof.value for proof in IDENTIFIERS if proof in asked]
    needed += ["identity"] if Proof.FRANCECONNECT in asked else []
    known = VoterIdentifiers.objects.filter(voter__election=election)
    voters = election.voters.count()
    for kind in needed:
        without = voters - known.exclude(**{kind: ""}).count()
        if without:
            text = ngettext(
                "%(count)d électeur sans %(what)s dans identifiers.csv.",
                "%(count)d électeurs sans %(what)s dans identifiers.csv.",
                without,
            )
            lacking.append(text % {"count": without, "what": _KINDS[kind]()})
    return lacking


_KINDS = {
    "numen": lambda: _("NUMEN"),
    "nir": lambda: _("numéro de sécurité sociale"),
    "birth_date": lambda: _("date de naissance"),
    "identity": lambda: _("état civil de naissance"),
}
