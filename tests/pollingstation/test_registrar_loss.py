"""A registrar lost with a new code pending: two members say so, the old code's key is live, and the contest closes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isoloir.board.models import RegisterLine
from isoloir.board.records import credentials_record
from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.links import live_key
from isoloir.credentials.models import PendingKey, Reissue
from isoloir.credentials.registrar_client import RegistrarAway
from isoloir.credentials.reissue.keys import change_keys, settle_pending
from isoloir.elections.models import Contest
from isoloir.journal.actions import verify_journal
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.closing import close_poll
from isoloir.pollingstation.errors import ClosingRefused, LossRefused, NotAllowed, RegisterRefused
from isoloir.pollingstation.register import close_registers, extend_register, is_register_closed, opening_keys
from isoloir.pollingstation.registrar_loss import declare_registrar_lost, report_registrar_lost
from isoloir.pollingstation.sealing import seal_parts
from isoloir.tally.minutes import _observations
from isoloir.web.public.register import register_named
from tests.factories import AFTER, DURING
from tests.reissue_world import ReissueWorld, make_reissue_world, new_keys, serve_in_process, use_registrar

pytestmark = pytest.mark.django_db
REASON = "Le disque est détruit."


class Lost:
    """A registrar that signs one last time, whose answer is lost, and that never answers again."""

    def __init__(self, registrar: Any = None) -> None:
        self._registrar = registrar

    def sign_entries(self, **asked: Any) -> list[str]:
        if self._registrar is not None:
            self._registrar.sign_entries(**asked)
        raise RegistrarAway("lost")

    def cancel(self, **_asked: Any) -> list[str]:
        raise RegistrarAway("lost")

    def fetch_key(self) -> str:
        raise RegistrarAway("lost")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ReissueWorld]:
    made = make_reissue_world(tmp_path, voters=2, contests=2)
    with serve_in_process(made):
        yield made


def leave_pending(world: ReissueWorld, *, signed: bool = False) -> None:
    """Leave a voter's new keys waiting for the registrar, who may have signed them."""
    voter = world.voter()
    reissue = world.granted(voter)
    _code, keys = new_keys(voter)
    with use_registrar(Lost(world.registrar() if signed else None)), pytest.raises(ReissueRefused):
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING)
    assert PendingKey.objects.count() == 2


def report(world: ReissueWorld, **changes: Any) -> None:
    asked = {"by": world.world.president, "reason": REASON, "at": AFTER, **changes}
    report_registrar_lost(contest=world.world.contest, station=world.world.station, **asked)


def declare(world: ReissueWorld, **changes: Any) -> int:
    asked = {"by": world.world.delegates[0], "at": AFTER, **changes}
    return declare_registrar_lost(contest=world.world.contest, station=world.world.station, **asked)


@pytest.mark.parametrize("signed", [False, True])
def test_contest_closes_under_the_old_keys_once_two_members_said_so(world: ReissueWorld, signed: bool) -> None:
    entry = world.voter().entries.get(contest=world.world.contest)
    before = live_key(entry)
    leave_pending(world, signed=signed)
    with use_registrar(Lost()):
        with pytest.raises(ClosingRefused):
            close_poll(contest=world.world.contest, actor="horloge", at=AFTER)
        report(world)
        assert PendingKey.objects.count() == 2
        assert declare(world) == 1
        assert not PendingKey.objects.exists()
        assert live_key(entry) == before
        for contest in world.contests:
            close_poll(contest=contest, actor="horloge", at=AFTER)
        assert settle_pending(at=AFTER) == 0
    assert Reissue.objects.get().state == Reissue.State.ABANDONED
    assert before in json.loads(credentials_record(world.world.contest))
    assert {contest.state for contest in Contest.objects.all()} == {Contest.State.CLOSED}
    line = JournalEntry.objects.get(kind=Kind.REGISTRAR_DECLARED_LOST)
    assert line.actor == world.world.delegates[0].get_username()
    assert (line.facts["reported_by"], line.facts["reason"]) == (world.world.president.get_username(), REASON)
    assert verify_journal() == JournalEntry.objects.count()


def test_loss_is_in_the_minutes_and_beside_the_register_which_stays_unfinished(world: ReissueWorld) -> None:
    contest = world.world.contest
    extend_register(contest=contest, at=DURING)
    leave_pending(world)
    assert (register_named(contest)[0], _observations(contest)) == ("growing", ())
    with use_registrar(Lost()):
        report(world)
        assert _observations(contest) == (), "one member's word is not a declaration"
        declare(world)
    state, keys = register_named(contest)
    assert (state, keys["registrar"]) == ("unfinished", world.key)
    said = " ".join(_observations(contest))
    assert REASON in said
    assert world.world.president.get_username() not in said
    assert [_observations(other) for other in world.contests if other.pk != contest.pk] == [()]


def test_key_of_the_registrar_is_sealed(world: ReissueWorld) -> None:
    contest, station = world.world.contest, world.world.station
    extend_register(contest=contest, at=DURING)
    first = seal_parts(contest, station)
    line = RegisterLine.objects.get(contest=contest, height=0)
    assert opening_keys(contest)["registrar"] == world.key
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("isoloir.pollingstation.sealing.opening_keys", lambda _contest: {"registrar": "0" * 64})
        assert seal_parts(contest, station)["registrar"] != first["registrar"]
    assert world.key in line.text


def test_registrar_that_comes_back_having_signed_leaves_the_register_open(world: ReissueWorld) -> None:
    extend_register(contest=world.world.contest, at=DURING)
    leave_pending(world, signed=True)
    with use_registrar(Lost()):
        report(world)
        declare(world)
        close_poll(contest=world.world.contest, actor="horloge", at=AFTER)
    with pytest.raises(RegisterRefused):
        extend_register(contest=world.world.contest, at=AFTER)
    close_registers(at=AFTER)
    assert not is_register_closed(world.world.contest)


def test_nobody_declares_it_lost_alone_nor_unreported(world: ReissueWorld) -> None:
    leave_pending(world)
    with use_registrar(Lost()):
        with pytest.raises(LossRefused):
            declare(world)
        with pytest.raises(NotAllowed):
            report(world, by=world.world.delegates[0])
        with pytest.raises(LossRefused):
            report(world, reason="  ")
        report(world)
        with pytest.raises(LossRefused):
            declare(world, by=world.world.president)
        with pytest.raises(LossRefused):
            declare(world, at=AFTER.replace(year=AFTER.year + 1))
    assert PendingKey.objects.count() == 2


def test_it_is_not_lost_while_it_answers_nor_before_the_vote_is_over(world: ReissueWorld) -> None:
    leave_pending(world)
    with pytest.raises(LossRefused, match="répond"):
        report(world)
    with use_registrar(Lost()):
        with pytest.raises(LossRefused, match="grâce"):
            report(world, at=DURING)
        report(world)
    with pytest.raises(LossRefused, match="répond"):
        declare(world)
    assert PendingKey.objects.count() == 2


def test_nothing_is_declared_where_no_code_waits(world: ReissueWorld) -> None:
    with use_registrar(Lost()), pytest.raises(LossRefused, match="aucun"):
        report(world)
