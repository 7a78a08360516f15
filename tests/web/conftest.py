"""The same people and the same clock for all tests of the account and of the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.electorate_fixtures import clock, election, outbox
from tests.web.reissue_scene import ReissueScene, reissue_scene_at

__all__ = ("clock", "election", "outbox")


@pytest.fixture
def reissue_scene(db: None, clock: None, tmp_path: Path) -> Iterator[ReissueScene]:
    """Two voters, two contests, a registrar in this process, and the three ways of the product."""
    with reissue_scene_at(tmp_path) as scene:
        yield scene
