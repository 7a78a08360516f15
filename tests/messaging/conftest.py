"""A spool and a relay of each test's own."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.messaging.provider import ScriptedBackend
from tests.messaging.relay import Relay


@pytest.fixture(autouse=True)
def spool(settings: LazySettings, tmp_path: Path) -> Path:
    """Return the folder in which a worker of this test notes what it sends."""
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"


@pytest.fixture
def relay(settings: LazySettings) -> type[Relay]:
    settings.EMAIL_BACKEND = "tests.messaging.relay.Relay"
    Relay.fault = Relay.greeting = Relay.farewell = Relay.meanwhile = None
    Relay.script, Relay.shown, Relay.closed = [], 0, 0
    return Relay


@pytest.fixture
def providers(settings: LazySettings) -> type[ScriptedBackend]:
    """Set two providers up, the second of which is asked when the first does not take a message."""
    ScriptedBackend.clear()
    settings.SMS_BACKENDS = [
        {"backend": "tests.messaging.provider.ScriptedBackend", "name": name} for name in ("first", "second")
    ]
    return ScriptedBackend
