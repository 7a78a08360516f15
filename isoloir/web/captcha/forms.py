"""Forms that ask for a CAPTCHA, last, and check it only when nothing else is wrong."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from isoloir.captcha.actions import PassedChallenge, check_answer, issue_challenge
from isoloir.captcha.errors import CaptchaExpired, CaptchaRefused

from .presentation import ShownChallenge, present_challenge

FIELD = "captcha"
NEW_CAPTCHA = "new-captcha"
# A token with the picture of somebody else's service inside is the longest of what is posted.
_LONGEST = 128 * 1024


class CaptchaWidget(forms.Widget):
    """Reads the three inputs that the field's template draws: `_0` the token, `_1` the answer, `_2` the number found."""

    def value_from_datadict(self, data: Mapping[str, Any], _files: Any, name: str) -> tuple[str, str, str]:
        token, answer, proof = (str(data.get(f"{name}_{part}") or "")[:_LONGEST] for part in range(3))
        return token, answer, proof

    def value_omitted_from_data(self, data: Mapping[str, Any], _files: Any, name: str) -> bool:
        return f"{name}_0" not in data


class CaptchaField(forms.Field):
    """The code to copy, or the number that the device found instead. Judged by the form, after everything else."""

    widget = CaptchaWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(template_name="components/captcha.html", **options)

    def clean(self, value: tuple[str, str, str]) -> tuple[str, str, str]:
        _token, answer, proof = value
        if not answer.strip() and not proof:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return value


class CaptchaForm(forms.Form):
    """A form whose last field is a CAPTCHA, when the setting CAPTCHA_PLACES holds `place`.

    Checks of a subclass belong in its `clean()`: the CAPTCHA is judged after it, and only if everything else is right, so
    that a typing fault never costs a second code. Once judged, the challenge is used up: rendered again, the form shows
    another. A form sent by the button « Nouveau code » is neither valid nor wrong: `wants_new_captcha` is true.
    `passed` is the evidence for an act that asks for it.
    """

    passed: PassedChallenge | None = None

    def __init__(self, data: Mapping[str, Any] | None = None, *, place: str, at: datetime, **options: Any) -> None:
        super().__init__(data, **options)
        self.at = at
        self._spent = False
        if place in settings.CAPTCHA_PLACES:
            self.ask_captcha()

    def ask_captcha(self) -> None:
        """Ask for a code from now on, whatever the settings say; asking twice changes nothing."""
        self.fields.setdefault(
            FIELD,
            CaptchaField(
                label=_("Code à recopier"),
                error_messages={"required": _("Recopiez les chiffres de l’image ou du son.")},
            ),
        )

    @property
    def asks_captcha(self) -> bool:
        return FIELD in self.fields

    @property
    def wants_new_captcha(self) -> bool:
        return self.is_bound and FIELD in self.fields and NEW_CAPTCHA in self.data

    def is_valid(self) -> bool:
        return super().is_valid() and not self.wants_new_captcha

    def full_clean(self) -> None:
        super().full_clean()
        if self.wants_new_captcha:
            # What was typed stays in its fields, and is not judged yet.
            self._errors = forms.utils.ErrorDict()
            self._spent = True
        elif FIELD in self.fields and self.is_bound and not self._errors:
            self._judge(*self.cleaned_data.pop(FIELD))

    def _judge(self, token: str, answer: str, proof: str) -> None:
        self._spent = True
        try:
            self.passed = check_answer(token=token, answer=answer, proof=proof, at=self.at)
        except CaptchaRefused as refused:
            self.add_error(FIELD, refused.message)

    @cached_property
    def _shown_and_typed(self) -> tuple[ShownChallenge, str, str]:
        """What to show: the challenge that was sent, with what was typed, as long as it can still serve; or a new one."""
        if self.is_bound and not self._spent:
            token, answer, proof = self[FIELD].value()
            try:
                return present_challenge(token, at=self.at), answer, proof
            except CaptchaExpired:
                pass
        return present_challenge(issue_challenge(at=self.at), at=self.at), "", ""

    @property
    def challenge(self) -> ShownChallenge:
        """The challenge that the page shows. Read when the page is written: what judges the form may use one up."""
        return self._shown_and_typed[0]

    @property
    def typed_code(self) -> str:
        return self._shown_and_typed[1]

    @property
    def found_number(self) -> str:
        return self._shown_and_typed[2]
