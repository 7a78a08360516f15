"""The same people and the same clock for all tests of assistance."""

import pytest

from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from tests.electorate import make_member
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")


@pytest.fixture
def agent(election: Election) -> Account:
    """An agent of assistance for all académies."""
    account = make_member("guichet@valmont.example")
    StaffRole.objects.create(account=account, election=election, role=StaffRole.Role.ASSISTANCE)
    return account


@pytest.fixture
def local_agent(election: Election) -> Account:
    """An agent of assistance for Valmont alone."""
    account = make_member("guichet.valmont@valmont.example")
    StaffRole.objects.create(account=account, election=election, role=StaffRole.Role.ASSISTANCE, academy="Valmont")
    return account
