"""The e-mail that tells a voter, at each professional address, that the voting code was replaced (R211-555)."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from isoloir.common.clock import paris_text
from isoloir.identity.mails import Mail, spoken_name
from isoloir.identity.voters import addresses_of
from isoloir.roll.models import Voter

SUBJECT = "Votre code de vote a été remplacé"


def code_replaced(voter: Voter, *, contests: Sequence[str], at: datetime) -> list[Mail]:
    """Return the e-mail for each address that identifies the voter: somebody else may hold one of them.

    `contests` are the names of those whose key changed.
    """
    election = voter.election
    with translation.override("fr"):
        context = {
            "greeting": f"Bonjour {spoken_name(voter)},", "election": election, "portal_url": f"{settings.PORTAL_URL}/",
            "opens": paris_text(election.voting_opens_at), "closes": paris_text(election.voting_closes_at),
            "replaced_at": paris_text(at), "contests": contests,
        }  # fmt: skip
        body = render_to_string("credentials/mail/code_replaced.txt", context)
    return [(recipient, SUBJECT, body) for recipient in addresses_of(voter)]
