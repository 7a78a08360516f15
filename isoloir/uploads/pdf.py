"""Reading a PDF in a child process, which a hostile file may kill without harm to the portal."""

import os
import subprocess
import sys
import threading
import zipfile
from io import BytesIO
from pathlib import Path

from .errors import UploadRefused
from .sentences import sentence

_CHILD = Path(__file__).with_name("pdf_child.py")
# Of the clock, where the child bounds its own use of a processor: a machine under load gets there more slowly.
LONGEST_READING = 30
# Children at once in one process of the portal: many files sent together wait, and take no more memory than two.
_turns = threading.BoundedSemaphore(2)
_LONGEST_VERDICT = 64
_LONGEST_END = 1024
CODES = frozenset({"script", "action", "embedded", "form", "media", "encrypted", "damaged", "heavy", "pictures"})


def read_pdf(content: bytes, *, with_text: bool) -> int:
    """Return the number of pages of a PDF that holds nothing active. Raises UploadRefused.

    `with_text`: each page must have letters that a screen reader finds (RGAA 13.3), and not their picture alone.
    """
    _check_ends(content)
    code, pages = _verdict(_child_answer(content, with_text=with_text))
    if code != "taken":
        raise UploadRefused(code, sentence(code))
    return pages


def _check_ends(content: bytes) -> None:
    """Refuse bytes that are a PDF and something else besides: another program would read them otherwise."""
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise UploadRefused("damaged", sentence("damaged"))
    after = content[end + 5 :]
    if after.strip(b"\r\n \0") or len(after) > _LONGEST_END or zipfile.is_zipfile(BytesIO(content)):
        raise UploadRefused("two_formats", sentence("two_formats"))


def _child_answer(content: bytes, *, with_text: bool) -> bytes:
    """Return what the child wrote; empty when it was killed, by its bounds, by the system or by time."""
    command = [sys.executable, "-I", str(_CHILD), *(("text",) if with_text else ())]
    with _turns, os.fdopen(os.memfd_create("pdf", os.MFD_CLOEXEC), "r+b") as memory:
        # Memory of no name: nothing of the file is written on a disk, even for the time of a check.
        memory.write(content)
        memory.flush()
        memory.seek(0)
        child = subprocess.Popen(
            command, stdin=memory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"},
            close_fds=True, cwd="/",
        )  # fmt: skip
        try:
            child.wait(LONGEST_READING)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return b"heavy 0"
        finally:
            pipe = child.stdout
            answer = pipe.read(_LONGEST_VERDICT) if pipe is not None and child.returncode == 0 else b""
            if pipe is not None:
                pipe.close()
    return answer


def _verdict(answer: bytes) -> tuple[str, int]:
    """Read the child's line; a child that said nothing, or something else, was overcome by the file."""
    code, _space, pages = answer.decode("ascii", "replace").partition(" ")
    if code == "taken" and pages.isascii() and pages.isdigit() and int(pages):
        return code, int(pages)
    return (code if code in CODES else "heavy"), 0
