"""How forms are written on the page: label, hint and error tied to the field (RGAA 11, WCAG 1.3.1 and 3.3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.functional import Promise


class AccessibleFormRenderer(DjangoTemplates):
    """Renders every form with the portal's own templates.

    A field's `aria-describedby` names both its hint and its error; the page prints the summary of errors itself,
    with `{% error_summary form %}`, above its title.
    """

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


@dataclass(frozen=True)
class PasswordRule:
    """A rule shown under a new password and checked while one types; the server checks it again by its own means.

    `pattern` is a regular expression that JavaScript reads with its `u` flag, over the NFKC form of what is typed.
    """

    code: str
    sentence: str | Promise
    pattern: str


class NewPasswordField(forms.CharField):
    """A password being made: never prefilled, its characters kept as typed, its rules listed under it."""

    def __init__(self, *, rules: Sequence[PasswordRule] = (), **options: Any) -> None:
        options.setdefault("widget", forms.PasswordInput(attrs={"autocomplete": "new-password"}))
        super().__init__(strip=False, **options)
        self.rules = tuple(rules)


class RepeatedPasswordField(forms.CharField):
    """The same password a second time; `repeats` names the field of the first, which the page compares as one types."""

    def __init__(self, *, repeats: str, **options: Any) -> None:
        options.setdefault("widget", forms.PasswordInput(attrs={"autocomplete": "new-password"}))
        super().__init__(strip=False, **options)
        self.repeats = repeats
