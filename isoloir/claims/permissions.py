"""Who may act on which claims."""

from collections.abc import Mapping

from django.db.models import QuerySet

from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from isoloir.identity.roles import Desk, desk_of
from isoloir.identity.voters import addresses_of
from isoloir.roll.models import Voter, address_key

from .errors import NotAllowed, OwnClaim
from .models import Claim


def require_desk(account: Account, *, election: Election, academy: str | None = None) -> Desk:
    """Return the desk of claims of this account, which covers the académie when one is given. Raises NotAllowed."""
    desk = desk_of(account, StaffRole.Role.CLAIMS, election=election)
    if desk is None or (academy is not None and not desk.covers(academy)):
        raise NotAllowed
    return desk


def require_uninvolved(
    account: Account, *, claim: Claim, concerned: Voter | None = None, fields: Mapping[str, str] | None = None
) -> None:
    """Refuse an agent who is who claims, or whom the change is about, by any address. Raises OwnClaim.

    `fields` are what the change would write: nobody turns a voter's letters to their own mailbox either.
    """
    addresses = [address for voter in (claim.voter, concerned) if voter is not None for address in addresses_of(voter)]
    for written in (claim.person, fields or {}):
        addresses += [str(written.get(name) or "") for name in ("email", "second_email")]
    if address_key(account.email) in {address_key(address) for address in addresses}:
        raise OwnClaim


def claims_of_desk(desk: Desk, election: Election) -> "QuerySet[Claim]":
    """Return the claims that this desk covers; the others do not exist for it."""
    claims = Claim.objects.filter(election=election)
    return claims.filter(academy__in=desk.academies) if desk.academies else claims
