"""Pages and answers of the fictional employer's portal, under /demo/employeur/ (isoloir.demo.employer)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from isoloir.web.access import PortalRequest, audience

from .employer import (
    Agent,
    agents,
    authenticate_client,
    check_client,
    check_request,
    grant_code,
    issuer,
    published_keys,
    redeem_code,
    return_address,
    signed,
    told_about,
)
from .grants import RequestRefused


class AgentForm(forms.Form):
    """Which agent the visitor is."""

    agent = forms.ChoiceField(
        label=gettext_lazy("Agent"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez qui vous êtes.")},
    )

    def __init__(self, *arguments: Any, agents: Iterable[Agent], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(agent.number, f"{agent.name} ({agent.address})") for agent in agents]
        self.fields["agent"].choices = choices  # type: ignore[attr-defined]  # A ChoiceField, declared above.


@audience("public")
@require_GET
def home(request: PortalRequest) -> HttpResponse:
    """The employer's portal, from which an agent goes to the elections."""
    return render(request, "demo/employer.html", {"section": "employer", "name": settings.EMPLOYER_PORTAL["name"]})


@audience("public")
@require_GET
def description(_request: PortalRequest) -> HttpResponse:
    """What the provider says of itself (OpenID Connect Discovery 1.0 §4)."""
    members: dict[str, Any] = {
        "issuer": issuer(),
        "authorization_endpoint": _address("demo:employer_authorize"),
        "token_endpoint": _address("demo:employer_token"),
        "userinfo_endpoint": _address("demo:employer_userinfo"),
        "jwks_uri": _address("demo:employer_keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [settings.EMPLOYER_PORTAL["algorithm"]],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
    return JsonResponse(members)


@audience("public")
@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request: PortalRequest) -> HttpResponse:
    """Ask the visitor which agent they are; send them back to the elections with a code, or with the word of a fault."""
    asked = request.GET.dict()
    try:
        check_client(asked)
    except RequestRefused:
        return render(request, "demo/employer_refusal.html", {"section": "employer"}, status=400)
    try:
        if any(len(values) > 1 for _name, values in request.GET.lists()):
            raise RequestRefused("invalid_request")
        check_request(asked)
        if "refuse" in request.POST:
            raise RequestRefused("access_denied")
    except RequestRefused as refused:
        return _back(asked, error=refused.error)
    people = {agent.number: agent for agent in agents()}
    form = AgentForm(request.POST if request.method == "POST" else None, agents=people.values())
    if request.method == "POST" and form.is_valid():
        return _back(asked, code=grant_code(asked, people[form.cleaned_data["agent"]], at=request.now))
    context = {"section": "employer", "name": settings.EMPLOYER_PORTAL["name"], "form": form}
    return render(request, "demo/employer_choice.html", context)


def _back(asked: dict[str, str], **parameters: str) -> HttpResponse:
    """Send the visitor back, with the state that was sent and the name of this provider (RFC 9207)."""
    state = {"state": asked["state"]} if "state" in asked else {}
    return HttpResponseRedirect(f"{return_address()}?{urlencode({**parameters, **state, 'iss': issuer()})}")


@audience("public")
@csrf_exempt
@never_cache
@require_POST
def token(request: PortalRequest) -> HttpResponse:
    """Exchange a code for tokens: asked by the elections' server, without any browser."""
    form = request.POST.dict()
    try:
        authenticate_client(request.headers.get("Authorization", ""), form)
        return JsonResponse(redeem_code(form, at=request.now))
    except RequestRefused as refused:
        return JsonResponse({"error": refused.error}, status=401 if refused.error == "invalid_client" else 400)


@audience("public")
@never_cache
@require_GET
def userinfo(request: PortalRequest) -> HttpResponse:
    """Tell who the token was given for, as JSON or as a signed token (setting EMPLOYER_PORTAL)."""
    try:
        claims = told_about(request.headers.get("Authorization", ""), at=request.now)
    except RequestRefused as refused:
        return JsonResponse({"error": refused.error}, status=401, headers={"WWW-Authenticate": "Bearer"})
    if not settings.EMPLOYER_PORTAL["signed_userinfo"]:
        return JsonResponse(claims)
    token = signed({"iss": issuer(), "aud": settings.EMPLOYER_PORTAL["client_id"], **claims})
    return HttpResponse(token, content_type="application/jwt")


@audience("public")
@require_GET
def keys(_request: PortalRequest) -> HttpResponse:
    """The public keys of the provider."""
    return JsonResponse(published_keys())


def _address(name: str) -> str:
    return f"{settings.PORTAL_URL}{reverse(name)}"
