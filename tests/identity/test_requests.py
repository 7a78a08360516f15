"""Asking for a link: nothing of the roll is read, and the worker's answer goes to the mailbox alone."""

import hashlib
import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.identity.actions import suspend_account
from isoloir.identity.errors import LinkRefused, PortalClosed, SlowedDown
from isoloir.identity.links import new_token, read_link, token_hash
from isoloir.identity.models import LinkRequest, OneTimeLink
from isoloir.identity.requests import answer_requests, request_link
from isoloir.messaging.models import Message
from tests.account_acts import ACTIVATION, NEW_PASSWORD, ask, at_once, token_in
from tests.electorate import BEFORE, activate, make_election, make_voter

pytestmark = pytest.mark.django_db
ANNE = "anne.dupont@valmont.example"
NOBODY = "personne@valmont.example"


def request(election, address, purpose=ACTIVATION, at=BEFORE):
    request_link(election=election, address=address, purpose=purpose, at=at)


def shapes(queries):
    statements = [query["sql"] for query in queries.captured_queries]
    return [statement.split()[:3] for statement in statements if "SAVEPOINT" not in statement]


# ---- The request ----


@pytest.mark.parametrize("purpose", [ACTIVATION, NEW_PASSWORD])
@pytest.mark.parametrize("case", ["activated", "not activated", "suspended", "unknown"])
def test_a_request_runs_the_same_statements_for_everybody_and_reads_no_roll(election, case, purpose):
    if case != "unknown":
        voter = make_voter(election)
        if case != "not activated":
            activate(voter)
        if case == "suspended":
            suspend_account(voter=voter, reason="Usurpation signalée", actor="administration", at=BEFORE)
    with CaptureQueriesContext(connection) as reference:
        request(election, NOBODY, purpose)
    with CaptureQueriesContext(connection) as queries:
        request(election, ANNE, purpose)
    assert shapes(queries) == shapes(reference) != []
    statements = " ".join(query["sql"] for query in queries.captured_queries)
    assert "roll_" not in statements
    assert "identity_voteraccount" not in statements
    assert not OneTimeLink.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("address", ["a@b.fr", ANNE, "x" * 300 + "@valmont.example", "é" * 200 + "@valmont.example"])
def test_every_request_is_kept_in_the_same_length_and_unreadable(election, address):
    request(election, address)
    sealed = bytes(LinkRequest.objects.get().sealed)
    assert len(sealed) == 258 + 40
    assert address.encode() not in sealed


def test_an_address_too_long_is_accepted_and_answered_by_nothing(election, outbox):
    make_voter(election)
    request(election, "x" * 300 + "@valmont.example")
    request(election, ANNE)
    assert answer_requests(at=BEFORE) == 2
    assert [recipient for recipient, _subject, _body in outbox()] == [ANNE]


def test_the_longest_address_is_answered(election, outbox):
    address = f"{'x' * 64}@{'y' * 60}.{'z' * 60}.{'w' * 59}.example"
    make_voter(election, email=address, reference="V1")
    ask(election, address)
    assert outbox()[0][0] == address


def test_the_portal_is_closed_before_its_hour(election):
    with pytest.raises(PortalClosed):
        request(election, ANNE, at=election.portal_opens_at - timedelta(seconds=1))
    with pytest.raises(PortalClosed):
        request(None, ANNE)
    assert not LinkRequest.objects.exists()
    request(election, ANNE, at=election.portal_opens_at)


@pytest.mark.parametrize("address", [ANNE, NOBODY])
def test_requests_for_one_address_are_slowed_known_or_not(election, address):
    make_voter(election)
    for _time in range(4):
        request(election, address)
    with pytest.raises(SlowedDown) as slowed:
        request(election, f" {address.upper()} ")
    assert slowed.value.seconds == 1
    assert LinkRequest.objects.count() == 4
    request(election, address, at=BEFORE + timedelta(seconds=1))


# ---- The answer ----


def test_an_unknown_address_gets_nothing(election):
    ask(election, NOBODY)
    assert not OneTimeLink.objects.exists()
    assert not Message.objects.exists()
    assert not LinkRequest.objects.exists()


@pytest.mark.parametrize("purpose", [ACTIVATION, NEW_PASSWORD])
def test_a_voter_without_account_gets_an_activation_link_whatever_was_asked(election, outbox, purpose):
    make_voter(election)
    ask(election, f" {ANNE.upper()} ", purpose=purpose)
    [(recipient, subject, body)] = outbox()
    assert recipient == ANNE
    assert subject == "Votre lien pour les élections : activation de votre compte"
    link = read_link(token_in(body), purpose=ACTIVATION, at=BEFORE)
    assert f"/activation/{token_in(body)}/" in body
    assert link.expires_at == BEFORE + timedelta(hours=24)
    assert link.message == Message.objects.get()


def test_an_activated_voter_who_identifies_gets_no_mail_but_a_lost_password_does(election, outbox):
    activate(make_voter(election))
    ask(election, ANNE)
    assert outbox() == []
    assert not OneTimeLink.objects.exists()
    ask(election, ANNE, purpose=NEW_PASSWORD)
    [(_recipient, subject, body)] = outbox()
    assert subject == "Votre lien pour les élections : nouveau mot de passe"
    assert f"/nouveau-mot-de-passe/{token_in(body)}/" in body
    assert read_link(token_in(body), purpose=NEW_PASSWORD, at=BEFORE)


@pytest.mark.parametrize("is_activated", [True, False])
@pytest.mark.parametrize("purpose", [ACTIVATION, NEW_PASSWORD])
def test_a_suspended_voter_is_told_whom_to_call_and_gets_no_link(election, outbox, purpose, is_activated):
    voter = make_voter(election)
    if is_activated:
        activate(voter)
    suspend_account(voter=voter, reason="Usurpation signalée", actor="administration", at=BEFORE)
    ask(election, ANNE, purpose=purpose)
    [(recipient, subject, body)] = outbox()
    assert (recipient, subject) == (ANNE, "Votre accès au portail des élections")
    assert "est suspendu" in body
    assert "01 99 00 12 34" in body
    assert "Usurpation" not in body
    assert not OneTimeLink.objects.exists()


def test_the_link_goes_to_the_address_that_was_typed(election, outbox):
    make_voter(election, second_email="Anne.MARTIN@valmont.example")
    ask(election, "anne.martin@valmont.example")
    ask(election, ANNE)
    assert [recipient for recipient, _subject, _body in outbox()] == ["Anne.MARTIN@valmont.example", ANNE]


def test_the_roll_of_another_election_is_not_looked_at(election, outbox):
    make_voter(make_election(slug="autre"))
    ask(election, ANNE)
    assert outbox() == []


def test_one_row_that_cannot_be_opened_holds_back_no_other(election, outbox, caplog):
    make_voter(election)
    request(election, NOBODY)
    LinkRequest.objects.update(sealed=b"x" * 296)
    LinkRequest.objects.create(election=election, purpose=ACTIVATION, sealed=b"", asked_at=BEFORE)
    request(election, ANNE)
    with caplog.at_level(logging.WARNING, "isoloir.identity"):
        assert answer_requests(at=BEFORE) == 3
    assert [recipient for recipient, _subject, _body in outbox()] == [ANNE]
    assert not LinkRequest.objects.exists()
    assert [record.getMessage().endswith("CryptoError") for record in caplog.records][:1] == [True]
    assert "@" not in caplog.text


def test_twenty_requests_are_answered_by_as_many_queries_as_two(election):
    def queries(count):
        for number in range(count):
            address = f"voter-{count}-{number}@valmont.example"
            voter = make_voter(election, email=address)
            if number % 2:
                activate(voter)
            request(election, address, NEW_PASSWORD)
        with CaptureQueriesContext(connection) as captured:
            assert answer_requests(at=BEFORE) == count
        return len(captured)

    assert queries(2) == queries(20)


def test_the_worker_takes_as_many_as_it_is_told_and_the_oldest_first(election, outbox):
    for number in range(5):
        make_voter(election, email=f"voter-{number}@valmont.example")
        request(election, f"voter-{number}@valmont.example")
    assert answer_requests(at=BEFORE, limit=3) == 3
    assert [mail[0] for mail in outbox()] == [f"voter-{number}@valmont.example" for number in range(3)]
    assert answer_requests(at=BEFORE, limit=3) == 2
    assert answer_requests(at=BEFORE, limit=3) == 0


@pytest.mark.django_db(transaction=True)
def test_several_workers_answer_each_request_once(election, outbox):
    for number in range(12):
        make_voter(election, email=f"voter-{number}@valmont.example")
        request(election, f"voter-{number}@valmont.example")
    assert sum(at_once(lambda _worker: answer_requests(at=BEFORE, limit=5), range(4))) == 12
    recipients = [recipient for recipient, _subject, _body in outbox()]
    assert len(recipients) == len(set(recipients)) == 12
    assert OneTimeLink.objects.count() == 12


def test_two_requests_make_two_links(election, outbox):
    make_voter(election)
    request(election, ANNE)
    request(election, ANNE)
    answer_requests(at=BEFORE)
    tokens = {token_in(body) for _to, _subject, body in outbox()}
    assert len(tokens) == 2


# ---- The e-mails ----


def test_an_activation_mail_says_what_the_link_is_for_until_when_and_the_permanent_address(election, outbox):
    make_voter(election)
    ask(election, ANNE)
    body = outbox()[0][2].replace("\u00a0", " ")
    assert body.startswith("Bonjour Mme DUPONT,\n")
    assert "activer votre compte électeur" in body
    assert "créer et enregistrer votre mot de passe Élections" in body
    assert "choisir votre question défi et enregistrer votre réponse secrète" in body
    assert "Ce lien ne sert qu’une seule fois, et jusqu’au samedi 21 novembre 2026 à 10 h 00 (heure de Paris)." in body
    assert "pour toutes vos visites suivantes :\nhttp://127.0.0.1:8000/\n" in body


def test_markup_in_a_name_stays_as_it_is_in_a_mail(election, outbox):
    make_voter(election, last_name="O’Brien & <fils>")
    ask(election, ANNE)
    assert "Bonjour Mme O’BRIEN & <FILS>,\n" in outbox()[0][2]


def test_a_link_written_by_who_has_the_database_alone_opens_nothing(election, settings, tmp_path):
    """Neither the plain hash of a token, nor one keyed otherwise, is that of a link."""
    voter, token = make_voter(election), new_token()
    settings.SECRETS_DIR, own = tmp_path / "another", settings.SECRETS_DIR
    keyed_otherwise = token_hash(token)
    settings.SECRETS_DIR = own
    for forged in (hashlib.sha256(token.encode()).hexdigest(), keyed_otherwise):
        link = OneTimeLink(voter=voter, purpose="activation", token_hash=forged, created_at=BEFORE)
        link.expires_at = BEFORE + timedelta(hours=1)
        link.save()
        with pytest.raises(LinkRefused):
            read_link(token, purpose=OneTimeLink.Purpose.ACTIVATION, at=BEFORE)
    OneTimeLink.objects.filter(token_hash=keyed_otherwise).update(token_hash=token_hash(token))
    assert read_link(token, purpose=OneTimeLink.Purpose.ACTIVATION, at=BEFORE).voter == voter


def test_the_database_keeps_only_the_hash_of_a_token(election, outbox):
    make_voter(election)
    ask(election, ANNE)
    token = token_in(outbox()[0][2])
    assert OneTimeLink.objects.get().token_hash == token_hash(token)
    assert token not in str(OneTimeLink.objects.values())
    assert token.encode() not in bytes(Message.objects.get().sealed)
