"""Importing identifiers.csv: keyed hashes, all or nothing, every fault by line and no cell told."""

import pytest
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.common.errors import ImportRefused
from isoloir.credentials.identifiers import COLUMNS, keyed_hash, read_identifiers_file
from isoloir.credentials.reissue.identifiers import IdentifiersImported, identifier_pepper, import_identifiers
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.models import Election
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files
from isoloir.roll.models import VoterIdentifiers
from tests.electorate import BEFORE, make_contest, make_election, make_voter
from tests.importing import csv_file, places

ROW = ("E1", "15E8800001ABC", "2 55 08 14 168 025 38", "Du Bois", "Anne, Lucie", "03/12/1980", "75056")


@pytest.fixture
def election(db: None) -> Election:
    election = make_election()
    for number in range(1, 4):
        make_voter(election, reference=f"E{number}", email=f"v{number}@valmont.example")
    return election


def content(*rows: tuple[str, ...]) -> bytes:
    return csv_file(COLUMNS, rows)


def load(election: Election, file: bytes) -> IdentifiersImported:
    return import_identifiers(election=election, content=file, actor="a@b.example", at=BEFORE)


def refused(election: Election, file: bytes) -> list[tuple[int | None, str]]:
    with pytest.raises(ImportRefused) as refusal:
        load(election, file)
    assert not VoterIdentifiers.objects.exists()
    assert not JournalEntry.objects.exists()
    for fault in refusal.value:
        assert "Du Bois" not in str(fault)
        assert "15E88" not in str(fault)
    return places(refusal.value)


def test_import_keeps_keyed_hashes_and_counts(election: Election) -> None:
    done = load(election, content(ROW, ("E2", "", "", "", "", "1981-01-02", "")))
    assert done == IdentifiersImported(
        2, {"numen": 1, "nir": 1, "birth_date": 2, "identity": 1, "identity_with_place": 1}, 1
    )
    kept = VoterIdentifiers.objects.get(voter__reference="E1")
    assert kept.nir == keyed_hash(identifier_pepper(), kind="nir", reference="E1", text="2550814168")
    assert kept.identity == keyed_hash(
        identifier_pepper(), kind="identity", reference="E1", text="DUBOIS|ANNE|1980-12-03"
    )
    text = serializers.serialize("json", [*VoterIdentifiers.objects.all(), *JournalEntry.objects.all()])
    for value in ("15E8800001ABC", "2550814168", "DUBOIS", "1980-12-03", "75056"):
        assert value not in text


def test_portal_and_registrar_read_the_same_file_alike(election: Election) -> None:
    file = content(ROW, ("E2", "15e88 00002 abc", "180012A004", "L’Été", "Zoé", "1981-01-02", "2A004"))
    load(election, file)
    for person in read_identifiers_file(file):
        kept = VoterIdentifiers.objects.get(voter__reference=person.reference)
        assert person.hashes(identifier_pepper()) == {kind: getattr(kept, kind) for kind in person.hashes(b"")}


def test_french_titles_and_windows_1252_are_read(election: Election) -> None:
    text = "Référence;NUMEN;Numéro de sécurité sociale;Nom de naissance;Prénom;Date de naissance;Lieu de naissance\n"
    load(election, (text + "E1;;;Éloi;Zoé;03/12/1980;\n").encode("cp1252"))
    assert VoterIdentifiers.objects.get().identity


def test_import_replaces_what_was_there(election: Election) -> None:
    load(election, content(ROW))
    load(election, content(("E2", "", "", "", "", "1981-01-02", "")))
    assert list(VoterIdentifiers.objects.values_list("voter__reference", flat=True)) == ["E2"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({0: "E9"}, (3, "reference")),
        ({0: ""}, (3, "reference")),
        ({1: "15E88"}, (3, "numen")),
        ({2: "2 55 08 14 168 025 39"}, (3, "nir")),
        ({2: "2,55E+14"}, (3, "nir")),
        ({4: ""}, (3, "birth_first_name")),
        ({5: "31/02/1980"}, (3, "birth_date")),
        ({6: "Paris"}, (3, "birth_place")),
        ({0: "E3", 1: "", 2: "", 3: "", 4: "", 5: "", 6: ""}, (3, "reference")),
    ],
)
def test_each_fault_is_named_and_nothing_is_imported(
    election: Election, change: dict[int, str], place: tuple[int, str]
) -> None:
    row = tuple(change.get(number, cell) for number, cell in enumerate(("E2", *ROW[1:])))
    assert refused(election, content(ROW, row)) == [place]


def test_person_twice_and_every_other_bad_line_are_all_named(election: Election) -> None:
    rows = (ROW, ROW, ("E2", "x", "", "", "", "", ""), ("E3", "", "y", "", "", "", ""))
    assert refused(election, content(*rows)) == [(3, "reference"), (4, "numen"), (5, "nir")]


def test_number_of_queries_does_not_grow_with_the_people(election: Election) -> None:
    counts = []
    for size in (1, 3):
        rows = [(f"E{number}", *ROW[1:]) for number in range(1, size + 1)]
        with CaptureQueriesContext(connection) as queries:
            load(election, content(*rows))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_identifiers_are_fixed_once_a_contest_is_sealed(election: Election) -> None:
    make_contest(election, state="sealed")
    with pytest.raises(ElectionSealed):
        load(election, content(ROW))


def test_folder_of_an_election_brings_its_identifiers(election: Election) -> None:
    files = {"identifiers.csv": content(ROW)}
    sentences = import_files(election=election, files=files, actor="commande", at=BEFORE)
    assert sentences == ["Identifiants reçus : 1 ; électeurs sans identifiant : 2."]
    assert VoterIdentifiers.objects.count() == 1
