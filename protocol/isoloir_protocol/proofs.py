"""Scalars, hashes and zero-knowledge proofs (§1, §2.3).

A proof is a challenge c and a response r. Its maker commits to A = g^w (w random), takes c = H(prefix; A, …) and
r = w − secret·c; its checker computes A again as g^r·X^c and asks that the hash is c.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from isoloir_protocol import jsontext
from isoloir_protocol.errors import FormatRefused, ProtocolError
from isoloir_protocol.group import ORDER, Element, generator_power

#: Gives as many random bytes as asked; in production `os.urandom`.
Random = Callable[[int], bytes]

_SCALAR = re.compile(r"0|[1-9][0-9]{0,76}", re.ASCII)


def hex_hash(raw: bytes) -> str:
    """SHA-256 in lower-case hexadecimal, 64 characters (§1)."""
    return hashlib.sha256(raw).hexdigest()


def base64_hash(raw: bytes) -> str:
    """SHA-256 in standard Base64 without the final `=`, 43 characters (§1)."""
    return base64.b64encode(hashlib.sha256(raw).digest()).decode("ascii").rstrip("=")


def hash_to_scalar(text: str) -> int:
    """SHA-256 of an ASCII or UTF-8 text as a big-endian number modulo q (§2.3)."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest(), "big") % ORDER


def challenge(prefix: str, elements: Iterable[Element]) -> int:
    """H(prefix; X1,…,Xn) of §2.3: the elements joined by commas behind the prefix."""
    return hash_to_scalar(prefix + ",".join(element.text for element in elements))


def random_scalar(random: Random) -> int:
    """Draw a scalar from 64 random bytes, so that its distance from uniform is below 2⁻²⁵⁰."""
    return int.from_bytes(random(64), "little") % ORDER


def read_scalar(value: Any) -> int:
    """Read a canonical decimal text below q. Raises `FormatRefused`."""
    if type(value) is not str or _SCALAR.fullmatch(value) is None:
        raise FormatRefused("scalar-not-canonical")
    number = int(value)
    if number >= ORDER:
        raise FormatRefused("scalar-out-of-range")
    return number


@dataclass(frozen=True, slots=True)
class Proof:
    """A challenge and a response, both in [0, q)."""

    challenge: int
    response: int

    @staticmethod
    def read(value: Any) -> "Proof":
        """Read `{"challenge":"…","response":"…"}`. Raises `FormatRefused`."""
        jsontext.members(value, "proof", ("challenge", "response"))
        return Proof(read_scalar(value["challenge"]), read_scalar(value["response"]))

    def written(self) -> dict[str, str]:
        """The JSON object of the proof."""
        return {"challenge": str(self.challenge), "response": str(self.response)}


def prove_knowledge(prefix: str, secret: int, random: Random) -> Proof:
    """Prove that one knows the secret of g^secret, under a prefix of §2.3 that binds the purpose."""
    w = random_scalar(random)
    c = challenge(prefix, [generator_power(w)])
    return Proof(c, (w - secret * c) % ORDER)


def check_knowledge(prefix: str, public: Element, proof: Proof, refusal: ProtocolError) -> None:
    """Check a proof made by `prove_knowledge` for this public element; raise `refusal` when it does not hold."""
    commitment = generator_power(proof.response) * public**proof.challenge
    if challenge(prefix, [commitment]) != proof.challenge:
        raise refusal
