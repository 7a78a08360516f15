"""The people of the pages' tests: an election, its clock, and what was mailed."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.elections.models import Election
from isoloir.messaging.models import Message
from tests import electorate


@pytest.fixture(autouse=True)
def clock(settings: LazySettings) -> Iterator[None]:
    """Stop the portal's clock two weeks before the vote; tests move it by tests.electorate."""
    settings.CLOCK = "tests.electorate.read_clock"
    electorate.set_clock(electorate.BEFORE)
    yield
    electorate.set_clock(electorate.BEFORE)


@pytest.fixture
def election(db: None) -> Election:
    return electorate.make_election()


@pytest.fixture
def outbox(db: None) -> Callable[[], list[tuple[str, str, str]]]:
    """Read what waits to be sent: recipient, subject, body."""

    def read() -> list[tuple[str, str, str]]:
        box = SecretBox(ensure_secret("message-key"))
        rows = Message.objects.order_by("pk").values_list("sealed", flat=True)
        return [tuple(json.loads(box.decrypt(bytes(sealed)))) for sealed in rows]

    return read
