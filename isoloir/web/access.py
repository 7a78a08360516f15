"""Who a view is for. Every view says it; the middleware refuses the view that does not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from isoloir.identity.models import Account
from isoloir.roll.models import Voter

Audience = Literal["public", "voter", "bureau", "desk", "console"]
AUDIENCES: tuple[str, ...] = get_args(Audience)
View = TypeVar("View", bound=Callable[..., Any])


class PortalRequest(HttpRequest):
    """A request as the middleware hands it to a public view; only a type, never built."""

    now: datetime
    audience: str | None
    voter: Voter | None
    voter_authenticated_at: datetime | None


class VoterRequest(PortalRequest):
    """A request to a view for voters: one is identified."""

    voter: Voter
    voter_authenticated_at: datetime


class MemberRequest(PortalRequest):
    """A request to a view for the bureau, the desks or the console: a member is signed in with both factors."""

    user: Account


def audience(name: Audience) -> Callable[[View], View]:
    """Mark a view: `public` needs nobody, `voter` an identified voter, the others staff with their second factor.

    `console` needs an administrator besides, and `desk` an agent of the current election. Goes above every other decorator of the view, whose wrappers may lose it.
    """
    if name not in AUDIENCES:
        raise ValueError(f"unknown audience: {name}")

    def mark(view: View) -> View:
        view.audience = name  # type: ignore[attr-defined]
        return view

    return mark


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a program, and not a person's page load, asks: what the booth calls under its page, or by Accept."""
    if request.path.startswith(reverse("voter:booth")) and not _is_page_under_booth(request.path):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _is_page_under_booth(path: str) -> bool:
    pages = {reverse(name) for name in ("voter:booth", "voter:new_code", "voter:places")}
    return path in pages or path.startswith(reverse("voter:reissue"))


def signed_out_answer() -> JsonResponse:
    """Return the 401 that the booth turns into « identifiez-vous de nouveau »."""
    message = _("Vous n’êtes plus identifié. Identifiez-vous de nouveau : rien de ce qui est voté n’est perdu.")
    return JsonResponse({"error": "signed_out", "message": message, "url": reverse("voter:identification")}, status=401)


def too_large_answer() -> JsonResponse:
    """Return the 413 of a request that is longer than anything the booth sends."""
    message = _("Cet envoi est trop volumineux : rien n’a été enregistré.")
    return JsonResponse({"error": "too_large", "message": message}, status=413)
