"""What is behind one-time links: activation, access without it, a new password, and one clear page for each fault."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client

from isoloir.identity.challenge import install_default_questions
from isoloir.identity.links import draft_link, new_token
from isoloir.identity.models import OneTimeLink, Suspension, VoterAccount
from isoloir.identity.requests import answer_requests
from tests import electorate
from tests.electorate import BEFORE, PASSWORD, activate, captcha, identify, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "Mésange-Bleue-2026"
ACTIVATED = "Votre compte a bien été activé. Votre question défi et votre réponse secrète ont été enregistrées."
Purpose = OneTimeLink.Purpose
# The link of a new voting code has tests of its own (test_reissue_link).
ACCOUNT_LINKS = (Purpose.ACTIVATION, Purpose.PASSWORD)


@pytest.fixture
def voter(election):
    install_default_questions(election)
    return make_voter(election, make_contest(election))


def link_of(voter, purpose: OneTimeLink.Purpose = Purpose.ACTIVATION) -> str:
    """Make a link for the voter; return the path of its page."""
    token = new_token()
    draft_link(voter_id=voter.pk, purpose=purpose, token=token, at=electorate.read_clock(), hours=24).save()
    return f"/activation/{token}/" if purpose == Purpose.ACTIVATION else f"/nouveau-mot-de-passe/{token}/"


def passwords(password: str = PASSWORD, again: str | None = None) -> dict[str, str]:
    return {"password": password, "confirmation": password if again is None else again, **captcha()}


def answers(page: str, answer: str = "Saint-Étienne", again: str | None = None) -> dict[str, str]:
    question = re.search(r'<option value="(\d+)"', page)
    assert question
    return {"question": question[1], "answer": answer, "answer_again": answer if again is None else again}


def to_the_question(client: Client, path: str) -> str:
    """Make the password of the first page; return the second page."""
    answer = client.post(path, passwords())
    assert (answer.status_code, answer.url) == (302, f"{path}question/"), text(answer)
    return text(client.get(f"{path}question/"))


# ---- Activation ----


def test_voter_goes_from_the_address_to_the_space_by_the_mail(client, voter, outbox):
    identify(client, "Anne.Dupont@valmont.example")
    answer_requests(at=electorate.read_clock())
    path = re.search(r"/activation/[\w-]+/", outbox()[-1][2])[0]
    page = text(client.get(path))
    assert "Bonjour Mme DUPONT" in page
    assert "Étape 3 sur 4" in page
    assert 'data-pattern="[a-z]"' in page
    assert "Entre 12 et 256 caractères" in page
    second = to_the_question(client, path)
    assert "Étape 4 sur 4" in second
    answer = client.post(f"{path}question/", answers(second), follow=True)
    assert answer.redirect_chain == [("/espace/", 302)]
    assert ACTIVATED in text(answer)
    assert "Bienvenue, Mme Anne Dupont" in text(answer)
    assert "Votre compte n’est pas activé" not in text(answer)


def test_answer_twice_in_other_letters_is_the_same_answer_and_is_stored_hashed(client, voter):
    path = link_of(voter)
    page = to_the_question(client, path)
    assert client.post(f"{path}question/", answers(page, "Saint-Étienne", " SAINT-ETIENNE ")).url == "/espace/"
    account = VoterAccount.objects.get()
    assert check_password(PASSWORD, account.password)
    assert "tienne" not in account.answer.lower()
    assert account.question is not None


def test_consequences_are_said_before_the_two_buttons(client, voter):
    page = to_the_question(client, link_of(voter))
    for sentence in (
        "Votre mot de passe, votre question et votre réponse sont enregistrés.",
        "Rien n’est enregistré, pas même votre mot de passe.",
    ):
        assert page.index(sentence) < page.index('name="without-activation"')
    assert "apostrophes et traits d’union ne comptent pas" in page
    main = page[page.index("<main") :]
    assert len(re.findall(r'class="button"', main)) == 1


def test_access_without_activation_needs_no_question_and_stores_nothing(client, voter):
    path = link_of(voter)
    to_the_question(client, path)
    answer = client.post(f"{path}question/", {"without-activation": "1"}, follow=True)
    assert answer.redirect_chain == [("/espace/", 302)]
    assert not VoterAccount.objects.exists()
    for _visit in range(2):
        assert "Votre compte n’est pas activé" in text(client.get("/espace/"))
    for page in ("/espace/scrutins/", "/vote/", "/session/"):
        assert client.get(page).status_code == 200
    client.post("/deconnexion/")
    again = client.get(path)
    assert again.status_code == 410
    assert "Si vous étiez entré sans activer votre compte" in text(again)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"question": ""}, "Choisissez une question défi."),
        ({"question": "999999"}, "Cette question n’est plus proposée."),
        ({"answer": ""}, "Donnez votre réponse secrète."),
        ({"answer_again": "Saint-Malo"}, "Les deux réponses ne sont pas les mêmes."),
    ],
)
def test_faulty_question_is_said_at_its_field_and_costs_nothing(client, voter, changed, sentence):
    path = link_of(voter)
    right = answers(to_the_question(client, path))
    page = text(client.post(f"{path}question/", right | changed))
    assert sentence in page
    assert 'id="erreurs"' in page
    assert "Saint-" not in page.replace("« Saint-Étienne »", "")
    assert client.post(f"{path}question/", right).url == "/espace/"


def test_question_page_without_its_password_goes_back_to_the_first_page(client, voter):
    path = link_of(voter)
    for send in (client.get, client.post):
        assert send(f"{path}question/").url == path
    assert "n’est plus en mémoire" in text(client.get(path))


def test_password_waits_for_its_own_link_only(client, voter):
    first, second = link_of(voter), link_of(voter)
    to_the_question(client, first)
    assert client.get(f"{second}question/").url == second


def test_password_waits_no_longer_than_an_idle_session(client, voter):
    path = link_of(voter)
    to_the_question(client, path)
    electorate.pass_time(timedelta(minutes=voter.election.idle_minutes))
    assert client.get(f"{path}question/").url == path


def test_refused_password_names_the_rules_and_keeps_link_and_code(client, voter):
    path = link_of(voter)
    fields = passwords("aaaa")
    page = text(client.post(path, fields))
    for sentence in ("Il faut au moins 12 caractères.", "majuscule sans accent", "un chiffre"):
        assert sentence in page
    assert "aaaa" not in page
    page = text(client.post(path, fields | {"password": PASSWORD, "confirmation": PASSWORD + "x"}))
    assert "Les deux saisies ne sont pas identiques." in page
    # The same code serves at last: no typing fault has cost it.
    assert client.post(path, fields | {"password": PASSWORD, "confirmation": PASSWORD}).status_code == 302


def test_password_may_not_hold_the_address(client, voter):
    page = text(client.post(link_of(voter), passwords("Anne.Dupont@valmont.example1")))
    assert "ne doit pas contenir votre adresse" in page


def test_policy_of_the_election_is_listed_and_applied(client, voter):
    election = voter.election
    election.password_policy = "2018"
    election.save()
    path = link_of(voter)
    assert "Entre 8 et 24 caractères" in text(client.get(path))
    assert client.post(path, passwords("Hibou999")).status_code == 302


def test_both_fields_let_password_managers_in(client, voter):
    page = text(client.get(link_of(voter)))
    assert page.count('autocomplete="new-password"') == 2
    assert 'name="username" value="anne.dupont@valmont.example" autocomplete="username"' in page


def test_question_is_offered_in_the_language_of_the_page(client, voter):
    path = link_of(voter)
    to_the_question(client, path)
    client.cookies["django_language"] = "en"
    question = voter.election.challenge_questions.first()
    page = text(client.get(f"{path}question/"))
    assert question.text_en in page.replace("&#x27;", "'")
    assert question.text_fr not in page


# ---- A new password ----


def test_new_password_replaces_the_old_one_and_ends_other_sessions(client, voter):
    activate(voter)
    elsewhere = Client()
    sign_in(elsewhere, voter.email)
    electorate.pass_time(timedelta(minutes=5))
    path = link_of(voter, Purpose.PASSWORD)
    assert "Étape 3 sur 3" in text(client.get(path))
    answer = client.post(path, passwords(NEW_PASSWORD), follow=True)
    assert answer.redirect_chain == [("/espace/", 302)]
    assert "Votre nouveau mot de passe est enregistré." in text(answer)
    assert elsewhere.get("/espace/").url == "/identification/"
    assert client.get("/espace/").status_code == 200


def test_lost_password_goes_by_the_mail(client, voter, outbox):
    activate(voter)
    identify(client, voter.email)
    client.post("/mot-de-passe-perdu/", captcha())
    answer_requests(at=electorate.read_clock())
    path = re.search(r"/nouveau-mot-de-passe/[\w-]+/", outbox()[-1][2])[0]
    assert client.post(path, passwords(NEW_PASSWORD)).url == "/espace/"
    client.post("/deconnexion/")
    sign_in(client, voter.email, NEW_PASSWORD)


# ---- Scanners, prefetches, faults ----


@pytest.mark.parametrize("purpose", ACCOUNT_LINKS)
def test_scanners_and_prefetches_consume_nothing_and_are_no_visit(voter, purpose):
    if purpose == Purpose.PASSWORD:
        activate(voter)
    path = link_of(voter, purpose)
    for _time in range(10):
        scanner = Client()
        assert scanner.head(path).status_code == 200
        assert scanner.get(path, headers={"sec-purpose": "prefetch;prerender"}).status_code == 200
        assert scanner.get(path, headers={"purpose": "prefetch"}).status_code == 200
        assert scanner.get(path, headers={"x-moz": "prefetch"}).status_code == 200
        assert scanner.options(path).status_code == 405
    link = OneTimeLink.objects.get()
    assert (link.used_at, link.opened_at) == (None, None)
    for _time in range(10):
        assert Client().get(path).status_code == 200
    link.refresh_from_db()
    assert (link.used_at, link.opened_at) == (None, BEFORE)
    assert Client().post(path, passwords()).status_code == 302


def fault(answer) -> tuple[int, str]:
    found = re.search(r"<h1>\s*(.*?)\s*</h1>", text(answer), re.DOTALL)
    return answer.status_code, found[1] if found else ""


@pytest.mark.parametrize("purpose", ACCOUNT_LINKS)
def test_each_fault_of_a_link_has_its_page_and_its_way_forward(voter, purpose):
    if purpose == Purpose.PASSWORD:
        activate(voter)
    path = link_of(voter, purpose)
    elsewhere = "/nouveau-mot-de-passe/" if purpose == Purpose.ACTIVATION else "/activation/"
    altered = Client().get(f"{path[:-2]}/")
    assert fault(altered) == (404, "Ce lien n’est pas reconnu")
    misplaced = Client().get(elsewhere + path.split("/")[2] + "/")
    assert fault(misplaced) == (409, "Ce lien sert à autre chose")
    electorate.pass_time(timedelta(hours=24))
    expired = Client().get(path)
    assert fault(expired) == (410, "Ce lien a expiré")
    assert "pendant 24 heures" in text(expired)
    electorate.set_clock(BEFORE)
    OneTimeLink.objects.update(used_at=BEFORE, outcome=OneTimeLink.Outcome.SUPERSEDED)
    used = Client().post(path, passwords())
    assert fault(used) == (410, "Ce lien a déjà servi")
    for answer in (altered, misplaced, expired, used):
        assert 'class="button" href="/identification/"' in text(answer)


def test_link_of_another_voter_is_refused_without_naming_that_voter(client, voter, election):
    other = make_voter(election, email="bruno.martin@valmont.example", last_name="Martin", first_names="Bruno")
    path = link_of(other)
    activate(voter)
    sign_in(client, voter.email)
    for send in (client.get, client.post):
        answer = send(path)
        assert fault(answer) == (409, "Ce lien n’est pas le vôtre")
        assert "Martin" not in text(answer)
        assert "MARTIN" not in text(answer)
        assert 'action="/deconnexion/"' in text(answer)
    assert OneTimeLink.objects.get().used_at is None
    client.post("/deconnexion/")
    assert client.get(path).status_code == 200


def test_link_of_a_suspended_voter_opens_nothing_and_is_not_used(client, voter):
    path = link_of(voter)
    to_the_question(client, path)
    Suspension.objects.create(voter=voter, since=BEFORE, reason="essai")
    for answer in (client.get(path), client.post(f"{path}question/", {"without-activation": "1"})):
        assert fault(answer) == (403, "Votre accès est suspendu")
        assert "01 99 00 12 34" in text(answer)
    assert client.get("/espace/").url == "/identification/"
    assert OneTimeLink.objects.get().used_at is None


def test_link_page_is_stored_nowhere_and_tells_its_address_to_nobody(client, voter):
    path = link_of(voter)
    to_the_question(client, path)
    for page in (path, f"{path}question/"):
        answer = client.get(page)
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "strict-origin"
    assert str(voter.pk) not in path.split("/")


def test_link_before_the_portal_opens_says_when(client, voter, election):
    electorate.set_clock(election.portal_opens_at - timedelta(hours=1))
    answer = client.get(link_of(voter), follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Le portail ouvre le mardi 13 octobre 2026" in text(answer)
