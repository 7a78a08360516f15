"""Closing: what the database's own files still tell of the order of voting."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError, connection

from isoloir.board.actions import append_setup
from isoloir.board.records import credentials_record, records_of
from isoloir.commands.work import work_once
from isoloir.credentials.links import has_link_key, live_credentials
from isoloir.elections.models import Contest
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.closing import close_poll, finish_closings
from isoloir.roll.models import Turnout
from tests.factories import AFTER, DURING, World, make_world
from tests.reissue_world import make_reissue_world, serve_in_process

pytestmark = pytest.mark.django_db(transaction=True)


def vote_in_turn(world: World) -> None:
    for voter in world.voters:
        ballot = check_ballot(contest=world.contest, text=world.ballot(voter, world.contest))
        cast_vote(voter=voter, contest=world.contest, ballot=ballot, authenticated_at=DURING, at=DURING)


def pages_in_order_of_keys() -> list[int]:
    """Return the pages of the file that hold the ballots' long texts, in the order of the ballots' random keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pageno FROM dbstat WHERE name = 'ballotbox_ballot' AND pagetype = 'overflow' ORDER BY path"
        )
        return [number for (number,) in cursor.fetchall()]


def needs_sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the pages of a SQLite file")
    try:
        pages_in_order_of_keys()
    except OperationalError as absent:
        # Debian's SQLite has the table of pages; another build may not.
        pytest.skip(f"this SQLite does not show its pages: {absent}")


def test_pages_of_the_ballots_follow_their_random_keys_once_closed() -> None:
    needs_sqlite()
    world = make_world(voters=12, lists=6)
    vote_in_turn(world)
    before = pages_in_order_of_keys()
    assert before != sorted(before), "twelve ballots fell in the order of their keys by chance (1 in 12!)"
    close_poll(contest=world.contest, actor="horloge", at=AFTER)
    after = pages_in_order_of_keys()
    assert len(after) == len(before)
    assert after == sorted(after)


def test_closing_leaves_nothing_of_the_vote_in_the_write_ahead_log() -> None:
    needs_sqlite()
    world = make_world(voters=3)
    vote_in_turn(world)
    close_poll(contest=world.contest, actor="horloge", at=AFTER)
    name = connection.settings_dict["NAME"]
    log = Path(f"{name}-wal")
    ballots = [text.encode() for (text,) in sqlite3.connect(name).execute("SELECT text FROM ballotbox_ballot")]
    written = log.read_bytes() if log.exists() else b""
    assert len(ballots) == 3
    assert not any(text[-200:] in written for text in ballots)


def test_postgresql_keeps_no_row_of_before_closing() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("rows that PostgreSQL replaced")
    world = make_world(voters=6)
    vote_in_turn(world)
    close_poll(contest=world.contest, actor="horloge", at=AFTER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text FROM ballotbox_ballot ORDER BY id")
        places = [place for (place,) in cursor.fetchall()]
    # The first place of the first page would still be that of a replaced row.
    assert places == [f"(0,{number})" for number in range(1, 7)]


def test_a_closing_stopped_before_the_rewriting_is_finished_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_sqlite()
    world = make_world(voters=12, lists=6)
    vote_in_turn(world)
    with monkeypatch.context() as patch:
        patch.setattr("isoloir.pollingstation.closing.forget_order_of_voting", _stop)
        with pytest.raises(KeyboardInterrupt):
            close_poll(contest=world.contest, actor="horloge", at=AFTER)
    assert has_link_key(world.contest)
    finish_closings(actor="horloge", at=AFTER)
    assert not has_link_key(world.contest)
    pages = pages_in_order_of_keys()
    assert pages == sorted(pages)


def _stop() -> None:
    raise KeyboardInterrupt


def test_contest_sealed_by_an_earlier_release_keeps_its_setup() -> None:
    world = make_world(voters=2)
    append_setup(contest=world.contest, credentials=live_credentials(world.contest))
    close_poll(contest=world.contest, actor="horloge", at=AFTER)
    assert len(records_of(world.contest, "Setup")) == 1


def test_setup_is_written_at_closing_and_not_at_sealing() -> None:
    world = make_world(voters=2)
    assert records_of(world.contest, "Setup") == []
    close_poll(contest=world.contest, actor="horloge", at=AFTER)
    assert len(json.loads(credentials_record(world.contest))) == 2


def test_postgresql_joins_no_key_with_its_reissue_by_the_transaction_that_wrote_both(tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the transactions' numbers of PostgreSQL's rows")
    world = make_reissue_world(tmp_path, voters=4)
    with serve_in_process(world):
        for number in range(3):
            world.reissued(world.voter(number))
        assert transactions("credentials_slotkey WHERE generation > 0") == transactions("credentials_reissue")
        close_poll(contest=world.contests[0], actor="horloge", at=AFTER)
    assert len(transactions("credentials_slotkey")) == 1
    assert not transactions("credentials_slotkey") & transactions("credentials_reissue")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text FROM credentials_slotkey ORDER BY id")
        assert [place for (place,) in cursor.fetchall()] == [f"(0,{number})" for number in range(1, 8)]


def transactions(rows: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xmin::text FROM {rows}")
        return {number for (number,) in cursor.fetchall()}


def test_a_contest_that_cannot_be_closed_keeps_no_other_open() -> None:
    world = make_world(voters=2, contests=2)
    vote_in_turn(world)
    broken, whole = world.contests[1], world.contests[0]
    entry = world.voters[0].entries.get(contest=broken)
    Turnout.objects.create(entry=entry, voted_at=DURING)
    for _turn in range(2):
        work_once_at(AFTER)
    broken.refresh_from_db()
    whole.refresh_from_db()
    assert (broken.state, whole.state) == (Contest.State.SEALED, Contest.State.COUNTING)


def work_once_at(at: datetime) -> None:
    with mock.patch("isoloir.common.clock.current_time", return_value=at):
        work_once()
