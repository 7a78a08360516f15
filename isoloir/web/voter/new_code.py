"""The page where a new voting code is made, seen from the server: public keys come in, and never a code.

What the page and the portal say to each other: docs/specification/booth.md, « Making a new code ».
"""

import json
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST, require_safe

from isoloir.common.clock import paris_text, utc_text
from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.models import Reissue
from isoloir.credentials.reissue.keys import change_keys, reissue_contests
from isoloir.credentials.reissue.requests import used_reissues
from isoloir.credentials.reissue.second_look import again_question, answer_again
from isoloir.identity.sessions import begin_vote, limits_of
from isoloir.web.access import VoterRequest, audience
from isoloir.web.scripts import script_context

from .pending_link import OPENED
from .vote import forget_proved_code

# The re-issue whose code may be shown once more in this session.
_SECOND_LOOK = "vote_second_look"
# How long the page shows the code (seed 004), and what the session must still have before: both displays, and a margin.
SHOWN_SECONDS = 120
_NEEDED = timedelta(minutes=6)
# Fifty contests of one voter are about 20 kB.
_LONGEST_BODY = 128 * 1024
_REGISTRAR_WAIT = 10
_STATUSES = {"slowed": 429, "proof_refused": 403}


def opened_reissue(request: VoterRequest) -> Reissue | None:
    """Return the re-issue whose link this voter opened in this session, whatever has become of it since."""
    number = request.session.get(OPENED)
    if number is None:
        return None
    return Reissue.objects.select_related("link").filter(voter=request.voter, pk=number).first()


def can_serve(reissue: Reissue, *, request: VoterRequest) -> bool:
    """Tell whether a code may still be made by this link: not used, not replaced by another, not expired."""
    if reissue.state == Reissue.State.CHANGING:
        return True
    link = reissue.link
    is_live = link is not None and link.used_at is None and request.now < link.expires_at
    return reissue.state == Reissue.State.LINKED and is_live


@audience("voter")
@never_cache
@require_safe
def new_code(request: VoterRequest) -> HttpResponse:
    """The page that hosts the making of the code: everything happens in it, so that the code stays in its memory."""
    reissue = opened_reissue(request)
    if reissue is not None and reissue.state == Reissue.State.LIVE:
        # The page was left or loaded again: the code was in its memory only.
        messages.info(
            request, _("Votre nouveau code est en vigueur. Si vous ne l’avez pas noté, demandez-en un autre.")
        )
        return redirect("voter:reissue")
    if reissue is None or not can_serve(reissue, request=request):
        messages.info(request, _no_link_sentence())
        return redirect("voter:reissue")
    context = {"state_url": reverse("voter:new_code_state"), **script_context("reissue.js")}
    return render(request, "voter/new_code.html", context)


def _no_link_sentence() -> str:
    return _("Pour faire un nouveau code, ouvrez d’abord le lien que vous avez reçu, ou demandez-en un.")


@audience("voter")
@never_cache
@require_GET
def state(request: VoterRequest) -> JsonResponse:
    """What the page needs to make the code, and to sign for the new keys."""
    reissue = opened_reissue(request)
    if reissue is None or not (reissue.state == Reissue.State.LIVE or can_serve(reissue, request=request)):
        return _no_link()
    voter, link = request.voter, reissue.link
    return JsonResponse(
        {
            "csrf_token": get_token(request),
            "language": get_language(),
            "now": utc_text(request.now),
            "state": reissue.state,
            "seconds": SHOWN_SECONDS,
            "limit": voter.election.reissue_limit,
            "used": used_reissues(voter),
            "expires_at": utc_text(link.expires_at) if link else None,
            "expires_text": paris_text(link.expires_at) if link else None,
            "contests": reissue_contests(voter, request.now),
            "keys_url": reverse("voter:new_code_keys"),
            "again_url": reverse("voter:new_code_again"),
            "again_question": again_question(voter),
            "booth_url": reverse("voter:booth"),
            "home_url": reverse("voter:home"),
            "places_url": reverse("voter:places"),
            "request_url": reverse("voter:reissue"),
        }
    )


def _refusal(status: int, error: str, message: str, **facts: object) -> JsonResponse:
    return JsonResponse({"error": error, "message": message, **facts}, status=status)


def _refused(refused: ReissueRefused) -> JsonResponse:
    if refused.code == "registrar_away":
        # Nobody knows yet whether the new keys live: it is not true that nothing has changed.
        sentence = _("Le service d’enregistrement ne répond pas. Gardez cette page ouverte : elle recommence.")
        return _refusal(503, refused.code, sentence, wait=_REGISTRAR_WAIT)
    facts = {"wait": refused.seconds} if refused.seconds else {}
    code = "slow_down" if refused.code == "slowed" else refused.code
    return _refusal(_STATUSES.get(refused.code, 409), code, refused.message, **facts)


def _no_link() -> JsonResponse:
    return _refusal(409, "no_link", _no_link_sentence(), url=reverse("voter:reissue"))


def _read(request: VoterRequest) -> dict[str, Any]:
    """Return what was sent; nothing when it cannot be read."""
    if int(request.headers.get("content-length") or 0) > _LONGEST_BODY:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


@audience("voter")
@never_cache
@require_POST
def keys(request: VoterRequest) -> JsonResponse:
    """Receive the public keys of the new code; the old ones are dead when the answer is « ok »."""
    reissue = opened_reissue(request)
    if reissue is None:
        return _no_link()
    begin_vote(request.session, at=request.now)
    if limits_of(request.session, voter=request.voter, at=request.now).ends_at - request.now < _NEEDED:
        sentence = _(
            "Votre session se termine bientôt. Identifiez-vous de nouveau, puis rouvrez le lien : il sert encore."
        )
        return _refusal(409, "session_ends", sentence, url=reverse("voter:identification"))
    given = _read(request).get("keys")
    if not isinstance(given, list) or not given or not all(map(_is_key, given)):
        return _refusal(409, "keys_refused", _("Les clés reçues sont incomplètes. Rechargez la page et recommencez."))
    try:
        change_keys(voter=request.voter, reissue_pk=reissue.pk, keys=given, at=request.now)
    except ReissueRefused as refused:
        return _refused(refused)
    forget_proved_code(request.session)
    if request.session.get(_SECOND_LOOK, {}).get("reissue") != reissue.pk:
        # The same keys sent twice give no second look more.
        request.session[_SECOND_LOOK] = {"reissue": reissue.pk, "used": False}
    return JsonResponse({"ok": True})


def _is_key(given: object) -> bool:
    """Tell whether one of the keys has the shape of one; the act checks what it says."""
    return (
        isinstance(given, dict)
        and isinstance(given.get("contest"), str)
        and isinstance(given.get("key"), str)
        and isinstance(given.get("possession"), dict)
    )


@audience("voter")
@never_cache
@sensitive_variables("answer")
@require_POST
def again(request: VoterRequest) -> JsonResponse:
    """Let the page show the code that it still holds once more, against the answer to the challenge question."""
    reissue = opened_reissue(request)
    look = request.session.get(_SECOND_LOOK)
    if reissue is None or look is None or look["reissue"] != reissue.pk:
        return _no_link()
    if look["used"]:
        return _refusal(409, "again_used", _("Votre code a déjà été affiché une seconde fois."))
    answer = _read(request).get("answer")
    try:
        answer_again(
            voter=request.voter, reissue=reissue, answer=answer if isinstance(answer, str) else "", at=request.now
        )
    except ReissueRefused as refused:
        return _refused(refused)
    request.session[_SECOND_LOOK] = {**look, "used": True}
    return JsonResponse({"ok": True})
