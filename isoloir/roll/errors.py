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
