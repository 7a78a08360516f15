"""Announcements above every page: write one, end one, take away one that has not begun."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from isoloir.texts.announcements import (
    LONGEST_ANNOUNCEMENT,
    delete_announcement,
    end_announcement,
    publish_announcement,
)
from isoloir.texts.errors import AnnouncementRefused, TextsRefused
from isoloir.texts.models import Announcement
from isoloir.web.access import MemberRequest, audience

from .texts import TypedField, current_election


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, help_text=gettext_lazy("Heure de Paris."))


def _sentence(language: str, label: Any) -> TypedField:
    widget = forms.Textarea(
        attrs={"rows": 3, "lang": language, "maxlength": LONGEST_ANNOUNCEMENT, "spellcheck": "true"}
    )
    return TypedField(label=label, widget=widget, help_text=gettext_lazy("300 caractères au plus, sans mise en forme."))


class AnnouncementForm(forms.Form):
    """An announcement to be: its level, its words in both languages, its dates in Paris time."""

    level = forms.ChoiceField(label=gettext_lazy("Niveau"), choices=Announcement.Level.choices)
    text_fr = _sentence("fr", gettext_lazy("Annonce en français"))
    text_en = _sentence("en", gettext_lazy("Annonce en anglais"))
    starts_at = _moment(gettext_lazy("Début"))
    ends_at = _moment(gettext_lazy("Fin"))
    use_required_attribute = False


@audience("console")
@require_http_methods(["GET", "POST"])
def announcements(request: MemberRequest) -> HttpResponse:
    """What is announced, what will be and what was; and the form of one more."""
    form = AnnouncementForm(request.POST) if request.method == "POST" else AnnouncementForm()
    if request.method == "POST" and form.is_valid() and _publish(request, form):
        messages.success(request, _("L’annonce est enregistrée."))
        return redirect("console:announcements")
    return _page(request, form, status=422 if request.method == "POST" else 200)


def _publish(request: MemberRequest, form: AnnouncementForm) -> bool:
    """Publish what was typed, or put on the form why it was refused; tell whether it was published."""
    try:
        publish_announcement(election=current_election(), **form.cleaned_data, actor=request.user.email, at=request.now)
    except AnnouncementRefused as refusal:
        for field, sentences in refusal.faults.items():
            for sentence in sentences:
                form.add_error(field, sentence)
        return False
    return True


def _page(request: MemberRequest, form: AnnouncementForm, *, status: int, refusal: str = "") -> HttpResponse:
    rows = Announcement.objects.filter(election=current_election()).order_by("-starts_at", "-pk")
    context = {
        "section": "announcements", "form": form, "refusal": refusal,
        "rows": [{"announcement": each, "state": _state(each, request)} for each in rows],
    }  # fmt: skip
    return render(request, "console/announcements.html", context, status=status)


def _state(announcement: Announcement, request: MemberRequest) -> str:
    if request.now < announcement.starts_at:
        return "future"
    return "active" if request.now < announcement.ends_at else "past"


def _announcement(number: int) -> Announcement:
    announcement = Announcement.objects.filter(election=current_election(), pk=number).first()
    if announcement is None:
        raise Http404
    return announcement


@audience("console")
@require_POST
def announcement_end(request: MemberRequest, number: int) -> HttpResponse:
    """End an announcement now."""
    try:
        end_announcement(announcement=_announcement(number), actor=request.user.email, at=request.now)
    except TextsRefused as refusal:
        return _page(request, AnnouncementForm(), status=409, refusal=refusal.message)
    messages.success(request, _("L’annonce est terminée."))
    return redirect("console:announcements")


@audience("console")
@require_POST
def announcement_delete(request: MemberRequest, number: int) -> HttpResponse:
    """Take away an announcement that nobody has read."""
    try:
        delete_announcement(announcement=_announcement(number), actor=request.user.email, at=request.now)
    except TextsRefused as refusal:
        return _page(request, AnnouncementForm(), status=409, refusal=refusal.message)
    messages.success(request, _("L’annonce est effacée."))
    return redirect("console:announcements")
