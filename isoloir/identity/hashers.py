"""Argon2id with the parameters written down, instead of whatever a library's release chooses."""

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class ExplicitArgon2PasswordHasher(Argon2PasswordHasher):
    """OWASP's floor for Argon2id: 19 MiB, two passes, one lane; a hash made with others is renewed at sign-in."""

    time_cost: int = getattr(settings, "ARGON2_TIME_COST", 2)
    memory_cost: int = getattr(settings, "ARGON2_MEMORY_KIB", 19 * 1024)
    parallelism = 1
