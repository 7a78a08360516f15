#!/usr/bin/env python3
"""Writes the vectors of the draw of lists: `python vectors/make_draw_vectors.py [DIRECTORY]`.

The same bytes come out at each run; a test compares them with the files that are committed. `orders/rfc3797.json` is
copied from the RFC, and is not made here.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from isoloir_protocol.draw import canonical_order, canonical_seed, contest_key, drawn_order
from isoloir_protocol.draw_record import AnnouncedContest, announcement_bytes, record_bytes

UUID, OTHER = "2ZZ9ZQ5TRaMvyyCq9ZXUNw", "9ZZ9ZQ5TRaMvyyCq9ZXUNw"
FOUR = ("École et territoires", "Ensemble", "Union des Écoles", "Zénith")
ORDERS = {
    "four-lists": (UUID, "9 18 26 34 41 45 / 0007", FOUR),
    "four-lists-of-another-contest": (OTHER, "9 18 26 34 41 45 / 0007", FOUR),
    "one-list": (UUID, "7", ("Seule",)),
}
SEED = "9.18.26.34.41./7./"


def draw_cases() -> dict[str, bytes]:
    """Make every case, by its path under `draw`."""
    cases = {f"orders/{name}.json": _order(*case) for name, case in ORDERS.items()}
    left_out = AnnouncedContest(OTHER, "CCP", "Commission consultative", canonical_order(("Union", "Ensemble")))
    drawn = AnnouncedContest(UUID, "CSA", "Comité social", canonical_order(FOUR))
    cases["records/two-contests.json"] = _record([drawn, left_out], {OTHER: "sealed"})
    cases["records/one-contest.json"] = _record([drawn], {})
    return cases


def _order(uuid: str, seed_text: str, names: tuple[str, ...]) -> bytes:
    seed, pool = canonical_seed(seed_text), canonical_order(names)
    case = {
        "origin": "docs/specification/draw.md", "hash": "sha256", "uuid": uuid, "seed_text": seed_text,
        "key": contest_key(uuid, seed), "pool": list(pool), "selected": list(drawn_order(uuid, pool, seed)),
    }  # fmt: skip
    return (json.dumps(case, ensure_ascii=False, indent=1) + "\n").encode()


def _record(contests: list[AnnouncedContest], not_drawn: dict[str, str]) -> bytes:
    announcement = announcement_bytes(
        election="Élections 2026", source="Loto du 25 novembre 2026",
        source_at=datetime(2026, 11, 25, 19, 30, tzinfo=UTC), seed_shape="5:1-49/1:1-10",
        announced_at=datetime(2026, 11, 20, 9, tzinfo=UTC), contests=contests,
    )  # fmt: skip
    orders = {each.uuid: drawn_order(each.uuid, each.names, SEED) for each in contests if each.uuid not in not_drawn}
    drawn_at = datetime(2026, 11, 26, 9, tzinfo=UTC)
    return record_bytes(announcement, seed=SEED, drawn_at=drawn_at, orders=orders, not_drawn=not_drawn)


if __name__ == "__main__":
    made = draw_cases()
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "draw"
    for path, content in made.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    print(f"{len(made)} vectors")
