"""The voter's session: its limits, what prolongs it, what ends it."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from isoloir.identity.models import Slowdown
from isoloir.identity.sessions import begin_vote, is_open, note_seen
from tests import electorate
from tests.electorate import BEFORE, CLOSES, PASSWORD, activate, identify, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db

IDLE = timedelta(minutes=15)
AT_MOST = timedelta(minutes=60)


@pytest.fixture
def signed_in(client, election):
    voter = make_voter(election, make_contest(election))
    activate(voter)
    sign_in(client, voter.email)
    return client


def limits(client: Client, method: str = "get") -> dict[str, datetime]:
    answer = getattr(client, method)("/session/", headers={"accept": "application/json"})
    assert answer.status_code == 200
    return {name: datetime.fromisoformat(value) for name, value in answer.json().items()}


def test_idle_session_ends_and_says_so(signed_in):
    electorate.pass_time(IDLE)
    answer = signed_in.get("/espace/", follow=True)
    assert answer.redirect_chain == [("/identification/", 302)]
    assert "Votre session a pris fin" in text(answer)
    assert "Votre session a pris fin" not in text(signed_in.get("/identification/"))


def test_active_session_lives_until_the_absolute_limit(signed_in):
    for _visit in range(5):
        electorate.pass_time(IDLE - timedelta(minutes=3))
        expected = 200 if electorate.read_clock() < BEFORE + AT_MOST else 302
        assert signed_in.get("/espace/").status_code == expected
    assert electorate.read_clock() == BEFORE + AT_MOST


def test_durations_are_those_of_the_election(signed_in, election):
    election.idle_minutes, election.session_minutes = 5, 20
    election.save()
    assert limits(signed_in)["idle_ends_at"] == BEFORE + timedelta(minutes=5)
    electorate.pass_time(timedelta(minutes=5))
    assert signed_in.get("/espace/").status_code == 302


def test_limits_are_told_in_the_page_and_to_the_script(signed_in):
    page = text(signed_in.get("/espace/"))
    for mark in (
        'data-now="2026-11-20T09:00:00Z"',
        'data-idle-ends="2026-11-20T09:15:00Z"',
        'data-ends="2026-11-20T10:00:00Z"',
        'data-since="2026-11-20T09:00:00Z"',
        'role="alertdialog"',
    ):
        assert mark in page
    told = limits(signed_in)
    assert told == {"now": BEFORE, "idle_ends_at": BEFORE + IDLE, "ends_at": BEFORE + AT_MOST, "since": BEFORE}


def test_asking_prolongs_nothing_and_telling_does(signed_in):
    electorate.pass_time(timedelta(minutes=10))
    assert limits(signed_in)["idle_ends_at"] == BEFORE + IDLE
    assert limits(signed_in)["idle_ends_at"] == BEFORE + IDLE
    assert limits(signed_in, "post")["idle_ends_at"] == electorate.read_clock() + IDLE
    electorate.pass_time(timedelta(minutes=14))
    assert limits(signed_in)["ends_at"] == BEFORE + AT_MOST
    assert signed_in.get("/espace/").status_code == 200


def test_telling_loses_nothing_that_another_request_writes(signed_in):
    """A session is saved as a whole: what was read before the proof of the code must not be written after it."""
    read_before = signed_in.session
    assert is_open(read_before)
    other = signed_in.session
    other["vote_code_proved_by"] = 1
    begin_vote(other, at=BEFORE)
    other.save()
    now = note_seen(read_before, at=electorate.pass_time(timedelta(minutes=5)))
    assert now["vote_code_proved_by"] == signed_in.session["vote_code_proved_by"] == 1
    assert limits(signed_in)["idle_ends_at"] == electorate.read_clock() + IDLE


@pytest.mark.parametrize("path", ["/", "/verifier/", "/espace/", "/aide/"])
def test_page_that_bears_a_voters_name_is_kept_by_no_cache(signed_in, path):
    answer = signed_in.get(path)
    assert "DUPONT" in text(answer).upper()
    # The texts say so themselves, to be asked for anew without being sent anew.
    assert ("private, no-cache" if path == "/aide/" else "no-store") in answer["Cache-Control"]


def test_page_of_nobody_may_be_kept(client, election):
    assert "no-store" not in client.get("/verifier/").headers.get("Cache-Control", "")


def test_typed_address_is_not_readable_in_the_table_of_sessions(client, election):
    identify(client, "curieux.inconnu@autre.example")
    assert "curieux.inconnu@autre.example" in text(client.get("/mot-de-passe/"))
    assert "curieux" not in str([session.get_decoded() for session in Session.objects.all()])


def test_telling_signs_nobody_in_again(signed_in):
    read_before = signed_in.session
    assert is_open(read_before)
    signed_in.post("/deconnexion/")
    assert not is_open(note_seen(read_before, at=BEFORE))
    assert not is_open(signed_in.session)


def test_asking_a_session_that_is_over_gets_401(signed_in):
    electorate.pass_time(IDLE)
    answer = signed_in.get("/session/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")


def test_pages_of_who_is_not_signed_in_have_no_warning(client, election):
    for path in ("/", "/identification/", "/verifier/"):
        assert "session-warning" not in text(client.get(path)).replace("css", "")


def test_booth_warns_too(signed_in):
    assert 'role="alertdialog"' in text(signed_in.get("/vote/"))


def test_proved_code_starts_the_absolute_limit_anew_once(signed_in):
    for _visit in range(4):
        electorate.pass_time(timedelta(minutes=10))
        limits(signed_in, "post")
    for _time in range(2):
        session = signed_in.session
        begin_vote(session, at=electorate.read_clock())
        session.save()
        electorate.pass_time(timedelta(minutes=2))
    told = limits(signed_in)
    assert told["ends_at"] == BEFORE + timedelta(minutes=40) + AT_MOST
    assert told["since"] == BEFORE


@pytest.mark.parametrize(
    ("signs_in", "comes_back", "status"),
    [
        (CLOSES - timedelta(minutes=10), CLOSES + timedelta(minutes=29, seconds=59), 200),
        (CLOSES - timedelta(minutes=10), CLOSES + timedelta(minutes=30), 302),
        (CLOSES - timedelta(minutes=16), CLOSES + timedelta(minutes=1), 302),
        (CLOSES + timedelta(seconds=1), CLOSES + timedelta(minutes=14), 200),
    ],
    ids=["within the grace", "grace is over", "was over already at closing", "signed in after closing, not idle yet"],
)
def test_session_alive_at_closing_lives_until_the_grace_ends(client, election, signs_in, comes_back, status):
    voter = make_voter(election, make_contest(election))
    activate(voter)
    electorate.set_clock(signs_in)
    sign_in(client, voter.email)
    electorate.set_clock(comes_back)
    assert client.get("/espace/").status_code == status


def test_sign_out_ends_the_session_and_forgets_what_the_booth_left(signed_in):
    session = signed_in.session
    session["vote_code_proved_by"] = 1
    session.save()
    answer = signed_in.post("/deconnexion/", follow=True)
    assert "Vous êtes déconnecté." in text(answer)
    assert not [key for key in signed_in.session.keys() if key.startswith("vote")]  # noqa: SIM118
    assert signed_in.get("/espace/").url == "/identification/"
    assert signed_in.get("/deconnexion/").status_code == 405


def test_one_way_out_is_on_every_page(signed_in):
    for path in ("/espace/", "/espace/scrutins/", "/vote/", "/verifier/"):
        assert text(signed_in.get(path)).count("Se déconnecter") == 1


def test_signed_out_program_gets_json(client, election):
    for path in ("/vote/etat.json", "/vote/scrutins/abc/election.json"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.json()["error"] == "signed_out"
        assert answer.json()["url"] == "/identification/"
    assert client.get("/vote/").url == "/identification/"
    assert client.get("/espace/", headers={"accept": "application/json"}).status_code == 401


def test_session_of_the_script_is_no_page(client, election):
    assert client.get("/session/").url == "/identification/"
    activate(make_voter(election))
    identify(client, "anne.dupont@valmont.example")
    client.post("/mot-de-passe/", {"password": PASSWORD})
    assert Client(enforce_csrf_checks=True).post("/session/").status_code == 403


def test_password_typed_for_one_address_is_not_tried_against_another(client, election):
    for name in ("aa", "bb"):
        activate(make_voter(election, email=f"{name}@valmont.example", reference=name))
    identify(client, "aa@valmont.example")
    mark = re.search(r'name="shown_for" value="([^"]+)"', text(client.get("/mot-de-passe/")))[1]
    assert mark == "aa@valmont.example"
    identify(client, "bb@valmont.example")
    answer = client.post("/mot-de-passe/", {"password": PASSWORD, "shown_for": mark}, follow=True)
    assert answer.redirect_chain == [("/mot-de-passe/", 302)]
    assert "Une autre adresse a été saisie dans un autre onglet." in text(answer)
    assert "bb@valmont.example" in text(answer)
    assert not Slowdown.objects.filter(action="sign-in").exists()
    # Who typed the first address again may go on in the page that was left open.
    identify(client, "aa@valmont.example")
    assert client.post("/mot-de-passe/", {"password": PASSWORD, "shown_for": mark}).url == "/espace/"
