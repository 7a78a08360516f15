"""What may lie in the spool's folder besides batches: it holds back no message."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from isoloir.messaging.actions import deliver_queued, recover_left_batches
from isoloir.messaging.spool import LARGEST_BATCH, Outcome, Spool, left_batches
from tests.factories import DURING
from tests.messaging.relay import left_behind, queue_many, queue_one, states

pytestmark = pytest.mark.django_db
Sent = list[Any]


def flood(path: Path) -> None:
    path.write_text("".join(f"sent {number}\n" for number in range(1, 300_000)))


ODDITIES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "folder": ("f" * 32, Path.mkdir),
    "another name": ("x", Path.touch),
    "long name": ("x" * 249, Path.touch),
    "name that is no text": (os.fsdecode(b"\xff"), Path.touch),
    "dangling link": ("f" * 32, lambda path: path.symlink_to("nowhere")),
    "pipe": ("f" * 32, os.mkfifo),
    "flood": ("f" * 32, flood),
}


@pytest.mark.parametrize(("name", "make"), ODDITIES.values(), ids=ODDITIES)
def test_what_is_no_batch_is_set_aside_and_told_once(
    mailoutbox: Sent, spool: Path, caplog: pytest.LogCaptureFixture, name: str, make: Callable[[Path], object]
) -> None:
    spool.mkdir()
    make(spool / f"{name}.spool")
    queue_many(2)
    assert [deliver_queued(at=DURING, limit=1) for _turn in range(3)] == [1, 1, 0]
    make(spool / f"{name}.spool")
    assert deliver_queued(at=DURING) == 0
    assert [path.suffix for path in spool.iterdir()] == [".unreadable"] * 2
    assert caplog.text.count("is set aside") == 2


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "9" * 19, "0", "-1", "²", "1 2"])
def test_line_that_holds_no_key_of_a_message_is_not_believed(mailoutbox: Sent, spool: Path, number: str) -> None:
    spool.mkdir()
    (spool / f"{'f' * 32}.spool").write_text(f"sent {number}\n")
    queue_one()
    assert [deliver_queued(at=DURING) for _turn in range(2)] == [1, 0]
    assert list(spool.iterdir()) == []


def test_random_bytes_in_the_spool_stop_nothing(mailoutbox: Sent, spool: Path) -> None:
    spool.mkdir()
    (spool / f"{'f' * 32}.spool").write_bytes(os.urandom(60_000))
    queue_one()
    assert deliver_queued(at=DURING) == 1


def test_largest_batch_leaves_a_file_that_can_be_read(spool: Path) -> None:
    with Spool("a" * 32) as batch:
        for number in range(LARGEST_BATCH):
            for outcome in (Outcome.ABOUT, Outcome.REFUSED):
                batch.note(outcome, 10**18 - 1 - number)
    [(_claim, words)] = left_batches()
    assert len(words) == LARGEST_BATCH


def test_lack_of_descriptors_sets_nothing_aside(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = queue_one()
    left_behind([message], [(Outcome.SENT, message)])

    def fail(*_arguments: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("os.open", fail)
        assert deliver_queued(at=DURING) == 0
    recover_left_batches(at=DURING)
    assert states() == {"sent": 1}
