"""The same people and the same clock for all tests of the account and of the pages."""

from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")
