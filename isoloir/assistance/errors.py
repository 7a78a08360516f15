"""Why an act of assistance is refused, with the sentence that the person reads."""

from django.utils.translation import gettext as _


class AssistanceRefused(Exception):
    """An act of assistance was refused; `message` is for the person and tells the way forward."""

    @property
    def message(self) -> str:
        return _("Votre demande n’a pas pu être acceptée.")


class WordsRefused(AssistanceRefused):
    """What was written is not admitted: `faults` gives the sentences of each field, in the language in force."""

    def __init__(self, faults: dict[str, list[str]]) -> None:
        super().__init__(f"{sum(map(len, faults.values()))} faults")
        self.faults = faults

    @property
    def message(self) -> str:
        return " ".join(sentence for sentences in self.faults.values() for sentence in sentences)


class TicketUnknown(AssistanceRefused):
    """No ticket has this link, or this number at this desk."""

    @property
    def message(self) -> str:
        return _("Ce lien de suivi n’est pas reconnu : il est peut-être incomplet, coupé par votre messagerie.")


class OutOfDesk(AssistanceRefused):
    """The account does not work at the desk to which the ticket belongs."""

    @property
    def message(self) -> str:
        return _("Cette demande n’est pas de votre guichet.")


class TicketClosed(AssistanceRefused):
    """The ticket is closed; whoever asked opens it again by writing."""

    @property
    def message(self) -> str:
        return _("Cette demande est close. Elle se rouvre quand la personne qui l’a faite écrit de nouveau.")


class WordsCrossed(AssistanceRefused):
    """Somebody wrote on the ticket since the page was shown."""

    @property
    def message(self) -> str:
        return _("Quelqu’un a écrit sur cette demande entre-temps. Relisez-la, puis envoyez de nouveau.")


class NoVoterBehind(AssistanceRefused):
    """The ticket was asked without signing in: nothing says whose account it is about."""

    @property
    def message(self) -> str:
        return _("Cette demande a été faite sans connexion : rien ne dit de quel compte elle parle.")


class TitleTaken(AssistanceRefused):
    """Another canned answer has this title."""

    @property
    def message(self) -> str:
        return _("Une réponse type porte déjà ce titre.")
