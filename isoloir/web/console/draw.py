"""The console's page of the draw of lists: to announce it, then to make it, one announcement at a time."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from isoloir.elections.draw import (
    LONGEST_SHAPE,
    LONGEST_SOURCE,
    announce_draw,
    is_draw_due,
    make_draw,
    withdraw_draw,
)
from isoloir.elections.errors import DrawRefused
from isoloir.elections.models import DrawAnnouncement, Election
from isoloir.web.access import MemberRequest, audience
from isoloir.web.public.draw import DrawGroup, draw_groups


class AnnounceForm(forms.Form):
    """Where the seed will come from, when, and what it will look like, said before anybody can know it."""

    source = forms.CharField(
        label=gettext_lazy("Source publique de la graine"),
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy(
            "Un tirage public à venir, sa date et son numéro. Exemple : « numéros gagnants du Loto du 25 novembre 2026 »."
        ),
    )
    source_at = forms.DateTimeField(
        label=gettext_lazy("Moment où la source sera publique"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Heure de Paris. L’ordre se tire à partir de ce moment."),
    )
    seed_shape = forms.CharField(
        label=gettext_lazy("Forme de la graine"),
        max_length=LONGEST_SHAPE,
        help_text=gettext_lazy(
            "Combien de nombres, et entre quelles bornes ; « / » sépare deux parties. Le Loto : 5 de 1 à 49 / 1 de 1 à 10."
        ),
    )
    use_required_attribute = False


class SeedForm(forms.Form):
    """The seed, as its source published it."""

    seed = forms.CharField(
        label=gettext_lazy("Graine publiée"),
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy("Des nombres entiers séparés par des espaces. Exemple : 9 18 26 34 41 / 7."),
    )
    use_required_attribute = False


class WithdrawForm(forms.Form):
    """Why an announcement is withdrawn; everybody reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Motif du retrait"),
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy("Une ligne, montrée à tous sur la page du tirage."),
    )
    use_required_attribute = False


_FORMS: dict[str, type[forms.Form]] = {"announce": AnnounceForm, "make": SeedForm, "withdraw": WithdrawForm}


@audience("console")
@require_http_methods(["GET", "POST"])
def draw(request: MemberRequest) -> HttpResponse:
    """Announce a draw, make one that was announced, or withdraw its announcement."""
    election = Election.objects.current()
    if election is None:
        raise Http404
    if request.method == "GET":
        return _page(request, election, None, None)
    # The button says which act it is for: a page opened before the announcement must not take a source for a seed.
    form_class = _FORMS.get(request.POST.get("act", ""))
    if form_class is None:
        raise Http404
    announcement = None if form_class is AnnounceForm else _announcement(request, election)
    form = form_class(request.POST, prefix=_prefix(announcement))
    if form.is_valid() and _done(request, election, announcement, form):
        return redirect("console:draw")
    return _page(request, election, form, announcement)


def _announcement(request: MemberRequest, election: Election) -> DrawAnnouncement:
    number = request.POST.get("announcement", "")
    found = election.draw_announcements.filter(pk=number).first() if number.isdecimal() and len(number) < 10 else None
    if found is None:
        raise Http404
    return found


def _prefix(announcement: DrawAnnouncement | None) -> str | None:
    """Name the fields of one announcement apart from those of the others on the page."""
    return f"tirage-{announcement.pk}" if announcement else None


def _done(
    request: MemberRequest, election: Election, announcement: DrawAnnouncement | None, form: forms.Form
) -> bool:  # fmt: skip
    """Do the act, or put on the form why it was refused."""
    who: dict[str, Any] = {"actor": request.user.email, "at": request.now}
    try:
        if announcement is None:
            made = announce_draw(election=election, **form.cleaned_data, **who)
            number, sentence = made.draws.count(), _("Scrutins dont le tirage est annoncé : %(number)d.")
        elif isinstance(form, SeedForm):
            number = len(make_draw(announcement=announcement, **form.cleaned_data, **who))
            sentence = _("Scrutins dont l’ordre des listes est tiré : %(number)d.")
        else:
            number = withdraw_draw(announcement=announcement, **form.cleaned_data, **who)
            sentence = _("Scrutins dont le tirage n’est plus annoncé : %(number)d.")
    except DrawRefused as refusal:
        form.add_error(None, str(refusal.sentence))
        return False
    messages.success(request, sentence % {"number": number})
    return True


def _page(
    request: MemberRequest, election: Election, bound: forms.Form | None, announcement: DrawAnnouncement | None
) -> HttpResponse:
    groups = draw_groups(election, at=request.now)
    announce = bound if isinstance(bound, AnnounceForm) else AnnounceForm() if is_draw_due(election) else None
    pending = [_forms_of(group, bound, announcement) for group in groups if group.is_pending]
    context = {
        "section": "draw", "bound": bound, "announce": announce, "pending": pending, "groups": groups
    }  # fmt: skip
    return render(request, "console/draw.html", context, status=422 if bound else 200)


def _forms_of(group: DrawGroup, bound: forms.Form | None, announcement: DrawAnnouncement | None) -> dict[str, Any]:
    """Return the two forms of one announcement; the one that was refused keeps what was typed."""
    own = bound if announcement is not None and announcement.pk == group.number else None
    prefix = _prefix(group.announcement)
    return {
        "group": group,
        "seed": own if isinstance(own, SeedForm) else SeedForm(prefix=prefix),
        "withdraw": own if isinstance(own, WithdrawForm) else WithdrawForm(prefix=prefix),
    }
