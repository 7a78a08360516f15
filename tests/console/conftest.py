"""The same clock as in the pages' other tests, and an administrator who is signed in."""

import pytest
from django.test import Client

from tests import electorate
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")


@pytest.fixture
def administrator(db: None, client: Client) -> Client:
    """A browser in which an administrator has signed in with the second factor."""
    electorate.sign_in_member(client, electorate.make_member("admin@valmont.example", is_administrator=True))
    return client
