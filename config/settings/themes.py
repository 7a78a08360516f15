"""The look of the portal (docs/decisions/0008-themes.md): our own, or the State's where the extra `[dsfr]` is installed."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

THEMES = ("neutral", "dsfr")
_OURS = Path(__file__).resolve().parents[2] / "isoloir" / "web" / "themes" / "dsfr"
# What our sheet takes of the State's design system: its variables, its letters, its dark colours, its mark, two icons.
_PARTS = ("core", "fonts", "icons/system", "scheme", "component/logo")


def theme_from(environment: Mapping[str, str]) -> str:
    """Return the theme that ISOLOIR_THEME names. Raises ImproperlyConfigured for another, or without its package."""
    theme = environment.get("ISOLOIR_THEME", "") or "neutral"
    if theme not in THEMES:
        raise ImproperlyConfigured("ISOLOIR_THEME vaut « neutral » ou « dsfr ».")
    if theme == "dsfr" and not state_design_is_installed():
        raise ImproperlyConfigured(
            "ISOLOIR_THEME vaut « dsfr », mais le système de design de l’État n’est pas installé : "
            "installez isoloir[dsfr]. Il est réservé aux sites de l’État ; les autres gardent le thème « neutral »."
        )
    return theme


def state_design_is_installed() -> bool:
    """Tell whether the package of the extra `[dsfr]` is there; it is not imported."""
    return find_spec("dsfr") is not None


def state_design_folders() -> list[tuple[str, Path]]:
    """Return the folders of static files of the State's theme, each with the prefix of its address; none without it."""
    found = find_spec("dsfr")
    if found is None or found.origin is None:
        return []
    package = Path(found.origin).parent / "static" / "dsfr" / "dist"
    return [("themes", _OURS), *((f"dsfr/dist/{part}", package / part) for part in _PARTS)]
