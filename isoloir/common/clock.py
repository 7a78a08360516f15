"""Times as people read them: stored in UTC, shown in Europe/Paris and said so."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

PARIS = ZoneInfo("Europe/Paris")


def paris_text(at: datetime) -> str:
    """Return for instance « jeudi 3 décembre 2026 à 9 h 12 (heure de Paris) », in the language in force."""
    local = timezone.localtime(at, PARIS)
    day = formats.date_format(local, "l j F Y" if translation.get_language() == "fr" else "l, j F Y", use_l10n=False)
    hour = f"{local.hour} h {local.minute:02d}" if translation.get_language() == "fr" else f"{local:%H:%M}"
    return _("%(day)s à %(hour)s (heure de Paris)") % {"day": day, "hour": hour}


def utc_text(at: datetime) -> str:
    """Return the instant to the second as RFC 3339 in UTC, the only form that machines exchange."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def current_time() -> datetime:
    """Return what time it is for this installation: real time, or the demonstration's (setting CLOCK)."""
    read: Callable[[], datetime] = import_string(settings.CLOCK)
    return read()
