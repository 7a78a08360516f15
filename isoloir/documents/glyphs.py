"""Text that the shipped fonts can show.

PDF/UA-1 forbids a character without a glyph, so that one emoji in one name would stop the printing of a whole
establishment.  Text is therefore brought into the repertoire of the fonts before it is typeset.
"""

import unicodedata

REPLACEMENT = "\N{WHITE SQUARE}"

# Blocks that Atkinson Hyperlegible Next, then Libertinus Serif and DejaVu Sans Mono (both inside the typesetter)
# show entirely, control and format characters aside: Latin, Greek, Cyrillic, punctuation, currency,
# arrows, mathematical operators, geometric shapes.  A test typesets every one of them.
REPERTOIRE = (
    range(0x0020, 0x0500),
    range(0x1E00, 0x2000),
    range(0x2010, 0x2041),
    range(0x2070, 0x20D0),
    range(0x2116, 0x2117),
    range(0x2153, 0x2155),
    range(0x2190, 0x2300),
    range(0x25A0, 0x2600),
)
# Neither invisible characters, nor the marks that composition left alone: no font shows every letter with every mark.
_LEFT_OUT = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"}
_NARROW_SPACES = {"\u202f", "\u2007", "\u2009", "\u200a"}


def is_printable(character: str) -> bool:
    """Say whether the shipped fonts have a glyph for one character."""
    point = ord(character)
    return any(point in block for block in REPERTOIRE) and unicodedata.category(character) not in _LEFT_OUT


def _substitute(character: str) -> str:
    """Return what to print in place of one character that has no glyph."""
    if character in _NARROW_SPACES:
        return "\N{NO-BREAK SPACE}"
    category = unicodedata.category(character)
    if character in "\t\n\r\v\f" or category in {"Zl", "Zp", "Zs"}:
        return " "
    if category in {"Cc", "Cf", "Mn", "Me"}:
        # They go: an override of the writing direction could make a name read as another.
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if is_printable(part))
    return plain or REPLACEMENT


def printable(text: str) -> str:
    """Return the text in normal form C, with every character that has no glyph replaced.

    Narrow spaces become no-break spaces, line breaks spaces; invisible characters and lone diacritics go; compatibility
    forms become plain letters, and whatever remains (an emoji, an ideogram) a white square.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        each if is_printable(each) and each not in _NARROW_SPACES else _substitute(each) for each in composed
    )
