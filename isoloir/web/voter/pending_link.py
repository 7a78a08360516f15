"""The link of a new voting code that was opened before its voter signed in: it waits in the session, and is then gone on with.

The link alone gives nothing: a stolen telephone shows the message, and not the password.
"""

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from isoloir.identity.models import OneTimeLink
from isoloir.roll.models import Voter
from isoloir.web.access import PortalRequest

# The re-issue whose link was opened in this session, for the pages that make the code.
OPENED = "vote_reissue"
# Begins otherwise than what a visit leaves: signing in clears all that (isoloir.identity.sessions). The link's number and
# not its token, which the database never holds.
_WAITING = "reissue_link_waiting"


def keep_waiting(session: SessionBase, link: OneTimeLink) -> None:
    """Keep the link that was opened until somebody signs in."""
    session[_WAITING] = link.pk


def go_on(session: SessionBase, link: OneTimeLink) -> HttpResponse:
    """Go to the page that makes the code, which consumes nothing before the new keys are live."""
    session.pop(_WAITING, None)
    session[OPENED] = link.reissue.pk
    return redirect("voter:new_code")


def after_sign_in(request: PortalRequest, voter: Voter) -> HttpResponse:
    """Return where who has just signed in goes: to the new code whose link they had opened, else to their space.

    Somebody else's link is forgotten without a word.
    """
    number = request.session.pop(_WAITING, None)
    links = OneTimeLink.objects.select_related("reissue").filter(voter=voter, reissue__isnull=False)
    link = links.filter(pk=number).first() if number is not None else None
    if link is None:
        return redirect("voter:home")
    if link.used_at is None and request.now < link.expires_at:
        return go_on(request.session, link)
    messages.warning(request, _("Le lien que vous aviez ouvert ne peut plus servir. Demandez-en un autre."))
    return redirect("voter:reissue")
