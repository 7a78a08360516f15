"""What a page bears of the theme in force; `/design` alone shows another one than the installation's."""

from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_SHEET, _DARK_COLOURS = "themes/theme-dsfr.css", "dsfr/dist/scheme/scheme.min.css"


def _shown(context: Any) -> tuple[str, str]:
    """Return the theme of the page, and its scheme: auto, light or dark."""
    return context.get("shown_theme") or settings.THEME, context.get("shown_scheme") or "auto"


@register.simple_tag(takes_context=True)
def theme_attributes(context: Any) -> SafeString:
    """Write the attributes of the root element.

    With the State's theme the mark of its dark colours is always there, and their sheet is read only by a device that is
    dark: no script has to choose.
    """
    theme, scheme = _shown(context)
    values = [("data-theme", scheme)] if scheme != "auto" else []
    if theme == "dsfr":
        values.append(("data-look", "dsfr"))
        if scheme != "light":
            values.append(("data-fr-theme", "dark"))
    return format_html_join("", ' {}="{}"', values)


@register.simple_tag(takes_context=True)
def theme_sheets(context: Any) -> SafeString:
    """Link the sheets of the theme; the neutral one has none besides those of every page."""
    theme, scheme = _shown(context)
    if theme != "dsfr":
        return mark_safe("")
    sheets = [_SHEET, _DARK_COLOURS] if scheme == "dark" else [_SHEET]
    return format_html_join("\n    ", '<link rel="stylesheet" href="{}">', ((static(sheet),) for sheet in sheets))


@register.simple_tag(takes_context=True)
def state_brand(context: Any) -> SafeString:
    """Write the mark of the Republic with the authority's name, which opens the header of a site of the State."""
    theme, _scheme = _shown(context)
    if theme != "dsfr":
        return mark_safe("")
    lines = format_html_join(mark_safe("<br>"), "{}", ((line,) for line in settings.THEME_AUTHORITY.split("|")))
    # The State has one name, in French.
    return format_html('<p class="fr-logo" lang="fr">{}</p>', lines)
