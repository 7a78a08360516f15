"""Where sessions are kept: Django's table, with a longer life for voters than for members, and no lost entry.

Whoever reads the table opens no session: a row is named by a keyed hash of the cookie, under a key that is in a file.
"""

import hashlib
import hmac
from copy import deepcopy
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from isoloir.common.secretfiles import ensure_secret

from .sessions import SEEN_EVERY, is_open
from .staffsessions import is_staff_open, staff_idle_limit

# The longest idle limit that an election may have (elections_account_durations), and the longest grace after it.
_LONGEST_IDLE_SECONDS = (120 + 30) * 60
_ROW_KEY = "session-row-key"


def row_key(session_key: str) -> str:
    """Return the key of the row that the cookie `session_key` opens: HMAC-SHA256, in hexadecimal.

    The column holds 40 characters: 160 of the 256 bits are kept (RFC 2104, section 5, allows no fewer than half).
    """
    return hmac.new(ensure_secret(_ROW_KEY), session_key.encode(), hashlib.sha256).hexdigest()[:40]


class SessionStore(DatabaseSessionStore):
    """A row lives long enough for the limits that `sessions` and `staffsessions` judge; the cookie is unchanged.

    Two tabs may write one session at a time, and a slow page saves what it read long ago. So only the entries that a
    request changed are written, over the row as it is then, under lock. A row that is gone (a sign-out gives the session
    another key) is never written anew under its key.

    `session_key` is the cookie's, and in no row: `row_key` of it is.
    """

    # Django's own, which reads the row at first use.
    _session: dict[str, Any]
    # The entries as they were read; None: nothing was read, and what there is counts as changed.
    _as_read: dict[str, Any] | None = None

    def get_session_cookie_age(self) -> int:
        ages = [int(settings.SESSION_COOKIE_AGE)]
        if is_open(self):
            ages.append(_LONGEST_IDLE_SECONDS)
        if is_staff_open(self):
            # Being seen is not written at once: the row must outlive the limit by as much.
            ages.append(int((staff_idle_limit() + SEEN_EVERY).total_seconds()))
        return max(ages)

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        row.session_key = row_key(row.session_key)
        return row

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return await sync_to_async(self.create_model_instance)(data)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(row_key(key))

    def _get_session_from_db(self) -> Session | None:
        row = None
        if self.session_key is not None:
            rows = self.model.objects.filter(session_key=row_key(self.session_key))
            row = rows.filter(expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        return cast("Session | None", row)

    def load(self) -> dict[str, Any]:
        entries: dict[str, Any] = super().load()
        self._as_read = deepcopy(entries)
        return entries

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  Django’s own signature
        with transaction.atomic():
            if not must_create and self.session_key is not None:
                self._take_up()
            super().save(must_create=must_create)
        self._as_read = deepcopy(self._session)

    def cycle_key(self) -> None:
        # What others wrote or removed meanwhile goes into the new row as it is now: nobody's sign-out is undone.
        with transaction.atomic():
            if self.session_key is not None:
                self._take_up()
            super().cycle_key()

    def lock_row(self) -> Session | None:
        """Lock the row inside the caller's transaction; return it, or None when there is none or it is past its life."""
        if self.session_key is None:
            return None
        rows = self.model.objects.select_for_update(of=("self",))
        row = rows.filter(session_key=row_key(self.session_key), expire_date__gt=timezone.now()).first()
        return cast("Session | None", row)

    def _take_up(self) -> None:
        """Lock the row, and put this request's changes over what it holds now."""
        mine = self._session
        if self._as_read is None:
            return
        row = self.lock_row()
        current: dict[str, Any] = self.decode(row.session_data) if row else {}
        for key in self._as_read.keys() - mine.keys():
            current.pop(key, None)
        unread = object()
        changed = {key: value for key, value in mine.items() if self._as_read.get(key, unread) != value}
        self._session_cache = {**current, **changed}
