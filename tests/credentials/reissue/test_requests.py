"""Asking for a new code: every proof or one refusal, one link, and nothing of what was typed is kept."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core import serializers
from django.db import models
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.identifiers import Person
from isoloir.credentials.models import ContactUse, Reissue
from isoloir.credentials.registrar_client import RegistrarAway, RegistrarRefused
from isoloir.credentials.reissue import mails
from isoloir.credentials.reissue.identifiers import identifier_pepper
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES, Policy
from isoloir.credentials.reissue.requests import ask_by_franceconnect, ask_reissue, ways_for
from isoloir.credentials.reissue.second_look import again_question, answer_again
from isoloir.identity.challenge import install_default_questions, normalise_answer
from isoloir.identity.links import read_link
from isoloir.identity.models import OneTimeLink, Slowdown, VoterAccount
from isoloir.identity.oidc import ProvedIdentity
from isoloir.identity.slowdown import network_of
from isoloir.journal.models import JournalEntry
from isoloir.messaging.gsm7 import is_gsm7, segments
from isoloir.messaging.models import Message
from isoloir.roll.models import RollEntry, Turnout, Voter, VoterIdentifiers
from tests.factories import BEFORE, CLOSES_AT, DURING
from tests.reissue_world import ReissueWorld, make_reissue_world, nir_of, serve_in_process, use_registrar

pytestmark = pytest.mark.django_db
ANSWER = "la boîte à biscuits bleue"
PHONE = "06 12 34 56 78"
NETWORK = network_of("192.0.2.10")
NUMEN = "15E8800001ABC"


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> Iterator[ReissueWorld]:
    settings.SMS_BACKENDS = [{"backend": "console"}]
    made = make_reissue_world(tmp_path, voters=2, contests=2)
    election = made.world.election
    election.reissue_policies = [policy.as_json() for policy in DEFAULT_POLICIES.values()]
    election.save()
    install_default_questions(election)
    for voter in made.world.voters:
        VoterAccount.objects.create(
            voter=voter, password=make_password("x"), activated_at=BEFORE, password_set_at=BEFORE,
            question=election.challenge_questions.first(), answer=make_password(normalise_answer(ANSWER)),
        )  # fmt: skip
        know(voter)
    with serve_in_process(made):
        yield made


def know(voter: Voter, **changes: str) -> None:
    values = {
        "numen": NUMEN, "nir": nir_of(voter), "birth_date": "1980-12-03", "identity": "MARTIN|ANNE|1980-12-03",
        "identity_with_place": "MARTIN|ANNE|1980-12-03|75056", **changes,
    }  # fmt: skip
    person = Person(voter.reference, **values)
    VoterIdentifiers.objects.update_or_create(voter=voter, defaults=person.hashes(identifier_pepper()))


def ask(voter: Voter, *, at: datetime = DURING, **changes: Any) -> Reissue:
    values: dict[str, Any] = {
        "policy": "challenge", "answers": {"challenge": ANSWER, "nir": nir_of(voter)}, "channel": "sms", "contact": PHONE,
        "network": NETWORK, **changes,
    }  # fmt: skip
    return ask_reissue(voter=voter, at=at, **values)


def refused(code: str, act: Callable[[], object]) -> ReissueRefused:
    with pytest.raises(ReissueRefused) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


def sent() -> list[tuple[str, str, str]]:
    box = SecretBox(ensure_secret("message-key"))
    rows = Message.objects.order_by("pk").values_list("sealed", flat=True)
    return [tuple(json.loads(box.decrypt(bytes(sealed)))) for sealed in rows]


def by_kind(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=kind))


class Recorder:
    """A registrar that notes what it is asked for, and answers as it was told to."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.asked: list[dict[str, Any]] = []

    def ask_grant(self, **asked: Any) -> None:
        self.asked.append(asked)
        if self.fault is not None:
            raise self.fault


# ---- What is written ----


def test_request_by_sms_sends_one_link_and_tells_the_professional_addresses(world: ReissueWorld) -> None:
    voter = world.voter()
    voter.second_email = "seconde@valmont.example"
    voter.save()
    reissue = ask(voter)
    assert (reissue.state, reissue.channel, reissue.policy) == ("linked", "sms", "challenge")
    recipient, _subject, body = sent()[0]
    assert recipient == "+33612345678"
    assert is_gsm7(body)
    assert segments(body) == 1
    token = re.search(r"/reassort/([\w-]+)/", body)
    assert token
    link = read_link(token[1], purpose=OneTimeLink.Purpose.REISSUE, at=DURING)
    assert link == reissue.link
    assert link.voter_id == voter.pk
    notices = sent()[1:]
    assert [recipient for recipient, _subject, _body in notices] == [voter.email, voter.second_email]
    assert {subject for _recipient, subject, _body in notices} == {
        "Une demande de nouveau code de vote a été faite pour vous"
    }
    assert "Si ce n’est pas vous" in notices[0][2]
    assert all("/reassort/" not in body for _recipient, _subject, body in notices)


def test_request_by_email_writes_to_the_private_address_with_the_same_link(world: ReissueWorld) -> None:
    voter = world.voter()
    ask(voter, channel="email", contact="anne@boite.example")
    recipient, subject, body = sent()[0]
    assert (recipient, subject) == ("anne@boite.example", "Votre lien pour faire un nouveau code de vote")
    assert "/reassort/" in body
    assert "Étape" not in body
    assert "votre code de vote actuel reste valable" in body


def test_journal_has_way_and_channel_and_nothing_that_was_typed(world: ReissueWorld) -> None:
    voter = world.voter()
    ask(voter)
    entry = JournalEntry.objects.get(kind="reissue.asked")
    assert (entry.subject, entry.facts) == (voter.reference, {"policy": "challenge", "channel": "sms"})


def test_nothing_of_what_was_typed_is_in_the_database(world: ReissueWorld) -> None:
    voter = world.voter()
    ask(voter, channel="email", contact="anne.prive@boite.example")
    rows = [
        row
        for model in (Reissue, ContactUse, OneTimeLink, Message, JournalEntry, Slowdown, VoterIdentifiers)
        for row in model._default_manager.all()
    ]
    text = serializers.serialize("json", rows)
    for secret in ("anne.prive", "biscuits", nir_of(voter), "192.0.2.10", NETWORK):
        assert secret not in text


def test_network_is_a_keyed_hash_that_is_equal_for_one_network(world: ReissueWorld) -> None:
    first = ask(world.voter(0))
    second = ask(world.voter(1), contact="07 56 78 90 12")
    elsewhere = ask(world.voter(1), contact="07 56 78 90 12", network=network_of("198.51.100.7"))
    assert first.network == second.network != elsewhere.network
    assert len(first.network) == 64


def test_link_lives_as_the_election_says_and_never_beyond_the_closing(world: ReissueWorld) -> None:
    voter = world.voter()
    assert ask(voter).link.expires_at == DURING + timedelta(hours=24)
    assert ask(voter, at=CLOSES_AT - timedelta(hours=1)).link.expires_at == CLOSES_AT


def test_policy_shortens_the_life_of_its_link(world: ReissueWorld) -> None:
    election = world.world.election
    election.reissue_policies = [DEFAULT_POLICIES["challenge"].as_json() | {"link_minutes": 45}]
    election.save()
    assert ask(world.voter()).link.expires_at == DURING + timedelta(minutes=45)


def test_several_links_live_beside_each_other_until_one_serves(world: ReissueWorld) -> None:
    voter = world.voter()
    links = [ask(voter).link, ask(voter).link]
    assert all(link.used_at is None for link in OneTimeLink.objects.filter(pk__in=[link.pk for link in links]))


# ---- What is asked first ----


@pytest.mark.parametrize("at", [BEFORE - timedelta(days=60), CLOSES_AT, CLOSES_AT + timedelta(minutes=5)])
def test_calendar_opens_and_closes_it(world: ReissueWorld, at: datetime) -> None:
    refused("not_open", lambda: ask(world.voter(), at=at))
    assert not Slowdown.objects.exists()


def test_fourth_new_code_is_refused_and_abandoned_requests_do_not_count(world: ReissueWorld) -> None:
    voter = world.voter()
    for number, state in enumerate(("live", "live", "abandoned", "abandoned")):
        live_at = DURING if state == "live" else None
        Reissue.objects.create(
            voter=voter, policy="challenge", channel="sms", grant=f"{number:032x}", state=state,
            asked_at=DURING - timedelta(days=2), live_at=live_at,
        )  # fmt: skip
    ask(voter)
    Reissue.objects.filter(state="linked").update(state="live", live_at=DURING)
    refused("limit_reached", lambda: ask(voter))


def test_sixth_request_of_a_day_waits_until_the_first_is_a_day_old(world: ReissueWorld) -> None:
    voter = world.voter()
    for hour in range(5):
        ask(voter, at=DURING + timedelta(hours=hour))
    refusal = refused("slowed", lambda: ask(voter, at=DURING + timedelta(hours=5)))
    assert refusal.seconds == 19 * 3600
    assert "19 heures" in refusal.message
    ask(voter, at=DURING + timedelta(hours=24))


def test_voter_who_voted_everywhere_has_nothing_to_change(world: ReissueWorld) -> None:
    voter = world.voter()
    for entry in RollEntry.objects.filter(voter=voter):
        Turnout.objects.create(entry=entry, voted_at=DURING)
    refused("nothing_to_change", lambda: ask(voter))
    assert not Reissue.objects.exists()


def test_registrar_hears_of_the_places_not_voted_alone(world: ReissueWorld) -> None:
    voter = world.voter()
    entry = RollEntry.objects.filter(voter=voter).select_related("contest").first()
    assert entry is not None
    Turnout.objects.create(entry=entry, voted_at=DURING)
    recorder = Recorder()
    with use_registrar(recorder):
        reissue = ask(voter)
    asked = recorder.asked[0]
    assert len(asked["places"]) == 1
    assert asked["places"][0][0] != entry.contest.uuid
    assert (asked["request"], asked["voter"], asked["policy"]) == (reissue.grant, voter.reference, "challenge")
    assert asked["evidence"] == {"challenge": True, "nir": nir_of(voter)}


# ---- Proofs ----


@pytest.mark.parametrize(
    "wrong",
    [
        {"challenge": "autre chose"}, {"challenge": ""}, {"nir": "1800175001"}, {"nir": "pas un numéro"}, {"nir": ""},
        {"numen": "15E8800009ABC"}, {"challenge": "x" * 5000},
    ],
)  # fmt: skip
def test_whichever_proof_is_wrong_the_refusal_is_the_same(world: ReissueWorld, wrong: dict[str, str]) -> None:
    voter = world.voter()
    answers = {"challenge": ANSWER, "nir": nir_of(voter)} | wrong
    refusal = refused("proof_refused", lambda: ask(voter, answers=answers))
    assert refusal.message == "Les informations saisies ne correspondent pas."
    assert not Message.objects.exists()
    assert not ContactUse.objects.exists()


def test_voter_of_whom_nothing_was_imported_is_refused_alike(world: ReissueWorld) -> None:
    voter = world.voter()
    VoterIdentifiers.objects.filter(voter=voter).delete()
    refused("proof_refused", lambda: ask(voter))


def test_identifier_of_another_voter_does_not_serve(world: ReissueWorld) -> None:
    voter, other = world.voter(0), world.voter(1)
    know(other, nir="1800175999")
    refused("proof_refused", lambda: ask(voter, answers={"challenge": ANSWER, "nir": "1800175999"}))


def test_what_is_typed_is_read_as_people_write_it(world: ReissueWorld) -> None:
    voter = world.voter()
    recorder = Recorder()
    answers = {"challenge": "La Boite a Biscuits BLEUE", "nir": " ".join(nir_of(voter)), "numen": "15e88 00001 abc"}
    with use_registrar(recorder):
        ask(voter, answers=answers)
    assert recorder.asked[0]["evidence"] == {"challenge": True, "nir": nir_of(voter), "numen": NUMEN}


def test_form_of_2018_asks_for_both_and_gives_both_as_evidence(world: ReissueWorld) -> None:
    voter = world.voter()
    recorder = Recorder()
    with use_registrar(recorder):
        ask(voter, policy="2018", answers={"numen": NUMEN, "birth_date": "03/12/1980"})
        for answers in ({"numen": NUMEN}, {"birth_date": "03/12/1980"}, {"numen": NUMEN, "birth_date": "04/12/1980"}):
            refused("proof_refused", lambda given=answers: ask(voter, policy="2018", answers=given))
    assert [asked["evidence"] for asked in recorder.asked] == [{"numen": NUMEN, "birth_date": "1980-12-03"}]


def test_wrong_proofs_slow_the_next_try_and_a_success_forgives(world: ReissueWorld) -> None:
    voter = world.voter()
    wrong = {"challenge": "non", "nir": nir_of(voter)}
    for _try in range(3):
        assert refused("proof_refused", lambda: ask(voter, answers=wrong)).seconds == 0
    fourth = refused("proof_refused", lambda: ask(voter, answers=wrong))
    assert fourth.seconds == 1
    assert "Attendez 1 seconde" in fourth.message
    assert refused("slowed", lambda: ask(voter)).seconds == 1
    ask(voter, at=DURING + timedelta(seconds=2))
    assert set(Slowdown.objects.values_list("failures", flat=True)) == {0}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (RegistrarAway("lost"), "registrar_away"),
        (RegistrarRefused("evidence-refused"), "proof_refused"),
        (RegistrarRefused("slow-down", 40), "slowed"),
        (RegistrarRefused("limit-reached"), "limit_reached"),
        (RegistrarRefused("not-own-place"), "registrar_away"),
    ],
)
def test_registrar_has_the_last_word_and_nothing_is_written_without_it(
    world: ReissueWorld, fault: Exception, code: str
) -> None:
    with use_registrar(Recorder(fault)):
        refusal = refused(code, lambda: ask(world.voter()))
    assert refusal.seconds == (40 if code == "slowed" else 0)
    assert not Reissue.objects.exists()
    assert not OneTimeLink.objects.exists()
    assert not Message.objects.exists()
    assert not ContactUse.objects.exists()


def test_without_registrar_nothing_is_reissued(world: ReissueWorld) -> None:
    with use_registrar(None):
        refused("registrar_away", lambda: ask(world.voter()))


def test_registrar_itself_refuses_what_it_does_not_know(world: ReissueWorld) -> None:
    """The real registrar of this world knows no NUMEN: the portal alone cannot have a code issued again."""
    answers = {"numen": NUMEN, "birth_date": "1980-12-03"}
    refused("proof_refused", lambda: ask(world.voter(), policy="2018", answers=answers))


# ---- Contacts ----


def test_second_voter_with_the_same_number_is_refused_and_the_first_may_use_it_again(world: ReissueWorld) -> None:
    ask(world.voter(0))
    refused("contact_refused", lambda: ask(world.voter(1)))
    ask(world.voter(0))
    assert set(ContactUse.objects.values_list("voter", flat=True)) == {world.voter(0).pk}


def test_trying_contacts_is_slowed_for_who_has_the_proofs(world: ReissueWorld) -> None:
    ask(world.voter(0))
    voter = world.voter(1)
    for _try in range(4):
        refused("contact_refused", lambda: ask(voter))
    refused("slowed", lambda: ask(voter))


def test_typing_fault_in_the_contact_costs_no_try(world: ReissueWorld) -> None:
    voter = world.voter()
    for _try in range(6):
        refused("contact_invalid", lambda: ask(voter, contact="01 42 34 56 78"))
    ask(voter)


def test_without_a_provider_of_text_messages_the_voter_is_told_another_way(world: ReissueWorld, settings: Any) -> None:
    settings.SMS_BACKENDS = []
    assert "autre façon" in refused("contact_invalid", lambda: ask(world.voter())).message
    assert not Reissue.objects.exists()


# ---- Without an account ----


def test_challenge_is_not_offered_without_an_account_and_the_other_ways_are_named(world: ReissueWorld) -> None:
    voter = world.voter()
    VoterAccount.objects.filter(voter=voter).delete()
    voter = world.voter()
    message = refused("not_offered", lambda: ask(voter)).message
    assert "FranceConnect, NUMEN et date de naissance" in message
    assert [(way.policy.code, bool(way.why_not)) for way in ways_for(voter)] == [
        ("challenge", True), ("franceconnect", False), ("2018", False),
    ]  # fmt: skip


def test_without_any_other_way_the_help_line_remains(world: ReissueWorld) -> None:
    election = world.world.election
    election.reissue_policies = [DEFAULT_POLICIES["challenge"].as_json()]
    election.save()
    voter = world.voter()
    VoterAccount.objects.filter(voter=voter).delete()
    assert "Adressez-vous à l’assistance" in refused("not_offered", lambda: ask(world.voter())).message


@pytest.mark.parametrize("policy", ["franceconnect", "unknown", ""])
def test_way_that_is_not_this_form_is_not_offered(world: ReissueWorld, policy: str) -> None:
    refused("not_offered", lambda: ask(world.voter(), policy=policy))


# ---- FranceConnect ----


CLAIMS = {
    "family_name": "MARTIN", "given_name": "Anne Lucie", "birthdate": "1980-12-03", "birthplace": "75056",
    "birthcountry": "99100", "email": "anne@boite.example",
}  # fmt: skip
TOKENS = {"id_token": "a.b.c", "userinfo": "d.e.f", "nonce": "n"}


def ask_with(voter: Voter, **claims: str) -> Reissue:
    identity = ProvedIdentity(subject="s", claims=CLAIMS | claims, id_token="a.b.c")
    return ask_by_franceconnect(voter=voter, identity=identity, tokens=TOKENS, network=NETWORK, at=DURING)


def test_franceconnect_that_fits_sends_the_link_to_its_address(world: ReissueWorld) -> None:
    recorder = Recorder()
    with use_registrar(recorder):
        reissue = ask_with(world.voter())
    assert (reissue.policy, reissue.channel) == ("franceconnect", "email")
    assert sent()[0][0] == "anne@boite.example"
    assert recorder.asked[0]["evidence"] == {"franceconnect": TOKENS}


@pytest.mark.parametrize(
    "claims",
    [
        {"family_name": "DURAND"}, {"given_name": "Lucie Anne"}, {"birthdate": "1980-12-04"}, {"birthplace": "13055"},
        {"birthplace": ""}, {"birthdate": "jamais"},
    ],
)  # fmt: skip
def test_identity_that_does_not_fit_is_refused_without_saying_where(
    world: ReissueWorld, claims: dict[str, str]
) -> None:
    refusal = refused("proof_refused", lambda: ask_with(world.voter(), **claims))
    assert refusal.message == "Les informations saisies ne correspondent pas."


def test_place_of_birth_counts_only_where_it_was_imported(world: ReissueWorld) -> None:
    voter = world.voter()
    know(voter, identity_with_place="")
    with use_registrar(Recorder()):
        ask_with(voter, birthplace="13055")


def test_address_of_franceconnect_that_identifies_is_refused_with_another_way(world: ReissueWorld) -> None:
    voter = world.voter()
    for address in (voter.email, world.voter(1).email):
        refusal = refused("contact_refused", lambda used=address: ask_with(voter, email=used))
        assert "choisissez une autre façon" in refusal.message
    assert not Reissue.objects.exists()


@pytest.mark.parametrize(("has_account", "purpose"), [(True, "password"), (False, "activation")])
def test_password_made_anew_in_the_same_way_is_a_first_link_of_its_own(
    world: ReissueWorld, has_account: bool, purpose: str
) -> None:
    election = world.world.election
    election.reissue_policies = [DEFAULT_POLICIES["franceconnect"].as_json() | {"replaces_password": True}]
    election.save()
    if not has_account:
        VoterAccount.objects.filter(voter=world.voter()).delete()
    with use_registrar(Recorder()):
        ask_with(world.voter())
    body = sent()[0][2]
    first, second = re.findall(r"/([\w-]+)/([\w-]{43})/", body)
    assert first[0] == {"password": "nouveau-mot-de-passe", "activation": "activation"}[purpose]
    assert second[0] == "reassort"
    assert body.index("Étape 1 sur 2") < body.index(first[1]) < body.index("Étape 2 sur 2") < body.index(second[1])
    read_link(first[1], purpose=OneTimeLink.Purpose(purpose), at=DURING)
    read_link(second[1], purpose=OneTimeLink.Purpose.REISSUE, at=DURING)


def test_claims_are_kept_nowhere(world: ReissueWorld) -> None:
    with use_registrar(Recorder()):
        ask_with(world.voter())
    rows: list[models.Model] = [
        *Reissue.objects.all(),
        *ContactUse.objects.all(),
        *JournalEntry.objects.all(),
        *Message.objects.all(),
    ]
    text = serializers.serialize("json", rows)
    for claim in ("MARTIN", "Lucie", "1980-12-03", "anne@"):
        assert claim not in text


# ---- Another look ----


def live(world: ReissueWorld, voter: Voter) -> Reissue:
    reissue = ask(voter)
    reissue.state, reissue.live_at = Reissue.State.LIVE, DURING
    reissue.save()
    return reissue


def test_right_answer_lets_the_code_be_seen_again(world: ReissueWorld) -> None:
    voter = world.voter()
    reissue = live(world, voter)
    assert again_question(voter) == voter.account.question.text_fr
    answer_again(voter=voter, reissue=reissue, answer=ANSWER, at=DURING)
    refused("proof_refused", lambda: answer_again(voter=voter, reissue=reissue, answer="non", at=DURING))


def test_another_look_is_slowed_and_only_for_her_own_live_code(world: ReissueWorld) -> None:
    voter, other = world.voter(0), world.voter(1)
    reissue = live(world, voter)
    refused("not_offered", lambda: answer_again(voter=other, reissue=reissue, answer=ANSWER, at=DURING))
    linked = ask(voter)
    refused("not_offered", lambda: answer_again(voter=voter, reissue=linked, answer=ANSWER, at=DURING))
    for _try in range(4):
        refused("proof_refused", lambda: answer_again(voter=voter, reissue=reissue, answer="non", at=DURING))
    refused("slowed", lambda: answer_again(voter=voter, reissue=reissue, answer=ANSWER, at=DURING))


def test_who_has_no_question_has_no_other_look(world: ReissueWorld) -> None:
    voter = world.voter()
    reissue = live(world, voter)
    VoterAccount.objects.filter(voter=voter).update(question=None, answer="")
    voter = world.voter()
    assert again_question(voter) is None
    refused("not_offered", lambda: answer_again(voter=voter, reissue=reissue, answer="", at=DURING))


# ---- Text messages ----


@pytest.mark.parametrize("length", [8, 40, 60, 90, 110])
def test_text_message_is_one_segment_whatever_the_portal_is_called(settings: Any, length: int) -> None:
    settings.PORTAL_URL = f"https://{'v' * (length - 8)}.example"[:length].rstrip(".")
    body = mails.reissue_sms(token="A-_" * 14 + "z")
    assert is_gsm7(body)
    assert ("A-_" * 14 + "z") in body
    assert segments(body) == 1 or length > 90


def test_longest_words_are_kept_where_they_fit(settings: Any) -> None:
    settings.PORTAL_URL = "https://vote.education.example"
    assert mails.reissue_sms(token="A" * 43).endswith("Ne donnez ce lien à personne.")


def test_default_policies_are_those_of_this_world(world: ReissueWorld) -> None:
    policies: list[Policy] = [way.policy for way in ways_for(world.voter())]
    assert policies == list(DEFAULT_POLICIES.values())
