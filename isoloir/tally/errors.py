"""Why the count refuses an act."""

from django.utils.translation import gettext_lazy as _


class TallyRefused(Exception):
    """Base of the refusals of this room."""

    code = "refused"
    sentence = _("Le dépouillement refuse cette opération.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or str(self.code))
        self.detail = detail


class NotThere(TallyRefused):
    code = "not_there"
    sentence = _("Ce scrutin n’en est pas à cette étape.")


class SharesMissing(TallyRefused):
    code = "shares_missing"
    sentence = _("Il manque des déchiffrements partiels : président·e ou secrétaire, et au moins deux délégués.")


class CountImpossible(TallyRefused):
    code = "count_impossible"
    sentence = _(
        "Les déchiffrements reçus ne donnent aucun total possible : au moins l’un d’eux est faux, bien que sa preuve soit juste. Aucun résultat n’est établi. Un autre détenteur de clé peut encore déchiffrer ; recommencez ensuite."
    )


class MinutesChanged(TallyRefused):
    code = "minutes_changed"
    sentence = _("Le procès-verbal affiché n’est plus le même. Relisez-le avant de le signer.")


class SignaturesMissing(TallyRefused):
    code = "signatures_missing"
    sentence = _("La présidence ou le secrétariat du bureau n’a pas encore signé le procès-verbal.")
