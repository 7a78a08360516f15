"""What may not be written: a voting code in any of the ways people copy one, and characters that nobody sees."""

import pytest
from isoloir_protocol.credentials import generate_code

from isoloir.assistance.words import MOST, has_form_of_code, name_faults, text_faults


def spellings(code: str) -> list[str]:
    return [
        code, code.replace("-", " "), code.replace("-", ""), code.replace("-", "\u2013"), code.replace("-", " - "),
        code.replace("-", "\n"), f"Mon code est {code}, merci.", f"https://elections.example/#{code}",
    ]  # fmt: skip


def always(number: int):
    """Return a source of random bytes that is the same at each run."""
    import random

    return random.Random(number).randbytes


@pytest.mark.parametrize("seed", range(20))
def test_a_voting_code_is_seen_however_it_is_copied(seed: int) -> None:
    code = generate_code(always(seed))
    assert [text for text in spellings(code) if not has_form_of_code(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Merci encore pour toute votre aide, bonne journée.",
        "alors aucune autre raison, merci",
        "autre raison encor venues",
        "Ma référence est A-7K2M9QXB et ma notice 0990001A-00012.",
        "Je suis au lycée, 12 rue des Tilleuls, 99000 Valmont, tél. 01 99 00 12 34.",
        "Voyez https://elections.example/resultats/a2B3c4D5e6F7g8H9j2K3m4/",
        "anticonstitutionnellement",
    ],
)
def test_an_ordinary_sentence_is_no_code(text: str) -> None:
    assert not has_form_of_code(text)


def test_a_refused_text_is_not_repeated_in_the_sentences() -> None:
    code = generate_code(always(1))
    (sentence,) = text_faults(f"Voici {code}.")
    assert "code de vote" in sentence
    assert code not in sentence


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Court.", "10"), ("a" * (MOST + 1), "3001"), ("Ceci \u202eest à l’envers.", "sens de lecture"),
        ("Un texte in\u200bvisible.", "invisible"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, word: str) -> None:
    assert word in " ".join(text_faults(text))


def test_a_name_is_one_plain_line() -> None:
    assert name_faults("Anne d’Été") == []
    assert name_faults("")
    assert name_faults("Anne\nDupont")
    assert name_faults("An\u202ene")
