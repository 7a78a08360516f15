"""What an agent of the desks is led to."""

from django import template
from django.contrib.auth.models import AnonymousUser

from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole

register = template.Library()


@register.simple_tag
def desks_of(account: Account | AnonymousUser, election: Election | None) -> frozenset[str]:
    """Return the names of the roles of this account in this election; one query."""
    if not isinstance(account, Account):
        return frozenset()
    return frozenset(StaffRole.objects.filter(account=account.pk, election=election).values_list("role", flat=True))
