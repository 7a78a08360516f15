"""The backend of tests: every code is 00000, so that a program can copy it. Production refuses to start with it."""

from isoloir.captcha.challenges import Challenge

from .local import LocalBackend


class ConstantBackend(LocalBackend):
    """As our own in everything but the digits."""

    name = "test"

    def code(self, challenge: Challenge) -> str:
        return "0" * challenge.digits
