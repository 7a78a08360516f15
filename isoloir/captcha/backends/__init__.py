"""Who draws, says and judges the code: this portal (`local`), the State's CaptchEtat (`captchetat`), or nobody (`test`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings

from isoloir.captcha.challenges import Challenge
from isoloir.captcha.errors import CaptchaExpired


@dataclass(frozen=True)
class Picture:
    """An image to copy from, with its media type."""

    content: bytes
    media_type: str


class Backend(Protocol):
    """What every backend does. None of these writes to the database."""

    name: str

    def issue(self, *, at: datetime) -> Challenge:
        """Return a new challenge."""

    def draw(self, challenge: Challenge) -> Picture:
        """Return the challenge's image. Raises CaptchaUnavailable."""

    def say(self, challenge: Challenge, *, language: str) -> bytes:
        """Return the challenge's sound, a WAV file, in `fr` or `en`. Raises CaptchaUnavailable."""

    def check(self, challenge: Challenge, answer: str) -> None:
        """Accept the right answer. Raises CaptchaWrong, or CaptchaUnavailable when nobody can judge it."""


def configured_backend() -> Backend:
    """Return the backend that makes new challenges. Raises KeyError for a name that is none."""
    return _backends()[settings.CAPTCHA_BACKEND]


def backend_of(challenge: Challenge) -> Backend:
    """Return the backend that made this challenge: the configured one, or our own when it stands in for another.

    Raises CaptchaExpired for a challenge from before a change of the setting.
    """
    if challenge.backend not in (settings.CAPTCHA_BACKEND, "local"):
        raise CaptchaExpired
    return _backends()[challenge.backend]


def _backends() -> dict[str, Backend]:
    from .captchetat import CaptchEtatBackend
    from .constant import ConstantBackend
    from .local import LocalBackend

    return {backend.name: backend for backend in (LocalBackend(), CaptchEtatBackend(), ConstantBackend())}
