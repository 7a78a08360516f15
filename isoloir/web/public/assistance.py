"""Asking for help, signed in or not, and following what was asked by a link.

Who is not signed in is answered the same, in the same time, whatever the address: nothing of the roll is looked up.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.assistance.asking import Question, open_ticket, read_ticket, settle_ticket, write_again
from isoloir.assistance.errors import TicketUnknown, WordsRefused
from isoloir.assistance.mails import follow_token
from isoloir.assistance.models import Ticket
from isoloir.assistance.queues import academies_of, messages_of, tickets_asked_by, typical_wait, wait_words
from isoloir.assistance.words import FEWEST, LONGEST_NAME, MOST
from isoloir.elections.models import Election
from isoloir.identity.errors import IdentityRefused, NetworkCrowded
from isoloir.roll.models import Voter
from isoloir.uploads.actions import open_upload
from isoloir.uploads.models import StoredFile
from isoloir.web.access import PortalRequest, audience
from isoloir.web.captcha.forms import FIELD, CaptchaForm
from isoloir.web.uploads import AttachmentsField, FormWithFiles, download

_SECRETS = gettext_lazy("N’écrivez jamais votre mot de passe ni votre code de vote.")
TicketView = Callable[..., HttpResponse]


def _text_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        # The act names what is wrong with the words: hidden characters, a voting code, a length.
        help_text=format_lazy(
            gettext_lazy("De {fewest} à {most} caractères. N’écrivez jamais votre mot de passe ni votre code de vote."),
            fewest=FEWEST, most=MOST,
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "true"}),
        error_messages={"required": gettext_lazy("Écrivez votre message.")},
    )  # fmt: skip


class AskForm(FormWithFiles, CaptchaForm):
    """A question. Who is signed in is not asked who they are, nor for a CAPTCHA."""

    category = forms.ChoiceField(
        label=gettext_lazy("Sur quoi porte votre demande ?"),
        choices=[("", gettext_lazy("Choisissez")), *Ticket.Category.choices],
        error_messages={"required": gettext_lazy("Choisissez ce sur quoi porte votre demande.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Prénom et nom"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Indiquez votre nom.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique à laquelle vous répondre"),
        help_text=gettext_lazy("Par exemple prenom.nom@academie.example"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Indiquez l’adresse à laquelle vous répondre."),
            "invalid": gettext_lazy("Cette adresse n’est pas complète. Exemple : prenom.nom@academie.example"),
        },
    )
    academy = forms.ChoiceField(label=gettext_lazy("Académie"), required=False)
    text = _text_field(gettext_lazy("Votre demande"))
    attachments = AttachmentsField()

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        election: Election,
        voter: Voter | None,
        network: str,
        at: datetime,
    ) -> None:
        place = "" if voter else "assistance"
        super().__init__(data, files=files, place=place, network=network, sent_at=at, at=at)
        if voter is not None:
            for name in ("name", "email", "academy"):
                del self.fields[name]
            return
        academy = self.fields["academy"]
        if isinstance(academy, forms.ChoiceField):
            known = academies_of(election, at=at)
            academy.choices = [("", _("Je ne sais pas")), *((each, each) for each in known)]

    def report(self, refusal: WordsRefused) -> None:
        """Put each fault at its field."""
        for field, sentences in refusal.faults.items():
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


class ReplyForm(FormWithFiles):
    """More words on a ticket."""

    text = _text_field(gettext_lazy("Votre message"))
    attachments = AttachmentsField()


@audience("public")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: PortalRequest) -> HttpResponse:
    """The form by which anybody asks a question."""
    voter = request.voter
    election = voter.election if voter else Election.objects.current()
    if election is None:
        return redirect("voter:welcome")
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    network = request.META["REMOTE_ADDR"]
    form = AskForm(*posted, election=election, voter=voter, network=network, at=request.now)
    if request.method == "POST" and form.is_valid():
        ticket = _open(request, election, form)
        if ticket is not None:
            messages.success(request, _("Votre demande est enregistrée. Un courriel vous donne le lien de cette page."))
            return redirect("public:ticket", follow_token(ticket.number))
    wait = typical_wait(election, academy=voter.academy if voter else "", at=request.now)
    asked = [{"ticket": each, "token": follow_token(each.number)} for each in tickets_asked_by(voter)] if voter else []
    context = {"form": form, "asker": voter, "wait": wait_words(wait), "secrets": _SECRETS, "asked": asked}
    return render(request, "public/assistance.html", context, status=422 if form.errors else 200)


def _open(request: PortalRequest, election: Election, form: AskForm) -> Ticket | None:
    """Open the ticket; None when it was refused, and the form says why."""
    asked = form.cleaned_data
    question = Question(
        category=asked["category"], text=asked["text"], name=asked.get("name", ""), email=asked.get("email", ""),
        academy=asked.get("academy", ""), language=get_language() or "fr", voter=request.voter, files=asked["attachments"],
    )  # fmt: skip
    try:
        return open_ticket(
            election=election, question=question, network=request.META["REMOTE_ADDR"], captcha=form.passed,
            at=request.now,
        )  # fmt: skip
    except WordsRefused as refused:
        form.report(refused)
    except NetworkCrowded as refused:
        form.ask_captcha()
        form.add_error(FIELD, refused.message)
    except IdentityRefused as refused:
        form.add_error(None, refused.message)
    return None


def _with_ticket(view: TicketView) -> TicketView:
    """Read the ticket that the link follows; one page for a link that follows none.

    The page lets others know its origin only, for its address is a secret (as `web.voter.links` does).
    """

    @wraps(view)
    def answer(request: PortalRequest, token: str, **arguments: Any) -> HttpResponse:
        try:
            response = view(request, token, read_ticket(token), **arguments)
        except TicketUnknown as unknown:
            response = render(request, "public/ticket_unknown.html", {"sentence": unknown.message}, status=404)
        response["Referrer-Policy"] = "strict-origin"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return audience("public")(never_cache(answer))


@_with_ticket
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: PortalRequest, token: str, ticket: Ticket) -> HttpResponse:
    """The whole conversation; write again, or say that it is settled. GET consumes nothing."""
    if request.method == "POST" and request.POST.get("act") == "settle":
        settle_ticket(token=token, at=request.now)
        messages.success(request, _("Votre demande est close. Écrivez de nouveau ici si le problème revient."))
        return redirect("public:ticket", token)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ReplyForm(*posted, network=request.META["REMOTE_ADDR"], sent_at=request.now)
    if request.method == "POST" and form.is_valid() and _reply(request, token, form):
        messages.success(request, _("Votre message est envoyé."))
        return redirect("public:ticket", token)
    context: dict[str, Any] = {"form": form, "ticket": ticket, "secrets": _SECRETS, "token": token}
    context["said"] = messages_of(ticket, with_internal=False)
    if ticket.state == Ticket.State.WAITING:
        wait = typical_wait(ticket.election, academy=ticket.academy, at=request.now)
        context["wait"] = wait_words(wait)
    return render(request, "public/ticket.html", context, status=422 if form.errors else 200)


def _reply(request: PortalRequest, token: str, form: ReplyForm) -> bool:
    written = form.cleaned_data
    try:
        write_again(
            token=token, text=written["text"], files=written["attachments"], network=request.META["REMOTE_ADDR"],
            at=request.now,
        )  # fmt: skip
    except WordsRefused as refused:
        form.add_error("text", refused.message)
    except IdentityRefused as refused:
        form.add_error(None, refused.message)
    return not form.errors


@_with_ticket
@require_safe
def ticket_file(_request: PortalRequest, _token: str, ticket: Ticket, number: int) -> HttpResponse:
    """A file of the conversation."""
    messages_shown = ticket.messages.filter(is_internal=False)
    stored = StoredFile.objects.filter(pk__in=messages_shown.values("files"), pk=number).first()
    if stored is None:
        raise Http404
    return download(open_upload(stored))
