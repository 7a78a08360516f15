"""The neutral pages of what goes wrong: they tell nothing of the inside, and survive a broken database or template."""

import logging
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

_LAST_RESORT = (
    '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Panne – Outage – Isoloir</title></head><body><main>'
    "<h1>Le portail a rencontré une panne</h1><p>Attendez quelques minutes, puis recommencez.</p>"
    '<p><a href="/">Revenir à l’accueil</a></p><section lang="en"><h2>The portal is having a problem</h2>'
    '<p>Wait a few minutes, then try again.</p><p><a href="/">Back to the home page</a></p></section></main></body></html>'
)
logger = logging.getLogger("isoloir.web")


def _with_mark(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have the forms of an error page bear their protection mark, unless the very form that was sent cannot be read."""
    marked = requires_csrf_token(page)

    @wraps(page)
    def answer(request: HttpRequest, *arguments: object, **keywords: object) -> HttpResponse:
        try:
            return marked(request, *arguments, **keywords)
        except (BadRequest, SuspiciousOperation):
            # Looking for the mark reads the form again, and fails again.
            return page(request, *arguments, **keywords)

    return answer


@_with_mark
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it
    """Answer 400."""
    return _page(request, "400.html", 400)


@_with_mark
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it
    """Answer 403."""
    return _page(request, "403.html", 403)


@_with_mark
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django passes it
    """Answer 404, the same whether a thing does not exist or is somebody else's."""
    return _page(request, "404.html", 404)


@_with_mark
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer 403 for a form without its protection mark; the reason is for the log of the developer, never shown."""
    return _page(request, "403_csrf.html", 403)


def too_large(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer 413, without the frame of the request: its forms would need a mark, and the mark is looked for in the body."""
    return _page(None, "413.html", 413)


@_with_mark
def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer 500, with nothing that needs the database."""
    return _page(None, "500.html", 500)


def _page(request: HttpRequest | None, template: str, status: int) -> HttpResponse:
    # With the frame of the request, then without it, then without any template: one of the three always works.
    for frame in (request, None):
        try:
            return HttpResponse(render_to_string(template, request=frame), status=status)
        except Exception as error:  # The page of an error must never be an error; its type says enough.
            # No trace: it would hold the request.
            logger.error("page %s failed: %s", template, type(error).__name__)  # noqa: TRY400
    return HttpResponse(_LAST_RESORT, status=status)
