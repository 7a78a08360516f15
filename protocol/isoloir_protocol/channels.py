"""Private messages between trustees (§7.1): signed by the sender, then encrypted for one recipient.

They pass through the server, which can neither read nor change them.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from isoloir_protocol import jsontext
from isoloir_protocol.base58 import ALPHABET, random_base58
from isoloir_protocol.errors import TrusteesRefused
from isoloir_protocol.group import Element, generator_power
from isoloir_protocol.proofs import Random, hash_to_scalar, random_scalar
from isoloir_protocol.signatures import SignedMessage, sign_message, verify_message

_SEED = re.compile(f"[{ALPHABET}]{{22}}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
_LONGEST_MESSAGE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TrusteeKeys:
    """The signing and the decryption key of a trustee, both derived from one seed."""

    signing: int
    decryption: int

    @property
    def verification(self) -> Element:
        """vk, under which the others check this trustee's signatures."""
        return generator_power(self.signing)

    @property
    def encryption(self) -> Element:
        """ek, for which the others encrypt."""
        return generator_power(self.decryption)


def generate_seed(random: Random) -> str:
    """Draw a trustee's seed: 22 Base58 characters, the only thing that the trustee keeps."""
    return random_base58(22, random)


def keys_of_seed(seed: str) -> TrusteeKeys:
    """Derive both keys (§7.1). Raises `TrusteesRefused` (`bad-seed`)."""
    if _SEED.fullmatch(seed) is None:
        raise TrusteesRefused("bad-seed")
    return TrusteeKeys(hash_to_scalar(f"sk|{seed}"), hash_to_scalar(f"dk|{seed}"))


def signed_message(secret: int, value: Any, random: Random) -> dict[str, Any]:
    """Sign the canonical text of a JSON value; gives the JSON object `signed_msg`."""
    message = jsontext.canonical(value)
    return {"message": message, "signature": sign_message(secret=secret, message=message, random=random)}


def signed_text(value: Any) -> str:
    """The message of a JSON object `signed_msg`, its signature not yet checked. Raises `FormatRefused`."""
    return jsontext.text(jsontext.members(value, "signed_msg", ("message", "signature"))["message"], "message")


def check_signed(value: Any, public_key: Element) -> SignedMessage:
    """Check a JSON object `signed_msg`. Raises `FormatRefused`, `SignatureRefused`."""
    return verify_message(public_key=public_key, message=signed_text(value), proof=value["signature"])


def send(sender: TrusteeKeys, recipient: Element, value: Any, random: Random) -> str:
    """Sign and encrypt the canonical text of a JSON value; gives the text of an `encrypted_msg`."""
    inner = {"recipient": recipient.text, "message": jsontext.canonical(value)}
    plain = jsontext.canonical(signed_message(sender.signing, inner, random)).encode("utf-8")
    r, key_point = random_scalar(random), generator_power(random_scalar(random))
    alpha, beta = generator_power(r), recipient**r * key_point
    sealed = _cipher(key_point).encrypt(_nonce(alpha), plain, None)
    return jsontext.canonical({"algorithm": "AES-GCM", "alpha": alpha.text, "beta": beta.text, "data": sealed.hex()})


def receive(recipient: TrusteeKeys, sender: Element, text: str) -> Any:
    """Open an `encrypted_msg`, check who signed it and for whom; gives the JSON value sent, its shape unchecked.

    Raises `FormatRefused`, `ElementRefused`, `SignatureRefused`, `TrusteesRefused` (`message-not-opened`,
    `wrong-recipient`).
    """
    alpha, beta, data = _read_encrypted(text)
    key_point = beta / alpha**recipient.decryption
    try:
        plain = _cipher(key_point).decrypt(_nonce(alpha), data, None)
    except InvalidTag:
        raise TrusteesRefused("message-not-opened") from None
    signed = jsontext.read(plain)
    inner = jsontext.read(check_signed(signed, sender).message.encode("utf-8"))
    jsontext.members(inner, "message", ("recipient", "message"))
    if inner["recipient"] != recipient.encryption.text:
        raise TrusteesRefused("wrong-recipient")
    return jsontext.read(jsontext.text(inner["message"], "message").encode("utf-8"))


def check_encrypted(value: Any) -> str:
    """Check the outer form of an `encrypted_msg` that one cannot open, as the server does before passing it on."""
    text = jsontext.text(value, "encrypted_msg")
    _read_encrypted(text)
    return text


def _read_encrypted(text: str) -> tuple[Element, Element, bytes]:
    raw = text.encode("utf-8", errors="surrogatepass")
    value = jsontext.members(
        jsontext.read(raw, limit=_LONGEST_MESSAGE), "encrypted_msg", ("algorithm", "alpha", "beta", "data")
    )
    if value["algorithm"] != "AES-GCM":
        raise TrusteesRefused("unknown-algorithm")
    data = bytes.fromhex(jsontext.text(value["data"], "data", _HEX))
    return Element.parse(value["alpha"]), Element.parse(value["beta"]), data


def _cipher(key_point: Element) -> AESGCM:
    return AESGCM(hashlib.sha256(f"key|{key_point.text}".encode("ascii")).digest())


def _nonce(alpha: Element) -> bytes:
    return hashlib.sha256(f"iv|{alpha.text}".encode("ascii")).digest()
