"""The messages of a request: the link by e-mail or SMS, and the notice to the professional addresses. In French."""

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from isoloir.common.clock import paris_text
from isoloir.identity.links import link_url
from isoloir.identity.mails import Mail, spoken_name
from isoloir.identity.models import OneTimeLink
from isoloir.identity.voters import addresses_of
from isoloir.roll.models import Voter

from .policies import CHANNEL_WORDS, Policy

# One segment in the GSM 7-bit alphabet (3GPP TS 23.038): beyond it a message costs twice, and its halves may part.
SMS_LENGTH = 160
_SMS_BEFORE = "Faites votre nouveau code de vote :"
_SMS_AFTER = "Ne donnez ce lien à personne."


def reissue_link(voter: Voter, *, recipient: str, token: str, expires: datetime, account_link: str = "") -> Mail:
    """Write the e-mail that takes the link to the private address, after `account_link` where the way has one."""
    link = link_url(token, OneTimeLink.Purpose.REISSUE)
    more = {"link": link, "expires": _french(expires), "account_link": account_link}
    return _mail("reissue_link", "Votre lien pour faire un nouveau code de vote", voter, more, recipient=recipient)


def reissue_sms(*, token: str) -> str:
    """Write the SMS: no name, no election, nothing but the link and what it is for; one segment whenever the link allows.

    Where the portal's own address is long, the words go before the link does.
    """
    link = link_url(token, OneTimeLink.Purpose.REISSUE)
    for parts in ((_SMS_BEFORE, link, _SMS_AFTER), (_SMS_BEFORE, link), ("Code de vote :", link)):
        body = "\n".join(parts)
        if len(body) <= SMS_LENGTH:
            return body
    return f"Code de vote :\n{link}"


def reissue_asked(voter: Voter, *, policy: Policy, channel: str, at: datetime) -> list[Mail]:
    """Tell the voter at each professional address that a new code was asked for, in case somebody else did it."""
    subject = "Une demande de nouveau code de vote a été faite pour vous"
    with translation.override("fr"):
        way, by = policy.spoken_title, str(CHANNEL_WORDS[channel])
    more = {"asked_at": _french(at), "way": way, "by": by}
    return [_mail("reissue_asked", subject, voter, more, recipient=recipient) for recipient in addresses_of(voter)]


def _french(at: datetime) -> str:
    with translation.override("fr"):
        return paris_text(at)


def _mail(name: str, subject: str, voter: Voter, more: dict[str, str], *, recipient: str) -> Mail:
    election = voter.election
    context = {
        "greeting": f"Bonjour {spoken_name(voter)},",
        "election": election,
        "portal_url": f"{settings.PORTAL_URL}/",
        "opens": _french(election.voting_opens_at),
        "closes": _french(election.voting_closes_at),
        **more,
    }
    with translation.override("fr"):
        body = render_to_string(f"credentials/mail/{name}.txt", context)
    return recipient, subject, body
