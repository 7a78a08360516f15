"""Why the room of claims refuses an act, with the sentence that the person reads."""

from datetime import datetime

from django.utils.translation import gettext as _

from isoloir.common.clock import paris_text


class ClaimRefused(Exception):
    """An act on a claim was refused, and nothing was changed. `code` names the reason; `message` is for the person.

    The text of the exception is the code alone: exceptions reach logs.
    """

    code = "refused"

    def __init__(self) -> None:
        super().__init__(self.code)

    @property
    def message(self) -> str:
        return _("Cette demande n’a pas pu être acceptée.")


class NotAllowed(ClaimRefused):
    """The account does not work at the desk of claims, or not for this académie."""

    code = "not_allowed"

    @property
    def message(self) -> str:
        return _("Vous n’avez pas accès à cette réclamation.")


class WindowClosed(ClaimRefused):
    """Claims of this kind are not received now: they were not yet, at `opens_at`, or no longer since `closed_at`."""

    code = "window_closed"

    def __init__(self, *, opens_at: datetime | None = None, closed_at: datetime | None = None) -> None:
        super().__init__()
        self.opens_at = opens_at
        self.closed_at = closed_at

    @property
    def message(self) -> str:
        if self.opens_at is not None:
            return _("Les réclamations seront reçues à partir du %(at)s.") % {"at": paris_text(self.opens_at)}
        if self.closed_at is not None:
            return _("Ces réclamations ne sont plus reçues depuis le %(at)s.") % {"at": paris_text(self.closed_at)}
        return _("Cette élection n’a pas encore de scrutin : aucune réclamation n’est reçue.")


class RollFixed(ClaimRefused):
    """The roll of a contest does not change any more. `code` is sealed, register, slots or requested; `contest` its name."""

    def __init__(self, code: str, contest: str = "") -> None:
        self.code = code
        self.contest = contest
        super().__init__()

    @property
    def message(self) -> str:
        return {
            "sealed": _(
                "Le scrutin « %(contest)s » est scellé : sa liste électorale ne peut plus être modifiée, pour personne."
            ),
            "register": _(
                "Le registre public des clés du scrutin « %(contest)s » est ouvert : sa liste électorale ne change plus."
            ),
            "slots": _(
                "Les codes de vote sont déjà émis : la liste électorale du scrutin « %(contest)s » ne change plus."
            ),
            "requested": _(
                "Les codes de vote sont déjà demandés pour la liste électorale du scrutin « %(contest)s » : "
                "elle ne change plus."
            ),
        }[self.code] % {"contest": self.contest}


class TooManyOpen(ClaimRefused):
    """The voter has as many open claims as one may have."""

    code = "too_many_open"

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    @property
    def message(self) -> str:
        return _(
            "Vous avez déjà %(most)d réclamations en cours. Attendez qu’une soit traitée, ou retirez-en une."
        ) % {"most": self.most}  # fmt: skip


class TextRefused(ClaimRefused):
    """What was written is too short, too long, or holds hidden characters: `sentences` say which."""

    code = "text_refused"

    def __init__(self, sentences: list[str]) -> None:
        super().__init__()
        self.sentences = sentences

    @property
    def message(self) -> str:
        return " ".join(self.sentences)


class ContestRefused(ClaimRefused):
    """The contest that was named is not one of the voter's, or none was named where one must be."""

    code = "contest_refused"

    @property
    def message(self) -> str:
        return _("Choisissez l’un de vos scrutins.")


class StateChanged(ClaimRefused):
    """The claim is no longer where this act begins: somebody else acted meanwhile."""

    code = "state_changed"

    @property
    def message(self) -> str:
        return _("Cette réclamation a avancé entre-temps. Relisez-la avant d’agir.")


class SamePerson(ClaimRefused):
    """Who proposed a change cannot confirm it."""

    code = "same_person"

    @property
    def message(self) -> str:
        return _("Vous avez proposé cette modification : une autre personne doit la confirmer.")


class OwnClaim(ClaimRefused):
    """An agent neither proposes nor decides what is their own: who claims, or whom the change is about."""

    code = "own_claim"

    @property
    def message(self) -> str:
        return _("Cette réclamation vous concerne : d’autres agents doivent la traiter.")


class ProposalRefused(ClaimRefused):
    """What the agent would change cannot be done: `faults` gives the sentence of each field at fault."""

    code = "proposal_refused"

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__()
        self.faults = faults

    @property
    def message(self) -> str:
        return " ".join(self.faults.values())


class WindowsRefused(ClaimRefused):
    """The windows are not in order: `faults` gives the sentence of each field at fault, by instance and field."""

    code = "windows_refused"

    def __init__(self, faults: dict[tuple[str, str], str]) -> None:
        super().__init__()
        self.faults = faults

    @property
    def message(self) -> str:
        return " ".join(self.faults.values())
