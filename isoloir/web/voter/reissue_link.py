"""The page behind the link of a new voting code: it leads to where the code is made, for its voter, once signed in."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from isoloir.credentials.models import Reissue
from isoloir.identity.models import OneTimeLink
from isoloir.web.access import PortalRequest

from .links import behind_link
from .pending_link import go_on, keep_waiting


@behind_link(OneTimeLink.Purpose.REISSUE)
def reissue_link(request: PortalRequest, _token: str, link: OneTimeLink) -> HttpResponse:
    """Say what the link is for; go on when the voter asks, or once they have signed in. Consumes nothing."""
    if not Reissue.objects.filter(link=link).exists():
        raise Http404
    if request.voter is None:
        keep_waiting(request.session, link)
        return render(request, "voter/reissue_link_sign_in.html", {"link": link})
    if request.method == "POST":
        return go_on(request.session, link)
    return render(request, "voter/reissue_link.html", {"link": link})
