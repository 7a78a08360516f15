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
    hour = f"{local.hour} h {local.minute:02d}" if translation.get_language() == "fr" else f"{local:%H:%M}"
    return _("%(day)s à %(hour)s (heure de Paris)") % {"day": paris_day(at), "hour": hour}


def paris_day(at: datetime) -> str:
    """Return for instance « jeudi 3 décembre 2026 », the day it is in Paris, in the language in force."""
    day = str(formats.date_format(timezone.localtime(at, PARIS), "l j F Y", use_l10n=False))
    # French has an ordinal for the first day of a month alone.
    return day.replace(" 1 ", " 1er ", 1) if translation.get_language() == "fr" else day


def utc_text(at: datetime) -> str:
    """Return the instant to the second as RFC 3339 in UTC, the only form that machines exchange."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def current_time() -> datetime:
    """Return what time it is for this installation: real time, or the demonstration's (setting CLOCK)."""
    read: Callable[[], datetime] = import_string(settings.CLOCK)
    return read()
