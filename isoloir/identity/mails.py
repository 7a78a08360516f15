"""The e-mails of this room: plain text, in French, each saying what its link is for and the portal's permanent address."""

from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from isoloir.common.clock import paris_text
from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .links import link_url
from .models import OneTimeLink
from .voters import addresses_of

# Recipient, subject, body.
Mail = tuple[str, str, str]
_ACTIVATION, _PASSWORD = OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD


def spoken_name(voter: Voter) -> str:
    """Return « Mme DUPONT » ; without a civility the first names stand in its place."""
    return f"{voter.civility or voter.first_names} {voter.last_name.upper()}".strip()


def invitation(voter: Voter, *, election: Election, token: str, at: datetime) -> Mail:
    """Write the e-mail of the opening campaign, the same for all voters (seed 000); its link activates the account."""
    more = {"link": link_url(token, _ACTIVATION), **_expiry(election, at)}
    return _mail("invitation", f"Ouverture du portail : {election.name}", voter, election, more)


def reminder(voter: Voter, *, election: Election, token: str, at: datetime) -> Mail:
    """Write the e-mail of a reminder, to who has not activated the account; its link does it."""
    more = {"link": link_url(token, _ACTIVATION), **_expiry(election, at)}
    return _mail("reminder", f"Rappel : activez votre compte électeur – {election.name}", voter, election, more)


def activation(voter: Voter, *, recipient: str, token: str, at: datetime) -> Mail:
    """Write the e-mail that follows a first identification (seed 001)."""
    more = {"link": link_url(token, _ACTIVATION), **_expiry(voter.election, at)}
    subject = "Votre lien pour les élections : activation de votre compte"
    return _mail("activation", subject, voter, voter.election, more, recipient=recipient)


def lost_password(voter: Voter, *, recipient: str, token: str, at: datetime) -> Mail:
    """Write the e-mail that answers « Mot de passe perdu » (seed 003)."""
    more = {"link": link_url(token, _PASSWORD), **_expiry(voter.election, at)}
    subject = "Votre lien pour les élections : nouveau mot de passe"
    return _mail("lost_password", subject, voter, voter.election, more, recipient=recipient)


def account_suspended(voter: Voter, *, recipient: str) -> Mail:
    """Answer a suspended voter who asks for a link: there is none, and whom to call."""
    return _mail(
        "account_suspended", "Votre accès au portail des élections", voter, voter.election, {}, recipient=recipient
    )


def password_changed(voter: Voter, *, at: datetime) -> list[Mail]:
    """Tell the voter, at each address, that the password was changed, in case somebody else did it."""
    more = {"changed_at": _french(at)}
    subject = "Votre mot de passe Élections a été changé"
    return [
        _mail("password_changed", subject, voter, voter.election, more, recipient=recipient)
        for recipient in addresses_of(voter)
    ]


def _expiry(election: Election, at: datetime) -> dict[str, str]:
    return {"expires": _french(at + timedelta(hours=election.link_hours))}


@lru_cache(maxsize=64)
def _french(at: datetime) -> str:
    """Write an instant in French; a campaign writes the same few a hundred thousand times."""
    with translation.override("fr"):
        return paris_text(at)


def _mail(
    name: str, subject: str, voter: Voter, election: Election, more: dict[str, str], *, recipient: str = ""
) -> Mail:
    """Return the e-mail `name` to `recipient`, or to the voter's main address; `more` is what this e-mail alone says."""
    context = {
        "greeting": f"Bonjour {spoken_name(voter)},",
        "election": election,
        "portal_url": f"{settings.PORTAL_URL}/",
        **more,
    }
    context["opens"], context["closes"] = _french(election.voting_opens_at), _french(election.voting_closes_at)
    with translation.override("fr"):
        body = render_to_string(f"identity/mail/{name}.txt", context)
    # The name of an election comes from a file: a line break in it must not become a header.
    return recipient or voter.email, " ".join(subject.split()), body
