"""The voter's way in: identification, password, lost password, sign-out.

Nothing here tells whether an address is a voter's: the same pages, the same redirects, the same work for all.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from isoloir.elections.models import Election
from isoloir.identity.actions import authenticate_voter, open_session
from isoloir.identity.actions import sign_out as end_session
from isoloir.identity.errors import AccountSuspended, NetworkCrowded, PortalClosed, SignInRefused, SlowedDown
from isoloir.identity.models import OneTimeLink
from isoloir.identity.requests import request_link
from isoloir.identity.sessions import keep_address, kept_address, session_has_ended
from isoloir.identity.slowdown import SIGN_IN, is_crowded
from isoloir.web.access import PortalRequest, audience

from .forms import IdentificationForm, LostPasswordForm, PasswordForm
from .pending_link import after_sign_in

page = require_safe
form_page = require_http_methods(["GET", "HEAD", "POST"])


@audience("public")
@never_cache
@form_page
def identification(request: PortalRequest) -> HttpResponse:
    """Ask for the address; whatever it is, the answer is the password page, and a voter without account gets a link."""
    if request.voter is not None:
        return redirect("voter:home")
    if session_has_ended(request.session):
        messages.info(request, _("Votre session a pris fin, pour votre sécurité. Identifiez-vous de nouveau."))
    form = IdentificationForm(request.POST if request.method == "POST" else None, at=request.now)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        try:
            _ask_for_link(request, address, OneTimeLink.Purpose.ACTIVATION)
        except SlowedDown:
            # A link was sent a moment ago, to whoever gets one; saying so would tell nothing new, and stop somebody.
            return go_to_password(request, address)
        except PortalClosed as closed:
            form.add_error(None, closed.message)
        else:
            return go_to_password(request, address)
    return render(request, "voter/identification.html", {"form": form})


def go_to_password(request: PortalRequest, address: str) -> HttpResponse:
    """Go on to the password page with the address by which somebody is identified."""
    keep_address(request.session, address)
    return redirect("voter:password")


def _ask_for_link(request: PortalRequest, address: str, purpose: OneTimeLink.Purpose) -> None:
    request_link(
        election=Election.objects.current(), address=address, purpose=purpose, at=request.now,
        language=get_language() or "fr",
    )  # fmt: skip


@audience("public")
@never_cache
@sensitive_post_parameters("password")
@form_page
def password(request: PortalRequest) -> HttpResponse:
    """Ask for the password, on a page that is the same for an activated, a not yet activated and an unknown address."""
    address = kept_address(request.session)
    if address is None:
        return redirect("voter:identification")
    if request.POST.get("shown_for", address) != address:
        # Somebody else identified in another tab: this password is not to be tried, nor counted, against them.
        messages.warning(
            request, _("Une autre adresse a été saisie dans un autre onglet. Vérifiez l’adresse indiquée.")
        )
        return redirect("voter:password")
    crowded = _is_crowded(request)
    form = PasswordForm(request.POST if request.method == "POST" else None, crowded=crowded, at=request.now)
    wait = 0
    if request.method == "POST" and form.is_valid():
        try:
            proved = authenticate_voter(
                election=Election.objects.current(),
                address=address,
                password=form.cleaned_data["password"],
                network=request.META["REMOTE_ADDR"],
                captcha=form.passed,
                at=request.now,
            )
        except NetworkCrowded as refused:
            # The crowd came while this very request was read.
            form.ask_captcha()
            form.add_error("captcha", refused.message)
        except (SignInRefused, SlowedDown) as refused:
            form.add_error("password", refused.message)
            wait = refused.seconds
        except (PortalClosed, AccountSuspended) as refused:
            form.add_error(None, refused.message)
        else:
            open_session(request.session, proved)
            return after_sign_in(request, proved.voter)
        # This try may be the one that makes the crowd: the page asks at once for what the next one needs.
        if _is_crowded(request):
            form.ask_captcha()
    return render(request, "voter/password.html", {"form": form, "address": address, "wait": wait})


def _is_crowded(request: PortalRequest) -> bool:
    return is_crowded(action=SIGN_IN, address=request.META["REMOTE_ADDR"], at=request.now)


@audience("public")
@never_cache
@form_page
def lost_password(request: PortalRequest) -> HttpResponse:
    """Say what a request for a new password does, and have it confirmed (first message of seed 003)."""
    address, election = kept_address(request.session), Election.objects.current()
    if address is None or election is None:
        return redirect("voter:identification")
    form = LostPasswordForm(request.POST if request.method == "POST" else None, at=request.now)
    if request.method == "POST" and form.is_valid():
        try:
            _ask_for_link(request, address, OneTimeLink.Purpose.PASSWORD)
        except SlowedDown:
            # A link left a moment ago, to whoever gets one; a wait shown here would tell that somebody asked elsewhere.
            return redirect("voter:mail_sent")
        except PortalClosed as closed:
            form.add_error(None, closed.message)
        else:
            return redirect("voter:mail_sent")
    context = {"form": form, "address": address, "link_hours": election.link_hours}
    return render(request, "voter/lost_password.html", context)


@audience("public")
@never_cache
@page
def mail_sent(request: PortalRequest) -> HttpResponse:
    """Say where to look for the link, in the same words whether one is sent or not (second message of seed 003)."""
    address, election = kept_address(request.session), Election.objects.current()
    if address is None or election is None:
        return redirect("voter:identification")
    return render(request, "voter/mail_sent.html", {"address": address, "link_hours": election.link_hours})


@audience("public")
@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    """End the voter's session; doing it twice is no fault."""
    end_session(request.session)
    messages.success(request, _("Vous êtes déconnecté."))
    return redirect("voter:welcome")
