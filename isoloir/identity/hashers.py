"""Argon2id with the parameters written down, instead of whatever a library's release chooses."""

from functools import cache
from threading import BoundedSemaphore

import argon2
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class ExplicitArgon2PasswordHasher(Argon2PasswordHasher):
    """OWASP's floor for Argon2id: 19 MiB, two passes, one lane; a hash made with others is renewed at sign-in.

    Settings: ARGON2_TIME_COST (passes), ARGON2_MEMORY_KIB, and ARGON2_AT_ONCE, how many computations one process runs at
    the same time. The others wait for their turn: hundreds of simultaneous sign-ins take no more memory than a few, and
    more computations than cores would not end any sooner.
    """

    def params(self) -> argon2.Parameters:
        """Return the parameters in force; those that Django's class holds are not used."""
        # Django brings its own salt: its length says nothing about the parameters.
        return argon2.Parameters(
            type=argon2.low_level.Type.ID, version=argon2.low_level.ARGON2_VERSION, salt_len=16, hash_len=32,
            time_cost=settings.ARGON2_TIME_COST, memory_cost=settings.ARGON2_MEMORY_KIB, parallelism=1,
        )  # fmt: skip

    def encode(self, password: str, salt: str) -> str:
        with _turns():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with _turns():
            return bool(super().verify(password, encoded))


def _turns() -> BoundedSemaphore:
    return _semaphore(settings.ARGON2_AT_ONCE)


@cache
def _semaphore(turns: int) -> BoundedSemaphore:
    return BoundedSemaphore(turns)
