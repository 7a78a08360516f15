"""The files that the authority writes: private from their first byte, hashed as they are written."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from isoloir.credentials.authority.errors import OutputRefused

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def open_private(path: Path) -> IO[bytes]:
    """Create a file that its owner alone can read, before anything is in it.  Raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb")


def synchronise(stream: IO[bytes]) -> None:
    """Make what was written last through a loss of power."""
    stream.flush()
    os.fsync(stream.fileno())


class WrittenFile:
    """A file written once from beginning to end, with its SHA-256, its size and its lines.

    Rows are gathered in memory and appended by pieces of `PIECE` bytes: an election has about a thousand contests, and
    a process may not hold a thousand files open.
    """

    PIECE = 64 * 1024

    def __init__(self, path: Path, header: str) -> None:
        self.path = path
        self.lines = 0
        self.size = 0
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        open_private(path).close()
        self._append(header)

    def add_row(self, *cells: str) -> None:
        """Append one row; cells hold no separator (see `is_plain_cell`)."""
        self.lines += 1
        self._append(";".join(cells))

    def _append(self, line: str) -> None:
        self._waiting += line.encode() + b"\n"
        if len(self._waiting) >= self.PIECE:
            self._flush()

    def _flush(self, *, durable: bool = False) -> None:
        with self.path.open("ab") as stream:
            stream.write(self._waiting)
            if durable:
                synchronise(stream)
        self._digest.update(self._waiting)
        self.size += len(self._waiting)
        self._waiting.clear()

    def close(self) -> dict[str, Any]:
        """Write what waits and return the file's line of the manifest."""
        self._flush(durable=True)
        return {"name": self.path.name, "rows": self.lines, "size": self.size, "sha256": self._digest.hexdigest()}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a manifest: UTF-8 JSON, indented for people, private like the rest."""
    with open_private(path) as stream:
        stream.write(json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
        synchronise(stream)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read by pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_durably(path: Path, content: bytes) -> None:
    """Give `path` this content in one step: whatever stops the machine, it has all of it or was never there."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(6)}.tmp")
    with open_private(unfinished) as stream:
        stream.write(content)
        synchronise(stream)
    unfinished.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names of a directory last through a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Make the names of a directory and of all those below it last; their files were synchronised one by one."""
    for folder, _folders, _files in os.walk(directory, topdown=False):
        sync_directory(Path(folder))


def read_records(path: Path, size: int) -> Iterator[bytes]:
    """Give the records of `size` bytes of a file, a few hundred in memory at a time."""
    with path.open("rb") as stream:
        while block := stream.read(size * 512):
            for start in range(0, len(block), size):
                yield block[start : start + size]


def refuse_used_directory(target: Path) -> None:
    """Raise OutputRefused unless `target` is free: absent, or an empty directory."""
    if not target.exists() and not target.is_symlink():
        return
    if target.is_symlink() or not target.is_dir() or any(target.iterdir()):
        raise OutputRefused(
            f"le dossier de sortie existe déjà et n’est pas vide : {target}",
            f"the output directory exists already and is not empty: {target}",
        )
