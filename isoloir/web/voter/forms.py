"""Forms of the voter's account. Each checks its own rules in `clean`, so that the CAPTCHA, where there is one, comes last."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from isoloir.identity.challenge import check_answer_rules, normalise_answer
from isoloir.identity.errors import AnswerRefused, PasswordRefused
from isoloir.identity.models import ChallengeQuestion
from isoloir.identity.passwords import PasswordPolicy, check_voter_password, policy_of
from isoloir.roll.models import Voter
from isoloir.web.captcha.forms import FIELD, CaptchaForm
from isoloir.web.forms import NewPasswordField, PasswordRule, RepeatedPasswordField

_TRACKER = re.compile(r"[A-Za-z0-9+/]{43}")


class IdentificationForm(CaptchaForm):
    """The address under which the voter is on the roll."""

    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique professionnelle"),
        help_text=gettext_lazy("Par exemple prenom.nom@academie.example"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Indiquez votre adresse électronique professionnelle."),
            "invalid": gettext_lazy("Cette adresse n’est pas complète. Exemple : prenom.nom@academie.example"),
        },
    )

    def __init__(self, data: Any = None, *, at: datetime) -> None:
        super().__init__(data, place="identification", at=at)


class PasswordForm(CaptchaForm):
    """The password, on the page that is the same for every address; with a CAPTCHA where the network is crowded.

    A page that asked for one has it judged, even if the crowd has gone since.
    """

    password = forms.CharField(
        label=gettext_lazy("Mot de passe Élections"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": gettext_lazy("Saisissez votre mot de passe Élections.")},
    )

    def __init__(self, data: Any = None, *, crowded: bool, at: datetime) -> None:
        super().__init__(data, place="crowded-network", at=at)
        if crowded or f"{FIELD}_0" in self.data:
            self.ask_captcha()


class LostPasswordForm(CaptchaForm):
    """The first confirmation of a lost password: nothing to fill in, but the CAPTCHA."""

    def __init__(self, data: Any = None, *, at: datetime) -> None:
        super().__init__(data, place="lost-password", at=at)


def password_rules(policy: PasswordPolicy) -> tuple[PasswordRule, ...]:
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
        rules.append(PasswordRule("special", sentence, r"[^\p{L}\p{N}\p{Z}\p{C}]"))
    return tuple(rules)


class NewPasswordForm(CaptchaForm):
    """A password being made, typed twice, under the election's policy. `cleaned_data["password"]` is normalised."""

    password = NewPasswordField(
        label=gettext_lazy("Nouveau mot de passe Élections"),
        help_text=gettext_lazy(
            "Autre que celui de votre messagerie, sans votre adresse ni votre nom, et peu courant. Vous pouvez le coller."
        ),
        max_length=1024,
        error_messages={"required": gettext_lazy("Choisissez un mot de passe.")},
    )
    confirmation = RepeatedPasswordField(
        label=gettext_lazy("Le même mot de passe, une seconde fois"),
        repeats="password",
        max_length=1024,
        error_messages={"required": gettext_lazy("Saisissez le mot de passe une seconde fois.")},
    )

    def __init__(self, data: Any = None, *, voter: Voter, at: datetime) -> None:
        super().__init__(data, place="new-password", at=at)
        self._voter = voter
        cast(NewPasswordField, self.fields["password"]).rules = password_rules(policy_of(voter.election))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" not in cleaned:
            return cleaned
        if "confirmation" in cleaned and cleaned["password"] != cleaned["confirmation"]:
            self.add_error("confirmation", _("Les deux saisies ne sont pas identiques."))
        try:
            cleaned["password"] = check_voter_password(cleaned["password"], voter=self._voter)
        except PasswordRefused as refused:
            self.add_error("password", refused.sentences)
        return cleaned


class ActivationForm(forms.Form):
    """The challenge question and its answer, typed twice. `cleaned_data["question"]` is the question itself."""

    question = forms.ChoiceField(
        label=gettext_lazy("Question défi"),
        help_text=gettext_lazy("Choisissez celle dont vous saurez redonner la réponse, et que vos proches ignorent."),
        error_messages={
            "required": gettext_lazy("Choisissez une question défi."),
            "invalid_choice": gettext_lazy("Cette question n’est plus proposée. Choisissez-en une autre."),
        },
    )
    answer = forms.CharField(
        label=gettext_lazy("Réponse secrète"),
        help_text=gettext_lazy(
            "Majuscules, accents, espaces, apostrophes et traits d’union ne comptent pas : « L’Été bleu » vaut « lete bleu »."
        ),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Donnez votre réponse secrète.")},
    )
    answer_again = forms.CharField(
        label=gettext_lazy("La même réponse, une seconde fois"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Donnez votre réponse une seconde fois.")},
    )

    def __init__(self, data: Any = None, *, questions: Iterable[ChallengeQuestion]) -> None:
        super().__init__(data)
        self._questions = {str(question.pk): question for question in questions}
        offered = [(key, _in_language(question)) for key, question in self._questions.items()]
        choices = [("", gettext_lazy("Choisissez une question")), *offered]
        cast(forms.ChoiceField, self.fields["question"]).choices = choices

    def clean_question(self) -> ChallengeQuestion:
        return self._questions[self.cleaned_data["question"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "answer" not in cleaned:
            return cleaned
        again = cleaned.get("answer_again")
        if again is not None and normalise_answer(cleaned["answer"]) != normalise_answer(again):
            self.add_error("answer_again", _("Les deux réponses ne sont pas les mêmes."))
        if "question" in cleaned:
            try:
                check_answer_rules(cleaned["answer"], question=cleaned["question"])
            except AnswerRefused as refused:
                self.add_error("answer", refused.sentences)
        return cleaned


def _in_language(question: ChallengeQuestion) -> str:
    return str(question.text_en if get_language() == "en" else question.text_fr)


class BallotReferenceForm(forms.Form):
    """The reference of a ballot, as the receipt gives it."""

    reference = forms.CharField(
        label=gettext_lazy("Référence du bulletin"),
        help_text=gettext_lazy("Les 43 caractères de votre accusé de réception ; les espaces ne comptent pas."),
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
