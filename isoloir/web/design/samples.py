"""Fictional content that shows each component in its states: a form, lists, figures."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from isoloir.web.captcha.forms import CaptchaForm
from isoloir.web.forms import NewPasswordField, PasswordRule, RepeatedPasswordField

PASSWORD_RULES = (
    PasswordRule("length", _("Entre 12 et 256 caractères"), r"^.{12,256}$"),
    PasswordRule("lower", _("Au moins une lettre minuscule sans accent"), r"[a-z]"),
    PasswordRule("upper", _("Au moins une lettre majuscule sans accent"), r"[A-Z]"),
    PasswordRule("digit", _("Au moins un chiffre"), r"[0-9]"),
    PasswordRule("special", _("Au moins un caractère spécial, par exemple # ! , ?"), r"[^A-Za-z0-9\s]"),
)


class SampleForm(forms.Form):
    """One field of each sort that the portal uses."""

    address = forms.EmailField(
        label=_("Adresse professionnelle"),
        help_text=_("Par exemple : prenom.nom@academie.example"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = NewPasswordField(label=_("Nouveau mot de passe"), rules=PASSWORD_RULES)
    confirmation = RepeatedPasswordField(label=_("Le même mot de passe, une seconde fois"), repeats="password")
    digits = forms.CharField(
        label=_("Code à 6 chiffres"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    question = forms.ChoiceField(
        label=_("Question défi"),
        help_text=_("Choisissez une question dont la réponse ne change pas."),
        choices=(("", _("Choisissez une question")), ("book", _("Quel est le premier livre que vous avez aimé ?"))),
    )
    channel = forms.ChoiceField(
        label=_("Comment recevoir le lien ?"),
        help_text=_("Le numéro ou l’adresse ne sont pas enregistrés."),
        choices=(("sms", _("Par SMS")), ("email", _("Par courriel"))),
        widget=forms.RadioSelect,
    )
    message = forms.CharField(label=_("Votre message"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    roll = forms.FileField(label=_("Liste électorale"), help_text=_("Un fichier CSV"), required=False)
    confirmed = forms.BooleanField(label=_("Je confirme avoir lu la liste"))


class SampleCaptchaForm(CaptchaForm):
    """The check that nobody is a robot, alone."""


class SampleSearchForm(forms.Form):
    """The search of a roll."""

    name = forms.CharField(label=_("Nom"), help_text=_("Le début du nom suffit."))


def form_with_errors() -> SampleForm:
    """Return the form as it comes back after a submission full of mistakes."""
    typed = {"faulty-address": "prenom.nom", "faulty-digits": "12 34", "faulty-message": "Bonjour"}
    return SampleForm(typed, prefix="faulty")


def _logo(drawing: str) -> str:
    """Return a plain grey logo as a `data:` address."""
    return (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 72 72' fill='%23565b61'%3E"
        f"{drawing}%3C/svg%3E"
    ).replace(" ", "%20")


LOGOS = (
    _logo("%3Cpath d='M8 8h56v56H8z'/%3E"),
    _logo("%3Ccircle cx='36' cy='36' r='28'/%3E"),
    _logo("%3Cpath d='M36 8l30 54H6z'/%3E"),
)
_NAMES = (
    (_("Liste d’union pour l’enseignement public"), _("Fédération fictive A – Union B")),
    (_("Ensemble et solidaires"), _("Confédération fictive C")),
    (_("Les métiers de l’école"), ""),
)


def lists() -> list[dict[str, Any]]:
    """Return three lists, in their drawn order."""
    return [
        {"position": position, "name": name, "affiliation": affiliation, "logo_url": logo, "logo_alt": _("Logo")}
        for position, ((name, affiliation), logo) in enumerate(zip(_NAMES, LOGOS, strict=True), start=1)
    ]


def figures() -> list[dict[str, Any]]:
    """Return the rows of a bar chart."""
    votes = (1204, 987, 310)
    rows = [{"label": name, "votes": count} for (name, _affiliation), count in zip(_NAMES, votes, strict=True)]
    return [*rows, {"label": _("Votes blancs"), "votes": 96, "quiet": True}]


def colours() -> list[tuple[str, Any]]:
    """Return the class and the name of every colour of the theme."""
    return [
        ("paper", _("papier")),
        ("surface", _("surface")),
        ("sunken", _("creux")),
        ("ink", _("encre")),
        ("ink-soft", _("encre douce")),
        ("line", _("trait")),
        ("accent", _("accent")),
        ("success", _("réussite")),
        ("warning", _("attention")),
        ("danger", _("danger")),
        ("focus", _("focus")),
    ]


def figures_of_a_result() -> dict[str, Any]:
    """Return a result as its components read it: figures, seats, and who is elected."""
    seats = ((2, ("Mme Anne EXEMPLE", "M. Paul MODÈLE"), ("Mme Lise TYPE",)), (1, ("Mme Rose CAS",), ()), (0, (), ()))
    rows = [
        {**row, "seats": number, "titulars": titulars, "substitutes": substitutes}
        for row, (number, titulars, substitutes) in zip(figures(), seats, strict=False)
    ]
    return {
        "contest": {"name": _("CSA ministériel"), "seats": 3},
        "result": {"registered": 4218, "voters": 2597, "blank": 96, "expressed": 2501},
        "turnout": 61.57,
        "rows": [*rows, figures()[-1]],
        "elected": [row for row in rows if row["seats"]],
        "steps_of_attribution": [_("Quotient : 2 501 suffrages pour 3 sièges, soit 833,67.")],
    }


def supervision() -> dict[str, Any]:
    """Return what waits to leave and the ways of re-issue, one of them too small to be told."""
    return {
        "queues": [
            {"channel": _("Courriel"), "waiting": 1250, "campaigns": 1200, "minutes": 4},
            {"channel": _("SMS"), "waiting": 0, "campaigns": 0, "minutes": None},
        ],
        "ways": [
            {"policy": _("Question défi"), "channel": _("SMS"), "asked": 312, "live": 287},
            {"policy": "", "channel": "", "asked": None, "live": None},
        ],
    }


def roll() -> dict[str, Any]:
    """Return a page of a roll, and what a search that finds nobody says."""
    people = (("CAS", "Rose"), ("EXEMPLE", "Anne"), ("MODÈLE", "Paul"))
    entries = [
        SimpleNamespace(
            voter=SimpleNamespace(last_name=last, first_names=first, establishment=_("Collège des Tilleuls"))
        )
        for last, first in people
    ]
    return {
        "total": len(entries),
        "letters": ["C", "E", "M"],
        "page": {"entries": entries, "before": None, "after": None},
        "search": SampleSearchForm(prefix="roll"),
        "nobody": {"entries": [], "is_complete": True},
        "other_search": SampleSearchForm(prefix="other"),
    }


def session_limits(now: datetime) -> Any:
    """Return the ends of a session that has just begun: its warning stays closed."""
    return SimpleNamespace(idle_ends_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=8))
