"""« Mes informations personnelles »: what the election knows of the voter, from whom and what for (GDPR, article 15)."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from isoloir.credentials.models import SlotLink
from isoloir.credentials.reissue.requests import used_reissues
from isoloir.identity.sessions import limits_of
from isoloir.identity.voters import account_of, addresses_of
from isoloir.roll.models import Voter, VoterIdentifiers
from isoloir.web.access import VoterRequest, audience

from .reissue import masked_address

_SHOWN = 2


@dataclass(frozen=True)
class Known:
    """One thing that the election knows: its name, its value as it may be shown, where it comes from, what it serves for."""

    name: str
    value: str
    source: str
    purpose: str


@audience("voter")
@require_safe
def personal(request: VoterRequest) -> HttpResponse:
    """What the election knows of the voter; an error is told by a claim."""
    voter, account = request.voter, account_of(request.voter)
    entries = list(voter.entries.select_related("contest").order_by("contest__code"))
    context = {
        "voter": voter,
        "facts": [*_facts(voter), *_identifiers(voter)],
        "entries": entries,
        "rolls_shown": voter.election.are_rolls_shown(at=request.now),
        "account": account,
        "activated": limits_of(request.session, voter=voter, at=request.now).activated,
        "signed_in_since": request.voter_authenticated_at,
        "code_issued": SlotLink.objects.filter(entry__in=entries).exists(),
        "reissued": used_reissues(voter),
    }
    return render(request, "voter/personal.html", context)


def _facts(voter: Voter) -> list[Known]:
    organiser = _("fichier du personnel de l’employeur")
    facts = [
        Known(_("Nom"), voter.full_name, organiser, _("vous inscrire sur les listes électorales")),
        Known(_("Référence"), _masked(voter.reference), organiser, _("vous distinguer d’un homonyme")),
        Known(_("Établissement"), f"{voter.establishment} ({voter.academy})", organiser, _("vous rattacher à vos scrutins et vous remettre votre notice")),
    ]  # fmt: skip
    names = (_("Adresse professionnelle"), _("Autre adresse professionnelle"))
    purpose = _("vous identifier et vous écrire")
    facts += [
        Known(name, masked_address(address), organiser, purpose)
        for name, address in zip(names, addresses_of(voter), strict=False)
    ]
    if voter.delivery_lines:
        lines = ", ".join(voter.delivery_lines)
        facts.append(Known(_("Adresse de remise de la notice"), lines, organiser, _("vous remettre votre notice")))
    return facts


def _identifiers(voter: Voter) -> list[Known]:
    """Return the identifiers that are kept as fingerprints: that they are known, and never what they are."""
    kept = VoterIdentifiers.objects.filter(voter=voter).first()
    if kept is None:
        return []
    value, source = _("enregistré sous forme d’empreinte, jamais en clair"), _("fichier du personnel de l’employeur")
    purpose = _("vérifier que c’est vous, quand vous demandez un nouveau code de vote")
    names = (
        (kept.numen, _("NUMEN")), (kept.nir, _("Numéro de sécurité sociale (10 premiers chiffres)")),
        (kept.birth_date, _("Date de naissance")),
        (kept.identity or kept.identity_with_place, _("Identité d’état civil (FranceConnect)")),
    )  # fmt: skip
    return [Known(name, value, source, purpose) for fingerprint, name in names if fingerprint]


def _masked(text: str) -> str:
    """Return the last characters only of an identifier: its owner knows it, and who reads over a shoulder does not."""
    return "•••" + text[-_SHOWN:] if len(text) > 2 * _SHOWN else "•••"
