"""What the voter's pages and the desk's show of a claim in the same way: its trace and its files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from isoloir.claims.models import Claim, ClaimStep
from isoloir.uploads.actions import open_upload
from isoloir.uploads.models import StoredFile
from isoloir.web.uploads import download

# The state of a claim as a tag: its shape and its word.
_SHAPES = {
    Claim.State.RECEIVED: "plain", Claim.State.ASSIGNED: "info", Claim.State.QUESTION: "warning",
    Claim.State.PROPOSED: "info", Claim.State.GRANTED: "success", Claim.State.REFUSED: "danger",
    Claim.State.WITHDRAWN: "plain",
}  # fmt: skip
# What is between agents until the decision: a voter sees that somebody works on the claim, and then the decision.
_INSIDE = (ClaimStep.Act.PROPOSED, ClaimStep.Act.SENT_BACK)


@dataclass(frozen=True)
class ShownFile:
    """A file of the trace, by its key; its name is sealed with it."""

    number: int
    size: int


@dataclass(frozen=True)
class ShownStep:
    """One line of the trace. `actor` is an agent's address, shown at the desk alone."""

    word: str
    at: datetime
    actor: str
    text: str
    files: list[ShownFile]


def state_tag(claim: Claim) -> dict[str, str]:
    """Return the arguments of `{% tag %}` for the state of a claim."""
    return {"word": str(Claim.State(claim.state).label), "kind": _SHAPES[Claim.State(claim.state)]}


def trace(claim: Claim, *, at_desk: bool) -> list[ShownStep]:
    """Return the steps of a claim, oldest first, with their files; two queries, and no file is opened."""
    steps = claim.steps.all() if at_desk else claim.steps.exclude(act__in=_INSIDE)
    files: dict[int, list[ShownFile]] = {}
    through = ClaimStep.files.through.objects.filter(claimstep__claim=claim).order_by("storedfile_id")
    for step, key, size in through.values_list("claimstep_id", "storedfile_id", "storedfile__size"):
        files.setdefault(step, []).append(ShownFile(key, size))
    return [
        ShownStep(
            str(ClaimStep.Act(step.act).label),
            step.at,
            step.actor if at_desk else "",
            step.text,
            files.get(step.pk, []),
        )
        for step in steps
    ]


def file_of(claim: Claim, number: int, *, only_own: bool) -> HttpResponse:
    """Give a file of the claim; `only_own` when the person asks, for what was joined by nobody else. Raises Http404."""
    steps = claim.steps.filter(files=number)
    if only_own:
        steps = steps.filter(actor="")
    if not steps.exists():
        raise Http404
    return download(open_upload(StoredFile.objects.get(pk=number)))


def text_field(label: Any, *, most: int, hint: Any = "", rows: int = 8) -> forms.CharField:
    """Return a field of some paragraphs; the act checks what it holds, and names every fault."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        strip=True,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": _("Ce champ est à remplir.")},
    )


def add_errors(form: forms.Form, faults: Iterable[tuple[str, str]]) -> None:
    """Put each sentence on its field, or above the form where it has no such field."""
    for name, sentence in faults:
        form.add_error(name if name in form.fields else None, sentence)
