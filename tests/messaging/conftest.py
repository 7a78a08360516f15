"""A spool of each test's own."""

from pathlib import Path

import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def spool(settings: LazySettings, tmp_path: Path) -> Path:
    """Return the folder in which a worker of this test notes what it sends."""
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path / "spool"
