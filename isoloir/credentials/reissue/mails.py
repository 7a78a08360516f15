"""The messages of a request: the link by e-mail or SMS, and the notice to the professional addresses.

They are in the language of the voter's account (isoloir.identity.mails).
"""

from datetime import datetime

from django.utils import translation

from isoloir.identity.links import link_url
from isoloir.identity.mails import Mail, letter_context, moment_in, write_letter
from isoloir.identity.models import OneTimeLink
from isoloir.identity.voters import addresses_of, language_of
from isoloir.roll.models import Voter

from .policies import CHANNEL_WORDS, Policy

# One segment in the GSM 7-bit alphabet (3GPP TS 23.038): beyond it a message costs twice, and its halves may part.
SMS_LENGTH = 160
# What stands before the link, after it, and alone before it when there is no room for more.
_SMS_WORDS = {
    "fr": ("Faites votre nouveau code de vote :", "Ne donnez ce lien à personne.", "Code de vote :"),
    "en": ("Make your new voting code:", "Give this link to nobody.", "Voting code:"),
}


def reissue_link(voter: Voter, *, recipient: str, token: str, expires: datetime, account_link: str = "") -> Mail:
    """Write the e-mail that takes the link to the private address, after `account_link` where the way has one."""
    link = link_url(token, OneTimeLink.Purpose.REISSUE)
    language = language_of(voter)
    more = {"link": link, "expires": moment_in(language, expires), "account_link": account_link}
    return _mail("reissue_link", voter, more, language=language, recipient=recipient)


def reissue_sms(*, token: str, language: str = "fr") -> str:
    """Write the SMS: no name, no election, nothing but the link and what it is for; one segment whenever the link allows.

    Where the portal's own address is long, the words go before the link does.
    """
    link = link_url(token, OneTimeLink.Purpose.REISSUE)
    before, after, least = _SMS_WORDS[language]
    for parts in ((before, link, after), (before, link), (least, link)):
        body = "\n".join(parts)
        if len(body) <= SMS_LENGTH:
            return body
    return f"{least}\n{link}"


def reissue_asked(voter: Voter, *, policy: Policy, channel: str, at: datetime) -> list[Mail]:
    """Tell the voter at each professional address that a new code was asked for, in case somebody else did it."""
    language = language_of(voter)
    with translation.override(language):
        way, by = policy.spoken_title, str(CHANNEL_WORDS[channel])
    more = {"asked_at": moment_in(language, at), "way": way, "by": by}
    return [
        _mail("reissue_asked", voter, more, language=language, recipient=recipient) for recipient in addresses_of(voter)
    ]


def _mail(name: str, voter: Voter, more: dict[str, str], *, language: str, recipient: str) -> Mail:
    context = {**letter_context(voter, election=voter.election, language=language), **more}
    return recipient, *write_letter("credentials", name, language=language, context=context)
