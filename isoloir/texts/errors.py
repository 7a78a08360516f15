"""Why a change of text is refused, with the sentence that the editor reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .reading import ShownText


class TextsRefused(Exception):
    """An act on the portal's texts was refused; nothing was changed."""

    @property
    def message(self) -> str:
        return _("Le texte n’a pas été enregistré.")


class TextRefused(TextsRefused):
    """A text has faults: `faults` gives, for each language at fault (`fr`, `en`), a sentence for each.

    The text of the exception tells numbers only: what was typed never reaches a log.
    """

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__(f"{sum(map(len, faults.values()))} faults")
        self.faults = faults

    @property
    def message(self) -> str:
        return " ".join(sentence for sentences in self.faults.values() for sentence in sentences)


class TextChangedMeanwhile(TextsRefused):
    """Somebody saved this text after it was read for change; `current` is what they saved."""

    def __init__(self, current: "ShownText") -> None:
        super().__init__(f"version {current.number}")
        self.current = current

    @property
    def message(self) -> str:
        return _("Ce texte a été modifié pendant que vous l’écriviez. Rien n’a été écrasé.")


class VersionUnknown(TextsRefused):
    """There is no such version of this text."""

    @property
    def message(self) -> str:
        return _("Cette version n’existe pas.")


class AnnouncementRefused(TextsRefused):
    """An announcement has faults: `faults` gives the sentences of each field at fault, in words for the person."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__(f"{sum(map(len, faults.values()))} faults")
        self.faults = faults

    @property
    def message(self) -> str:
        return " ".join(sentence for sentences in self.faults.values() for sentence in sentences)


class AnnouncementEnded(TextsRefused):
    """The announcement is not shown at this instant: there is nothing to end."""

    @property
    def message(self) -> str:
        return _("Cette annonce n’est pas affichée en ce moment.")


class AnnouncementStarted(TextsRefused):
    """The announcement was shown already: it is ended, never deleted."""

    @property
    def message(self) -> str:
        return _("Cette annonce a déjà été affichée : elle se termine, elle ne s’efface pas.")
