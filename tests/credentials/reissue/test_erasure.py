"""What is left of re-issues once every contest is closed joins nobody with a slot, nor with the registrar's store."""

import sqlite3
from pathlib import Path

import pytest

from isoloir.common.secretfiles import SecretMissing, read_secret
from isoloir.credentials.models import Reissue
from isoloir.credentials.registrar_client import GRANT_KEY_FILE
from isoloir.identity.models import OneTimeLink
from isoloir.pollingstation.closing import close_poll, finish_closings
from tests.factories import AFTER
from tests.reissue_world import make_reissue_world, serve_in_process

pytestmark = pytest.mark.django_db(transaction=True)


def test_closing_the_last_contest_erases_what_joins_and_not_before(tmp_path: Path) -> None:
    world = make_reissue_world(tmp_path, voters=2, contests=2)
    with serve_in_process(world):
        world.reissued(world.voter())
        Reissue.objects.update(network="ab" * 32)
        before = Reissue.objects.get()
        # The registrar never knew the portal's name of the request.
        known = sqlite3.connect(world.store / "store.sqlite3").execute("SELECT request FROM grants").fetchall()
        assert len(known) == 1
        assert known != [(before.grant,)]
        close_poll(contest=world.contests[0], actor="horloge", at=AFTER)
        assert Reissue.objects.get().grant == before.grant
        assert len(read_secret(GRANT_KEY_FILE)) == 32
        close_poll(contest=world.contests[1], actor="horloge", at=AFTER)
    after = Reissue.objects.get()
    assert after.grant != before.grant
    assert (after.network, after.link, after.message) == ("", None, None)
    for at in (after.asked_at, after.live_at):
        assert at is not None
        assert (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
    assert (after.state, after.policy, after.channel) == (Reissue.State.LIVE, before.policy, before.channel)
    assert not OneTimeLink.objects.filter(purpose=OneTimeLink.Purpose.REISSUE).exists()
    with pytest.raises(SecretMissing):
        read_secret(GRANT_KEY_FILE)
    finish_closings(actor="horloge", at=AFTER)
    assert Reissue.objects.get().grant == after.grant
