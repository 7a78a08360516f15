"""Proof that a voter's browser holds the code of a contest: it signs the server's challenge (§5.2).

The code never leaves the browser; the server learns only that the key derived from it matches the credential.
"""

import re
from dataclasses import dataclass
from typing import Any

from isoloir_protocol.credentials import check_uuid, public_credential
from isoloir_protocol.errors import SignatureRefused
from isoloir_protocol.group import Element
from isoloir_protocol.proofs import Random
from isoloir_protocol.signatures import sign_message, verify_message

#: A challenge is opaque, but never has the character that separates the parts of the message.
_CHALLENGE = re.compile(r"[A-Za-z0-9_=:.+/-]{16,256}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProvenPossession:
    """A challenge that was answered with the secret key of this credential, in this contest."""

    credential: Element
    uuid: str
    challenge: str


def possession_message(*, challenge: str, uuid: str, credential: Element) -> str:
    """The text that is signed: it binds the challenge to one contest and one credential."""
    if _CHALLENGE.fullmatch(challenge) is None:
        raise SignatureRefused("bad-challenge")
    return f"isoloir-possession|{challenge}|{check_uuid(uuid)}|{credential.text}"


def prove_possession(*, secret: int, challenge: str, uuid: str, random: Random) -> dict[str, str]:
    """Answer a challenge with the key derived from the voting code; gives the JSON object of the proof."""
    message = possession_message(challenge=challenge, uuid=uuid, credential=public_credential(secret))
    return sign_message(secret=secret, message=message, random=random)


def verify_possession(*, credential: Element, challenge: str, uuid: str, proof: Any) -> ProvenPossession:
    """Check the answer to a challenge. Raises `FormatRefused`, `SignatureRefused` (`wrong-possession`)."""
    message = possession_message(challenge=challenge, uuid=uuid, credential=credential)
    try:
        verify_message(public_key=credential, message=message, proof=proof)
    except SignatureRefused:
        raise SignatureRefused("wrong-possession") from None
    return ProvenPossession(credential, uuid, challenge)
