"""Who works at the desks, on what, and for which académies."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from isoloir.elections.models import Election

from .models import Account, StaffRole


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk as an agent works at it: `academies` is empty for all of them."""

    role: StaffRole.Role
    academies: frozenset[str]

    def covers(self, academy: str) -> bool:
        """Tell whether what belongs to this académie is this agent's."""
        return not self.academies or academy in self.academies


def desk_of(account: Account, role: StaffRole.Role, *, election: Election | None) -> Desk | None:
    """Return the desk at which the account works for this election, None when it does not; one query."""
    found = StaffRole.objects.filter(account=account.pk, role=role, election=election)
    academies = set(found.values_list("academy", flat=True))
    if not academies:
        return None
    return Desk(role, frozenset() if "" in academies else frozenset(academies))


def is_agent(account: Account | AnonymousUser) -> bool:
    """Tell whether the account works at a desk of the current election."""
    election = Election.objects.current()
    return isinstance(account, Account) and StaffRole.objects.filter(account=account.pk, election=election).exists()
