"""The credential authority and the printer, as tests play them: an age identity of its own for each run."""

from pathlib import Path
from typing import Any

from pyrage.x25519 import Identity

from isoloir.credentials.authority.codesfiles import CodesDirectory, open_codes, read_codes
from isoloir.credentials.authority.issue import issue_codes
from isoloir.credentials.authority.request import read_request

PRINTER = Identity.generate()
RECIPIENT = str(PRINTER.to_public())


def issue(request: Path, out: Path, **options: Any) -> None:
    """Issue the codes of a request directory to the printer of tests."""
    issue_codes(read_request(request), out, recipients=[RECIPIENT], **options)


def opened(out: Path) -> CodesDirectory:
    """The private part of an issue, opened by the printer of tests."""
    return open_codes(out / "private", [PRINTER])


def codes_of(out: Path) -> dict[str, str]:
    """Every voter's code by reference, of the issue in `out`."""
    return read_codes(out / "private", [PRINTER])


def identity_file(path: Path) -> Path:
    """Write the identity of the printer of tests; return its path."""
    path.write_text(f"# public key: {RECIPIENT}\n{PRINTER}\n", encoding="ascii")
    return path
