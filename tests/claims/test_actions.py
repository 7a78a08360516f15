"""What a voter does with claims, and what each act leaves: a trace, a line of the journal, an e-mail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from isoloir.claims.actions import MOST_OPEN, answer_question, make_claim, withdraw_claim
from isoloir.claims.decisions import ask_question
from isoloir.claims.errors import ContestRefused, RollFixed, StateChanged, TextRefused, TooManyOpen
from isoloir.claims.locks import check_changeable
from isoloir.claims.models import Claim, ClaimStep
from isoloir.claims.steps import _SILENT
from isoloir.credentials.models import Slot
from isoloir.elections.models import Contest
from isoloir.identity.mails import write_letter
from isoloir.identity.voters import LANGUAGES
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.uploads.actions import open_upload
from tests import electorate
from tests.claims.conftest import Desk
from tests.claims.made import REASON, TEXT, evidence, received

pytestmark = pytest.mark.django_db
KIND, STATE = Claim.Kind, Claim.State
AT = electorate.BEFORE + timedelta(hours=1)
Outbox = Callable[[], list[tuple[str, str, str]]]


def test_a_claim_is_numbered_traced_journaled_and_acknowledged(desk: Desk, outbox: Outbox) -> None:
    claim = make_claim(
        voter=desk.voter, kind=KIND.WRONG_CONTEST, contest=desk.csa, text=TEXT, files=[evidence()], at=AT
    )
    assert len(claim.number) == 10
    assert claim.number.startswith("R-")
    assert not set("ILOU01") & set(claim.number[2:])
    step = claim.steps.get()
    assert (step.act, step.text, step.actor) == ("received", TEXT, "")
    assert open_upload(step.files.get()).name == "arrete.png"
    entry = JournalEntry.objects.get()
    assert (entry.kind, entry.subject, entry.actor) == ("claim.received", claim.number, "voter")
    assert entry.facts == {"kind": "wrong-contest", "files": 1}
    [(recipient, subject, body)] = outbox()
    assert recipient == desk.voter.email
    assert claim.number in subject
    assert f"/espace/reclamations/{claim.number}/" in body
    # An e-mail says neither what was written nor about whom.
    assert TEXT not in body
    assert "Dupont" not in body


def test_e_mails_are_in_the_language_of_the_account(desk: Desk, outbox: Outbox) -> None:
    account = electorate.activate(desk.voter)
    account.language = "en"
    account.save()
    make_claim(voter=desk.voter, kind=KIND.PERSONAL_DATA, text=TEXT, at=AT)
    [(_recipient, subject, body)] = outbox()
    assert subject.startswith("Claim R-")
    assert "Keep this number" in body


@pytest.mark.parametrize(
    ("text", "said"),
    [("trop court", "au moins 20"), ("x" * 3001, "maximum est 3000"), (f"{TEXT}\u202e", "sens de lecture")],
)
def test_a_text_out_of_bounds_is_refused_with_words(desk: Desk, text: str, said: str) -> None:
    with pytest.raises(TextRefused) as refusal:
        make_claim(voter=desk.voter, kind=KIND.PERSONAL_DATA, text=text, at=AT)
    assert said in refusal.value.message
    assert not Claim.objects.exists()


def test_the_contest_is_one_s_own_where_one_is_asked(desk: Desk) -> None:
    for contest in (None, desk.cap):
        with pytest.raises(ContestRefused):
            make_claim(voter=desk.voter, kind=KIND.REMOVAL, contest=contest, text=TEXT, at=AT)
    # Where none is asked, none is kept.
    assert make_claim(voter=desk.voter, kind=KIND.INSCRIPTION, contest=desk.cap, text=TEXT, at=AT).contest is None


def test_no_more_than_five_are_open_at_once(desk: Desk) -> None:
    claims = [received(desk.voter) for _claim in range(MOST_OPEN)]
    with pytest.raises(TooManyOpen) as refusal:
        make_claim(voter=desk.voter, kind=KIND.PERSONAL_DATA, text=TEXT, at=AT)
    assert "5 réclamations en cours" in refusal.value.message
    withdraw_claim(claim=claims[0], voter=desk.voter, at=AT)
    make_claim(voter=desk.voter, kind=KIND.PERSONAL_DATA, text=TEXT, at=AT)


def test_letters_of_each_step_are_whole_in_both_languages(desk: Desk) -> None:
    claim = received(desk.voter, reason=REASON)
    context = {"claim": claim, "page": "https://vote.example/", "election_name": claim.election.name}
    for act, _label in ClaimStep.Act.choices:
        if act in _SILENT:
            continue
        letters = [write_letter("claims", act, language=language, context=context) for language in LANGUAGES]
        assert all(claim.number in subject and claim.number in body for subject, body in letters)
        assert all((REASON in body) == (act in ("granted", "refused")) for _subject, body in letters)
        assert letters[0] != letters[1]


@pytest.mark.parametrize("code", ["sealed", "register"])
def test_once_a_roll_is_fixed_nothing_is_received_and_words_say_why(desk: Desk, code: str) -> None:
    fix(desk.csa, code)
    for kind in (KIND.WRONG_CONTEST, KIND.PERSONAL_DATA):
        with pytest.raises(RollFixed) as refusal:
            make_claim(voter=desk.voter, kind=kind, contest=desk.csa, text=TEXT, at=AT)
        assert refusal.value.code == code
        assert "Scrutin CSA" in refusal.value.message
    # Another contest may still take somebody in.
    make_claim(voter=desk.voter, kind=KIND.INSCRIPTION, text=TEXT, at=AT)
    fix(desk.cap, code)
    with pytest.raises(RollFixed):
        make_claim(voter=desk.voter, kind=KIND.INSCRIPTION, text=TEXT, at=AT)


@pytest.mark.parametrize("code", ["slots", "requested"])
def test_codes_are_of_a_whole_election_and_fix_every_roll_of_it(desk: Desk, code: str) -> None:
    fix(desk.csa, code)
    # Nobody is on the roll of the other contest, which therefore has no slot.
    for kind in (KIND.INSCRIPTION, KIND.PERSONAL_DATA):
        with pytest.raises(RollFixed) as refusal:
            make_claim(voter=desk.voter, kind=kind, text=TEXT, at=AT)
        assert refusal.value.code == code
        assert "Les codes de vote" in refusal.value.message
    elsewhere = electorate.make_election(slug="autre")
    check_changeable([electorate.make_contest(elsewhere, "AUTRE")])


def test_a_roll_imported_since_the_request_may_change_again(desk: Desk) -> None:
    fix(desk.csa, "requested")
    record(Kind.ROLL_IMPORTED, actor="administrateur", at=AT, subject=desk.election.slug)
    make_claim(voter=desk.voter, kind=KIND.INSCRIPTION, text=TEXT, at=AT)


def test_the_rolls_of_many_contests_are_checked_by_two_queries(
    desk: Desk, django_assert_max_num_queries: Any
) -> None:  # fmt: skip
    contests = [desk.csa, desk.cap, *(electorate.make_contest(desk.election, f"X{letter}") for letter in "ABCDE")]
    with django_assert_max_num_queries(2):
        check_changeable(contests)


def fix(contest: Contest, code: str) -> None:
    """Bring a contest where its roll does not change any more."""
    if code == "requested":
        record(Kind.CREDENTIAL_REQUEST_EXPORTED, actor="administrateur", at=AT, subject=contest.election.slug)
    elif code == "slots":
        Slot.objects.create(contest=contest, name=f"slot-{contest.code}")
    else:
        changed = {"state": Contest.State.SEALED} if code == "sealed" else {"has_register": True}
        Contest.objects.filter(pk=contest.pk).update(**changed)
        contest.refresh_from_db()


def test_a_question_is_answered_once_by_its_voter_alone(desk: Desk, outbox: Outbox) -> None:
    claim = received(desk.voter)
    other = electorate.make_voter(desk.election, desk.csa, email="paul@valmont.example")
    with pytest.raises(StateChanged):
        answer_question(claim=claim, voter=desk.voter, text="Le 3 septembre.", at=AT)
    ask_question(claim=claim, by=desk.first, text="Depuis quelle date ?", at=AT)
    with pytest.raises(StateChanged):
        answer_question(claim=claim, voter=other, text="Le 3 septembre.", at=AT)
    claim = answer_question(claim=claim, voter=desk.voter, text="Le 3 septembre.", files=[evidence()], at=AT)
    assert claim.state == STATE.ASSIGNED
    assert [step.act for step in claim.steps.all()] == ["received", "asked", "answered"]
    assert [entry.kind for entry in JournalEntry.objects.order_by("sequence")] == ["claim.asked", "claim.answered"]
    asked, answered = outbox()
    assert "question" in asked[1]
    assert "réponse est reçue" in answered[1]
    assert "Depuis quelle date" not in asked[2]
    with pytest.raises(StateChanged):
        answer_question(claim=claim, voter=desk.voter, text="Le 4 septembre.", at=AT)


def test_a_withdrawn_claim_stays_so(desk: Desk, outbox: Outbox) -> None:
    claim = withdraw_claim(claim=received(desk.voter), voter=desk.voter, at=AT)
    assert (claim.state, claim.decided_at) == (STATE.WITHDRAWN, AT)
    assert "retirée" in outbox()[0][1]
    with pytest.raises(StateChanged):
        withdraw_claim(claim=claim, voter=desk.voter, at=AT)
