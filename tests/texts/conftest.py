"""An election whose texts are written."""

import pytest

from isoloir.elections.models import Election
from tests import electorate


@pytest.fixture
def election(db: None) -> Election:
    return electorate.make_election()
