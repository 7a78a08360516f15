"""`/design`: every component in all its states, in the theme one asks for."""

from datetime import UTC, datetime, timedelta

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from isoloir.web.access import audience
from isoloir.web.design import samples
from isoloir.web.templatetags.components import CONTEST_STATES, ICONS

THEMES = ("auto", "light", "dark")
# A fixed hour, so that the page is the same at every visit.
NOW = datetime(2026, 12, 8, 9, 30, tzinfo=UTC)


@audience("public")
def components(request: HttpRequest) -> HttpResponse:
    """Show the components; `?theme=` is auto (the device's choice), light or dark."""
    asked = request.GET.get("theme", "auto")
    context = {
        "theme": asked if asked in THEMES else "auto",
        "themes": THEMES,
        "form": None,
        "faulty": samples.form_with_errors(),
        "fresh": samples.SampleForm(prefix="fresh"),
        "lists": samples.lists(),
        "figures": samples.figures(),
        "total": sum(row["votes"] for row in samples.figures()),
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
