"""The pages behind one-time links: activation in two pages, a new password in one, and one clear page for each fault.

GET and HEAD consume nothing, for mail scanners and browsers open links before people do; only an accepted POST does.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from isoloir.identity.actions import activate_account, enter_without_activation, open_session, replace_password
from isoloir.identity.challenge import offered_questions
from isoloir.identity.errors import AccountSuspended, AnswerRefused, LinkRefused, PasswordRefused, PortalClosed
from isoloir.identity.links import note_opened, read_link
from isoloir.identity.mails import spoken_name
from isoloir.identity.models import OneTimeLink
from isoloir.identity.passwords import hash_password
from isoloir.identity.permissions import require_not_suspended, require_open_portal
from isoloir.identity.sessions import held_password, hold_password
from isoloir.roll.models import Voter
from isoloir.web.access import PortalRequest, audience

from .forms import ActivationForm, NewPasswordForm
from .pending_link import after_sign_in

Purpose = OneTimeLink.Purpose
LinkView = Callable[[PortalRequest, str, OneTimeLink], HttpResponse]
# What was there is gone (410), what was never there is not found (404), what is there serves something else (409).
_STATUSES = {"unknown": 404, "expired": 410, "used": 410}
_SERVES_SOMETHING_ELSE = 409
# The page that says why a link cannot serve, and where another is had.
_FAULT_PAGES = {Purpose.REISSUE: "voter/reissue_link_invalid.html"}
# How browsers and mail programs say that nobody is looking yet.
_PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def behind_link(purpose: OneTimeLink.Purpose) -> Callable[[LinkView], Callable[..., HttpResponse]]:
    """Read the link before the page, and answer its faults; the page receives the live link.

    The page lets others know its origin only, for its address is a secret. Not « no-referrer »: the browser would then
    send a form without its origin, which the protection of forms refuses.
    """

    def around(view: LinkView) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: PortalRequest, token: str) -> HttpResponse:
            response = _answer(request, token, view, purpose)
            response["Referrer-Policy"] = "strict-origin"
            return response

        return audience("public")(
            never_cache(
                sensitive_post_parameters("password", "confirmation", "answer", "answer_again")(
                    require_http_methods(["GET", "HEAD", "POST"])(answer)
                )
            )
        )

    return around


def _answer(request: PortalRequest, token: str, view: LinkView, purpose: OneTimeLink.Purpose) -> HttpResponse:
    try:
        link = read_link(token, purpose=purpose, at=request.now)
        if request.voter is not None and request.voter.pk != link.voter_id:
            # Whose link it is stays unsaid.
            return render(request, "voter/link_of_another.html", status=_SERVES_SOMETHING_ELSE)
        # The acts refuse these too; here nobody has filled anything in yet.
        require_open_portal(link.voter.election, at=request.now)
        require_not_suspended(link.voter)
        if request.method == "GET" and not _is_prefetched(request):
            note_opened(link, at=request.now)
        return view(request, token, link)
    except LinkRefused as refused:
        status = _STATUSES.get(refused.code, _SERVES_SOMETHING_ELSE)
        page = _FAULT_PAGES.get(purpose, "voter/link_invalid.html")
        return render(request, page, {"reason": refused.code}, status=status)
    except AccountSuspended as suspended:
        return render(request, "voter/suspended.html", {"sentence": suspended.message}, status=403)
    except PortalClosed as closed:
        messages.info(request, closed.message)
        return redirect("voter:welcome")


def _is_prefetched(request: PortalRequest) -> bool:
    return any("prefetch" in request.headers.get(name, "").lower() for name in _PREFETCH_HEADERS)


def _new_password_form(request: PortalRequest, voter: Voter) -> NewPasswordForm:
    return NewPasswordForm(request.POST if request.method == "POST" else None, voter=voter, at=request.now)


@behind_link(Purpose.ACTIVATION)
def activation(request: PortalRequest, token: str, link: OneTimeLink) -> HttpResponse:
    """Have a password made; it waits in the session, as a hash, for the question of the next page."""
    form = _new_password_form(request, link.voter)
    if request.method == "POST" and form.is_valid():
        hashed = hash_password(form.cleaned_data["password"])
        hold_password(request.session, link=link, password_hash=hashed, at=request.now)
        return redirect("voter:activation_question", token)
    context = {"form": form, "voter": link.voter, "voter_name": spoken_name(link.voter)}
    return render(request, "voter/activation_password.html", context)


@behind_link(Purpose.ACTIVATION)
def activation_question(request: PortalRequest, token: str, link: OneTimeLink) -> HttpResponse:
    """Have a challenge question chosen, then store everything; or let in without storing anything."""
    held = held_password(request.session, link=link, at=request.now)
    if held is None:
        messages.info(request, _("Le mot de passe de la première page n’est plus en mémoire : faites-le de nouveau."))
        return redirect("voter:activation", token)
    if request.method == "POST" and "without-activation" in request.POST:
        proved = enter_without_activation(token=token, at=request.now)
        open_session(request.session, proved)
        return after_sign_in(request, proved.voter)
    questions = offered_questions(link.voter.election)
    form = ActivationForm(request.POST if request.method == "POST" else None, questions=questions)
    if request.method == "POST" and form.is_valid() and _activate(request, token, form, held):
        return after_sign_in(request, link.voter)
    return render(request, "voter/activation_question.html", {"form": form, "voter": link.voter})


def _activate(request: PortalRequest, token: str, form: ActivationForm, password_hash: str) -> bool:
    """Store password, question and answer, and open the session; False when the answer was refused after all."""
    try:
        proved = activate_account(
            token=token,
            password_hash=password_hash,
            question=form.cleaned_data["question"],
            answer=form.cleaned_data["answer"],
            at=request.now,
            language=get_language() or "fr",
        )
    except AnswerRefused as refused:
        form.add_error("answer", refused.sentences)
        return False
    open_session(request.session, proved)
    messages.success(
        request,
        _("Votre compte a bien été activé. Votre question défi et votre réponse secrète ont été enregistrées."),
    )
    return True


@behind_link(Purpose.PASSWORD)
def new_password(request: PortalRequest, token: str, link: OneTimeLink) -> HttpResponse:
    """Have a new password made in place of the lost one; question and answer stay as they are."""
    form = _new_password_form(request, link.voter)
    if request.method == "POST" and form.is_valid():
        try:
            proved = replace_password(token=token, password=form.cleaned_data["password"], at=request.now)
        except PasswordRefused as refused:
            form.add_error("password", refused.sentences)
        else:
            open_session(request.session, proved)
            messages.success(
                request,
                _("Votre nouveau mot de passe est enregistré. L’ancien ne sert plus ; un courriel vous le confirme."),
            )
            return after_sign_in(request, proved.voter)
    context = {"form": form, "voter": link.voter, "voter_name": spoken_name(link.voter)}
    return render(request, "voter/new_password.html", context)


@audience("public")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def spoiled(request: PortalRequest, _link: str) -> HttpResponse:
    """Say of an address that begins as a link's and is none what is said of an altered link."""
    page = _FAULT_PAGES[Purpose.REISSUE] if _link.startswith("reassort/") else "voter/link_invalid.html"
    response = render(request, page, {"reason": "unknown"}, status=_STATUSES["unknown"])
    response["Referrer-Policy"] = "strict-origin"
    return response
