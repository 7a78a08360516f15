"""Signing in by address and password: the same answer and the same work for everybody who has not proved anything."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.identity import passwords
from isoloir.identity.actions import (
    enter_by_single_sign_on,
    open_session,
    restore_account,
    suspend_account,
)
from isoloir.identity.errors import AccountSuspended, PortalClosed, SignInRefused, SuspensionRefused
from isoloir.identity.hashers import ExplicitArgon2PasswordHasher
from isoloir.identity.models import Suspension, VoterAccount
from isoloir.journal.models import JournalEntry
from tests.account_acts import WRONG, activate_by_link, give_link, try_password
from tests.electorate import BEFORE, PASSWORD, activate, make_voter

pytestmark = pytest.mark.django_db
ANNE = "anne.dupont@valmont.example"
AN_HOUR = timedelta(hours=1)
CASES = ("activated", "not activated", "suspended", "unknown")


def make_case(election, case):
    """Make the voter of ANNE, unless nobody is; return the voter."""
    if case == "unknown":
        return None
    voter = make_voter(election)
    if case != "not activated":
        activate(voter)
    if case == "suspended":
        suspend_account(voter=voter, reason="Usurpation signalée", actor="administration", at=BEFORE)
    return voter


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_couple_is_refused_in_the_same_words(election, case):
    make_case(election, case)
    with pytest.raises(SignInRefused) as refusal:
        try_password(election, ANNE, WRONG)
    assert refusal.value.message == (
        "Le mot de passe ne correspond pas à cette adresse, ou le compte n’est pas encore activé."
    )
    assert refusal.value.seconds == 0


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_couple_costs_the_same_statements_and_one_hash(election, case, monkeypatch):
    make_case(election, case)
    computed = []
    verify = ExplicitArgon2PasswordHasher.verify
    monkeypatch.setattr(
        ExplicitArgon2PasswordHasher,
        "verify",
        lambda hasher, password, encoded: computed.append(encoded.split("$")[1:4]) or verify(hasher, password, encoded),
    )
    monkeypatch.setattr(ExplicitArgon2PasswordHasher, "encode", lambda *_arguments: computed.append("encode"))
    with CaptureQueriesContext(connection) as queries, pytest.raises(SignInRefused):
        try_password(election, ANNE, WRONG)
    statements = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert [statement.split()[0] for statement in statements] == ["INSERT", "SELECT", "UPDATE", "SELECT"]
    assert "roll_voteraddress" in statements[-1]
    assert computed == [["argon2id", "v=19", "m=1024,t=1,p=1"]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", ["activated", "unknown"])
def test_nothing_is_hashed_inside_a_transaction(election, case, monkeypatch):
    make_case(election, case)
    inside = []
    for name in ("verify", "encode"):
        really = getattr(ExplicitArgon2PasswordHasher, name)

        def spy(hasher, *arguments, really=really):
            inside.append(connection.in_atomic_block)
            return really(hasher, *arguments)

        monkeypatch.setattr(ExplicitArgon2PasswordHasher, name, spy)
    with pytest.raises(SignInRefused):
        try_password(election, ANNE, WRONG)
    if case == "activated":
        try_password(election, ANNE, PASSWORD)
    else:
        activate_by_link(give_link(make_voter(election)), election)
    assert set(inside) == {False}


def test_the_hash_of_nobody_has_the_parameters_asked_for_and_fits_nothing():
    assert passwords._nobodys_hash((2, 512)).startswith("argon2$argon2id$v=19$m=512,t=2,p=1$")
    assert not passwords.check_password_hash(PASSWORD, None)


@pytest.mark.parametrize("case", ["former", "today", "nobody"])
def test_every_check_computes_each_set_of_parameters_once(election, case, settings, monkeypatch):
    account = None if case == "nobody" else activate(make_voter(election))
    if case == "former":
        settings.ARGON2_FORMER_COSTS = [(1, 1024)]
        settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST = 512, 2
    else:
        settings.ARGON2_FORMER_COSTS = [(2, 512)]
    computed = []
    verify = ExplicitArgon2PasswordHasher.verify
    monkeypatch.setattr(
        ExplicitArgon2PasswordHasher,
        "verify",
        lambda hasher, password, encoded: computed.append(encoded.split("$")[3]) or verify(hasher, password, encoded),
    )
    assert not passwords.check_password_hash(WRONG, account)
    assert sorted(computed) == ["m=1024,t=1,p=1", "m=512,t=2,p=1"]


def test_either_address_identifies_whatever_its_case(election):
    voter = make_voter(election, second_email="Anne.Martin@valmont.example")
    activate(voter)
    for address in (ANNE, " ANNE.dupont@valmont.example", "anne.martin@VALMONT.example"):
        assert try_password(election, address, PASSWORD).voter == voter


def test_the_portal_is_closed_before_its_hour(election):
    activate(make_voter(election))
    with pytest.raises(PortalClosed):
        try_password(election, ANNE, PASSWORD, at=election.portal_opens_at - timedelta(seconds=1))
    with pytest.raises(PortalClosed):
        try_password(None, ANNE, PASSWORD)


def test_a_sign_in_remembers_the_visit_before(election):
    account = activate(make_voter(election))
    try_password(election, ANNE, PASSWORD)
    voter = try_password(election, ANNE, PASSWORD, at=BEFORE + AN_HOUR).voter
    account.refresh_from_db()
    assert account.previous_sign_in_at == voter.account.previous_sign_in_at == BEFORE
    assert account.last_signed_in_at == voter.account.last_signed_in_at == BEFORE + AN_HOUR


def test_a_password_is_the_same_typed_on_two_systems(election):
    activate(make_voter(election), password="Été-Brûlant-2026!")
    # As macOS sends it: each accent apart from its letter.
    assert try_password(election, ANNE, "E\u0301te\u0301-Bru\u0302lant-2026!")


# ---- Parameters that change ----


def test_a_hash_with_other_parameters_is_renewed_at_sign_in_alone(election, settings):
    account = activate(make_voter(election))
    settings.ARGON2_MEMORY_KIB, settings.ARGON2_TIME_COST = 2048, 2
    with pytest.raises(SignInRefused):
        try_password(election, ANNE, WRONG)
    account.refresh_from_db()
    assert "$m=1024,t=1,p=1$" in account.password
    set_at = account.password_set_at
    try_password(election, ANNE, PASSWORD)
    account.refresh_from_db()
    assert "$m=2048,t=2,p=1$" in account.password
    assert account.password_set_at == set_at
    assert try_password(election, ANNE, PASSWORD)
    renewed = account.password
    account.refresh_from_db()
    assert account.password == renewed


def test_a_hash_of_a_whole_other_make_is_renewed(election):
    account = activate(make_voter(election))
    account.password = "argon2" + PasswordHasher(time_cost=1, memory_cost=512, parallelism=2).hash(PASSWORD)
    account.save()
    try_password(election, ANNE, PASSWORD)
    account.refresh_from_db()
    assert "m=1024,t=1,p=1" in account.password


def test_renewing_a_hash_never_puts_an_old_password_back(election, settings, monkeypatch):
    account = activate(make_voter(election))
    settings.ARGON2_TIME_COST = 2
    really = passwords.make_password

    def change_meanwhile(raw):
        VoterAccount.objects.update(password="argon2$changed-meanwhile")
        return really(raw)

    monkeypatch.setattr(passwords, "make_password", change_meanwhile)
    try_password(election, ANNE, PASSWORD)
    account.refresh_from_db()
    assert account.password == "argon2$changed-meanwhile"


# ---- Suspension ----


def test_suspension_is_said_to_who_knows_the_password(election):
    make_case(election, "suspended")
    with pytest.raises(AccountSuspended) as refusal:
        try_password(election, ANNE, PASSWORD)
    assert refusal.value.message == (
        "L’accès à votre compte électeur est suspendu. Adressez-vous à l’assistance\u00a0: 01 99 00 12 34."
    )
    assert "Usurpation" not in str(refusal.value)


def test_a_restored_voter_enters_again(election):
    voter = make_case(election, "suspended")
    restore_account(voter=voter, reason="Identité vérifiée", actor="administration", at=BEFORE)
    assert try_password(election, ANNE, PASSWORD)


def test_suspensions_are_journaled_with_reason_and_reference_and_never_the_address(election):
    voter = make_case(election, "suspended")
    restore_account(voter=voter, reason=" Identité  vérifiée ", actor="administration", at=BEFORE)
    lines = list(JournalEntry.objects.order_by("sequence").values_list("kind", "actor", "subject", "facts"))
    assert lines == [
        ("account.suspended", "administration", voter.reference, {"reason": "Usurpation signalée"}),
        ("account.restored", "administration", voter.reference, {"reason": "Identité vérifiée"}),
    ]


def test_a_suspension_needs_a_reason_and_is_made_and_lifted_once(election):
    voter = make_voter(election)

    def refused(act, reason="Motif"):
        with pytest.raises(SuspensionRefused) as refusal:
            act(voter=voter, reason=reason, actor="administration", at=BEFORE)
        return refusal.value.code

    assert refused(suspend_account, "  ") == refused(suspend_account, "x" * 201) == "no-reason"
    assert refused(restore_account) == "not-suspended"
    suspend_account(voter=voter, reason="Motif", actor="administration", at=BEFORE)
    assert refused(suspend_account) == "suspended"
    assert refused(restore_account, "") == "no-reason"
    assert Suspension.objects.count() == JournalEntry.objects.count() == 1


# ---- The employer's single sign-on ----


def test_single_sign_on_lets_in_with_or_without_account_but_not_when_suspended(election, client):
    voter = make_voter(election)
    assert enter_by_single_sign_on(voter=voter, at=BEFORE).voter == voter
    activate(voter)
    enter_by_single_sign_on(voter=voter, at=BEFORE)
    assert VoterAccount.objects.get().last_signed_in_at == BEFORE
    open_session(client.session, enter_by_single_sign_on(voter=voter, at=BEFORE + AN_HOUR))
    suspend_account(voter=voter, reason="Motif", actor="administration", at=BEFORE)
    voter = type(voter).objects.get(pk=voter.pk)
    with pytest.raises(AccountSuspended):
        enter_by_single_sign_on(voter=voter, at=BEFORE)
    with pytest.raises(PortalClosed):
        enter_by_single_sign_on(voter=voter, at=election.portal_opens_at - AN_HOUR)
