"""What nobody sees is refused, with the line and the name of the character."""

import pytest

from isoloir.common.characters import FAULTS_SHOWN, character_faults, plain_text_faults, with_plain_breaks
from isoloir.texts.models import Kind
from isoloir.texts.reading import LANGUAGES, default_text


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u202e", "U+202E, RIGHT-TO-LEFT OVERRIDE"),
        ("\u202d", "U+202D, LEFT-TO-RIGHT OVERRIDE"),
        ("\u202a", "U+202A, LEFT-TO-RIGHT EMBEDDING"),
        ("\u2066", "U+2066, LEFT-TO-RIGHT ISOLATE"),
        ("\u2069", "U+2069, POP DIRECTIONAL ISOLATE"),
        ("\u200f", "U+200F, RIGHT-TO-LEFT MARK"),
        ("\u061c", "U+061C, ARABIC LETTER MARK"),
    ],
)
def test_what_turns_the_direction_of_reading_is_named_with_its_line(character: str, name: str) -> None:
    (fault,) = character_faults(f"Bonjour.\n\nVotez{character} ici.")
    assert fault == f"Ligne 3\u00a0: un caractère change le sens de lecture ({name}). Effacez-le."


@pytest.mark.parametrize(
    "character",
    ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u3164", "\u2800", "\U000e0041", "\ue000", "\ufffd"],
)
def test_what_is_invisible_or_unreadable_is_refused(character: str) -> None:
    (fault,) = character_faults(f"un{character}deux")
    assert fault.startswith("Ligne 1\u00a0: un caractère est invisible ou illisible (U+")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x0b"])
def test_control_characters_are_refused(character: str) -> None:
    (fault,) = character_faults(f"a\nb{character}")
    assert fault == f"Ligne 2\u00a0: un caractère de commande est interdit (U+{ord(character):04X}). Effacez-le."


def test_a_separator_of_lines_that_is_no_line_break_is_refused() -> None:
    assert len(character_faults("un\u2028deux\u2029trois")) == 2


def test_the_letters_that_people_write_are_all_admitted() -> None:
    words = "Élève, œuvre, « 12 000 € » – l’heure… 1\u00a0er\u202fjour\tça ; Ελληνικά, العربية, עברית, 日本語, ☎️ ✓"
    assert character_faults(words) == []


def test_many_faults_are_counted_and_not_all_listed() -> None:
    faults = character_faults("\u200b" * 1000)
    assert len(faults) == FAULTS_SHOWN + 1
    assert faults[-1] == "Et 990 autres caractères interdits."


def test_line_breaks_of_every_system_are_one() -> None:
    assert with_plain_breaks("a\r\nb\rc\nd") == "a\nb\nc\nd"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_of_the_portal_hold_none_of_them(kind: Kind, language: str) -> None:
    assert character_faults(default_text(kind).in_language(language)) == []


def test_a_name_with_an_override_or_too_long_is_refused_in_words():
    assert plain_text_faults("Léa Durand-N’Guyen", 40) == []
    (turned,) = plain_text_faults("Léa \u202eDurand", 40)
    assert "sens de lecture" in turned
    (hidden,) = plain_text_faults("Léa\u200bDurand", 40)
    assert "invisible" in hidden
    (long,) = plain_text_faults("a" * 41, 40)
    assert "41" in long
    assert "40" in long
