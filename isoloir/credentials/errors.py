"""Why a credential is refused."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class CredentialRefused(Exception):
    """Base of the refusals of this room."""


class WrongCode(CredentialRefused):
    """The keys that were proved are not the live keys of this voter's places."""


class ReplacedCode(WrongCode):
    """The key that was proved is a former key of this voter's own place: the code was issued again since."""


class KeyChanging(CredentialRefused):
    """A new key of this voter's place waits for its signatures: no key of the place casts a ballot meanwhile."""


class KeyNotSigned(CredentialRefused):
    """A key that was issued again does not bear the proof and both signatures that make it live: somebody wrote it there."""


class CodeNotIssued(CredentialRefused):
    """No key was received yet for one of this voter's places."""


class LinkKeyDestroyed(CredentialRefused):
    """The contest was closed: nobody can join a voter and a slot any more."""


class RequestRefused(CredentialRefused):
    """The credential authority cannot be asked yet: something that notices need is missing. `sentence` says what."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ReissueRefused(CredentialRefused):
    """A new voting code cannot be asked for, or made; `message` is for the voter and tells the way forward.

    `code`: not_open, not_offered, limit_reached, slowed (`seconds` before the next try), proof_refused, contact_invalid,
    contact_refused (identifies a voter or served another: the two are not told apart), nothing_to_change, registrar_away,
    link_expired, keys_refused. The text of the exception is the code alone, for exceptions reach logs.
    """

    def __init__(self, code: str, message: str = "", *, seconds: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.seconds = seconds
        self._message = message

    @property
    def is_about_contact(self) -> bool:
        """Tell whether the sentence belongs to the field of the number or address."""
        return self.code.startswith("contact_")

    @property
    def message(self) -> str:
        sentence = self._message or self._sentence()
        if self.code != "slowed" and self.seconds:
            wait = ngettext(
                "Attendez %(seconds)d seconde avant de recommencer.",
                "Attendez %(seconds)d secondes avant de recommencer.",
                self.seconds,
            ) % {"seconds": self.seconds}
            return f"{sentence} {wait}"
        return sentence

    def _sentence(self) -> str:
        if self.code == "slowed":
            return _("Trop de demandes en peu de temps. La suivante est possible dans %(wait)s.") % {
                "wait": _delay(self.seconds)
            }
        return {
            "not_open": _("Le réassort du code de vote n’est pas ouvert."),
            "not_offered": _("Cette façon d’obtenir un nouveau code de vote n’est pas proposée."),
            "limit_reached": _("Vous avez eu tous les nouveaux codes de vote permis. Adressez-vous à l’assistance."),
            "proof_refused": _("Les informations saisies ne correspondent pas."),
            "contact_invalid": _("Saisissez un numéro de téléphone mobile ou une adresse électronique."),
            "contact_refused": _("Cette adresse ou ce numéro ne peut pas servir ; choisissez-en un autre."),
            "nothing_to_change": _("Vous n’avez plus de scrutin où voter : votre code de vote n’a pas à être remplacé."),
            "registrar_away": _("Le service d’enregistrement ne répond pas. Rien n’a changé ; recommencez dans quelques minutes."),
            "link_expired": _("Ce lien a expiré. Demandez-en un autre."),
            "keys_refused": _("Les nouvelles clés n’ont pas été acceptées. Rien n’a changé ; recommencez."),
        }.get(self.code, _("Votre demande n’a pas pu être acceptée."))  # fmt: skip


def _delay(seconds: int) -> str:
    """Return a delay in the unit that people would use, rounded up."""
    if seconds < 120:
        return ngettext("%(count)d seconde", "%(count)d secondes", seconds) % {"count": seconds}
    minutes = -(-seconds // 60)
    if minutes < 120:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = -(-minutes // 60)
    return ngettext("%(count)d heure", "%(count)d heures", hours) % {"count": hours}
