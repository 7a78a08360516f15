"""The door of the booth: a CAPTCHA beside the code, a former code that is told from a wrong one, and where another is had."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from isoloir.captcha.actions import issue_challenge
from isoloir.credentials.models import SlotKey
from tests import electorate
from tests.electorate import text
from tests.factories import DURING
from tests.web.reissue_scene import ReissueScene
from tests.web.test_vote import proofs


@pytest.fixture(autouse=True)
def _code_has_a_captcha(settings: Any) -> None:
    settings.CAPTCHA_PLACES = {"code"}


def prove(scene: ReissueScene, client: Client, *, answer: str | None = "00000", code: str | None = None) -> Any:
    challenge = client.get("/vote/etat.json").json()["challenge"]
    body: dict[str, Any] = {
        "challenge": challenge,
        "proofs": proofs(scene.world.world, scene.world.world.voters[0], challenge, code=code),
    }
    if answer is not None:
        body["captcha"] = {"token": issue_challenge(at=electorate.read_clock()), "answer": answer, "proof": ""}
    return client.post("/vote/possession/", body, content_type="application/json")


def test_booth_has_the_widget_of_the_other_pages_in_a_template(reissue_scene: ReissueScene, settings: Any) -> None:
    page = text(reissue_scene.client().get("/vote/"))
    template = page.partition('<template id="captcha-template">')[2].partition("</template>")[0]
    for part in ("data-captcha", "data-token", "data-answer", "data-found", "js/captcha.js"):
        assert part in template
    settings.CAPTCHA_PLACES = set()
    assert "captcha-template" not in text(reissue_scene.client().get("/vote/"))


def test_right_captcha_is_asked_once_in_a_session(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client()
    assert client.get("/vote/etat.json").json()["captcha"] is True
    assert prove(reissue_scene, client).json() == {"ok": True}
    assert client.get("/vote/etat.json").json()["captcha"] is False
    assert prove(reissue_scene, client, answer=None).json() == {"ok": True}
    assert reissue_scene.client().get("/vote/etat.json").json()["captcha"] is True


@pytest.mark.parametrize("answer", [None, "", "11111"])
def test_wrong_captcha_gives_another_and_looks_at_no_proof(reissue_scene: ReissueScene, answer: str | None) -> None:
    client = reissue_scene.client()
    for _time in range(6):
        # Nothing is counted against the voter: there is no wait at the sixth.
        refused = prove(reissue_scene, client, answer=answer)
        facts = refused.json()
        assert (refused.status_code, facts["error"]) == (403, "captcha_wrong")
        assert facts["message"]
        assert set(facts["captcha"]) == {"token", "image", "sound", "work"}
    assert not client.get("/vote/etat.json").json()["code_proved"]
    assert prove(reissue_scene, client).json() == {"ok": True}


def test_captcha_that_is_wrong_leaves_the_challenge_of_possession(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client()
    challenge = client.get("/vote/etat.json").json()["challenge"]
    given = proofs(reissue_scene.world.world, reissue_scene.world.world.voters[0], challenge)
    body: dict[str, Any] = {"challenge": challenge, "proofs": given, "captcha": "?"}
    refused = client.post("/vote/possession/", body, content_type="application/json").json()
    body["captcha"] = {"token": refused["captcha"]["token"], "answer": "00000"}
    assert client.post("/vote/possession/", body, content_type="application/json").json() == {"ok": True}


def test_right_captcha_with_a_wrong_code_is_not_asked_again(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client()
    other = reissue_scene.world.world.codes[reissue_scene.voter(1).reference]
    assert prove(reissue_scene, client, code=other).json()["error"] == "wrong_code"
    assert client.get("/vote/etat.json").json()["captcha"] is False


def test_former_code_is_told_from_a_wrong_one(reissue_scene: ReissueScene) -> None:
    former = reissue_scene.world.world.codes[reissue_scene.voter().reference]
    reissue_scene.world.reissued(reissue_scene.voter())
    client = reissue_scene.client()
    refused = prove(reissue_scene, client, code=former)
    assert (refused.status_code, refused.json()["error"]) == (403, "replaced_code")
    assert prove(reissue_scene, client).json() == {"ok": True}


def test_key_written_into_the_database_is_refused_before_the_booth_opens(
    reissue_scene: ReissueScene, caplog: pytest.LogCaptureFixture
) -> None:
    voter = reissue_scene.voter()
    former = reissue_scene.world.world.codes[voter.reference]
    reissue_scene.world.reissued(voter)
    SlotKey.objects.filter(generation=1).update(registrar_signature="00" * 64)
    client = reissue_scene.client()
    for code in (None, former):
        for _time in range(6):
            # The code is not wrong: nobody waits for it.
            refused = prove(reissue_scene, client, code=code)
            assert (refused.status_code, refused.json()["error"]) == (409, "key_not_signed")
    assert not client.get("/vote/etat.json").json()["code_proved"]
    assert "is not signed" in caplog.text
    other = reissue_scene.world.world.codes[reissue_scene.voter(1).reference]
    assert prove(reissue_scene, client, code=other).json()["error"] == "wrong_code", "nothing is told to a stranger"


def test_state_says_where_another_code_is_had_and_when(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client()

    def door() -> tuple[str | None, str | None]:
        state = client.get("/vote/etat.json").json()
        return state["reissue_url"], state["reissue_opens_text"]

    assert door() == ("/vote/code/reassort/", None)
    reissue_scene.set(reissue_opens_at=DURING + timedelta(hours=1))
    with timezone.override("UTC"):
        assert door() == (None, "jeudi 3 décembre 2026 à 11 h 00 (heure de Paris)")
    reissue_scene.set(reissue_policies=[])
    assert door() == (None, None)
