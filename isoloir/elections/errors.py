"""Why the election's room refuses an act."""

from django.utils.translation import gettext_lazy as _


class ElectionRefused(Exception):
    """Base of the refusals of this room. `sentence` is what people read."""

    code = "refused"
    sentence = _("L’opération est refusée.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)


class ElectionSealed(ElectionRefused):
    """At least one contest is sealed: what was sealed is never changed (R211-550)."""

    code = "election_sealed"
    sentence = _("Au moins un scrutin est scellé : ce qui a été scellé ne se modifie plus.")


class RegisterBegun(ElectionSealed):
    """The register of keys of at least one contest has begun: the keys issued are public, or one was already replaced."""

    code = "register_begun"
    sentence = _(
        "Le registre des clés est ouvert : ni la liste électorale, ni les scrutins, ni les clés ne s’importent plus."
    )


class CalendarRefused(ElectionRefused):
    """The dates are not in order. `faults` gives the sentence of each field at fault."""

    code = "calendar_refused"
    sentence = _("Le calendrier n’est pas dans l’ordre.")

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__()
        self.faults = faults


class SlugTaken(ElectionRefused):
    """Another election has this short name."""

    code = "slug_taken"
    sentence = _("Une autre élection porte déjà ce nom court.")


class AccountRulesRefused(ElectionRefused):
    """Voting has opened, or durations are out of bounds: `faults` then gives the sentence of each field at fault."""

    code = "account_rules_refused"
    sentence = _("Le vote est ouvert : les règles des comptes ne changent plus.")

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__()
        self.faults = faults


class ReissueRulesRefused(ElectionRefused):
    """The rules of re-issue are out of bounds: `faults` gives the sentence of each field at fault."""

    code = "reissue_rules_refused"
    sentence = _("Les règles du réassort ne sont pas admises.")

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__()
        self.faults = faults


class DrawRefused(ElectionRefused):
    """The draw of the order of lists is not announced or not made; `code` says why, and `sentence` says it to people."""

    sentences = {
        "sealed": _("Tous les scrutins sont scellés : l’ordre des listes ne change plus."),
        "nothing_to_draw": _("Aucun scrutin n’a encore de listes : importez-les d’abord."),
        "already_announced": _("Le tirage de toutes ces listes est déjà annoncé ou fait."),
        "source_unreadable": _("Dites d’où viendra la graine, en une ligne."),
        "not_announced": _("Aucun tirage n’est annoncé ainsi : annoncez-le avant que la graine soit publique."),
        "lists_changed": _("Des listes ont changé depuis l’annonce : annoncez de nouveau le tirage."),
        "source_past": _("La source de la graine est à venir : annoncez le tirage avant qu’elle soit publique."),
        "shape_unreadable": _(
            "La forme de la graine s’écrit « 5 de 1 à 49 / 1 de 1 à 10 » et laisse au moins 10 000 graines possibles."
        ),
        "too_early": _("La source de la graine n’est pas encore publique : le tirage a lieu après."),
        "other_shape": _("Cette graine n’a pas la forme annoncée."),
        "reason_unreadable": _("Dites en une ligne, pour tous, pourquoi l’annonce est retirée."),
        "seed_unreadable": _(
            "La graine s’écrit en nombres entiers séparés par des espaces ; « / » sépare deux sources."
        ),
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = self.sentences[code]
