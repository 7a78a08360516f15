"""What a voter of the roll may be called and reached by: the same for the import of the roll and for one voter's change.

Each rule returns the sentence of its fault, in the language in force, or nothing.
"""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from isoloir.documents import notices

from .models import address_key

# What mail can carry (RFC 5321, 4.5.3.1.3).
_ADDRESS_BYTES = 254
# Both name lines and folders of the exchange with the credential authority, hence these plain forms.
_REFERENCE = re.compile(r"[A-Za-z0-9._:/@+-]{1,40}")
_ESTABLISHMENT_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}")


def reference_fault(reference: str) -> str:
    """A reference is 1 to 40 ASCII letters, digits and signs."""
    if _REFERENCE.fullmatch(reference):
        return ""
    return _("Une référence a des lettres sans accent, des chiffres et les signes « . _ : / @ + - ».")


def establishment_code_fault(code: str) -> str:
    """A code of an establishment is 1 to 20 ASCII letters, digits, hyphens and underscores."""
    if _ESTABLISHMENT_CODE.fullmatch(code):
        return ""
    return _("Un code d’établissement a des lettres sans accent, des chiffres, « - » et « _ ».")


def address_fault(address: str) -> str:
    """An address of e-mail is one that mail can carry, in the form in which it is looked up too."""
    try:
        validate_email(address)
        is_valid = len(address_key(address).encode()) <= _ADDRESS_BYTES
    except ValidationError:
        is_valid = False
    return "" if is_valid else _("Ce n’est pas une adresse de courriel valable.")


def recipient_fault(civility: str, first_names: str, last_name: str) -> str:
    """The whole name holds on the first line of the notice's address."""
    if sum(len(part) + 1 for part in (civility, first_names, last_name) if part) - 1 <= notices.RECIPIENT_LENGTH:
        return ""
    message = _("Civilité, prénoms et nom dépassent ensemble %(maximum)d caractères.")
    return message % {"maximum": notices.RECIPIENT_LENGTH}


def contests_fault(number: int) -> str:
    """A voter has as many contests as a notice can show, and one at least."""
    if 1 <= number <= notices.CONTESTS:
        return ""
    return _("Un électeur a de 1 à %(maximum)d scrutins.") % {"maximum": notices.CONTESTS}
