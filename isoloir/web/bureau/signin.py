"""Sign-in of bureau members and administrators: e-mail and password, then the code of their device (TOTP)."""

import base64
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

import segno
from django import forms
from django.contrib.auth import authenticate, login
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.identity.models import Account
from isoloir.identity.permissions import is_verified
from isoloir.identity.staffsessions import STAFF_PREFIX, close_staff_session, is_staff_open, read_staff_session
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.web.access import PortalRequest, audience

# The page that was asked, once the password is right; before that it stays in the address that the form is sent to, so
# that a visitor whom nobody knows writes nothing.
_NEXT = f"{STAFF_PREFIX}_next"


class SignInForm(forms.Form):
    """What a member knows."""

    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Mot de passe"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class CodeForm(forms.Form):
    """What a member has."""

    code = forms.CharField(
        label=gettext_lazy("Code à 6 chiffres"),
        help_text=gettext_lazy("Le code affiché par l’application d’authentification de votre appareil."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        code = "".join(str(self.cleaned_data["code"]).split())
        if len(code) != 6 or not code.isdecimal():
            raise forms.ValidationError(_("Saisissez les 6 chiffres affichés par votre appareil."))
        return code


@audience("public")
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: PortalRequest) -> HttpResponse:
    """Ask for the e-mail address and the password; the wrong couple and the unknown address get the same answer."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        account = authenticate(request, **form.cleaned_data)
        if account is not None:
            if is_staff_open(request.session):
                # Another member's: Django would drop the whole session, and a voter's sign-in with it.
                close_staff_session(request.session)
            login(request, account)
            request.session[_NEXT] = _own_page(request, request.GET.get("next", ""))
            return redirect("bureau:totp")
        form.add_error(None, _("L’adresse et le mot de passe ne correspondent pas."))
    return render(request, "bureau/login.html", {"form": form})


@audience("public")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: PortalRequest) -> HttpResponse:
    """Ask for the code of the member's device; the sign-in counts only once it is right."""
    signed_in = read_staff_session(request.session, at=timezone.now())
    account = request.user
    if signed_in is None or not account.is_authenticated:
        return redirect("bureau:login")
    if is_verified(account):
        return HttpResponseRedirect(_destination(request, account))
    new_device = _device_to_enrol(account)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        fault = _try_code(request, account, form.cleaned_data["code"])
        if not fault:
            enrolled = new_device is not None
            record(Kind.ACCOUNT_SIGNED_IN, actor=account.email, at=request.now, facts={"device_enrolled": enrolled})
            return HttpResponseRedirect(_destination(request, account))
        form.add_error("code", fault)
    enrolment = _Enrolment.of(new_device) if new_device else None
    return render(request, "bureau/totp.html", {"form": form, "enrolment": enrolment})


@audience("public")
@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    """End the member's session; a voter's in the same browser goes on."""
    close_staff_session(request.session)
    return redirect("bureau:login")


def slowed_down(request: PortalRequest, _response: HttpResponse | None, _credentials: dict[str, Any]) -> HttpResponse:
    """Answer who tries passwords too fast: the form again, with the delay, and status 429 (never a lock for good)."""
    form = SignInForm(request.POST)
    form.is_valid()
    form.add_error(None, _("Trop d’essais en peu de temps. Attendez un quart d’heure, puis recommencez."))
    return render(request, "bureau/login.html", {"form": form}, status=429)


@dataclass(frozen=True)
class _Enrolment:
    """What the member's application needs, shown until the first right code."""

    qr_url: str
    secret: str

    @classmethod
    def of(cls, device: TOTPDevice) -> "_Enrolment":
        image = segno.make(device.config_url, micro=False).svg_data_uri(scale=4, border=4, light="white")
        return cls(qr_url=image, secret=base64.b32encode(device.bin_key).decode())


def _device_to_enrol(account: Account) -> TOTPDevice | None:
    """Return the device that a member without any is about to enrol, always the same one until its first right code."""
    devices = TOTPDevice.objects.filter(user=account)
    if devices.filter(confirmed=True).exists():
        return None
    return devices.filter(confirmed=False).first() or TOTPDevice.objects.create(
        user=account, name=account.email, confirmed=False
    )


def _try_code(request: PortalRequest, account: Account, code: str) -> str:
    """Sign the member in with the device that gave this code, or return the sentence that says what is wrong."""
    devices = TOTPDevice.objects.filter(user=account).order_by("-confirmed", "pk")
    has_confirmed = any(device.confirmed for device in devices)
    for device in devices:
        # An unconfirmed device counts only while there is no other: it cannot be added beside one in use.
        if has_confirmed and not device.confirmed:
            continue
        allowed, reason = device.verify_is_allowed()
        if not allowed:
            return _too_fast(reason)
        if device.verify_token(code):
            if not device.confirmed:
                device.confirmed = True
                device.save(update_fields=("confirmed",))
            otp_login(request, device)
            return ""
    return _("Ce code n’est pas le bon, ou il a déjà servi. Attendez que votre appareil en affiche un autre.")


def _too_fast(reason: dict[str, Any] | None) -> str:
    # django-otp counts in the machine's own time, which the clock of a demonstration does not move.
    wait = (reason or {}).get("locked_until")
    seconds = ceil((wait - timezone.now()) / timedelta(seconds=1)) if wait else 1
    return _("Trop d’essais. Attendez %(seconds)d s, puis saisissez un nouveau code.") % {"seconds": max(1, seconds)}


def _destination(request: PortalRequest, account: Account) -> str:
    if wanted := request.session.pop(_NEXT, ""):
        return str(wanted)
    if account.is_administrator and not account.memberships.exists():
        return reverse("console:home")
    return reverse("bureau:home")


def _own_page(request: PortalRequest, wanted: str) -> str:
    """Return the page if it is one of this site, and nothing otherwise."""
    good = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if good else ""
