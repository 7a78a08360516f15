"""The desk of assistance: queues by académie, tickets, canned answers. What is not of the agent's desk does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.assistance.accounts import account_state
from isoloir.assistance.answering import (
    answer_ticket,
    close_ticket,
    move_ticket,
    note_on_ticket,
    send_link,
    take_ticket,
)
from isoloir.assistance.canned import delete_canned, in_language, write_canned
from isoloir.assistance.errors import AssistanceRefused, OutOfDesk, TitleTaken, WordsRefused
from isoloir.assistance.models import CannedAnswer, Ticket
from isoloir.assistance.permissions import may_edit_canned, require_desk, tickets_of
from isoloir.assistance.queues import academies_of, messages_of, queues_of
from isoloir.elections.models import Election
from isoloir.identity.errors import IdentityRefused
from isoloir.identity.roles import Desk
from isoloir.uploads.actions import open_upload
from isoloir.uploads.models import StoredFile
from isoloir.web.access import MemberRequest, audience
from isoloir.web.uploads import download

_ON_A_PAGE = 50
_OPEN = "open"
DeskView = Callable[..., HttpResponse]


class FilterForm(forms.Form):
    """What the list shows; by GET, for nothing here names anybody."""

    academy = forms.ChoiceField(label=gettext_lazy("Académie"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("État"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("Sujet"), required=False)
    mine = forms.BooleanField(label=gettext_lazy("Seulement celles que j’ai prises"), required=False)

    def __init__(self, data: Any, *, academies: list[str]) -> None:
        super().__init__(data)
        every = ("", _("Toutes"))
        self.fields["academy"].choices = [every, *((each, each) for each in academies)]  # type: ignore[attr-defined]
        states = [
            ("", _("En attente d’un agent")),
            (_OPEN, _("Toutes celles qui ne sont pas closes")),
            *Ticket.State.choices[1:],
        ]
        self.fields["state"].choices = states  # type: ignore[attr-defined]
        self.fields["category"].choices = [every, *Ticket.Category.choices]  # type: ignore[attr-defined]

    def apply(self, tickets: QuerySet[Ticket], *, agent: int) -> QuerySet[Ticket]:
        """Return the tickets chosen, who waits for the longest first; an unknown choice chooses nothing."""
        chosen = self.cleaned_data if self.is_valid() else {}
        state = chosen.get("state") or Ticket.State.WAITING
        tickets = tickets.exclude(state=Ticket.State.CLOSED) if state == _OPEN else tickets.filter(state=state)
        for field in ("academy", "category"):
            if chosen.get(field):
                tickets = tickets.filter(**{field: chosen[field]})
        if chosen.get("mine"):
            tickets = tickets.filter(assigned_to=agent)
        return tickets.order_by("waiting_since", "asked_at", "pk")


class AnswerForm(forms.Form):
    """An answer, to what the agent was shown."""

    text = forms.CharField(
        label=gettext_lazy("Votre réponse"),
        help_text=gettext_lazy("Envoyée par courriel, et montrée sur la page de suivi. 3000 caractères au plus."),
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "true"}),
        error_messages={"required": gettext_lazy("Écrivez votre réponse.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class NoteForm(forms.Form):
    """Words for the other agents."""

    note = forms.CharField(
        label=gettext_lazy("Note interne"),
        help_text=gettext_lazy("Lue par les agents seuls."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Écrivez la note.")},
    )


class MoveForm(forms.Form):
    """Where the ticket belongs."""

    category = forms.ChoiceField(label=gettext_lazy("Sujet"), choices=Ticket.Category.choices)
    academy = forms.ChoiceField(label=gettext_lazy("Académie"), required=False)

    def __init__(self, data: Any = None, *, academies: list[str], ticket: Ticket) -> None:
        super().__init__(data, initial={"category": ticket.category, "academy": ticket.academy})
        known = dict.fromkeys([*academies, *filter(None, (ticket.academy,))])
        self.fields["academy"].choices = [("", _("Non précisée")), *((each, each) for each in known)]  # type: ignore[attr-defined]


class CannedForm(forms.Form):
    """A canned answer in its two languages; the act names what is wrong."""

    title = forms.CharField(label=gettext_lazy("Titre"), max_length=100)
    text_fr = forms.CharField(
        label=gettext_lazy("Réponse en français"), widget=forms.Textarea(attrs={"rows": 8, "lang": "fr"})
    )
    text_en = forms.CharField(
        label=gettext_lazy("Réponse en anglais"), widget=forms.Textarea(attrs={"rows": 8, "lang": "en"})
    )


def _at_desk(view: DeskView) -> DeskView:
    """Give the view the election and the agent's desk of assistance; what is not theirs does not exist."""

    @wraps(view)
    def answer(request: MemberRequest, **arguments: Any) -> HttpResponse:
        election = Election.objects.current()
        try:
            desk = require_desk(request.user, election=election)
            return view(request, election, desk, **arguments)
        except OutOfDesk:
            raise Http404 from None

    return audience("desk")(answer)


def _find(desk: Desk, election: Election, number: str) -> Ticket:
    found = tickets_of(desk, election=election).filter(number=number)
    ticket = found.select_related("election", "assigned_to", "voter__account", "voter__suspension").first()
    if ticket is None:
        raise Http404
    return ticket


@_at_desk
@require_safe
def tickets(request: MemberRequest, election: Election, desk: Desk) -> HttpResponse:
    """The queues of the desk, and the tickets chosen among them."""
    queues = queues_of(desk, election=election)
    academies = sorted(desk.academies) or list(academies_of(election, at=request.now))
    form = FilterForm(request.GET, academies=academies)
    rows = form.apply(tickets_of(desk, election=election), agent=request.user.pk).select_related("assigned_to")
    context = {
        "section": "assistance", "queues": queues, "filter_form": form, "desk": desk,
        "page": Paginator(rows, _ON_A_PAGE).get_page(request.GET.get("page")),
    }  # fmt: skip
    return render(request, "desk/tickets.html", context)


@_at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: MemberRequest, election: Election, desk: Desk, number: str) -> HttpResponse:
    """One ticket: what was said, the state of the asker's account, and each act of the agent by its button."""
    row = _find(desk, election, number)
    academies = list(academies_of(election, at=request.now))
    page = _Page(request, row, academies)
    if request.method == "POST":
        done = page.act(request.POST.get("act", ""))
        if done:
            messages.success(request, done)
            # A ticket that went to another académie may be this agent's no more.
            is_still_ours = tickets_of(desk, election=election).filter(pk=row.pk).exists()
            return redirect("desk:ticket", row.number) if is_still_ours else redirect("desk:tickets")
        row = _find(desk, election, number)
    context = {
        "section": "assistance", "ticket": row, "said": list(messages_of(row, with_internal=True)), "form": page.answer,
        "note_form": page.note, "move_form": page.move, "refusal": page.refusal, "claim_url": _claim_url(row),
        "canned": CannedAnswer.objects.filter(election=election).order_by("title"),
        "state": account_state(row.voter, at=request.now) if row.voter else None,
    }  # fmt: skip
    return render(request, "desk/ticket.html", context, status=422 if request.method == "POST" else 200)


class _Page:
    """The forms of a ticket's page, and the act that one of them asks for."""

    def __init__(self, request: MemberRequest, ticket: Ticket, academies: list[str]) -> None:
        self._request, self._ticket = request, ticket
        act = request.POST.get("act", "")
        sent = request.POST
        self.answer = AnswerForm(sent) if act == "answer" else AnswerForm(initial=self._initial())
        self.note = NoteForm(sent if act == "note" else None)
        self.move = MoveForm(sent if act == "move" else None, academies=academies, ticket=ticket)
        self.refusal = ""

    def _initial(self) -> dict[str, Any]:
        last = self._ticket.messages.filter(is_internal=False).order_by("-pk").first()
        initial: dict[str, Any] = {"seen": last.pk if last else 0}
        chosen = self._request.GET.get("reponse", "")
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 10:
            canned = CannedAnswer.objects.filter(election=self._ticket.election_id, pk=int(chosen)).first()
            initial["text"] = in_language(canned, self._ticket.language) if canned else ""
        return initial

    def act(self, name: str) -> str:
        """Do the act; return the sentence of what was done, nothing when it was refused: the forms then say why."""
        acts = {
            "take": self._take, "answer": self._answer, "note": self._note, "move": self._move, "close": self._close,
            "link": self._link,
        }  # fmt: skip
        if name not in acts:
            raise Http404
        try:
            return acts[name]()
        except OutOfDesk:
            raise
        except WordsRefused as refused:
            form = self.note if name == "note" else self.answer
            for field, sentences in refused.faults.items():
                form.add_error(field, sentences)
        except (AssistanceRefused, IdentityRefused) as refused:
            self.refusal = refused.message
        return ""

    @property
    def _by(self) -> dict[str, Any]:
        return {"ticket": self._ticket, "agent": self._request.user, "at": self._request.now}

    def _take(self) -> str:
        take_ticket(**self._by)
        return _("Vous suivez cette demande.")

    def _answer(self) -> str:
        if not self.answer.is_valid():
            return ""
        answer_ticket(**self._by, text=self.answer.cleaned_data["text"], seen=self.answer.cleaned_data["seen"])
        return _("La réponse est envoyée.")

    def _note(self) -> str:
        if not self.note.is_valid():
            return ""
        note_on_ticket(**self._by, text=self.note.cleaned_data["note"])
        return _("La note est enregistrée.")

    def _move(self) -> str:
        if not self.move.is_valid():
            return ""
        move_ticket(**self._by, **self.move.cleaned_data)
        return _("La demande est réorientée.")

    def _close(self) -> str:
        close_ticket(**self._by)
        return _("La demande est close.")

    def _link(self) -> str:
        send_link(**self._by, second_address=self._request.POST.get("address") == "second")
        return _("Le lien est demandé : il part dans un instant à l’adresse de la liste électorale.")


def _claim_url(ticket: Ticket) -> str:
    """Return where a claim is opened from this ticket; nothing where the desk of claims has no such page."""
    try:
        return f"{reverse('desk:claim_new')}?ticket={ticket.number}" if ticket.voter_id else ""
    except NoReverseMatch:
        return ""


@_at_desk
@require_safe
def ticket_file(_request: MemberRequest, election: Election, desk: Desk, number: str, file: int) -> HttpResponse:
    """A file of the conversation."""
    row = _find(desk, election, number)
    stored = StoredFile.objects.filter(pk__in=row.messages.values("files"), pk=file).first()
    if stored is None:
        raise Http404
    return download(open_upload(stored))


@_at_desk
@require_safe
def canned_answers(request: MemberRequest, election: Election, desk: Desk) -> HttpResponse:
    """The canned answers, for all agents to read."""
    rows = CannedAnswer.objects.filter(election=election)
    context = {"section": "assistance", "rows": rows, "may_edit": may_edit_canned(request.user, desk)}
    return render(request, "desk/canned_answers.html", context)


@_at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def canned_add(request: MemberRequest, election: Election, desk: Desk) -> HttpResponse:
    """Add a canned answer."""
    return _edit(request, election, desk, None)


@_at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def canned(request: MemberRequest, election: Election, desk: Desk, number: int) -> HttpResponse:
    """Change a canned answer."""
    return _edit(request, election, desk, _find_canned(election, number))


@_at_desk
@require_http_methods(["GET", "HEAD", "POST"])
def canned_delete(request: MemberRequest, election: Election, desk: Desk, number: int) -> HttpResponse:
    """Ask, then offer the answer no longer."""
    row = _find_canned(election, number)
    if not may_edit_canned(request.user, desk):
        raise Http404
    if request.method == "POST":
        delete_canned(canned=row, agent=request.user, at=request.now)
        messages.success(request, _("La réponse type est supprimée."))
        return redirect("desk:canned_answers")
    return render(request, "desk/canned_delete.html", {"section": "assistance", "canned": row})


def _find_canned(election: Election, number: int) -> CannedAnswer:
    row = CannedAnswer.objects.select_related("election").filter(election=election, pk=number).first()
    if row is None:
        raise Http404
    return row


def _edit(request: MemberRequest, election: Election, desk: Desk, row: CannedAnswer | None) -> HttpResponse:
    if not may_edit_canned(request.user, desk):
        raise Http404
    initial = {"title": row.title, "text_fr": row.text_fr, "text_en": row.text_en} if row else None
    form = CannedForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            write_canned(election=election, agent=request.user, canned=row, at=request.now, **form.cleaned_data)
        except WordsRefused as refused:
            for field, sentences in refused.faults.items():
                form.add_error(field, sentences)
        except TitleTaken as refused:
            form.add_error("title", refused.message)
        else:
            messages.success(request, _("La réponse type est enregistrée."))
            return redirect("desk:canned_answers")
    context = {"section": "assistance", "form": form, "canned": row}
    return render(request, "desk/canned.html", context, status=422 if form.errors else 200)
