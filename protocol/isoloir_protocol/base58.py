"""The Base58 alphabet (§3): no 0, O, I or l, so that what is printed can be typed."""

from isoloir_protocol.proofs import Random

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def random_base58(length: int, random: Random) -> str:
    """Draw `length` characters, each uniform: a byte of 232 or more is drawn again, since 232 = 4 × 58."""
    drawn: list[str] = []
    while len(drawn) < length:
        drawn.extend(ALPHABET[byte % 58] for byte in random(length) if byte < 232)
    return "".join(drawn[:length])
