"""The console's page of the draw of lists: to announce it, then to make it, for all contests at once."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from isoloir.elections.draw import LONGEST_SOURCE, announce_draw, make_draw
from isoloir.elections.errors import DrawRefused
from isoloir.elections.models import Election, ListDraw
from isoloir.web.access import MemberRequest, audience
from isoloir.web.public.draw import draw_groups


class AnnounceForm(forms.Form):
    """Where the seed will come from, said before anybody can know it."""

    source = forms.CharField(
        label=gettext_lazy("Source publique de la graine"),
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy(
            "Un tirage public à venir, sa date et son numéro. Exemple : « numéros gagnants du Loto du 25 novembre 2026 »."
        ),
    )


class SeedForm(forms.Form):
    """The seed, as its source published it."""

    seed = forms.CharField(
        label=gettext_lazy("Graine publiée"),
        max_length=LONGEST_SOURCE,
        help_text=gettext_lazy("Des nombres entiers séparés par des espaces. Exemple : 9 18 26 34 41 45."),
    )


@audience("console")
@require_http_methods(["GET", "POST"])
def draw(request: MemberRequest) -> HttpResponse:
    """Announce the draw, or make the one announced: the page shows the next step alone."""
    election = Election.objects.current()
    if election is None:
        raise Http404
    awaited = ListDraw.objects.filter(contest__election=election, contest__state="prepared", seed="").exists()
    # The button says which act it is for: a page opened before the announcement must not take a source for a seed.
    act = request.POST.get("act") or ("make" if awaited else "announce")
    form_class: type[forms.Form] = SeedForm if act == "make" else AnnounceForm
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _done(request, election, form):
        return redirect("console:draw")
    context: dict[str, Any] = {"section": "draw", "form": form, "act": act, "groups": draw_groups(election)}
    return render(request, "console/draw.html", context, status=422 if request.method == "POST" else 200)


def _done(request: MemberRequest, election: Election, form: forms.Form) -> bool:
    """Do the act, or put on the form why it was refused."""
    who: dict[str, Any] = {"election": election, "actor": request.user.email, "at": request.now}
    try:
        if isinstance(form, SeedForm):
            number = len(make_draw(seed=form.cleaned_data["seed"], **who))
            sentence = _("Scrutins dont l’ordre des listes est tiré : %(number)d.")
        else:
            number = len(announce_draw(source=form.cleaned_data["source"], **who))
            sentence = _("Scrutins dont le tirage est annoncé : %(number)d.")
    except DrawRefused as refusal:
        form.add_error(None, str(refusal.sentence))
        return False
    messages.success(request, sentence % {"number": number})
    return True
