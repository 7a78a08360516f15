"""What the page needs to show a challenge: the form's template and the button « Nouveau code » take the same."""

import base64
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from isoloir.captcha.challenges import picture_type, read_challenge
from isoloir.captcha.work import work_target


@dataclass(frozen=True)
class ShownChallenge:
    """A challenge as the page shows it.

    The device searches a number n, from 0 to `work_maximum`, whose SHA-256(`work_prefix` n) is `work_target`.
    """

    token: str
    image_url: str
    sound_url: str
    digits: int
    work_prefix: str
    work_target: str
    work_maximum: int

    def as_json(self) -> dict[str, object]:
        """Return what the script of a page that stays as it is needs to show this challenge in place of another."""
        return {
            "token": self.token,
            "image": self.image_url,
            "sound": self.sound_url,
            "work": {"prefix": self.work_prefix, "target": self.work_target, "maximum": self.work_maximum},
        }


def present_challenge(token: str, *, at: datetime) -> ShownChallenge:
    """Return what shows the challenge of `token`. Raises CaptchaExpired."""
    challenge = read_challenge(token, at=at)
    if challenge.picture:
        # The picture of a service of others came with the challenge: the page holds it, and nothing is kept here.
        image_url = f"data:{picture_type(challenge.picture)};base64,{base64.b64encode(challenge.picture).decode()}"
    else:
        image_url = reverse("captcha:image", args=(challenge.short,))
    return ShownChallenge(
        token=challenge.token,
        image_url=image_url,
        sound_url=reverse("captcha:sound", args=(challenge.short,)),
        digits=challenge.digits,
        work_prefix=f"{challenge.short}|",
        work_target=work_target(challenge),
        work_maximum=challenge.work_maximum,
    )
