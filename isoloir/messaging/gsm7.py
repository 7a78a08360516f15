"""The alphabet of short messages: what it holds, and how many segments a body takes.

3GPP TS 23.038 §6.2.1: a body in this alphabet has 160 characters in one segment, 153 in each of several; one character
outside it turns the whole body into UCS-2, with 70 and 67, and more than doubles what it costs. Neither ê, nor ç in lower
case, nor the typographic apostrophe is in it.
"""

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# §6.2.1.1: each takes two places, the first of which announces it; a segment never ends between the two.
_EXTENDED = frozenset("\f^{}\\[~]|€")
SINGLE = 160
JOINED = 153
# What typography writes, as a telephone's keyboard would.
_PLAIN = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "« ": '"', " »": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
    "\u00a0": " ", "\u202f": " ", "œ": "oe", "Œ": "OE", "·": ".",
}  # fmt: skip


def is_gsm7(body: str) -> bool:
    """Tell whether every character is in the alphabet or its extension."""
    return all(character in _BASIC or character in _EXTENDED for character in body)


def segments(body: str) -> int:
    """Return how many segments a body of this alphabet takes, 1 at least. Raises ValueError outside the alphabet."""
    if not is_gsm7(body):
        raise ValueError("outside GSM-7")
    widths = [2 if character in _EXTENDED else 1 for character in body]
    if sum(widths) <= SINGLE:
        return 1
    count, room = 1, JOINED
    for width in widths:
        if width > room:
            count, room = count + 1, JOINED
        room -= width
    return count


def plain(text: str) -> str:
    """Return a text as near as this alphabet allows: « ê » becomes « e », the typographic apostrophe a straight one.

    What has no likeness becomes « ? ». For names put into templates; templates themselves are written in the alphabet.
    """
    for typographic, straight in _PLAIN.items():
        text = text.replace(typographic, straight)
    return "".join(_nearest(character) for character in text)


def _nearest(character: str) -> str:
    if is_gsm7(character):
        return character
    base = unicodedata.normalize("NFD", character)[0]
    return base if is_gsm7(base) else "?"
