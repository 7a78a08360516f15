"""Signatures of texts with a group key (§7.1, prefix `sigmsg|`)."""

from dataclasses import dataclass
from typing import Any

from isoloir_protocol.errors import SignatureRefused
from isoloir_protocol.group import Element
from isoloir_protocol.proofs import Proof, Random, check_knowledge, prove_knowledge


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A text whose signature under this key was checked."""

    public_key: Element
    message: str


def sign_message(*, secret: int, message: str, random: Random) -> dict[str, str]:
    """Sign a text; gives the JSON object of the proof."""
    return prove_knowledge(f"sigmsg|{message}|", secret, random).written()


def verify_message(*, public_key: Element, message: str, proof: Any) -> SignedMessage:
    """Check a signature. Raises `FormatRefused`, `SignatureRefused` (`wrong-message-signature`)."""
    refusal = SignatureRefused("wrong-message-signature")
    check_knowledge(f"sigmsg|{message}|", public_key, Proof.read(proof), refusal)
    return SignedMessage(public_key, message)
