"""One-time links: bound to a voter and a purpose, consumed once, by an act and never by being read."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from isoloir.identity.actions import activate_account, enter_without_activation, replace_password, suspend_account
from isoloir.identity.errors import (
    AccountSuspended,
    AnswerRefused,
    LinkExpired,
    LinkForAnotherPurpose,
    LinkRefused,
    LinkUsed,
    PasswordRefused,
    PortalClosed,
)
from isoloir.identity.links import consume_link, note_opened, read_link
from isoloir.identity.models import ChallengeQuestion, OneTimeLink, VoterAccount
from tests.account_acts import (
    ACTIVATION,
    ANSWER,
    NEW_PASSWORD,
    activate_by_link,
    at_once,
    first_question,
    give_link,
    try_password,
)
from tests.electorate import BEFORE, PASSWORD, activate, make_election, make_voter

pytestmark = pytest.mark.django_db
NEW = "Mésange-Bleue-2026"


def outcomes(voter):
    return list(voter.links.order_by("pk").values_list("outcome", flat=True))


def test_reading_a_link_consumes_nothing_however_often(election):
    token = give_link(make_voter(election))
    for _time in range(10):
        note_opened(read_link(token, purpose=ACTIVATION, at=BEFORE), at=BEFORE)
    assert activate_by_link(token, election)


def test_the_first_opening_alone_is_noted(election):
    link = read_link(give_link(make_voter(election)), purpose=ACTIVATION, at=BEFORE)
    note_opened(link, at=BEFORE)
    note_opened(link, at=BEFORE + timedelta(hours=1))
    link.refresh_from_db()
    assert link.opened_at == BEFORE


@pytest.mark.parametrize("hours", [24, 2])
def test_a_link_expires_at_its_hour_by_the_election(election, hours):
    election.link_hours = hours
    election.save()
    token = give_link(make_voter(election))
    end = BEFORE + timedelta(hours=hours)
    read_link(token, purpose=ACTIVATION, at=end - timedelta(microseconds=1))
    with pytest.raises(LinkExpired):
        read_link(token, purpose=ACTIVATION, at=end)


def test_an_altered_link_is_not_recognised(election):
    token = give_link(make_voter(election))
    for altered in (token[:-1], f"{token}A", token.swapcase(), ""):
        with pytest.raises(LinkRefused) as refusal:
            read_link(altered, purpose=ACTIVATION, at=BEFORE)
        assert refusal.value.code == "unknown"


def test_a_link_serves_its_own_purpose_alone(election):
    voter = make_voter(election)
    activation = give_link(voter, ACTIVATION)
    password = give_link(voter, NEW_PASSWORD)
    with pytest.raises(LinkForAnotherPurpose) as refusal:
        read_link(activation, purpose=NEW_PASSWORD, at=BEFORE)
    assert refusal.value.code == "other-purpose"
    with pytest.raises(LinkForAnotherPurpose):
        replace_password(token=activation, password=NEW, at=BEFORE)
    with pytest.raises(LinkForAnotherPurpose):
        activate_by_link(password, election)
    with pytest.raises(LinkForAnotherPurpose):
        enter_without_activation(token=password, at=BEFORE)
    assert outcomes(voter) == ["", ""]


@pytest.mark.parametrize("used", [0, 1])
def test_two_links_in_flight_both_work_until_one_is_used(election, used):
    voter = make_voter(election)
    tokens = [give_link(voter), give_link(voter)]
    for token in tokens:
        read_link(token, purpose=ACTIVATION, at=BEFORE)
    activate_by_link(tokens[used], election)
    for token in tokens:
        with pytest.raises(LinkUsed):
            read_link(token, purpose=ACTIVATION, at=BEFORE)
    assert outcomes(voter) == (["activated", "superseded"] if used == 0 else ["superseded", "activated"])


def test_a_used_link_leaves_other_voters_and_what_had_expired_alone(election):
    voter, other = make_voter(election), make_voter(election, email="luc@valmont.example")
    give_link(voter, at=BEFORE - timedelta(days=2))
    give_link(other)
    activate_by_link(give_link(voter), election)
    assert outcomes(voter) == ["", "activated"]
    assert outcomes(other) == [""]


def test_activation_stores_password_question_and_answer(election):
    voter = make_voter(election)
    proved = activate_by_link(give_link(voter), election)
    account = VoterAccount.objects.get(voter=voter)
    assert proved.voter == voter
    assert proved.voter.account == account
    assert account.question == first_question(election)
    assert account.activated_at == account.password_set_at == account.last_signed_in_at == BEFORE
    assert account.answer.startswith("argon2$argon2id$")
    assert "biscuit" not in account.answer
    assert try_password(election, voter.email, PASSWORD)


def test_access_without_activation_stores_nothing_and_asks_for_another_link(election):
    voter = make_voter(election)
    token = give_link(voter)
    assert enter_without_activation(token=token, at=BEFORE).voter == voter
    assert not VoterAccount.objects.exists()
    assert outcomes(voter) == ["without-activation"]
    with pytest.raises(LinkUsed):
        enter_without_activation(token=token, at=BEFORE)


def test_a_refused_answer_or_question_leaves_the_link_alive(election):
    voter = make_voter(election)
    token, question = give_link(voter), first_question(election)
    elsewhere = first_question(make_election(slug="autre"))
    retired = ChallengeQuestion.objects.create(
        election=election, position=99, text_fr="Retirée ?", text_en="Retired?", retired_at=BEFORE
    )
    for chosen, answer in ((question, "ab"), (elsewhere, ANSWER), (retired, ANSWER)):
        with pytest.raises(AnswerRefused):
            activate_account(token=token, password_hash="x", question=chosen, answer=answer, at=BEFORE)
    assert not VoterAccount.objects.exists()
    assert activate_by_link(token, election)


def test_a_refused_password_leaves_the_link_alive_and_the_account_as_it_was(election):
    voter = make_voter(election)
    activate(voter)
    token = give_link(voter, NEW_PASSWORD)
    with pytest.raises(PasswordRefused):
        replace_password(token=token, password="court", at=BEFORE)
    assert try_password(election, voter.email, PASSWORD)
    assert replace_password(token=token, password=NEW, at=BEFORE)


def test_a_new_password_replaces_the_old_one_and_nothing_else(election):
    voter = make_voter(election)
    activate_by_link(give_link(voter), election)
    before = VoterAccount.objects.get()
    later = BEFORE + timedelta(hours=1)
    replace_password(token=give_link(voter, NEW_PASSWORD), password=NEW, at=later)
    after = VoterAccount.objects.get()
    assert (after.question_id, after.answer, after.activated_at) == (
        before.question_id, before.answer, before.activated_at,
    )  # fmt: skip
    assert after.password_set_at == later
    assert outcomes(voter) == ["activated", "password-changed"]
    assert try_password(election, voter.email, NEW)


def test_a_new_password_is_told_to_both_addresses_without_being_told(election, outbox):
    voter = make_voter(election, second_email="anne.martin@valmont.example")
    activate(voter)
    replace_password(token=give_link(voter, NEW_PASSWORD), password=NEW, at=BEFORE)
    assert [(recipient, subject) for recipient, subject, _body in outbox()] == [
        ("anne.dupont@valmont.example", "Votre mot de passe Élections a été changé"),
        ("anne.martin@valmont.example", "Votre mot de passe Élections a été changé"),
    ]
    for _recipient, _subject, body in outbox():
        assert "vendredi 20 novembre 2026 à 10 h 00 (heure de Paris)" in body.replace("\u00a0", " ")
        assert "Mésange" not in body


def test_an_activation_link_made_while_the_account_was_serves_no_more(election):
    # The worker had looked just before: its link must neither overwrite the account nor let in without a password.
    voter = make_voter(election)
    token = give_link(voter)
    activate(voter)
    with pytest.raises(LinkUsed):
        activate_by_link(token, election, password=NEW)
    with pytest.raises(LinkUsed):
        enter_without_activation(token=token, at=BEFORE)
    assert try_password(election, voter.email, PASSWORD)


def test_a_password_link_makes_no_account(election):
    with pytest.raises(LinkRefused):
        replace_password(token=give_link(make_voter(election), NEW_PASSWORD), password=NEW, at=BEFORE)
    assert not VoterAccount.objects.exists()


def test_links_of_a_suspended_voter_serve_for_nothing_and_stay_for_later(election):
    voter = make_voter(election)
    token = give_link(voter)
    suspend_account(voter=voter, reason="Usurpation signalée", actor="administration", at=BEFORE)
    with pytest.raises(AccountSuspended):
        activate_by_link(token, election)
    with pytest.raises(AccountSuspended):
        enter_without_activation(token=token, at=BEFORE)
    activate(voter)
    with pytest.raises(AccountSuspended):
        replace_password(token=give_link(voter, NEW_PASSWORD), password=NEW, at=BEFORE)
    assert outcomes(voter) == ["", ""]


def test_links_wait_for_the_portal_to_open(election):
    early = election.portal_opens_at - timedelta(seconds=1)
    token = give_link(make_voter(election), at=early)
    with pytest.raises(PortalClosed):
        activate_by_link(token, election, at=early)
    assert activate_by_link(token, election, at=election.portal_opens_at)


def test_the_database_wants_an_outcome_for_a_used_link(election):
    give_link(make_voter(election))
    with pytest.raises(IntegrityError), transaction.atomic():
        OneTimeLink.objects.update(used_at=BEFORE)


# ---- Many at once ----


@pytest.mark.django_db(transaction=True)
def test_ten_uses_of_one_link_at_once_have_one_outcome(election):
    voter = make_voter(election)
    token, question = give_link(voter), first_question(election)
    assert question

    def use(number):
        if number % 2:
            return enter_without_activation(token=token, at=BEFORE)
        return activate_by_link(token, election)

    results = at_once(use, range(10))
    assert results.count(LinkUsed) == 9
    [outcome] = outcomes(voter)
    assert VoterAccount.objects.exists() == (outcome == "activated")


@pytest.mark.django_db(transaction=True)
def test_two_links_of_one_voter_used_at_once_make_one_password(election):
    voter = make_voter(election)
    activate(voter)
    words = {give_link(voter, NEW_PASSWORD): word for word in ("Chouette-Hulotte-1", "Chouette-Effraie-2")}
    results = at_once(lambda token: replace_password(token=token, password=words[token], at=BEFORE), words)
    assert results.count(LinkUsed) == 1
    winner = list(words)[results.index(LinkUsed) - 1]
    assert try_password(election, voter.email, words[winner])
    assert sorted(outcomes(voter)) == ["password-changed", "superseded"]


def test_new_code_supersedes_the_other_links_to_a_code_and_no_other(election):
    voter = make_voter(election)
    reissue = OneTimeLink.Purpose.REISSUE
    tokens = [give_link(voter, purpose) for purpose in (reissue, reissue, ACTIVATION, NEW_PASSWORD)]
    consume_link(read_link(tokens[1], purpose=reissue, at=BEFORE), outcome=OneTimeLink.Outcome.CODE_REISSUED, at=BEFORE)
    assert outcomes(voter) == ["superseded", "code-reissued", "", ""]


def test_link_to_a_code_outlives_the_activation_and_the_password_of_its_voter(election):
    voter = make_voter(election)
    give_link(voter, OneTimeLink.Purpose.REISSUE)
    activate_by_link(give_link(voter), election)
    password = give_link(voter, NEW_PASSWORD)
    consume_link(
        read_link(password, purpose=NEW_PASSWORD, at=BEFORE), outcome=OneTimeLink.Outcome.PASSWORD_CHANGED, at=BEFORE
    )
    assert outcomes(voter) == ["", "activated", "password-changed"]
