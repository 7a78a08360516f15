"""The e-mails of this room: plain text, each saying what its link is for and the portal's permanent address.

They are in the language of the voter's account. Before there is one, a link that somebody asked for is in the language of
the page where it was asked; campaigns are in French, with a paragraph in English.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from isoloir.common.clock import paris_text
from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .links import link_url
from .models import OneTimeLink
from .voters import addresses_of, language_of

# Recipient, subject, body.
Mail = tuple[str, str, str]
_ACTIVATION, _PASSWORD = OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD
_GREETINGS = {"fr": "Bonjour", "en": "Dear"}


def spoken_name(voter: Voter) -> str:
    """Return « Mme DUPONT » ; without a civility the first names stand in its place."""
    return f"{voter.civility or voter.first_names} {voter.last_name.upper()}".strip()


def greeting_of(voter: Voter, *, language: str) -> str:
    """Return the first line of an e-mail, « Bonjour Mme DUPONT, » for instance."""
    return f"{_GREETINGS[language]} {spoken_name(voter)},"


@lru_cache(maxsize=64)
def moment_in(language: str, at: datetime) -> str:
    """Write an instant in this language; a campaign writes the same few a hundred thousand times."""
    with translation.override(language):
        return paris_text(at)


def write_letter(room: str, name: str, *, language: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return the subject and the body of the letter `<room>/mail/<language>/<name>.txt`, whose first line is the subject.

    A letter is a file of its own in each language, and not sentences of the catalogue: it is read, and translated, as a whole.
    """
    with translation.override(language):
        text = render_to_string(f"{room}/mail/{language}/{name}.txt", dict(context))
    subject, _line, body = text.lstrip("\n").partition("\n")
    return subject.strip(), body.lstrip("\n")


def letter_context(voter: Voter, *, election: Election, language: str) -> dict[str, Any]:
    """Return what the beginning and the signature of every letter to a voter say."""
    return {
        "greeting": greeting_of(voter, language=language),
        "election": election,
        # The name of an election comes from a file: a line break in it must not become a header, nor end the subject.
        "election_name": " ".join(election.name.split()),
        "portal_url": f"{settings.PORTAL_URL}/",
        "opens": moment_in(language, election.voting_opens_at),
        "closes": moment_in(language, election.voting_closes_at),
    }


def invitation(voter: Voter, *, election: Election, token: str, at: datetime) -> Mail:
    """Write the e-mail of the opening campaign, the same for all voters (seed 000); its link activates the account."""
    return _campaign("invitation", voter, election, token, at)


def reminder(voter: Voter, *, election: Election, token: str, at: datetime) -> Mail:
    """Write the e-mail of a reminder, to who has not activated the account; its link does it."""
    return _campaign("reminder", voter, election, token, at)


def activation(voter: Voter, *, recipient: str, token: str, at: datetime, language: str = "fr") -> Mail:
    """Write the e-mail that follows a first identification (seed 001), in the language of its page."""
    more = {"link": link_url(token, _ACTIVATION), "expires": moment_in(language, _expiry(voter.election, at))}
    return _mail("activation", voter, voter.election, more, language=language, recipient=recipient)


def lost_password(voter: Voter, *, recipient: str, token: str, at: datetime) -> Mail:
    """Write the e-mail that answers « Mot de passe perdu » (seed 003)."""
    language = language_of(voter)
    more = {"link": link_url(token, _PASSWORD), "expires": moment_in(language, _expiry(voter.election, at))}
    return _mail("lost_password", voter, voter.election, more, language=language, recipient=recipient)


def account_suspended(voter: Voter, *, recipient: str, language: str = "fr") -> Mail:
    """Answer a suspended voter who asks for a link: there is none, and whom to call. `language` serves without an account."""
    chosen = language_of(voter, default=language)
    return _mail("account_suspended", voter, voter.election, {}, language=chosen, recipient=recipient)


def password_changed(voter: Voter, *, at: datetime) -> list[Mail]:
    """Tell the voter, at each address, that the password was changed, in case somebody else did it."""
    language = language_of(voter)
    more = {"changed_at": moment_in(language, at)}
    return [
        _mail("password_changed", voter, voter.election, more, language=language, recipient=recipient)
        for recipient in addresses_of(voter)
    ]


def _expiry(election: Election, at: datetime) -> datetime:
    return at + timedelta(hours=election.link_hours)


def _campaign(name: str, voter: Voter, election: Election, token: str, at: datetime) -> Mail:
    """Return a letter of a campaign: whoever has no account yet has chosen no language."""
    expiry = _expiry(election, at)
    more = {
        "link": link_url(token, _ACTIVATION),
        "expires": moment_in("fr", expiry),
        "expires_in_english": moment_in("en", expiry),
    }
    return _mail(name, voter, election, more, language="fr", recipient=voter.email)


def _mail(
    name: str, voter: Voter, election: Election, more: Mapping[str, str], *, language: str, recipient: str
) -> Mail:
    context = {**letter_context(voter, election=election, language=language), **more}
    return recipient, *write_letter("identity", name, language=language, context=context)
