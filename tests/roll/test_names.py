"""Names as they are sorted and searched."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.roll.imports import import_voters
from isoloir.roll.models import NameWord, RollEntry, Voter
from isoloir.roll.names import LONGEST_NAME, LONGEST_WORD, plain_words, sort_name, word_rows, words_of, write_names
from tests.factories import make_contest, make_election
from tests.importing import ACTOR, AT, VOTER_COLUMNS, csv_file, voter_rows


@pytest.mark.parametrize(
    ("last_name", "first_names", "expected"),
    [
        ("DUPONT", "Marie-Claire", "dupont marie claire"),
        ("Lefèvre", "Chloé", "lefevre chloe"),
        # The same letter, its accent written apart.
        ("LEFE\u0300VRE", "Chloe\u0301", "lefevre chloe"),
        ("Lœuf", "Lætitia", "loeuf laetitia"),
        ("STRAUß", "Jürgen", "strauss jurgen"),
        ("D’ARTAGNAN", "Zoé", "d artagnan zoe"),
        ("de La Tour d'Auvergne", "Théophile", "de la tour d auvergne theophile"),
        ("Łukasz", "Søren", "lukasz soren"),
        ("İnce", "Kıvanç", "ince kivanc"),
        ("Ngũgĩ", "wa\u00a0Thiong’o", "ngugi wa thiong o"),
        ("ﬁlloux", "Ñata", "filloux nata"),
        ("МАРИЯ", "", ""),
    ],
)
def test_a_name_is_sorted_without_accents_nor_ligatures(last_name: str, first_names: str, expected: str) -> None:
    assert sort_name(last_name, first_names) == expected


def test_names_and_words_hold_in_their_columns() -> None:
    name = sort_name("œ" * 100, "æ " * 50)
    assert len(name) <= LONGEST_NAME
    assert max(map(len, words_of(name))) <= LONGEST_WORD
    assert plain_words("x" * 100) == ["x" * LONGEST_WORD]


def test_words_come_in_the_order_of_their_index_and_once_for_an_entry() -> None:
    rows = list(word_rows(7, [(3, "anne marie"), (1, "dupont marie"), (2, "marie marie")]))
    assert rows == sorted(rows, key=lambda row: (row[0], row[2], row[3], row[1]))
    assert rows == [
        (7, 3, "anne", "anne marie"), (7, 1, "dupont", "dupont marie"), (7, 3, "marie", "anne marie"),
        (7, 1, "marie", "dupont marie"), (7, 2, "marie", "marie marie"),
    ]  # fmt: skip


def words() -> set[tuple[str, str, str]]:
    rows = NameWord.objects.values_list("contest__code", "entry__voter__reference", "word", "sort_name")
    for contest, _reference, _word, name in rows:
        assert name == RollEntry.objects.get(contest__code=contest, sort_name=name).sort_name
    return {(contest, reference, word) for contest, reference, word, _name in rows}


@pytest.mark.django_db
def test_an_import_writes_the_names_and_an_import_again_those_that_changed() -> None:
    election = make_election()
    for code in ("CSA-MIN", "CAP-1", "CCP-S"):
        make_contest(election, code, lists=0)

    def load(rows: list[list[str]]) -> None:
        import_voters(election=election, content=csv_file(VOTER_COLUMNS, rows), actor=ACTOR, at=AT)

    load(voter_rows(2))
    expected = {
        (contest, f"E00000{number}", word)
        for number, contests in ((1, ("CSA-MIN", "CAP-1")), (2, ("CSA-MIN", "CCP-S")))
        for contest in contests
        for word in ("chloe", f"lefevre{number}")
    }
    assert words() == expected
    keys = set(RollEntry.objects.values_list("pk", flat=True))
    rows = voter_rows(2)
    rows[0][2] = "Œillet"
    load(rows)
    assert set(RollEntry.objects.values_list("pk", flat=True)) == keys
    assert words() == {(contest, who, word.replace("lefevre1", "oeillet")) for contest, who, word in expected}


@pytest.mark.django_db
def test_names_of_a_few_entries_are_written_again_in_as_many_queries_as_one() -> None:
    election = make_election()
    for code in ("CSA-MIN", "CAP-1", "CCP-S"):
        make_contest(election, code, lists=0)
    import_voters(election=election, content=csv_file(VOTER_COLUMNS, voter_rows(40)), actor=ACTOR, at=AT)
    Voter.objects.filter(reference="E000001").update(last_name="Ångström", first_names="Anne Lise")
    counts = []
    for references in (("E000001",), tuple(f"E{number:06d}" for number in range(1, 41))):
        entries = list(RollEntry.objects.filter(voter__reference__in=references).select_related("voter"))
        with CaptureQueriesContext(connection) as queries:
            write_names(entries)
        counts.append(len(queries))
        assert {entry.sort_name for entry in entries if entry.voter.reference == "E000001"} == {"angstrom anne lise"}
    assert counts[0] == counts[1]
    assert {word for _contest, who, word in words() if who == "E000001"} == {"angstrom", "anne", "lise"}
    assert len(words()) == 80 * 2 + 2
