"""The register of keys: opened, sealed, extended by batches and closed, each line signed by both."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from isoloir_protocol.register import RegisterState, verify_register

from isoloir.board.models import RegisterLine, RegisterProgress
from isoloir.board.records import credentials_record
from isoloir.credentials.models import SlotKey
from isoloir.credentials.registrar_client import Registrar, RegistrarAway, RegistrarRefused
from isoloir.elections.actions import lock_before_register
from isoloir.elections.errors import ElectionSealed, RegisterBegun
from isoloir.elections.models import Contest
from isoloir.pollingstation.closing import close_poll, finish_closings
from isoloir.pollingstation.errors import SealRefused
from isoloir.pollingstation.register import (
    close_registers,
    extend_register,
    is_register_closed,
    open_register,
    publish_batches,
    register_chunks,
)
from tests.factories import AFTER, BEFORE, DURING, make_world
from tests.reissue_world import ReissueWorld, make_reissue_world, serve_in_process, use_registrar


@pytest.fixture(autouse=True)
def _batches_of_one(settings: Any) -> None:
    """So few voters have their codes issued again here that no batch would ever leave."""
    settings.REGISTER_LEAST = 1


pytestmark = pytest.mark.django_db


@pytest.fixture
def reissue_world(tmp_path: Path) -> Iterator[ReissueWorld]:
    made = make_reissue_world(tmp_path, voters=3)
    with serve_in_process(made):
        yield made


@pytest.fixture
def unsealed(tmp_path: Path) -> Iterator[ReissueWorld]:
    made = make_reissue_world(tmp_path, voters=2, sealed=False)
    with serve_in_process(made):
        yield made


def read(contest: Contest) -> RegisterState:
    return verify_register(io.BytesIO(b"".join(register_chunks(contest))))


def types(contest: Contest) -> list[str]:
    return list(RegisterLine.objects.filter(contest=contest).order_by("height").values_list("type", flat=True))


class Deaf:
    """A registrar that signs nothing: away, or refusing."""

    def __init__(self, registrar: Registrar, trouble: Exception) -> None:
        self.key = registrar.key
        self._trouble = trouble

    def sign_line(self, **_asked: object) -> str:
        raise self._trouble


def test_sealing_opens_the_register_and_seals_it(reissue_world: ReissueWorld) -> None:
    contest = reissue_world.contests[0]
    assert types(contest) == ["Opening", "Sealing"]
    state = read(contest)
    assert (state.uuid, state.limit, state.registrar, len(state.live)) == (contest.uuid, 3, reissue_world.key, 3)
    assert state.fingerprint is not None


def test_election_without_reissue_has_a_register_signed_by_the_portal_alone() -> None:
    world = make_world(voters=2)
    assert types(world.contest) == ["Opening", "Sealing"]
    finish_closings(actor="", at=AFTER)
    assert close_registers(at=AFTER) == 1
    state = read(world.contest)
    assert (state.registrar, state.limit, state.closed) == (None, 0, True)
    assert is_register_closed(world.contest)


def test_batch_waits_for_company_or_for_hours(reissue_world: ReissueWorld, settings: Any) -> None:
    contest = reissue_world.contests[0]
    settings.REGISTER_BATCH, settings.REGISTER_LEAST = 2, 1
    reissue_world.reissued(reissue_world.voter(0))
    assert publish_batches(at=DURING - timedelta(hours=1)) == 1, "a day passed since the sealing"
    reissue_world.reissued(reissue_world.voter(1))
    assert publish_batches(at=DURING) == 0
    reissue_world.reissued(reissue_world.voter(2))
    assert publish_batches(at=DURING) == 1
    assert publish_batches(at=DURING) == 0
    reissue_world.reissued(reissue_world.voter(2))
    assert publish_batches(at=DURING + timedelta(hours=5, minutes=59)) == 0
    assert publish_batches(at=DURING + timedelta(hours=6)) == 1
    assert not SlotKey.objects.filter(generation__gt=0, line=None).exists()
    assert types(contest) == ["Opening", "Sealing", "Reissues", "Reissues", "Reissues"]
    batch = json.loads(RegisterLine.objects.get(contest=contest, height=3).text)["entries"]
    assert [entry["slot"] for entry in batch] == sorted(entry["slot"] for entry in batch)
    assert read(contest).reissues == 4


def test_keys_of_too_few_places_wait_until_the_closing(reissue_world: ReissueWorld, settings: Any) -> None:
    settings.REGISTER_LEAST = 2
    for _time in range(2):
        reissue_world.reissued(reissue_world.voter(0))
    assert publish_batches(at=DURING + timedelta(days=3)) == 0, "two keys, one place"
    reissue_world.reissued(reissue_world.voter(1))
    assert publish_batches(at=DURING + timedelta(days=3)) == 1
    assert read(reissue_world.contests[0]).reissues == 3


def test_closing_publishes_what_waits_and_the_live_keys_of_the_archive(reissue_world: ReissueWorld) -> None:
    contest = reissue_world.contests[0]
    for _time in range(2):
        reissue_world.reissued(reissue_world.voter(0))
    close_poll(contest=contest, actor="", at=AFTER)
    client = reissue_world.registrar()
    with use_registrar(Deaf(client, RegistrarAway("gone"))), pytest.raises(RegistrarAway):
        close_registers(at=AFTER)
    assert not is_register_closed(contest)
    assert close_registers(at=AFTER) == 2
    assert close_registers(at=AFTER) == 0
    state = read(contest)
    assert (state.closed, state.reissues, len(state.dead)) == (True, 2, 2)
    assert json.loads(credentials_record(contest)) == sorted(key for _generation, key in state.live.values())


def test_draft_of_a_stopped_worker_is_asked_for_again_as_it_was(reissue_world: ReissueWorld) -> None:
    contest, client = reissue_world.contests[0], reissue_world.registrar()
    later = DURING + timedelta(hours=12)
    reissue_world.reissued(reissue_world.voter(0))

    class Lost(Deaf):
        def sign_line(self, **asked: Any) -> str:
            client.sign_line(**asked)
            raise self._trouble

    with use_registrar(Lost(client, RegistrarAway("lost"))), pytest.raises(RegistrarAway):
        publish_batches(at=later)
    draft = RegisterProgress.objects.get(contest=contest).draft
    reissue_world.reissued(reissue_world.voter(1))
    assert publish_batches(at=later) == 1
    line = RegisterLine.objects.get(contest=contest, height=2)
    assert line.text.startswith(draft[:-1])
    assert publish_batches(at=later + timedelta(hours=6)) == 1
    assert read(contest).reissues == 2


def test_code_reissued_before_sealing_stops_imports_and_stands_in_the_register(unsealed: ReissueWorld) -> None:
    lock_before_register(unsealed.world.election)
    early = BEFORE - timedelta(hours=12)
    unsealed.reissued(unsealed.voter(), at=early)
    with pytest.raises(RegisterBegun) as refused:
        lock_before_register(unsealed.world.election)
    assert isinstance(refused.value, ElectionSealed)
    assert [publish_batches(at=early), publish_batches(at=BEFORE)] == [1, 1]
    unsealed.seal()
    contest = unsealed.contests[0]
    assert types(contest) == ["Opening", "Reissues", "Sealing"]
    assert read(contest).reissues == 1


@pytest.mark.parametrize(
    "trouble", [RegistrarAway("gone"), RegistrarRefused("line-refused", detail="register-wrong-opening")]
)
def test_sealing_is_refused_as_long_as_the_registrar_does_not_sign(unsealed: ReissueWorld, trouble: Exception) -> None:
    with use_registrar(Deaf(unsealed.registrar(), trouble)), pytest.raises(SealRefused, match="enregistrement"):
        unsealed.seal()
    contest = unsealed.contests[0]
    contest.refresh_from_db()
    assert contest.state == Contest.State.PREPARED
    # What was refused was not signed: other keys may be imported. Away, nobody knows.
    assert contest.has_register is isinstance(trouble, RegistrarAway)
    with use_registrar(None), pytest.raises(SealRefused, match="ne répond pas"):
        unsealed.seal_again()
    unsealed.seal_again()
    assert types(contest) == ["Opening", "Sealing"]


def test_other_keys_than_the_authoritys_are_not_sealed(unsealed: ReissueWorld) -> None:
    first, second = SlotKey.objects.order_by("pk")
    keys = first.public_key, second.public_key
    SlotKey.objects.filter(pk=first.pk).update(public_key="0" * 64)
    SlotKey.objects.filter(pk=second.pk).update(public_key=keys[0])
    SlotKey.objects.filter(pk=first.pk).update(public_key=keys[1])
    with pytest.raises(SealRefused, match="ne reconnaît pas"):
        unsealed.seal()


def test_opening_twice_publishes_one_line(unsealed: ReissueWorld) -> None:
    contest = unsealed.contests[0]
    for _time in range(2):
        open_register(contest=contest, at=BEFORE)
    assert extend_register(contest=contest, at=BEFORE) == 0
    assert types(contest) == ["Opening"]


def test_looking_whether_batches_wait_takes_two_queries(
    reissue_world: ReissueWorld, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        publish_batches(at=DURING)
    with django_assert_num_queries(1):
        close_registers(at=DURING)


@pytest.mark.parametrize("voters", [2, 3])
def test_publishing_a_batch_takes_as_many_queries_whatever_its_size(
    reissue_world: ReissueWorld, voters: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(voters):
        reissue_world.reissued(reissue_world.voter(number))
    with django_assert_max_num_queries(30):
        assert publish_batches(at=DURING + timedelta(days=1)) == 1
