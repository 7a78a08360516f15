"""The number or address typed for the link: which are read, which are refused and in what words."""

import pytest

from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.models import ContactUse
from isoloir.credentials.reissue.contacts import (
    Contact,
    claim_contact,
    contact_key,
    read_contact,
    read_mobile_number,
    require_free,
)
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES, read_policies
from isoloir.elections.models import Election
from isoloir.roll.models import Voter
from tests.account_acts import at_once
from tests.electorate import make_election, make_voter

CHALLENGE = DEFAULT_POLICIES["challenge"]
ANYWHERE = read_policies([CHALLENGE.as_json() | {"refuses_work_domain": False}])[0]


@pytest.fixture
def election(db: None) -> Election:
    return make_election()


@pytest.fixture
def voter(election: Election) -> Voter:
    return make_voter(election, second_email="anne.martin@rectorat.example")


def email(voter: Voter, typed: str, policy=CHALLENGE) -> Contact:
    return read_contact(channel="email", typed=typed, policy=policy, voter=voter)


def refused(typed: str) -> str:
    with pytest.raises(ReissueRefused) as refusal:
        read_mobile_number(typed)
    assert refusal.value.code == "contact_invalid"
    assert str(refusal.value) == "contact_invalid"
    return refusal.value.message


# ---- Numbers ----


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("07.56.78.90.12", "+33756789012"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("0692 12 34 56", "+262692123456"),  # La Réunion
        ("0639 69 12 34", "+262639691234"),  # Mayotte
        ("0690 12 34 56", "+590690123456"),  # Guadeloupe, Saint-Barthélemy and Saint-Martin have one plan
        ("0694 12 34 56", "+594694123456"),  # Guyane
        ("0696 12 34 56", "+596696123456"),  # Martinique
        ("0708 40 12 34", "+508708401234"),  # Saint-Pierre-et-Miquelon
        ("+687 75 12 34", "+687751234"),
        ("+689 87 12 34 56", "+68987123456"),
        ("+681 82 12 34", "+681821234"),
        ("+32 470 12 34 56", "+32470123456"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_mobile_numbers_of_france_overseas_and_abroad_are_read(typed: str, number: str) -> None:
    assert read_mobile_number(typed) == number


@pytest.mark.parametrize("typed", ["01 42 34 56 78", "+33 1 42 34 56 78", "0262 20 12 34", "+32 2 345 67 89"])
def test_fixed_line_is_refused_as_such(typed: str) -> None:
    assert "ligne fixe" in refused(typed)


@pytest.mark.parametrize("typed", ["0899 70 01 23", "0800 12 34 56", "+33 899 70 01 23", "09 70 12 34 56"])
def test_special_number_is_refused_as_such(typed: str) -> None:
    assert "numéro spécial" in refused(typed)


@pytest.mark.parametrize("typed", ["15", "3949", "06 12 34 56", "99 99 99 99 99"])
def test_number_of_no_plan_asks_for_the_international_form(typed: str) -> None:
    assert "indicatif" in refused(typed)


@pytest.mark.parametrize("typed", ["", "zéro six", "06 12 34 56 78 poste 3", "٠٦١٢٣٤٥٦٧٨", "+"])
def test_what_is_no_number_is_refused_without_being_repeated(typed: str) -> None:
    assert "mobile" in refused(typed) or "indicatif" in refused(typed)


def test_number_that_two_territories_share_asks_for_the_international_form(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two foreign plans that this number fits stand for what a change of plans could bring.
    monkeypatch.setattr("isoloir.credentials.reissue.contacts._REGIONS", ("BE", "CH", "AT", "SE", "FI"))
    monkeypatch.setattr(
        "isoloir.credentials.reissue.contacts.phonenumbers.is_valid_number_for_region", lambda *_ignored: True
    )
    monkeypatch.setattr("isoloir.credentials.reissue.contacts.phonenumbers.number_type", lambda _number: 1)
    assert "plusieurs territoires" in refused("0470 12 34 56")


def test_one_number_has_one_key_however_it_is_typed(voter: Voter) -> None:
    keys = {
        read_contact(channel="sms", typed=typed, policy=CHALLENGE, voter=voter).key
        for typed in ("06 12 34 56 78", "+33612345678", "0033 6 12 34 56 78")
    }
    assert len(keys) == 1


# ---- Addresses ----


@pytest.mark.parametrize(
    "typed", ["", "anne", "anne@", "anne@boite", "a b@boite.example", f"{'a' * 250}@boite.example"]
)
def test_what_is_no_address_is_refused(voter: Voter, typed: str) -> None:
    with pytest.raises(ReissueRefused) as refusal:
        email(voter, typed)
    assert refusal.value.code == "contact_invalid"


@pytest.mark.parametrize("typed", ["autre@valmont.example", "autre@RECTORAT.example", "autre@sous.valmont.example"])
def test_address_of_the_work_domain_is_refused_where_the_policy_says_so(voter: Voter, typed: str) -> None:
    with pytest.raises(ReissueRefused) as refusal:
        email(voter, typed)
    assert "domaine" in refusal.value.message
    assert email(voter, typed, ANYWHERE).recipient == typed
    assert email(voter, "anne@pasvalmont.example").recipient == "anne@pasvalmont.example"


def test_channel_that_the_policy_does_not_have_is_refused(voter: Voter) -> None:
    with pytest.raises(ReissueRefused):
        read_contact(channel="email", typed="a@boite.example", policy=DEFAULT_POLICIES["2018"], voter=voter)


def test_label_after_a_plus_is_the_same_mailbox(voter: Voter) -> None:
    assert email(voter, "Anne+vote1@boite.example").key == email(voter, "anne@boite.example").key
    assert email(voter, "anna@boite.example").key != email(voter, "anne@boite.example").key


@pytest.mark.parametrize("typed", ["paul@valmont.example", "PAUL@valmont.example", "paul+x@valmont.example"])
def test_address_that_identifies_and_one_that_served_are_refused_alike(
    election: Election, voter: Voter, typed: str
) -> None:
    other = make_voter(election, email="paul@valmont.example")
    claim_contact(email(other, "prive@boite.example"), voter=other)
    messages = set()
    for contact in (email(voter, typed, ANYWHERE), email(voter, "prive@boite.example")):
        with pytest.raises(ReissueRefused) as refusal:
            require_free(contact, voter=voter)
        messages.add((refusal.value.code, refusal.value.message))
    assert messages == {("contact_refused", "Cette adresse ou ce numéro ne peut pas servir ; choisissez-en un autre.")}


def test_voter_uses_her_own_contact_again(voter: Voter) -> None:
    contact = email(voter, "anne@boite.example")
    for _time in range(2):
        require_free(contact, voter=voter)
        claim_contact(contact, voter=voter)
    assert ContactUse.objects.count() == 1


def test_contact_serves_another_voter_in_another_election(election: Election, voter: Voter) -> None:
    other_election = make_election(slug="autre-2026")
    assert contact_key(election, "sms", "+33612345678") != contact_key(other_election, "sms", "+33612345678")


def test_contact_is_kept_as_a_keyed_hash_and_shown_nowhere(voter: Voter) -> None:
    contact = read_contact(channel="sms", typed="06 12 34 56 78", policy=CHALLENGE, voter=voter)
    claim_contact(contact, voter=voter)
    kept = ContactUse.objects.get().key
    assert len(kept) == 64
    assert "612345678" not in kept
    assert "612345678" not in repr(contact)


@pytest.mark.django_db(transaction=True)
def test_of_two_voters_at_once_one_is_refused_cleanly() -> None:
    election = make_election()
    voters = [make_voter(election, email=f"v{number}@valmont.example") for number in range(2)]
    contact = read_contact(channel="sms", typed="06 12 34 56 78", policy=CHALLENGE, voter=voters[0])

    def claim(voter: Voter) -> str:
        try:
            claim_contact(contact, voter=voter)
        except ReissueRefused as refusal:
            return refusal.code
        return "claimed"

    assert sorted(at_once(claim, voters)) == ["claimed", "contact_refused"]
    assert ContactUse.objects.count() == 1
