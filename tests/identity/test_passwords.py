"""The rules of passwords, by policy; and their hashes."""

import pytest

from isoloir.elections.models import Election
from isoloir.identity.errors import PasswordRefused
from isoloir.identity.passwords import (
    POLICIES,
    check_password_rules,
    check_voter_password,
    hash_password,
    policy_of,
)
from isoloir.roll.models import Voter
from tests.electorate import PASSWORD

ADDRESSES = ("anne.dupont@valmont.example", "anne.martin@valmont.example")
NAMES = ("Dupont-Léger", "Anne Zoé")


def check(password, policy="2022"):
    return check_password_rules(password, addresses=ADDRESSES, policy=POLICIES[policy], names=NAMES)


@pytest.mark.parametrize(
    ("policy", "password", "fault"),
    [
        ("2022", "Abcdefgh-1x", "au moins 12 caractères"),
        ("2022", "A1!" + "xq" * 127, "au plus 256 caractères"),
        ("2022", "ABCDEFÉGHI-12", "minuscule sans accent"),
        ("2022", "abcdeéfghi-12", "majuscule sans accent"),
        ("2022", "Abcdefghij-kl", "un chiffre"),
        ("2022", "Abcdefghijk12", "caractère spécial"),
        ("2022", "Abcdéfghij 12", "caractère spécial"),
        ("2022", "Anne.Dupont@valmont.example", "adresse électronique"),
        ("2022", "x-ANNE.MARTIN-2026", "adresse électronique"),
        ("2022", "Mon-DUPONT-2026!", "ni votre nom ni votre prénom"),
        ("2022", "xdupontx-A-2026!", "ni votre nom ni votre prénom"),
        ("2022", "Vive-Leger-2026!", "ni votre nom ni votre prénom"),
        ("2022", "2026-Zoé-2027-x", "ni votre nom ni votre prénom"),
        ("2022", "Motdepasse2026!", "trop courant"),
        ("2022", "Qwertyuiop-12!", "trop courant"),
        ("2018", "Abcdef1", "au moins 8 caractères"),
        ("2018", "Hvcrplmzij1" + "xq" * 7, "au plus 24 caractères"),
        ("2018", "ABCDEFG1", "minuscule sans accent"),
        ("2018", "abcdefg1", "majuscule sans accent"),
        ("2018", "Abcdefgh", "un chiffre"),
        ("2018", "Motdepasse1", "trop courant"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_by_its_name(policy, password, fault):
    with pytest.raises(PasswordRefused) as refusal:
        check(password, policy)
    assert [sentence for sentence in refusal.value.sentences if fault in sentence], refusal.value.sentences


def test_all_broken_rules_are_named_at_once():
    with pytest.raises(PasswordRefused) as refusal:
        check("é")
    assert len(refusal.value.sentences) == 5


@pytest.mark.parametrize(
    ("policy", "password"),
    [
        ("2022", "Hvcrplmzij-1"),
        ("2022", "Aa1!" + "xq" * 126),
        ("2022", PASSWORD),
        ("2022", "phrase de passe Longue, 1 fois"),
        # A short name inside another word says nothing.
        ("2022", "Cette-Panne-De-2026"),
        ("2018", "Hvcrplm1"),
        ("2018", "Hvcrplmzij-1" + "xq" * 6),
    ],
)
def test_a_password_that_keeps_the_rules_is_accepted(policy, password):
    assert check(password, policy) == password


def test_an_election_names_its_policy_and_a_voter_brings_names_and_both_addresses():
    election = Election(password_policy="2018")
    voter = Voter(
        election=election, last_name="Dupont", first_names="Anne", email="a.d@valmont.example",
        second_email="anne.martin@valmont.example",
    )  # fmt: skip
    assert policy_of(election) is POLICIES["2018"]
    assert check_voter_password("Hvcrplm1", voter=voter) == "Hvcrplm1"
    for password in ("Dupont-2026", "Anne.Martin1"):
        with pytest.raises(PasswordRefused):
            check_voter_password(password, voter=voter)


def test_two_forms_of_the_same_letters_are_one_password():
    assert check("E\u0301te\u0301-Bru\u0302lant-2026!") == "Été-Brûlant-2026!"


def test_hash_says_its_parameters_and_has_its_own_salt():
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.startswith("argon2$argon2id$v=19$m=1024,t=1,p=1$")
    assert first != second
