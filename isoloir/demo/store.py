"""Files of the demonstration: what its fictional authority, printer and members would each keep for themselves."""

import json
import re
from pathlib import Path

from django.conf import settings

from isoloir.credentials.authority.codesfiles import read_codes
from isoloir.credentials.authority.recipients import read_identities

# The members of the demonstration share one password and one passphrase: they guard nothing.
PASSWORD = "Demonstration-2026!"  # noqa: S105
PASSPHRASE = "phrase de demonstration"  # noqa: S105
_NOTICE_NAME = re.compile(r"[A-Za-z0-9._-]+\.pdf", re.ASCII)


def directory() -> Path:
    return Path(settings.VAR_DIR)


def codes() -> dict[str, str]:
    """Return the voting codes by voter's reference, opened as the fictional printer does."""
    return read_codes(directory() / "authority" / "private", read_identities(directory() / "printer.key"))


def read_seeds() -> dict[int, str]:
    """Return the seeds of the members that act by program, by number of trustee."""
    path = directory() / "members" / "seeds.json"
    return {int(owner): seed for owner, seed in json.loads(path.read_text()).items()} if path.exists() else {}


def write_seeds(seeds: dict[int, str]) -> None:
    path = directory() / "members" / "seeds.json"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(json.dumps(seeds))
    path.chmod(0o600)


def key_file_path(owner: int) -> Path:
    return directory() / "members" / f"cle-{owner}.json"


def key_file(owner: int) -> Path | None:
    path = key_file_path(owner)
    return path if path.is_file() else None


def notice_files() -> list[str]:
    """Return the names of the PDF files of notices, one per establishment."""
    return sorted(path.name for path in (directory() / "notices").glob("*.pdf"))


def notice_file(name: str) -> Path | None:
    if not _NOTICE_NAME.fullmatch(name):
        return None
    path = directory() / "notices" / name
    return path if path.is_file() else None
