"""Why the bureau's room refuses an act. `code` is what machines read, the sentence what people read."""

from django.utils.translation import gettext_lazy as _


class PollingStationRefused(Exception):
    """Base of the refusals of this room."""

    code = "refused"
    sentence = _("L’opération est refusée.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or str(self.code))
        self.detail = detail


class PollNotOpen(PollingStationRefused):
    code = "poll_not_open"
    sentence = _("Le vote n’est pas encore ouvert pour ce scrutin.")


class PollClosed(PollingStationRefused):
    code = "poll_closed"
    sentence = _("Le vote est clos pour ce scrutin.")


class PollSuspended(PollingStationRefused):
    code = "poll_suspended"
    sentence = _("Le vote est suspendu pour ce scrutin. Réessayez plus tard : rien n’est perdu.")


class AlreadyVoted(PollingStationRefused):
    code = "already_voted"
    sentence = _("Vous avez déjà voté dans ce scrutin. Un vote est définitif.")


class BallotRefused(PollingStationRefused):
    code = "ballot_refused"
    sentence = _("Ce bulletin n’est pas valable : il n’a pas été déposé. Rechargez la page et recommencez.")


class CodeChanging(PollingStationRefused):
    code = "code_changing"
    sentence = _("Un nouveau code est en cours de création pour ce scrutin ; attendez une minute.")


class DeadKey(PollingStationRefused):
    code = "dead_key"
    sentence = _("Ce code de vote a été remplacé ; utilisez le nouveau.")


class KeyUnsigned(PollingStationRefused):
    code = "key_not_signed"
    sentence = _(
        "Une clé de votre place ne porte pas les signatures nécessaires : votre bulletin n’a pas été déposé. Appelez"
        " l’assistance."
    )


class NotOnRoll(PollingStationRefused):
    code = "not_on_roll"
    sentence = _("Vous n’êtes pas sur la liste électorale de ce scrutin.")


class NotAllowed(PollingStationRefused):
    code = "not_allowed"
    sentence = _("Cette opération est réservée à la présidence et au secrétariat du bureau.")


class SealRefused(PollingStationRefused):
    code = "seal_refused"
    sentence = _("Le scellement est impossible.")


class ClosingRefused(PollingStationRefused):
    code = "closing_refused"
    sentence = _("La clôture est impossible.")


class LossRefused(PollingStationRefused):
    code = "loss_refused"
    sentence = _("Le service d’enregistrement ne peut pas être déclaré perdu.")


class RegisterRefused(PollingStationRefused):
    """The register of keys cannot go on: the registrar refuses its next line, or it was begun without a registrar."""

    code = "register_refused"
    sentence = _("Le registre des clés ne peut pas être complété.")


class ReceiptInvalid(PollingStationRefused):
    code = "receipt_invalid"
    sentence = _("Cette preuve de vote ne porte pas la signature du portail.")
