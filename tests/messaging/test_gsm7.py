"""The alphabet of short messages, and how many segments a body takes."""

import pytest

from isoloir.messaging.gsm7 import is_gsm7, plain, segments

# 3GPP TS 23.038 §6.2.1, row by row from 0x00.
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def test_alphabet_is_that_of_the_norm() -> None:
    # 128 places, of which 0x1B announces the extension.
    assert len(set(TABLE)) == len(TABLE) == 127
    assert is_gsm7(TABLE)
    assert is_gsm7("\f^{}\\[~]|€")
    inside = sum(is_gsm7(chr(code)) for code in range(0x10000))
    assert inside == 127 + 10


@pytest.mark.parametrize("character", "êçâîôûëïœŒÀÊÈ’«»–…\u00a0\u202f·`\t\x1b😀")
def test_what_costs_more_than_twice_is_outside(character: str) -> None:
    assert not is_gsm7(character)
    with pytest.raises(ValueError, match="outside GSM-7"):
        segments(character)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("a" * 459, 3), ("a" * 460, 4),
        ("€" * 80, 1), ("€" * 81, 2), ("a" + "€" * 80, 2),
        # 152 places, then a pair that does not fit in the one that is left: 76 pairs in each segment, not 76.5.
        ("€" * 152, 2), ("€" * 153, 3), ("a" * 152 + "€" + "a" * 151, 2), ("a" * 152 + "€" + "a" * 152, 3),
    ],
)  # fmt: skip
def test_segments_are_counted_as_telephones_are_sent_them(body: str, count: int) -> None:
    assert segments(body) == count


def test_names_come_as_near_as_the_alphabet_allows() -> None:
    text = plain("« Vous êtes prêt·e » : l’élection – Besançon, Œuvre… 漢")
    assert text == '"Vous etes pret.e" : l\'élection - Besancon, OEuvre... ?'
    assert is_gsm7(text)
