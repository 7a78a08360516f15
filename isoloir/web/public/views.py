"""Published results, open to all: figures, seats, minutes, and the archive that makes them checkable (R211-543, 577)."""

import json

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import condition, require_GET, require_safe

from isoloir.board.archive import archive_chunks, published_archive
from isoloir.board.records import election_record
from isoloir.elections.models import Contest, Election
from isoloir.pollingstation.models import Member
from isoloir.tally.actions import draw_up_minutes
from isoloir.tally.minutes import machine_readable_result, minutes_hash
from isoloir.web.access import audience
from isoloir.web.results import result_context
from isoloir.web.statements import statement_answer

from .register import register_named, register_state, registers_begun

# R211-535: candidacies are not for search engines.
_NOT_INDEXED = {"X-Robots-Tag": "noindex"}


def published_contest(uuid: str) -> Contest:
    """Return a contest whose results are published; any other does not exist for the public. Raises Http404."""
    contest = (
        Contest.objects.select_related("election", "result", "seal")
        .filter(uuid=uuid, state=Contest.State.PUBLISHED)
        .first()
    )
    if contest is None:
        raise Http404
    return contest


@audience("public")
@require_GET
def results(request: HttpRequest) -> HttpResponse:
    """The contests of the election, each with its results once they are published."""
    election = Election.objects.current()
    rows = list(Contest.objects.filter(election=election).order_by("code"))
    registers = registers_begun([contest.pk for contest in rows])
    contests = [
        {
            "uuid": contest.uuid, "code": contest.code, "name": contest.name, "seats": contest.seats,
            "published": contest.state == Contest.State.PUBLISHED, "register": register_state(registers, contest),
        }
        for contest in rows
    ]  # fmt: skip
    return render(request, "public/results.html", {"contests": contests})


@audience("public")
@require_GET
def contest_result(request: HttpRequest, uuid: str) -> HttpResponse:
    """The results of one contest, the seats and how they came, and how to check all of it."""
    contest = published_contest(uuid)
    identity = published_archive(uuid)
    state, keys = register_named(contest)
    context = {
        "contest": contest,
        "fingerprint": election_record(contest).fingerprint,
        "archive": {
            "url": reverse("public:archive", args=(uuid,)),
            "file_name": f"{uuid}.bel",
            "size": identity.size,
            "sha256": identity.sha256,
        },
        "minutes": _minutes(contest),
        "register": state,
        "register_keys": keys,
        "candidates_url": reverse("public:candidates", args=(uuid,)),
        "result_json_url": reverse("public:result_json", args=(uuid,)),
        **result_context(contest.result),
    }
    return render(request, "public/contest_result.html", context)


def _minutes(contest: Contest) -> dict[str, object]:
    """Return the address of the minutes and their signatures: who signed, in which role, which bytes, when."""
    words = dict(Member.Role.choices)
    signatures = contest.minutes_signatures.select_related("account").order_by("signed_at", "pk")
    return {
        "url": reverse("public:minutes_pdf", args=(contest.uuid,)),
        "signatures": [
            {
                "name": signature.account.full_name,
                "role": words.get(signature.role, signature.role),
                "signed_at": signature.signed_at,
                "sha256": signature.minutes_sha256,
            }
            for signature in signatures
        ],
    }


@audience("public")
@require_GET
def result_json(_request: HttpRequest, uuid: str) -> HttpResponse:
    """The result for programs: the very file attached to the minutes."""
    content = machine_readable_result(published_contest(uuid).result)
    return HttpResponse(content, content_type="application/json")


def _archive_etag(_request: HttpRequest, uuid: str) -> str:
    published_contest(uuid)
    return f'"{published_archive(uuid).sha256}"'


@audience("public")
@require_safe
@condition(etag_func=_archive_etag)
def archive(_request: HttpRequest, uuid: str) -> HttpResponseBase:
    """The archive, streamed event by event. It never changes once published: its SHA-256 is its entity tag."""
    contest = published_contest(uuid)
    headers = {
        "Content-Disposition": f'attachment; filename="{uuid}.bel"',
        "Content-Length": str(published_archive(uuid).size),
    }
    return StreamingHttpResponse(archive_chunks(contest), content_type="application/octet-stream", headers=headers)


@audience("public")
@require_GET
def candidates(_request: HttpRequest, uuid: str) -> HttpResponse:
    """The candidate bundle whose SHA-256 is in the election's record."""
    bundle = bytes(published_contest(uuid).seal.bundle)
    return HttpResponse(bundle, content_type="application/json", headers=_NOT_INDEXED)


@audience("public")
@require_GET
def statement_pdf(_request: HttpRequest, uuid: str, position: int) -> HttpResponse:
    """The statement of one list, whose SHA-256 is in the candidate bundle."""
    return statement_answer(json.loads(bytes(published_contest(uuid).seal.bundle)), position)


@audience("public")
@require_GET
def minutes_pdf(_request: HttpRequest, uuid: str) -> HttpResponse:
    """The results minutes, with the fingerprint that the members signed as entity tag."""
    contest = published_contest(uuid)
    document = draw_up_minutes(contest=contest)
    headers = {
        "Content-Disposition": f'inline; filename="proces-verbal-{contest.code}.pdf"',
        "ETag": f'"{minutes_hash(document)}"',
    }
    return HttpResponse(document, content_type="application/pdf", headers=headers)
