"""Refusals of the identity room, with the sentence that the person reads."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from isoloir.common.clock import paris_text

from .faults import ProviderFault as ProviderFault  # noqa: PLC0414  # Said to be exported, for mypy too.


class IdentityRefused(Exception):
    """An act of identification was refused; `message` is for the person and tells the way forward."""

    @property
    def message(self) -> str:
        return _("Votre demande n’a pas pu être acceptée.")


class PortalClosed(IdentityRefused):
    """The election's portal is not open yet; it opens at `opens_at`, when that is known."""

    def __init__(self, opens_at: datetime | None = None) -> None:
        super().__init__("portal closed")
        self.opens_at = opens_at

    @property
    def message(self) -> str:
        if self.opens_at is None:
            return _("Aucune élection n’est ouverte sur ce portail.")
        return _("Le portail ouvre le %(at)s.") % {"at": paris_text(self.opens_at)}


class SlowedDown(IdentityRefused):
    """Too many tries lately: the next one is accepted after `seconds`. Never a lock-out."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds

    @property
    def message(self) -> str:
        return ngettext(
            "Trop d’essais en peu de temps. Attendez %(seconds)d seconde, puis recommencez.",
            "Trop d’essais en peu de temps. Attendez %(seconds)d secondes, puis recommencez.",
            self.seconds,
        ) % {"seconds": self.seconds}


class NetworkCrowded(SlowedDown):
    """Too many tries come from this network: one that pays for it goes on, as by a CAPTCHA; `seconds` is how long still."""

    @property
    def message(self) -> str:
        return _("Beaucoup d’essais viennent de votre réseau. Recopiez ce code pour continuer.")


class FilesCrowded(SlowedDown):
    """Too many files come from this network; `seconds` is how long still."""

    @property
    def message(self) -> str:
        return _(
            "Beaucoup de fichiers viennent de votre réseau. Attendez quelques secondes, ou envoyez votre message sans fichier."
        )


class SignInRefused(IdentityRefused):
    """Address and password do not go together; says nothing of which one is wrong. The next try waits `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds

    @property
    def message(self) -> str:
        sentence = _("Le mot de passe ne correspond pas à cette adresse, ou le compte n’est pas encore activé.")
        if not self.seconds:
            return sentence
        wait = ngettext(
            "Attendez %(seconds)d seconde avant de recommencer.",
            "Attendez %(seconds)d secondes avant de recommencer.",
            self.seconds,
        ) % {"seconds": self.seconds}
        return f"{sentence} {wait}"


class LinkRefused(IdentityRefused):
    """A one-time link cannot be used; `code` names the fault."""

    code = "unknown"

    @property
    def message(self) -> str:
        return _("Ce lien n’est pas reconnu : il est peut-être incomplet, coupé par votre messagerie.")


class LinkExpired(LinkRefused):
    code = "expired"

    @property
    def message(self) -> str:
        return _("Ce lien a expiré.")


class LinkUsed(LinkRefused):
    code = "used"

    @property
    def message(self) -> str:
        return _("Ce lien a déjà servi. Un lien ne peut être utilisé qu’une seule fois.")


class LinkForAnotherPurpose(LinkRefused):
    """The link was sent for something else than the page that it was brought to."""

    code = "other-purpose"

    @property
    def message(self) -> str:
        return _("Ce lien n’est pas fait pour cette page. Ouvrez-le tel qu’il est dans le courriel reçu.")


class AccountSuspended(IdentityRefused):
    """An administrator has suspended the voter's access; said only to who has proved to be the voter."""

    def __init__(self, help_line: str) -> None:
        super().__init__("suspended")
        self.help_line = help_line

    @property
    def message(self) -> str:
        # Each sentence is on its own: the catalogue's reader sees none inside another string.
        sentence = _("L’accès à votre compte électeur est suspendu.")
        way_forward = _("Adressez-vous à l’assistance.")
        if self.help_line:
            way_forward = _("Adressez-vous à l’assistance : %(help_line)s.") % {"help_line": self.help_line}
        return f"{sentence} {way_forward}"


class SuspensionRefused(IdentityRefused):
    """A suspension cannot be made or lifted; `code` is `no-reason`, `suspended` (already) or `not-suspended`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        return {
            "no-reason": _("Donnez un motif, de 200 caractères au plus."),
            "suspended": _("L’accès de cet électeur est déjà suspendu."),
            "not-suspended": _("L’accès de cet électeur n’est pas suspendu."),
        }[self.code]


class PasswordRefused(IdentityRefused):
    """The password breaks rules of the policy: `sentences` names each of them."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(f"{len(sentences)} rules")
        self.sentences = sentences

    @property
    def message(self) -> str:
        return " ".join(self.sentences)


class AnswerRefused(IdentityRefused):
    """The secret answer, or the question chosen, breaks rules: `sentences` names each of them."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(f"{len(sentences)} rules")
        self.sentences = sentences

    @property
    def message(self) -> str:
        return " ".join(self.sentences)


class ArrivalRefused(IdentityRefused):
    """Somebody who comes from the employer's portal is not let through.

    `code` is stale (nothing was begun in this browser, or too long ago), cancelled, unavailable (the fault is the
    portal's), busy (too many arrive at once), slowed (too many failed), unverified (its e-mail address is not a verified
    one), unreadable (that address is not plain ASCII), unknown (nobody on the roll) or suspended.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        return {
            "stale": _("Cette connexion n’a pas été demandée par ce navigateur, ou elle a trop attendu."),
            "busy": _("Beaucoup de personnes arrivent en même temps. Recommencez dans quelques secondes."),
            "slowed": _(
                "Trop de connexions ont échoué depuis votre réseau. Attendez quelques secondes, puis recommencez."
            ),
            "cancelled": _("Vous avez refusé que le portail de votre employeur transmette votre identité."),
            "unreadable": _(
                "L’adresse électronique donnée par le portail de votre employeur contient un caractère inattendu."
            ),
            "unverified": _("Le portail de votre employeur dit que votre adresse électronique n’est pas vérifiée."),
            "suspended": _("L’accès à votre compte électeur est suspendu.") + " " + _("Adressez-vous à l’assistance."),
            "unknown": _(
                "Le portail de votre employeur vous a identifié, mais cette identité n’est pas sur la liste électorale."
            ),
        }.get(self.code, _("Le portail de votre employeur n’a pas pu confirmer votre identité."))


class ArrivalWaits(ArrivalRefused):
    """Nothing was asked of the employer's portal yet: the browser brings the same answer again in a moment.

    `code` is busy or slowed.
    """


class FranceConnectRefused(IdentityRefused):
    """FranceConnect did not prove who is there.

    `code` is stale, cancelled, unavailable (the fault is FranceConnect's), busy, slowed (`seconds` are left) or
    unreadable (it did not tell what the comparison needs). `logout_url`, when somebody is signed in there all the same.
    """

    def __init__(self, code: str, *, seconds: int = 0, logout_url: str = "") -> None:
        super().__init__(code)
        self.code, self.seconds, self.logout_url = code, seconds, logout_url

    @property
    def message(self) -> str:
        return {
            "stale": _("Cette identification n’a pas été demandée par ce navigateur, ou elle a trop attendu."),
            "cancelled": _("Vous avez refusé que FranceConnect transmette votre identité."),
            "busy": _("Beaucoup de personnes passent par FranceConnect en même temps. Recommencez dans un instant."),
            "slowed": SlowedDown(self.seconds).message,
            "unreadable": _("FranceConnect n’a pas transmis ce qui permet de vous reconnaître."),
            "unavailable": _(
                "FranceConnect ne répond pas comme prévu. Recommencez plus tard, ou choisissez une autre voie."
            ),
        }[self.code]


class CampaignRunning(IdentityRefused):
    """A campaign is not finished: its voters are not reminded of a message that has not left yet."""

    @property
    def message(self) -> str:
        return _("Une campagne est en cours d’envoi : attendez qu’elle soit terminée.")


class RemindedLately(IdentityRefused):
    """A reminder was sent less than a day ago; the next one may go at `possible_at`."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__("reminded lately")
        self.possible_at = possible_at

    @property
    def message(self) -> str:
        return _(
            "Une relance a déjà été envoyée il y a moins de vingt-quatre heures. La suivante est possible le %(at)s."
        ) % {"at": paris_text(self.possible_at)}
