"""Voting codes, the keys derived from them, and the list of public credentials (§3, §5)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from isoloir_protocol import jsontext
from isoloir_protocol.base58 import ALPHABET, random_base58
from isoloir_protocol.errors import CredentialRefused, ElementRefused, FormatRefused
from isoloir_protocol.group import ORDER, Element, generator_power
from isoloir_protocol.proofs import Random

#: A whole list whose weights sum to more than this is refused, so that the discrete logarithm stays feasible (§12).
LARGEST_TOTAL_WEIGHT = 10**12

_CODE = re.compile(f"[{ALPHABET}]{{22}}", re.ASCII)
_UUID = re.compile(f"[{ALPHABET}]{{14,64}}", re.ASCII)
_FORGIVEN = re.compile(r"[\s\u00ad\u2010-\u2015\u2212.-]+")


def generate_uuid(random: Random) -> str:
    """Draw the identifier of an election: 22 Base58 characters (§3)."""
    return random_base58(22, random)


def check_uuid(value: object) -> str:
    """Check the form of an election identifier. Raises `CredentialRefused` (`bad-uuid`)."""
    if type(value) is not str or _UUID.fullmatch(value) is None:
        raise CredentialRefused("bad-uuid")
    return value


def _grouped(characters: str) -> str:
    return "-".join((characters[:5], characters[5:11], characters[11:16], characters[16:]))


def generate_code(random: Random) -> str:
    """Draw a voting code `XXXXX-XXXXXX-XXXXX-XXXXXX`: 22 Base58 characters, 128 bits (§5)."""
    return _grouped(random_base58(22, random))


def normalise_code(text: str) -> str:
    """Give the one form of a typed code; spaces and hyphens of any kind are forgiven.

    Raises `CredentialRefused` (`bad-code`): the code itself is never repeated in the message.
    """
    characters = _FORGIVEN.sub("", text)
    if _CODE.fullmatch(characters) is None:
        raise CredentialRefused("bad-code")
    return _grouped(characters)


def derive_secret(*, uuid: str, code: str) -> int:
    """Derive the signing key x of one contest from the voting code (§5, the full form of Belenios 2.4 and later)."""
    salted = f"derive_credential|{check_uuid(uuid)}|{{}}|{normalise_code(code)}"
    digests = (hashlib.sha256(salted.format(half).encode("ascii")).digest() for half in (0, 1))
    return int.from_bytes(b"".join(digests), "big") % ORDER


def public_credential(secret: int) -> Element:
    """Compute the public credential g^x."""
    return generator_power(secret)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The list of public credentials of an election: weights by text form, in the order of the list."""

    weights: dict[str, int]
    total_weight: int


def build_credentials(credentials: Iterable[Element]) -> bytes:
    """Write the list of public credentials, each of weight 1, sorted so that it tells nothing of the voters' order."""
    return jsontext.canonical(sorted(credential.text for credential in credentials)).encode("ascii")


def read_credentials(raw: bytes) -> Credentials:
    """Read `["<ser(X)>" or "<ser(X)>,<weight>", …]` (§5).

    Every X is a group member and appears once. Raises `FormatRefused`, `CredentialRefused`.
    """
    weights: dict[str, int] = {}
    total = 0
    for position, entry in enumerate(jsontext.items(jsontext.read(raw), "credentials"), start=1):
        text, weight = _read_entry(jsontext.text(entry, "credential"), position)
        if text in weights:
            raise CredentialRefused("duplicate-credential", position=position)
        weights[text] = weight
        total += weight
    if total > LARGEST_TOTAL_WEIGHT:
        raise CredentialRefused("total-weight-too-large", limit=LARGEST_TOTAL_WEIGHT)
    return Credentials(weights, total)


def _read_entry(entry: str, position: int) -> tuple[str, int]:
    text, comma, weight = entry.partition(",")
    try:
        Element.parse_key(text)
        return text, jsontext.decimal(weight, "weight") if comma else 1
    except (ElementRefused, FormatRefused):
        raise CredentialRefused("bad-credential", position=position) from None
