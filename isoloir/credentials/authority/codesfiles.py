"""Opening the private directory that an issue wrote: in memory, shard by shard, by who holds an identity."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyrage.x25519 import Identity

from isoloir.credentials.authority.errors import CodesRefused, Fault
from isoloir.credentials.authority.invitation import REQUEST_FILE, Invitation, read_invitation
from isoloir.credentials.authority.recipients import decrypt

MANIFEST_FILE = "manifest.json"
_FORMAT = "isoloir-credential-codes"


@dataclass(frozen=True, slots=True)
class CodesDirectory:
    """A private directory whose manifest was read; shards are opened one at a time, and hold codes."""

    directory: Path
    invitation: Invitation
    manifest_sha256: str
    shards: tuple[dict[str, Any], ...]
    identities: tuple[Identity, ...] = field(repr=False)

    @property
    def sheets(self) -> int:
        return sum(shard["sheets"] for shard in self.shards)

    def files(self) -> Iterator[dict[str, Any]]:
        """Give the files of notices in the order of distribution, each with its sheets, their codes in clear.

        Raises CodesRefused.
        """
        for shard in self.shards:
            yield from self.open_shard(shard)

    def open_shard(self, shard: dict[str, Any]) -> list[dict[str, Any]]:
        """Open one shard in memory; return its files.  Raises CodesRefused."""
        try:
            content = (self.directory / shard["name"]).read_bytes()
        except OSError:
            raise _unreadable() from None
        if sha256(content).hexdigest() != shard["sha256"]:
            raise CodesRefused(
                f"{shard['name']} a changé depuis son émission", f"{shard['name']} changed since it was issued"
            )
        files: list[dict[str, Any]] = json.loads(decrypt(content, self.identities))["files"]
        return files


def open_codes(private: Path, identities: Sequence[Identity]) -> CodesDirectory:
    """Read the manifest of a private directory and see that the identities open its shards.  Raises CodesRefused."""
    faults: list[Fault] = []
    try:
        raw = (private / MANIFEST_FILE).read_bytes()
        manifest = json.loads(raw)
        if manifest["format"] != _FORMAT or manifest["version"] != 2:
            raise ValueError
        shards = tuple(
            {name: shard[name] for name in ("name", "first", "sheets", "sha256")} for shard in manifest["files"]
        )
        whole = all((private / shard["name"]).is_file() for shard in shards)
    except (OSError, ValueError, LookupError, TypeError):
        raise _unreadable() from None
    invitation = read_invitation(private / REQUEST_FILE, faults)
    if invitation is None or not shards or not whole:
        raise _unreadable()
    if sha256((private / REQUEST_FILE).read_bytes()).hexdigest() != manifest["request_sha256"]:
        raise CodesRefused("request.json n’est pas celui de l’émission", "request.json is not that of the issue")
    codes = CodesDirectory(private, invitation, sha256(raw).hexdigest(), shards, tuple(identities))
    codes.open_shard(shards[0])
    return codes


def read_codes(private: Path, identities: Sequence[Identity]) -> dict[str, str]:
    """Return every voter's code by reference: for a demonstration or a test, whose voters a program plays."""
    return {
        sheet["reference"]: sheet["code"]
        for file in open_codes(private, identities).files()
        for sheet in file["sheets"]
    }


def _unreadable() -> CodesRefused:
    return CodesRefused("dossier privé illisible ou incomplet", "unreadable or incomplete private directory")
