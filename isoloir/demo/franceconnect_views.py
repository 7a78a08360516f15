"""Pages and answers of the simulator of FranceConnect, under /demo/franceconnect/api/v2/ (isoloir.demo.franceconnect)."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from isoloir.web.access import PortalRequest, audience

from .franceconnect import (
    check_client,
    check_logout,
    check_request,
    citizens,
    describe,
    grant_code,
    issuer,
    published_keys,
    redeem_code,
    return_address,
    told_about,
)
from .grants import RequestRefused


class CitizenForm(forms.Form):
    """Who the visitor is."""

    citizen = forms.ChoiceField(
        label=gettext_lazy("Compte FranceConnect"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez qui vous êtes.")},
    )


@audience("public")
@require_GET
def description(_request: PortalRequest) -> HttpResponse:
    """What the provider says of itself (OpenID Connect Discovery 1.0 §4)."""
    names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo", "end_session": "session/end"}
    members: dict[str, Any] = {f"{name}_endpoint": f"{issuer()}/{path}" for name, path in names.items()}
    members |= {
        "issuer": issuer(),
        "jwks_uri": f"{issuer()}/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "acr_values_supported": ["eidas1"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "userinfo_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }
    return JsonResponse(members)


@audience("public")
@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request: PortalRequest) -> HttpResponse:
    """Ask the visitor who they are; send them back with a code, or with the word of a fault."""
    asked = request.GET.dict()
    try:
        check_client(asked)
    except RequestRefused:
        return render(request, "demo/employer_refusal.html", {"section": "employer"}, status=400)
    try:
        if any(len(values) > 1 for _name, values in request.GET.lists()):
            raise RequestRefused("Y000400")
        check_request(asked)
        if "refuse" in request.POST:
            raise RequestRefused("access_denied")
    except RequestRefused as refused:
        return _back(asked, error=refused.error)
    people = {one.number: one for one in citizens()}
    form = CitizenForm(request.POST if request.method == "POST" else None)
    form.fields["citizen"].choices = [  # type: ignore[attr-defined]  # A ChoiceField, declared above.
        (number, describe(one)) for number, one in people.items()
    ]
    if request.method == "POST" and form.is_valid():
        return _back(asked, code=grant_code(asked, people[form.cleaned_data["citizen"]], at=request.now))
    return render(request, "demo/franceconnect.html", {"section": "employer", "form": form})


def _back(asked: dict[str, str], **parameters: str) -> HttpResponse:
    state = {"state": asked["state"]} if "state" in asked else {}
    return HttpResponseRedirect(f"{return_address()}?{urlencode({**parameters, **state})}")


@audience("public")
@csrf_exempt
@never_cache
@require_POST
def token(request: PortalRequest) -> HttpResponse:
    """Exchange a code for tokens: asked by the elections' server, without any browser."""
    try:
        authorization = request.headers.get("Authorization", "")
        return JsonResponse(redeem_code(request.POST.dict(), authorization=authorization, at=request.now))
    except RequestRefused as refused:
        return JsonResponse({"error": refused.error}, status=401 if refused.error == "invalid_client" else 400)


@audience("public")
@never_cache
@require_GET
def userinfo(request: PortalRequest) -> HttpResponse:
    """Tell who the token was given for, always as a signed token."""
    try:
        signed = told_about(request.headers.get("Authorization", ""), at=request.now)
    except RequestRefused as refused:
        return JsonResponse({"error": refused.error}, status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(signed, content_type="application/jwt")


@audience("public")
@require_GET
def keys(_request: PortalRequest) -> HttpResponse:
    """The public keys of the provider."""
    return JsonResponse(published_keys())


@audience("public")
@never_cache
@require_GET
def end_session(request: PortalRequest) -> HttpResponse:
    """Sign out, and go back with the state that was sent."""
    try:
        address = check_logout(request.GET.dict())
    except RequestRefused:
        return render(request, "demo/employer_refusal.html", {"section": "employer"}, status=400)
    return HttpResponseRedirect(f"{address}?{urlencode({'state': request.GET['state']})}")
