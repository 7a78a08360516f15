"""The lines of a contest's register of keys, to the byte, and the texts that are signed there.

The format is that of `docs/specification/reissue.md`, whose sections the docstrings name (R1, R2…). Nothing here
decides whether a line may come where it stands: `register.py` does.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from isoloir_protocol.base58 import ALPHABET
from isoloir_protocol.credentials import check_uuid
from isoloir_protocol.errors import RegisterRefused, SignatureRefused
from isoloir_protocol.group import Element
from isoloir_protocol.jsontext import canonical
from isoloir_protocol.proofs import Random, hex_hash
from isoloir_protocol.signatures import sign_message, verify_message

#: Signs bytes by plain Ed25519 (RFC 8032): 64 bytes come out.
Signer = Callable[[bytes], bytes]
Line = dict[str, Any]

#: A line holds no more entries, so that none is longer than `register.LONGEST_LINE`; a publisher makes several lines.
MOST_ENTRIES: Final = 10_000

SLOT: Final = re.compile(f"[{ALPHABET}]{{22}}", re.ASCII)
SIGNATURE: Final = re.compile(r"[0-9a-f]{128}", re.ASCII)


def reissue_message(*, uuid: str, slot: str, generation: int, previous: Element, key: Element) -> str:
    """The text that the portal, the registrar and the new key itself sign: it binds all that a re-issue changes (R3).

    Raises `CredentialRefused` (`bad-uuid`), `RegisterRefused` (`bad-slot`).
    """
    if SLOT.fullmatch(slot) is None:
        raise RegisterRefused("bad-slot")
    return f"isoloir-reissue|{check_uuid(uuid)}|{slot}|{generation}|{previous.text}|{key.text}"


def line_message(*, uuid: str, unsigned: str) -> str:
    """The text that signs a line; `unsigned` is the canonical text of the line without its signatures (R3)."""
    return f"isoloir-register|{check_uuid(uuid)}|{hex_hash(unsigned.encode('utf-8'))}"


def prove_new_key(*, secret: int, message: str, random: Random) -> dict[str, str]:
    """Sign `reissue_message` with the secret of the new key; gives the member `possession` of an entry (R3)."""
    return sign_message(secret=secret, message=message, random=random)


def verify_new_key(*, key: Element, message: str, proof: Any) -> None:
    """Check the proof that the new key's secret is known. Raises `FormatRefused`, `SignatureRefused`.

    The code of the latter is `wrong-reissue-possession`.
    """
    try:
        verify_message(public_key=key, message=message, proof=proof)
    except SignatureRefused:
        raise SignatureRefused("wrong-reissue-possession") from None


def is_signed(*, key: str, message: str, signature: str) -> bool:
    """Tell whether `signature` (128 hex digits) is that of an ASCII text under an Ed25519 key (64 hex digits).

    Both must have their form; libsodium refuses keys of small order and signatures that are not canonical.
    """
    try:
        VerifyKey(bytes.fromhex(key)).verify(message.encode("ascii"), bytes.fromhex(signature))
    except (CryptoError, ValueError):
        return False
    return True


def opening_line(
    *, uuid: str, limit: int, portal: str, registrar: str | None, slots: Iterable[tuple[str, str]]
) -> Line:
    """The first line, unsigned (R2): `slots` are pairs (slot, key of generation 0), sorted here.

    `portal` and `registrar` are Ed25519 public keys in hexadecimal; no registrar means no re-issue, ever.
    """
    keys = {"portal": portal} if registrar is None else {"portal": portal, "registrar": registrar}
    listed = [[slot, key] for slot, key in sorted(slots)]
    return {"height": 0, "type": "Opening", "contest": check_uuid(uuid), "limit": limit, **keys, "slots": listed}


def reissues_line(*, parent: str, height: int, entries: Iterable[Mapping[str, Any]]) -> Line:
    """A batch of re-issues, unsigned (R2); entries are sorted here by slot and generation.

    Each has the members slot, generation, key, possession, portal, registrar. Raises ValueError when there is none,
    or more than `MOST_ENTRIES`.
    """
    members = ("slot", "generation", "key", "possession", "portal", "registrar")
    listed = [{member: entry[member] for member in members} for entry in entries]
    if not 1 <= len(listed) <= MOST_ENTRIES:
        raise ValueError(f"a line holds 1 to {MOST_ENTRIES} entries, not {len(listed)}")
    listed.sort(key=lambda entry: (entry["slot"], entry["generation"]))
    return {"parent": parent, "height": height, "type": "Reissues", "entries": listed}


def sealing_line(*, parent: str, height: int, fingerprint: str, voters: int) -> Line:
    """The sealing, unsigned (R2): the fingerprint φ of the election record, and the number of slots."""
    return {"parent": parent, "height": height, "type": "Sealing", "fingerprint": fingerprint, "voters": voters}


def closing_line(*, parent: str, height: int, credentials: bytes, reissues: int) -> Line:
    """The last line, unsigned (R2): the hash of the archive's credentials record, and the number of all entries."""
    digest = hex_hash(credentials)
    return {"parent": parent, "height": height, "type": "Closing", "credentials": digest, "reissues": reissues}


def unsigned_text(line: Mapping[str, Any]) -> str:
    """The canonical text of a line without its signatures, whether or not it has any."""
    return canonical({member: value for member, value in line.items() if member != "signatures"})


def signed_text(line: Mapping[str, Any], *, portal: str, registrar: str | None) -> str:
    """The text of a line as published, without its line feed; signatures are in hexadecimal."""
    signatures = {"portal": portal} if registrar is None else {"portal": portal, "registrar": registrar}
    return canonical({**line, "signatures": signatures})


def line_hash(text: str) -> str:
    """The hash of a published line (without its line feed), which the next line bears as its parent."""
    return hex_hash(text.encode("utf-8"))
