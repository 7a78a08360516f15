"""Asking the portal how it is, with a bound on time and on length whatever it answers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

TIMEOUT_SECONDS = 5.0
SLOW_SECONDS = 2.0
UP, SLOW, DOWN = "up", "slow", "down"
_LONGEST_ANSWER = 64 * 1024
_MOST_ANNOUNCEMENTS = 10
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the portal: when it was asked (aware UTC), its state, its milliseconds; None without an answer."""

    at: datetime
    state: str
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class PortalAnswer:
    """What the portal said of the election, bounded and typed; it is still escaped where it is written."""

    election: str
    phase: str
    announcements: tuple[dict[str, str], ...]


class NoAnswer(Exception):
    """The portal gave no good answer in time: its text says which fault, and holds nothing that the portal sent."""


def check_portal(
    url: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[Check, PortalAnswer | None]:
    """Ask `<url>/sante/`. Never raises for what the portal does: no answer within five seconds is « down »."""
    at, begun = now(), time.monotonic()
    try:
        answer = read_answer(_fetch(f"{url.rstrip('/')}/sante/", deadline=begun + TIMEOUT_SECONDS))
    except NoAnswer:
        return Check(at=at, state=DOWN, milliseconds=None), None
    seconds = time.monotonic() - begun
    return Check(at=at, state=SLOW if seconds > SLOW_SECONDS else UP, milliseconds=round(seconds * 1000)), answer


def _fetch(address: str, *, deadline: float) -> bytes:
    content = b""
    try:
        # No proxy, no redirection, no cookie: the portal itself answers, or nobody.
        with (
            httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client,
            client.stream("GET", address, headers={"Accept": "application/json"}) as response,
        ):
            if response.status_code != 200:
                raise NoAnswer(f"status {response.status_code}")
            for part in response.iter_bytes():
                content += part
                if len(content) > _LONGEST_ANSWER:
                    raise NoAnswer("too long")
                if time.monotonic() > deadline:
                    raise NoAnswer("too late")
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise NoAnswer(type(fault).__name__) from None
    if time.monotonic() > deadline:
        raise NoAnswer("too late")
    return content


def read_answer(content: bytes) -> PortalAnswer:
    """Read the JSON of the portal. Raises NoAnswer when it is not that of a portal."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise NoAnswer("not JSON") from None
    if not isinstance(said, dict) or not isinstance(said.get("phase"), str):
        raise NoAnswer("not a portal")
    announced = said.get("announcements")
    rows = announced if isinstance(announced, list) else []
    return PortalAnswer(
        election=_text(said.get("election")),
        phase=_text(said["phase"]),
        announcements=tuple(_announcement(row) for row in rows[:_MOST_ANNOUNCEMENTS] if isinstance(row, dict)),
    )


def _announcement(row: dict[str, Any]) -> dict[str, str]:
    return {key: _text(row.get(key)) for key in ("level", "fr", "en")}


def _text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""
