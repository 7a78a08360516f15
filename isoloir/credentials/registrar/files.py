"""The store's own files: private from their first byte, and destroyed by being written over."""

import contextlib
import os
import secrets
from pathlib import Path

from .errors import StoreRefused

DATABASE = "store.sqlite3"
CONFIGURATION = "config.json"
# The Ed25519 seed of the registrar; the pepper of evidence; the key of the tags that join a person and her places.
SIGNING_KEY, EVIDENCE_PEPPER, TAG_KEY = "registrar-key", "evidence-pepper", "tag-key"
SECRET_SIZE = 32


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone can read, and wait until it is on the disk. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def read_secret(directory: Path, name: str) -> bytes:
    """Return a secret of the store. Raises StoreRefused."""
    try:
        content = (directory / name).read_bytes()
    except FileNotFoundError:
        raise StoreRefused(f"{directory} n’est pas un magasin du service d’enregistrement : {name} manque.") from None
    if len(content) != SECRET_SIZE:
        raise StoreRefused(f"{name} n’a pas la taille attendue.")
    return content


def read_secret_if_there(directory: Path, name: str) -> bytes | None:
    """Return a secret of the store, None once it was destroyed."""
    return read_secret(directory, name) if (directory / name).exists() else None


def destroy_secret(directory: Path, name: str) -> None:
    """Overwrite, then remove a secret; one that is gone already is no error.

    Overwriting is what a file system lets a program do; docs/threat-model.md says what copies may remain.
    """
    path = directory / name
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as stream:
            stream.write(secrets.token_bytes(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
        sync_directory(directory)


def sync_file(path: Path) -> None:
    """Make the content of a file last through a loss of power."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_directory(directory: Path) -> None:
    """Make the names of a directory last through a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
