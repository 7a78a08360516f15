"""Why an answer to a CAPTCHA is refused, with the sentence that the person reads."""

from django.utils.translation import gettext as _


class CaptchaRefused(Exception):
    """The answer does not let through; `message` is for the person. The challenge has served, whatever the reason."""

    @property
    def message(self) -> str:
        return _("La vérification n’a pas abouti. Voici un autre code.")


class CaptchaWrong(CaptchaRefused):
    """What was copied is not what was shown, or the number found is not the one sought."""

    @property
    def message(self) -> str:
        return _("Ce ne sont pas les chiffres de l’image. En voici d’autres : recopiez-les.")


class CaptchaMissing(CaptchaRefused):
    """Nothing was copied, and no number found."""

    @property
    def message(self) -> str:
        return _("Recopiez les chiffres de l’image ou du son.")


class CaptchaExpired(CaptchaRefused):
    """The challenge is older than its life, was altered, or comes from another deployment."""

    @property
    def message(self) -> str:
        return _("Ce code n’est plus valable : il dure cinq minutes. En voici un autre.")


class CaptchaUsed(CaptchaRefused):
    """The challenge was answered already, rightly or wrongly."""

    @property
    def message(self) -> str:
        return _("Ce code a déjà servi. En voici un autre.")


class CaptchaUnavailable(CaptchaRefused):
    """The service that judges the answer cannot be reached: the answer is not accepted, and the next code is our own."""

    @property
    def message(self) -> str:
        return _("Le service de vérification ne répond pas. Voici un autre code.")
