"""The portal's components as template tags; `/design` shows each in all its states."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.defaultfilters import floatformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "static" / "icons"

# One word and one shape for each state of a contest, as a voter and as the bureau see it.
CONTEST_STATES = {
    "to_vote": ("info", _("À voter")),
    "voted": ("success", _("Voté")),
    "not_open": ("plain", _("Pas encore ouvert")),
    "open": ("info", _("Vote ouvert")),
    "grace": ("warning", _("Derniers votes en cours")),
    "prepared": ("plain", _("En préparation")),
    "sealed": ("success", _("Scellé")),
    "suspended": ("warning", _("Suspendu")),
    "closed": ("plain", _("Fermé")),
    "counting": ("warning", _("En dépouillement")),
    "counted": ("success", _("Dépouillé")),
    "published": ("success", _("Résultats publiés")),
}


@cache
def _drawing(name: str) -> str:
    """Return the SVG element of an icon, ready to be hidden from screen readers. Raises FileNotFoundError."""
    source = (ICONS / f"{name}.svg").read_text(encoding="utf-8").strip()
    return source.replace(
        '<svg xmlns="http://www.w3.org/2000/svg"', '<svg class="icon" aria-hidden="true" focusable="false"', 1
    )


@register.simple_tag
def icon(name: str, modifier: str = "") -> SafeString:
    """Draw an icon inside the page; the word beside it carries the meaning."""
    drawing = _drawing(name)
    if modifier:
        drawing = drawing.replace('class="icon"', f'class="icon icon--{modifier}"', 1)
    # The drawing is a file of this repository, not something anybody typed.
    return mark_safe(drawing)  # noqa: S308


@register.inclusion_tag("components/steps.html")
def steps(*labels: str, current: int) -> dict[str, Any]:
    """Say « Étape 2 sur 4 » with every step's name; `current` counts from 1."""
    marked = [
        {"label": label, "state": "done" if number < current else "current" if number == current else "todo"}
        for number, label in enumerate(labels, start=1)
    ]
    return {"steps": marked, "current": current, "total": len(labels), "label": labels[current - 1]}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """List a form's errors above the page's title, each a link to its field."""
    return {"form": form, "faults": list(_faults(form)) if form and form.is_bound else []}


def _faults(form: Any) -> Iterator[dict[str, str]]:
    for message in form.non_field_errors():
        yield {"message": message, "target": "", "label": ""}
    for field in form:
        for message in field.errors:
            # A set of radio buttons has no element with the field's own id: the first button is the target.
            target = f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
            yield {"message": message, "target": target, "label": field.label}


@register.inclusion_tag("components/tag.html")
def contest_tag(state: str) -> dict[str, Any]:
    """Write the state of a contest as a tag. Raises KeyError for a state without a word."""
    kind, word = CONTEST_STATES[state]
    return {"kind": kind, "word": word}


@register.inclusion_tag("components/tag.html")
def tag(word: str, kind: str = "plain") -> dict[str, Any]:
    """Write a word with its shape; `kind` is plain, success, info, warning or danger."""
    return {"kind": kind, "word": word}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, label: str) -> dict[str, Any]:
    """Show how many of `total` are done; `label` says the same in words."""
    return {"done": done, "total": total, "label": label}


@register.inclusion_tag("components/pagination.html")
def pagination(page: "Page[Any]") -> dict[str, Any]:
    """Lead to the neighbouring pages, keeping the rest of the address (a search, for instance)."""
    return {"page": page}


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(rows: Iterable[Any], caption: str, label_heading: str, total: int) -> dict[str, Any]:
    """Draw horizontal bars, with the table of the same figures.

    Each row has `label` (str), `votes` (int) and may have `quiet` (bool: drawn in grey, as blank votes are);
    shares are of `total`, and the longest bar fills the width.
    """
    drawn = [
        {
            "label": _member(row, "label"),
            "votes": _member(row, "votes"),
            "quiet": bool(_member(row, "quiet")),
            "share": 100 * _member(row, "votes") / total if total else 0,
        }
        for row in rows
    ]
    longest = max((row["votes"] for row in drawn), default=0)
    for row in drawn:
        row["width"] = f"{100 * row['votes'] / longest:.2f}%" if longest else "0%"
    return {"rows": drawn, "caption": caption, "label_heading": label_heading, "total": total}


def _member(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, dict) else getattr(row, name, None)


@register.filter
def grouped(reference: str, size: int = 4) -> SafeString:
    """Write a reference in groups that style alone keeps apart: what is copied is the reference itself."""
    groups = ((reference[start : start + size],) for start in range(0, len(reference), size))
    return format_html(
        '<code class="tracker">{}</code>', format_html_join(mark_safe("<wbr>"), "<span>{}</span>", groups)
    )


@register.filter(is_safe=True)
def unbroken(sentence: str) -> str:
    """Keep what French sets apart, as a colon, on the line of the word before it."""
    for mark in ":;?!»":
        sentence = sentence.replace(f" {mark}", f"\u00a0{mark}")
    return sentence.replace("« ", "«\u00a0")


@register.filter
def thousands(number: int) -> str:
    """Write a whole number with its thousands apart, as the language in force does."""
    return f"{number:,}".replace(",", "\u00a0" if get_language() == "fr" else ",")


@register.filter
def percent(share: float, places: int = 1) -> str:
    """Write a share in per cent, « 7,69 % » or “7.69%” as the language in force does."""
    space = "\u00a0" if get_language() == "fr" else ""
    return f"{floatformat(share, places)}{space}%"


@register.filter
def paragraphs(text: str) -> list[str]:
    """Split plain text at its blank lines."""
    return [part.strip() for part in text.split("\n\n") if part.strip()]
