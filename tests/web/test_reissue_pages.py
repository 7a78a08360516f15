"""Asking for a new voting code: the ways, their forms, each refusal with its sentence, and nothing kept of what is typed."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from isoloir.credentials.models import ContactUse, Reissue
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES
from isoloir.identity.models import VoterAccount
from isoloir.identity.sessionstore import row_key
from isoloir.roll.models import Voter
from tests import electorate
from tests.electorate import text
from tests.factories import CLOSES_AT, DURING, make_voter
from tests.web.reissue_scene import ANSWER, FORM, QUESTION, SENT, WAYS, ReissueScene, captcha, sent

FORM_2018 = "/vote/code/reassort/numen/"


def made_live(voter: Voter, count: int) -> None:
    for number in range(count):
        Reissue.objects.create(
            voter=voter, policy="challenge", channel="sms", grant=f"{number:032x}", asked_at=DURING, live_at=DURING,
            state=Reissue.State.LIVE,
        )  # fmt: skip


# ---- The ways ----


def test_ways_say_what_is_needed_and_how_many_are_left(reissue_scene: ReissueScene) -> None:
    made_live(reissue_scene.voter(), 1)
    page = text(reissue_scene.client().get(WAYS))
    assert "Il vous reste 2 réassorts sur 3." in page
    assert "la réponse secrète à la question défi" in page
    assert f'href="{FORM}"' in page
    assert f'href="{FORM_2018}"' in page
    assert QUESTION not in page


def test_franceconnect_is_offered_by_its_own_words_where_the_portal_has_it(
    reissue_scene: ReissueScene, settings: Any
) -> None:
    settings.FRANCECONNECT = None
    assert "FranceConnect" not in text(reissue_scene.client().get(WAYS))
    settings.FRANCECONNECT = {"issuer": "https://fc.example", "client_id": "a", "client_secret": "b", "scope": "openid"}
    page = text(reissue_scene.client().get(WAYS))
    assert "S’identifier avec FranceConnect</a>" in page
    assert "Qu’est-ce que FranceConnect ?" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reissue_policies": []}, "ne refait pas les codes de vote"),
        ({"reissue_opens_at": DURING + timedelta(hours=1)}, "à partir du jeudi 3 décembre 2026 à 11 h"),
        ({"voting_closes_at": DURING - timedelta(seconds=1)}, "ne sont plus refaits"),
    ],
)
def test_outside_of_its_hours_the_page_says_when(
    reissue_scene: ReissueScene, changes: dict[str, Any], sentence: str
) -> None:
    opens = {"voting_opens_at": DURING - timedelta(hours=2)} if "voting_closes_at" in changes else {}
    reissue_scene.set(**changes, **opens)
    page = text(reissue_scene.client().get(WAYS))
    assert sentence in page
    assert FORM not in page
    answer = reissue_scene.client().get(FORM)
    assert answer.status_code in (302, 404)


def test_after_the_third_there_is_no_fourth(reissue_scene: ReissueScene) -> None:
    made_live(reissue_scene.voter(), 3)
    client = reissue_scene.client()
    page = text(client.get(WAYS))
    assert "les 3 nouveaux codes permis" in page
    assert FORM not in page
    answer = client.post(FORM, reissue_scene.filled(), follow=True)
    assert answer.redirect_chain == [(WAYS, 302)]
    assert "les 3 nouveaux codes permis" in text(answer)
    assert not ContactUse.objects.exists()


def test_contests_already_voted_are_said_to_stay(reissue_scene: ReissueScene) -> None:
    world = reissue_scene.world.world
    from isoloir.pollingstation.casting import cast_vote, check_ballot

    def vote(contest: Any) -> None:
        ballot = check_ballot(contest=contest, text=world.ballot(world.voters[0], contest))
        cast_vote(voter=world.voters[0], contest=contest, ballot=ballot, authenticated_at=DURING, at=DURING)

    vote(world.contests[0])
    page = text(reissue_scene.client().get(WAYS))
    assert re.search(r"Scrutin S1\s*:\s*vous y avez déjà voté", page)
    assert "Scrutin S2" not in page
    vote(world.contests[1])
    page = text(reissue_scene.client().get(WAYS))
    assert "il ne reste aucun scrutin où il servirait" in page
    assert FORM not in page


def test_a_code_being_made_is_said(reissue_scene: ReissueScene) -> None:
    voter = reissue_scene.voter()
    Reissue.objects.create(
        voter=voter, policy="challenge", channel="sms", grant="f" * 32, asked_at=DURING, state=Reissue.State.CHANGING
    )
    assert "en cours de création" in text(reissue_scene.client().get(WAYS))


def test_who_has_no_challenge_question_is_told_and_led_elsewhere(reissue_scene: ReissueScene) -> None:
    VoterAccount.objects.filter(voter=reissue_scene.voter()).delete()
    client = reissue_scene.client()
    page = text(client.get(WAYS))
    assert "vous n’avez pas de question défi" in page
    assert f'href="{FORM}"' not in page
    assert client.get(FORM).url == WAYS
    assert client.get(FORM_2018).status_code == 200


def test_questions_to_the_database_do_not_grow_with_contests(reissue_scene: ReissueScene) -> None:
    world = reissue_scene.world.world
    from tests.factories import issue_codes

    one = make_voter(world.election, world.contests[:1], 81)
    issue_codes([one])
    counts = []
    for voter in (one, world.voters[0]):
        world.voters[1] = voter
        client = reissue_scene.client(1)
        client.get(WAYS)
        per_page = []
        for path in (WAYS, "/vote/code/places/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            per_page.append(len(queries))
        counts.append(per_page)
    # Who has an account costs one question less or more, whatever the contests.
    assert abs(counts[0][0] - counts[1][0]) <= 1
    assert counts[0][1] == counts[1][1]


# ---- The form of the challenge question ----


def test_form_shows_the_question_and_promises_what_is_true(reissue_scene: ReissueScene) -> None:
    page = text(reissue_scene.client().get(FORM))
    assert QUESTION in page
    assert "n’est pas enregistré : seule une empreinte irréversible est gardée" in page
    assert "pour qu’il ne serve qu’à un seul électeur" in page
    assert "v***1@essai.example" in page
    assert reissue_scene.voter().email not in page
    assert 'name="captcha_1"' in page


@pytest.mark.parametrize(
    ("channel", "typed", "recipient"),
    [
        ("sms", {"phone": "06 12 34 56 78", "email": "pas une adresse"}, "+33612345678"),
        ("sms", {"phone": "+687 75 12 34"}, "+687751234"),
        ("email", {"email": "fatou@maison.example", "phone": "1"}, "fatou@maison.example"),
    ],
)
def test_right_proofs_send_the_link_and_nothing_typed_is_kept(
    reissue_scene: ReissueScene, channel: str, typed: dict[str, str], recipient: str
) -> None:
    client = reissue_scene.client()
    answer = reissue_scene.ask(client, channel=channel, **typed)
    assert (answer.status_code, answer.headers.get("Location")) == (302, SENT), text(answer)
    page = text(client.get(SENT))
    assert "Votre demande est enregistrée" in page
    assert recipient not in page
    assert [body for to, body in sent() if to == recipient and "/reassort/" in body]
    assert all("/reassort/" not in body for to, body in sent() if to != recipient)
    assert Reissue.objects.get().channel == channel
    kept = json.dumps([Session.objects.get(pk=row_key(client.session.session_key)).get_decoded()])
    for secret in (*typed.values(), recipient, ANSWER):
        assert secret not in kept or len(secret) < 3


@pytest.mark.parametrize("wrong", [{"answer": "autre chose"}, {"numen_or_nir": "1850175999"}])
def test_whichever_proof_is_wrong_the_answer_is_the_same(reissue_scene: ReissueScene, wrong: dict[str, str]) -> None:
    answer = reissue_scene.ask(reissue_scene.client(), **wrong)
    page = text(answer)
    assert answer.status_code == 200
    assert "Les informations saisies ne correspondent pas." in page
    assert ANSWER not in page
    assert "06 12 34 56 70" in page
    assert not sent()


def test_wrong_proofs_are_slowed_and_the_wait_is_shown(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client()
    for _time in range(5):
        answer = reissue_scene.ask(client, answer="faux")
    page = text(answer)
    assert 'class="wait"' in page
    assert "Trop de demandes en peu de temps" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"answer": ""}, "Donnez votre réponse secrète."),
        ({"numen_or_nir": "12345"}, "comptez les lettres et les chiffres"),
        ({"channel": ""}, "Choisissez le SMS ou le courriel."),
        ({"phone": ""}, "Indiquez le numéro auquel envoyer le lien."),
        ({"phone": "01 99 00 12 34"}, "ligne fixe"),
        ({"channel": "email", "email": "fatou"}, "Cette adresse n’est pas complète."),
        ({"channel": "email", "email": "moi@essai.example"}, "même domaine que votre adresse professionnelle"),
        ({"captcha_1": "11111"}, "Ce ne sont pas les chiffres de l’image"),
    ],
)
def test_each_fault_is_said_at_its_field_and_nothing_leaves(
    reissue_scene: ReissueScene, typed: dict[str, str], sentence: str
) -> None:
    answer = reissue_scene.ask(reissue_scene.client(), **typed)
    page = text(answer)
    assert answer.status_code == 200
    assert re.search(rf'class="field__error"[^>]*>\s*<ul><li>[^<]*{re.escape(sentence)}', page)
    assert "error-summary" in page
    assert not Reissue.objects.exists()


def test_number_of_another_voter_and_address_of_a_voter_are_refused_alike(reissue_scene: ReissueScene) -> None:
    Voter.objects.filter(pk=reissue_scene.voter(1).pk).update(email="autre@ailleurs.example")
    reissue_scene.voter(1).addresses.update(key="autre@ailleurs.example")
    assert reissue_scene.ask(reissue_scene.client(1), 1).status_code == 302
    client = reissue_scene.client()
    pages = [
        text(reissue_scene.ask(client, phone="0612345671")),
        text(reissue_scene.ask(client, channel="email", email="autre@ailleurs.example")),
    ]
    for page in pages:
        assert "Cette adresse ou ce numéro ne peut pas servir ; choisissez-en un autre." in page
    assert Reissue.objects.filter(voter=reissue_scene.voter()).count() == 0


def test_registrar_away_is_said_and_nothing_has_changed(
    reissue_scene: ReissueScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isoloir.credentials.registrar_client.registrar", lambda: None)
    page = text(reissue_scene.ask(reissue_scene.client()))
    assert "Le service d’enregistrement ne répond pas. Rien n’a changé" in page


def test_form_of_2018_asks_numen_date_telephone_and_code(
    reissue_scene: ReissueScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("isoloir.web.voter.reissue.ask_reissue", lambda **given: asked.append(given))
    client = reissue_scene.client()
    page = text(client.get(FORM_2018))
    names = re.findall(r'name="(phone|numen|birth_date|captcha_1|email|channel|answer)"', page)
    assert names == ["numen", "birth_date", "phone", "captcha_1"]
    typed = {"numen": "07e 97 12345 abc", "birth_date": "7/3/1978", "phone": "0692 12 34 56", **captcha()}
    assert client.post(FORM_2018, typed).url == SENT
    assert asked[0]["answers"] == {"numen": "07E9712345ABC", "birth_date": "1978-03-07"}
    assert (asked[0]["channel"], asked[0]["contact"]) == ("sms", "0692 12 34 56")
    wrong = text(client.post(FORM_2018, {**typed, "birth_date": "1978", "numen": "12", **captcha()}))
    assert "Écrivez la date ainsi : jour/mois/année." in wrong
    assert "Un NUMEN compte 13 lettres et chiffres." in wrong


def test_way_of_the_election_s_own_making_has_its_form(reissue_scene: ReissueScene) -> None:
    own = {
        **DEFAULT_POLICIES["challenge"].as_json(),
        "code": "maison",
        "channels": ["email"],
        "steps": [["session"], ["nir"]],
    }
    reissue_scene.set(reissue_policies=[own])
    page = text(reissue_scene.client().get("/vote/code/reassort/voie/maison/"))
    assert re.findall(r'name="(phone|nir|channel|answer|email)"', page) == ["nir", "email"]
    assert reissue_scene.client().get("/vote/code/reassort/voie/inconnue/").status_code == 404
    assert reissue_scene.client().get(FORM).status_code == 404


def test_page_of_a_request_that_was_not_made_leads_to_the_ways(reissue_scene: ReissueScene) -> None:
    assert reissue_scene.client().get(SENT).url == WAYS


@pytest.mark.parametrize("path", [WAYS, FORM, SENT, "/vote/code/nouveau/", "/vote/code/places/"])
def test_who_is_signed_out_is_asked_to_sign_in_by_a_page(reissue_scene: ReissueScene, path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.url) == (302, "/identification/")


# ---- FranceConnect ----


def test_franceconnect_refused_says_why_and_changes_nothing(reissue_scene: ReissueScene, settings: Any) -> None:
    settings.FRANCECONNECT = {"issuer": "https://fc.example", "client_id": "a", "client_secret": "b", "scope": "openid"}
    client = reissue_scene.client()
    answer = client.get("/vote/code/reassort/franceconnect/retour/?error=access_denied&state=x", follow=True)
    assert answer.redirect_chain == [("/vote/code/reassort/franceconnect/refus/", 302)]
    page = text(answer)
    assert "n’a pas été demandée par ce navigateur" in page
    assert "aucun réassort n’est compté" in page
    assert not Reissue.objects.exists()


def test_franceconnect_is_not_found_where_the_portal_has_none(reissue_scene: ReissueScene, settings: Any) -> None:
    settings.FRANCECONNECT = None
    for path in ("", "retour/"):
        assert reissue_scene.client().get(f"/vote/code/reassort/franceconnect/{path}").status_code == 404


def test_calendar_is_asked_again_when_the_form_is_sent(reissue_scene: ReissueScene) -> None:
    client = reissue_scene.client(at=CLOSES_AT - timedelta(minutes=5))
    electorate.set_clock(CLOSES_AT)
    assert reissue_scene.ask(client).url == WAYS
    assert not sent()
