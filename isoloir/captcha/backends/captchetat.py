"""CaptchEtat, the State's own CAPTCHA (AIFE, on PISTE), version 2 of its interface, asked by the portal and never by the browser.

OAuth 2 client credentials (RFC 6749 §4.4) give a bearer token; `simple-captcha-endpoint` gives an image and its uuid, then
the sound of that uuid; `valider-captcha` judges. When the service fails, new challenges are our own, and an answer that it
alone could judge is refused: nothing is ever let through because somebody else's machine is down.
"""

import base64
import binascii
import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import httpx
from django.conf import settings
from django.utils.translation import get_language

from isoloir.captcha.backends import Picture
from isoloir.captcha.challenges import LONGEST_PICTURE, Challenge, new_challenge, picture_type
from isoloir.captcha.errors import CaptchaUnavailable, CaptchaWrong

from .local import LocalBackend

Read = TypeVar("Read")
logger = logging.getLogger("isoloir.captcha")
# A page must not wait for long: seconds to connect, then for each read.
_TIMEOUT = httpx.Timeout(3.0, connect=2.0)
# After a fault, the service is left alone for so many seconds, and codes are our own.
_REST = 30.0
# Of the styles that the service offers, the nearest to what the portal asks: six or seven digits.
_STYLES = {"fr": "numerique6_7CaptchaFR", "en": "numerique6_7CaptchaEN"}
_REFERENCE = re.compile(r"(fr|en)/([A-Za-z0-9-]{1,64})")
_UUID = re.compile(r"[A-Za-z0-9-]{1,64}")
# What the service answers for a uuid that it does not know any more: no fault of its own.
_FORGOTTEN = (400, 404)
_LONGEST_SOUND = 4 * 1024 * 1024


class CaptchEtatBackend:
    """Images, sounds and judgements of the State's service, carried through the portal."""

    name = "captchetat"

    def issue(self, *, at: datetime) -> Challenge:
        """Return a challenge of the service, with its image inside; our own when the service does not answer."""
        language = "en" if get_language() == "en" else "fr"
        try:
            uuid, picture = _configured_service().new_image(_STYLES[language])
        except CaptchaUnavailable:
            return LocalBackend().issue(at=at)
        return new_challenge(backend=self.name, at=at, reference=f"{language}/{uuid}", picture=picture)

    def draw(self, challenge: Challenge) -> Picture:
        # The token in an address leaves the image out: the page that holds the whole token shows the image itself.
        if not challenge.picture:
            raise CaptchaUnavailable
        return Picture(challenge.picture, picture_type(challenge.picture))

    def say(self, challenge: Challenge, *, language: str) -> bytes:
        """Return the sound in the language in which the challenge was made, which is that of its page."""
        del language
        made_in, uuid = _read_reference(challenge)
        return _configured_service().sound(_STYLES[made_in], uuid)

    def check(self, challenge: Challenge, answer: str) -> None:
        _language, uuid = _read_reference(challenge)
        _configured_service().judge(uuid, answer)


def _read_reference(challenge: Challenge) -> tuple[str, str]:
    match = _REFERENCE.fullmatch(challenge.reference)
    if match is None:
        raise CaptchaUnavailable
    return match[1], match[2]


class Service:
    """The three calls of CaptchEtat v2, with a bearer token kept for half its life. Every fault is CaptchaUnavailable."""

    def __init__(self, *, token_url: str, api_url: str, client_id: str, client_secret: str) -> None:
        self._token_url, self._api_url = token_url, api_url.rstrip("/")
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)
        self._lock = threading.Lock()
        self._bearer, self._bearer_ends_at, self._rests_until = "", 0.0, 0.0

    def new_image(self, style: str) -> tuple[str, bytes]:
        """Return the uuid of a new code and its image."""

        def read(answer: httpx.Response) -> tuple[str, bytes]:
            said = answer.json()
            uuid, encoded = said["uuid"], said["imageb64"]
            picture = base64.b64decode(encoded.rpartition(",")[2], validate=True)
            if not _UUID.fullmatch(uuid) or len(encoded) > LONGEST_PICTURE:
                raise ValueError("unexpected uuid or image")
            picture_type(picture)
            return uuid, picture

        return self._ask(read, "GET", "simple-captcha-endpoint", params={"get": "image", "c": style})

    def sound(self, style: str, uuid: str) -> bytes:
        """Return the sound of a code, a WAV file."""

        def read(answer: httpx.Response) -> bytes:
            if answer.status_code in _FORGOTTEN:
                raise CaptchaUnavailable
            if not answer.content.startswith(b"RIFF") or len(answer.content) > _LONGEST_SOUND:
                raise ValueError("unexpected sound")
            return answer.content

        return self._ask(read, "GET", "simple-captcha-endpoint", params={"get": "sound", "c": style, "t": uuid})

    def judge(self, uuid: str, code: str) -> None:
        """Accept the right answer. Raises CaptchaWrong for another, and for a code that the service has forgotten."""

        def read(answer: httpx.Response) -> None:
            said = False if answer.status_code in _FORGOTTEN else answer.json()
            if said is False:
                raise CaptchaWrong
            if said is not True:
                raise ValueError("neither true nor false")

        self._ask(read, "POST", "valider-captcha", json={"uuid": uuid, "code": code})

    def _ask(self, read: Callable[[httpx.Response], Read], method: str, path: str, **content: Any) -> Read:
        if time.monotonic() < self._rests_until:
            raise CaptchaUnavailable
        try:
            answer = self._send(method, path, **content)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                # The token was withdrawn before its time: a new one, once.
                self._bearer_ends_at = 0.0
                answer = self._send(method, path, **content)
            if answer.status_code not in _FORGOTTEN:
                answer.raise_for_status()
            return read(answer)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            binascii.Error,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as fault:
            # Neither the fault's text nor the answer: they may hold a token.
            logger.warning("CaptchEtat: %s at %s", type(fault).__name__, path)
            self._rests_until = time.monotonic() + _REST
            raise CaptchaUnavailable from None

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._current_bearer()}"}
        return self._client.request(method, f"{self._api_url}/{path}", headers=headers, **content)

    def _current_bearer(self) -> str:
        with self._lock:
            if time.monotonic() >= self._bearer_ends_at:
                form = {"grant_type": "client_credentials", "scope": "piste.captchetat", **self._credentials}
                answer = self._client.post(self._token_url, data=form)
                answer.raise_for_status()
                said = answer.json()
                self._bearer = str(said["access_token"])
                self._bearer_ends_at = time.monotonic() + float(said["expires_in"]) / 2
            return self._bearer


@cache
def _service(token_url: str, api_url: str, client_id: str, client_secret: str) -> Service:
    return Service(token_url=token_url, api_url=api_url, client_id=client_id, client_secret=client_secret)


def _configured_service() -> Service:
    return _service(
        settings.CAPTCHETAT_TOKEN_URL,
        settings.CAPTCHETAT_API_URL,
        settings.CAPTCHETAT_CLIENT_ID,
        settings.CAPTCHETAT_CLIENT_SECRET,
    )
