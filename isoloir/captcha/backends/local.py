"""Our own image and sound: nothing leaves the portal."""

import hmac
from datetime import datetime

from isoloir.captcha.backends import Picture
from isoloir.captcha.challenges import Challenge, new_challenge
from isoloir.captcha.drawing import draw_digits
from isoloir.captcha.errors import CaptchaWrong
from isoloir.captcha.speech import say_digits


class LocalBackend:
    """Digits drawn by Pillow, and said from recordings."""

    name = "local"

    def issue(self, *, at: datetime) -> Challenge:
        return new_challenge(backend=self.name, at=at)

    def code(self, challenge: Challenge) -> str:
        return challenge.code

    def draw(self, challenge: Challenge) -> Picture:
        return Picture(draw_digits(self.code(challenge), noise=challenge.noise(b"image")), "image/png")

    def say(self, challenge: Challenge, *, language: str) -> bytes:
        return say_digits(self.code(challenge), language=language, noise=challenge.noise(b"sound"))

    def check(self, challenge: Challenge, answer: str) -> None:
        if not hmac.compare_digest(answer.encode(), self.code(challenge).encode()):
            raise CaptchaWrong
