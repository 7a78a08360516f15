"""The lists of a contest, for its voters alone (R211-535): all of them in the drawn order, two side by side, statements."""

import json
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from isoloir.elections.bundle import candidate_bundle
from isoloir.elections.models import Contest
from isoloir.pollingstation.models import Seal
from isoloir.web.access import VoterRequest, audience
from isoloir.web.statements import statement_answer


def bundle_of(contest: Contest) -> dict[str, Any]:
    """Return the candidate bundle: the sealed one, to which the vote is bound, else what would be sealed now."""
    seal = Seal.objects.filter(contest=contest).only("bundle").first()
    bundle: dict[str, Any] = json.loads(bytes(seal.bundle) if seal else candidate_bundle(contest))
    return bundle


def _own_contest(request: VoterRequest, uuid: str) -> Contest:
    contest = Contest.objects.select_related("election").filter(roll__voter=request.voter, uuid=uuid).first()
    if contest is None:
        raise Http404
    return contest


def _sheets(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**entry, "logo_url": entry["logo"], "statement_pdf": entry.get("statement_pdf")} for entry in bundle["lists"]
    ]


# Twenty lists weigh hundreds of kilobytes. Compressing a page that bears a secret can tell it to who chooses part of the
# page and counts bytes (BREACH); here nobody does: the address is the only thing asked, the protection mark of the forms
# is masked anew in each answer, and Django pads what it compresses with random bytes. The comparison, whose errors show
# what was asked, is not compressed.
@audience("voter")
@require_safe
@gzip_page
def contest_lists(request: VoterRequest, uuid: str) -> HttpResponse:
    """The lists of one of the voter's own contests, in the drawn order, from the bundle that the vote is bound to."""
    contest = _own_contest(request, uuid)
    if not contest.election.are_lists_shown(at=request.now):
        # That page says when they will be shown.
        return redirect("voter:contests")
    bundle = bundle_of(contest)
    context = {"contest": contest, "order": bundle["order"], "lists": _sheets(bundle)}
    return render(request, "voter/contest_lists.html", context)


class CompareForm(forms.Form):
    """The two lists to show side by side, by their positions."""

    a = forms.TypedChoiceField(label=_("Première liste"), coerce=int)
    b = forms.TypedChoiceField(label=_("Seconde liste"), coerce=int)

    def __init__(self, data: Any, *, lists: list[dict[str, Any]]) -> None:
        super().__init__(data)
        choices = [(entry["position"], f"{entry['position']}. {entry['name']}") for entry in lists]
        for name, position in zip("ab", (1, 2), strict=True):
            field = self.fields[name]
            field.choices = choices  # type: ignore[attr-defined]
            field.initial = position

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "a" in cleaned and cleaned["a"] == cleaned.get("b"):
            self.add_error("b", _("Choisissez une autre liste que la première."))
        return cleaned


@audience("voter")
@require_safe
def compare(request: VoterRequest, uuid: str) -> HttpResponse:
    """Two lists of one of the voter's own contests, side by side and alike."""
    contest = _own_contest(request, uuid)
    if not contest.election.are_lists_shown(at=request.now):
        return redirect("voter:contests")
    lists = _sheets(bundle_of(contest))
    if len(lists) < 2:
        return redirect("voter:contest_lists", uuid)
    asked = bool(request.GET)
    form = CompareForm(request.GET if asked else None, lists=lists)
    compared: list[dict[str, Any]] = []
    if asked and form.is_valid():
        by_position = {entry["position"]: entry for entry in lists}
        compared = [by_position[form.cleaned_data[name]] for name in "ab"]
    context = {"contest": contest, "form": form, "compared": compared}
    return render(request, "voter/compare.html", context, status=422 if asked and not compared else 200)


@audience("voter")
@require_safe
def statement_pdf(request: VoterRequest, uuid: str, position: int) -> HttpResponse:
    """The statement of one list, as its organisation filed it, once the lists are shown."""
    contest = _own_contest(request, uuid)
    if not contest.election.are_lists_shown(at=request.now):
        raise Http404
    return statement_answer(bundle_of(contest), position)
