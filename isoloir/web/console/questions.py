"""The editor of the challenge questions: one act per button, each by the keyboard, none by dragging."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from isoloir.elections.models import Election
from isoloir.identity.errors import IdentityRefused
from isoloir.identity.models import ChallengeQuestion, VoterAccount
from isoloir.identity.questions import (
    FEWEST_OFFERED,
    QuestionRefused,
    add_question,
    change_question,
    move_question,
    offer_question_again,
    retire_question,
)
from isoloir.web.access import MemberRequest, audience

from .texts import TypedField, current_election


class QuestionForm(forms.Form):
    """One question in its two languages."""

    text_fr = TypedField(label=gettext_lazy("Question en français"), widget=forms.TextInput(attrs={"lang": "fr"}))
    text_en = TypedField(label=gettext_lazy("Question en anglais"), widget=forms.TextInput(attrs={"lang": "en"}))
    use_required_attribute = False


def _question(election: Election, number: int) -> ChallengeQuestion:
    """Return a question of this election. Raises Http404."""
    question = ChallengeQuestion.objects.select_related("election").filter(election=election, pk=number).first()
    if question is None:
        raise Http404
    return question


def _is_fixed(request: MemberRequest, election: Election) -> bool:
    return request.now >= election.voting_opens_at


def _back(question: ChallengeQuestion | None = None) -> HttpResponseRedirect:
    """Return to the list, at the line of the question: whoever uses the keyboard goes on from there."""
    fragment = f"#question-{question.pk}" if question is not None else ""
    return redirect(reverse("console:questions") + fragment)


@audience("console")
@require_GET
def questions(request: MemberRequest) -> HttpResponse:
    """The questions offered, in order, then those that are no longer."""
    election = current_election()
    taken = VoterAccount.objects.filter(question=OuterRef("pk"))
    rows = list(ChallengeQuestion.objects.filter(election=election).annotate(is_used=Exists(taken)))
    context = {
        "section": "questions", "fixed": _is_fixed(request, election), "fewest": FEWEST_OFFERED,
        "offered": [row for row in rows if row.retired_at is None],
        "retired": [row for row in rows if row.retired_at is not None],
    }  # fmt: skip
    return render(request, "console/questions.html", context)


@audience("console")
@require_http_methods(["GET", "POST"])
def question_add(request: MemberRequest) -> HttpResponse:
    """Add a question to the list."""
    election = current_election()

    def act(words: dict[str, str]) -> ChallengeQuestion:
        return add_question(election=election, **words, actor=request.user.email, at=request.now)

    return _edit(request, election, None, act, _("La question est ajoutée à la fin de la liste."))


@audience("console")
@require_http_methods(["GET", "POST"])
def question(request: MemberRequest, number: int) -> HttpResponse:
    """Change the words of a question that no account has."""
    election = current_election()
    row = _question(election, number)

    def act(words: dict[str, str]) -> ChallengeQuestion:
        return change_question(question=row, **words, actor=request.user.email, at=request.now)

    return _edit(request, election, row, act, _("La question est enregistrée."))


def _edit(
    request: MemberRequest,
    election: Election,
    row: ChallengeQuestion | None,
    act: Callable[[dict[str, str]], ChallengeQuestion],
    done: str,
) -> HttpResponse:
    initial = {"text_fr": row.text_fr, "text_en": row.text_en} if row else {}
    form = QuestionForm(request.POST) if request.method == "POST" else QuestionForm(initial=initial)
    context: dict[str, Any] = {
        "section": "questions", "form": form, "question": row, "fixed": _is_fixed(request, election),
        "is_used": row is not None and row.accounts.exists(),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/question.html", context)
    form.is_valid()
    try:
        changed = act(form.cleaned_data)
    except QuestionRefused as refusal:
        for field, sentences in refusal.faults.items():
            for sentence in sentences:
                form.add_error(field, sentence)
    except IdentityRefused as refusal:
        form.add_error(None, refusal.message)
    else:
        messages.success(request, done)
        return _back(changed)
    return render(request, "console/question.html", context, status=422)


@audience("console")
@require_http_methods(["GET", "POST"])
def question_retire(request: MemberRequest, number: int) -> HttpResponse:
    """Ask, then offer the question no longer."""
    election = current_election()
    row = _question(election, number)
    context: dict[str, Any] = {
        "section": "questions", "question": row, "is_used": row.accounts.exists(), "refusal": "",
        "fixed": _is_fixed(request, election),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/question_retire.html", context)
    try:
        retire_question(question=row, actor=request.user.email, at=request.now)
    except IdentityRefused as refusal:
        return render(request, "console/question_retire.html", context | {"refusal": refusal.message}, status=422)
    messages.success(request, _("La question n’est plus proposée."))
    return _back(row)


@audience("console")
@require_POST
def question_move(request: MemberRequest, number: int) -> HttpResponse:
    """Move a question one place up or down."""
    row = _question(current_election(), number)
    direction = request.POST.get("direction")
    try:
        if direction == "up":
            move_question(question=row, direction="up", actor=request.user.email, at=request.now)
        elif direction == "down":
            move_question(question=row, direction="down", actor=request.user.email, at=request.now)
    except IdentityRefused as refusal:
        messages.error(request, refusal.message)
    return _back(row)


@audience("console")
@require_POST
def question_offer(request: MemberRequest, number: int) -> HttpResponse:
    """Offer again a question that was retired."""
    row = _question(current_election(), number)
    try:
        offer_question_again(question=row, actor=request.user.email, at=request.now)
    except IdentityRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("La question est proposée de nouveau, à la fin de la liste."))
    return _back(row)
