"""The challenge question and its answer: what is refused, and what is the same answer."""

import pytest

from isoloir.identity.challenge import (
    DEFAULT_QUESTIONS,
    check_answer_rules,
    hash_answer,
    install_default_questions,
    normalise_answer,
    offered_questions,
)
from isoloir.identity.errors import AnswerRefused
from isoloir.identity.models import ChallengeQuestion
from tests.electorate import BEFORE, make_election

QUESTION = ChallengeQuestion(
    text_fr="Quel objet avez-vous perdu et regrettez-vous encore\u00a0?",
    text_en="Which object did you lose and still miss?",
)


@pytest.mark.parametrize(
    "typed",
    [
        "Lété à Saint-Malo",
        "  l’ÉTÉ   à saint malo ",
        "L'e\u0301te\u0301 a\u0300 Saint\u2011Malo",
        "l\u2032été\u00a0à\u202fsaint–malo",
        "Ｌété à ＳＡＩＮＴ-Malo",
        "lété\u200b à saint\u00admalo",
    ],
)
def test_case_accents_spaces_apostrophes_and_hyphens_make_no_difference(typed):
    assert normalise_answer(typed) == "leteasaintmalo"


@pytest.mark.parametrize(
    ("typed", "kept"), [("Cœur d’Ægyptus", "coeurdaegyptus"), ("STRAẞE", "strasse"), ("n° 12, rue", "n°12,rue")]
)
def test_letters_and_digits_are_kept(typed, kept):
    assert normalise_answer(typed) == kept


def test_normalising_twice_changes_nothing():
    for text in ("Été-œuf ﬁn", "İstanbul ½", "ΟΔΟΣ", "ǆ ŉ"):
        once = normalise_answer(text)
        assert normalise_answer(once) == once


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("é - à", "au moins 3 caractères"),
        ("", "au moins 3 caractères"),
        ("aaaa", "un seul caractère"),
        ("x1" * 101, "au plus 200 caractères"),
        ("Objet perdu", "les mots de la question"),
        ("OBJECT", "les mots de la question"),
        ("l'objet perdu", None),
        ("mon parapluie perdu", None),
        ("clé", None),
    ],
)
def test_an_answer_that_would_be_guessed_is_refused_by_its_fault(answer, fault):
    if fault is None:
        assert check_answer_rules(answer, question=QUESTION) == normalise_answer(answer)
        return
    with pytest.raises(AnswerRefused) as refusal:
        check_answer_rules(answer, question=QUESTION)
    assert [fault in sentence for sentence in refusal.value.sentences] == [True]
    assert answer not in str(refusal.value) or not answer


def test_an_answer_is_hashed_with_argon2id_and_its_own_salt():
    first, second = hash_answer("parapluie"), hash_answer("parapluie")
    assert first.startswith("argon2$argon2id$")
    assert first != second


def test_default_questions_are_eight_in_both_languages_and_each_a_question():
    assert len(DEFAULT_QUESTIONS) == len({french for french, _english in DEFAULT_QUESTIONS}) == 8
    for french, english in DEFAULT_QUESTIONS:
        assert french.endswith("\u00a0?")
        assert english.endswith("?")
        assert max(len(french), len(english)) <= 200


@pytest.mark.django_db
def test_default_questions_are_installed_once_and_never_over_chosen_ones(election):
    assert install_default_questions(election) == 8
    assert install_default_questions(election) == 0
    assert [question.text_fr for question in offered_questions(election)] == [french for french, _ in DEFAULT_QUESTIONS]
    own = make_election(slug="autre")
    ChallengeQuestion.objects.create(election=own, position=1, text_fr="Une seule ?", text_en="Only one?")
    assert install_default_questions(own) == 0


@pytest.mark.django_db
def test_a_retired_question_is_no_longer_offered(election):
    install_default_questions(election)
    first = offered_questions(election)[0]
    first.retired_at = BEFORE
    first.save()
    assert first not in offered_questions(election)
    assert offered_questions(election).count() == 7
