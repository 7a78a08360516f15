"""When claims are received, for each kind of instance: changed until the first sealing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from isoloir.claims.calendar import change_windows
from isoloir.claims.errors import WindowsRefused
from isoloir.claims.windows import Window, legal_window, windows_of
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.models import Contest, Election
from isoloir.web.access import MemberRequest, audience

from .texts import current_election

_TIMES = ("opens_at", "inscriptions_close_at", "closes_at")


def _time(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text=gettext_lazy("Heure de Paris."),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )


class WindowForm(forms.Form):
    """The window of one instance: the delays of the law, or three times."""

    legal = forms.BooleanField(label=gettext_lazy("Suivre les délais légaux"), required=False)
    opens_at = _time(gettext_lazy("Ouverture"))
    inscriptions_close_at = _time(gettext_lazy("Fin des demandes d’inscription"))
    closes_at = _time(gettext_lazy("Fin des autres réclamations"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in _TIMES:
            if not cleaned.get("legal") and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Indiquez cette date, ou suivez les délais légaux."))
        return cleaned

    def window(self) -> Window | None:
        """Return the window, or None for the delays of the law."""
        if self.cleaned_data["legal"]:
            return None
        return Window(*(self.cleaned_data[name] for name in _TIMES))


def _forms(request: MemberRequest, election: Election, windows: dict[str, Window]) -> dict[str, WindowForm]:
    chosen = set(election.claim_windows.values_list("instance", flat=True))
    made = {}
    for instance, window in windows.items():
        initial = {name: getattr(window, name) for name in _TIMES} | {"legal": instance not in chosen}
        data = request.POST if request.method == "POST" else None
        made[instance] = WindowForm(data, prefix=instance, initial=initial)
    return made


@audience("console")
@require_http_methods(["GET", "POST"])
def claim_windows(request: MemberRequest) -> HttpResponse:
    """Show the window of each instance, and change them as long as nothing is sealed."""
    election = current_election()
    windows = windows_of(election)
    made = _forms(request, election, windows)
    sealed = election.contests.exclude(state=Contest.State.PREPARED).exists()
    # Every form is read, so that all faults are shown at once.
    are_valid = [form.is_valid() for form in made.values()]
    if request.method == "POST" and all(are_valid) and _change(request, election, made):
        return redirect("console:claim_windows")
    rows = [
        {"name": Contest.Instance(instance).label, "code": instance, "window": windows[instance], "form": form}
        for instance, form in made.items()
    ]
    context = {
        "section": "calendar", "rows": rows, "sealed": sealed, "legal": legal_window(election),
        "faulty": any(form.errors for form in made.values()),
    }  # fmt: skip
    return render(request, "console/claim_windows.html", context, status=422 if context["faulty"] else 200)


def _change(request: MemberRequest, election: Election, made: dict[str, WindowForm]) -> bool:
    """Change the windows, or put on the forms why not."""
    windows = {instance: form.window() for instance, form in made.items()}
    try:
        change_windows(election=election, windows=windows, actor=request.user.email, at=request.now)
    except WindowsRefused as refused:
        for (instance, name), sentence in refused.faults.items():
            made[instance].add_error(name, sentence)
    except ElectionSealed as refused:
        for form in list(made.values())[:1]:
            form.add_error(None, str(refused.sentence))
    else:
        messages.success(request, _("Les fenêtres des réclamations sont enregistrées."))
        return True
    return False
