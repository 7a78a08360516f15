"""Voters' sessions: their limits by the election, what ends them at once, and what waits in them."""

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.utils import timezone

from isoloir.identity.actions import (
    enter_without_activation,
    open_session,
    replace_password,
    restore_account,
    sign_out,
    suspend_account,
)
from isoloir.identity.links import read_link
from isoloir.identity.sessions import (
    begin_vote,
    held_password,
    hold_password,
    is_open,
    keep_address,
    kept_address,
    limits_of,
    read_session,
    session_has_ended,
)
from isoloir.identity.sessionstore import row_key
from isoloir.identity.staffsessions import close_staff_session
from tests.account_acts import ACTIVATION, NEW_PASSWORD, activate_by_link, give_link, try_password
from tests.electorate import BEFORE, DURING, PASSWORD, activate, make_voter

pytestmark = pytest.mark.django_db
ANNE = "anne.dupont@valmont.example"
A_MINUTE, A_MOMENT = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def voter(election):
    voter = make_voter(election)
    activate(voter)
    return voter


def enter(client, election, at=BEFORE):
    session = client.session
    open_session(session, try_password(election, ANNE, PASSWORD, at=at))
    session.save()
    return session


def reread(session):
    """Return the session as another request finds it."""
    return type(session)(session.session_key)


def visit(session, at, every=10 * A_MINUTE, start=BEFORE):
    """Be seen regularly from `start` to `at`."""
    while start < at:
        assert read_session(session, at=start), start
        start += every


# ---- Limits ----


@pytest.mark.parametrize(("idle", "absolute"), [(15, 60), (5, 30)])
def test_an_idle_session_ends_at_the_limit_of_the_election(client, election, voter, idle, absolute):
    election.idle_minutes, election.session_minutes = idle, absolute
    election.save()
    session = enter(client, election)
    end = BEFORE + timedelta(minutes=idle)
    assert read_session(session, at=end - A_MOMENT)
    session = enter(client, election)
    assert read_session(session, at=end) is None
    assert session_has_ended(session)
    assert not session_has_ended(session)


@pytest.mark.parametrize("absolute", [60, 45])
def test_a_session_in_use_lives_until_the_absolute_limit(client, election, voter, absolute):
    election.session_minutes = absolute
    election.save()
    session = enter(client, election)
    end = BEFORE + timedelta(minutes=absolute)
    visit(session, end)
    assert read_session(session, at=end - A_MOMENT)
    assert read_session(session, at=end) is None


def test_limits_are_told_as_they_are_kept(client, election, voter):
    session = enter(client, election)
    seen = BEFORE + 7 * A_MINUTE
    voter = read_session(session, at=seen).voter
    limits = limits_of(session, voter=voter, at=seen)
    assert (limits.idle_ends_at, limits.ends_at) == (seen + 15 * A_MINUTE, BEFORE + 60 * A_MINUTE)
    assert limits.first == limits.idle_ends_at
    assert limits.activated
    assert read_session(session, at=limits.first - A_MOMENT, noting=False)
    assert read_session(session, at=limits.first) is None


def test_being_seen_is_written_once_a_minute_and_not_when_a_script_asks(client, election, voter):
    session = enter(client, election)

    def written():
        return Session.objects.get(pk=row_key(session.session_key)).session_data

    before = written()
    assert read_session(session, at=BEFORE + timedelta(seconds=59))
    assert read_session(session, at=BEFORE + 2 * A_MINUTE, noting=False)
    assert written() == before
    session.modified = False
    assert read_session(session, at=BEFORE + 2 * A_MINUTE)
    assert written() != before
    # It is written at once: the page that follows, however slow, has nothing to save.
    assert not session.modified
    seen = reread(session)
    assert limits_of(seen, voter=voter, at=BEFORE).idle_ends_at == BEFORE + 17 * A_MINUTE


def test_who_was_there_at_closing_is_not_cut_before_the_grace_ends(client, election, voter):
    close = election.voting_closes_at
    session = enter(client, election, at=close - 14 * A_MINUTE)
    limits = limits_of(session, voter=voter, at=close)
    assert limits.idle_ends_at == election.grace_ends_at
    assert limits.ends_at == close + 46 * A_MINUTE
    assert read_session(session, at=election.grace_ends_at - A_MOMENT, noting=False)
    assert read_session(session, at=election.grace_ends_at) is None


def test_who_had_left_before_closing_stays_out(client, election, voter):
    session = enter(client, election, at=election.voting_closes_at - 15 * A_MINUTE)
    assert read_session(session, at=election.voting_closes_at + A_MINUTE) is None


@pytest.mark.parametrize(("idle", "lives"), [(120, 119), (5, 4)])
def test_the_row_of_a_session_lives_as_long_as_the_limits_of_the_election(client, election, voter, idle, lives):
    election.idle_minutes = election.session_minutes = idle
    election.save()
    session = enter(client, election)
    session.save()
    kept = Session.objects.get(pk=row_key(session.session_key)).expire_date - timezone.now()
    assert kept > (lives + 30) * A_MINUTE
    # The cookie still goes with the browser, and a member's session keeps its own length.
    assert session.get_expire_at_browser_close()
    sign_out(session)
    session.save()
    kept = Session.objects.get(pk=row_key(session.session_key)).expire_date - timezone.now()
    assert kept <= 60 * A_MINUTE


# ---- Voting ----


def test_a_proved_code_lets_the_absolute_limit_run_anew_once(client, election, voter):
    session = enter(client, election, at=DURING)
    at = DURING + 50 * A_MINUTE
    visit(session, at, start=DURING)
    begin_vote(session, at=at)
    assert limits_of(session, voter=voter, at=at).ends_at == at + 60 * A_MINUTE
    begin_vote(session, at=at + 10 * A_MINUTE)
    assert limits_of(session, voter=voter, at=at).ends_at == at + 60 * A_MINUTE
    visit(session, at + 60 * A_MINUTE, start=at)
    assert read_session(session, at=at + 60 * A_MINUTE) is None


def test_the_idle_limit_stays_in_the_middle_of_a_vote(client, election, voter):
    session = enter(client, election, at=DURING)
    begin_vote(session, at=DURING)
    assert read_session(session, at=DURING + 15 * A_MINUTE) is None


def test_voting_does_not_move_the_authentication_that_the_grace_asks_for(client, election, voter):
    session = enter(client, election, at=DURING)
    begin_vote(session, at=DURING + 10 * A_MINUTE)
    assert read_session(session, at=DURING + 10 * A_MINUTE).authenticated_at == DURING


# ---- What ends sessions at once ----


def test_a_new_password_ends_the_other_sessions_and_opens_one(client, election, voter):
    session = enter(client, election)
    proved = replace_password(token=give_link(voter, NEW_PASSWORD), password="Mésange-Bleue-2026", at=BEFORE + A_MINUTE)
    assert read_session(session, at=BEFORE + A_MINUTE) is None
    fresh = type(session)()
    open_session(fresh, proved)
    assert read_session(fresh, at=BEFORE + A_MINUTE)


def test_a_sign_in_that_was_checked_before_the_password_changed_opens_nothing(client, election, voter):
    # Its instant may be later than that of the change: what counts is the password that was checked.
    proved = try_password(election, ANNE, PASSWORD, at=BEFORE + A_MINUTE)
    replace_password(token=give_link(voter, NEW_PASSWORD), password="Mésange-Bleue-2026", at=BEFORE + A_MINUTE / 2)
    session = client.session
    open_session(session, proved)
    assert read_session(session, at=BEFORE + A_MINUTE) is None


def test_a_renewed_hash_ends_no_session(client, election, voter, settings):
    session = enter(client, election)
    settings.ARGON2_TIME_COST = 2
    try_password(election, ANNE, PASSWORD)
    assert read_session(session, at=BEFORE)


def test_an_access_without_activation_ends_when_the_account_is_activated(client, election):
    voter = make_voter(election)
    session = client.session
    open_session(session, enter_without_activation(token=give_link(voter), at=BEFORE))
    signed_in = read_session(session, at=BEFORE)
    assert signed_in.voter == voter
    assert not limits_of(session, voter=signed_in.voter, at=BEFORE).activated
    activate_by_link(give_link(voter), election)
    assert read_session(session, at=BEFORE) is None


def test_a_suspension_ends_sessions_and_lifting_it_does_not_bring_them_back(client, election, voter):
    session = enter(client, election)
    suspend_account(voter=voter, reason="Motif", actor="administration", at=BEFORE)
    assert read_session(session, at=BEFORE) is None
    restore_account(voter=voter, reason="Motif", actor="administration", at=BEFORE)
    assert read_session(session, at=BEFORE) is None


def test_a_session_of_a_voter_who_left_the_roll_is_over(client, election, voter):
    session = enter(client, election)
    voter.delete()
    assert read_session(session, at=BEFORE) is None


def test_signing_out_leaves_nothing_of_the_voter_and_changes_the_key(client, election, voter):
    session = enter(client, election)
    begin_vote(session, at=BEFORE)
    session["staff"] = "stays"
    key = session.session_key
    sign_out(session)
    assert not is_open(session)
    assert list(session.keys()) == ["staff"]
    assert session.session_key != key


def test_signing_in_changes_the_key_and_drops_what_the_visit_before_left(client, election, voter):
    session = client.session
    session["vote_code_proved_by"] = 12
    session.save()
    key = session.session_key
    open_session(session, try_password(election, ANNE, PASSWORD))
    assert session.session_key != key
    assert "vote_code_proved_by" not in session


# ---- Two requests at a time ----


def test_a_request_writes_only_what_it_changed(client, election, voter):
    slow = enter(client, election)
    slow["changed"], slow["kept"], slow["list"], slow["removed"] = 1, 1, [1], 1
    slow.save()
    slow, quick = reread(slow), reread(slow)
    assert slow["changed"] == quick["changed"] == 1
    begin_vote(quick, at=BEFORE)
    quick["changed"] = 2
    quick["list"].append(2)
    del quick["removed"]
    quick.save()
    slow["mine"] = 1
    slow.save()
    now = reread(slow)
    assert {key: now.get(key) for key in ("changed", "kept", "list", "removed", "mine")} == {
        "changed": 2, "kept": 1, "list": [1, 2], "removed": None, "mine": 1,
    }  # fmt: skip
    assert limits_of(now, voter=voter, at=BEFORE + A_MINUTE).ends_at == BEFORE + 60 * A_MINUTE
    assert "vote_began_at" in now
    assert now.get("mine") == slow["mine"]


def test_a_slow_request_does_not_bring_a_signed_out_session_back(client, election, voter):
    slow = reread(enter(client, election))
    quick = reread(slow)
    assert read_session(slow, at=BEFORE)
    sign_out(quick)
    quick.save()
    slow["note"] = 1
    with pytest.raises(UpdateError):
        slow.save()
    assert not any(is_open(reread_row) for reread_row in all_sessions(slow))


def test_a_slow_request_is_answered_as_signed_out_when_it_would_be_noted(client, election, voter):
    slow = reread(enter(client, election))
    assert is_open(slow)
    quick = reread(slow)
    sign_out(quick)
    quick.save()
    assert read_session(slow, at=BEFORE + 2 * A_MINUTE) is None
    assert not any(is_open(each) for each in all_sessions(slow))


def test_a_slow_sign_in_carries_over_nothing_that_was_signed_out_meanwhile(client, election, voter):
    slow = client.session
    slow["staff_seen_at"] = "signed in"
    slow.save()
    slow = reread(slow)
    assert slow["staff_seen_at"]
    quick = reread(slow)
    close_staff_session(quick)
    open_session(slow, try_password(election, ANNE, PASSWORD))
    slow.save()
    now = reread(slow)
    assert is_open(now)
    assert "staff_seen_at" not in now


def all_sessions(session):
    return [type(session)(key) for key in Session.objects.values_list("pk", flat=True)]


# ---- The address that was typed ----


@pytest.mark.parametrize(
    "address", ["curieux.inconnu@autre.example", "rené.élu@exemple.example", "longue.adresse@exemple.example" * 30]
)
def test_an_address_that_was_typed_is_sealed_at_rest_and_read_again(client, db, address):
    session = client.session
    assert kept_address(session) is None
    keep_address(session, address)
    session.save()
    assert kept_address(reread(session)) == address
    at_rest = Session.objects.get(pk=row_key(session.session_key))
    kept = json.dumps(at_rest.get_decoded(), ensure_ascii=False)
    assert address not in kept
    assert address.partition("@")[0] not in kept


def test_addresses_leave_the_same_length_whoever_they_name(client, db):
    lengths = set()
    for address in ("a@b.fr", "marie-christine.dupont-durand@ac-orleans-tours.example"):
        session = client.session
        keep_address(session, address)
        lengths.add(len(json.dumps(dict(session.items()))))
    assert len(lengths) == 1


@pytest.mark.parametrize("kept", ["anne.dupont@valmont.example", "", "AAAA", "é", None, "A" * 400])
def test_what_does_not_open_is_no_address(client, db, kept):
    session = client.session
    session["vote_identification"] = kept
    assert kept_address(session) is None


# ---- The password that waits for the second page ----


def test_a_held_password_is_for_its_link_alone_and_for_the_idle_limit(client, election):
    voter = make_voter(election)
    link = read_link(give_link(voter), purpose=ACTIVATION, at=BEFORE)
    other = read_link(give_link(voter), purpose=ACTIVATION, at=BEFORE)
    session = client.session
    assert held_password(session, link=link, at=BEFORE) is None
    hold_password(session, link=link, password_hash="argon2$x", at=BEFORE)
    end = BEFORE + 15 * A_MINUTE
    assert held_password(session, link=link, at=end - A_MOMENT) == "argon2$x"
    assert held_password(session, link=other, at=BEFORE) is None
    assert held_password(session, link=link, at=end) is None
    assert held_password(session, link=link, at=BEFORE) is None


def test_a_held_password_goes_when_a_session_opens(client, election):
    voter = make_voter(election)
    token = give_link(voter)
    link = read_link(token, purpose=ACTIVATION, at=BEFORE)
    session = client.session
    hold_password(session, link=link, password_hash="argon2$x", at=BEFORE)
    open_session(session, enter_without_activation(token=token, at=BEFORE))
    assert held_password(session, link=link, at=BEFORE) is None


# ---- What the table says ----


def test_who_reads_the_table_of_sessions_opens_none_of_them(client, election, voter):
    session = enter(client, election)
    row = Session.objects.get()
    assert session.session_key not in (row.session_key, row.session_data)
    assert read_session(reread(session), at=BEFORE).voter == voter
    copied = type(session)(row.session_key)
    assert read_session(copied, at=BEFORE) is None
    assert copied.session_key is None


def test_the_rows_of_sessions_need_the_key_that_is_in_a_file(client, election, voter, settings, tmp_path):
    session = enter(client, election)
    settings.SECRETS_DIR = tmp_path / "another"
    assert read_session(reread(session), at=BEFORE) is None


def test_a_new_key_leaves_no_row_under_the_former_one(client, election, voter):
    session = enter(client, election)
    former = session.session_key
    session.cycle_key()
    assert list(Session.objects.values_list("pk", flat=True)) == [row_key(session.session_key)]
    assert not session.exists(former)
    session.flush()
    assert not Session.objects.exists()
