"""The editor of the challenge questions: what it may change, until when, and what it never may."""

from datetime import timedelta

import pytest

from isoloir.elections.models import Election
from isoloir.identity import questions
from isoloir.identity.challenge import offered_questions
from isoloir.identity.models import ChallengeQuestion, VoterAccount
from isoloir.identity.questions import (
    QuestionGone,
    QuestionRefused,
    QuestionsFixed,
    QuestionUsed,
    TooFewQuestions,
    add_question,
    change_question,
    move_question,
    offer_question_again,
    retire_question,
)
from isoloir.journal.models import JournalEntry
from tests.electorate import BEFORE, OPENS, make_voter

BY = {"actor": "admin@valmont.example", "at": BEFORE}


@pytest.fixture
def offered(election: Election) -> list[ChallengeQuestion]:
    """Four questions, each with its two languages."""
    ChallengeQuestion.objects.filter(election=election).delete()
    return [add_question(election=election, text_fr=f"Question {n} ?", text_en=f"Query {n}?", **BY) for n in range(4)]


def take(question: ChallengeQuestion) -> None:
    """Have a voter's account choose the question."""
    voter = make_voter(question.election)
    VoterAccount.objects.create(
        voter=voter, password="x", question=question, answer="y", activated_at=BEFORE, password_set_at=BEFORE
    )


def words(election: Election) -> list[str]:
    rows = ChallengeQuestion.objects.filter(election=election, retired_at=None)
    return [row.text_fr for row in rows.order_by("position", "pk")]


def test_a_question_is_added_at_the_end(election: Election, offered: list[ChallengeQuestion]) -> None:
    question = add_question(election=election, text_fr="  Où ?  ", text_en="Where  to?", **BY)
    assert (question.text_fr, question.text_en) == ("Où ?", "Where to?")
    assert words(election)[-1] == "Où ?"
    line = JournalEntry.objects.latest("sequence")
    assert (line.kind, line.subject) == ("questions.changed", election.slug)
    assert line.facts == {"change": "added", "question": question.pk, "position": 5, "words": ["Où ?", "Where to?"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Écrivez la question."),
        ("   ", "Écrivez la question."),
        ("a" * 201, "La question est trop longue\u00a0: 201 caractères, pour 200 au plus."),
        ("a\nb", "La question tient sur une ligne, sans tabulation."),
        ("a\tb", "La question tient sur une ligne, sans tabulation."),
        ("nom\u202e ?", "U+202E, RIGHT-TO-LEFT OVERRIDE"),
        ("no\u200bm ?", "U+200B, ZERO WIDTH SPACE"),
        ("no\x00m ?", "U+0000"),
        ("question 1 ?", "Cette question est déjà dans la liste."),
    ],
)
def test_words_that_are_refused_say_why(
    election: Election, offered: list[ChallengeQuestion], text: str, sentence: str
) -> None:
    with pytest.raises(QuestionRefused) as refusal:
        add_question(election=election, text_fr=text, text_en="Which one?", **BY)
    assert sentence in " ".join(refusal.value.faults["text_fr"])
    assert set(refusal.value.faults) == {"text_fr"}
    assert len(words(election)) == 4


def test_the_english_words_are_checked_like_the_french(election: Election, offered: list[ChallengeQuestion]) -> None:
    with pytest.raises(QuestionRefused) as refusal:
        add_question(election=election, text_fr="Laquelle ?", text_en="query 2?", **BY)
    assert set(refusal.value.faults) == {"text_en"}


def test_a_question_that_was_retired_is_offered_again_and_not_written_twice(
    election: Election, offered: list[ChallengeQuestion]
) -> None:
    retire_question(question=offered[0], **BY)
    with pytest.raises(QuestionRefused, match="faults") as refusal:
        add_question(election=election, text_fr="Question 0 ?", text_en="Another?", **BY)
    assert "a été retirée" in refusal.value.message
    offer_question_again(question=offered[0], **BY)
    assert words(election) == ["Question 1 ?", "Question 2 ?", "Question 3 ?", "Question 0 ?"]


def test_words_change_as_long_as_no_account_has_the_question(offered: list[ChallengeQuestion]) -> None:
    changed = change_question(question=offered[1], text_fr="Où ?", text_en="Where?", **BY)
    assert (changed.text_fr, changed.text_en) == ("Où ?", "Where?")
    assert words(changed.election) == ["Question 0 ?", "Où ?", "Question 2 ?", "Question 3 ?"]
    facts = JournalEntry.objects.latest("sequence").facts
    assert (facts["before"], facts["words"]) == (["Question 1 ?", "Query 1?"], ["Où ?", "Where?"])


def test_an_answer_to_the_former_words_is_never_kept_beside_the_new_ones(offered: list[ChallengeQuestion]) -> None:
    """The voter's page shows « Question 1 ? » when an administrator changes it; her form names the former row."""
    chosen = offered[1].pk
    changed = change_question(question=offered[1], text_fr="Où ?", text_en="Where?", **BY)
    assert changed.pk != chosen
    assert not offered_questions(changed.election).filter(pk=chosen).exists()


def test_a_question_that_another_editor_changed_is_said_to_be_gone(offered: list[ChallengeQuestion]) -> None:
    seen_by_the_second = ChallengeQuestion.objects.get(pk=offered[1].pk)
    change_question(question=offered[1], text_fr="Où ?", text_en="Where?", **BY)
    with pytest.raises(QuestionGone):
        change_question(question=seen_by_the_second, text_fr="Quand ?", text_en="When?", **BY)
    with pytest.raises(QuestionGone):
        retire_question(question=seen_by_the_second, **BY)


def test_one_language_alone_may_change(offered: list[ChallengeQuestion]) -> None:
    assert change_question(question=offered[1], text_fr="Question 1 ?", text_en="Which?", **BY).text_en == "Which?"


def test_a_question_may_keep_its_own_words(offered: list[ChallengeQuestion]) -> None:
    lines = JournalEntry.objects.count()
    change_question(question=offered[1], text_fr="Question 1 ?", text_en="Query 1?", **BY)
    assert JournalEntry.objects.count() == lines


def test_words_that_a_voter_answered_never_change(offered: list[ChallengeQuestion]) -> None:
    take(offered[1])
    with pytest.raises(QuestionUsed):
        change_question(question=offered[1], text_fr="Où ?", text_en="Where?", **BY)
    offered[1].refresh_from_db()
    assert offered[1].text_fr == "Question 1 ?"


def test_a_retired_question_stays_for_the_accounts_that_have_it(
    election: Election, offered: list[ChallengeQuestion]
) -> None:
    take(offered[1])
    retire_question(question=offered[1], **BY)
    assert words(election) == ["Question 0 ?", "Question 2 ?", "Question 3 ?"]
    assert VoterAccount.objects.get().question.text_fr == "Question 1 ?"


def test_three_questions_stay_at_least(election: Election, offered: list[ChallengeQuestion]) -> None:
    retire_question(question=offered[0], **BY)
    with pytest.raises(TooFewQuestions):
        retire_question(question=offered[1], **BY)
    assert len(words(election)) == questions.FEWEST_OFFERED


def test_to_retire_or_offer_twice_is_to_do_it_once(offered: list[ChallengeQuestion]) -> None:
    retire_question(question=offered[0], **BY)
    lines = JournalEntry.objects.count()
    retire_question(question=offered[0], **BY)
    offer_question_again(question=offered[3], **BY)
    assert JournalEntry.objects.count() == lines


def test_questions_move_by_one_place(election: Election, offered: list[ChallengeQuestion]) -> None:
    move_question(question=offered[2], direction="up", **BY)
    assert words(election) == ["Question 0 ?", "Question 2 ?", "Question 1 ?", "Question 3 ?"]
    move_question(question=offered[0], direction="down", **BY)
    assert words(election) == ["Question 2 ?", "Question 0 ?", "Question 1 ?", "Question 3 ?"]
    assert JournalEntry.objects.latest("sequence").facts["change"] == "moved down"


def test_questions_move_over_one_that_is_retired(election: Election, offered: list[ChallengeQuestion]) -> None:
    retire_question(question=offered[1], **BY)
    move_question(question=offered[2], direction="up", **BY)
    assert words(election) == ["Question 2 ?", "Question 0 ?", "Question 3 ?"]


def test_questions_at_the_same_place_are_moved_all_the_same(
    election: Election, offered: list[ChallengeQuestion]
) -> None:
    ChallengeQuestion.objects.update(position=1)
    move_question(question=offered[3], direction="up", **BY)
    assert words(election) == ["Question 0 ?", "Question 1 ?", "Question 3 ?", "Question 2 ?"]


def test_at_the_ends_of_the_list_nothing_moves(election: Election, offered: list[ChallengeQuestion]) -> None:
    lines = JournalEntry.objects.count()
    move_question(question=offered[0], direction="up", **BY)
    move_question(question=offered[3], direction="down", **BY)
    retired = retire_question(question=offered[1], **BY)
    move_question(question=retired, direction="up", **BY)
    assert words(election) == ["Question 0 ?", "Question 2 ?", "Question 3 ?"]
    assert JournalEntry.objects.count() == lines + 1


def test_nothing_changes_once_voting_has_opened(election: Election, offered: list[ChallengeQuestion]) -> None:
    late = {"actor": "admin@valmont.example", "at": OPENS}
    retired = retire_question(question=offered[3], **BY)
    for act in (
        lambda: add_question(election=election, text_fr="Où ?", text_en="Where?", **late),
        lambda: change_question(question=offered[0], text_fr="Où ?", text_en="Where?", **late),
        lambda: retire_question(question=offered[0], **late),
        lambda: offer_question_again(question=retired, **late),
        lambda: move_question(question=offered[0], direction="down", **late),
    ):
        with pytest.raises(QuestionsFixed):
            act()
    assert words(election) == ["Question 0 ?", "Question 1 ?", "Question 2 ?"]
    # A second before, everything is still possible.
    just_before = late | {"at": OPENS - timedelta(seconds=1)}
    assert add_question(election=election, text_fr="Où ?", text_en="Where?", **just_before).position == 5
