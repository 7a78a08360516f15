"""The voter's way in: identification, password, lost password; the same for everybody."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from isoloir.captcha.actions import PassedChallenge
from isoloir.identity.errors import SignInRefused
from isoloir.identity.models import LinkRequest, OneTimeLink, Slowdown, Suspension
from isoloir.identity.requests import answer_requests
from isoloir.web.voter import account
from tests import electorate
from tests.account_acts import try_password
from tests.electorate import PASSWORD, activate, captcha, identify, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db

ADDRESS = "anne.dupont@valmont.example"
EVIDENCE = PassedChallenge(nonce_hash="0" * 64, at=electorate.BEFORE)


def without_tokens(page: str) -> str:
    """Take out what is drawn anew for each page: the tokens, and the marks of a CAPTCHA and of an address."""
    return re.sub(r"[\w+/=-]{40,}", "", page)


@pytest.fixture
def identified(client, election):
    """Somebody who has typed an address that belongs to nobody."""
    identify(client, ADDRESS)
    return client


# ---- Identification ----


def test_door_leads_to_the_identification_page_with_help_and_a_way_back(client, election):
    assert 'href="/identification/"' in text(client.get("/"))
    page = text(client.get("/identification/"))
    assert 'href="/"' in page
    assert "Assistance : 01 99 00 12 34" in page
    assert 'name="captcha_1"' in page


@pytest.mark.parametrize("kind", ["activated", "waiting", "suspended", "unknown"])
def test_every_address_goes_to_the_same_password_page(client, election, kind):
    if kind != "unknown":
        voter = make_voter(election)
        if kind != "waiting":
            activate(voter)
        if kind == "suspended":
            Suspension.objects.create(voter=voter, since=electorate.BEFORE, reason="essai")
    answer = identify(client, ADDRESS)
    assert (answer.status_code, answer.url) == (302, "/mot-de-passe/")
    page = text(client.get("/mot-de-passe/"))
    for sentence in (
        "Dans ce cas, un courriel vient de vous être envoyé",
        "Vous pouvez fermer cette fenêtre.",
        "courriers indésirables, puis dans votre autre adresse professionnelle",
        "Mot de passe perdu",
    ):
        assert sentence in page


def test_identification_is_slowed_without_a_word(client, election):
    for _time in range(12):
        answer = identify(client, ADDRESS)
        assert (answer.status_code, answer.url) == (302, "/mot-de-passe/")
    assert 0 < LinkRequest.objects.count() < 12


def test_either_address_of_a_voter_receives_the_link(client, election, outbox):
    make_voter(election, email=ADDRESS, second_email="anne.martin@valmont.example")
    identify(client, "Anne.Martin@valmont.example")
    answer_requests(at=electorate.read_clock())
    assert [recipient for recipient, _subject, _body in outbox()] == ["anne.martin@valmont.example"]


def test_wrong_code_is_said_and_another_is_shown(client, election):
    answer = client.post("/identification/", {"email": ADDRESS, **captcha(), "captcha_1": "99999"})
    assert answer.status_code == 200
    assert 'href="#id_captcha"' in text(answer)
    assert ADDRESS in text(answer)
    assert not LinkRequest.objects.exists()


def test_asking_for_a_new_code_keeps_the_address_and_reports_nothing(client, election):
    answer = client.post("/identification/", {"email": ADDRESS, **captcha(), "captcha_1": "", "new-captcha": "1"})
    page = text(answer)
    assert answer.status_code == 200
    assert f'value="{ADDRESS}"' in page
    assert 'id="erreurs"' not in page


def test_typing_fault_costs_no_second_code(client, election):
    fields = captcha()
    page = text(client.post("/identification/", {"email": "anne", **fields}))
    assert fields["captcha_0"] in page
    assert client.post("/identification/", {"email": ADDRESS, **fields}).url == "/mot-de-passe/"


def test_signed_in_voter_is_not_asked_again(client, election):
    activate(make_voter(election, make_contest(election)))
    sign_in(client, ADDRESS)
    assert client.get("/identification/").url == "/espace/"


# ---- Password ----


def test_wrong_password_says_the_same_for_everybody_then_the_wait(client, election):
    known, unknown = Client(), Client()
    activate(make_voter(election))
    said = []
    for visitor, address in ((known, ADDRESS), (unknown, "personne@valmont.example")):
        identify(visitor, address)
        pages = [text(visitor.post("/mot-de-passe/", {"password": "Autre-Chose-Secrete-1"})) for _time in range(5)]
        said.append([without_tokens(page).replace(address, "…") for page in pages])
    assert said[0] == said[1]
    assert 'class="wait"' not in said[0][0]
    assert 'class="wait" data-seconds="' in said[0][-1]
    # The sentence says it too, for who has no script.
    assert re.search(r"Attendez \d+ secondes?", said[0][-1])


def test_right_password_enters_after_the_wait(client, election):
    activate(make_voter(election, make_contest(election)))
    identify(client, ADDRESS)
    for _time in range(8):
        client.post("/mot-de-passe/", {"password": "Autre-Chose-Secrete-1"})
    electorate.pass_time(timedelta(minutes=5))
    assert client.post("/mot-de-passe/", {"password": PASSWORD}).url == "/espace/"


def test_suspended_voter_is_told_only_with_the_right_password(client, election):
    voter = make_voter(election)
    activate(voter)
    Suspension.objects.create(voter=voter, since=electorate.BEFORE, reason="essai")
    identify(client, voter.email)
    wrong = text(client.post("/mot-de-passe/", {"password": "Autre-Chose-Secrete-1"}))
    assert "suspendu" not in wrong
    right = text(client.post("/mot-de-passe/", {"password": PASSWORD}))
    assert "suspendu" in right
    assert 'id="erreurs"' in right


def test_password_page_tells_the_password_manager_whose_it_is(identified):
    page = text(identified.get("/mot-de-passe/"))
    assert re.search(rf'<input type="text" name="username" value="{ADDRESS}" autocomplete="username"', page)
    assert 'autocomplete="current-password"' in page


def test_signing_in_changes_the_session_key(client, election):
    activate(make_voter(election))
    identify(client, ADDRESS)
    before = client.cookies["sessionid"].value
    client.post("/mot-de-passe/", {"password": PASSWORD})
    assert client.cookies["sessionid"].value != before


def test_second_visit_shows_the_visit_before_as_the_portal_of_2022_did(client, election):
    activate(make_voter(election, make_contest(election)))
    sign_in(client, ADDRESS)
    assert "Dernière connexion" not in text(client.get("/espace/"))
    client.post("/deconnexion/")
    electorate.pass_time(timedelta(days=1))
    sign_in(client, ADDRESS)
    for path in ("/espace/", "/espace/scrutins/", "/vote/"):
        assert "Dernière connexion le 20/11/2026 à 10h00 (heure de Paris)" in text(client.get(path))


# ---- Password, behind a crowded network ----

CROWDED = "Beaucoup d’essais viennent de votre réseau. Recopiez ce code pour continuer."
WRONG = "Autre-Chose-Secrete-1"


@pytest.fixture
def crowd(settings, election):
    """Forty-four wrong passwords from where the test's browsers are; the CAPTCHA is asked nowhere else."""
    settings.CAPTCHA_PLACES = set()
    for number in range(44):
        with pytest.raises(SignInRefused):
            try_password(election, f"nobody{number}@nowhere.example", WRONG, network="127.0.0.1", captcha=EVIDENCE)


def tries(browser, password, **code):
    return browser.post("/mot-de-passe/", {"password": password, **code})


def tries_in_all():
    return sorted(Slowdown.objects.filter(action="sign-in").values_list("subject", "failures"))


def test_page_of_a_crowded_network_asks_for_a_code_at_once_and_says_why(client, election, crowd):
    identify(client, ADDRESS)
    page = text(client.get("/mot-de-passe/"))
    assert CROWDED in page
    assert 'name="captcha_1"' in page
    assert 'id="erreurs"' not in page
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    identify(elsewhere, ADDRESS)
    assert 'name="captcha_1"' not in text(elsewhere.get("/mot-de-passe/"))


def test_try_without_the_code_is_not_checked_counts_nothing_and_gets_the_page_with_it(client, election, crowd):
    activate(make_voter(election))
    known, unknown = Client(), Client()
    counted = tries_in_all()
    said = []
    for visitor, address in ((known, ADDRESS), (unknown, "personne@valmont.example")):
        identify(visitor, address)
        for password in (PASSWORD, WRONG):
            answer = tries(visitor, password)
            page = text(answer)
            assert answer.status_code == 200
            assert CROWDED in page
            assert 'href="#id_captcha"' in page
            assert "ne correspond pas" not in page
            said.append(without_tokens(page).replace(address, "…"))
    assert len(set(said)) == 1
    assert tries_in_all() == counted


def test_right_password_with_the_code_enters_at_the_first_try(client, election, crowd):
    activate(make_voter(election, make_contest(election)))
    identify(client, ADDRESS)
    assert tries(client, PASSWORD, **captcha()).url == "/espace/"


def test_wrong_password_with_the_code_is_checked_and_the_page_shows_another_code(client, election, crowd):
    known, unknown = Client(), Client()
    activate(make_voter(election))
    said = []
    for visitor, address in ((known, ADDRESS), (unknown, "personne@valmont.example")):
        identify(visitor, address)
        code = captcha()
        page = text(tries(visitor, WRONG, **code))
        assert "ne correspond pas" in page
        assert code["captcha_0"] not in page
        assert CROWDED in page
        # The network's crowd is nothing that the person waits for.
        assert "Attendez" not in page
        said.append(without_tokens(page).replace(address, "…"))
    assert said[0] == said[1]


def test_wrong_code_is_said_before_any_password_is_checked(client, election, crowd):
    activate(make_voter(election))
    identify(client, ADDRESS)
    counted = tries_in_all()
    page = text(tries(client, PASSWORD, **captcha() | {"captcha_1": "99999"}))
    assert "Ce ne sont pas les chiffres de l’image." in page
    assert "ne correspond pas" not in page
    assert tries_in_all() == counted


def test_code_that_was_copied_serves_even_if_the_crowd_has_gone_and_another_is_not_asked(client, election, crowd):
    activate(make_voter(election, make_contest(election)))
    identify(client, ADDRESS)
    code = captcha()
    electorate.pass_time(timedelta(minutes=2))
    page = text(tries(client, WRONG, **code))
    assert "ne correspond pas" in page
    again = client.get("/mot-de-passe/")
    assert 'name="captcha_1"' not in text(again)
    assert tries(client, PASSWORD).url == "/espace/"


def test_new_code_is_shown_without_checking_anything(client, election, crowd):
    identify(client, ADDRESS)
    counted = tries_in_all()
    page = text(tries(client, WRONG, **captcha() | {"new-captcha": "1", "captcha_1": ""}))
    assert 'id="erreurs"' not in page
    assert 'name="captcha_1"' in page
    assert tries_in_all() == counted


def test_try_that_makes_the_crowd_shows_the_code_with_its_refusal(client, election, crowd, monkeypatch):
    electorate.pass_time(timedelta(seconds=6))
    identify(client, ADDRESS)
    assert 'name="captcha_1"' not in text(client.get("/mot-de-passe/"))
    page = text(tries(client, WRONG))
    assert "ne correspond pas" in page
    assert 'name="captcha_1"' in page
    assert CROWDED in page


def test_crowd_that_comes_while_a_request_is_read_asks_for_the_code_all_the_same(client, election, crowd, monkeypatch):
    activate(make_voter(election))
    identify(client, ADDRESS)
    said = iter([False, True])
    monkeypatch.setattr(account, "is_crowded", lambda **_where: next(said))
    page = text(tries(client, PASSWORD))
    assert CROWDED in page
    assert 'href="#id_captcha"' in page
    assert 'name="captcha_1"' in page


# ---- Lost password ----


def test_lost_password_is_confirmed_twice_and_asked_once(identified):
    first = identified.get("/mot-de-passe-perdu/")
    assert "Confirmez votre demande" in text(first)
    assert "Votre mot de passe actuel reste valable" in text(first)
    asked = OneTimeLink.Purpose.PASSWORD
    assert not LinkRequest.objects.filter(purpose=asked).exists()
    answer = identified.post("/mot-de-passe-perdu/", captcha(), follow=True)
    assert answer.redirect_chain == [("/mot-de-passe-perdu/envoye/", 302)]
    assert "Votre demande est enregistrée" in text(answer)
    assert ADDRESS in text(answer)
    assert "pendant 24 heures" in text(answer)
    assert LinkRequest.objects.filter(purpose=asked).count() == 1


def test_lost_password_asks_nothing_before_the_code_is_right(identified):
    answer = identified.post("/mot-de-passe-perdu/", {**captcha(), "captcha_1": "99999"})
    assert answer.status_code == 200
    assert 'href="#id_captcha"' in text(answer)
    assert not LinkRequest.objects.filter(purpose=OneTimeLink.Purpose.PASSWORD).exists()


def test_lost_password_asked_again_and_again_looks_the_same_and_asks_no_more(identified):
    pages = [identified.post("/mot-de-passe-perdu/", captcha()) for _time in range(10)]
    assert {page.url for page in pages} == {"/mot-de-passe-perdu/envoye/"}
    assert LinkRequest.objects.filter(purpose="password").count() < 10


def test_who_identifies_for_somebody_else_does_not_keep_them_from_a_new_password(election, identified):
    for _time in range(20):
        identify(Client(REMOTE_ADDR="198.51.100.9"), ADDRESS)
    assert identified.post("/mot-de-passe-perdu/", captcha()).url == "/mot-de-passe-perdu/envoye/"
    assert LinkRequest.objects.filter(purpose="password").count() == 1


@pytest.mark.parametrize("path", ["/mot-de-passe/", "/mot-de-passe-perdu/", "/mot-de-passe-perdu/envoye/"])
def test_page_without_address_goes_back_to_identification(client, election, path):
    assert client.get(path).url == "/identification/"


def test_portal_that_is_not_open_says_when_it_opens(client, election):
    electorate.set_clock(election.portal_opens_at - timedelta(seconds=1))
    assert "Le portail ouvre le mardi 13 octobre 2026 à 9 h 00 (heure de Paris)" in text(identify(client, ADDRESS))
