"""The e-mails of this room: plain text, in French, each saying what its link is for and the portal's permanent address."""

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from isoloir.common.clock import paris_text
from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .links import link_url

# Recipient, subject, body.
Mail = tuple[str, str, str]


def spoken_name(voter: Voter) -> str:
    """Return « Mme DUPONT » ; without a civility the first names stand in its place."""
    return f"{voter.civility or voter.first_names} {voter.last_name.upper()}".strip()


def invitation(voter: Voter, *, election: Election, token: str) -> Mail:
    """Write the opening e-mail, the same for all voters (product §3.3)."""
    return _with_link("invitation", f"Ouverture du portail : {election.name}", voter, election, token)


def activation(voter: Voter, *, election: Election, token: str) -> Mail:
    """Write the e-mail that follows a first identification (seed 001)."""
    return _with_link("activation", "Votre lien pour les élections : création du mot de passe", voter, election, token)


def lost_password(voter: Voter, *, election: Election, token: str) -> Mail:
    """Write the e-mail that answers « Mot de passe perdu » (seed 003)."""
    return _with_link("lost_password", "Votre lien pour les élections : nouveau mot de passe", voter, election, token)


def password_changed(voter: Voter, *, election: Election, at: datetime) -> Mail:
    """Tell the voter that the password was changed, in case somebody else did it."""
    with translation.override("fr"):
        return _mail(
            "password_changed", "Votre mot de passe Élections a été changé", voter, election,
            {"changed_at": paris_text(at)},
        )  # fmt: skip


def _with_link(name: str, subject: str, voter: Voter, election: Election, token: str) -> Mail:
    return _mail(name, subject, voter, election, {"link": link_url(token), "hours": election.link_hours})


def _mail(name: str, subject: str, voter: Voter, election: Election, more: dict[str, object]) -> Mail:
    context = {
        "greeting": f"Bonjour {spoken_name(voter)},",
        "election": election,
        "portal_url": f"{settings.PORTAL_URL}/",
        **more,
    }
    with translation.override("fr"):
        context["opens"] = paris_text(election.voting_opens_at)
        context["closes"] = paris_text(election.voting_closes_at)
        body = render_to_string(f"identity/mail/{name}.txt", context)
    # The name of an election comes from a file: a line break in it must not become a header.
    return voter.email, " ".join(subject.split()), body
