"""The pages on which two members of a bureau declare the registrar lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from isoloir.credentials.models import PendingKey
from tests import electorate
from tests.electorate import text
from tests.factories import AFTER
from tests.pollingstation.test_registrar_loss import REASON, Lost, leave_pending
from tests.reissue_world import ReissueWorld, make_reissue_world, serve_in_process
from tests.stations import CONTEST, member_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ReissueWorld]:
    made = make_reissue_world(tmp_path, voters=2, contests=2)
    with serve_in_process(made):
        yield made


def test_two_members_do_it_from_their_pages(world: ReissueWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_pending(world)
    electorate.set_clock(AFTER)
    president, delegate = (member_client(each) for each in (world.world.president, world.world.delegates[0]))
    monkeypatch.setattr("isoloir.pollingstation.registrar_loss.registrar", Lost)
    page = f"{CONTEST}service-perdu/"
    assert page in president.get(CONTEST).content.decode()
    assert "doit d’abord signaler" in text(delegate.get(page))
    assert president.post(page, {"reason": ""}).status_code == 200
    assert president.post(page, {"reason": REASON}).status_code == 302
    assert "Un autre membre du bureau doit confirmer" in text(president.get(page))
    assert REASON in text(delegate.get(page))
    assert delegate.post(page).status_code == 302
    assert not PendingKey.objects.exists()
    assert page not in president.get(CONTEST).content.decode()
    assert president.post(f"{CONTEST}cloture/").status_code == 302
