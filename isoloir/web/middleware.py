"""The clock of a request, and the door that every request goes through."""

import contextlib
import ipaddress
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import BadRequest, ImproperlyConfigured, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils import timezone, translation

from isoloir.common.clock import current_time
from isoloir.identity.permissions import is_verified, is_verified_administrator
from isoloir.identity.roles import is_agent
from isoloir.identity.sessions import read_session
from isoloir.identity.staffsessions import read_staff_session

from .access import PortalRequest, signed_out_answer, too_large_answer, wants_json
from .views import too_large

logger = logging.getLogger("isoloir.web")
Answer = Callable[[Any], HttpResponseBase]
# What Django answers with a page of its own: no fault of ours.
_ANSWERED = (Http404, PermissionDenied, BadRequest, SuspiciousOperation, MultiPartParserError)


class ClientAddressMiddleware:
    """Behind a proxy, takes the visitor's address from the header that the proxy writes (setting CLIENT_ADDRESS_HEADER).

    Without it, everybody would share the proxy's address, and be slowed down together. The header must be one that the
    proxy always overwrites: a visitor who could write it would choose their own address.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        header = settings.CLIENT_ADDRESS_HEADER
        with contextlib.suppress(ValueError):
            if header and header in request.headers:
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(request.headers[header].strip()))
        return self.get_response(request)


class BodyLengthMiddleware:
    """Refuses a request whose body says it is too long, before anything reads the body or opens a session.

    The bound is the setting LONGEST_BODY; LONGEST_ATTACHMENTS for the pages where people join files to what they write,
    LONGEST_UPLOAD for the files that the console receives. A length that is
    absent or unreadable is left to Django, which then reads no body.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length <= _longest_body(request.path):
            return self.get_response(request)
        # The language of the visitor is chosen further in, where this request does not go.
        with translation.override(translation.get_language_from_request(request)):
            return too_large_answer() if wants_json(request) else too_large(request)


def _longest_body(path: str) -> int:
    if path.startswith(reverse("console:home")):
        return int(settings.LONGEST_UPLOAD)
    # The forms that take files from voters and agents.
    if path.startswith(tuple(reverse(name) for name in ("voter:claims", "public:assistance", "desk:home"))):
        return int(settings.LONGEST_ATTACHMENTS)
    return int(settings.LONGEST_BODY)


class ClockMiddleware:
    """Gives every request one instant, `request.now`: no act of a request sees another time than its neighbours."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        request.now = current_time()
        return self.get_response(request)


class ClosedByDefaultMiddleware:
    """Lets a request through only to a view that says who it is for, and only for those people.

    Sets `request.voter` and `request.voter_authenticated_at` (both None when no voter is identified), and
    `request.audience`, that of the view.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        # The script that warns before a session ends asks when it does, which is no sign of the voter; its view notes more.
        by_script = request.path == reverse("voter:session")
        signed_in = read_session(request.session, at=request.now, noting=not by_script)
        request.voter = signed_in.voter if signed_in else None
        request.voter_authenticated_at = signed_in.authenticated_at if signed_in else None
        request.audience = None
        response = self.get_response(request)
        # A public page that is shown to a voter bears their name.
        if request.voter is not None or request.audience != "public":
            self._keep_private(response)
        # The camera reads the QR code of a notice in the booth, which says so itself; no other page may open it.
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    def process_view(
        self, request: PortalRequest, view: Callable[..., Any], _arguments: tuple[Any, ...], _keywords: dict[str, Any]
    ) -> HttpResponse | None:
        request.audience = getattr(view, "audience", None)
        if request.audience == "public":
            return None
        if request.audience == "voter":
            return self._require_voter(request)
        if request.audience in ("bureau", "desk", "console"):
            return self._require_member(request)
        if getattr(settings, "UNMARKED_VIEW_RAISES", False):
            raise ImproperlyConfigured(f"{view.__module__}.{view.__qualname__} does not say its audience")
        raise Http404

    def _require_voter(self, request: PortalRequest) -> HttpResponse | None:
        if request.voter is not None:
            return None
        if wants_json(request):
            return signed_out_answer()
        return HttpResponseRedirect(reverse("voter:identification"))

    def _require_member(self, request: PortalRequest) -> HttpResponse | None:
        if read_staff_session(request.session, at=timezone.now()) is None or not is_verified(request.user):
            return HttpResponseRedirect(f"{reverse('bureau:login')}?{urlencode({'next': request.get_full_path()})}")
        if request.audience == "console" and not is_verified_administrator(request.user):
            raise PermissionDenied
        if request.audience == "desk" and not is_agent(request.user):
            raise PermissionDenied
        return None

    def _keep_private(self, response: HttpResponseBase) -> None:
        # R211-535: what only voters may read is never indexed; and no shared device keeps a copy of it.
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow, noarchive")
        response.headers.setdefault("Cache-Control", "no-store")


class FaultMiddleware:
    """Tells the log that a view failed: the exception's type and the view's name, in one line.

    Never the path (it may hold the token of a one-time link), nor the message or the trace (they may hold what was sent).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if not isinstance(exception, _ANSWERED):
            match = request.resolver_match
            logger.error("%s in view %s", type(exception).__name__, match.view_name if match else "unknown")
