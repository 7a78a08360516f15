"""The key holder's page: state and answers as the contract has them, refusals in words, answers without network."""

import json
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from isoloir_protocol.trustees import make_certificate

from isoloir.commands import trustee as command
from isoloir.journal.models import JournalEntry
from isoloir.trustees.device import answer_decryptions, answer_step, read_state
from isoloir.trustees.models import PartialDecryption, Trustee
from tests import electorate
from tests.electorate import text
from tests.factories import BEFORE
from tests.stations import (
    CONTEST,
    KEYS,
    KeyHolderDevice,
    close_by_http,
    devices_of,
    member_client,
    prepared_world,
    sealed_world,
    vote,
)

pytestmark = pytest.mark.django_db
ANSWERS = f"{KEYS}reponses/"


@pytest.fixture
def world(db):
    electorate.set_clock(BEFORE)
    return prepared_world()


@pytest.fixture
def devices(world):
    return devices_of(world)


@pytest.fixture
def counting(db):
    world, devices = sealed_world()
    vote(world, world.contest, [1, 2])
    close_by_http(devices[0])
    return world, devices


def test_state_at_first_is_the_one_of_the_contract(world, devices):
    state = devices[3].state()
    assert state.pop("csrf_token")
    assert state == {
        "format": "isoloir-trustee-state",
        "version": 1,
        "station": {"code": "bvec", "name": "Bureau bvec"},
        "election": world.election.name,
        "me": {"name": "Prénom MEMBRE4", "group": "delegates", "index": 2, "size": 2, "threshold": 2, "owner": 4},
        "step": "certificate",
        "steps_done": {"certificate": [], "polynomial": [], "share": []},
        "certificates": None,
        "vinput": None,
        "voutput": None,
        "decryptions": [],
        "post_url": KEYS,
    }  # fmt: skip


def test_each_group_goes_at_its_own_pace(devices):
    for device in devices[:2]:
        device.do_step()
    assert devices[0].state()["step"] == "polynomial"
    assert devices[2].state()["step"] == "certificate"
    assert len(devices[0].state()["certificates"]) == 2
    assert devices[2].state()["certificates"] is None


def test_member_who_has_acted_waits_for_the_others(devices):
    state = devices[2].do_step()
    assert (state["step"], state["steps_done"]["certificate"]) == ("wait", [1])
    assert devices[3].state()["steps_done"]["certificate"] == [1]


def test_each_member_gets_its_own_messages_only(devices):
    for _step in range(2):
        for device in devices[2:]:
            device.do_step()
    first, second = devices[2].state(), devices[3].state()
    assert first["vinput"] != second["vinput"]
    devices[2].do_step()
    assert devices[2].state()["voutput"] == Trustee.objects.get(owner=3).share
    assert devices[3].state()["voutput"] is None


def test_same_message_sent_again_changes_nothing(devices):
    message = devices[0].due_message(devices[0].state())
    answers = [devices[0].post(message) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["steps_done"] == answers[1].json()["steps_done"]
    assert JournalEntry.objects.filter(kind="trustee.step-done").count() == 1


def test_another_certificate_after_the_first_is_refused(devices):
    devices[0].do_step()
    answer = devices[0].post(
        {
            "step": "certificate",
            "text": make_certificate(seed=devices[1].seed, index=1, size=2, threshold=1, random=os.urandom),
        }
    )
    assert (answer.status_code, answer.json()["error"]) == (409, "step_not_due")
    assert answer.json()["message"]


def test_step_before_its_time_is_refused(devices):
    answer = devices[0].post({"step": "share", "text": "{}"})
    assert (answer.status_code, answer.json()["error"]) == (409, "step_not_due")


@pytest.mark.parametrize("index", [2, 3])
def test_certificate_for_another_place_is_refused(devices, index):
    wrong = make_certificate(seed=devices[0].seed, index=index, size=3, threshold=1, random=os.urandom)
    answer = devices[0].post({"step": "certificate", "text": wrong})
    assert (answer.status_code, answer.json()["error"]) == (422, "message_refused")
    assert Trustee.objects.exclude(certificate="").count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b'{"step":"certificate"}', b'{"step":1,"text":"x"}', b"\xff",
        b'{"step":"certificate","text":null}', b"[" * 100_000, b'{"step":"certificate","text":"x","contest":[]}',
    ],
)  # fmt: skip
def test_what_is_not_an_answer_is_refused(devices, body):
    answer = devices[0].client.post(KEYS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (422, "answer_malformed")


@pytest.mark.parametrize("sent", ["", "{}", "\ud800", '{"message":"{}","signature":{}}', "x" * 1000])
def test_certificate_that_is_no_certificate_is_refused(devices, sent):
    answer = devices[0].post({"step": "certificate", "text": sent})
    assert (answer.status_code, answer.json()["error"]) == (422, "message_refused")


def test_unknown_step_is_refused(devices):
    assert devices[0].post({"step": "anything", "text": "x"}).status_code == 409


def test_state_lists_the_totals_to_decrypt(counting):
    world, devices = counting
    [waiting] = devices[2].state()["decryptions"]
    assert (waiting["contest"], waiting["owner"], waiting["done"]) == (world.contest.uuid, 3, False)
    devices[2].decrypt_all()
    assert devices[2].state()["decryptions"][0]["done"] is True
    assert devices[0].state()["decryptions"][0]["done"] is False


def test_decryption_sent_again_changes_nothing_even_once_counted(counting):
    _world, devices = counting
    state = devices[0].state()
    message = devices[0].decryption(state, state["decryptions"][0])
    assert [devices[0].post(message).status_code for _time in range(2)] == [200, 200]
    for device in devices[2:]:
        device.decrypt_all()
    assert devices[0].client.post(f"{CONTEST}resultat/").status_code == 302
    assert devices[0].post(message).status_code == 200
    assert PartialDecryption.objects.count() == 3
    assert JournalEntry.objects.filter(kind="partial-decryption.received").count() == 3


def test_late_decryption_of_a_counted_contest_is_refused(counting):
    _world, devices = counting
    state = devices[1].state()
    late = devices[1].decryption(state, state["decryptions"][0])
    for device in (devices[0], *devices[2:]):
        device.decrypt_all()
    devices[0].client.post(f"{CONTEST}resultat/")
    answer = devices[1].post(late)
    assert (answer.status_code, answer.json()["error"]) == (409, "not_there")


def test_decryption_made_with_another_members_key_is_refused(counting):
    _world, devices = counting
    state = devices[2].state()
    message = devices[2].decryption(state, state["decryptions"][0])
    answer = devices[3].post(message)
    assert (answer.status_code, answer.json()["error"]) == (422, "decryption_refused")
    assert not PartialDecryption.objects.exists()


def test_decryption_of_a_contest_of_another_bureau_is_refused(counting):
    _world, devices = counting
    answer = devices[0].post({"step": "decryption", "contest": "1" * 22, "text": "{}"})
    assert (answer.status_code, answer.json()["error"]) == (409, "not_there")


def test_decryption_before_closing_is_refused():
    world, devices = sealed_world()
    answer = devices[0].post({"step": "decryption", "contest": world.contest.uuid, "text": "{}"})
    assert (answer.status_code, answer.json()["error"]) == (409, "not_there")


def test_post_without_the_csrf_mark_is_refused(world):
    device = KeyHolderDevice(member_client(world.president))
    device.client.handler.enforce_csrf_checks = True
    state = device.state()
    message = device.due_message(state)
    assert device.post(message).status_code == 403
    answer = device.client.post(
        KEYS, json.dumps(message), content_type="application/json", headers={"X-CSRFToken": state["csrf_token"]}
    )
    assert answer.status_code == 200


# ---- Answers prepared without network ----


def downloaded(device):
    answer = device.client.get(f"{KEYS}etat.json", {"telecharger": "1"})
    assert "attachment" in answer["Content-Disposition"]
    return read_state(answer.content.decode())


def upload(device, *files):
    sent = [SimpleUploadedFile(f"reponse{number}.json", each.encode()) for number, each in enumerate(files)]
    return device.client.post(ANSWERS, {"answers": sent}, follow=True)


def test_whole_ceremony_without_network(world, devices):
    for _step in range(3):
        for device in devices:
            answer = answer_step(state=downloaded(device), seed=device.seed, random=os.urandom)
            assert "Votre réponse est reçue et vérifiée." in text(upload(device, answer))
    world.station.ceremony.refresh_from_db()
    assert world.station.ceremony.completed_at == BEFORE


def test_several_totals_decrypted_without_network():
    world, devices = sealed_world(contests=2)
    for contest in world.contests:
        close_by_http(devices[0], f"/bureau/bvec/scrutins/{contest.code}/")
    answers = answer_decryptions(state=downloaded(devices[0]), seed=devices[0].seed, random=os.urandom)
    assert "Votre réponse est reçue et vérifiée." in text(upload(devices[0], *answers.values()))
    assert PartialDecryption.objects.count() == 2


def test_answers_that_the_page_saved_can_be_handed_in(devices):
    message = devices[0].due_message(devices[0].state())
    assert "Votre réponse est reçue et vérifiée." in text(upload(devices[0], json.dumps([message], indent=1)))
    assert devices[0].state()["steps_done"]["certificate"] == [1]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"step":"certificate"}]', '{"format":"isoloir-trustee-key"}'])
def test_file_that_is_no_answer_is_refused_at_its_field(devices, content):
    page = upload(devices[0], content)
    assert page.status_code == 422
    assert page.context["form"].errors["answers"]


def test_answer_for_another_bureau_is_refused(devices):
    answer = json.loads(answer_step(state=downloaded(devices[0]), seed=devices[0].seed, random=os.urandom))
    page = upload(devices[0], json.dumps({**answer, "station": "autre"}))
    assert page.status_code == 422
    assert "préparée pour un autre bureau" in text(page)


def test_answer_of_another_member_is_refused(devices):
    answer = answer_step(state=downloaded(devices[0]), seed=devices[0].seed, random=os.urandom)
    page = upload(devices[1], answer)
    assert page.status_code == 422
    assert "Ce message ne passe pas les vérifications." in text(page)


def test_page_gives_the_commands_that_exist(devices):
    page = text(devices[0].client.get(KEYS))
    for name in ("key", "step", "decrypt"):
        assert f"isoloir trustee {name} --state etat-bvec.json --key-file cle-bvec.json" in page
        assert callable(getattr(command, f"run_{name}"))
