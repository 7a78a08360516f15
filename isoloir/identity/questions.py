"""The challenge questions that an election offers, and the acts of their editor.

They change until voting opens, then no longer: they are part of what the organiser fixed before the vote (R211-515), and
who activates an account on the last day chooses among the same questions as who did on the first. A question that an
account chose keeps its words for good, for the answer was given to these words; it may be retired, and stays for the
accounts that have it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from django.db import models, transaction
from django.utils.translation import gettext as _

from isoloir.common.characters import character_faults
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import IdentityRefused
from .models import ChallengeQuestion

# With fewer, most voters would have the same question, and colleagues could guess at answers.
FEWEST_OFFERED = 3
_LONGEST = 200


class QuestionRefused(IdentityRefused):
    """The words of a question are not admitted: `faults` gives the sentences of each field (`text_fr`, `text_en`)."""

    def __init__(self, faults: dict[str, list[str]]) -> None:
        super().__init__(f"{sum(map(len, faults.values()))} faults")
        self.faults = faults

    @property
    def message(self) -> str:
        return " ".join(sentence for sentences in self.faults.values() for sentence in sentences)


class QuestionsFixed(IdentityRefused):
    """Voting has opened: the list is what it is."""

    @property
    def message(self) -> str:
        return _("Le vote est ouvert : la liste des questions défi ne change plus.")


class QuestionUsed(IdentityRefused):
    """An account has this question: its words stay."""

    @property
    def message(self) -> str:
        return _("Des électeurs ont déjà choisi cette question : ses mots ne changent plus. Retirez-la, et ajoutez-en une autre.")  # fmt: skip


class QuestionGone(IdentityRefused):
    """Another administrator put other words in its place meanwhile."""

    @property
    def message(self) -> str:
        return _("Cette question vient d’être modifiée par quelqu’un d’autre. Revenez à la liste.")


class TooFewQuestions(IdentityRefused):
    """Voters must keep a choice."""

    @property
    def message(self) -> str:
        return _("Il faut laisser au moins %(number)d questions au choix : ajoutez-en une autre avant de retirer celle-ci.") % {"number": FEWEST_OFFERED}  # fmt: skip


@transaction.atomic
def add_question(*, election: Election, text_fr: str, text_en: str, actor: str, at: datetime) -> ChallengeQuestion:
    """Offer one more question, the last of the list. Raises QuestionsFixed, QuestionRefused."""
    _hold(election, at=at)
    text_fr, text_en = _checked(election, text_fr, text_en)
    last = ChallengeQuestion.objects.filter(election=election).order_by("-position").first()
    question = ChallengeQuestion.objects.create(
        election=election, position=last.position + 1 if last else 1, text_fr=text_fr, text_en=text_en
    )
    _journal("added", question, actor=actor, at=at, words=[text_fr, text_en])
    return question


@transaction.atomic
def change_question(
    *, question: ChallengeQuestion, text_fr: str, text_en: str, actor: str, at: datetime
) -> ChallengeQuestion:
    """Put other words at the place of a question that no account has.

    They are another row: a voter who is answering the former words meanwhile is told that they are no longer offered, and
    never has an answer kept beside words that were not read. Raises QuestionsFixed, QuestionGone, QuestionUsed, QuestionRefused.
    """
    _hold(question.election, at=at)
    question = _locked(question)
    if question.accounts.exists():
        raise QuestionUsed
    text_fr, text_en = _checked(question.election, text_fr, text_en, but=question)
    before = [question.text_fr, question.text_en]
    if before == [text_fr, text_en]:
        return question
    former = question.pk
    # The foreign key of an account that takes these very words in this instant makes one of the two acts fail.
    question.delete()
    changed = ChallengeQuestion.objects.create(
        election=question.election, position=question.position, retired_at=question.retired_at,
        text_fr=text_fr, text_en=text_en,
    )  # fmt: skip
    _journal("changed", changed, actor=actor, at=at, words=[text_fr, text_en], before=before, former=former)
    return changed


@transaction.atomic
def retire_question(*, question: ChallengeQuestion, actor: str, at: datetime) -> ChallengeQuestion:
    """Offer a question no longer; the accounts that have it keep it. Raises QuestionsFixed, QuestionGone, TooFewQuestions."""
    _hold(question.election, at=at)
    question = _locked(question)
    if question.retired_at is not None:
        return question
    if _offered(question.election).count() <= FEWEST_OFFERED:
        raise TooFewQuestions
    question.retired_at = at
    question.save(update_fields=("retired_at",))
    _journal("retired", question, actor=actor, at=at)
    return question


@transaction.atomic
def offer_question_again(*, question: ChallengeQuestion, actor: str, at: datetime) -> ChallengeQuestion:
    """Offer again a question that was retired, the last of the list. Raises QuestionsFixed, QuestionGone."""
    _hold(question.election, at=at)
    question = _locked(question)
    if question.retired_at is None:
        return question
    last = ChallengeQuestion.objects.filter(election=question.election).latest("position")
    question.retired_at, question.position = None, last.position + 1
    question.save(update_fields=("retired_at", "position"))
    _journal("offered again", question, actor=actor, at=at)
    return question


@transaction.atomic
def move_question(
    *, question: ChallengeQuestion, direction: Literal["up", "down"], actor: str, at: datetime
) -> ChallengeQuestion:
    """Exchange an offered question with its neighbour; at the end of the list, nothing moves. Raises QuestionsFixed."""
    _hold(question.election, at=at)
    offered = list(_offered(question.election).select_for_update(of=("self",)))
    place = next((place for place, each in enumerate(offered) if each.pk == question.pk), None)
    other = None if place is None else place + (-1 if direction == "up" else 1)
    if place is None or other is None or not 0 <= other < len(offered):
        return question
    offered[place], offered[other] = offered[other], offered[place]
    # Positions are written anew from 1: two questions may have had the same one.
    for position, each in enumerate(offered, start=1):
        each.position = position
    ChallengeQuestion.objects.bulk_update(offered, ("position",))
    _journal(f"moved {direction}", offered[other], actor=actor, at=at)
    return offered[other]


def _hold(election: Election, *, at: datetime) -> None:
    """Keep every other editor of this election waiting. Raises QuestionsFixed once voting has opened."""
    locked = Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    if at >= locked.voting_opens_at:
        raise QuestionsFixed


def _locked(question: ChallengeQuestion) -> ChallengeQuestion:
    locked = ChallengeQuestion.objects.select_for_update(of=("self",)).filter(pk=question.pk).first()
    if locked is None:
        raise QuestionGone
    return locked


def _offered(election: Election) -> models.QuerySet[ChallengeQuestion]:
    return ChallengeQuestion.objects.filter(election=election, retired_at=None).order_by("position", "pk")


def _checked(
    election: Election, text_fr: str, text_en: str, *, but: ChallengeQuestion | None = None
) -> tuple[str, str]:
    """Return the words with single spaces. Raises QuestionRefused."""
    words = {
        "text_fr": " ".join(filter(None, text_fr.split(" "))),
        "text_en": " ".join(filter(None, text_en.split(" "))),
    }
    faults = {field: list(_faults(text)) for field, text in words.items()}
    others = ChallengeQuestion.objects.filter(election=election)
    if but is not None:
        others = others.exclude(pk=but.pk)
    for field, text in words.items():
        if not faults[field] and (twin := others.filter(**{f"{field}__iexact": text}).first()):
            faults[field].append(
                _("Cette question est déjà dans la liste.")
                if twin.retired_at is None
                else _("Cette question a été retirée : proposez-la de nouveau, plus bas dans la liste.")
            )
    if any(faults.values()):
        raise QuestionRefused({field: sentences for field, sentences in faults.items() if sentences})
    return words["text_fr"], words["text_en"]


def _faults(text: str) -> Iterator[str]:
    if not text:
        yield _("Écrivez la question.")
    elif len(text) > _LONGEST:
        yield _("La question est trop longue : %(length)d caractères, pour %(most)d au plus.") % {"length": len(text), "most": _LONGEST}  # fmt: skip
    elif "\n" in text or "\t" in text:
        yield _("La question tient sur une ligne, sans tabulation.")
    else:
        yield from character_faults(text)


def _journal(change: str, question: ChallengeQuestion, *, actor: str, at: datetime, **facts: object) -> None:
    # The words are those that every voter reads: no secret; answers never come here.
    known: dict[str, object] = {"change": change, "question": question.pk, "position": question.position}
    record(Kind.QUESTIONS_CHANGED, actor=actor, at=at, subject=question.election.slug, facts=known | facts)
