"""Where sessions are kept: Django's table, with a longer life for voters than for members."""

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from .sessions import is_open

# The longest idle limit that an election may have (elections_account_durations), and the longest grace after it.
_LONGEST_IDLE_SECONDS = (120 + 30) * 60


class SessionStore(DatabaseSessionStore):
    """A row lives long enough for the limits of the election, which `identity.sessions` judges; the cookie is unchanged."""

    def get_session_cookie_age(self) -> int:
        age = int(settings.SESSION_COOKIE_AGE)
        return max(age, _LONGEST_IDLE_SECONDS) if is_open(self) else age
