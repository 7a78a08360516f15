"""PDF files: what they may not hold, judged by a child process."""

import zipfile
from io import BytesIO

from .errors import UploadRefused
from .reading import ask_child
from .sentences import sentence

_LONGEST_END = 1024
CODES = frozenset({"script", "action", "embedded", "form", "media", "encrypted", "damaged", "heavy", "pictures"})


def read_pdf(content: bytes, *, with_text: bool, patience: float) -> int:
    """Return the number of pages of a PDF that holds nothing active. Raises UploadRefused.

    `with_text`: each page must have letters that a screen reader finds (RGAA 13.3), and not their picture alone.
    `patience`: seconds to wait for a turn.
    """
    _check_ends(content)
    code, pages = _verdict(ask_child(content, "PDF", *(("text",) if with_text else ()), patience=patience))
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


def _verdict(answer: bytes) -> tuple[str, int]:
    """Read the child's line; a child that said nothing, or something else, was overcome by the file."""
    code, _space, pages = answer.decode("ascii", "replace").rstrip("\n").partition(" ")
    if code == "taken" and pages.isascii() and pages.isdigit() and int(pages):
        return code, int(pages)
    return (code if code in CODES else "heavy"), 0
