"""Who may act on which claims."""

from django.db.models import QuerySet

from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from isoloir.identity.roles import Desk, desk_of

from .errors import NotAllowed
from .models import Claim


def require_desk(account: Account, *, election: Election, academy: str | None = None) -> Desk:
    """Return the desk of claims of this account, which covers the académie when one is given. Raises NotAllowed."""
    desk = desk_of(account, StaffRole.Role.CLAIMS, election=election)
    if desk is None or (academy is not None and not desk.covers(academy)):
        raise NotAllowed
    return desk


def claims_of_desk(desk: Desk, election: Election) -> "QuerySet[Claim]":
    """Return the claims that this desk covers; the others do not exist for it."""
    claims = Claim.objects.filter(election=election)
    return claims.filter(academy__in=desk.academies) if desk.academies else claims
