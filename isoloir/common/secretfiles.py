"""Secrets that must not be in the database: one file each, readable by the service's account alone."""

import contextlib
import os
import secrets
from pathlib import Path

from django.conf import settings


class SecretMissing(LookupError):
    """The secret was never made, or was destroyed on purpose."""


def _path(name: str) -> Path:
    return Path(settings.SECRETS_DIR) / name


def ensure_secret(name: str, *, size: int = 32) -> bytes:
    """Return the secret called `name` (`size` bytes), making it from the operating system's randomness at first use."""
    path = _path(name)
    if not path.exists():
        create_secret(name, secrets.token_bytes(size))
    return read_secret(name)


def create_secret(name: str, value: bytes) -> None:
    """Write a new secret; a secret that exists already is left as it is, so that two processes agree."""
    path = _path(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(value)
            stream.flush()
            os.fsync(stream.fileno())
        # A link is atomic and refuses an existing name: the first writer wins, the second reads the winner's value.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def read_secret(name: str) -> bytes:
    """Return the secret called `name`. Raises SecretMissing."""
    try:
        return _path(name).read_bytes()
    except FileNotFoundError:
        raise SecretMissing(name) from None


def destroy_secret(name: str) -> None:
    """Overwrite, then remove the secret; removing what is gone already is not an error.

    Overwriting is what a file system lets a program do; docs/threat-model.md says what copies may remain.
    """
    path = _path(name)
    try:
        size = path.stat().st_size
        with path.open("r+b") as stream:
            stream.write(secrets.token_bytes(size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
