"""The printed notices in the console: where they are, what does not add up, and the files that say so."""

import csv
from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from isoloir.common.clock import utc_text
from isoloir.common.errors import ImportRefused
from isoloir.credentials.notices import SheetGroup, count_sheets, reconcile_sheets, total_of
from isoloir.pollingstation.files import LARGEST_FILES
from isoloir.web.access import MemberRequest, audience

from .activation import _cell, _Echo
from .forms import BoundedFileField
from .texts import current_election

_LINES = 50


class SheetsForm(forms.Form):
    """What the printer, the post or the establishments report."""

    file = BoundedFileField(
        label=gettext_lazy("Fichier de suivi (CSV)"),
        help_text=gettext_lazy(
            "Colonnes : number, edition, state (imprimée, livrée, signée, revenue, détruite), date ; delivery si besoin."
        ),
        maximum_bytes=LARGEST_FILES,
        accept={"accept": ".csv,text/csv"},
    )


@audience("console")
@require_http_methods(["GET", "POST"])
def sheets(request: MemberRequest) -> HttpResponse:
    """Counts by académie, or by establishment of one académie; a file of reports is taken whole, or not at all."""
    election = current_election()
    form = SheetsForm(request.POST, request.FILES) if request.method == "POST" else SheetsForm()
    # PostgreSQL refuses NUL in a text; nothing is called so.
    academy = request.GET.get("academie", "")[:100].replace("\x00", "")
    context = {"section": "codes", "form": form, "academy": academy, "faults": (), "faults_total": 0}
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            done = reconcile_sheets(
                election=election, content=upload.read(), name=upload.name, actor=request.user.email, at=request.now
            )
        except ImportRefused as refusal:
            context |= {"faults": refusal.faults, "faults_total": refusal.total}
        else:
            messages.success(request, _("Suivi enregistré : %(sheets)d lignes.") % {"sheets": done.sheets})
            return redirect("console:sheets")
    groups = count_sheets(election, academy=academy, by_establishment=bool(academy))
    context |= {
        "total": total_of(groups), "page": Paginator(groups, _LINES).get_page(request.GET.get("page")),
        "wrong": sum(not group.counts.adds_up for group in groups),
    }  # fmt: skip
    return render(request, "console/sheets.html", context, status=422 if request.method == "POST" else 200)


@audience("console")
@require_GET
def sheets_export(request: MemberRequest) -> HttpResponse:
    """All establishments as CSV: counts alone, no name and no number."""
    election = current_election()
    name = f"notices-{election.slug}-{utc_text(request.now)[:10]}.csv"
    return HttpResponse(
        "".join(_csv_lines(count_sheets(election, by_establishment=True))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _csv_lines(groups: list[SheetGroup]) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";")
    # The mark by which spreadsheets know UTF-8.
    yield "\ufeff" + writer.writerow(
        [
            _("Académie"), _("Code établissement"), _("Établissement"), _("Électeurs"), _("Imprimées"),
            _("Pas encore livrées"), _("Livrées"), _("Signées"), _("Revenues"), _("Détruites"),
            _("Électeurs sans notice"), _("Notices en trop"),
        ]
    )  # fmt: skip
    for group in groups:
        counts = group.counts
        yield writer.writerow(
            [
                _cell(group.academy), _cell(group.code), _cell(group.name), counts.voters, counts.printed, counts.stock,
                counts.out, counts.signed, counts.returned, counts.destroyed, counts.missing, counts.surplus,
            ]
        )  # fmt: skip
