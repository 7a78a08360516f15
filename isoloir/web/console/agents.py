"""Who works at the desks: brought by a file, listed, and taken off one role at a time."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from isoloir.common.errors import ImportRefused
from isoloir.elections.models import Election
from isoloir.identity.agents import AGENT_COLUMNS, AGENTS_FILE, import_agents, remove_role
from isoloir.identity.models import StaffRole
from isoloir.web.access import MemberRequest, audience

from .forms import BoundedFileField
from .texts import current_election

_LARGEST = 1024 * 1024


class AgentsForm(forms.Form):
    """The file of agents."""

    agents = BoundedFileField(
        label=gettext_lazy("Agents des guichets (agents.csv)"),
        maximum_bytes=_LARGEST,
        accept={"accept": ".csv,text/csv"},
    )


@audience("console")
@require_http_methods(["GET", "POST"])
def agents(request: MemberRequest) -> HttpResponse:
    """The agents and their roles; import others, all or nothing."""
    election = current_election()
    form = AgentsForm(request.POST, request.FILES) if request.method == "POST" else AgentsForm()
    context: dict[str, Any] = {
        "section": "agents", "form": form, "faults": (), "total": 0, "file": AGENTS_FILE,
        "columns": " ; ".join(column.name for column in AGENT_COLUMNS),
    }  # fmt: skip
    if form.is_valid():
        try:
            imported = import_agents(
                election=election, content=form.cleaned_data["agents"].read(), actor=request.user.email, at=request.now
            )
        except ImportRefused as refusal:
            context |= {"faults": refusal.faults, "total": refusal.total}
        else:
            sentence = ngettext(
                "%(agents)d agent importé, %(accounts)d comptes créés.", "%(agents)d agents importés, %(accounts)d comptes créés.",
                imported.agents,
            )  # fmt: skip
            messages.success(request, sentence % {"agents": imported.agents, "accounts": imported.accounts})
            return redirect("console:agents")
    context |= _listed(election)
    return render(request, "console/agents.html", context, status=422 if request.method == "POST" else 200)


def _listed(election: Election) -> dict[str, Any]:
    """Return the roles, with a warning where tickets without académie, or claims, would be nobody's."""
    roles = list(
        StaffRole.objects.filter(election=election)
        .select_related("account")
        .order_by("account__last_name", "account__email", "role", "academy")
    )
    everywhere = {role.role for role in roles if not role.academy}
    return {
        "rows": [{"role": role, "has_access": role.account.has_usable_password()} for role in roles],
        "uncovered": [role.label for role in StaffRole.Role if role.value not in everywhere],
    }


@audience("console")
@require_http_methods(["GET", "POST"])
def agent_role_remove(request: MemberRequest, number: int) -> HttpResponse:
    """Ask, then take the role from the agent."""
    role = (
        StaffRole.objects.select_related("account", "election").filter(election=current_election(), pk=number).first()
    )
    if role is None:
        raise Http404
    if request.method == "POST":
        remove_role(role=role, actor=request.user.email, at=request.now)
        messages.success(request, _("Le rôle est retiré."))
        return redirect("console:agents")
    return render(request, "console/agents_remove.html", {"section": "agents", "role": role})
