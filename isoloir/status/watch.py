"""The loop: check, note, write; whatever the portal does."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from .checks import check_portal
from .history import History, load_history, save_history
from .page import write_companions, write_pages


def prepare_folder(folder: Path) -> History:
    """Make the folder with what the pages need beside them; return what an earlier run noted."""
    folder.mkdir(parents=True, exist_ok=True)
    write_companions(folder)
    return load_history(folder)


def check_once(
    folder: Path, history: History, *, portal: str, every: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Check the portal, then write the history and the pages. Raises OSError when the folder cannot be written."""
    check, answer = check_portal(portal, now=now)
    history.add(check, answer)
    save_history(folder, history)
    write_pages(folder, history, every=every, portal=portal, at=now())


def watch(folder: Path, *, portal: str, every: int, stopped: threading.Event) -> None:
    """Check every `every` seconds until `stopped`."""
    history = prepare_folder(folder)
    while not stopped.is_set():
        check_once(folder, history, portal=portal, every=every)
        stopped.wait(every)
