"""Two administrators press « Enregistrer » in the same instant: one text is saved, the other editor is told."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from isoloir.elections.models import Election
from isoloir.journal.actions import verify_journal
from isoloir.texts.actions import change_text
from isoloir.texts.errors import TextChangedMeanwhile
from isoloir.texts.models import Kind, TextVersion
from tests.electorate import BEFORE

EDITORS = 6


@pytest.mark.django_db(transaction=True)
def test_exactly_one_of_many_editors_wins(election: Election) -> None:
    together = Barrier(EDITORS)

    def save(number: int) -> str:
        try:
            together.wait()
            change_text(
                election=election, kind=Kind.LEGAL, text_fr=f"Texte {number}.", text_en=f"Text {number}.", based_on=0,
                actor=f"editor-{number}@valmont.example", at=BEFORE,
            )  # fmt: skip
        except TextChangedMeanwhile as refusal:
            return refusal.current.actor
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(EDITORS) as pool:
        answers = list(pool.map(save, range(EDITORS)))
    winner = TextVersion.objects.get()
    assert answers.count("saved") == 1
    assert answers.index("saved") == int(winner.text_en.removeprefix("Text ").removesuffix(".\n"))
    # The others are told whose text is on the page.
    assert set(answers) == {"saved", winner.actor}
    assert verify_journal() == 1
