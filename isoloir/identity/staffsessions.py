"""The session of a member or an administrator: its own limits, and an end that leaves a voter's beside it alone.

One browser has one session, in which a voter and a member may both be signed in, each by their own means: the life of
its row says nothing of either. So the instants are entries of the session, as the voter's are (`sessions`).
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from .sessions import SEEN_EVERY, write_at_once

# Whatever else a member's visit leaves in a session has a key that begins so, and goes with it.
STAFF_PREFIX = "staff"
_SINCE = "staff_since"
_SEEN_AT = "staff_seen_at"
_KEYS = frozenset({SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, DEVICE_ID_SESSION_KEY})


def staff_idle_limit() -> timedelta:
    """Return how long a member may leave without a sign before the session ends (setting STAFF_IDLE_MINUTES)."""
    return timedelta(minutes=settings.STAFF_IDLE_MINUTES)


def read_staff_session(session: SessionBase, *, at: datetime) -> datetime | None:
    """Return when the member gave the password, and note that they were seen; None when nobody did, or no longer.

    `at` is the machine's own time, as for the codes of the devices: a demonstration, which moves the portal's clock by
    days, signs nobody out. The second factor is judged elsewhere (`permissions.is_verified`).
    """
    if not is_staff_open(session):
        return None
    since, seen_at = session.get(_SINCE), session.get(_SEEN_AT)
    if since is None or seen_at is None or _is_over(since, seen_at, at=at):
        close_staff_session(session)
        return None
    if at - datetime.fromisoformat(seen_at) >= SEEN_EVERY:
        current = write_at_once(session, whose=SESSION_KEY, entry=_SEEN_AT, value=at.isoformat())
        if not is_staff_open(current):
            # Signed out in another tab since this request came.
            return None
    return datetime.fromisoformat(since)


def close_staff_session(session: SessionBase) -> None:
    """Sign the member out; what else the session holds (a voter's own sign-in) stays, under a new key."""
    for key in list(session.keys()):
        if key in _KEYS or key.startswith(STAFF_PREFIX):
            del session[key]
    session.cycle_key()


def is_staff_open(session: SessionBase) -> bool:
    """Tell whether a member gave the password, whatever the time; `read_staff_session` judges the limits."""
    return SESSION_KEY in session


def _is_over(since: str, seen_at: str, *, at: datetime) -> bool:
    absolute = timedelta(minutes=settings.STAFF_SESSION_MINUTES)
    return at >= datetime.fromisoformat(since) + absolute or at >= datetime.fromisoformat(seen_at) + staff_idle_limit()


@receiver(user_logged_in)
def _begin(*, request: HttpRequest, **_details: Any) -> None:
    # By the signal, so that no way of signing a member in forgets it: a session that does not say since when is over.
    request.session[_SINCE] = request.session[_SEEN_AT] = timezone.now().isoformat()
