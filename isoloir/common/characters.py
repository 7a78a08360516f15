"""Characters that nobody sees, or that turn the direction of reading: a text of the portal holds none.

They make a sentence or an address read as another (« Trojan Source », CVE-2021-42574; Unicode Technical Standard 39,
sections 3 and 5): what an administrator reads in the editor must be what voters read on the page.
"""

import unicodedata
from collections.abc import Iterator

from django.utils.translation import gettext as _

# Beyond this number, faults of one text are counted and no longer listed.
FAULTS_SHOWN = 10
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_MARKS_OF_DIRECTION = {"\u061c", "\u200e", "\u200f"}
# Control, format, surrogate, private and unassigned characters, and separators of lines that are no line break.
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Letters and symbols that are drawn as nothing, and the signs of a damaged text.
_FORBIDDEN_TOO = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0", "\ufffc", "\ufffd"}
_ALLOWED = {"\t", "\n"}


def with_plain_breaks(text: str) -> str:
    """Return the text with line feeds alone as line breaks: browsers send them with carriage returns."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_forbidden(character: str) -> bool:
    """Tell whether a text of the portal may not hold this character."""
    if character in _ALLOWED:
        return False
    return unicodedata.category(character) in _FORBIDDEN or character in _FORBIDDEN_TOO


def character_faults(text: str) -> list[str]:
    """Return a sentence for each forbidden character: its line (from 1), its code point, its name in Unicode."""
    found = list(_forbidden_characters(text))
    faults = [_sentence(line, character) for line, character in found[:FAULTS_SHOWN]]
    if len(found) > FAULTS_SHOWN:
        faults.append(_("Et %(number)d autres caractères interdits.") % {"number": len(found) - FAULTS_SHOWN})
    return faults


def plain_text_faults(text: str, most: int) -> list[str]:
    """Return a sentence for each thing wrong with what a person wrote: hidden characters, more than `most` characters.

    For names and messages that other people read. Line breaks are allowed: `with_plain_breaks` comes first.
    """
    faults = character_faults(text)
    if len(text) > most:
        counts = {"found": len(text), "maximum": most}
        faults.append(_("Ce texte a %(found)d caractères ; le maximum est %(maximum)d.") % counts)
    return faults


def _forbidden_characters(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        for character in line:
            if is_forbidden(character):
                yield number, character


def _sentence(line: int, character: str) -> str:
    name = unicodedata.name(character, "")
    facts = {"line": line, "character": f"U+{ord(character):04X}" + (f", {name}" if name else "")}
    if unicodedata.bidirectional(character) in _TURNING or character in _MARKS_OF_DIRECTION:
        return _("Ligne %(line)d : un caractère change le sens de lecture (%(character)s). Effacez-le.") % facts
    if unicodedata.category(character) == "Cc":
        return _("Ligne %(line)d : un caractère de commande est interdit (%(character)s). Effacez-le.") % facts
    return _("Ligne %(line)d : un caractère est invisible ou illisible (%(character)s). Effacez-le.") % facts
