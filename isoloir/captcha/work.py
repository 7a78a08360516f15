"""The proof of work: neither image nor sound, a number that the visitor's device searches for a few seconds.

The server hides a number between 0 and a maximum in SHA-256(token "|" number), as ALTCHA does: the search always ends, its
progress is true, and its check is one comparison. `booth/src/patience.ts` is the other side.
"""

import hashlib
import hmac

from .challenges import Challenge, derive
from .errors import CaptchaWrong


def work_target(challenge: Challenge) -> str:
    """Return what the device must find again: SHA-256 of the token and the hidden number, in hexadecimal."""
    return hashlib.sha256(f"{challenge.short}|{_hidden_number(challenge)}".encode()).hexdigest()


def check_work(challenge: Challenge, found: str) -> None:
    """Accept the number that the device found, in decimal. Raises CaptchaWrong."""
    if not hmac.compare_digest(found.encode(), str(_hidden_number(challenge)).encode()):
        raise CaptchaWrong


def _hidden_number(challenge: Challenge) -> int:
    return int.from_bytes(derive(challenge, b"work"), "big") % (challenge.work_maximum + 1)
