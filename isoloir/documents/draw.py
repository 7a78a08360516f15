"""Minutes of the draw of the order of lists (article R211-564), PDF/UA-1 and PDF/A-3a, with the record attached."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from isoloir.documents.paris_time import paris_text
from isoloir.documents.typesetting import typeset


@dataclass(frozen=True, slots=True)
class DrawnContest:
    """One contest: the names as announced, and in the order drawn."""

    code: str
    name: str
    announced: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawMinutes:
    """All that the minutes say. Instants are aware; `seed` is in canonical form, `shape` in words; `url` is the public
    page of the draw; `announcement_sha256` is of `annonce.json`.
    """

    election: str
    organiser: str
    source: str
    source_at: datetime
    shape: str
    announcement_sha256: str
    seed: str
    announced_at: datetime
    drawn_at: datetime
    url: str
    contests: tuple[DrawnContest, ...]


def compose_draw_minutes(minutes: DrawMinutes, *, record: bytes) -> bytes:
    """Return the minutes with `record` (`tirage.json`, docs/specification/draw.md §5) attached. Raises DocumentNotComposed."""
    values = {
        "election": minutes.election,
        "organiser": minutes.organiser,
        "source": minutes.source,
        "source_at": paris_text(minutes.source_at, seconds=True),
        "shape": minutes.shape,
        "announcement_sha256": minutes.announcement_sha256,
        "seed": minutes.seed,
        "announced_at": paris_text(minutes.announced_at, seconds=True),
        "drawn_at": paris_text(minutes.drawn_at, seconds=True),
        "url": minutes.url,
        "sha256": hashlib.sha256(record).hexdigest(),
        "contests": [
            {
                "code": contest.code,
                "name": contest.name,
                "announced": list(contest.announced),
                "order": list(contest.order),
            }
            for contest in minutes.contests
        ],
    }
    return typeset("draw", values, attachment=record, dated=minutes.drawn_at)
