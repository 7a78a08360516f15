"""Forms of the voter's account."""

import re

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from isoloir.identity.passwords import POLICY_2022, PasswordPolicy
from isoloir.web.forms import NewPasswordField, PasswordRule

_TRACKER = re.compile(r"[A-Za-z0-9+/]{43}")


class IdentificationForm(forms.Form):
    """The address under which the voter is on the roll."""

    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique professionnelle"),
        help_text=gettext_lazy("Par exemple prenom.nom@academie.example"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Indiquez votre adresse électronique professionnelle."),
            "invalid": gettext_lazy("Cette adresse n’est pas complète. Exemple : prenom.nom@academie.example"),
        },
    )


class PasswordForm(forms.Form):
    """The password, on the page that is the same for every address."""

    password = forms.CharField(
        label=gettext_lazy("Mot de passe Élections"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": gettext_lazy("Saisissez votre mot de passe Élections.")},
    )


def password_rules(policy: PasswordPolicy = POLICY_2022) -> tuple[PasswordRule, ...]:
    """Return the rules of a policy as the page lists and checks them; the server checks the policy itself."""
    bounds = {"minimum": policy.minimum, "maximum": policy.maximum}
    length = format_lazy(gettext_lazy("Entre {minimum} et {maximum} caractères"), **bounds)
    rules = [PasswordRule("length", length, f"^.{{{policy.minimum},{policy.maximum}}}$")]
    if policy.lower:
        rules.append(PasswordRule("lower", gettext_lazy("Au moins une lettre minuscule sans accent"), "[a-z]"))
    if policy.upper:
        rules.append(PasswordRule("upper", gettext_lazy("Au moins une lettre majuscule sans accent"), "[A-Z]"))
    if policy.digit:
        rules.append(PasswordRule("digit", gettext_lazy("Au moins un chiffre"), "[0-9]"))
    if policy.special:
        sentence = gettext_lazy("Au moins un caractère spécial (# ! , ? -)")
        rules.append(PasswordRule("special", sentence, r"[!-\/:-@\[-`\{-~]"))
    return tuple(rules)


class NewPasswordForm(forms.Form):
    """A password being made, typed twice."""

    password = NewPasswordField(
        label=gettext_lazy("Nouveau mot de passe Élections"),
        help_text=gettext_lazy("Choisissez un autre mot de passe que celui de votre messagerie."),
        rules=password_rules(),
        max_length=1024,
        error_messages={"required": gettext_lazy("Choisissez un mot de passe.")},
    )
    confirmation = forms.CharField(
        label=gettext_lazy("Le même mot de passe, une seconde fois"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": gettext_lazy("Saisissez le mot de passe une seconde fois.")},
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in cleaned and "confirmation" in cleaned and cleaned["password"] != cleaned["confirmation"]:
            self.add_error("confirmation", _("Les deux saisies ne sont pas identiques."))
        return cleaned


class BallotReferenceForm(forms.Form):
    """The reference of a ballot, as the receipt gives it."""

    reference = forms.CharField(
        label=gettext_lazy("Référence du bulletin"),
        help_text=gettext_lazy("Les 43 caractères de votre accusé de réception ; les espaces ne comptent pas."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={"required": gettext_lazy("Collez la référence de votre bulletin.")},
    )

    def clean_reference(self) -> str:
        reference = "".join(str(self.cleaned_data["reference"]).split())
        if not _TRACKER.fullmatch(reference):
            raise forms.ValidationError(
                _("Une référence compte 43 lettres, chiffres ou signes + et /. Copiez-la en entier.")
            )
        return reference
