"""Why the key ceremony refuses a message."""

from django.utils.translation import gettext_lazy as _


class CeremonyRefused(Exception):
    """Base of the refusals of this room. `code` is for machines, the sentence for people."""

    code = "refused"
    sentence = _("La cérémonie refuse ce message.")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or str(self.code))
        self.detail = detail


class StepNotDue(CeremonyRefused):
    code = "step_not_due"
    sentence = _(
        "Cette étape n’est pas attendue de vous maintenant : elle est déjà faite, ou d’autres doivent agir avant."
    )


class MessageRefused(CeremonyRefused):
    code = "message_refused"
    sentence = _("Ce message ne passe pas les vérifications. Vérifiez que la clé utilisée est bien celle de ce bureau.")


class DecryptionRefused(CeremonyRefused):
    code = "decryption_refused"
    sentence = _(
        "Ce déchiffrement partiel n’est pas valable. Vérifiez que la clé utilisée est bien celle de ce bureau."
    )
