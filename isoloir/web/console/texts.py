"""The editor of the pages of text: both languages side by side, a preview, and every earlier version.

Every page concerns the whole election, or one académie of its roll, which its address names: `?academie=…`.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from isoloir.common.characters import with_plain_breaks
from isoloir.elections.models import Election
from isoloir.roll.models import Voter
from isoloir.texts.actions import change_text, restore_default, restore_version
from isoloir.texts.errors import TextChangedMeanwhile, TextRefused, TextsRefused
from isoloir.texts.markdown import LONGEST_TEXT, text_faults
from isoloir.texts.models import Kind, TextVersion
from isoloir.texts.reading import LANGUAGES, ShownText, academies_with_texts, default_text, read_text, read_texts
from isoloir.web.access import MemberRequest, audience
from isoloir.web.public.texts import rendered


class TypedField(forms.Field):
    """Words kept as they were typed: their faults, an absence or a NUL among them, are named by the act."""

    def validate(self, value: str) -> None:
        """Leave everything to the act."""

    def to_python(self, value: Any) -> str:
        return with_plain_breaks(value or "")


def _text_field(language: str, label: Any) -> TypedField:
    # The screen reader changes voice with the language; the browser's spelling follows it too.
    attributes = {"rows": 24, "lang": language, "spellcheck": "true"}
    return TypedField(label=label, widget=forms.Textarea(attrs=attributes))


class TextForm(forms.Form):
    """One text in its two languages."""

    text_fr = _text_field("fr", gettext_lazy("Texte français"))
    text_en = _text_field("en", gettext_lazy("Texte anglais"))
    use_required_attribute = False

    @classmethod
    def initial_of(cls, text: ShownText) -> dict[str, str]:
        """Return what is shown now."""
        return {"text_fr": text.fr, "text_en": text.en}

    def report(self, refusal: TextRefused) -> None:
        """Put each fault at the field of its language."""
        for language, sentences in refusal.faults.items():
            for sentence in sentences:
                self.add_error(f"text_{language}", sentence)


def current_election() -> Election:
    """Return the election that the portal serves. Raises Http404."""
    election = Election.objects.current()
    if election is None:
        raise Http404
    return election


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        raise Http404 from None


def _academy(request: MemberRequest, election: Election) -> str:
    """Return the académie that the page is about; empty for the whole election. Raises Http404 for one of no voter."""
    academy = request.GET.get("academie", "")
    # Some databases keep no NUL, and refuse the question itself.
    if academy and ("\0" in academy or not Voter.objects.filter(election=election, academy=academy).exists()):
        raise Http404
    return academy


def _scope(academy: str) -> dict[str, str]:
    """Return what the templates say of the académie, and what they put after the addresses of the same académie."""
    return {"section": "texts", "academy": academy, "scope": f"?{urlencode({'academie': academy})}" if academy else ""}


def _list_of(academy: str) -> HttpResponse:
    return redirect(reverse("console:texts") + _scope(academy)["scope"])


def _base(request: MemberRequest) -> int:
    """Return the number of the version that the sent form was made from; of none, when it does not say."""
    number = request.POST.get("version", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else -1


def previews(kind: Kind, texts: dict[str, str]) -> list[dict[str, Any]]:
    """Return each language as the public page would write it; nothing for a text that would be refused."""
    shown = []
    for language in LANGUAGES:
        if not text_faults(texts[language], kind=kind):
            prefix = f"{language}-"
            text = rendered(texts[language], language=language, prefix=prefix)
            shown.append({"language": language, "prefix": prefix, "text": text})
    return shown


@audience("console")
@require_GET
def texts(request: MemberRequest) -> HttpResponse:
    """The pages of text, each with who changed it last; and the choice of an académie."""
    election = current_election()
    academy = _academy(request, election)
    academies = Voter.objects.filter(election=election).order_by("academy").values_list("academy", flat=True).distinct()
    context = {
        "texts": read_texts(election, academy), "academies": list(academies),
        "with_texts": academies_with_texts(election),
    }  # fmt: skip
    return render(request, "console/texts.html", context | _scope(academy))


@audience("console")
@require_http_methods(["GET", "POST"])
def text(request: MemberRequest, kind: str) -> HttpResponse:
    """Write a text: look at it first, then save both languages or none."""
    election, page = current_election(), _kind(kind)
    academy = _academy(request, election)
    current = read_text(election, page, academy)
    context: dict[str, Any] = {
        **_scope(academy), "kind": page, "current": current, "version": current.number, "longest": LONGEST_TEXT,
        "newer": None, "previews": [],
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/text.html", context | {"form": TextForm(initial=TextForm.initial_of(current))})
    form = TextForm(request.POST)
    form.is_valid()
    context |= {"form": form, "version": _base(request)}
    if "preview" in request.POST:
        return _preview(request, form, page, context)
    try:
        saved = change_text(
            election=election, kind=page, text_fr=form.cleaned_data["text_fr"], text_en=form.cleaned_data["text_en"],
            based_on=_base(request), actor=request.user.email, at=request.now, academy=academy,
        )  # fmt: skip
    except TextRefused as refusal:
        form.report(refusal)
        return render(request, "console/text.html", context, status=422)
    except TextChangedMeanwhile as refusal:
        # What was typed stays in the form; saving it once more is then a choice, made beside the newer text.
        newer = refusal.current
        context |= {"newer": newer, "version": newer.number, "message": refusal.message}
        return render(request, "console/text.html", context, status=409)
    _say_saved(request, current, saved)
    return _list_of(academy)


def _preview(request: MemberRequest, form: TextForm, kind: Kind, context: dict[str, Any]) -> HttpResponse:
    typed = {language: form.cleaned_data[f"text_{language}"] for language in LANGUAGES}
    faults = {language: text_faults(typed[language], kind=kind) for language in LANGUAGES}
    if any(faults.values()):
        form.report(TextRefused(faults))
    status = 422 if form.errors else 200
    return render(request, "console/text.html", context | {"previews": previews(kind, typed)}, status=status)


def _say_saved(request: MemberRequest, before: ShownText, after: ShownText) -> None:
    if after.number == before.number:
        messages.info(request, _("Le texte n’a pas changé : rien n’a été enregistré."))
    else:
        messages.success(request, _("Le texte est enregistré. Les électeurs le lisent dès maintenant."))


@audience("console")
@require_GET
def text_versions(request: MemberRequest, kind: str) -> HttpResponse:
    """Every version of a text, the last one first."""
    election, page = current_election(), _kind(kind)
    academy = _academy(request, election)
    versions = (
        TextVersion.objects.filter(election=election, kind=page, academy=academy)
        .order_by("-number")
        .defer("text_fr", "text_en")
    )
    context = {**_scope(academy), "kind": page, "versions": versions, "current": read_text(election, page, academy)}
    return render(request, "console/text_versions.html", context)


@audience("console")
@require_http_methods(["GET", "POST"])
def text_version(request: MemberRequest, kind: str, number: int) -> HttpResponse:
    """Read an earlier version, and take it up again."""
    election, page = current_election(), _kind(kind)
    academy = _academy(request, election)
    version = TextVersion.objects.filter(election=election, kind=page, academy=academy, number=number).first()
    if version is None:
        raise Http404
    context: dict[str, Any] = {
        **_scope(academy), "kind": page, "shown": version, "current": read_text(election, page, academy), "refusal": "",
        "previews": previews(page, {"fr": version.text_fr, "en": version.text_en}),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/text_version.html", context)
    try:
        saved = restore_version(
            election=election, kind=page, number=number, based_on=_base(request), actor=request.user.email,
            at=request.now, academy=academy,
        )  # fmt: skip
    except TextsRefused as refusal:
        return render(request, "console/text_version.html", context | {"refusal": refusal.message}, status=409)
    _say_saved(request, context["current"], saved)
    return _list_of(academy)


@audience("console")
@require_http_methods(["GET", "POST"])
def text_default(request: MemberRequest, kind: str) -> HttpResponse:
    """Show the text shipped with the portal, and ask before going back to it."""
    election, page = current_election(), _kind(kind)
    academy = _academy(request, election)
    default, current = read_text(election, page) if academy else default_text(page), read_text(election, page, academy)
    context: dict[str, Any] = {
        **_scope(academy), "kind": page, "shown": None, "current": current, "refusal": "",
        "previews": previews(page, {"fr": default.fr, "en": default.en}),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/text_version.html", context)
    try:
        saved = restore_default(
            election=election,
            kind=page,
            based_on=_base(request),
            actor=request.user.email,
            at=request.now,
            academy=academy,
        )
    except TextsRefused as refusal:
        return render(request, "console/text_version.html", context | {"refusal": refusal.message}, status=409)
    _say_saved(request, current, saved)
    return _list_of(academy)
