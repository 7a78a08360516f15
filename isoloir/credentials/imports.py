"""Importing what the credential authority issued: slots with their public keys, and sealed links, apart from each other.

Nothing here joins the two: a slot is written in an order drawn at random, a link beside its roll entry, and only the
contest's link key, outside the database, opens a link (docs/mechanisms/link-key.md).
"""

import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from nacl.exceptions import CryptoError

from isoloir.common.bulkrows import insert_rows
from isoloir.common.csvfiles import Column, CsvFile
from isoloir.common.errors import Faults
from isoloir.elections.actions import lock_before_register
from isoloir.elections.models import Contest, Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.roll.models import RollEntry

from .authority.sheets import is_sheet_number
from .errors import LinkKeyDestroyed
from .links import link_box
from .models import Slot, SlotKey, SlotLink
from .notices import replace_sheets

MANIFEST_FILE = "manifest.json"
SHEETS_FILE = "notices.csv"
_FORMAT = "isoloir-credential-issue"
_SLOT = re.compile(r"[1-9A-HJ-NP-Za-km-z]{22}")
_LARGEST_MANIFEST = 4 * 1024 * 1024

_SLOT_COLUMNS = (Column("slot", maximum=22), Column("public_key", maximum=64))
_SHEET_COLUMNS = (Column("number", maximum=20), Column("reference", maximum=40))
_LINK_COLUMNS = (Column("reference", maximum=40), Column("sealed_slot", maximum=200))


@dataclass(frozen=True, slots=True)
class SlotsImported:
    """What an import of slots did: how many slots each contest has, by code."""

    slots_by_contest: dict[str, int]

    @property
    def slots(self) -> int:
        return sum(self.slots_by_contest.values())


@dataclass(frozen=True, slots=True)
class _Issue:
    """What the manifest announces: the number of slots by contest, and the SHA-256 of each file in hexadecimal."""

    slots: dict[str, int]
    digests: dict[str, str]


@dataclass(slots=True)
class _ReadContest:
    """What was read for one contest: public key by slot, and sealed slot by roll entry."""

    contest: Contest
    keys: dict[str, str]
    links: dict[int, bytes]


def import_slots(*, election: Election, directory: Path, actor: str, at: datetime) -> SlotsImported:
    """Import the directory `portal` that `isoloir codes issue` wrote. Raises as `load_slots`, and OSError."""
    names = [MANIFEST_FILE, SHEETS_FILE]
    for uuid in election.contests.values_list("uuid", flat=True):
        names += [f"{uuid}.slots.csv", f"{uuid}.links.csv"]
    files = _Folder({name: directory / name for name in names if (directory / name).is_file()})
    return load_slots(election=election, files=files, actor=actor, at=at)


class _Folder(Mapping[str, bytes]):
    """Files by name, each read when it is asked for and not kept: those of a whole election are some 700 MB."""

    def __init__(self, paths: dict[str, Path]) -> None:
        self._paths = paths

    def __getitem__(self, name: str) -> bytes:
        return self._paths[name].read_bytes()

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


@transaction.atomic
def load_slots(*, election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> SlotsImported:
    """Make the slots of the election those of these files, by name. Raises ImportRefused, ElectionSealed.

    Every public key is a member of the group, every link opens to a slot of its contest, and the roll, the slots and the
    links of each contest are in one-to-one correspondence; else nothing is loaded and every bad line is named.
    """
    election = lock_before_register(election)
    faults = Faults()
    contests = list(election.contests.order_by("code"))
    manifest = files.get(MANIFEST_FILE, b"")
    issue = _check_manifest(contests, manifest, files, faults)
    faults.refuse_if_any()
    _delete_slots(election)
    imported = SlotsImported({contest.code: _load_contest(contest, files, issue, faults) for contest in contests})
    sheets = _read_sheets(election, _checked(SHEETS_FILE, files, issue, faults), faults)
    # What was written goes with the transaction.
    faults.refuse_if_any()
    replace_sheets(election, sheets, at=at)
    record(
        Kind.SLOTS_IMPORTED, actor=actor, at=at, subject=election.slug,
        facts={"manifest_sha256": hashlib.sha256(manifest).hexdigest(), "slots": imported.slots_by_contest},
    )  # fmt: skip
    return imported


def _checked(name: str, files: Mapping[str, bytes], issue: _Issue, faults: Faults) -> bytes:
    """Return the content of a file, whose hash is that of the manifest: it may have changed since it was first read."""
    content = files[name]
    if hashlib.sha256(content).hexdigest() != issue.digests.get(name):
        faults.add(name, None, "", _("L’empreinte de ce fichier n’est pas celle du manifeste."))
    return content


def _load_contest(contest: Contest, files: Mapping[str, bytes], issue: _Issue, faults: Faults) -> int:
    """Read one contest, and write it unless a fault was noted; return its number of slots.

    One at a time, so that memory holds one contest and not the whole election.
    """
    read = _read_contest(contest, files, issue, faults)
    if not faults:
        _write_contest(read)
    return len(read.keys)


def _check_manifest(contests: list[Contest], content: bytes, files: Mapping[str, bytes], faults: Faults) -> _Issue:
    """Check the manifest and the hash of every file; return what it announces."""
    try:
        manifest = _read_manifest(content)
        digests = {str(file["name"]): str(file["sha256"]) for file in manifest["files"]}
        counts = {str(contest["uuid"]): int(contest["slots"]) for contest in manifest["contests"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        faults.add(
            MANIFEST_FILE, None, "", _("Le manifeste manque ou n’est pas celui d’une émission de codes de vote.")
        )
        return _Issue({}, {})
    if set(counts) != {contest.uuid for contest in contests}:
        faults.add(MANIFEST_FILE, None, "contests", _("Les scrutins de l’émission ne sont pas ceux de l’élection."))
        return _Issue(counts, digests)
    names = [f"{contest.uuid}.{kind}.csv" for contest in contests for kind in ("slots", "links")]
    for name in (*names, SHEETS_FILE):
        if name not in files:
            faults.add(name, None, "", _("Ce fichier manque."))
        elif hashlib.sha256(files[name]).hexdigest() != digests.get(name):
            faults.add(name, None, "", _("L’empreinte de ce fichier n’est pas celle du manifeste."))
    return _Issue(counts, digests)


def _read_manifest(content: bytes) -> dict[str, Any]:
    """Return the manifest. Raises ValueError, KeyError, TypeError for any other content."""
    if len(content) > _LARGEST_MANIFEST:
        raise ValueError
    manifest: dict[str, Any] = json.loads(content)
    if manifest["format"] != _FORMAT or manifest["version"] != 1:
        raise ValueError
    return manifest


def _read_contest(contest: Contest, files: Mapping[str, bytes], issue: _Issue, faults: Faults) -> _ReadContest:
    announced = issue.slots[contest.uuid]
    slots_name, links_name = f"{contest.uuid}.slots.csv", f"{contest.uuid}.links.csv"
    entries = dict(RollEntry.objects.filter(contest=contest).values_list("voter__reference", "pk"))
    if not entries and not announced:
        return _ReadContest(contest, {}, {})
    content = _checked(slots_name, files, issue, faults)
    slots_file = CsvFile(name=slots_name, content=content, columns=_SLOT_COLUMNS, faults=faults)
    keys = _read_slots(slots_file)
    content = _checked(links_name, files, issue, faults)
    links_file = CsvFile(name=links_name, content=content, columns=_LINK_COLUMNS, faults=faults)
    links = _read_links(links_file, contest, entries, keys)
    facts = {"code": contest.code, "voters": len(entries), "slots": len(keys), "links": len(links)}
    if slots_file.is_complete and links_file.is_complete and not len(entries) == len(keys) == len(links) == announced:
        message = _("Scrutin %(code)s : %(voters)d inscrits, mais %(slots)d places et %(links)d liens valables.")
        faults.add(links_name, None, "", message % facts)
    return _ReadContest(contest, keys, links)


def _read_sheets(election: Election, content: bytes, faults: Faults) -> dict[int, str]:
    """Return the number of each voter's sheet: every voter who has a code has one, and a number is one voter's."""
    file = CsvFile(name=SHEETS_FILE, content=content, columns=_SHEET_COLUMNS, faults=faults)
    voters = dict(election.voters.values_list("reference", "pk"))
    numbers: dict[int, str] = {}
    lines: dict[str, int] = {}
    for line in file.lines():
        number, reference = line.cells
        if not is_sheet_number(number):
            file.fault(line.number, "number", _("Ce n’est pas un numéro de notice."))
        for column, value in (("number", number), ("reference", reference)):
            first = lines.setdefault(value, line.number)
            if first != line.number:
                file.fault(line.number, column, _("Cette valeur est déjà à la ligne %(line)d.") % {"line": first})
        if reference in voters:
            numbers[voters[reference]] = number
        else:
            file.fault(line.number, "reference", _("Cette référence n’est pas sur la liste électorale."))
    if file.is_complete and len(numbers) != len(voters):
        message = _("%(voters)d inscrits, mais %(sheets)d notices valables.")
        faults.add(SHEETS_FILE, None, "", message % {"voters": len(voters), "sheets": len(numbers)})
    return numbers


def _read_slots(file: CsvFile) -> dict[str, str]:
    """Return the public key of each slot."""
    keys: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line in file.lines():
        slot, public_key = line.cells
        try:
            Element.parse_key(public_key)
        except ProtocolError as error:
            message = _("Cette clé publique n’est pas valable (%(code)s).") % {"code": error.code}
            file.fault(line.number, "public_key", message)
        if not _SLOT.fullmatch(slot):
            file.fault(line.number, "slot", _("Une place est un texte de 22 caractères Base58."))
        for column, value in (("slot", slot), ("public_key", public_key)):
            first = lines.setdefault(value, line.number)
            if first != line.number:
                file.fault(line.number, column, _("Cette valeur est déjà à la ligne %(line)d.") % {"line": first})
        keys[slot] = public_key
    return keys


def _read_links(
    file: CsvFile, contest: Contest, entries: Mapping[str, int], slots: Mapping[str, str]
) -> dict[int, bytes]:
    """Return the sealed slot of each roll entry, each opened once to see that it leads to a slot of its own."""
    try:
        box = link_box(contest)
    except LinkKeyDestroyed:
        file.fault(None, "", _("Ce scrutin n’a pas de clé de liaison : exportez d’abord la demande de codes."))
        return {}
    links: dict[int, bytes] = {}
    references: dict[str, int] = {}
    taken: dict[str, int] = {}
    for line in file.lines():
        reference, text = line.cells
        first = references.setdefault(reference, line.number)
        if reference not in entries:
            file.fault(line.number, "reference", _("Cette référence n’est pas sur la liste électorale du scrutin."))
        elif first != line.number:
            file.fault(line.number, "reference", _("Cette référence est déjà à la ligne %(line)d.") % {"line": first})
        try:
            sealed = base64.b64decode(text, validate=True)
            slot = box.decrypt(sealed).decode("ascii")
        except (binascii.Error, CryptoError, UnicodeDecodeError, ValueError):
            file.fault(line.number, "sealed_slot", _("Ce lien ne s’ouvre pas avec la clé de liaison du scrutin."))
            continue
        if slot not in slots:
            file.fault(line.number, "sealed_slot", _("Ce lien ne mène à aucune place valable du scrutin."))
        elif taken.setdefault(slot, line.number) != line.number:
            message = _("Ce lien mène à la même place que celui de la ligne %(line)d.") % {"line": taken[slot]}
            file.fault(line.number, "sealed_slot", message)
        elif reference in entries:
            links[entries[reference]] = sealed
    return links


def _delete_slots(election: Election) -> None:
    SlotLink.objects.filter(entry__contest__election=election).delete()
    SlotKey.objects.filter(contest__election=election).delete()
    former = Slot.objects.filter(contest__election=election)
    former._raw_delete(former.db)


def _write_contest(read: _ReadContest) -> None:
    contest = read.contest.pk
    names = list(read.keys)
    # An order drawn now: neither keys nor places on disk follow those of the links.
    secrets.SystemRandom().shuffle(names)
    insert_rows(Slot, ("contest", "name"), ((contest, name) for name in names))
    slots = dict(Slot.objects.filter(contest=contest).values_list("name", "pk"))
    rows = ((slots[name], contest, 0, read.keys[name]) for name in names)
    insert_rows(SlotKey, ("slot", "contest", "generation", "public_key"), rows)
    insert_rows(SlotLink, ("entry", "sealed_slot"), sorted(read.links.items()))
