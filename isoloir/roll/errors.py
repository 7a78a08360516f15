"""Why the roll's room refuses an act."""

from django.utils.translation import gettext_lazy as _


class RollRefused(Exception):
    """Base of the refusals of this room. `sentence` is what people read."""

    code = "refused"
    sentence = _("L’opération est refusée.")


class NoContest(RollRefused):
    """A roll is the roll of a contest: contests come first."""

    code = "no_contest"
    sentence = _("Importez d’abord les scrutins : une liste électorale est celle d’un scrutin.")


class ChangeRefused(RollRefused):
    """One voter or entry cannot be changed so. `faults` gives the sentence of each field at fault, by its name.

    The text of the exception tells fields only: what was typed is names and addresses, and exceptions reach logs.
    """

    code = "change_refused"
    sentence = _("Cette modification de la liste électorale n’est pas possible.")

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults

    @property
    def message(self) -> str:
        """Return all that is wrong, in sentences."""
        return " ".join(self.faults.values())


class SearchTooShort(RollRefused):
    """A search has at least one word of two letters or digits."""

    code = "search_too_short"
    sentence = _("Écrivez au moins deux lettres d’un nom ou d’un prénom.")


class NoSuchPlace(RollRefused):
    """A page of a roll begins at an entry of that roll."""

    code = "no_such_place"
    sentence = _("Cette page de la liste électorale n’existe pas.")
