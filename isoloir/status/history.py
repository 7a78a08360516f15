"""What was checked in the last 24 hours, in one small file that is never half written."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from .checks import DOWN, SLOW, UP, Check, PortalAnswer

KEPT = timedelta(hours=24)
# One check every five seconds, the shortest period, for a day.
MOST_CHECKS = 17_280
NAME = "historique.json"


@dataclass
class History:
    """Checks, oldest first; what the portal said last, and when it said it."""

    checks: list[Check] = field(default_factory=list)
    answer: PortalAnswer | None = None
    answered_at: datetime | None = None

    def add(self, check: Check, answer: PortalAnswer | None) -> None:
        """Note a check, and forget those older than 24 hours before it."""
        self.checks.append(check)
        kept = [each for each in self.checks if check.at - KEPT < each.at <= check.at]
        self.checks = kept[-MOST_CHECKS:]
        if answer is not None:
            self.answer, self.answered_at = answer, check.at

    def since(self) -> datetime | None:
        """Return when the present state began, as far as the kept checks tell; up and slow are both « answers »."""
        begun = None
        for check in reversed(self.checks):
            if check.state != self.checks[-1].state:
                break
            begun = check.at
        return begun


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it, or a power cut, finds the former one or this one, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def save_history(folder: Path, history: History) -> None:
    """Write the history beside the pages; the server of the pages never gives it out."""
    said = {
        "checks": [[check.at.isoformat(), check.state, check.milliseconds] for check in history.checks],
        "answer": asdict(history.answer) if history.answer else None,
        "answered_at": history.answered_at.isoformat() if history.answered_at else None,
    }
    write_whole(folder / NAME, json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())


def load_history(folder: Path) -> History:
    """Read the history of an earlier run; an absent or damaged one is begun anew, for a status page must start."""
    try:
        said = json.loads((folder / NAME).read_bytes())
        answer = said["answer"]
        return History(
            checks=_checks(said["checks"]),
            answer=PortalAnswer(**{**answer, "announcements": tuple(answer["announcements"])}) if answer else None,
            answered_at=datetime.fromisoformat(said["answered_at"]) if said["answered_at"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return History()


def _checks(rows: Sequence[Sequence[object]]) -> list[Check]:
    found = []
    for at, state, milliseconds in rows[-MOST_CHECKS:]:
        moment = datetime.fromisoformat(str(at))
        if state not in (UP, SLOW, DOWN) or moment.tzinfo is None:
            raise ValueError("not a check")
        found.append(
            Check(at=moment, state=state, milliseconds=int(str(milliseconds)) if milliseconds is not None else None)
        )
    return found
