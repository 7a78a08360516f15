"""Who may do what in the identity room."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .errors import AccountSuspended, PortalClosed
from .models import Account
from .voters import is_suspended


def require_open_portal(election: Election | None, *, at: datetime) -> Election:
    """Return the election whose portal is open at `at`. Raises PortalClosed."""
    if election is None:
        raise PortalClosed
    if not election.is_portal_open(at=at):
        raise PortalClosed(election.portal_opens_at)
    return election


def require_not_suspended(voter: Voter) -> None:
    """Refuse a voter whose access an administrator has suspended. Raises AccountSuspended."""
    if is_suspended(voter):
        raise AccountSuspended(voter.election.help_line)


def is_verified(account: Account | AnonymousUser) -> bool:
    """Tell whether somebody is signed in with the second factor too."""
    return isinstance(account, Account) and account.is_verified()


def is_verified_administrator(account: Account | AnonymousUser) -> bool:
    """Tell whether an administrator is signed in, with the second factor too."""
    return isinstance(account, Account) and account.is_verified() and account.is_administrator
