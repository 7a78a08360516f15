"""The challenge as a token: everything that the picture, the sound and the check need, and no row of the database.

A token is `SHORT` or `SHORT.PICTURE`. SHORT is base64url of a SecretBox (XSalsa20-Poly1305) under a key that is a file
outside the database: its random nonce of 24 bytes names the challenge, and the digits derive from that nonce by
HMAC-SHA-256 under the same key's other half. PICTURE is the picture that a service of others made for this challenge, as
base64url, which SHORT knows by its SHA-256.
"""

import base64
import binascii
import hashlib
import hmac
import random
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.conf import settings
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random as random_bytes

from isoloir.common.secretfiles import ensure_secret

from .errors import CaptchaExpired

LIFE = timedelta(minutes=5)
# Two servers of one deployment may not agree on the time: a token made by the other may come from the near future.
SKEW = timedelta(seconds=30)
# A picture of somebody else's service, in base64url.
LONGEST_PICTURE = 96 * 1024
_LONGEST_SHORT = 400
_KEY = "captcha-key"
# Backend (16 bytes), instant in milliseconds, number of digits, largest number of the proof of work, then the picture's hash
# (zeros: none) and the service's own reference.
_HEAD = struct.Struct(">16sQBI32s")
_NO_PICTURE = bytes(32)
_PICTURE_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Challenge:
    """One challenge, read from a token of ours or just made.

    `nonce` is 24 random bytes; `digits` how many are to be copied; `work_maximum` bounds the proof of work's number;
    `reference` is the name that a service of others gave it, empty for our own backends.
    """

    backend: str
    nonce: bytes
    issued_at: datetime
    digits: int
    work_maximum: int
    reference: str = ""
    picture: bytes = b""

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + LIFE

    @property
    def nonce_hash(self) -> str:
        return hashlib.sha256(self.nonce).hexdigest()

    @cached_property
    def short(self) -> str:
        """The token without its picture, for addresses."""
        picture_hash = hashlib.sha256(self.picture).digest() if self.picture else _NO_PICTURE
        instant = round(self.issued_at.timestamp() * 1000)
        head = _HEAD.pack(self.backend.encode(), instant, self.digits, self.work_maximum, picture_hash)
        return _to_text(SecretBox(_sealing_key()).encrypt(head + self.reference.encode(), self.nonce))

    @property
    def token(self) -> str:
        return f"{self.short}.{_to_text(self.picture)}" if self.picture else self.short

    @property
    def code(self) -> str:
        """The digits to copy: they are in no token, only in who holds the key."""
        number = int.from_bytes(derive(self, b"digits"), "big") % 10**self.digits
        return f"{number:0{self.digits}d}"

    def noise(self, purpose: bytes) -> random.Random:
        """Return what varies the picture or the sound: the same at each asking, so that none can be averaged away."""
        return random.Random(derive(self, purpose))  # noqa: S311  # Only the digits are secret, and they do not come from it.


def new_challenge(*, backend: str, at: datetime, reference: str = "", picture: bytes = b"") -> Challenge:
    """Return a fresh challenge, of the size and effort that the settings say."""
    return Challenge(
        backend=backend,
        nonce=random_bytes(SecretBox.NONCE_SIZE),
        issued_at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        digits=settings.CAPTCHA_DIGITS,
        work_maximum=settings.CAPTCHA_WORK,
        reference=reference,
        picture=picture,
    )


def read_challenge(token: str, *, at: datetime) -> Challenge:
    """Return the challenge of a token that this deployment made less than five minutes before `at`.

    Raises CaptchaExpired for every other text: altered, too long, of another deployment, expired.
    """
    short, separator, encoded_picture = token.partition(".")
    if len(short) > _LONGEST_SHORT or len(encoded_picture) > LONGEST_PICTURE or (separator and not encoded_picture):
        raise CaptchaExpired
    sealed, picture = _from_text(short), _from_text(encoded_picture)
    try:
        opened = SecretBox(_sealing_key()).decrypt(sealed)
        backend, instant, digits, work_maximum, picture_hash = _HEAD.unpack_from(opened)
    except (CryptoError, ValueError, struct.error):
        raise CaptchaExpired from None
    # An address carries the short form: the picture may be left out, never replaced.
    if picture and hashlib.sha256(picture).digest() != picture_hash:
        raise CaptchaExpired
    challenge = Challenge(
        backend=backend.rstrip(b"\0").decode(),
        nonce=sealed[: SecretBox.NONCE_SIZE],
        issued_at=datetime.fromtimestamp(instant / 1000, UTC),
        digits=digits,
        work_maximum=work_maximum,
        reference=opened[_HEAD.size :].decode(),
        picture=picture,
    )
    if not challenge.issued_at - SKEW <= at < challenge.expires_at:
        raise CaptchaExpired
    return challenge


def picture_type(picture: bytes) -> str:
    """Return the media type of an image that a browser shows. Raises ValueError for anything else."""
    for beginning, media_type in _PICTURE_TYPES.items():
        if picture.startswith(beginning):
            return media_type
    raise ValueError("neither PNG nor JPEG")


def derive(challenge: Challenge, purpose: bytes) -> bytes:
    """Return 32 bytes that only this deployment can compute, for one purpose of one challenge."""
    return hmac.digest(_deriving_key(), purpose + b"|" + challenge.nonce, "sha256")


def _sealing_key() -> bytes:
    return ensure_secret(_KEY, size=64)[:32]


def _deriving_key() -> bytes:
    return ensure_secret(_KEY, size=64)[32:]


def _to_text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    """Read base64url strictly: one text for one value. Raises CaptchaExpired."""
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CaptchaExpired from None
    if _to_text(value) != text:
        raise CaptchaExpired
    return value
