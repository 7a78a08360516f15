"""The challenge question and its secret answer, which let a voter ask for another voting code later (product §3.5).

A good question has one answer that its owner remembers for years, many possible answers, and none that is in a personnel
file, on a social network or known to colleagues: no place of birth, no family name, no animal.
"""

import unicodedata
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from isoloir.elections.models import Election

from .errors import AnswerRefused
from .models import ChallengeQuestion

SHORTEST_ANSWER = 3
LONGEST_ANSWER = 200
# French and English. Proposed to every new election, whose administrators may change them.
DEFAULT_QUESTIONS = (
    (
        "Quel mot inventé ou déformé, compris de vos proches seuls, disait-on chez vous ?",
        "Which made-up or mispronounced word, understood only by your family, did you use at home?",
    ),
    (
        "Quelle est la première chose que vous avez achetée avec votre propre argent ?",
        "What is the first thing you bought with your own money?",
    ),
    (
        "Quel nom donniez-vous, dans votre enfance, à votre jouet préféré ?",
        "What name did you give, as a child, to your favourite toy?",
    ),
    (
        "Dans quelle cachette vous réfugiiez-vous quand vous étiez enfant ?",
        "In which hiding place did you take shelter as a child?",
    ),
    (
        "Quel objet avez-vous perdu et regrettez-vous encore ?",
        "Which object did you lose and still miss?",
    ),
    (
        "Quelle est l’histoire ou la chanson que vous réclamiez pour vous endormir ?",
        "Which story or song did you ask for at bedtime?",
    ),
    (
        "Quel plat ne pourrez-vous plus jamais manger, et chez qui l’avez-vous goûté ?",
        "Which dish will you never eat again, and at whose table did you taste it?",
    ),
    (
        "Quelle bêtise d’enfance n’avez-vous avouée que bien plus tard ?",
        "Which childhood mischief did you own up to only much later?",
    ),
)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_QUOTES = frozenset("'`´‘’‚‛′ʹʻʼʽ＇")


def install_default_questions(election: Election) -> int:
    """Give the default questions to an election that has none; return how many were written."""
    if election.challenge_questions.exists():
        return 0
    questions = [
        ChallengeQuestion(election=election, position=position, text_fr=french, text_en=english)
        for position, (french, english) in enumerate(DEFAULT_QUESTIONS, start=1)
    ]
    return len(ChallengeQuestion.objects.bulk_create(questions, ignore_conflicts=True))


def offered_questions(election: Election) -> "QuerySet[ChallengeQuestion]":
    """Return the questions that a voter may choose today, in their order."""
    return election.challenge_questions.filter(retired_at=None)


def normalise_answer(text: str) -> str:
    """Return what is hashed: NFKC, then without case, accents, spaces, apostrophes and hyphens.

    « L’Été à Saint-Malo » and « lete a saint malo » are the same answer; the page says so before it is typed.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LIGATURES)
    bare = unicodedata.normalize("NFKD", folded).casefold()
    return "".join(character for character in bare if not _is_left_out(character))


def check_answer_rules(answer: str, *, question: ChallengeQuestion) -> str:
    """Return the normalised answer that satisfies every rule. Raises AnswerRefused with all faults at once."""
    normalised = normalise_answer(answer)
    faults = []
    if len(normalised) < SHORTEST_ANSWER:
        faults.append(
            _("La réponse doit avoir au moins %(count)d caractères, sans compter les espaces.")
            % {"count": SHORTEST_ANSWER}
        )
    elif len(set(normalised)) == 1:
        faults.append(_("La réponse répète un seul caractère : elle serait devinée."))
    if len(normalised) > LONGEST_ANSWER:
        faults.append(_("La réponse doit avoir au plus %(count)d caractères.") % {"count": LONGEST_ANSWER})
    if _repeats(answer, (question.text_fr, question.text_en)):
        faults.append(_("La réponse reprend les mots de la question : elle serait devinée."))
    if faults:
        raise AnswerRefused(faults)
    return normalised


def hash_answer(normalised: str) -> str:
    """Return the Argon2id hash of a normalised answer. Takes long on purpose: never inside a transaction."""
    return make_password(normalised)


def require_offered(question: ChallengeQuestion, *, election: Election) -> None:
    """Refuse a question of another election, or one that an administrator has just taken away. Raises AnswerRefused."""
    if not offered_questions(election).filter(pk=question.pk).exists():
        raise AnswerRefused([_("Choisissez une question de la liste.")])


def _is_left_out(character: str) -> bool:
    # M: accents; Z and C: spaces and invisible characters; Pd: hyphens and dashes.
    category = unicodedata.category(character)
    return category[0] in "MZC" or category == "Pd" or character in _QUOTES


def _repeats(answer: str, texts: Iterable[str]) -> bool:
    """Tell whether every word of the answer is a word of the question, in one language or the other."""
    words = _words(answer)
    return bool(words) and any(words <= _words(text) for text in texts)


def _words(text: str) -> set[str]:
    spaced = "".join(character if character.isalnum() else " " for character in unicodedata.normalize("NFKC", text))
    return {normalise_answer(word) for word in spaced.split()}
