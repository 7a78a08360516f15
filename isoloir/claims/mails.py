"""The e-mails of a claim, one at each step, in the language of who claims: the number and what happened, no more.

What somebody asked or wrote stays on the portal's page; a decision alone goes with its reason (R211-28).
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from isoloir.identity.voters import known_language, language_of
from isoloir.messaging.actions import queue_email
from isoloir.roll.models import Voter

from .models import Claim, ClaimStep


def _subjects() -> dict[str, str]:
    act = ClaimStep.Act
    return {
        act.RECEIVED: _("Réclamation %(number)s : bien reçue"),
        act.ASKED: _("Réclamation %(number)s : une question vous est posée"),
        act.ANSWERED: _("Réclamation %(number)s : votre réponse est reçue"),
        act.GRANTED: _("Réclamation %(number)s : acceptée"),
        act.REFUSED: _("Réclamation %(number)s : refusée"),
        act.WITHDRAWN: _("Réclamation %(number)s : retirée"),
    }


def _sentences() -> dict[str, str]:
    act = ClaimStep.Act
    return {
        act.RECEIVED: _("Votre réclamation est enregistrée sous le numéro %(number)s. Gardez ce numéro."),
        act.ASKED: _("Pour examiner votre réclamation %(number)s, une question vous est posée. Elle attend votre réponse."),
        act.ANSWERED: _("Votre réponse est jointe à votre réclamation %(number)s. L’examen continue."),
        act.GRANTED: _("Votre réclamation %(number)s est acceptée : la liste électorale est modifiée."),
        act.REFUSED: _("Votre réclamation %(number)s est refusée : la liste électorale n’est pas modifiée."),
        act.WITHDRAWN: _("Votre réclamation %(number)s est retirée. Elle ne sera pas examinée."),
    }  # fmt: skip


def write_to_claimant(claim: Claim, act: ClaimStep.Act, *, at: datetime) -> None:
    """Queue the e-mail of a step to the person's professional address; nobody is written to where there is none."""
    voter = claim.voter
    recipient = voter.email if voter else str(claim.person.get("email", ""))
    if not recipient:
        return
    with translation.override(_language(voter)):
        subject, body = _compose(claim, act, has_page=voter is not None)
    queue_email(kind=f"claim-{act.value}", recipient=recipient, subject=subject, body=body, at=at)


def _language(voter: Voter | None) -> str:
    """Return the language of the voter's account; without one, that of the request."""
    spoken = translation.get_language()
    return language_of(voter, default=spoken or "fr") if voter else known_language(spoken)


def _compose(claim: Claim, act: ClaimStep.Act, *, has_page: bool) -> tuple[str, str]:
    number = {"number": claim.number}
    parts = [_("Bonjour,"), _sentences()[act] % number]
    if act in (ClaimStep.Act.GRANTED, ClaimStep.Act.REFUSED):
        parts.append(_("Motif de la décision :\n%(reason)s") % {"reason": claim.reason})
    if has_page:
        address = f"{settings.PORTAL_URL}{reverse('voter:claim', args=(claim.number,))}"
        parts.append(_("Pour la suivre, connectez-vous au portail des élections :\n%(address)s") % {"address": address})
    parts.append(_("Ce message est envoyé automatiquement : n’y répondez pas."))
    parts.append(" ".join(claim.election.name.split()))
    return _subjects()[act] % number, "\n\n".join(parts) + "\n"
