"""Activation of the voters' accounts: counts by académie and establishment, their export, and reminders."""

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from isoloir.common.clock import utc_text
from isoloir.identity.activation import (
    ActivationCounts,
    GroupCounts,
    count_by_academy,
    count_by_establishment,
    total_of,
)
from isoloir.identity.campaigns import addressees, open_campaign
from isoloir.identity.errors import IdentityRefused
from isoloir.identity.models import Campaign
from isoloir.web.access import MemberRequest, audience

from .texts import current_election

_LINES = 50
# A spreadsheet takes a cell that begins so for a formula, and runs it (CWE-1236).
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


class CodeForm(forms.Form):
    """Looking for an establishment by the beginning of its code."""

    code = forms.CharField(
        label=gettext_lazy("Code établissement"),
        help_text=gettext_lazy("Le début suffit, par exemple 0750."),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class _Echo:
    """What `csv` writes to: hands each line back, so that the export is sent as it is made."""

    def write(self, line: str) -> str:
        return line


@audience("console")
@require_GET
def activation(request: MemberRequest) -> HttpResponse:
    """Counts by académie; by establishment for one académie, or for the beginning of a code."""
    election = current_election()
    form = CodeForm(request.GET if "code" in request.GET else None)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    # PostgreSQL refuses NUL in a text; nothing is called so.
    academy = request.GET.get("academie", "")[:100].replace("\x00", "")
    is_detailed = bool(academy or code)
    groups = count_by_establishment(election, academy=academy, code=code) if is_detailed else count_by_academy(election)
    total = total_of(groups)
    context = {
        "section": "accounts", "tab": "activation", "form": form, "academy": academy, "code": code,
        "is_detailed": is_detailed, "total": total, "bars": _bars(total),
        "page": Paginator(groups, _LINES).get_page(request.GET.get("page")),
    }  # fmt: skip
    return render(request, "console/activation.html", context)


def _bars(total: ActivationCounts) -> list[dict[str, Any]]:
    """Return what the diagram shows: each number of voters, and its share of all in per cent."""
    numbers = (
        (_("Invités"), total.invited),
        (_("Lien ouvert"), total.opened),
        (_("Comptes activés"), total.activated),
    )
    voters = total.voters
    shares = [(label, number, 100 * number / voters if voters else 0.0) for label, number in numbers]
    # An SVG length: with a point, whatever the language.
    return [
        {"label": label, "number": number, "share": share, "width": f"{share:.2f}%"} for label, number, share in shares
    ]


@audience("console")
@require_GET
def activation_export(request: MemberRequest) -> HttpResponse:
    """All establishments as CSV: counts alone, no name.

    Establishments of one or two voters are kept as they are: these are counts of activation, not of votes, which an
    administrator may also read voter by voter; grouped, they could not be written to or called.
    """
    election = current_election()
    name = f"activation-{election.slug}-{utc_text(request.now)[:10]}.csv"
    return HttpResponse(
        "".join(_csv_lines(count_by_establishment(election))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _csv_lines(groups: list[GroupCounts]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    # The mark by which spreadsheets know UTF-8.
    yield "\ufeff" + writer.writerow(
        [
            _("Académie"), _("Code établissement"), _("Établissement"), _("Électeurs"), _("Invités"), _("Lien ouvert"),
            _("Comptes activés"), _("Accès sans activation"), _("Non remis"),
        ]
    )  # fmt: skip
    for group in groups:
        counts = group.counts
        yield writer.writerow(
            [
                _cell(group.academy), _cell(group.code), _cell(group.name), counts.voters, counts.invited,
                counts.opened, counts.activated, counts.without_activation, counts.undelivered,
            ]
        )  # fmt: skip


def _cell(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_MARKS) else text


@audience("console")
@require_http_methods(["GET", "POST"])
def remind(request: MemberRequest) -> HttpResponse:
    """Ask whether to write again to all who have no account, saying to how many; then do."""
    election = current_election()
    refusal = ""
    if request.method == "POST":
        try:
            open_campaign(
                election=election, kind=Campaign.Kind.REMINDER, actor=request.user.email, at=request.now
            )  # fmt: skip
        except IdentityRefused as refused:
            refusal = refused.message
        else:
            messages.success(request, _("La relance est lancée : les courriels partent dans les prochaines minutes."))
            return redirect("console:activation")
    context = {
        "section": "accounts", "tab": "activation", "refusal": refusal, "hours": election.link_hours,
        "voters": addressees(election, Campaign.Kind.REMINDER).count(),
    }  # fmt: skip
    return render(request, "console/remind.html", context, status=409 if refusal else 200)
