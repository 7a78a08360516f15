"""The progress bar: how far, and the time left at the pace of this run."""

import io

import pytest

from isoloir.commands import progress
from isoloir.commands.progress import ProgressBar


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_time_left_is_told_at_the_pace_of_this_run(clock: list[float]) -> None:
    stream = io.StringIO()
    with ProgressBar("Codes", stream) as bar:
        # Half was done by an earlier run: it took no time, and promises none.
        bar.show(500, 1000)
        clock[0] += 100
        bar.show(600, 1000)
        clock[0] += 400
        bar.show(1000, 1000)
    assert stream.getvalue().splitlines() == [
        "Codes  50% 500/1000", "Codes  60% 600/1000 reste 6 min 40 s", "Codes 100% 1000/1000 en 8 min 20 s",
    ]  # fmt: skip


def test_nothing_to_do_is_done_at_once(clock: list[float]) -> None:
    stream = io.StringIO()
    ProgressBar("Codes", stream).show(0, 0)
    assert stream.getvalue() == "Codes 100% 0/0 en 0 s\n"
