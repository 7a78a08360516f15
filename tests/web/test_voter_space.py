"""The voter space, and the open pages around it."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from isoloir.elections.models import Contest
from isoloir.roll.models import RollEntry, Turnout
from tests import electorate
from tests.electorate import BEFORE, CLOSES, DURING, OPENS, activate, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def django_capture() -> Callable[[], CaptureQueriesContext]:
    return partial(CaptureQueriesContext, connection)


# ---- The voter space ----


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (BEFORE, ["Le vote ouvre dans", "Pas encore ouvert"]),
        (OPENS - timedelta(seconds=1), ["Le vote ouvre dans"]),
        (OPENS, ["Le vote ferme dans", "À voter", "Je vote"]),
        (DURING, ["Le vote ferme dans", "jeudi 10 décembre 2026 à 17 h 00 (heure de Paris)"]),
        (CLOSES, ["Le vote est fermé", "Fermé"]),
    ],
)
def test_home_says_where_the_vote_stands(client, election, at, words):
    contest = make_contest(election, state=Contest.State.SEALED)
    activate(make_voter(election, contest))
    electorate.set_clock(at)
    sign_in(client, "anne.dupont@valmont.example")
    page = text(client.get("/espace/"))
    for word in words:
        assert word in page
    for block in ("Mes scrutins", "Mes informations pratiques", "Mon compte"):
        assert block in page


def test_home_lets_who_was_there_at_closing_finish(client, election):
    contest = make_contest(election, state=Contest.State.SEALED)
    activate(make_voter(election, contest))
    electorate.set_clock(CLOSES - timedelta(minutes=1))
    sign_in(client, "anne.dupont@valmont.example")
    electorate.set_clock(CLOSES + timedelta(minutes=5))
    page = text(client.get("/espace/"))
    assert "vous pouvez terminer" in page
    assert "À voter" in page


def test_voted_contest_is_shown_with_its_hour(client, election):
    contests = [make_contest(election, code, state=Contest.State.SEALED) for code in ("CSA", "CAP")]
    voter = make_voter(election, *contests)
    activate(voter)
    Turnout.objects.create(entry=RollEntry.objects.get(contest=contests[0]), voted_at=DURING)
    electorate.set_clock(DURING + timedelta(hours=1))
    sign_in(client, voter.email)
    page = text(client.get("/espace/"))
    assert "Vous avez voté le vendredi 4 décembre 2026 à 10 h 00 (heure de Paris)" in page
    assert "Scrutins votés : 1 sur 2" in page


def test_lists_of_own_contest_come_in_the_drawn_order_and_are_never_indexed(client, election):
    own, other = make_contest(election, "CSA"), make_contest(election, "CAP")
    activate(make_voter(election, own))
    sign_in(client, "anne.dupont@valmont.example")
    contests_page = text(client.get("/espace/scrutins/"))
    assert f"/espace/scrutins/{own.uuid}/" in contests_page
    assert other.name not in contests_page
    answer = client.get(f"/espace/scrutins/{own.uuid}/")
    page = text(answer)
    assert page.index("Liste Union des Écoles") < page.index("Liste Agir Ensemble")
    assert "Tirage déclaré par l’administration le 4 novembre 2026, non vérifiable ici" in page
    assert "Mme Anne EXEMPLE-1" in page
    assert "Second paragraphe." in page
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert answer["Cache-Control"] == "no-store"
    assert client.get(f"/espace/scrutins/{other.uuid}/").status_code == 404
    assert client.get("/espace/scrutins/inconnu/").status_code == 404


def test_lists_are_shown_from_their_hour_only(client, election):
    contest = make_contest(election)
    electorate.set_clock(election.lists_shown_at - timedelta(seconds=1))
    activate(make_voter(election, contest), at=electorate.read_clock())
    sign_in(client, "anne.dupont@valmont.example")
    answer = client.get(f"/espace/scrutins/{contest.uuid}/", follow=True)
    assert answer.redirect_chain == [("/espace/scrutins/", 302)]
    assert "seront affichées ici le jeudi 5 novembre 2026 à 9 h 00 (heure de Paris)" in text(answer)
    assert "Liste Union" not in text(answer)
    electorate.set_clock(election.lists_shown_at)
    assert "Liste Union" in text(client.get(f"/espace/scrutins/{contest.uuid}/"))


@pytest.mark.parametrize("path", ["/espace/", "/espace/scrutins/"])
def test_pages_take_the_same_queries_for_one_contest_and_for_seven(client, election, path, django_capture):
    counts = []
    for number in (1, 7):
        contests = [make_contest(election, f"C{number}{index}") for index in range(1, number + 1)]
        activate(make_voter(election, *contests, email=f"voter-{number}@valmont.example"))
        sign_in(client, f"voter-{number}@valmont.example")
        with django_capture() as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
        client.post("/deconnexion/")
    assert counts[0] == counts[1] <= 7


# ---- Verifying, language, and what goes wrong ----


def test_anybody_can_look_for_a_ballot_by_its_reference(client, election):
    from isoloir.ballotbox.models import Ballot

    contest, tracker = make_contest(election), "aB3+/" + "x" * 38
    Ballot.objects.create(contest=contest, credential="0" * 64, tracker=tracker, text="{}")
    found = text(client.post("/verifier/", {"reference": f" {tracker[:20]} {tracker[20:]}\n"}))
    assert "Ce bulletin est dans l’urne" in found
    assert contest.name in found
    absent = text(client.post("/verifier/", {"reference": "z" * 43}))
    assert "Aucun bulletin de l’urne ne porte cette référence" in absent
    wrong = text(client.post("/verifier/", {"reference": "<script>"}))
    assert "Une référence compte 43" in wrong
    assert "<script>" not in wrong


def test_language_is_switched_by_a_form_and_stays(client, election):
    answer = client.post("/langue/", {"language": "en", "next": "/"}, follow=True)
    assert '<html lang="en"' in text(answer)
    assert '<html lang="en"' in text(client.get("/identification/"))


def test_language_form_leads_to_no_other_site(client, election):
    assert client.post("/langue/", {"language": "en", "next": "https://evil.example/"}).url == "/"


def test_portal_without_election_has_a_page(client, db):
    assert "Aucune élection n’est ouverte" in text(client.get("/"))
    answer = electorate.identify(client, "anne.dupont@valmont.example")
    assert "Aucune élection n’est ouverte" in text(answer)


def test_identification_before_the_portal_opens_says_when(client, election):
    electorate.set_clock(election.portal_opens_at - timedelta(seconds=1))
    answer = electorate.identify(client, "anne.dupont@valmont.example")
    assert "Le portail ouvre le mardi 13 octobre 2026 à 9 h 00 (heure de Paris)" in text(answer)


@pytest.mark.parametrize("email", ["", "anne.dupont", "x" * 300 + "@valmont.example", "a\x00b@valmont.example"])
def test_bad_address_is_said_at_the_field_and_stays_typed(client, election, email):
    answer = electorate.identify(client, email)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in text(answer)
    assert 'id="erreurs"' in text(answer)


def test_password_page_without_address_goes_back_to_identification(client, election):
    for path in ("/mot-de-passe/", "/mot-de-passe-perdu/", "/mot-de-passe-perdu/envoye/"):
        assert client.get(path).url == "/identification/"


def test_form_without_its_mark_gets_a_page_of_its_own(election):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/identification/", {"email": "anne.dupont@valmont.example"})
    assert answer.status_code == 403
    assert "Ce formulaire a expiré" in text(answer)


def test_no_page_holds_inline_code(client, election):
    activate(make_voter(election, make_contest(election)))
    sign_in(client, "anne.dupont@valmont.example")
    for path in ("/", "/espace/", "/espace/scrutins/", "/verifier/"):
        answer = client.get(path)
        assert (
            "script-src" in answer["Content-Security-Policy"]
            or "default-src 'self'" in answer["Content-Security-Policy"]
        )
        assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", text(answer))


def test_faulty_field_names_its_hint_and_its_error(client, election):
    page = text(electorate.identify(client, "anne.dupont"))
    field = re.search(r'<input type="email"[^>]*>', page)
    assert field
    assert 'aria-describedby="id_email_helptext id_email_error"' in field[0]
    for name in ("id_email_helptext", "id_email_error"):
        assert page.count(f'id="{name}"') == 1
    assert 'href="#id_email"' in page
    assert 'value="anne.dupont"' in field[0]
