"""The link of a new voting code: nothing consumed before the keys are live, and nothing given by the link alone."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from isoloir.identity.models import OneTimeLink
from tests import electorate
from tests.electorate import captcha as identification_captcha
from tests.electorate import text
from tests.factories import DURING
from tests.web.reissue_scene import ReissueScene

PASSWORD = "Chouette-Effraie-7"


def sign_in_by_password(client: Client, email: str) -> str:
    """Walk the two pages of the way in; return where they lead."""
    client.post("/identification/", {"email": email, **identification_captcha()})
    answer = client.post("/mot-de-passe/", {"password": PASSWORD})
    assert answer.status_code == 302, text(answer)
    return str(answer.url)


def fault(answer: object) -> tuple[int, str]:
    found = re.search(r"<h1>\s*(.*?)\s*</h1>", text(answer), re.DOTALL)
    return answer.status_code, found[1] if found else ""  # type: ignore[attr-defined]


@pytest.fixture
def link(reissue_scene: ReissueScene) -> str:
    """The path of a link that the first voter was sent."""
    assert reissue_scene.ask(reissue_scene.client()).status_code == 302
    return reissue_scene.link()


def test_looking_consumes_nothing_and_prefetches_are_no_visit(reissue_scene: ReissueScene, link: str) -> None:
    for _time in range(3):
        assert Client().head(link).status_code == 200
        assert Client().get(link, headers={"sec-purpose": "prefetch"}).status_code == 200
    row = OneTimeLink.objects.get()
    assert (row.used_at, row.opened_at) == (None, None)
    for browser in (Client(), reissue_scene.client()):
        answer = browser.get(link)
        assert answer.status_code == 200
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer["Cache-Control"]
    row.refresh_from_db()
    assert (row.used_at, row.opened_at) == (None, DURING)


def test_voter_who_is_signed_in_goes_on_by_a_button(reissue_scene: ReissueScene, link: str) -> None:
    client = reissue_scene.client()
    assert "Votre lien est reconnu" in text(client.get(link))
    assert client.get("/vote/code/nouveau/etat.json").status_code == 409
    assert client.post(link).url == "/vote/code/nouveau/"
    assert client.get("/vote/code/nouveau/etat.json").json()["state"] == "linked"
    assert OneTimeLink.objects.get().used_at is None


def test_link_alone_gives_nothing_and_leads_on_after_the_password(reissue_scene: ReissueScene, link: str) -> None:
    phone = Client()
    page = text(phone.get(link))
    assert "Identifiez-vous pour continuer" in page
    assert "DUPONT" not in page
    assert phone.post(link).status_code == 200
    assert phone.get("/vote/code/nouveau/").url == "/identification/"
    assert sign_in_by_password(phone, reissue_scene.voter().email) == "/vote/code/nouveau/"
    assert phone.get("/vote/code/nouveau/etat.json").json()["state"] == "linked"
    # It is gone on with once: the next sign-in leads to the voter space.
    phone.post("/deconnexion/")
    assert sign_in_by_password(phone, reissue_scene.voter().email) == "/espace/"


def test_who_signs_in_as_somebody_else_gets_nothing_of_it(reissue_scene: ReissueScene, link: str) -> None:
    shared = Client()
    shared.get(link)
    assert sign_in_by_password(shared, reissue_scene.voter(1).email) == "/espace/"
    assert shared.get("/vote/code/nouveau/etat.json").json()["error"] == "no_link"
    shared.post("/deconnexion/")
    assert sign_in_by_password(shared, reissue_scene.voter().email) == "/espace/"


def test_link_that_dies_while_one_signs_in_is_told(reissue_scene: ReissueScene, link: str) -> None:
    phone = Client()
    phone.get(link)
    OneTimeLink.objects.update(used_at=DURING, outcome=OneTimeLink.Outcome.SUPERSEDED)
    assert sign_in_by_password(phone, reissue_scene.voter().email) == "/vote/code/reassort/"
    assert "ne peut plus servir" in text(phone.get("/vote/code/reassort/"))


def test_link_of_another_voter_is_refused_without_naming_that_voter(reissue_scene: ReissueScene, link: str) -> None:
    client = reissue_scene.client(1)
    for send in (client.get, client.post):
        answer = send(link)
        assert fault(answer) == (409, "Ce lien n’est pas le vôtre")
        assert "DUPONT1" not in text(answer)
    assert client.get("/vote/code/nouveau/etat.json").status_code == 409


def test_each_fault_has_its_page_and_its_way_forward(reissue_scene: ReissueScene, link: str) -> None:
    token = link.split("/")[2]
    altered = Client().get(f"{link[:-2]}/")
    assert fault(altered) == (404, "Ce lien n’est pas reconnu")
    cut = Client().get("/reassort/")
    assert fault(cut) == (404, "Ce lien n’est pas reconnu")
    assert fault(Client().get(f"/nouveau-mot-de-passe/{token}/")) == (409, "Ce lien sert à autre chose")
    OneTimeLink.objects.update(purpose=OneTimeLink.Purpose.PASSWORD)
    misplaced = Client().get(link)
    assert fault(misplaced) == (409, "Ce lien sert à autre chose")
    OneTimeLink.objects.update(purpose=OneTimeLink.Purpose.REISSUE)
    electorate.pass_time(timedelta(hours=25))
    expired = Client().get(link)
    assert fault(expired) == (410, "Ce lien a expiré")
    electorate.set_clock(DURING)
    OneTimeLink.objects.update(used_at=DURING, outcome=OneTimeLink.Outcome.CODE_REISSUED)
    used = Client().post(link)
    assert fault(used) == (410, "Ce lien a déjà servi")
    for answer in (altered, cut, misplaced, expired, used):
        assert 'class="button" href="/vote/code/reassort/"' in text(answer)
