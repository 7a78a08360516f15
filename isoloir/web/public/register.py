"""The register of keys of each contest (docs/specification/reissue.md), open to all from its first line on."""

from collections.abc import Iterable, Mapping

from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from isoloir.board.models import RegisterLine
from isoloir.elections.models import Contest
from isoloir.pollingstation.register import OPENING_START, keys_named, register_chunks
from isoloir.pollingstation.registrar_loss import declared_loss
from isoloir.web.access import audience

_BEGUN, _ENDED = "Opening", "Closing"


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

    The state is `unfinished` while the last line lacks because the registrar was declared lost: it may never come.
    The keys are `portal`, and `registrar` if there is one.
    """
    lines = RegisterLine.objects.filter(contest=contest, type__in=(_BEGUN, _ENDED)).order_by("height")
    rows = list(lines.values_list("type", Substr("text", 1, OPENING_START)))
    if not rows:
        return "", {}
    _kind, opening = rows[0]
    keys = keys_named(opening)
    if rows[-1][0] == _ENDED:
        return "closed", keys
    return ("unfinished" if "registrar" in keys and declared_loss(contest) else "growing"), keys


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
