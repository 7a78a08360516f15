"""Asking for help, signed in or not."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from isoloir.web.access import PortalRequest, audience


@audience("public")
@require_safe
def ask(_request: PortalRequest) -> HttpResponse:
    """The form by which anybody asks a question."""
    return redirect("public:faq")
