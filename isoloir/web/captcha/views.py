"""The image and the sound of a challenge, and another challenge. None of them reads or writes the database."""

import re
from functools import lru_cache

from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from isoloir.captcha.actions import issue_challenge
from isoloir.captcha.backends import Picture, backend_of
from isoloir.captcha.challenges import Challenge, read_challenge
from isoloir.captcha.errors import CaptchaRefused
from isoloir.web.access import PortalRequest, audience

from .presentation import present_challenge

# One range from a first byte on; any other form may be ignored, and the whole is sent.
_RANGE = re.compile(r"bytes=([0-9]{1,9})-([0-9]{0,9})")


@audience("public")
@never_cache
@require_safe
def image(request: PortalRequest, token: str) -> HttpResponse:
    """The digits to copy, as an image."""
    challenge = _challenge_or_404(request, token)
    try:
        picture = _drawn(challenge)
    except CaptchaRefused:
        raise Http404 from None
    return HttpResponse(picture.content, content_type=picture.media_type)


@audience("public")
@never_cache
@require_safe
def sound(request: PortalRequest, token: str) -> HttpResponse:
    """The digits to copy, said in the language of the page."""
    challenge = _challenge_or_404(request, token)
    language = "en" if get_language() == "en" else "fr"
    try:
        content = _said(challenge, language)
    except CaptchaRefused:
        raise Http404 from None
    return _asked_part(request, content)


@audience("public")
@never_cache
@require_safe
def another(request: PortalRequest) -> JsonResponse:
    """Another challenge, for the button « Nouveau code » of a page that stays as it is."""
    return JsonResponse(present_challenge(issue_challenge(at=request.now), at=request.now).as_json())


# A browser asks for one sound in several parts, and one token serves for five minutes: each is made once, and kept for the
# last challenges of this process. What fails is not kept.
@lru_cache(maxsize=32)
def _drawn(challenge: Challenge) -> Picture:
    return backend_of(challenge).draw(challenge)


@lru_cache(maxsize=32)
def _said(challenge: Challenge, language: str) -> bytes:
    return backend_of(challenge).say(challenge, language=language)


def _asked_part(request: PortalRequest, content: bytes) -> HttpResponse:
    """Answer with the bytes that the browser asks for (RFC 9110 §14.2): on a phone of Apple, no sound plays otherwise."""
    headers = {"Accept-Ranges": "bytes", "Content-Type": "audio/wav"}
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None:
        return HttpResponse(content, headers=headers)
    first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
    if first > last:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return HttpResponse(content[first : last + 1], status=206, headers=headers)


def _challenge_or_404(request: PortalRequest, token: str) -> Challenge:
    try:
        return read_challenge(token, at=request.now)
    except CaptchaRefused:
        raise Http404 from None
