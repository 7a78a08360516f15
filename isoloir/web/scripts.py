"""The browser's bundles: where they are, and the hash that the browser must find before it runs them (SRI)."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static


@cache
def _integrity() -> dict[str, str]:
    found: dict[str, str] = json.loads(
        Path(settings.BASE_DIR, "isoloir/web/static/booth/integrity.json").read_text(encoding="utf-8")
    )
    return found


def script_context(name: str) -> dict[str, str]:
    """Return the address and the integrity of one of the bundles, for the page that loads it."""
    return {"script_url": static(f"booth/{name}"), "script_integrity": _integrity()[name]}
