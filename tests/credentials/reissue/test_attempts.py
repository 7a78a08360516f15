"""Pages, a worker and a registrar that cross each other: whatever the order, both hold the same live keys."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from isoloir_protocol.credentials import derive_secret, generate_code, public_credential

from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.links import places_of
from isoloir.credentials.models import PendingKey, Reissue, SlotKey
from isoloir.credentials.registrar_client import Registrar
from isoloir.credentials.reissue.keys import begin_change, change_keys, settle_change, settle_pending
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.closing import close_poll
from isoloir.pollingstation.errors import ClosingRefused, KeyUnsigned
from isoloir.pollingstation.register import close_registers, publish_batches, register_chunks
from isoloir.roll.models import Voter
from tests.factories import AFTER, DURING
from tests.reissue_world import ReissueWorld, make_reissue_world, new_keys, serve_in_process, use_registrar

pytestmark = pytest.mark.django_db
LATER = AFTER + timedelta(days=3)


@pytest.fixture
def reissue_world(tmp_path: Path) -> Iterator[ReissueWorld]:
    made = make_reissue_world(tmp_path, voters=2, contests=1)
    with serve_in_process(made):
        yield made


class Slow:
    """The registrar seen by a page that stalls between reading its pending keys and stamping its request."""

    def __init__(self, registrar: Registrar, between: Callable[[], None]) -> None:
        self.key = registrar.key
        self._registrar = registrar
        self._between: list[Callable[[], None]] = [between]

    def sign_entries(self, **asked: Any) -> list[str]:
        while self._between:
            with use_registrar(self._registrar):
                self._between.pop()()
        return self._registrar.sign_entries(**asked)

    def cancel(self, **asked: Any) -> Any:
        return self._registrar.cancel(**asked)


def cast(world: ReissueWorld, voter: Voter, *, code: str | None = None) -> None:
    contest = world.contests[0]
    ballot = check_ballot(contest=contest, text=world.world.ballot(voter, contest, code=code))
    cast_vote(voter=voter, contest=contest, ballot=ballot, authenticated_at=DURING, at=DURING)


def types(world: ReissueWorld) -> list[str]:
    return [json.loads(line)["type"] for line in b"".join(register_chunks(world.contests[0])).splitlines()]


def close(world: ReissueWorld) -> None:
    close_poll(contest=world.contests[0], actor="horloge", at=LATER)
    close_registers(at=LATER)
    assert types(world)[-1] == "Closing"


def test_page_that_stalls_while_another_begins_again_leaves_the_other_its_keys(reissue_world: ReissueWorld) -> None:
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    _first, stalled = new_keys(voter)
    second, keys = new_keys(voter)

    def other_page() -> None:
        with pytest.raises(ReissueRefused, match="registrar_away"), use_registrar(Lost(client)):
            change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING)

    with use_registrar(Slow(client, other_page)), pytest.raises(ReissueRefused, match="keys_refused"):
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=stalled, at=DURING)
    assert change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING).state == Reissue.State.LIVE
    cast(reissue_world, voter, code=second)
    close(reissue_world)


class Lost:
    """A registrar that cancels, and does not hear what it is asked to sign."""

    def __init__(self, registrar: Registrar) -> None:
        self.key = registrar.key
        self.cancel = registrar.cancel

    def sign_entries(self, **_asked: object) -> list[str]:
        raise ReissueRefused("registrar_away")


@pytest.mark.parametrize("sends_again", [False, True])
def test_page_that_stalls_until_the_worker_gave_it_up_signs_nothing(
    reissue_world: ReissueWorld, *, sends_again: bool
) -> None:
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    code, keys = new_keys(voter)

    def worker() -> None:
        assert settle_pending(at=DURING + timedelta(seconds=31)) == 1

    with use_registrar(Slow(client, worker)), pytest.raises(ReissueRefused, match="keys_refused"):
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING)
    reissue.refresh_from_db()
    assert (reissue.state, PendingKey.objects.count()) == (Reissue.State.LINKED, 0)
    if sends_again:
        # The same keys are another attempt: they live.
        assert change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING).state == Reissue.State.LIVE
    cast(reissue_world, voter, code=code if sends_again else None)
    close(reissue_world)


def test_portal_that_lost_what_it_asked_for_adopts_what_was_signed(reissue_world: ReissueWorld) -> None:
    """As after a restored backup: other keys are pending, under a grant that has signed."""
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    signed, keys = new_keys(voter)

    class Forgotten(Lost):
        def sign_entries(self, **asked: Any) -> list[str]:
            client.sign_entries(**asked)
            PendingKey.objects.all().delete()
            Reissue.objects.filter(pk=reissue.pk).update(state=Reissue.State.LINKED)
            return super().sign_entries()

    with use_registrar(Forgotten(client)), pytest.raises(ReissueRefused):
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING)
    _code, others = new_keys(voter)
    with pytest.raises(ReissueRefused, match="keys_refused"):
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=others, at=DURING)
    assert SlotKey.objects.get(generation=1).public_key == keys[0]["key"]
    cast(reissue_world, voter, code=signed)
    close(reissue_world)


def test_pending_key_that_does_not_open_stops_neither_the_worker_nor_the_closing(
    reissue_world: ReissueWorld, caplog: pytest.LogCaptureFixture
) -> None:
    spoiled, other = (reissue_world.granted(reissue_world.voter(number)) for number in range(2))
    for reissue in (spoiled, other):
        begin_change(reissue=reissue, keys=new_keys(reissue.voter)[1], at=DURING)
    PendingKey.objects.filter(reissue=spoiled).update(sealed=b"x" * 80)
    with pytest.raises(ReissueRefused, match="registrar_away"):
        settle_change(reissue=spoiled, at=DURING)
    assert settle_pending(at=DURING + timedelta(minutes=5)) == 2
    assert "does not open" in caplog.text
    spoiled.refresh_from_db()
    other.refresh_from_db()
    assert (spoiled.state, other.state) == (Reissue.State.ABANDONED, Reissue.State.LINKED)
    cast(reissue_world, reissue_world.voter())
    close(reissue_world)


def test_key_written_into_the_database_casts_no_ballot_and_stops_the_closing(
    reissue_world: ReissueWorld, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.REGISTER_LEAST = 1
    voter, contest = reissue_world.voter(1), reissue_world.contests[0]
    entry = voter.entries.select_related("contest").get()
    place, code = places_of([entry])[entry.pk], generate_code(os.urandom)
    forged = SlotKey.objects.create(
        slot_id=place.slot, contest=contest, generation=1, possession={"challenge": "0", "response": "0"},
        public_key=public_credential(derive_secret(uuid=contest.uuid, code=code)).text,
        portal_signature="00" * 64, registrar_signature="00" * 64,
    )  # fmt: skip
    for used in (code, None):
        with pytest.raises(KeyUnsigned) as refused:
            cast(reissue_world, voter, code=used)
        assert "l’assistance" in refused.value.sentence
    reissue_world.reissued(reissue_world.voter(0))
    publish_batches(at=DURING + timedelta(hours=9))
    assert types(reissue_world)[-1] == "Reissues", "the entries of other places go on"
    assert SlotKey.objects.get(pk=forged.pk).line is None
    with pytest.raises(ClosingRefused, match=contest.code):
        close_poll(contest=contest, actor="horloge", at=LATER)
    assert "is not signed" in caplog.text
    assert place.name not in caplog.text
    forged.delete()
    close(reissue_world)


@pytest.mark.parametrize(
    "spoil",
    [
        {"registrar_signature": "00" * 64},
        {"portal_signature": "00" * 64},
        {"possession": {"challenge": "0", "response": "0"}},
        {"generation": 2},
    ],
)
def test_each_of_what_makes_a_key_live_is_verified(reissue_world: ReissueWorld, spoil: dict[str, Any]) -> None:
    voter = reissue_world.voter()
    code = reissue_world.reissued(voter)
    right = SlotKey.objects.filter(generation=1).values(*spoil).get()
    SlotKey.objects.filter(generation=1).update(**spoil)
    with pytest.raises(KeyUnsigned):
        cast(reissue_world, voter, code=code)
    SlotKey.objects.filter(generation__gt=0).update(**right)
    cast(reissue_world, voter, code=code)


@pytest.mark.django_db(transaction=True)
def test_many_devices_at_once_leave_nothing_in_doubt(tmp_path: Path) -> None:
    world = make_reissue_world(tmp_path, voters=3, contests=1)
    with serve_in_process(world):
        for number in range(3):
            _send_at_once(world, number, devices=6)
        settle_pending(at=DURING + timedelta(hours=1))
        assert not PendingKey.objects.exists()
        close(world)


def _send_at_once(world: ReissueWorld, number: int, *, devices: int) -> None:
    voter = world.voter(number)
    reissue = world.granted(voter)
    sets = [new_keys(voter)[1] for _ in range(devices)]
    barrier = threading.Barrier(devices)

    def send(keys: list[dict[str, Any]]) -> None:
        try:
            sender = Voter.objects.select_related("election").get(pk=voter.pk)
            barrier.wait()
            change_keys(voter=sender, reissue_pk=reissue.pk, keys=keys, at=DURING)
        except ReissueRefused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(keys,)) for keys in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
