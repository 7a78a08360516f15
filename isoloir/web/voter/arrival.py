"""Arrival from the employer's portal, by OpenID Connect: it stands in for the identification page."""

import contextlib

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from isoloir.elections.models import Election
from isoloir.identity.actions import enter_by_single_sign_on, open_session
from isoloir.identity.errors import AccountSuspended, ArrivalRefused, ArrivalWaits, PortalClosed, SlowedDown
from isoloir.identity.models import OneTimeLink
from isoloir.identity.requests import request_link
from isoloir.identity.single_sign_on import Arrival, SingleSignOn, begin_arrival, finish_arrival, single_sign_on
from isoloir.web.access import PortalRequest, audience

from .account import go_to_password
from .pending_link import after_sign_in

# Why the last arrival failed, for the page that says it; goes with the voter's visit.
_REFUSED = "vote_arrival_refused"
_WAIT_SECONDS = 2


@audience("public")
@never_cache
@require_GET
def arrival(request: PortalRequest) -> HttpResponse:
    """Send the visitor to the employer's portal. A plain link leads here: a form may not redirect to another site."""
    configured = _configured()
    if request.voter is not None:
        return redirect("voter:home")
    try:
        address = begin_arrival(
            request.session, configured=configured, election=Election.objects.current(),
            redirect_uri=_return_address(), at=request.now,
        )  # fmt: skip
    except PortalClosed as closed:
        return _to_closed_door(request, closed)
    except ArrivalRefused as refused:
        return _refuse(request, refused)
    return redirect(address)


@audience("public")
@never_cache
@require_GET
def arrival_return(request: PortalRequest) -> HttpResponse:
    """Take the answer of the employer's portal, and go on as after the identification page."""
    configured = _configured()
    if request.voter is not None:
        # Nobody is exchanged for somebody else in the middle of a visit.
        return redirect("voter:home")
    # A parameter that is there twice is read once, and then does not fit what is awaited (RFC 6749 §3.1).
    once = {name: values[0] for name, values in request.GET.lists() if len(values) == 1}
    try:
        arrived = finish_arrival(
            request.session, configured=configured, election=Election.objects.current(), answer=once,
            redirect_uri=_return_address(), network=request.META["REMOTE_ADDR"], at=request.now,
        )  # fmt: skip
        return _go_on(request, arrived, configured)
    except PortalClosed as closed:
        return _to_closed_door(request, closed)
    except ArrivalWaits:
        return _wait(request)
    except ArrivalRefused as refused:
        return _refuse(request, refused)
    except AccountSuspended:
        return _refuse(request, ArrivalRefused("suspended"))


def _go_on(request: PortalRequest, arrived: Arrival, configured: SingleSignOn) -> HttpResponse:
    if configured.replaces_password:
        open_session(request.session, enter_by_single_sign_on(voter=arrived.voter, at=request.now))
        return after_sign_in(request, arrived.voter)
    # As the identification page does: who has no account yet is sent the link that opens one, unless one was just sent.
    with contextlib.suppress(SlowedDown):
        request_link(
            election=arrived.voter.election, address=arrived.address, purpose=OneTimeLink.Purpose.ACTIVATION,
            at=request.now, language=get_language() or "fr",
        )  # fmt: skip
    return go_to_password(request, arrived.address)


@audience("public")
@never_cache
@require_GET
def arrival_refused(request: PortalRequest) -> HttpResponse:
    """Say why the arrival failed and how to go on, at an address that holds nothing of what the portal answered."""
    configured = _configured()
    refused = ArrivalRefused(request.session.get(_REFUSED, "stale"))
    context = {"reason": refused.code, "message": refused.message, "portal": configured.name}
    return render(request, "voter/arrival_refused.html", context, status=400)


def _configured() -> SingleSignOn:
    configured = single_sign_on()
    if configured is None:
        raise Http404
    return configured


def _return_address() -> str:
    return f"{settings.PORTAL_URL}{reverse('voter:arrival_return')}"


def _refuse(request: PortalRequest, refused: ArrivalRefused) -> HttpResponse:
    request.session[_REFUSED] = refused.code
    return redirect("voter:arrival_refused")


def _wait(request: PortalRequest) -> HttpResponse:
    """Have the browser bring the same answer again by itself: who waits so holds no thread of the portal."""
    answer = render(request, "voter/arrival_wait.html", {"address": request.get_full_path()}, status=202)
    answer["Refresh"] = str(_WAIT_SECONDS)
    return answer


def _to_closed_door(request: PortalRequest, closed: PortalClosed) -> HttpResponse:
    messages.info(request, closed.message)
    return redirect("voter:welcome")
