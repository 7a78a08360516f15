"""`isoloir work`: one contest in trouble holds back no other, and the log is not flooded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from isoloir_protocol.errors import BallotRefused

from isoloir.board.errors import BoardRefused
from isoloir.commands import work
from isoloir.elections.models import Contest
from isoloir.identity.campaigns import open_campaign
from isoloir.identity.models import Campaign
from isoloir.tally.actions import begin_count
from isoloir.tally.errors import NotThere
from tests.factories import AFTER, DURING, make_world

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (BallotRefused("bad-choice", question=1), ["bad-choice"]),
        (BoardRefused("EndBallots"), ["board-refused"]),
        (NotThere("counting"), []),
    ],
    ids=["bad ballot", "board", "begun by another worker"],
)
@pytest.mark.django_db(transaction=True)
def test_contest_whose_count_cannot_begin_holds_back_no_other_and_is_told_once_a_minute(
    fault: Exception, said: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(contests=2)
    broken, whole = sorted(world.contests, key=lambda contest: contest.code)
    seconds = [1000.0]

    def begin(*, contest: Contest, **options: object) -> Contest:
        if contest.pk == broken.pk:
            raise fault
        return begin_count(contest=contest, **options)

    monkeypatch.setattr("isoloir.tally.actions.begin_count", begin)
    monkeypatch.setattr("isoloir.common.clock.current_time", lambda: AFTER)
    monkeypatch.setattr(work, "_told_at", {})
    monkeypatch.setattr("isoloir.commands.work.time.monotonic", lambda: seconds[0])
    for _turn in range(3):
        work.work_once()
    broken.refresh_from_db()
    whole.refresh_from_db()
    assert (broken.state, whole.state) == (Contest.State.CLOSED, Contest.State.COUNTING)
    told = [f"the count of {broken.code} cannot begin: {code}" for code in said]
    assert lines(caplog) == told
    seconds[0] += 60
    work.work_once()
    assert lines(caplog) == told * 2


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "isoloir.work"]


def test_database_without_tables_is_told_and_the_worker_stops(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "ISOLOIR_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "isoloir.commands", "work"],
        cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Les tables de la base de données ne sont pas faites : lancez « migrate »."]


@pytest.mark.django_db(transaction=True)
def test_one_turn_sends_what_waits_and_goes_on_with_the_campaign(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: list[object]
) -> None:
    world = make_world(voters=3, sealed=False)
    monkeypatch.setattr("isoloir.common.clock.current_time", lambda: DURING)
    open_campaign(election=world.election, kind=Campaign.Kind.OPENING, actor="essai", at=DURING)
    assert work.work_once() == 3
    assert mailoutbox == []
    assert work.work_once(stopped=lambda: True) == 0
    assert mailoutbox == []
    assert work.work_once() == 3
    assert len(mailoutbox) == 3
