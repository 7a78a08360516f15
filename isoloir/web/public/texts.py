"""The pages of text, open to all: édito, help, legal notice.

They are kept by no shared cache: the frame bears the name of who is signed in, and each form its protection mark.
What is costly, the reading of the Markdown, is kept by the process instead.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from isoloir.elections.models import Election
from isoloir.texts.markdown import RenderedText, render_text
from isoloir.texts.models import Kind
from isoloir.texts.reading import read_text
from isoloir.web.access import audience


def portal_host() -> str:
    """Return the name of this portal's host: a link to any other says that it leaves."""
    return urlsplit(settings.PORTAL_URL).hostname or ""


def rendered(text: str, *, language: str, prefix: str = "") -> RenderedText:
    """Return a text as the public page writes it; the preview of the console is this too."""
    return render_text(text, language=language, portal_host=portal_host(), prefix=prefix)


@audience("public")
@require_safe
@cache_control(private=True, no_cache=True)
def edito(request: HttpRequest) -> HttpResponse:
    """What the election is, and what the portal owes to voters."""
    return _page(request, Kind.EDITO)


@audience("public")
@require_safe
@cache_control(private=True, no_cache=True)
def faq(request: HttpRequest) -> HttpResponse:
    """Questions and answers, each at an address of its own."""
    return _page(request, Kind.FAQ)


@audience("public")
@require_safe
@cache_control(private=True, no_cache=True)
def legal(request: HttpRequest) -> HttpResponse:
    """Who organises, which personal data are used, and the rights of voters."""
    return _page(request, Kind.LEGAL)


def _page(request: HttpRequest, kind: Kind) -> HttpResponse:
    language = "en" if get_language() == "en" else "fr"
    voter = getattr(request, "voter", None)
    election = voter.election if voter else Election.objects.current()
    text = rendered(read_text(election, kind).in_language(language), language=language)
    return render(request, "public/text.html", {"kind": kind, "text": text})
