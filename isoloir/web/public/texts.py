"""The pages of text, open to all: édito, help and its search, legal notice, tutorials.

They are kept by no shared cache: the frame bears the name of who is signed in, and each form its protection mark.
What is costly, the reading of the Markdown, is kept by the process instead.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from isoloir.elections.models import Election
from isoloir.texts.markdown import RenderedText, render_text
from isoloir.texts.models import Kind
from isoloir.texts.reading import read_text
from isoloir.texts.search import LONGEST_QUERY, search
from isoloir.web.access import audience

# Addresses of the tutorials; they are printed and sent, and outlive the wording of the titles.
TUTORIALS = {
    "parcours-electeur": Kind.ACCOUNT_TOUR,
    "parcours-de-vote": Kind.VOTE_TOUR,
    "reassorts": Kind.REISSUE_TOUR,
}
PRIVATE = cache_control(private=True, no_cache=True)


def portal_host() -> str:
    """Return the name of this portal's host: a link to any other says that it leaves."""
    return urlsplit(settings.PORTAL_URL).hostname or ""


def rendered(text: str, *, language: str, prefix: str = "") -> RenderedText:
    """Return a text as the public page writes it; the preview of the console is this too."""
    return render_text(text, language=language, portal_host=portal_host(), prefix=prefix)


@audience("public")
@require_safe
@PRIVATE
def edito(request: HttpRequest) -> HttpResponse:
    """What the election is, and what the portal owes to voters."""
    return _page(request, Kind.EDITO)


@audience("public")
@require_safe
@PRIVATE
def faq(request: HttpRequest) -> HttpResponse:
    """Questions and answers, each at an address of its own; with `?q=`, those that answer what is searched.

    What is searched is written in no log of ours, and its page is kept by nobody.
    """
    query = " ".join(request.GET.get("q", "")[:LONGEST_QUERY].replace("\0", " ").split())
    text = _text(request, Kind.FAQ)
    found = search(text, query) if query else None
    context = {"kind": Kind.FAQ, "text": text, "query": query, "found": found, "longest": LONGEST_QUERY}
    return render(request, "public/faq.html", context)


@audience("public")
@require_safe
@PRIVATE
def legal(request: HttpRequest) -> HttpResponse:
    """Who organises, which personal data are used, and the rights of voters."""
    return _page(request, Kind.LEGAL)


@audience("public")
@require_safe
@PRIVATE
def tutorial(request: HttpRequest, kind: str) -> HttpResponse:
    """One of the three tutorials, step by step."""
    page = TUTORIALS.get(kind)
    if page is None:
        raise Http404
    text = _text(request, page)
    steps = [heading for heading in text.headings if heading.level == 2]
    others = [(address, each) for address, each in TUTORIALS.items() if each != page]
    return render(request, "public/tutorial.html", {"kind": page, "text": text, "steps": steps, "others": others})


def _page(request: HttpRequest, kind: Kind) -> HttpResponse:
    return render(request, "public/text.html", {"kind": kind, "text": _text(request, kind)})


def _text(request: HttpRequest, kind: Kind) -> RenderedText:
    """Return the text in the reader's language: that of their académie for who is signed in, else the election's."""
    language = "en" if get_language() == "en" else "fr"
    voter = getattr(request, "voter", None)
    election = voter.election if voter else Election.objects.current()
    shown = read_text(election, kind, voter.academy if voter else "")
    return rendered(shown.in_language(language), language=language)
