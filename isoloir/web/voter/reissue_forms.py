"""The form by which a new voting code is asked for, drawn from the policy that the election declares.

What it says of a fault is about the form of what was typed alone: whether it is right is the act's to say.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from isoloir.credentials.identifiers import (
    IdentifierUnreadable,
    normalise_birth_date,
    normalise_nir,
    normalise_numen,
)  # fmt: skip
from isoloir.credentials.models import Reissue
from isoloir.credentials.reissue.policies import Policy, Proof, Step
from isoloir.web.captcha.forms import CaptchaForm

Channel = Reissue.Channel
_CONTACT_FIELDS = {Channel.SMS.value: "phone", Channel.EMAIL.value: "email"}
# In the order in which what was typed is tried: a NUMEN has a letter where the other number has a digit.
_READERS: dict[Proof, Callable[[str], str]] = {
    Proof.NIR: normalise_nir,
    Proof.NUMEN: normalise_numen,
    Proof.BIRTH_DATE: normalise_birth_date,
}
_LABELS: dict[Proof, Promise] = {
    Proof.NUMEN: gettext_lazy("Votre NUMEN"),
    Proof.NIR: gettext_lazy("Les 10 premiers chiffres de votre numéro de sécurité sociale"),
    Proof.BIRTH_DATE: gettext_lazy("Votre date de naissance"),
}
_HINTS: dict[Proof, Promise] = {
    Proof.NUMEN: gettext_lazy("Le NUMEN compte 13 lettres et chiffres : le secrétariat de votre établissement l’a."),
    Proof.NIR: gettext_lazy("Le numéro de sécurité sociale est sur votre carte Vitale."),
    Proof.BIRTH_DATE: gettext_lazy("La date s’écrit jj/mm/aaaa. Par exemple 07/03/1978"),
}


class IdentifierField(forms.CharField):
    """What one step asks for: one identifier, or one of several. Cleaned, it is `{kind: what was typed, normalised}`."""

    def __init__(self, step: Step) -> None:
        self.kinds = step.any_of
        labels = [_LABELS[kind] for kind in self.kinds]
        label: Any = labels[0] if len(labels) == 1 else format_lazy(gettext_lazy("{first}, ou {second}"), first=labels[0], second=labels[-1])  # fmt: skip
        if set(self.kinds) == {Proof.NUMEN, Proof.NIR}:
            label = gettext_lazy("Votre NUMEN, ou les 10 premiers chiffres de votre numéro de sécurité sociale")
        attributes = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        if self.kinds == (Proof.BIRTH_DATE,):
            attributes = {"autocomplete": "bday", "inputmode": "numeric"}
        super().__init__(
            label=label,
            help_text=format_lazy(" ".join(["{}"] * len(self.kinds)), *(_HINTS[kind] for kind in self.kinds)),
            max_length=40,
            widget=forms.TextInput(attrs=attributes),
            error_messages={"required": gettext_lazy("Indiquez ce qui est demandé : sans lui, le lien ne part pas.")},
        )

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        for kind, normalise in _READERS.items():
            if kind not in self.kinds:
                continue
            try:
                return {str(kind): normalise(typed)}
            except IdentifierUnreadable:
                continue
        raise forms.ValidationError(self._fault())

    def _fault(self) -> str:
        if self.kinds == (Proof.BIRTH_DATE,):
            return _("Écrivez la date ainsi : jour/mois/année. Exemple : 07/03/1978")
        if self.kinds == (Proof.NUMEN,):
            return _("Un NUMEN compte 13 lettres et chiffres.")
        if self.kinds == (Proof.NIR,):
            return _("Donnez les 10 premiers chiffres de votre numéro de sécurité sociale.")
        return _("Aucun de ces identifiants ne s’écrit ainsi : comptez les lettres et les chiffres.")


class ReissueForm(CaptchaForm):
    """The proofs that a policy asks for, where the link goes, and a CAPTCHA where the policy or the portal asks for one.

    With several channels the voter chooses one and fills in its field; with one, there is nothing to choose.
    """

    answer = forms.CharField(
        label=gettext_lazy("Votre réponse secrète"),
        help_text=gettext_lazy("Majuscules, accents, espaces, apostrophes et traits d’union ne comptent pas."),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Donnez votre réponse secrète.")},
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Comment voulez-vous recevoir le lien ?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez le SMS ou le courriel.")},
    )
    phone = forms.CharField(
        label=gettext_lazy("Numéro de téléphone mobile personnel"),
        help_text=gettext_lazy(
            "Par exemple 06 12 34 56 78. D’outre-mer ou de l’étranger, commencez par l’indicatif international : "
            "+262 pour La Réunion et Mayotte, +687 pour la Nouvelle-Calédonie, +49 pour l’Allemagne."
        ),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": gettext_lazy("Indiquez le numéro auquel envoyer le lien.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique personnelle"),
        help_text=gettext_lazy("Autre que l’adresse professionnelle par laquelle vous vous identifiez."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Indiquez l’adresse à laquelle envoyer le lien."),
            "invalid": gettext_lazy("Cette adresse n’est pas complète. Exemple : prenom.nom@messagerie.example"),
        },
    )

    def __init__(self, data: Any = None, *, policy: Policy, at: datetime) -> None:
        super().__init__(data, place="reissue", at=at)
        self._identifiers: list[str] = []
        self._draw_proofs(policy)
        self._draw_contact(policy.channels)
        self.order_fields(["answer", *self._identifiers, "channel", "phone", "email"])

    def _draw_proofs(self, policy: Policy) -> None:
        if Proof.CHALLENGE not in policy.proofs:
            del self.fields["answer"]
        if Proof.CAPTCHA in policy.proofs:
            self.ask_captcha()
        for step in policy.steps:
            if set(step.any_of) <= set(_READERS):
                name = "_or_".join(step.any_of)
                self.fields[name] = IdentifierField(step)
                self._identifiers.append(name)

    def _draw_contact(self, channels: tuple[str, ...]) -> None:
        words = {
            Channel.SMS.value: gettext_lazy("Par SMS, sur mon téléphone personnel"),
            Channel.EMAIL.value: gettext_lazy("Par courriel, dans ma messagerie personnelle"),
        }
        self._channels = channels
        if len(channels) > 1:
            cast(forms.ChoiceField, self.fields["channel"]).choices = [(name, words[name]) for name in channels]
        else:
            del self.fields["channel"]
        for channel, field in _CONTACT_FIELDS.items():
            if channel not in channels:
                del self.fields[field]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        # The field of the channel that was not chosen may stay empty, or half filled in.
        for channel, field in _CONTACT_FIELDS.items():
            if len(self._channels) > 1 and channel != self.data.get("channel"):
                self.errors.pop(field, None)
        return cleaned

    @property
    def chosen_channel(self) -> str:
        return str(self.cleaned_data.get("channel") or self._channels[0])

    @property
    def contact(self) -> str:
        return str(self.cleaned_data[_CONTACT_FIELDS[self.chosen_channel]])

    @property
    def answers(self) -> dict[str, str]:
        """Return what was given for each proof, by its name."""
        given = {name: text for field in self._identifiers for name, text in self.cleaned_data[field].items()}
        if "answer" in self.cleaned_data:
            given[str(Proof.CHALLENGE)] = self.cleaned_data["answer"]
        return given

    def refuse_contact(self, sentence: str) -> None:
        self.add_error(_CONTACT_FIELDS[self.chosen_channel], sentence)
