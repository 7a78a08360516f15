"""A roll on the screen, for voters and for delegates: read page by page, and searched. It is never exported (R211-529).

No name is ever in an address, which browsers keep: pages are known by the key of an entry, and a search is a POST.
"""

import string
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest
from isoloir.roll.errors import NoSuchPlace, SearchTooShort
from isoloir.roll.search import count_entries, find_entries, read_page, search_words

_LONGEST_KEY = 18


class RollSearchForm(forms.Form):
    """A name, or some words of it."""

    name = forms.CharField(
        label=_("Nom ou prénom"),
        help_text=_("Deux lettres au moins, avec ou sans accents : le début d’un mot suffit."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": SearchTooShort.sentence},
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            search_words(name)
        except SearchTooShort as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return name


def roll_context(request: HttpRequest, contest: Contest) -> dict[str, Any]:
    """Return the context of `components/roll.html`: a page of the roll, or what the search that was posted has found.

    Raises Http404 when the address asks for a page that this roll has not.
    """
    form = RollSearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "contest": contest, "total": count_entries(contest), "search": form, "found": None, "roll_page": None,
        "letters": string.ascii_uppercase, "letter": "", "path": request.path,
    }  # fmt: skip
    if form.is_bound and form.is_valid():
        return context | {"found": find_entries(contest, form.cleaned_data["name"])}
    letter = request.GET.get("lettre", "").lower()
    if letter and letter not in tuple(string.ascii_lowercase):
        raise Http404
    try:
        page = read_page(contest, letter=letter, after=_key(request, "apres"), before=_key(request, "avant"))
    except NoSuchPlace:
        raise Http404 from None
    return context | {"roll_page": page, "letter": letter.upper()}


def _key(request: HttpRequest, name: str) -> int | None:
    """Return the key of an entry that the address gives. Raises Http404 when it is none."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_KEY):
        raise Http404
    return int(text)
