"""The vote, seen from the browser: state, possession of the code, sealed records, casting, receipt (docs/specification/booth.md)."""

import json
import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from isoloir.board.errors import BoardRefused
from isoloir.board.records import election_record as sealed_election
from isoloir.captcha.actions import check_answer, issue_challenge
from isoloir.captcha.errors import CaptchaMissing, CaptchaRefused
from isoloir.common.clock import paris_text, utc_text
from isoloir.credentials.errors import CodeNotIssued, KeyNotSigned, LinkKeyDestroyed, ReplacedCode, WrongCode
from isoloir.credentials.possession import check_possession, new_challenge
from isoloir.documents.receipts import PrintedReceipt, compose_receipt
from isoloir.elections.models import Contest, Election
from isoloir.identity.errors import SlowedDown
from isoloir.identity.sessions import begin_vote
from isoloir.identity.slowdown import begin_try, forgive_try
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.errors import KeyUnsigned, PollingStationRefused, ReceiptInvalid
from isoloir.pollingstation.models import Seal
from isoloir.pollingstation.receipts import Receipt, check_receipt, receipt_key
from isoloir.roll.models import RollEntry
from isoloir.web.access import VoterRequest, audience
from isoloir.web.captcha.forms import CaptchaForm
from isoloir.web.captcha.presentation import present_challenge
from isoloir.web.scripts import script_context

logger = logging.getLogger("isoloir.web")

_CHALLENGE = "vote_challenge"
_PROVED = "vote_code_proved_by"
_CAPTCHA_PASSED = "vote_code_captcha_passed_by"
# What one person can send: a ballot of a hundred lists is about 60 kB.
_LONGEST_BODY = 512 * 1024


@audience("voter")
@require_GET
def booth(request: VoterRequest) -> HttpResponse:
    """The page that hosts the booth; everything after happens in it, so that the code stays in its memory."""
    form = CaptchaForm(place="code", at=request.now)
    context = {"state_url": reverse("voter:vote_state"), "captcha": form, **script_context("booth.js")}
    response = render(request, "voter/booth.html", context)
    # A notice's QR code is photographed here.
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    return response


@audience("voter")
@require_GET
def state(request: VoterRequest) -> JsonResponse:
    """What the booth needs to begin."""
    election = request.voter.election
    request.session[_CHALLENGE] = challenge = new_challenge()
    entries = request.voter.entries.select_related("contest__election", "turnout").order_by("contest__code")
    # Asked for all at once: the number of questions to the database is not to grow with the number of contests.
    sealed = set(Seal.objects.filter(contest__roll__voter=request.voter).values_list("contest", flat=True))
    return JsonResponse(
        {
            "election": {"name": election.name},
            "now": utc_text(request.now),
            "language": get_language(),
            "voting": {
                "opens_at": utc_text(election.voting_opens_at),
                "closes_at": utc_text(election.voting_closes_at),
                "grace_ends_at": utc_text(election.grace_ends_at),
            },
            "challenge": challenge,
            "receipt_key": receipt_key().hex(),
            "csrf_token": get_token(request),
            "code_proved": _code_is_proved(request),
            "captcha": _captcha_is_asked(request),
            "captcha_url": reverse("captcha:another"),
            **_reissue_door(election, at=request.now),
            "contests": [_contest_state(entry, request, is_sealed=entry.contest_id in sealed) for entry in entries],
            "possession_url": reverse("voter:possession"),
            "receipt_pdf_url": reverse("voter:receipt_pdf"),
            "home_url": reverse("voter:home"),
            "verify_url": reverse("voter:verify"),
        }
    )


def _reissue_door(election: Election, *, at: datetime) -> dict[str, str | None]:
    """Return where another code is asked for while it can be, else the day from which it can, if that is to come."""
    if election.is_reissue_open(at=at):
        return {"reissue_url": reverse("voter:reissue"), "reissue_opens_text": None}
    opens_at = election.reissue_opens_at or election.voting_opens_at
    is_to_come = bool(election.reissue_policies) and at < opens_at
    return {"reissue_url": None, "reissue_opens_text": paris_text(opens_at) if is_to_come else None}


def _contest_state(entry: RollEntry, request: VoterRequest, *, is_sealed: bool) -> dict[str, object]:
    contest, voted_at = entry.contest, entry.voted_at
    voting = contest.voting_state(at=request.now)
    if voting == "grace":
        voting = "open" if request.voter_authenticated_at < contest.election.voting_closes_at else "closed"
    return {
        "uuid": contest.uuid,
        "code": contest.code,
        "name": contest.name,
        "seats": contest.seats,
        "state": "voted" if voted_at else ("to_vote" if voting == "open" else voting),
        "voted_at": utc_text(voted_at) if voted_at else None,
        "voted_at_text": paris_text(voted_at) if voted_at else None,
        # What is sealed never changes, and is read once by each process (`board.records`).
        "fingerprint": sealed_election(contest).fingerprint if is_sealed else None,
        "election_url": reverse("voter:election_record", args=(contest.uuid,)),
        "candidates_url": reverse("voter:candidates", args=(contest.uuid,)),
        "cast_url": reverse("voter:cast", args=(contest.uuid,)),
    }


def _code_is_proved(request: VoterRequest) -> bool:
    return bool(request.session.get(_PROVED) == request.voter.pk)


def forget_proved_code(session: SessionBase) -> None:
    """Have the code asked for again: the one that was proved in this session has been replaced."""
    session.pop(_PROVED, None)
    session.pop(_CHALLENGE, None)


def _captcha_is_asked(request: VoterRequest) -> bool:
    return "code" in settings.CAPTCHA_PLACES and request.session.get(_CAPTCHA_PASSED) != request.voter.pk


def _body(request: VoterRequest) -> bytes:
    return b"" if int(request.headers.get("content-length") or 0) > _LONGEST_BODY else request.body


def _refusal(status: int, error: str, message: str, **facts: object) -> JsonResponse:
    return JsonResponse({"error": error, "message": message, **facts}, status=status)


@audience("voter")
@require_POST
def possession(request: VoterRequest) -> JsonResponse:
    """Check the proofs that the voter has the code; a wrong code is slowed per voter, never locked."""
    challenge, proofs, captcha = _possession_request(request)
    if not challenge or challenge != request.session.get(_CHALLENGE):
        return _refusal(409, "challenge_expired", _("La page a trop attendu. Recommencez."))
    if _captcha_is_asked(request):
        try:
            _judge_captcha(request, captcha)
        except CaptchaRefused as refused:
            fresh = present_challenge(issue_challenge(at=request.now), at=request.now).as_json()
            return _refusal(403, "captcha_wrong", refused.message, captcha=fresh)
    try:
        attempt = begin_try(action="code", subjects=[f"voter {request.voter.pk}"], at=request.now)
    except SlowedDown as slowed:
        return _refusal(429, "slow_down", slowed.message, wait=slowed.seconds)
    try:
        check_possession(voter=request.voter, challenge=challenge, proofs=proofs)
    except ReplacedCode:
        sentence = _("Ce code de vote a été remplacé. Utilisez le dernier que vous avez fait, sur ce portail.")
        return _refusal(403, "replaced_code", sentence, wait=attempt.seconds)
    except WrongCode:
        sentence = _("Ce code de vote n’est pas le vôtre. Vérifiez chaque caractère.")
        return _refusal(403, "wrong_code", sentence, wait=attempt.seconds)
    except (CodeNotIssued, LinkKeyDestroyed):
        forgive_try(attempt)
        return _refusal(409, "poll_closed", _("Aucun de vos scrutins n’accepte de code de vote en ce moment."))
    except KeyNotSigned as unsigned:
        forgive_try(attempt)
        logger.error("contest %s: a key issued again is not signed, its code is refused", unsigned)  # noqa: TRY400
        return _refusal(409, KeyUnsigned.code, str(KeyUnsigned.sentence))
    forgive_try(attempt)
    request.session.pop(_CHALLENGE)
    request.session[_PROVED] = request.voter.pk
    begin_vote(request.session, at=request.now)
    return JsonResponse({"ok": True})


def _possession_request(request: VoterRequest) -> tuple[str, Any, Any]:
    """Return the challenge, the proofs and the CAPTCHA as they were sent; no challenge when nothing can be read."""
    try:
        body = json.loads(_body(request))
    except (ValueError, RecursionError):
        return "", None, None
    if not isinstance(body, dict) or not isinstance(body.get("challenge"), str):
        return "", None, None
    return body["challenge"], body.get("proofs"), body.get("captcha")


def _judge_captcha(request: VoterRequest, given: Any) -> None:
    """Note a right answer in the session, where it is asked once. Raises CaptchaRefused."""
    parts = given if isinstance(given, dict) else {}
    token, answer, proof = (str(parts.get(name) or "") for name in ("token", "answer", "proof"))
    if not answer.strip() and not proof:
        raise CaptchaMissing
    check_answer(token=token, answer=answer, proof=proof, at=request.now)
    request.session[_CAPTCHA_PASSED] = request.voter.pk


def _own_contest(request: VoterRequest, uuid: str) -> Contest:
    """Return the voter's contest; another's contest does not exist for this voter."""
    entry = (
        RollEntry.objects.select_related("contest__election").filter(voter=request.voter, contest__uuid=uuid).first()
    )
    if entry is None:
        raise Http404
    return entry.contest


@audience("voter")
@require_GET
def election_record(request: VoterRequest, uuid: str) -> HttpResponse:
    """The exact bytes of the sealed election record."""
    contest = _own_contest(request, uuid)
    try:
        return _sealed_document(sealed_election(contest).raw)
    except BoardRefused:
        raise Http404 from None


@audience("voter")
@require_GET
@gzip_page  # Candidacies hold no secret: their size may be looked at.
def candidates(request: VoterRequest, uuid: str) -> HttpResponse:
    """The exact bytes of the sealed candidate bundle, all lists or nothing; nothing before the day they are shown."""
    contest = _own_contest(request, uuid)
    seal = Seal.objects.filter(contest=contest).first()
    if seal is None or not contest.election.are_lists_shown(at=request.now):
        raise Http404
    return _sealed_document(bytes(seal.bundle))


def _sealed_document(content: bytes) -> HttpResponse:
    # R211-535: candidacies are not for search engines. What is sealed never changes: the browser may keep it.
    headers = {"X-Robots-Tag": "noindex", "Cache-Control": "private, max-age=600, immutable"}
    return HttpResponse(content, content_type="application/json", headers=headers)


@audience("voter")
@require_POST
def cast(request: VoterRequest, uuid: str) -> JsonResponse:
    """Receive a ballot, as the exact bytes that the browser signed."""
    contest = _own_contest(request, uuid)
    if not _code_is_proved(request):
        return _refusal(403, "code_required", _("Saisissez d’abord votre code de vote."))
    try:
        receipt = cast_vote(
            voter=request.voter,
            contest=contest,
            ballot=check_ballot(contest=contest, text=_body(request)),
            authenticated_at=request.voter_authenticated_at,
            at=request.now,
        )
    except PollingStationRefused as refused:
        return _refusal(409, refused.code, str(refused.sentence))
    cast_at: datetime = receipt.cast_at
    return JsonResponse(
        {"receipt": receipt.as_json(), "cast_at": utc_text(cast_at), "cast_at_text": paris_text(cast_at)}
    )


@audience("voter")
@require_POST
def receipt_pdf(request: VoterRequest) -> HttpResponse:
    """Set the receipt that the browser holds as a PDF; nothing of it is stored here."""
    try:
        body = json.loads(_body(request))
        receipt = check_receipt(text=str(body["text"]), signature=str(body["signature"]))
    except (ValueError, KeyError, TypeError, RecursionError, ReceiptInvalid):
        return _refusal(409, ReceiptInvalid.code, str(ReceiptInvalid.sentence))
    headers = {"Content-Disposition": 'attachment; filename="preuve-de-vote.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(compose_receipt(_printed(request, receipt)), content_type="application/pdf", headers=headers)


def _printed(request: VoterRequest, receipt: Receipt) -> PrintedReceipt:
    fields = receipt.fields
    return PrintedReceipt(
        election=fields["election"],
        contest=fields["contest_name"],
        tracker=fields["tracker"],
        fingerprint=fields["fingerprint"],
        cast_at=receipt.cast_at,
        text=receipt.text,
        signature=receipt.as_json()["signature"],
        key=receipt.key.hex(),
        verification_url=request.build_absolute_uri(reverse("voter:verify")),
        language="en" if get_language() == "en" else "fr",
    )
