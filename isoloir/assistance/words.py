"""What may be written on a ticket: plain text, and never a voting code."""

import re

from django.utils.translation import gettext as _
from isoloir_protocol.base58 import ALPHABET

from isoloir.common.characters import plain_text_faults, with_plain_breaks

FEWEST, MOST = 10, 3000
LONGEST_NAME = 200
# A code bears no check digit: its form alone tells it. In groups of 5, 6, 5 and 6, or in one piece of 22 characters.
_CHARACTER = f"[{ALPHABET}]"
_ALONE = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
_GROUPS = [f"({_CHARACTER}{{{length}}})" for length in (5, 6, 5, 6)]
_HYPHENED = re.compile(_ALONE.format(r"\s*[\u00ad\u2010-\u2015\u2212.-]\s*".join(_GROUPS)))
_SPACED = re.compile(_ALONE.format(r"\s+".join(_GROUPS)))
# Identifiers of contests have the same form, and stand in addresses of pages.
_WHOLE = re.compile(r"(?<![0-9A-Za-z/])" + f"({_CHARACTER}{{22}})" + r"(?![0-9A-Za-z])")
# Words of a sentence may have these lengths: characters drawn at random have a digit, or a capital inside a group.
_DRAWN = re.compile(r"[0-9]|[A-Za-z][A-Z]")


def has_form_of_code(text: str) -> bool:
    """Tell whether the text holds something that has the exact form of a voting code (docs/specification/booth.md)."""
    if _HYPHENED.search(text):
        return True
    found = [*_SPACED.finditer(text), *_WHOLE.finditer(text)]
    return any(_DRAWN.search(group) for match in found for group in match.groups())


def plain(text: str) -> str:
    """Return the text as it is kept: plain line breaks, nothing around it."""
    return with_plain_breaks(text).strip()


def text_faults(text: str, *, fewest: int = FEWEST) -> list[str]:
    """Return a sentence for each thing wrong with a message, already made plain. Never repeats what was written."""
    if len(text) < fewest:
        return (
            [_("Écrivez au moins %(number)d caractères.") % {"number": fewest}]
            if fewest > 1
            else [_("Écrivez votre message.")]
        )
    faults = plain_text_faults(text, MOST)
    if has_form_of_code(text):
        faults.append(
            _("Ce message contient ce qui ressemble à un code de vote. Effacez-le : personne n’a besoin de le connaître pour vous aider. Rien n’a été enregistré.")
        )  # fmt: skip
    return faults


def name_faults(name: str) -> list[str]:
    """Return a sentence for each thing wrong with a name, already made plain."""
    if not name:
        return [_("Indiquez votre nom.")]
    if "\n" in name or "\t" in name:
        return [_("Le nom tient sur une ligne.")]
    faults = plain_text_faults(name, LONGEST_NAME)
    if has_form_of_code(name):
        faults.append(_("Ce nom ressemble à un code de vote. Effacez-le : rien n’a été enregistré."))
    return faults
