"""Making a challenge, and answering it once."""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from .backends import backend_of, configured_backend
from .challenges import SKEW, Challenge, read_challenge
from .errors import CaptchaUsed, CaptchaWrong
from .models import UsedChallenge
from .work import check_work

# What is longer is no answer: a code has a dozen signs at most, with the spaces that people put in.
_LONGEST_ANSWER = 64
# One answer in so many takes away the rows of challenges that have expired.
_ANSWERS_PER_PRUNING = 32
_PRUNED_AT_ONCE = 10_000


@dataclass(frozen=True)
class PassedChallenge:
    """The evidence that a challenge was answered right, and when: what an act asks for that lets no robot through."""

    nonce_hash: str
    at: datetime


def issue_challenge(*, at: datetime) -> str:
    """Return the token of a new challenge, good for one answer and five minutes. Writes nothing to the database."""
    return configured_backend().issue(at=at).token


def check_answer(*, token: str, answer: str, at: datetime, proof: str = "") -> PassedChallenge:
    """Accept `answer` (the digits copied) or `proof` (the number that the device found) for the challenge of `token`.

    The challenge is used up in every case. Raises CaptchaExpired, CaptchaUsed, CaptchaWrong or CaptchaUnavailable.
    """
    challenge = read_challenge(token, at=at)
    backend = backend_of(challenge)
    _use_up(challenge, at=at)
    if len(answer) > _LONGEST_ANSWER or len(proof) > _LONGEST_ANSWER:
        raise CaptchaWrong
    if proof:
        check_work(challenge, proof)
    else:
        backend.check(challenge, _as_copied(answer))
    return PassedChallenge(nonce_hash=challenge.nonce_hash, at=at)


def _use_up(challenge: Challenge, *, at: datetime) -> None:
    """Write that the challenge was answered, before its answer is looked at: of two at once, one is judged."""
    try:
        with transaction.atomic():
            UsedChallenge.objects.create(nonce_hash=challenge.nonce_hash, expires_at=challenge.expires_at)
    except IntegrityError:
        raise CaptchaUsed from None
    if hashlib.sha256(challenge.nonce).digest()[0] % _ANSWERS_PER_PRUNING == 0:
        _prune(at=at)


def _prune(*, at: datetime) -> None:
    # Kept a little longer than the challenge lives, for a server whose clock is late.
    expired = UsedChallenge.objects.filter(expires_at__lt=at - 2 * SKEW - timedelta(minutes=1))
    UsedChallenge.objects.filter(pk__in=list(expired.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])).delete()


def _as_copied(answer: str) -> str:
    """Return the signs of an answer without the spaces, dashes and full-width forms that people and keyboards add."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", answer) if sign.isalnum())
