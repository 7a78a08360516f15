"""Who an address belongs to."""

from isoloir.elections.models import Election
from isoloir.roll.models import Voter, VoterAddress, address_key

from .models import VoterAccount

# The languages of pages and letters; the first one is that of the law.
LANGUAGES = ("fr", "en")


def find_voter(election: Election, address: str) -> Voter | None:
    """Return the voter whom either address identifies, with election, account and suspension, in one query."""
    addresses = VoterAddress.objects.select_related("voter__election", "voter__account", "voter__suspension")
    found = addresses.filter(election=election, key=address_key(address)).first()
    return found.voter if found else None


def account_of(voter: Voter) -> VoterAccount | None:
    """Return the voter's account, or None as long as it was not activated."""
    return getattr(voter, "account", None)


def language_of(voter: Voter, *, default: str = "fr") -> str:
    """Return the language in which to write to the voter: that of the account, or `default` as long as there is none."""
    account = account_of(voter)
    return known_language(account.language if account else default)


def known_language(language: str | None) -> str:
    """Return `fr` or `en`: what no letter is written in is answered in French."""
    return language if language in LANGUAGES else LANGUAGES[0]


def choose_language(voter: Voter, *, language: str) -> None:
    """Note the language in which the voter reads the pages, for the e-mails to come; nothing without an account."""
    VoterAccount.objects.filter(voter=voter).update(language=known_language(language))


def is_suspended(voter: Voter) -> bool:
    """Tell whether an administrator has suspended the voter's access."""
    return getattr(voter, "suspension", None) is not None


def addresses_of(voter: Voter) -> tuple[str, ...]:
    """Return the voter's addresses, the main one first."""
    return tuple(address for address in (voter.email, voter.second_email) if address)
