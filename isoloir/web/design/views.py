"""`/design`: every component in all its states, in the theme and the scheme one asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from isoloir.web.access import PortalRequest, audience
from isoloir.web.design import samples
from isoloir.web.templatetags.components import CONTEST_STATES, ICONS

SCHEMES = ("auto", "light", "dark")
# A fixed hour, so that the page is the same at every visit.
NOW = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)


@audience("public")
def components(request: PortalRequest) -> HttpResponse:
    """Show the components; `?theme=` is neutral or dsfr, `?scheme=` is auto (the device's choice), light or dark."""
    context = {
        **_look(request.GET.get("theme", ""), request.GET.get("scheme", "")),
        **samples.figures_of_a_result(),
        **samples.supervision(),
        "captcha": samples.SampleCaptchaForm(place="identification", at=request.now),
        "sample_roll": samples.roll(),
        "session_limits": samples.session_limits(request.now),
        "signed_in_since": request.now,
        "form": None,
        "faulty": samples.form_with_errors(),
        "fresh": samples.SampleForm(prefix="fresh"),
        "lists": samples.lists(),
        "colours": samples.colours(),
        "icons": sorted(path.stem for path in ICONS.glob("*.svg")),
        "states": list(CONTEST_STATES),
        "page": Paginator(range(120), 20).page(2),
        "sample_now": NOW,
        "sample_close": NOW + timedelta(days=2, hours=6, minutes=30),
        "wait": 3600,
        "tracker": "7F3Kq0Oz1lIxWm9Qe5RtYuVbNcD2sAhJgTpLkMiZ8wE",
    }
    return render(request, "design/components.html", context)


def themes_there() -> tuple[str, ...]:
    """Return the themes whose files this installation has."""
    return ("neutral", "dsfr") if finders.find("themes/theme-dsfr.css") else ("neutral",)


def _look(theme: str, scheme: str) -> dict[str, Any]:
    """Return what `base.html` needs to show another look than the installation's."""
    return {
        "shown_theme": theme if theme in themes_there() else settings.THEME,
        "shown_scheme": scheme if scheme in SCHEMES else "auto",
        "themes": themes_there(),
        "schemes": SCHEMES,
    }
