"""A claim is decided by two agents, and the roll changes with it; once the roll is fixed the same is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from isoloir.claims.decisions import (
    ask_question,
    assign_claim,
    confirm_change,
    propose_change,
    refuse_claim,
    send_back,
    write_claim_for,
)
from isoloir.claims.errors import (
    NotAllowed,
    OwnClaim,
    ProposalRefused,
    RollFixed,
    SamePerson,
    StateChanged,
    TextRefused,
)
from isoloir.claims.models import Claim
from isoloir.claims.proposals import Proposal
from isoloir.credentials.request import build_credential_request
from isoloir.elections.models import Contest
from isoloir.identity.links import draft_link, new_token
from isoloir.identity.models import OneTimeLink
from isoloir.journal.models import JournalEntry
from isoloir.roll.models import NameWord, RollEntry, Voter
from tests import electorate
from tests.claims.conftest import Desk
from tests.claims.made import REASON, TEXT, make_agent, received
from tests.claims.test_actions import fix

pytestmark = pytest.mark.django_db
KIND, STATE = Claim.Kind, Claim.State
AT = electorate.BEFORE + timedelta(hours=1)


def codes(voter: Voter) -> set[str]:
    return set(voter.entries.values_list("contest__code", flat=True))


def proposed(desk: Desk, kind: str, *, claim: Claim | None = None, **parts: Any) -> Claim:
    claim = claim or received(desk.voter, kind=kind)
    return propose_change(claim=claim, by=desk.first, proposal=Proposal(**parts), reason=REASON, at=AT)


def granted(desk: Desk, claim: Claim) -> Claim:
    return confirm_change(claim=claim, by=desk.second, shown=claim.proposal, at=AT)


def test_an_inscription_is_granted_by_two_and_the_voter_is_on_the_roll(desk: Desk, outbox: Callable[[], Any]) -> None:
    claim = proposed(desk, KIND.INSCRIPTION, add="CAP")
    assert codes(desk.voter) == {"CSA"}, "nothing changes before the second agent"
    claim = granted(desk, claim)
    assert codes(desk.voter) == {"CSA", "CAP"}
    assert (claim.state, claim.proposed_by, claim.confirmed_by, claim.decided_at) == (
        STATE.GRANTED, desk.first, desk.second, AT,
    )  # fmt: skip
    assert [step.actor for step in claim.steps.all()] == ["", desk.first.email, desk.second.email]
    entry = JournalEntry.objects.get(kind="claim.granted")
    assert entry.subject == claim.number
    assert entry.actor == desk.second.email
    assert set(entry.facts) == {"kind", "before", "after"}
    assert entry.facts["before"] != entry.facts["after"]
    assert all(word not in str(entry.facts) for word in ("Dupont", "Anne", "valmont"))
    [(_recipient, subject, body)] = outbox()
    assert "acceptée" in subject
    assert REASON in body


def test_who_proposed_does_not_confirm(desk: Desk) -> None:
    claim = proposed(desk, KIND.INSCRIPTION, add="CAP")
    with pytest.raises(SamePerson):
        confirm_change(claim=claim, by=desk.first, shown=claim.proposal, at=AT)
    assert codes(desk.voter) == {"CSA"}


def test_a_wrong_contest_is_both_left_and_entered(desk: Desk) -> None:
    granted(desk, proposed(desk, KIND.WRONG_CONTEST, add="CAP", remove="CSA"))
    assert codes(desk.voter) == {"CAP"}


def test_somebody_else_is_removed_by_reference(desk: Desk) -> None:
    other = electorate.make_voter(desk.election, desk.csa, desk.cap, email="paul@valmont.example")
    granted(desk, proposed(desk, KIND.REMOVAL, remove="CSA", reference=other.reference))
    assert codes(other) == {"CAP"}
    assert codes(desk.voter) == {"CSA"}


def test_who_leaves_the_last_roll_is_no_voter_any_more_and_the_claim_remembers(desk: Desk, outbox: Any) -> None:
    email = desk.voter.email
    claim = granted(desk, proposed(desk, KIND.REMOVAL, remove="CSA"))
    claim.refresh_from_db()
    assert claim.voter is None
    assert claim.person["email"] == email
    assert not Voter.objects.exists()
    assert outbox()[-1][0] == email


def test_personal_data_are_corrected_and_links_to_the_former_address_end(desk: Desk) -> None:
    link = draft_link(voter_id=desk.voter.pk, purpose=OneTimeLink.Purpose.PASSWORD, token=new_token(), at=AT, hours=24)
    link.save()
    fields = {"last_name": "Martin", "email": "anne.martin@valmont.example"}
    granted(desk, proposed(desk, KIND.PERSONAL_DATA, fields=fields))
    voter = Voter.objects.get(pk=desk.voter.pk)
    assert (voter.last_name, voter.email) == ("Martin", "anne.martin@valmont.example")
    assert set(NameWord.objects.values_list("word", flat=True)) == {"anne", "martin"}
    link.refresh_from_db()
    assert link.expires_at == AT


def test_somebody_on_no_roll_is_written_for_and_becomes_a_voter(desk: Desk, outbox: Any) -> None:
    person = {
        "reference": "V-42", "civility": "M.", "last_name": "Ménard", "first_names": "Élie", "email": "elie@valmont.example",
        "second_email": "", "establishment_code": "0990001A", "establishment": "Collège des Tilleuls", "academy": "Valmont",
    }  # fmt: skip
    claim = write_claim_for(election=desk.election, by=desk.first, person=person, text=TEXT, at=AT)
    with pytest.raises(StateChanged):
        ask_question(claim=claim, by=desk.first, text="Depuis quand ?", at=AT)
    claim = granted(desk, proposed(desk, KIND.INSCRIPTION, claim=claim, add="CAP"))
    assert claim.voter == Voter.objects.get(reference="V-42")
    assert codes(claim.voter) == {"CAP"}
    assert {recipient for recipient, _subject, _body in outbox()} == {"elie@valmont.example"}
    with pytest.raises(ProposalRefused) as refusal:
        write_claim_for(election=desk.election, by=desk.first, person=person, text=TEXT, at=AT)
    assert set(refusal.value.faults) == {"reference", "email"}


def test_who_is_taken_off_by_the_claim_of_another_is_told_at_each_address(desk: Desk, outbox: Any) -> None:
    other = electorate.make_voter(
        desk.election, desk.csa, email="paul@valmont.example", second_email="paul.roy@valmont.example"
    )
    granted(desk, proposed(desk, KIND.REMOVAL, remove="CSA", reference=other.reference))
    assert not Voter.objects.filter(pk=other.pk).exists()
    claimant, *warned = outbox()
    assert claimant[0] == desk.voter.email
    assert [recipient for recipient, _subject, _body in warned] == ["paul@valmont.example", "paul.roy@valmont.example"]
    for _recipient, subject, body in warned:
        assert "listes électorales" in subject
        assert "vous n’êtes plus sur la liste électorale du scrutin « Scrutin CSA »" in body
        assert "/assistance/" in body
        # What who claims wrote, or was answered, is not theirs.
        assert REASON not in body
        assert "Dupont" not in body


def test_a_corrected_address_is_told_to_the_former_ones_in_the_language_of_the_account(desk: Desk, outbox: Any) -> None:
    voter = electorate.make_voter(
        desk.election, desk.csa, email="paul@valmont.example", second_email="paul.roy@valmont.example"
    )
    account = electorate.activate(voter)
    account.language = "en"
    account.save()
    fields = {"email": "p.roy@valmont.example", "last_name": "Roy"}
    granted(desk, proposed(desk, KIND.PERSONAL_DATA, claim=received(voter), fields=fields))
    letters = {recipient: (subject, body) for recipient, subject, body in outbox()}
    assert set(letters) == {"p.roy@valmont.example", "paul@valmont.example", "paul.roy@valmont.example"}
    assert "granted" in letters["p.roy@valmont.example"][0]
    for former in ("paul@valmont.example", "paul.roy@valmont.example"):
        subject, body = letters[former]
        assert subject == "Your entry on the electoral rolls has changed"
        assert "the former ones" in body
        assert "p.roy@valmont.example" not in body


def test_no_agent_decides_what_they_claim_or_what_is_about_them(desk: Desk) -> None:
    claimed = received(desk.voter, kind=KIND.INSCRIPTION)
    Voter.objects.filter(pk=desk.voter.pk).update(second_email="Premier@Valmont.example")
    claimed.refresh_from_db()
    with pytest.raises(OwnClaim) as refusal:
        propose_change(claim=claimed, by=desk.first, proposal=Proposal(add="CAP"), reason=REASON, at=AT)
    assert "vous concerne" in refusal.value.message
    with pytest.raises(OwnClaim):
        refuse_claim(claim=claimed, by=desk.first, reason=REASON, at=AT)
    third = make_agent(desk.election, "troisieme@valmont.example")
    claimed = propose_change(claim=claimed, by=desk.second, proposal=Proposal(add="CAP"), reason=REASON, at=AT)
    for act in (
        lambda: confirm_change(claim=claimed, by=desk.first, shown=claimed.proposal, at=AT),
        lambda: send_back(claim=claimed, by=desk.first, reason=REASON, at=AT),
    ):
        with pytest.raises(OwnClaim):
            act()
    assert codes(desk.voter) == {"CSA"}
    assert confirm_change(claim=claimed, by=third, shown=claimed.proposal, at=AT).state == STATE.GRANTED


def test_an_agent_neither_removes_themselves_nor_turns_letters_to_their_mailbox(desk: Desk) -> None:
    agent = electorate.make_voter(desk.election, desk.csa, email="SECOND@valmont.example")
    removal = proposed(desk, KIND.REMOVAL, remove="CSA", reference=agent.reference)
    with pytest.raises(OwnClaim):
        granted(desk, removal)
    with pytest.raises(OwnClaim):
        send_back(claim=removal, by=desk.second, reason=REASON, at=AT)
    with pytest.raises(OwnClaim):
        proposed(desk, KIND.PERSONAL_DATA, fields={"email": desk.first.email})
    person = {
        "reference": "V-43", "civility": "", "last_name": "Roy", "first_names": "Zoé", "email": "premier@valmont.example",
        "second_email": "", "establishment_code": "0990001A", "establishment": "Lycée", "academy": "Valmont",
    }  # fmt: skip
    written = write_claim_for(election=desk.election, by=desk.first, person=person, text=TEXT, at=AT)
    with pytest.raises(OwnClaim):
        proposed(desk, KIND.INSCRIPTION, claim=written, add="CAP")
    assert codes(agent) == {"CSA"}


@pytest.mark.parametrize(
    ("kind", "parts", "field"),
    [
        (KIND.INSCRIPTION, {"add": "CSA"}, "add"),
        (KIND.INSCRIPTION, {"add": "XXX"}, "add"),
        (KIND.INSCRIPTION, {}, "add"),
        (KIND.REMOVAL, {"remove": "CAP"}, "remove"),
        (KIND.REMOVAL, {"remove": "CSA", "reference": "V-0"}, "reference"),
        (KIND.WRONG_CONTEST, {"add": "CSA", "remove": "CSA"}, "add"),
        (KIND.PERSONAL_DATA, {"fields": {"email": "paul@valmont.example"}}, "email"),
        (KIND.PERSONAL_DATA, {"fields": {"last_name": "Dupont"}}, "fields"),
    ],
)
def test_what_cannot_be_done_is_refused_when_it_is_proposed(desk: Desk, kind: str, parts: Any, field: str) -> None:
    electorate.make_voter(desk.election, desk.csa, email="paul@valmont.example")
    with pytest.raises(ProposalRefused) as refusal:
        proposed(desk, kind, **parts)
    assert set(refusal.value.faults) == {field}
    assert Claim.objects.get().state == STATE.RECEIVED


@pytest.mark.parametrize("code", ["sealed", "register", "slots", "requested"])
def test_once_the_roll_is_fixed_the_same_is_refused_with_words(desk: Desk, code: str) -> None:
    claim = proposed(desk, KIND.INSCRIPTION, add="CAP")
    fix(desk.cap, code)
    with pytest.raises(RollFixed) as refusal:
        granted(desk, claim)
    assert refusal.value.code == code
    assert "Scrutin CAP" in refusal.value.message
    claim.refresh_from_db()
    assert claim.state == STATE.PROPOSED
    assert codes(desk.voter) == {"CSA"}
    with pytest.raises(RollFixed):
        proposed(desk, KIND.INSCRIPTION, add="CAP")
    # The desk can still answer.
    claim = send_back(claim=claim, by=desk.second, reason=REASON, at=AT)
    assert refuse_claim(claim=claim, by=desk.first, reason=REASON, at=AT).state == STATE.REFUSED


def test_what_was_proposed_before_codes_were_asked_for_is_no_longer_granted(desk: Desk) -> None:
    claim = proposed(desk, KIND.PERSONAL_DATA, fields={"last_name": "Martin"})
    files = build_credential_request(election=desk.election, actor="administrateur", at=AT)
    with pytest.raises(RollFixed) as refusal:
        granted(desk, claim)
    assert refusal.value.code == "requested"
    # The notices bear the name that the roll has.
    assert Voter.objects.get().last_name == "Dupont"
    assert b"Dupont" in files["voters.csv"]


def test_personal_data_wait_for_no_contest_that_is_fixed(desk: Desk) -> None:
    fix(desk.csa, "sealed")
    with pytest.raises(RollFixed):
        proposed(desk, KIND.PERSONAL_DATA, fields={"last_name": "Martin"})


def test_a_roll_that_changed_since_the_proposal_refuses_it(desk: Desk) -> None:
    claim = proposed(desk, KIND.INSCRIPTION, add="CAP")
    RollEntry.objects.create(voter=desk.voter, contest=desk.cap)
    with pytest.raises(ProposalRefused):
        granted(desk, claim)
    assert Claim.objects.get().state == STATE.PROPOSED


def test_what_was_not_shown_is_not_confirmed(desk: Desk) -> None:
    claim = proposed(desk, KIND.INSCRIPTION, add="CAP")
    with pytest.raises(StateChanged):
        confirm_change(claim=claim, by=desk.second, shown={**claim.proposal, "add": "CSA"}, at=AT)


def test_one_agent_refuses_with_a_reason(desk: Desk, outbox: Any) -> None:
    claim = received(desk.voter)
    with pytest.raises(TextRefused):
        refuse_claim(claim=claim, by=desk.first, reason="non", at=AT)
    claim = refuse_claim(claim=claim, by=desk.first, reason=REASON, at=AT)
    assert claim.state == STATE.REFUSED
    assert REASON in outbox()[0][2]
    with pytest.raises(StateChanged):
        refuse_claim(claim=claim, by=desk.second, reason=REASON, at=AT)


def test_a_proposal_is_sent_back_and_made_anew_by_the_other(desk: Desk, outbox: Any) -> None:
    claim = send_back(claim=proposed(desk, KIND.INSCRIPTION, add="CAP"), by=desk.second, reason=REASON, at=AT)
    assert (claim.state, claim.proposal, claim.proposed_by) == (STATE.ASSIGNED, {}, None)
    assert outbox() == []
    claim = propose_change(claim=claim, by=desk.second, proposal=Proposal(add="CAP"), reason=REASON, at=AT)
    assert confirm_change(claim=claim, by=desk.first, shown=claim.proposal, at=AT).state == STATE.GRANTED


def test_an_agent_takes_a_claim_over_but_not_twice(desk: Desk) -> None:
    claim = assign_claim(claim=received(desk.voter), by=desk.first, at=AT)
    assert claim.state == STATE.ASSIGNED
    with pytest.raises(StateChanged):
        assign_claim(claim=claim, by=desk.first, at=AT)
    assert assign_claim(claim=claim, by=desk.second, at=AT).assigned_to == desk.second


def test_an_agent_of_another_academy_or_of_none_does_nothing(desk: Desk) -> None:
    claim = received(desk.voter)
    elsewhere = make_agent(desk.election, "ailleurs@valmont.example", "Hautmont")
    other = electorate.make_voter(desk.election, desk.csa, email="paul@valmont.example", academy="Hautmont")
    here = make_agent(desk.election, "ici@valmont.example", "Valmont")
    acts: list[Callable[[Any], Any]] = [
        lambda by: assign_claim(claim=claim, by=by, at=AT),
        lambda by: ask_question(claim=claim, by=by, text="Depuis quand ?", at=AT),
        lambda by: refuse_claim(claim=claim, by=by, reason=REASON, at=AT),
        lambda by: propose_change(claim=claim, by=by, proposal=Proposal(fields={"last_name": "X"}), reason=REASON, at=AT),
        lambda by: confirm_change(claim=claim, by=by, shown={}, at=AT),
        lambda by: send_back(claim=claim, by=by, reason=REASON, at=AT),
    ]  # fmt: skip
    for act in acts:
        for stranger in (elsewhere, electorate.make_member(f"personne-{acts.index(act)}@valmont.example")):
            with pytest.raises(NotAllowed):
                act(stranger)
    # Nor is somebody of another académie removed by a claim of one's own.
    removal = received(desk.voter, kind=KIND.REMOVAL)
    change = Proposal(remove="CSA", reference=other.reference)
    with pytest.raises(NotAllowed):
        propose_change(claim=removal, by=here, proposal=change, reason=REASON, at=AT)
    assert Contest.objects.get(code="CSA").roll.count() == 2
