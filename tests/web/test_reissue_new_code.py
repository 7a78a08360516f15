"""The page where a new code is made: what it is told, the keys that it sends, each refusal, and one more look."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from isoloir.credentials.links import live_key
from isoloir.credentials.models import Reissue
from isoloir.credentials.registrar_client import RegistrarAway
from isoloir.identity.models import OneTimeLink, VoterAccount
from isoloir.identity.sessions import open_session
from tests import electorate
from tests.electorate import text
from tests.factories import DURING
from tests.reissue_world import new_keys, use_registrar
from tests.web.reissue_scene import ANSWER, QUESTION, ReissueScene, sent

PAGE = "/vote/code/nouveau/"
STATE = f"{PAGE}etat.json"
KEYS = f"{PAGE}cles/"
AGAIN = f"{PAGE}revoir/"


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


@pytest.fixture
def browser(reissue_scene: ReissueScene) -> Client:
    """The first voter's, which has opened the link."""
    client = reissue_scene.client()
    reissue_scene.opened(client)
    return client


def test_page_is_for_who_opened_a_link(reissue_scene: ReissueScene, browser: Client) -> None:
    page = text(browser.get(PAGE))
    assert 'data-state-url="/vote/code/nouveau/etat.json"' in page
    assert "munissez-vous de quoi garder votre code" in page
    assert "<noscript>" in page
    other = reissue_scene.client(1)
    assert other.get(PAGE).url == "/vote/code/reassort/"
    answer = other.get(STATE)
    assert (answer.status_code, answer.json()["error"]) == (409, "no_link")
    for path in (KEYS, AGAIN):
        assert post(other, path, {}).json()["error"] == "no_link"
        assert post(Client(), path, {}).json()["error"] == "signed_out"


def test_state_is_what_the_specification_says(reissue_scene: ReissueScene, browser: Client) -> None:
    state = browser.get(STATE).json()
    assert set(state) == {
        "csrf_token", "language", "now", "state", "seconds", "limit", "used", "expires_at", "expires_text", "contests",
        "keys_url", "again_url", "again_question", "booth_url", "home_url", "places_url", "request_url",
    }  # fmt: skip
    facts = {name: state[name] for name in ("state", "seconds", "limit", "used", "again_question", "language")}
    assert facts == {
        "state": "linked",
        "seconds": 120,
        "limit": 3,
        "used": 0,
        "again_question": QUESTION,
        "language": "fr",
    }
    assert [contest["change"] for contest in state["contests"]] == [True, True]
    entry = reissue_scene.voter().entries.get(contest=reissue_scene.world.contests[0])
    first = state["contests"][0]
    assert (first["previous"], first["generation"]) == (live_key(entry), 1)


def test_new_keys_live_and_the_old_code_is_asked_for_no_more(reissue_scene: ReissueScene, browser: Client) -> None:
    session = browser.session
    session["vote_code_proved_by"] = reissue_scene.voter().pk
    session.save()
    code, keys = new_keys(reissue_scene.voter())
    answer = post(browser, KEYS, {"keys": keys})
    assert answer.json() == {"ok": True}, answer.content
    entries = reissue_scene.voter().entries.select_related("contest").order_by("contest__code")
    assert [live_key(entry) for entry in entries] == [key["key"] for key in keys]
    assert not browser.get("/vote/etat.json").json()["code_proved"]
    assert OneTimeLink.objects.get().outcome == "code-reissued"
    # An answer that was lost: the same keys again are answered alike, and count once.
    assert post(browser, KEYS, {"keys": keys}).json() == {"ok": True}
    assert Reissue.objects.filter(state="live").count() == 1
    assert all(code not in body for _to, body in sent())
    state = browser.get(STATE).json()
    assert (state["state"], state["used"]) == ("live", 1)
    answer = browser.get(PAGE, follow=True)
    assert "Si vous ne l’avez pas noté, demandez-en un autre." in text(answer)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"keys":[]}', b'{"keys":{}}', b'{"keys":[3]}', b'{"keys":[{"contest":"x"}]}', b"[" * 9000],
)
def test_malformed_keys_are_refused_with_a_sentence(browser: Client, body: bytes) -> None:
    answer = browser.post(KEYS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (409, "keys_refused")
    assert answer.json()["message"]


def test_keys_of_some_contests_only_or_without_proof_change_nothing(
    reissue_scene: ReissueScene, browser: Client
) -> None:
    _code, keys = new_keys(reissue_scene.voter())
    forged = [{**keys[0], "possession": keys[1]["possession"]}, keys[1]]
    for sent_keys in (keys[:1], forged, [keys[0], keys[0]]):
        answer = post(browser, KEYS, {"keys": sent_keys})
        assert (answer.status_code, answer.json()["error"]) == (409, "keys_refused")
    assert browser.get(STATE).json()["state"] == "linked"


def test_registrar_away_leaves_the_change_in_doubt_and_says_to_stay(
    reissue_scene: ReissueScene, browser: Client
) -> None:
    class Away:
        def sign_entries(self, **_asked: object) -> list[str]:
            raise RegistrarAway("lost")

    _code, keys = new_keys(reissue_scene.voter())
    with use_registrar(Away()):
        answer = post(browser, KEYS, {"keys": keys})
    assert (answer.status_code, answer.json()["error"], answer.json()["wait"]) == (503, "registrar_away", 10)
    assert "Rien n’a changé" not in answer.json()["message"]
    assert browser.get(STATE).json()["state"] == "changing"
    assert browser.get(PAGE).status_code == 200
    assert post(browser, KEYS, {"keys": keys}).json() == {"ok": True}


def test_link_that_expired_meanwhile_changes_nothing(reissue_scene: ReissueScene, browser: Client) -> None:
    _code, keys = new_keys(reissue_scene.voter())
    OneTimeLink.objects.update(expires_at=electorate.read_clock())
    assert post(browser, KEYS, {"keys": keys}).json()["error"] == "link_expired"
    assert browser.get(STATE).json()["error"] == "no_link"
    assert browser.get(PAGE).url == "/vote/code/reassort/"


def test_session_is_not_cut_while_the_code_is_shown(reissue_scene: ReissueScene) -> None:
    began = DURING - timedelta(minutes=58)
    client = reissue_scene.client(at=began)
    session = client.session
    session["voter_seen_at"] = DURING.isoformat()
    session.save()
    reissue_scene.opened(client)
    _code, keys = new_keys(reissue_scene.voter())
    assert post(client, KEYS, {"keys": keys}).json() == {"ok": True}
    ends = datetime.fromisoformat(client.get("/session/").json()["ends_at"])
    assert ends >= DURING + timedelta(minutes=60)


def test_session_that_can_be_lengthened_no_more_asks_to_sign_in_again(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client(at=DURING - timedelta(minutes=58))
    session = client.session
    session["voter_seen_at"] = DURING.isoformat()
    session["vote_began_at"] = (DURING - timedelta(minutes=57)).isoformat()
    session.save()
    reissue_scene.opened(client)
    _code, keys = new_keys(reissue_scene.voter())
    answer = post(client, KEYS, {"keys": keys}).json()
    assert (answer["error"], answer["url"]) == ("session_ends", "/identification/")
    assert not Reissue.objects.filter(state="live").exists()


# ---- One more look ----


def test_code_is_shown_again_once_against_the_secret_answer(reissue_scene: ReissueScene, browser: Client) -> None:
    assert post(browser, AGAIN, {"answer": ANSWER}).json()["error"] == "no_link"
    _code, keys = new_keys(reissue_scene.voter())
    post(browser, KEYS, {"keys": keys})
    wrong = post(browser, AGAIN, {"answer": "autre"})
    assert (wrong.status_code, wrong.json()["error"]) == (403, "proof_refused")
    assert post(browser, AGAIN, {"answer": ["x"]}).status_code == 403
    assert post(browser, AGAIN, {"answer": "ROUDOUDOU  BLEU"}).json() == {"ok": True}
    again = post(browser, AGAIN, {"answer": ANSWER})
    assert (again.status_code, again.json()["error"]) == (409, "again_used")
    # The same keys sent again give no other look.
    post(browser, KEYS, {"keys": keys})
    assert post(browser, AGAIN, {"answer": ANSWER}).json()["error"] == "again_used"


def test_wrong_answers_are_slowed(reissue_scene: ReissueScene, browser: Client) -> None:
    _code, keys = new_keys(reissue_scene.voter())
    post(browser, KEYS, {"keys": keys})
    answers = [post(browser, AGAIN, {"answer": "faux"}) for _time in range(5)]
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (429, "slow_down")
    assert answers[-1].json()["wait"] >= 1
    electorate.pass_time(timedelta(seconds=30))
    assert post(browser, AGAIN, {"answer": ANSWER}).json() == {"ok": True}


def test_another_session_of_the_same_voter_sees_nothing_again(reissue_scene: ReissueScene, browser: Client) -> None:
    _code, keys = new_keys(reissue_scene.voter())
    post(browser, KEYS, {"keys": keys})
    assert post(reissue_scene.client(), AGAIN, {"answer": ANSWER}).json()["error"] == "no_link"
    session = browser.session
    open_session(session, voter=reissue_scene.voter(), at=electorate.read_clock())
    session.save()
    browser.cookies["sessionid"] = session.session_key
    assert post(browser, AGAIN, {"answer": ANSWER}).json()["error"] == "no_link"


def test_voter_without_a_question_has_no_second_look(reissue_scene: ReissueScene, browser: Client) -> None:
    VoterAccount.objects.update(question=None, answer="")
    assert browser.get(STATE).json()["again_question"] is None
    _code, keys = new_keys(reissue_scene.voter())
    assert post(browser, KEYS, {"keys": keys}).json() == {"ok": True}
    assert post(browser, AGAIN, {"answer": ""}).json()["error"] == "not_offered"
