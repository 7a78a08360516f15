"""Changing the roll one voter at a time, by the rules of its import."""

from typing import Any

import pytest

from isoloir.elections.models import Election
from isoloir.roll.changes import NEW_VOTER, add_entry, add_voter, correct_voter, remove_entry, voter_faults
from isoloir.roll.errors import ChangeRefused
from isoloir.roll.models import NameWord, RollEntry, Voter, VoterAddress
from tests import electorate

pytestmark = pytest.mark.django_db


@pytest.fixture
def election() -> Election:
    return electorate.make_election()


def somebody(**changes: str) -> dict[str, str]:
    values = {
        "reference": "V-42", "civility": "M.", "last_name": "Ménard", "first_names": "Élie", "email": "elie@valmont.example",
        "second_email": "", "establishment_code": "0990001A", "establishment": "Collège des Tilleuls", "academy": "Valmont",
    }  # fmt: skip
    assert set(values) == set(NEW_VOTER)
    return values | changes


def words() -> set[str]:
    return set(NameWord.objects.values_list("word", flat=True))


def test_a_new_voter_enters_a_roll_and_is_found_by_name_and_address(election: Election) -> None:
    contest = electorate.make_contest(election)
    entry = add_entry(voter=add_voter(election=election, fields=somebody()), contest=contest)
    assert RollEntry.objects.get(pk=entry.pk).sort_name == "menard elie"
    assert words() == {"menard", "elie"}
    assert VoterAddress.objects.get().key == "elie@valmont.example"


def test_a_corrected_voter_is_found_by_the_new_name_alone(election: Election) -> None:
    contest = electorate.make_contest(election)
    voter = add_voter(election=election, fields=somebody())
    add_entry(voter=voter, contest=contest)
    correct_voter(voter=voter, fields={"last_name": "Léger", "email": "E.Leger@valmont.example"})
    assert words() == {"leger", "elie"}
    assert RollEntry.objects.get().sort_name == "leger elie"
    assert [address.key for address in VoterAddress.objects.all()] == ["e.leger@valmont.example"]


def test_the_last_entry_takes_the_voter_along(election: Election) -> None:
    first, second = electorate.make_contest(election), electorate.make_contest(election, "CAP")
    voter = add_voter(election=election, fields=somebody())
    entries = [add_entry(voter=voter, contest=contest) for contest in (first, second)]
    assert remove_entry(entry=entries[0]) is False
    assert Voter.objects.count() == 1
    assert remove_entry(entry=entries[1]) is True
    assert not Voter.objects.exists()
    assert not VoterAddress.objects.exists()
    assert not NameWord.objects.exists()


def test_nobody_enters_the_same_roll_twice_nor_that_of_another_election(election: Election) -> None:
    contest = electorate.make_contest(election)
    voter = electorate.make_voter(election, contest)
    other = electorate.make_contest(electorate.make_election(slug="autre"), "AUTRE")
    for refused in (contest, other):
        with pytest.raises(ChangeRefused) as refusal:
            add_entry(voter=voter, contest=refused)
        assert set(refusal.value.faults) == {"contest"}
    assert RollEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("last_name", "", "à remplir"),
        ("last_name", "Du\u202epont", "sens de lecture"),
        ("first_names", "An\u200bne", "invisible"),
        ("first_names", "Anne\nMarie", "une ligne"),
        ("last_name", "M" * 101, "maximum est 100"),
        ("email", "pas une adresse", "valable"),
        ("email", "ANNE.dupont@valmont.example", "n’identifie qu’un électeur"),
        ("second_email", "anne.dupont@valmont.example", "n’identifie qu’un électeur"),
        ("second_email", "elie@valmont.example", "la même que la première"),
        ("establishment_code", "09 90", "code d’établissement"),
        ("reference", "V 42", "référence"),
        ("reference", "v-ANNE.dupont@valmont.example", "déjà cette référence"),
        ("academy", "VALMONT", "écrite autrement"),
    ],
)
def test_what_the_import_refuses_is_refused_here(election: Election, field: str, value: str, said: str) -> None:
    electorate.make_voter(election)
    with pytest.raises(ChangeRefused) as refusal:
        add_voter(election=election, fields=somebody(**{field: value}))
    assert set(refusal.value.faults) == {field}
    assert said in refusal.value.faults[field]
    assert value not in str(refusal.value) or not value
    assert Voter.objects.count() == 1


def test_one_keeps_one_s_own_address_and_frees_the_former_one(election: Election) -> None:
    voter = electorate.make_voter(election)
    correct_voter(voter=voter, fields={"email": "a.martin@valmont.example", "second_email": voter.email})
    assert VoterAddress.objects.filter(voter=voter).count() == 2
    correct_voter(voter=voter, fields={"second_email": ""})
    assert voter_faults(election, somebody(email="anne.dupont@valmont.example")) == {}


def test_only_what_may_be_corrected_is(election: Election) -> None:
    voter = electorate.make_voter(election)
    fields: dict[str, Any] = {"reference": "V-43"}
    with pytest.raises(ValueError, match="reference"):
        correct_voter(voter=voter, fields=fields)
