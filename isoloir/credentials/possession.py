"""Proving that one has the voting code, without sending it: a signature of a challenge under each contest's key."""

import secrets
from typing import Any

from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.possession import verify_possession

from isoloir.roll.models import Voter

from .errors import LinkKeyDestroyed, ReplacedCode, WrongCode
from .links import has_link_key, places_of
from .signedkeys import require_signed

# Thirty-two random bytes: a signed challenge proves possession now, not once upon a time.
_CHALLENGE_BYTES = 32


def new_challenge() -> str:
    """Return a fresh challenge, to be used once."""
    return secrets.token_urlsafe(_CHALLENGE_BYTES)


def check_possession(*, voter: Voter, challenge: str, proofs: Any) -> None:
    """Check that `proofs` (one per contest) are made with the live keys of this voter.

    Raises WrongCode (ReplacedCode when a former key of the voter's own place was proved instead), CodeNotIssued,
    LinkKeyDestroyed, KeyNotSigned (to who has a key of the place, and as casting does). Contests already voted are left out, for a re-issue since did not change their keys (R211-566), and
    closed contests, whose link key is destroyed; at least one proof must be checked.
    """
    entries = [
        entry
        for entry in voter.entries.filter(turnout=None).select_related("contest").order_by("contest__code")
        if has_link_key(entry.contest)
    ]
    if not entries:
        raise LinkKeyDestroyed
    places = places_of(entries)
    given = _by_contest(proofs)
    for entry in entries:
        place = places[entry.pk]
        credential, proof = given.get(entry.contest.uuid, (None, None))
        if credential not in place.keys:
            raise WrongCode
        try:
            verify_possession(
                credential=Element.parse(credential), challenge=challenge, uuid=entry.contest.uuid, proof=proof
            )
        except ProtocolError:
            raise WrongCode from None
        require_signed(uuid=entry.contest.uuid, slot=place.name, steps=place.steps)
        if credential != place.live_key:
            raise ReplacedCode


def _by_contest(proofs: Any) -> dict[str, tuple[Any, Any]]:
    """Read the proofs as the browser sends them; anything malformed proves nothing."""
    if not isinstance(proofs, list) or len(proofs) > 50:
        raise WrongCode
    found: dict[str, tuple[Any, Any]] = {}
    for item in proofs:
        if not isinstance(item, dict) or not isinstance(item.get("contest"), str):
            raise WrongCode
        found[item["contest"]] = (item.get("credential"), item.get("proof"))
    return found
