"""Claims about the rolls, as the voter makes and follows them."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from isoloir.web.access import VoterRequest, audience


@audience("voter")
@require_safe
def claims(_request: VoterRequest) -> HttpResponse:
    """The voter's claims, and whether a new one is received."""
    return redirect("voter:home")
