"""Reading a file in a child process, which a hostile one may kill without harm to the portal."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from .errors import UploadRefused
from .sentences import sentence

_CHILD = Path(__file__).with_name("file_child.py")
# Of the clock, where the child bounds its own use of a processor: a machine under load gets there more slowly.
LONGEST_READING = 15
# Children at once in one process of the portal: many files sent together take no more memory than two.
_turns = threading.BoundedSemaphore(2)


def ask_child(content: bytes, *words: str, patience: float) -> bytes:
    """Return what the child wrote; empty when it was killed, by its bounds, by the system or by time.

    `words` say how to read the file, as `file_child.py` takes them; `patience` is how long to wait for a turn, in seconds.
    Raises UploadRefused when none comes: a request must not hold one of the portal's threads behind the files of others.
    """
    if not _turns.acquire(timeout=patience):
        raise UploadRefused("busy", sentence("busy"))
    try:
        # Memory of no name: nothing of the file is written on a disk, even for the time of a check.
        with _memory() as given, _memory() as answer:
            given.write(content)
            given.flush()
            given.seek(0)
            return _answer(given, answer, words)
    finally:
        _turns.release()


def _memory() -> BinaryIO:
    return os.fdopen(os.memfd_create("upload", os.MFD_CLOEXEC), "r+b")


def _answer(given: BinaryIO, answer: BinaryIO, words: tuple[str, ...]) -> bytes:
    child = subprocess.Popen(
        [sys.executable, "-I", str(_CHILD), *words], stdin=given, stdout=answer, stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"}, close_fds=True, cwd="/",
    )  # fmt: skip
    try:
        child.wait(LONGEST_READING)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    answer.seek(0)
    return answer.read() if child.returncode == 0 else b""
