"""The group Ed25519 of Belenios (§2.2): the prime-order subgroup, in multiplicative notation.

This is the only module that computes in the group; it stands on libsodium through PyNaCl. Three things differ from
what libsodium offers, and are dealt with here alone: the text form is the reverse of RFC 8032's bytes; the neutral
element is a member, though libsodium refuses it; a scalar may be 0 and a power may be neutral, where libsodium fails.

Python integers and libsodium's validation are not constant-time with respect to scalars handled here: this package
is meant for machines on which nobody else measures time or power (a server that verifies, a trustee's own device).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nacl import bindings
from nacl.exceptions import RuntimeError as SodiumError

from isoloir_protocol.errors import ElementRefused

#: q, the prime order of the group.
ORDER: Final = 2**252 + 27742317777372353535851937790883648493

_NEUTRAL_BYTES: Final = bytes([1]) + bytes(31)
_BASE_BYTES: Final = bytes([0x58]) + bytes([0x66]) * 31
_FORM: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def _is_member(point: bytes) -> bool:
    return point == _NEUTRAL_BYTES or bool(bindings.crypto_core_ed25519_is_valid_point(point))


def _add(left: bytes, right: bytes) -> bytes:
    if left == _NEUTRAL_BYTES:
        return right
    return left if right == _NEUTRAL_BYTES else bindings.crypto_core_ed25519_add(left, right)


def _subtract(left: bytes, right: bytes) -> bytes:
    return left if right == _NEUTRAL_BYTES else bindings.crypto_core_ed25519_sub(left, right)


def _multiply(scalar: int, point: bytes) -> bytes:
    """Multiply by a scalar; for any scalar but 0, libsodium refuses a point that is not of prime order."""
    scalar %= ORDER
    if scalar == 0 or point == _NEUTRAL_BYTES:
        return _NEUTRAL_BYTES
    number = scalar.to_bytes(32, "little")
    if point == _BASE_BYTES:
        return bindings.crypto_scalarmult_ed25519_base_noclamp(number)
    return bindings.crypto_scalarmult_ed25519_noclamp(number, point)


@dataclass(frozen=True, slots=True)
class Element:
    """A member of the group. Get one from `Element.parse`, from `Claimed` or by computing; never from raw bytes."""

    compressed: bytes

    @staticmethod
    def parse(text: object) -> "Element":
        """Read the text form (64 lower-case hex digits, big-endian) and check that it is in the group.

        Raises `ElementRefused` (`element-not-canonical`, `element-not-in-group`).
        """
        return Claimed.read(text).proved()

    @staticmethod
    def parse_key(text: object) -> "Element":
        """Read a public key: as `parse`, and not neutral, since everybody knows the secret of the neutral element.

        Raises `ElementRefused` (`neutral-key` besides those of `parse`).
        """
        element = Element.parse(text)
        if element == NEUTRAL:
            raise ElementRefused("neutral-key")
        return element

    @property
    def text(self) -> str:
        """The text form `ser(X)`: RFC 8032's bytes as one big-endian number in hexadecimal."""
        return self.compressed[::-1].hex()

    def __mul__(self, other: "Element") -> "Element":
        return Element(_add(self.compressed, other.compressed))

    def __truediv__(self, other: "Element") -> "Element":
        return Element(_subtract(self.compressed, other.compressed))

    def __pow__(self, exponent: int) -> "Element":
        return Element(_multiply(exponent, self.compressed))

    def __repr__(self) -> str:
        return f"Element({self.text[:8]}…)"


@dataclass(frozen=True, slots=True)
class Claimed:
    """32 bytes that claim to be a member of the group, in canonical text form, membership not yet checked.

    The check costs as much as half a power, and raising to a power makes it anyway: a verifier that must do
    both asks for `proved_with_power`.
    """

    text: str

    @staticmethod
    def read(text: object) -> "Claimed":
        """Check the text form only. Raises `ElementRefused` (`element-not-canonical`)."""
        if type(text) is not str or _FORM.fullmatch(text) is None:
            raise ElementRefused("element-not-canonical")
        return Claimed(text)

    def proved(self) -> Element:
        """Check membership. Raises `ElementRefused` (`element-not-in-group`)."""
        point = bytes.fromhex(self.text)[::-1]
        if not _is_member(point):
            raise ElementRefused("element-not-in-group")
        return Element(point)

    def proved_with_power(self, exponent: int) -> tuple[Element, Element]:
        """Give the element and its power; the multiplication itself proves membership.

        Raises `ElementRefused` (`element-not-in-group`).
        """
        if exponent % ORDER == 0:
            return self.proved(), NEUTRAL
        point = bytes.fromhex(self.text)[::-1]
        try:
            return Element(point), Element(_multiply(exponent, point))
        except SodiumError:
            raise ElementRefused("element-not-in-group") from None


NEUTRAL: Final = Element(_NEUTRAL_BYTES)
GENERATOR: Final = Element(_BASE_BYTES)


def generator_power(exponent: int) -> Element:
    """Compute g^exponent (five times faster than the power of another element)."""
    return GENERATOR**exponent


def product(elements: Iterable[Element]) -> Element:
    """Multiply elements together; the product of none is neutral."""
    total = NEUTRAL
    for element in elements:
        total = total * element
    return total
