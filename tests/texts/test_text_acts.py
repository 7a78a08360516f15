"""Changing a text: both languages or none, never over somebody else's, every version kept and journaled."""

import hashlib
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from isoloir.elections.models import Election
from isoloir.journal.actions import verify_journal
from isoloir.journal.models import JournalEntry
from isoloir.texts.actions import change_text, restore_default, restore_version
from isoloir.texts.errors import TextChangedMeanwhile, TextRefused, VersionUnknown
from isoloir.texts.markdown import LONGEST_TEXT
from isoloir.texts.models import Kind, TextVersion
from isoloir.texts.reading import ShownText, default_text, read_text, read_texts
from tests.electorate import BEFORE, DURING, make_election

ACTOR = "admin@valmont.example"


def save(election: Election, fr: str = "Bonjour.", en: str = "Hello.", *, based_on: int = 0, **others) -> ShownText:
    given = {"kind": Kind.EDITO, "actor": ACTOR, "at": BEFORE} | others
    return change_text(election=election, text_fr=fr, text_en=en, based_on=based_on, **given)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_without_a_change_the_text_of_the_portal_is_shown(election: Election) -> None:
    assert read_text(election, Kind.FAQ) == default_text(Kind.FAQ)
    assert read_text(None, Kind.FAQ) == default_text(Kind.FAQ)


def test_the_election_s_own_text_replaces_it(election: Election) -> None:
    saved = save(election)
    assert read_text(election, Kind.EDITO) == saved
    assert (saved.number, saved.fr, saved.en, saved.is_default) == (1, "Bonjour.\n", "Hello.\n", False)
    assert (saved.changed_at, saved.actor) == (BEFORE, ACTOR)


def test_neither_another_page_nor_another_election_is_touched(election: Election) -> None:
    other = make_election(slug="autre")
    save(election)
    assert read_text(election, Kind.FAQ).is_default
    assert read_text(other, Kind.EDITO).is_default
    assert [text.number for text in read_texts(election)] == [1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("fr", "en", "languages"), [("Bon", "", {"en"}), ("\u202e", "Good", {"fr"}), ("", " ", {"fr", "en"})]
)
def test_a_fault_in_one_language_leaves_both_as_they_were(
    election: Election, fr: str, en: str, languages: set[str]
) -> None:
    with pytest.raises(TextRefused) as refusal:
        save(election, fr, en)
    assert set(refusal.value.faults) == languages
    assert not TextVersion.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_fault_is_told_with_the_line_that_the_editor_sees(election: Election) -> None:
    with pytest.raises(TextRefused) as refusal:
        save(election, "\r\n\r\nBon\u200bjour", "x")
    assert refusal.value.message.startswith("Ligne 3\u00a0:")


def test_the_longest_text_is_saved(election: Election) -> None:
    assert save(election, "a" * LONGEST_TEXT, "x").number == 1


def test_a_refusal_tells_no_log_what_was_typed(election: Election) -> None:
    with pytest.raises(TextRefused) as refusal:
        save(election, "[mot](javascript:secret)", "x")
    assert "secret" not in str(refusal.value)
    assert "secret" in refusal.value.message


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(election: Election) -> None:
    save(election, "Premier.", "First.", based_on=0)
    with pytest.raises(TextChangedMeanwhile) as refusal:
        save(election, "Second.", "Second.", based_on=0)
    assert refusal.value.current.fr == "Premier.\n"
    assert TextVersion.objects.count() == 1
    # Having read it, the second editor may go on from there.
    assert save(election, "Second.", "Second.", based_on=1).number == 2


def test_a_form_that_comes_from_the_future_is_refused_too(election: Election) -> None:
    with pytest.raises(TextChangedMeanwhile):
        save(election, based_on=7)


def test_an_editor_who_changes_nothing_leaves_no_version(election: Election) -> None:
    save(election)
    assert save(election, "Bonjour.\r\n\r\n", " Hello.", based_on=1).number == 1
    default = default_text(Kind.FAQ)
    save(election, default.fr, default.en, kind=Kind.FAQ)
    assert TextVersion.objects.count() == 1
    assert JournalEntry.objects.count() == 1


def test_a_change_is_journaled_with_the_fingerprints_before_and_after(election: Election) -> None:
    save(election)
    line = JournalEntry.objects.get()
    default = default_text(Kind.EDITO)
    assert (line.kind, line.actor, line.subject, line.at) == ("text.changed", ACTOR, election.slug, BEFORE)
    assert line.facts == {
        "kind": "edito", "version": 1, "origin": False,
        "before": {"fr": digest(default.fr), "en": digest(default.en)},
        "after": {"fr": digest("Bonjour.\n"), "en": digest("Hello.\n")},
    }  # fmt: skip
    assert verify_journal() == 1


def test_going_back_to_the_text_of_the_portal_is_a_version_like_another(election: Election) -> None:
    save(election)
    restored = restore_default(election=election, kind=Kind.EDITO, based_on=1, actor=ACTOR, at=DURING)
    assert (restored.number, restored.is_default, restored.fr) == (2, True, default_text(Kind.EDITO).fr)
    assert read_text(election, Kind.EDITO) == restored
    assert JournalEntry.objects.latest("sequence").facts["origin"] is True
    # The words of that day are kept, whatever a later release ships.
    assert TextVersion.objects.get(number=2).text_fr == default_text(Kind.EDITO).fr


def test_going_back_to_where_one_is_changes_nothing(election: Election) -> None:
    assert restore_default(election=election, kind=Kind.EDITO, based_on=0, actor=ACTOR, at=BEFORE).number == 0
    assert not JournalEntry.objects.exists()


def test_going_back_after_somebody_saved_is_told(election: Election) -> None:
    save(election)
    with pytest.raises(TextChangedMeanwhile):
        restore_default(election=election, kind=Kind.EDITO, based_on=0, actor=ACTOR, at=BEFORE)
    with pytest.raises(TextChangedMeanwhile):
        restore_version(election=election, kind=Kind.EDITO, number=1, based_on=0, actor=ACTOR, at=BEFORE)


def test_an_earlier_version_is_taken_up_again(election: Election) -> None:
    save(election)
    save(election, "Autre.", "Other.", based_on=1, at=BEFORE + timedelta(hours=1))
    again = restore_version(election=election, kind=Kind.EDITO, number=1, based_on=2, actor=ACTOR, at=DURING)
    assert (again.number, again.fr, again.en) == (3, "Bonjour.\n", "Hello.\n")


def test_a_version_that_is_not_there_is_not_taken_up(election: Election) -> None:
    with pytest.raises(VersionUnknown):
        restore_version(election=election, kind=Kind.EDITO, number=1, based_on=0, actor=ACTOR, at=BEFORE)


def test_no_version_is_changed_nor_deleted_even_by_the_database(election: Election) -> None:
    save(election)
    for act in (lambda rows: rows.update(text_fr="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act(TextVersion.objects.all())
    assert TextVersion.objects.get().text_fr == "Bonjour.\n"


def test_a_number_serves_once(election: Election) -> None:
    save(election)
    version = TextVersion.objects.get()
    version.pk = None
    with pytest.raises(DatabaseError, match=r"texts_version_once|UNIQUE"), transaction.atomic():
        version.save(force_insert=True)


def test_texts_stay_open_during_the_vote(election: Election) -> None:
    assert save(election, at=DURING).number == 1


def test_reading_a_text_takes_one_query(election: Election, django_assert_num_queries) -> None:
    save(election)
    with django_assert_num_queries(1):
        read_text(election, Kind.EDITO)


# ---- An académie's own text ----


def shown(election: Election, academy: str = "") -> str:
    return read_text(election, Kind.EDITO, academy).fr


def test_an_academie_reads_its_own_text_and_the_others_the_election_s(election: Election) -> None:
    save(election, "Partout.", "Everywhere.")
    saved = save(election, "Ici.", "Here.", academy="Rennes")
    assert (saved.number, saved.academy) == (1, "Rennes")
    assert (shown(election, "Rennes"), shown(election, "Lyon"), shown(election)) == (
        "Ici.\n",
        "Partout.\n",
        "Partout.\n",
    )


def test_an_academie_without_a_text_follows_the_election(election: Election) -> None:
    assert shown(election, "Rennes") == default_text(Kind.EDITO).fr
    save(election, "Un.", "One.")
    assert shown(election, "Rennes") == "Un.\n"
    save(election, "Deux.", "Two.", based_on=1)
    assert read_text(election, Kind.EDITO, "Rennes").number == 0
    assert shown(election, "Rennes") == "Deux.\n"


def test_an_academie_goes_back_to_the_election_s_text_and_follows_it_again(election: Election) -> None:
    save(election, "Ici.", "Here.", academy="Rennes")
    back = restore_default(election=election, kind=Kind.EDITO, based_on=1, actor=ACTOR, at=DURING, academy="Rennes")
    assert (back.number, back.is_default) == (2, True)
    save(election, "Partout.", "Everywhere.")
    assert shown(election, "Rennes") == "Partout.\n"
    again = restore_version(
        election=election, kind=Kind.EDITO, number=1, based_on=2, actor=ACTOR, at=DURING, academy="Rennes"
    )
    assert (again.number, shown(election, "Rennes")) == (3, "Ici.\n")
    with pytest.raises(VersionUnknown):
        restore_version(election=election, kind=Kind.EDITO, number=3, based_on=1, actor=ACTOR, at=DURING)


def test_the_journal_says_the_academie(election: Election) -> None:
    save(election, academy="Rennes")
    assert JournalEntry.objects.get().facts["academy"] == "Rennes"
    assert verify_journal() == 1
