"""One-time links, passwords, and what an unknown address cannot learn."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from isoloir.identity import passwords
from isoloir.identity.actions import authenticate_voter, queue_invitations, request_link, set_password
from isoloir.identity.errors import (
    IdentityRefused,
    LinkExpired,
    LinkRefused,
    LinkUsed,
    PasswordRefused,
    PortalClosed,
    SignInRefused,
    SlowedDown,
)
from isoloir.identity.links import read_link, token_hash
from isoloir.identity.models import OneTimeLink, Slowdown, VoterAccount
from isoloir.identity.slowdown import network_of
from isoloir.journal.models import JournalEntry
from isoloir.messaging.models import Message
from tests.electorate import BEFORE, PASSWORD, activate, make_voter

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = "192.0.2.10", "198.51.100.77"
AN_HOUR = timedelta(hours=1)


def token_in(body: str) -> str:
    found = re.search(r"/lien/([\w-]+)/", body)
    assert found, body
    return found[1]


def ask(election, address, at=BEFORE, **options):
    request_link(election=election, address=address, at=at, **options)


def try_password(election, address, password, at=BEFORE, network=HOME):
    return authenticate_voter(election=election, address=address, password=password, network=network, at=at)


# ---- The link ----


def test_link_of_a_mail_sets_the_password_and_is_consumed(election, outbox):
    voter = make_voter(election)
    ask(election, " Anne.DUPONT@valmont.example ")
    [(recipient, subject, body)] = outbox()
    assert recipient == voter.email
    assert subject == "Votre lien pour les élections : création du mot de passe"
    assert body.startswith("Bonjour Mme DUPONT,\n")
    assert "http://127.0.0.1:8000/\n" in body
    token = token_in(body)
    proved = set_password(token=token, password=PASSWORD, at=BEFORE)
    assert proved.voter == voter
    with pytest.raises(LinkUsed):
        read_link(token, at=BEFORE)
    assert try_password(election, voter.email, PASSWORD).voter == voter


def test_database_keeps_only_the_hash_of_a_token(election, outbox):
    make_voter(election)
    ask(election, "anne.dupont@valmont.example")
    token = token_in(outbox()[0][2])
    link = OneTimeLink.objects.get()
    assert link.token_hash == token_hash(token)
    assert token not in str(OneTimeLink.objects.values())
    assert token.encode() not in bytes(Message.objects.get().sealed)


def test_link_expires_at_its_hour(election, outbox):
    make_voter(election)
    ask(election, "anne.dupont@valmont.example")
    token = token_in(outbox()[0][2])
    end = BEFORE + timedelta(hours=election.link_hours)
    read_link(token, at=end - timedelta(microseconds=1))
    with pytest.raises(LinkExpired):
        read_link(token, at=end)


def test_altered_link_is_not_recognised(election, outbox):
    make_voter(election)
    ask(election, "anne.dupont@valmont.example")
    token = token_in(outbox()[0][2])
    with pytest.raises(LinkRefused) as refusal:
        read_link(token[:-1], at=BEFORE)
    assert type(refusal.value) is LinkRefused


def test_newer_link_leaves_the_older_one_alive_until_one_is_used(election, outbox):
    make_voter(election)
    ask(election, "anne.dupont@valmont.example")
    ask(election, "anne.dupont@valmont.example")
    older, newer = (token_in(body) for _to, _subject, body in outbox())
    read_link(older, at=BEFORE)
    set_password(token=older, password=PASSWORD, at=BEFORE)
    with pytest.raises(LinkUsed):
        read_link(newer, at=BEFORE)


def test_refused_password_leaves_the_link_alive(election, outbox):
    make_voter(election)
    ask(election, "anne.dupont@valmont.example")
    token = token_in(outbox()[0][2])
    with pytest.raises(PasswordRefused):
        set_password(token=token, password="court", at=BEFORE)
    assert not VoterAccount.objects.exists()
    set_password(token=token, password=PASSWORD, at=BEFORE)


def test_identification_of_an_activated_voter_sends_nothing_but_a_lost_password_does(election, outbox):
    voter = make_voter(election)
    activate(voter)
    ask(election, voter.email, only_if_not_activated=True)
    assert outbox() == []
    assert not OneTimeLink.objects.exists()
    ask(election, voter.email)
    assert outbox()[0][1] == "Votre lien pour les élections : nouveau mot de passe"


def test_unknown_address_leaves_no_link_and_no_message(election):
    ask(election, "personne@valmont.example")
    assert not OneTimeLink.objects.exists()
    assert not Message.objects.exists()


def test_changed_password_is_told_to_the_voter_and_the_old_one_is_dead(election, outbox):
    voter = make_voter(election)
    activate(voter)
    ask(election, voter.email)
    set_password(token=token_in(outbox()[0][2]), password="Mésange-Bleue-2026", at=BEFORE)
    recipient, subject, body = outbox()[1]
    assert (recipient, subject) == (voter.email, "Votre mot de passe Élections a été changé")
    assert "Mésange" not in body
    with pytest.raises(SignInRefused):
        try_password(election, voter.email, PASSWORD)


def test_portal_is_closed_before_its_hour(election):
    voter = make_voter(election)
    too_early = election.portal_opens_at - timedelta(seconds=1)
    with pytest.raises(PortalClosed):
        ask(election, voter.email, at=too_early)
    with pytest.raises(PortalClosed):
        try_password(election, voter.email, PASSWORD, at=too_early)
    ask(election, voter.email, at=election.portal_opens_at)


def test_link_requests_for_one_address_are_slowed_known_or_not(election, outbox):
    make_voter(election)
    for address in ("anne.dupont@valmont.example", "personne@valmont.example"):
        for _time in range(4):
            ask(election, address)
        with pytest.raises(SlowedDown):
            ask(election, address)
    assert len(outbox()) == 4


# ---- Sign-in ----


@pytest.mark.parametrize("case", ["wrong password", "not activated", "unknown"])
def test_wrong_couple_is_refused_in_the_same_words(election, case):
    voter = make_voter(election)
    if case == "wrong password":
        activate(voter)
    address = "personne@valmont.example" if case == "unknown" else voter.email
    with pytest.raises(SignInRefused) as refusal:
        try_password(election, address, "Autre-Chose-Secrete-1")
    assert refusal.value.message.startswith("Le mot de passe ne correspond pas à cette adresse")
    assert refusal.value.seconds == 0


def test_unknown_address_costs_a_hash_too(election, monkeypatch):
    counted = []
    real = authenticate_voter.__globals__["check_password"]
    monkeypatch.setitem(
        authenticate_voter.__globals__,
        "check_password",
        lambda raw, encoded, **options: counted.append(encoded[:9]) or real(raw, encoded, **options),
    )
    activate(make_voter(election))
    for address in ("anne.dupont@valmont.example", "personne@valmont.example"):
        with pytest.raises(SignInRefused):
            try_password(election, address, "Autre-Chose-Secrete-1")
    assert counted == ["argon2$ar", "argon2$ar"]


@pytest.mark.parametrize("known", [True, False])
def test_repeated_failures_wait_longer_and_longer_and_are_never_locked(election, known):
    if known:
        activate(make_voter(election))
    at, waits = BEFORE, []
    for _time in range(16):
        with pytest.raises(SignInRefused) as refusal:
            try_password(election, "anne.dupont@valmont.example", "Autre-Chose-Secrete-1", at=at)
        waits.append(refusal.value.seconds)
        at += timedelta(seconds=refusal.value.seconds)
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]
    if known:
        try_password(election, "anne.dupont@valmont.example", PASSWORD, at=at)


def test_waiting_is_said_in_seconds_and_the_password_is_not_looked_at(election):
    activate(make_voter(election))
    for _time in range(4):
        with pytest.raises(SignInRefused):
            try_password(election, "anne.dupont@valmont.example", "Autre-Chose-Secrete-1")
    with pytest.raises(SlowedDown) as slowed:
        try_password(election, "anne.dupont@valmont.example", PASSWORD)
    assert slowed.value.seconds == 1
    assert "1 seconde," in slowed.value.message


def test_failures_from_elsewhere_do_not_slow_the_voter(election):
    activate(make_voter(election))
    for _time in range(4):
        with pytest.raises(SignInRefused):
            try_password(election, "anne.dupont@valmont.example", "Autre-Chose-Secrete-1", network=ELSEWHERE)
    with pytest.raises(SlowedDown):
        try_password(election, "anne.dupont@valmont.example", PASSWORD, network=ELSEWHERE)
    assert try_password(election, "anne.dupont@valmont.example", PASSWORD, network=HOME)


def test_one_network_trying_many_addresses_is_slowed(election):
    for number in range(41):
        with pytest.raises(SignInRefused):
            try_password(election, f"voter-{number}@valmont.example", "Autre-Chose-Secrete-1")
    with pytest.raises(SlowedDown):
        try_password(election, "voter-99@valmont.example", "Autre-Chose-Secrete-1")


def test_trickle_of_failures_from_one_network_stops_nobody(election):
    activate(make_voter(election))
    at = BEFORE
    for number in range(100):
        at += timedelta(seconds=3)
        with pytest.raises(SignInRefused) as refusal:
            try_password(election, f"voter-{number}@valmont.example", "Autre-Chose-Secrete-1", at=at)
        assert refusal.value.seconds == 0
    assert try_password(election, "anne.dupont@valmont.example", PASSWORD, at=at)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.10", "192.0.2.11", False),
        ("2001:db8:1:2::a", "2001:db8:1:2:ffff::b", True),
        ("2001:db8:1:2::a", "2001:db8:2:2::a", False),
        ("::ffff:192.0.2.10", "192.0.2.10", True),
        ("::ffff:192.0.2.10", "::ffff:198.51.100.1", False),
    ],
)
def test_network_is_the_address_in_ipv4_and_the_site_in_ipv6(first, second, same):
    assert (network_of(first) == network_of(second)) is same


def test_slow_down_table_tells_neither_address_nor_network(election):
    with pytest.raises(SignInRefused):
        try_password(election, "anne.dupont@valmont.example", "Autre-Chose-Secrete-1")
    subjects = list(Slowdown.objects.values_list("subject", flat=True))
    assert len(subjects) == 2
    for subject in subjects:
        assert re.fullmatch(r"[0-9a-f]{64}", subject)
        assert subject != hashlib.sha256(f"network {HOME}/32".encode()).hexdigest()


def test_quiet_hour_forgets_the_failures(election):
    activate(make_voter(election))
    for _time in range(4):
        with pytest.raises(SignInRefused):
            try_password(election, "anne.dupont@valmont.example", "Autre-Chose-Secrete-1")
    with pytest.raises(SignInRefused) as refusal:
        try_password(
            election, "anne.dupont@valmont.example", "Autre-Chose-Secrete-1", at=BEFORE + AN_HOUR + timedelta(seconds=2)
        )
    assert refusal.value.seconds == 0


def test_sign_in_remembers_the_visit_before(election):
    account = activate(make_voter(election))
    try_password(election, "anne.dupont@valmont.example", PASSWORD, at=BEFORE)
    try_password(election, "anne.dupont@valmont.example", PASSWORD, at=BEFORE + AN_HOUR)
    account.refresh_from_db()
    assert account.previous_sign_in_at == BEFORE
    assert account.last_signed_in_at == BEFORE + AN_HOUR


def test_hash_with_old_parameters_is_renewed_at_sign_in(election, settings):
    from argon2 import PasswordHasher

    account = activate(make_voter(election))
    account.password = "argon2" + PasswordHasher(time_cost=1, memory_cost=512, parallelism=1).hash(PASSWORD)
    account.save()
    try_password(election, "anne.dupont@valmont.example", PASSWORD)
    account.refresh_from_db()
    assert "m=1024" in account.password
    try_password(election, "anne.dupont@valmont.example", PASSWORD)


def test_password_is_the_same_typed_on_two_systems(election, outbox):
    make_voter(election)
    ask(election, "anne.dupont@valmont.example")
    set_password(token=token_in(outbox()[0][2]), password="Été-Brûlant-2026!", at=BEFORE)
    # As macOS sends it: each accent apart from its letter.
    assert try_password(election, "anne.dupont@valmont.example", "E\u0301te\u0301-Bru\u0302lant-2026!")


# ---- The rules ----


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Abcdefgh-1x", "au moins 12 caractères"),
        ("A1!" + "xq" * 127, "au plus 256 caractères"),
        ("ABCDEFÉGHI-12", "minuscule sans accent"),
        ("abcdeéfghi-12", "majuscule sans accent"),
        ("Abcdefghij-kl", "un chiffre"),
        ("Abcdefghijk12", "caractère spécial"),
        ("Abcdéfghij 12", "caractère spécial"),
        ("Anne.Dupont-2026", "adresse électronique"),
        ("Motdepasse2026!", "trop courant"),
        ("Qwertyuiop-12!", "trop courant"),
    ],
)
def test_password_that_breaks_a_rule_is_refused_by_its_name(password, fault):
    with pytest.raises(PasswordRefused) as refusal:
        passwords.check_password_rules(password, email="anne.dupont@valmont.example")
    assert [sentence for sentence in refusal.value.sentences if fault in sentence], refusal.value.sentences


def test_all_broken_rules_are_named_at_once():
    with pytest.raises(PasswordRefused) as refusal:
        passwords.check_password_rules("é", email="anne.dupont@valmont.example")
    assert len(refusal.value.sentences) == 5


@pytest.mark.parametrize("password", ["Hvcrplmzij-1", "Aa1!" + "xq" * 126, PASSWORD, "phrase de passe Longue, 1 fois"])
def test_password_that_keeps_the_rules_is_accepted(password):
    assert passwords.check_password_rules(password, email="anne.dupont@valmont.example") == password


# ---- The opening campaign ----


def test_campaign_invites_each_voter_once(election, outbox):
    voters = [make_voter(election, email=f"voter-{number}@valmont.example") for number in range(5)]
    assert queue_invitations(election=election, at=BEFORE, actor="console") == 5
    assert queue_invitations(election=election, at=BEFORE, actor="console") == 0
    assert sorted(recipient for recipient, _subject, _body in outbox()) == [voter.email for voter in voters]
    assert JournalEntry.objects.get(kind="invitations.queued").facts == {"voters": 5}
    late = make_voter(election, email="tardif@valmont.example")
    assert queue_invitations(election=election, at=BEFORE, actor="console") == 1
    assert outbox()[-1][0] == late.email


def test_campaign_goes_on_where_it_was_killed(election, outbox, monkeypatch):
    for number in range(7):
        make_voter(election, email=f"voter-{number}@valmont.example")
    monkeypatch.setitem(queue_invitations.__globals__, "_INVITATIONS_AT_ONCE", 3)
    real, batches = queue_invitations.__globals__["queue_emails"], []

    def die_at_the_second_batch(**options):
        batches.append(len(options["messages"]))
        if len(batches) == 2:
            raise KeyboardInterrupt
        return real(**options)

    monkeypatch.setitem(queue_invitations.__globals__, "queue_emails", die_at_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        queue_invitations(election=election, at=BEFORE, actor="console")
    assert len(outbox()) == OneTimeLink.objects.count() == 3
    assert queue_invitations(election=election, at=BEFORE, actor="console") == 4
    recipients = [recipient for recipient, _subject, _body in outbox()]
    assert len(recipients) == len(set(recipients)) == 7


def test_database_refuses_a_second_invitation(election):
    voter = make_voter(election)
    queue_invitations(election=election, at=BEFORE, actor="console")
    link = OneTimeLink.objects.get()
    link.pk, link.token_hash = None, "0" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        link.save()
    assert voter.links.count() == 1


def test_campaign_takes_the_same_queries_for_two_voters_and_for_twenty(election, django_assert_num_queries):
    make_voter(election, email="zero@valmont.example")
    queue_invitations(election=election, at=BEFORE, actor="console")
    make_voter(election, email="un@valmont.example")
    make_voter(election, email="deux@valmont.example")
    with CaptureQueriesContext(connection) as first:
        queue_invitations(election=election, at=BEFORE, actor="console")
    for number in range(20):
        make_voter(election, email=f"voter-{number}@valmont.example")
    with django_assert_num_queries(len(first)):
        queue_invitations(election=election, at=BEFORE, actor="console")


def test_invitation_works_as_a_link(election, outbox):
    voter = make_voter(election)
    queue_invitations(election=election, at=BEFORE, actor="console")
    _recipient, subject, body = outbox()[0]
    assert subject == "Ouverture du portail : Élections professionnelles 2026"
    assert "jeudi 3 décembre 2026 à 8 h 00 (heure de Paris)" in body
    assert set_password(token=token_in(body), password=PASSWORD, at=BEFORE).voter == voter


def test_markup_in_a_name_stays_as_it_is_in_a_mail(election, outbox):
    make_voter(election, last_name="O’Brien & <fils>")
    ask(election, "anne.dupont@valmont.example")
    assert "Bonjour Mme O’BRIEN & <FILS>,\n" in outbox()[0][2]


# ---- Two at once ----


def at_once(act, arguments):
    """Run `act` in one thread per argument; return results and refusals."""

    def run(argument):
        try:
            return act(argument)
        except IdentityRefused as refused:
            return type(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(run, arguments))


@pytest.mark.django_db(transaction=True)
def test_two_links_of_one_voter_used_at_once_make_one_password(election, outbox):
    voter = make_voter(election)
    ask(election, voter.email)
    ask(election, voter.email)
    tokens = [token_in(body) for _to, _subject, body in outbox()]
    words = {tokens[0]: "Chouette-Hulotte-1", tokens[1]: "Chouette-Effraie-2"}
    results = at_once(lambda token: set_password(token=token, password=words[token], at=BEFORE), tokens)
    assert results.count(LinkUsed) == 1
    winner = tokens[0] if results[1] is LinkUsed else tokens[1]
    assert try_password(election, voter.email, words[winner])


@pytest.mark.django_db(transaction=True)
def test_two_campaigns_at_once_invite_each_voter_once(election, outbox):
    for number in range(20):
        make_voter(election, email=f"voter-{number}@valmont.example")
    counts = at_once(
        lambda actor: queue_invitations(election=election, at=BEFORE, actor=actor), ["console", "commande"]
    )
    assert sum(counts) == len(outbox()) == 20


@pytest.mark.django_db(transaction=True)
def test_failures_at_once_are_all_counted(election):
    activate(make_voter(election))
    results = at_once(lambda _number: try_password(election, "anne.dupont@valmont.example", "Autre-Chose-1"), range(3))
    assert results == [SignInRefused] * 3
    assert sorted(Slowdown.objects.values_list("failures", flat=True)) == [3, 3]
