"""What the repository is made of, for the tests that read it as a text."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, in the repository: what git tracks and does not ignore."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listing.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def written_by_hand(*suffixes: str) -> list[Path]:
    """Return the files of these suffixes, without migrations and built bundles."""
    return [
        path
        for path in files()
        if path.suffix in suffixes and "migrations" not in path.parts and "static" not in path.relative_to(ROOT).parts
    ]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
