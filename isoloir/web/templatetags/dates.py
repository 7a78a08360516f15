"""Dates in full with the hour of Paris, and countdowns that never go without their date."""

import re
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from isoloir.common.clock import PARIS, paris_day, paris_text, utc_text

register = template.Library()
register.filter("paris_day", paris_day)


@register.filter
def paris_time(at: datetime) -> str:
    """Write « jeudi 3 décembre 2026 à 9 h 12 (heure de Paris) »."""
    return _unbroken(paris_text(at))


@register.filter
def paris_moment(at: datetime) -> str:
    """Write « jeudi 3 décembre 2026 à 9 h 12 », for a sentence that says « (heure de Paris) » once at its end."""
    local = timezone.localtime(at, PARIS)
    hour = f"{local.hour} h {local.minute:02d}" if translation.get_language() == "fr" else f"{local:%H:%M}"
    return _unbroken(_("%(day)s à %(hour)s") % {"day": paris_day(at), "hour": hour})


@register.filter
def paris_stamp(at: datetime) -> str:
    """Write « 29/11/2022 à 15h33 », as on the portal of 2022; the sentence around it says « (heure de Paris) »."""
    local = timezone.localtime(at, PARIS)
    if translation.get_language() == "fr":
        return f"{local:%d/%m/%Y} à {local:%Hh%M}"
    # Half of those who read English take 03/12 for the twelfth of March.
    return f"{local.day} {local:%B %Y} at {local:%H:%M}"


@register.filter
def machine_time(at: datetime) -> str:
    """Write the instant for a `datetime` attribute: RFC 3339 in UTC."""
    return utc_text(at)


def _unbroken(text: str) -> str:
    """Keep an hour and its mention on one line: « 9 h 12 », « (heure de Paris) »."""
    text = re.sub(r"(\d) h (\d)", "\\1\u00a0h\u00a0\\2", text)
    return re.sub(r"\([^)]*\)$", lambda mention: mention[0].replace(" ", "\u00a0"), text)


@register.inclusion_tag("components/countdown.html")
def countdown(until: datetime, now: datetime, sentence: str, over: str = "") -> dict[str, Any]:
    """Show days, hours and minutes left until `until`; `sentence` says until what, for instance « Le vote ferme dans ».

    `over` says what is true at zero (« Le vote est fermé. »): the page shows it then, with a link that reloads. The count is rounded up to the minute, so that it reads zero only once the hour has come.
    """
    seconds = max(0.0, (until - now).total_seconds())
    minutes = int(-(-seconds // 60))
    units = (
        _unit("days", minutes // 1440, _("jour"), _("jours")),
        _unit("hours", minutes // 60 % 24, _("heure"), _("heures")),
        _unit("minutes", minutes % 60, _("minute"), _("minutes")),
    )
    return {"until": until, "now": now, "sentence": sentence, "units": units, "over": over, "is_over": not seconds}


def _unit(code: str, number: int, one: str, many: str) -> dict[str, Any]:
    # French writes zero and one in the singular, English only one; the script follows the same rule.
    singular = number == 1 or (number == 0 and translation.get_language() == "fr")
    return {"code": code, "number": number, "one": one, "many": many, "word": one if singular else many}
