"""The register of keys of a contest (`docs/specification/reissue.md`): reading it strictly, line after line.

One implementation for all: the verifier reads whole files with it, the portal and the registrar check with it each
line before they sign it. A line that is refused leaves the state as it was.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Literal

from isoloir_protocol import jsontext
from isoloir_protocol.credentials import check_uuid
from isoloir_protocol.errors import FormatRefused, RegisterRefused, SignatureRefused
from isoloir_protocol.group import Element
from isoloir_protocol.proofs import hex_hash
from isoloir_protocol.register_lines import (
    MOST_ENTRIES,
    SIGNATURE,
    SLOT,
    Line,
    Signer,
    closing_line,
    is_signed,
    line_hash,
    line_message,
    opening_line,
    prove_new_key,
    reissue_message,
    reissues_line,
    sealing_line,
    signed_text,
    unsigned_text,
    verify_new_key,
)

__all__ = [
    "LONGEST_LINE",
    "LONGEST_OPENING",
    "MOST_ENTRIES",
    "MOST_REISSUES",
    "Line",
    "RegisterReader",
    "RegisterState",
    "Signer",
    "closing_line",
    "is_signed",
    "line_hash",
    "line_message",
    "opening_line",
    "prove_new_key",
    "register_lines",
    "reissue_message",
    "reissues_line",
    "sealing_line",
    "signed_text",
    "unsigned_text",
    "verify_new_key",
    "verify_register",
]

#: The opening, in bytes: two million slots of 94 bytes fit. Any other line: `MOST_ENTRIES` of 700 bytes fit.
LONGEST_OPENING: Final = jsontext.LONGEST_TEXT
LONGEST_LINE: Final = 16 * 1024 * 1024
#: The largest limit of re-issues per slot that an opening may set.
MOST_REISSUES: Final = 9

_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FINGERPRINT = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)

#: The members of each type of line between its type and its signatures.
_MEMBERS: Final = {
    "Opening": ("contest", "limit", "portal", "registrar", "slots"),
    "Reissues": ("entries",),
    "Sealing": ("fingerprint", "voters"),
    "Closing": ("credentials", "reissues"),
}


@dataclass(slots=True)
class RegisterState:
    """What a register says so far; keys of slots are texts `ser(X)`, all verified members of the group."""

    uuid: str = ""
    limit: int = 0
    portal: str = ""
    registrar: str | None = None
    live: dict[str, tuple[int, str]] = field(default_factory=dict)
    dead: dict[str, tuple[str, int]] = field(default_factory=dict)
    height: int = -1
    head: str = ""
    fingerprint: str | None = None
    closed: bool = False
    reissues: int = 0
    credentials_hash: str | None = None

    def credentials_record(self) -> bytes:
        """The credentials record of the archive: the live keys, sorted by text (§5 of contest-record.md)."""
        return jsontext.canonical(sorted(key for _, key in self.live.values())).encode("ascii")


@dataclass(slots=True)
class _Changes:
    """What a line brings, put into the state only once the whole line was checked."""

    live: dict[str, tuple[int, str]] = field(default_factory=dict)
    dead: dict[str, tuple[str, int]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    entries: int = 0


class RegisterReader:
    """Reads the lines of one register in order. Every refusal is a `ProtocolError`; the state then stays as it was.

    Given a state, it goes on from there: the portal and the registrar need not read from the first line each time.
    """

    def __init__(self, state: RegisterState | None = None) -> None:
        self.state = state or RegisterState()
        self._keys = set(self.state.dead) | {key for _, key in self.state.live.values()}

    def take(self, line: bytes) -> None:
        """Check a published line (without its line feed) and add what it says to the state."""
        value = self._read(line, signed=True)
        changes = self._checked(value)
        opening = value if value["type"] == "Opening" else None
        self._check_line_signatures(value, opening)
        self._apply(value, changes, hex_hash(line))

    def check_unsigned(self, line: bytes) -> None:
        """Check, before signing it, a line without signatures; entries must bear theirs. The state does not change."""
        self._checked(self._read(line, signed=False))

    def finish(self) -> RegisterState:
        """Give the state after the last line. Raises `RegisterRefused` (`register-empty`)."""
        if self.state.height < 0:
            raise RegisterRefused("register-empty")
        return self.state

    # --- form and place of a line

    def _read(self, line: bytes, *, signed: bool) -> Line:
        height = self.state.height + 1
        limit = LONGEST_OPENING if height == 0 else LONGEST_LINE
        value = jsontext.read(line, limit=limit)
        if type(value) is not dict:
            raise RegisterRefused("register-misplaced-line", height=height)
        kind = value.get("type")
        if type(kind) is not str or kind not in _MEMBERS or not self._may_come(kind):
            raise RegisterRefused("register-misplaced-line", height=height)
        _check_members(value, kind, height, signed=signed)
        if kind != "Opening" and value["parent"] != self.state.head:
            raise RegisterRefused("register-wrong-parent", height=height)
        if type(value["height"]) is not int or value["height"] != height:
            raise RegisterRefused("register-wrong-height", height=height)
        return value

    def _may_come(self, kind: str) -> bool:
        """The order of lines (R4): Opening, then Reissues and one Sealing, then Closing."""
        state = self.state
        if state.height < 0 or state.closed:
            return kind == "Opening" and state.height < 0
        if kind == "Reissues":
            return True
        return kind == ("Sealing" if state.fingerprint is None else "Closing")

    # --- meaning of a line

    def _checked(self, value: Line) -> _Changes:
        kind = value["type"]
        if kind == "Opening":
            return self._check_opening(value)
        if kind == "Reissues":
            return self._check_reissues(value)
        if kind == "Sealing":
            jsontext.text(value["fingerprint"], "fingerprint", _FINGERPRINT)
            voters = jsontext.integer(value["voters"], "voters", 0, jsontext.LARGEST_NUMBER)
            if voters != len(self.state.live):
                raise RegisterRefused("register-wrong-voters", published=voters, computed=len(self.state.live))
        else:
            self._check_closing(value)
        return _Changes()

    def _check_opening(self, value: Line) -> _Changes:
        check_uuid(value["contest"])
        jsontext.integer(value["limit"], "limit", 0, MOST_REISSUES)
        jsontext.text(value["portal"], "portal", _KEY)
        if "registrar" in value and jsontext.text(value["registrar"], "registrar", _KEY) == value["portal"]:
            raise RegisterRefused("register-one-signer")
        changes, last = _Changes(), ""
        for pair in jsontext.items(value["slots"], "slots"):
            slot, key = jsontext.items(pair, "slot", 2)
            jsontext.text(slot, "slot", SLOT)
            if slot <= last:
                raise RegisterRefused("two-live-keys" if slot == last else "register-not-sorted", height=0, slot=slot)
            Element.parse_key(key)
            if key in changes.keys:
                raise RegisterRefused("key-used-twice", height=0, slot=slot)
            changes.keys.add(key)
            changes.live[slot] = (0, key)
            last = slot
        return changes

    def _check_reissues(self, value: Line) -> _Changes:
        height = value["height"]
        if self.state.registrar is None:
            raise RegisterRefused("reissue-without-registrar", height=height)
        entries = jsontext.items(value["entries"], "entries")
        if not 1 <= len(entries) <= MOST_ENTRIES:
            raise RegisterRefused("register-bad-batch", height=height, limit=MOST_ENTRIES)
        changes = _Changes()
        last = ("", 0)
        for entry in entries:
            place = _read_place(entry, height)
            if place < last:
                raise RegisterRefused("register-not-sorted", height=height, slot=place[0])
            self._check_entry(entry, height, changes)
            last = place
        return changes

    def _check_entry(self, entry: dict[str, Any], height: int, changes: _Changes) -> None:
        slot, generation = entry["slot"], entry["generation"]
        current = changes.live.get(slot) or self.state.live.get(slot)
        if current is None:
            raise RegisterRefused("unknown-slot", height=height, slot=slot)
        if generation <= current[0]:
            raise RegisterRefused("two-live-keys", height=height, slot=slot)
        if generation > current[0] + 1:
            raise RegisterRefused("generation-skipped", height=height, slot=slot, generation=current[0] + 1)
        if generation > self.state.limit:
            raise RegisterRefused("reissue-limit-exceeded", height=height, slot=slot, limit=self.state.limit)
        key = Element.parse_key(entry["key"])
        if key.text in self._keys or key.text in changes.keys:
            raise RegisterRefused("key-used-twice", height=height, slot=slot)
        self._check_entry_signatures(entry, height, Element.parse_key(current[1]), key)
        changes.dead[current[1]] = (slot, current[0])
        changes.live[slot] = (generation, key.text)
        changes.keys.add(key.text)
        changes.entries += 1

    def _check_closing(self, value: Line) -> None:
        state = self.state
        jsontext.text(value["credentials"], "credentials", _KEY)
        reissues = jsontext.integer(value["reissues"], "reissues", 0, jsontext.LARGEST_NUMBER)
        if reissues != state.reissues:
            raise RegisterRefused("register-wrong-count", published=reissues, computed=state.reissues)
        if value["credentials"] != hex_hash(state.credentials_record()):
            raise RegisterRefused("register-wrong-credentials")

    # --- signatures

    def _check_entry_signatures(self, entry: dict[str, Any], height: int, previous: Element, key: Element) -> None:
        slot, state = entry["slot"], self.state
        message = reissue_message(
            uuid=state.uuid, slot=slot, generation=entry["generation"], previous=previous, key=key
        )
        try:
            verify_new_key(key=key, message=message, proof=entry["possession"])
        except SignatureRefused as fault:
            raise SignatureRefused(fault.code, height=height, slot=slot) from None
        signers: tuple[tuple[Literal["portal", "registrar"], str | None], ...]
        signers = (("portal", state.portal), ("registrar", state.registrar))
        for signer, public_key in signers:
            if public_key is None or not is_signed(key=public_key, message=message, signature=entry[signer]):
                raise RegisterRefused(f"{signer}-signature-wrong", height=height, slot=slot)

    def _check_line_signatures(self, value: Line, opening: Line | None) -> None:
        """Check both signatures of a line; the opening says itself under which keys."""
        source: Mapping[str, Any]
        source = opening or {"contest": self.state.uuid, "portal": self.state.portal, "registrar": self.state.registrar}
        message = line_message(uuid=source["contest"], unsigned=unsigned_text(value))
        signatures = value["signatures"]
        if type(signatures) is not dict:
            raise RegisterRefused("line-portal-signature-missing", height=value["height"])
        signers = tuple(signer for signer in ("portal", "registrar") if source.get(signer))
        for signer in signers:
            if signer not in signatures:
                raise RegisterRefused(f"line-{signer}-signature-missing", height=value["height"])
        jsontext.members(signatures, "signatures", signers)
        for signer in signers:
            signature = jsontext.text(signatures[signer], "signatures", SIGNATURE)
            if not is_signed(key=source[signer], message=message, signature=signature):
                raise RegisterRefused(f"line-{signer}-signature-wrong", height=value["height"])

    def _apply(self, value: Line, changes: _Changes, head: str) -> None:
        state, kind = self.state, value["type"]
        if kind == "Opening":
            state.uuid, state.limit, state.portal = value["contest"], value["limit"], value["portal"]
            state.registrar = value.get("registrar")
        elif kind == "Sealing":
            state.fingerprint = value["fingerprint"]
        elif kind == "Closing":
            state.closed, state.credentials_hash = True, value["credentials"]
        state.live |= changes.live
        state.dead |= changes.dead
        self._keys |= changes.keys
        state.reissues += changes.entries
        state.height, state.head = value["height"], head


def _check_members(value: Line, kind: str, height: int, *, signed: bool) -> None:
    before = ("height", "type") if kind == "Opening" else ("parent", "height", "type")
    own = tuple(member for member in _MEMBERS[kind] if member != "registrar" or member in value)
    if signed and "signatures" not in value:
        raise RegisterRefused("line-portal-signature-missing", height=height)
    jsontext.members(value, kind, (*before, *own, *(("signatures",) if signed else ())))


def _read_place(entry: Any, height: int) -> tuple[str, int]:
    """Check the form of an entry; gives its slot and its generation."""
    if type(entry) is dict:
        for signer in ("portal", "registrar"):
            if signer not in entry:
                raise RegisterRefused(
                    f"{signer}-signature-missing", height=height, slot=str(entry.get("slot", "?"))[:22]
                )
    jsontext.members(entry, "entry", ("slot", "generation", "key", "possession", "portal", "registrar"))
    slot = jsontext.text(entry["slot"], "slot", SLOT)
    generation = jsontext.integer(entry["generation"], "generation", 1, jsontext.LARGEST_NUMBER)
    for signer in ("portal", "registrar"):
        jsontext.text(entry[signer], signer, SIGNATURE)
    return slot, generation


def register_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a register one by one, without their line feeds.

    Raises `FormatRefused` (`too-long`), `RegisterRefused` (`register-truncated`).
    """
    limit = LONGEST_OPENING
    while line := stream.readline(limit + 2):
        if not line.endswith(b"\n"):
            if len(line) > limit:
                raise FormatRefused("too-long", limit=limit)
            raise RegisterRefused("register-truncated")
        yield line[:-1]
        limit = LONGEST_LINE


def verify_register(stream: BinaryIO) -> RegisterState:
    """Check a whole register, closed or not yet. Raises a `ProtocolError` at the first fault."""
    reader = RegisterReader()
    for line in register_lines(stream):
        reader.take(line)
    return reader.finish()
