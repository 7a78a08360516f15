"""The register of keys of each contest (docs/specification/reissue.md), open to all from its first line on."""

import re
from collections.abc import Iterable, Mapping

from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from isoloir.board.models import RegisterLine
from isoloir.elections.models import Contest
from isoloir.pollingstation.register import register_chunks
from isoloir.web.access import audience

_BEGUN, _ENDED = "Opening", "Closing"
_BEFORE_SLOTS = 400
_KEY = re.compile(r'"(portal|registrar)":"([0-9a-f]{64})"')


def registers_begun(contests: Iterable[int]) -> dict[int, bool]:
    """Return, of these contests (by key), those whose register is begun, and whether it is closed; in one query."""
    lines = RegisterLine.objects.filter(contest__in=contests, type__in=(_BEGUN, _ENDED))
    found: dict[int, bool] = {}
    for contest, kind in lines.order_by("height").values_list("contest", "type"):
        found[contest] = kind == _ENDED
    return found


def register_state(registers: Mapping[int, bool], contest: Contest) -> str:
    """Return closed, growing, or nothing when the contest's register is not begun; for the pages that name it."""
    if contest.pk not in registers:
        return ""
    return "closed" if registers[contest.pk] else "growing"


def register_named(contest: Contest) -> tuple[str, dict[str, str]]:
    """Return the state of the contest's register, as `register_state` does, and the public keys (hex) that it names.

    These are `portal`, and `registrar` if there is one. One query.
    """
    # An opening of a million places is 100 MB: the keys are before them.
    lines = RegisterLine.objects.filter(contest=contest, type__in=(_BEGUN, _ENDED)).order_by("height")
    rows = list(lines.values_list("type", Substr("text", 1, _BEFORE_SLOTS)))
    if not rows:
        return "", {}
    _kind, opening = rows[0]
    state = "closed" if rows[-1][0] == _ENDED else "growing"
    return state, dict(_KEY.findall(opening.partition('"slots"')[0]))


@audience("public")
@never_cache
@require_safe
def register(_request: HttpRequest, uuid: str) -> HttpResponseBase:
    """The register as it stands, one line after the other. It grows until the contest is closed."""
    contest = Contest.objects.filter(uuid=uuid).first()
    if contest is None or not registers_begun([contest.pk]):
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{uuid}.register"'}
    return StreamingHttpResponse(register_chunks(contest), content_type="application/octet-stream", headers=headers)
