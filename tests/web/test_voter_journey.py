"""The voter's way from the door to the voter space, page by page."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from isoloir.elections.models import Contest
from isoloir.identity.models import OneTimeLink, Slowdown, VoterAccount
from isoloir.roll.models import RollEntry, Turnout
from tests import electorate
from tests.electorate import BEFORE, CLOSES, DURING, OPENS, PASSWORD, activate, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db


def without_tokens(answer) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text(answer))


def link_path(outbox) -> str:
    found = re.search(r"(/lien/[\w-]+/)", outbox()[-1][2])
    assert found
    return found[1]


def test_voter_goes_from_the_door_to_the_space_by_the_mail(client, election, outbox):
    make_voter(election, make_contest(election))
    assert 'href="/identification/"' in text(client.get("/"))
    assert client.get("/identification/").status_code == 200
    answer = client.post("/identification/", {"email": "Anne.Dupont@valmont.example"}, follow=True)
    assert answer.redirect_chain == [("/mot-de-passe/", 302)]
    assert "Un courriel vient alors de vous être envoyé" in text(answer)
    path = link_path(outbox)
    page = text(client.get(path))
    assert "Bonjour Mme DUPONT" in page
    assert 'data-pattern="[a-z]"' in page
    answer = client.post(path, {"password": PASSWORD, "confirmation": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/espace/", 302)]
    assert "votre compte est activé" in text(answer)
    assert "Bienvenue, Mme Anne Dupont" in text(answer)


def test_second_visit_enters_by_the_password_and_shows_the_visit_before(client, election):
    activate(make_voter(election, make_contest(election)))
    sign_in(client, "anne.dupont@valmont.example")
    client.post("/deconnexion/")
    electorate.pass_time(timedelta(days=1))
    sign_in(client, "anne.dupont@valmont.example")
    assert "Dernière connexion : vendredi 20 novembre 2026 à 10 h 00 (heure de Paris)" in text(client.get("/espace/"))


def test_mail_scanners_consume_nothing(client, election, outbox):
    voter = make_voter(election)
    client.post("/identification/", {"email": voter.email})
    path = link_path(outbox)
    for _time in range(10):
        scanner = Client()
        assert scanner.get(path).status_code == 200
        assert scanner.head(path).status_code == 200
        assert scanner.options(path).status_code == 405
    assert OneTimeLink.objects.get().used_at is None
    assert not VoterAccount.objects.exists()
    answer = client.post(path, {"password": PASSWORD, "confirmation": PASSWORD})
    assert answer.url == "/espace/"
    assert OneTimeLink.objects.get().used_at == BEFORE


def test_used_expired_and_altered_links_say_so_and_lead_on(client, election, outbox, settings):
    voter = make_voter(election)
    client.post("/identification/", {"email": voter.email})
    path = link_path(outbox)
    altered = client.get(path[:-2] + "/")
    assert altered.status_code == 404
    assert "Ce lien n’est pas reconnu" in text(altered)
    electorate.pass_time(timedelta(hours=election.link_hours))
    expired = client.get(path)
    assert expired.status_code == 410
    assert "Ce lien a expiré" in text(expired)
    electorate.set_clock(BEFORE)
    client.post(path, {"password": PASSWORD, "confirmation": PASSWORD})
    used = Client().post(path, {"password": PASSWORD, "confirmation": PASSWORD})
    assert used.status_code == 410
    assert "Ce lien a déjà servi" in text(used)
    for answer in (altered, expired, used):
        assert 'href="/identification/"' in text(answer)


def test_refused_password_names_the_rules_and_keeps_the_link(client, election, outbox):
    voter = make_voter(election)
    client.post("/identification/", {"email": voter.email})
    path = link_path(outbox)
    answer = client.post(path, {"password": "aaaa", "confirmation": "aaaa"})
    assert answer.status_code == 200
    for sentence in ("Il faut au moins 12 caractères.", "majuscule sans accent", "un chiffre"):
        assert sentence in text(answer)
    assert "aaaa" not in text(answer)
    answer = client.post(path, {"password": PASSWORD, "confirmation": PASSWORD + "x"})
    assert "Les deux saisies ne sont pas identiques." in text(answer)
    assert client.post(path, {"password": PASSWORD, "confirmation": PASSWORD}).status_code == 302


def test_link_page_is_stored_nowhere_and_tells_its_address_to_nobody(client, election, outbox):
    voter = make_voter(election)
    client.post("/identification/", {"email": voter.email})
    answer = client.get(link_path(outbox))
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "strict-origin"
    assert str(voter.pk) not in link_path(outbox).replace("/lien/", "").split("/")


def test_lost_password_sends_a_link_and_the_old_sessions_end(client, election, outbox):
    voter = make_voter(election)
    activate(voter)
    elsewhere = Client()
    sign_in(elsewhere, voter.email)
    electorate.pass_time(timedelta(minutes=5))
    client.post("/identification/", {"email": voter.email})
    answer = client.post("/mot-de-passe-perdu/", follow=True)
    assert answer.redirect_chain == [("/mot-de-passe-perdu/envoye/", 302)]
    assert "Si l’adresse anne.dupont@valmont.example est celle d’un électeur" in text(answer)
    assert elsewhere.get("/espace/").status_code == 200
    new = "Mésange-Bleue-2026"
    assert client.post(link_path(outbox), {"password": new, "confirmation": new}).url == "/espace/"
    assert elsewhere.get("/espace/").url == "/identification/"
    assert client.get("/espace/").status_code == 200


# ---- No membership oracle ----


def address_of(kind: str, election) -> str:
    if kind == "unknown":
        return "anne.dupont@valmont.example"
    voter = make_voter(election)
    if kind == "activated":
        activate(voter)
    return voter.email


@pytest.fixture
def answers(election):
    """The pages that one address gets from identification to a wrong password, and to the lost password."""

    def walk(kind: str) -> list[tuple[int, str, str]]:
        address, client = address_of(kind, election), Client()
        pages = [
            client.post("/identification/", {"email": address}),
            client.get("/mot-de-passe/"),
            client.post("/mot-de-passe/", {"password": "Autre-Chose-Secrete-1"}),
            client.post("/mot-de-passe-perdu/"),
            client.get("/mot-de-passe-perdu/envoye/"),
        ]
        return [(page.status_code, page.headers.get("Location", ""), without_tokens(page)) for page in pages]

    return walk


@pytest.mark.parametrize("kind", ["activated", "not activated"])
def test_known_and_unknown_addresses_get_the_same_bytes(answers, kind):
    unknown = answers("unknown")
    known = answers(kind)
    assert known == unknown


@pytest.mark.parametrize("kind", ["activated", "not activated"])
def test_known_and_unknown_addresses_cost_the_same_kinds_of_queries(answers, kind, django_capture):
    def shapes(which: str) -> list[str]:
        Slowdown.objects.all().delete()
        with django_capture() as queries:
            answers(which)
        statements = [query["sql"] for query in queries.captured_queries]
        return [statement.split()[0] for statement in statements if "SAVEPOINT" not in statement]

    unknown = shapes("unknown")
    # Setting up the voter costs two INSERT (the address has its table), and one more for the account.
    known = shapes(kind)[3 if kind == "activated" else 2 :]
    assert known == unknown


@pytest.fixture
def django_capture():
    from functools import partial

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return partial(CaptureQueriesContext, connection)


# ---- The session ----


@pytest.fixture
def signed_in(client, election):
    voter = make_voter(election, make_contest(election))
    activate(voter)
    sign_in(client, voter.email)
    return client


def test_signing_in_changes_the_session_key(client, election):
    voter = make_voter(election)
    activate(voter)
    client.post("/identification/", {"email": voter.email})
    before = client.cookies["sessionid"].value
    client.post("/mot-de-passe/", {"password": PASSWORD})
    assert client.cookies["sessionid"].value != before


def test_idle_session_ends_and_says_so(signed_in, election):
    electorate.pass_time(timedelta(minutes=election.idle_minutes))
    answer = signed_in.get("/espace/", follow=True)
    assert answer.redirect_chain == [("/identification/", 302)]
    assert "Votre session a pris fin" in text(answer)
    assert "Votre session a pris fin" not in text(signed_in.get("/identification/"))


def test_active_session_lives_until_the_absolute_limit(signed_in, election):
    for _visit in range(5):
        electorate.pass_time(timedelta(minutes=election.idle_minutes - 3))
        expected = 200 if electorate.read_clock() < BEFORE + timedelta(minutes=60) else 302
        assert signed_in.get("/espace/").status_code == expected
    assert electorate.read_clock() == BEFORE + timedelta(minutes=60)


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


def test_signed_out_program_gets_json(client, election):
    for path in ("/vote/etat.json", "/vote/scrutins/abc/election.json"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.json()["error"] == "signed_out"
        assert answer.json()["url"] == "/identification/"
    assert client.get("/vote/").url == "/identification/"
    assert client.get("/espace/", headers={"accept": "application/json"}).status_code == 401


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
    assert "Ordre tiré au sort le 4 novembre 2026" in page
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
    assert counts[0] == counts[1] <= 5


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
    answer = client.post("/identification/", {"email": "anne.dupont@valmont.example"})
    assert "Aucune élection n’est ouverte" in text(answer)


def test_identification_before_the_portal_opens_says_when(client, election):
    electorate.set_clock(election.portal_opens_at - timedelta(seconds=1))
    answer = client.post("/identification/", {"email": "anne.dupont@valmont.example"})
    assert "Le portail ouvre le mardi 13 octobre 2026 à 9 h 00 (heure de Paris)" in text(answer)


@pytest.mark.parametrize("email", ["", "anne.dupont", "x" * 300 + "@valmont.example", "a\x00b@valmont.example"])
def test_bad_address_is_said_at_the_field_and_stays_typed(client, election, email):
    answer = client.post("/identification/", {"email": email})
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
    page = text(client.post("/identification/", {"email": "anne.dupont"}))
    field = re.search(r'<input type="email"[^>]*>', page)
    assert field
    assert 'aria-describedby="id_email_helptext id_email_error"' in field[0]
    for name in ("id_email_helptext", "id_email_error"):
        assert page.count(f'id="{name}"') == 1
    assert 'href="#id_email"' in page
    assert 'value="anne.dupont"' in field[0]
