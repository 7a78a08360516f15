"""Making a store from the authority's issue: the directory `registrar` that `isoloir codes issue` writes.

Memory is bounded, whatever the number of voters: files are read line by line through their recorded SHA-256, and go into
one transaction; a store is whole or does not exist.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from isoloir_protocol.credentials import check_uuid
from isoloir_protocol.errors import CredentialRefused
from isoloir_protocol.register_lines import SLOT
from nacl.signing import SigningKey

from isoloir.credentials.identifiers import COLUMNS, KINDS, IdentifiersRefused, read_identifiers_file

from .configuration import Configuration
from .errors import StoreRefused
from .files import (
    DATABASE,
    EVIDENCE_PEPPER,
    SECRET_SIZE,
    SIGNING_KEY,
    TAG_KEY,
    sync_directory,
    sync_file,
    write_private,
)
from .grants import person_tag
from .requests import HASH
from .store import INDEXES, SCHEMA, connect

FORMAT = "isoloir-credential-rights"
Progress = Callable[[int, int], None]
_PIECE = 5_000
_LONGEST_LINE = 4_000
_LONGEST_MANIFEST = 16 * 1024 * 1024
_RIGHT = re.compile(rf"({SLOT.pattern});([0-9a-f]{{64}});([0-9a-f]{{64}})", re.ASCII)


def unseen(_done: int, _total: int) -> None:
    """Show nothing."""


def make_store(
    directory: Path, *, issue: Path, configuration: Configuration, identifiers: Path | None,
    progress: Progress = unseen,
) -> str:  # fmt: skip
    """Make a new store and its key; return the registrar's public key (hex). Raises StoreRefused, OSError.

    `identifiers` is identifiers.csv: NUMEN, NIR, birth of the voters, of which keyed hashes alone are kept.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise StoreRefused(f"{directory} existe déjà et n’est pas vide : rien n’a été fait.")
    loading = _Loading(issue, progress)
    working = directory.with_name(f".{directory.name}.{os.getpid()}.partial")
    working.mkdir(mode=0o700, parents=True)
    try:
        key = SigningKey.generate()
        write_private(working / SIGNING_KEY, key.encode())
        write_private(working / EVIDENCE_PEPPER, os.urandom(SECRET_SIZE))
        write_private(working / TAG_KEY, loading.tag_key)
        configuration.write(working)
        loading.fill(working, identifiers)
        sync_file(working / DATABASE)
        sync_directory(working)
        if directory.exists():
            directory.rmdir()
        working.rename(directory)
        sync_directory(directory.parent)
    except BaseException:
        shutil.rmtree(working, ignore_errors=True)
        raise
    return key.verify_key.encode().hex()


class _Loading:
    """One issue being read."""

    def __init__(self, issue: Path, progress: Progress) -> None:
        self._issue = issue
        self._progress = progress
        self._manifest = _read_manifest(issue)
        self._files = {file["name"]: file for file in self._manifest["files"]}
        self._total = sum(file["rows"] for file in self._files.values())
        self._done = 0
        text = (issue / TAG_KEY).read_text(encoding="ascii", errors="replace").strip()
        if HASH.fullmatch(text) is None:
            raise StoreRefused(f"{issue / TAG_KEY} n’est pas une clé de 64 chiffres hexadécimaux.")
        self.tag_key = bytes.fromhex(text)

    def fill(self, directory: Path, identifiers: Path | None) -> None:
        """Write the database of a store."""
        write_private(directory / DATABASE, b"")
        connection = connect(directory / DATABASE)
        try:
            # Nothing to undo: a load that fails is thrown away whole. The file is on the disk before it gets its name.
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(f"BEGIN;{SCHEMA}")
            for number, contest in enumerate(self._manifest["contests"], start=1):
                self._load_contest(connection, number, contest)
            self._load_people(connection)
            if identifiers is not None:
                _load_identifiers(connection, directory, identifiers, self.tag_key)
            try:
                connection.execute(INDEXES)
            except sqlite3.IntegrityError:
                raise StoreRefused(
                    "Deux places d’un même scrutin ont la même clé : cette émission est fautive."
                ) from None
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()

    def _load_contest(self, connection: sqlite3.Connection, number: int, contest: dict[str, Any]) -> None:
        connection.execute("INSERT INTO contests (number, uuid) VALUES (?, ?)", (number, contest["uuid"]))
        name = f"rights-{contest['uuid']}.csv"
        last = ""
        for piece in self._pieces(name, "slot;public_key;tag"):
            rows = []
            for line in piece:
                found = _RIGHT.fullmatch(line)
                if found is None or found[1] <= last:
                    raise StoreRefused(f"{name} : une ligne n’a pas sa forme, ou n’est pas à sa place.")
                last = found[1]
                rows.append((number, last, bytes.fromhex(found[2]), bytes.fromhex(found[3])))
            connection.executemany("INSERT INTO places VALUES (?, ?, ?, ?)", rows)

    def _load_people(self, connection: sqlite3.Connection) -> None:
        for piece in self._pieces("people.csv", "person"):
            if not all(HASH.fullmatch(line) for line in piece):
                raise StoreRefused("people.csv : une ligne n’a pas sa forme.")
            rows = ((bytes.fromhex(line),) for line in piece)
            try:
                connection.executemany("INSERT INTO people (person) VALUES (?)", rows)
            except sqlite3.IntegrityError:
                raise StoreRefused("people.csv : une personne y est deux fois.") from None

    def _pieces(self, name: str, header: str) -> Iterator[list[str]]:
        """Give the lines of a file of the issue, some at a time; at the end, check it against the manifest."""
        facts = self._files.get(name)
        if facts is None:
            raise StoreRefused(f"{name} n’est pas dans le manifeste.")
        digest, rows = hashlib.sha256(), 0
        with (self._issue / name).open("rb") as stream:
            first = stream.readline(_LONGEST_LINE)
            digest.update(first)
            if first != f"{header}\n".encode():
                raise StoreRefused(f"{name} : la première ligne doit être « {header} ».")
            while lines := list(islice(iter(lambda: stream.readline(_LONGEST_LINE), b""), _PIECE)):
                digest.update(b"".join(lines))
                rows += len(lines)
                yield [line.decode("ascii", errors="replace").removesuffix("\n") for line in lines]
                self._done += len(lines)
                self._progress(self._done, self._total)
        if digest.hexdigest() != facts["sha256"] or rows != facts["rows"]:
            raise StoreRefused(f"{name} n’est pas le fichier que décrit le manifeste.")


def _read_manifest(issue: Path) -> dict[str, Any]:
    """Read manifest.json of an issue's directory `registrar`. Raises StoreRefused."""
    path = issue / "manifest.json"
    try:
        with path.open("rb") as stream:
            manifest = json.loads(stream.read(_LONGEST_MANIFEST))
        uuids = [check_uuid(contest["uuid"]) for contest in manifest["contests"]]
        well_formed = manifest["format"] == FORMAT and manifest["version"] == 1 and len(set(uuids)) == len(uuids) > 0
        for file in manifest["files"]:
            well_formed = well_formed and type(file["rows"]) is int and HASH.fullmatch(file["sha256"]) is not None
            well_formed = well_formed and type(file["name"]) is str
    except FileNotFoundError:
        raise StoreRefused(
            f"{issue} n’est pas le dossier « registrar » d’une émission : manifest.json manque."
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError, CredentialRefused):
        well_formed = False
    if not well_formed:
        raise StoreRefused(f"{path} n’est pas le manifeste d’un dossier « registrar ».")
    return dict(manifest)


def _load_identifiers(connection: sqlite3.Connection, directory: Path, path: Path, tag_key: bytes) -> None:
    """Keep hashes of what identifiers.csv says, under the store's own pepper; people who have no code are left out."""
    pepper = (directory / EVIDENCE_PEPPER).read_bytes()
    update = f"UPDATE people SET {', '.join(f'{kind} = :{kind}' for kind in KINDS)} WHERE person = :person"  # noqa: S608
    seen: set[bytes] = set()
    for before, content in _pieces_of_identifiers(path):
        try:
            people = read_identifiers_file(content)
        except IdentifiersRefused as refused:
            fault = refused.faults[0]
            line = f", ligne {fault.line + before}" if fault.line else ""
            raise StoreRefused(f"{path.name}{line} : {fault.column or 'fichier'} ({fault.code}).") from None
        rows = []
        for person in people:
            tag = person_tag(tag_key, person.reference)
            if tag in seen:
                raise StoreRefused(f"{path.name} : un électeur y est deux fois.")
            seen.add(tag)
            rows.append({**person.hashes(pepper), "person": tag})
        connection.executemany(update, rows)


def _pieces_of_identifiers(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the file by pieces, each under its titles, with how many lines came before those of the piece."""
    with path.open("rb") as stream:
        titles = stream.readline(_LONGEST_LINE)
        before = 0
        while lines := list(islice(iter(lambda: stream.readline(_LONGEST_LINE), b""), _PIECE)):
            if any(line.strip(b";, \r\n") for line in lines):
                yield before, titles + b"".join(lines)
            before += len(lines)
        if before == 0:
            yield 0, titles


def identifiers_columns() -> str:
    """Return the titles that identifiers.csv must have, for people."""
    return ";".join(COLUMNS)
