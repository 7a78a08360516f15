"""The portal in English: no French is left on its pages, but in what elections bring (names, statements, e-mails)."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from isoloir.identity.challenge import install_default_questions
from isoloir.identity.links import draft_link, link_url, new_token
from isoloir.identity.models import OneTimeLink, Suspension, VoterAccount
from isoloir.identity.requests import answer_requests
from isoloir.identity.sessions import open_session
from isoloir.roll.models import Voter
from tests import electorate
from tests.electorate import PASSWORD, activate, captcha, identify, make_member, sign_in_member, text
from tests.factories import AFTER, BEFORE, DURING, World
from tests.stations import close_by_http, counted_world, member_client, prepared_world, sealed_world, sign_and_publish

pytestmark = pytest.mark.django_db

# Words that no English sentence has, and the marks that only French has.
_FRENCH = re.compile(
    r"\b(?:le|la|les|des|du|un|une|et|est|sont|pas|vous|votre|vos|ce|cette|dans|pour|avec|sans|sur|au|aux|par|qui|que"
    r"|scrutins?|bulletins?|urne|sièges?|voix|listes|électeurs?|clés?|heure|courriel|page d’|aucun|déjà|voté)\b"
    r"|[«»àâçéèêëîôùûœÀÉ]|\b[ldjnscm]’|\w [:;?!](?:\s|$)",
    re.IGNORECASE,
)
# What elections bring, in their own language.
_FROM_DATA = re.compile(
    r"Élections professionnelles 2026|Élections d’essai 2026|Académie de Valmont|Académie d’essai|Union des Écoles|Collège des Tilleuls"
    r"|Lycée d’essai|\d rue d’Essai|Les Tilleuls|MODÈLE|Scrutin [A-Z]+\d*|Liste [A-Z\d][\w ]*|Prénom MEMBRE\d|clé-\w+"
)
# What is the same in every language: signs, a folder of a command, words of a file, French institutions, anchors of texts.
_SAME = re.compile(
    r"# ! , \? ?-?|“urne”|Commission nationale de l’informatique et des libertés|Défenseur des droits|académies?|réclamations(?: et assistance)?|\{#[a-z-]+\}"
)
_SPOKEN = {
    "aria-label",
    "alt",
    "title",
    "placeholder",
    "content",
    "data-sentence",
    "data-copied",
    "data-one",
    "data-many",
}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SILENT = {"script", "style", "code", "pre"}


class _Reading(HTMLParser):
    """Gathers what people see and hear of a page, without the parts marked as French, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.language: str | None = None
        self.said: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "html":
            self.language = values.get("lang")
        silent = self._is_silent or tag in _SILENT or (tag != "html" and values.get("lang") == "fr")
        if tag not in _VOID:
            self._open.append((tag, silent))
        if not silent:
            self.said += [value for name, value in values.items() if name in _SPOKEN]
        if tag == "a":
            self.links.append(values.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self.said.append(" ".join(data.split()))


def french_in(sentence: str) -> bool:
    return bool(_FRENCH.search(_SAME.sub("…", _FROM_DATA.sub("…", sentence))))


def read(answer: Any) -> _Reading:
    """Return the page as it is read, once nothing on it is French."""
    reading = _Reading()
    reading.feed(text(answer))
    url = answer.request["PATH_INFO"]
    assert reading.language == "en", url
    left = [sentence for sentence in reading.said if french_in(sentence)]
    assert not left, (url, *left)
    return reading


def walk(client: Client, *starts: str) -> set[str]:
    """Read these pages and all those to which they lead; return their addresses."""
    waiting, walked = list(starts), set()
    while waiting:
        url = waiting.pop()
        if url in walked:
            continue
        answer = client.get(url)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            walked.add(url)
            waiting += [link.partition("#")[0] for link in read(answer).links if link.startswith(("/", "?"))]
            waiting = [link if link.startswith("/") else url.partition("?")[0] + link for link in waiting]
    return walked


def english(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def voter_client(voter: Voter) -> Client:
    VoterAccount.objects.get_or_create(
        voter=voter, defaults={"password": "!", "activated_at": BEFORE, "password_set_at": BEFORE}
    )
    client = Client()
    session = client.session
    open_session(session, voter=voter, at=electorate.read_clock())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return english(client)


def president_of(world: World) -> Client:
    return english(member_client(world.president))


def test_french_is_seen_for_what_it_is():
    for sentence in (
        "Mes scrutins",
        "Vous avez voté",
        "n’a pas voté",
        "Accueil : la suite",
        "À voter",
        "Liste d’émargement",
    ):
        assert french_in(sentence), sentence
    for sentence in (
        "My contests",
        "Voting closes in",
        "Élections d’essai 2026",
        "The voters’ home page",
        "Scrutin S1: sealed",
    ):
        assert not french_in(sentence), sentence


def test_browser_that_asks_for_english_gets_it(client, election):
    for asked in ("en", "en-GB,en;q=0.9,fr;q=0.5"):
        read(client.get("/", headers={"accept-language": asked}))


def test_doors_of_the_portal(client, election):
    reached = walk(english(client), "/", "/bureau/connexion/", "/design/")
    assert {"/identification/", "/verifier/", "/resultats/"} <= reached


def test_portal_without_an_election(client):
    walk(english(client), "/")


def test_error_pages(client, election):
    read(english(client).get("/nowhere/"))
    strict = english(Client(enforce_csrf_checks=True))
    refused = strict.post("/identification/", {"email": "a@b.example"})
    assert refused.status_code == 403
    read(refused)


@pytest.fixture
def voter(election) -> Voter:
    install_default_questions(election)
    return electorate.make_voter(election, electorate.make_contest(election))


def link_of(voter: Voter, purpose: OneTimeLink.Purpose) -> str:
    token = new_token()
    draft_link(voter_id=voter.pk, purpose=purpose, token=token, at=electorate.read_clock(), hours=24).save()
    return link_url(token, purpose).removeprefix(settings.PORTAL_URL)


def test_identification_and_lost_password_with_their_faults(client, voter):
    english(client)
    read(client.get("/identification/"))
    for typed in ("", "anne", voter.email):
        read(client.post("/identification/", {"email": typed, **captcha(), "captcha_1": ""}))
    identify(client, voter.email)
    for typed in ("", "wrong", "wrong", "wrong", "wrong", "wrong"):
        read(client.post("/mot-de-passe/", {"password": typed}, follow=True))
    for _time in range(6):
        read(client.get("/mot-de-passe-perdu/"))
        read(client.post("/mot-de-passe-perdu/", captcha(), follow=True))


def test_activation_with_its_faults(client, voter):
    english(client)
    path = link_of(voter, OneTimeLink.Purpose.ACTIVATION)
    read(client.get(path))
    for password in ("", "short", "Anne.dupont@valmont.example1", "motdepasse"):
        read(client.post(path, {"password": password, "confirmation": "other", **captcha()}))
    read(client.get(f"{path}question/", follow=True))
    client.post(path, {"password": PASSWORD, "confirmation": PASSWORD, **captcha()})
    page = read(client.get(f"{path}question/"))
    assert any("What is the first thing you bought" in sentence for sentence in page.said)
    for answer in ("", "a", "bbbb"):
        read(client.post(f"{path}question/", {"question": "", "answer": answer, "answer_again": "other"}))
    read(client.post(f"{path}question/", {"without-activation": "1"}, follow=True))
    read(
        client.get(
            link_of(electorate.make_voter(voter.election, email="b@valmont.example"), OneTimeLink.Purpose.ACTIVATION)
        )
    )


def test_new_password_and_links_that_do_not_serve(client, voter):
    english(client)
    activate(voter)
    path = link_of(voter, OneTimeLink.Purpose.PASSWORD)
    read(client.get(path))
    read(client.get(path.replace("nouveau-mot-de-passe", "activation")))
    read(client.get("/activation/unknown/"))
    read(client.post(path, {"password": PASSWORD, "confirmation": PASSWORD, **captcha()}, follow=True))
    read(client.get(path))
    expired = link_of(voter, OneTimeLink.Purpose.PASSWORD)
    electorate.pass_time(timedelta(hours=24))
    read(client.get(expired))
    Suspension.objects.create(voter=voter, since=BEFORE, reason="essai")
    read(client.get(link_of(voter, OneTimeLink.Purpose.PASSWORD)))
    identify(client, voter.email)
    read(client.post("/mot-de-passe/", {"password": PASSWORD}))


def test_link_of_another_voter(voter):
    other = electorate.make_voter(voter.election, email="b@valmont.example")
    page = read(voter_client(other).get(link_of(voter, OneTimeLink.Purpose.ACTIVATION)))
    assert "This link is not yours" in page.said


def test_e_mails_follow_the_language_of_who_asked(client, voter, outbox):
    identify(english(client), voter.email)
    answer_requests(at=electorate.read_clock())
    subject, body = outbox()[-1][1:3]
    assert "(Paris time)" in body
    assert [line for line in (subject, *body.splitlines()) if french_in(line)] == []


def test_voter_space_before_during_and_after_the_vote(client):
    world, _devices = sealed_world()
    for instant in (BEFORE, DURING, AFTER):
        electorate.set_clock(instant)
        reached = walk(voter_client(world.voters[0]), "/espace/", "/vote/")
        assert f"/espace/scrutins/{world.contest.uuid}/" in reached


def test_answers_to_the_booth_are_in_english():
    world, _devices = sealed_world()
    client = voter_client(world.voters[0])
    assert client.get("/vote/etat.json").json()["language"] == "en"
    cast = client.post(f"/vote/scrutins/{world.contest.uuid}/bulletin/", "{}", content_type="application/json")
    proved = client.post("/vote/possession/", {"challenge": "?", "proofs": []}, content_type="application/json")
    for answer in (cast, proved):
        assert answer.status_code >= 400
        assert not french_in(answer.json()["message"]), answer.json()


def test_search_for_a_ballot(client, election):
    english(client)
    for reference in ("", "short", "A" * 43):
        read(client.post("/verifier/", {"reference": reference}))


def test_sign_in_of_members_with_its_faults(client, election):
    english(client)
    read(client.post("/bureau/connexion/", {"email": "nobody@valmont.example", "password": "wrong"}))
    read(client.post("/bureau/connexion/", {"email": "", "password": ""}))
    make_member("paul@valmont.example")
    client.post("/bureau/connexion/", {"email": "paul@valmont.example", "password": electorate.STAFF_PASSWORD})
    read(client.post("/bureau/connexion/code/", {"code": "000000"}))


def test_bureau_before_it_seals():
    world = prepared_world()
    client = president_of(world)
    reached = walk(client, "/bureau/", "/bureau/bvec/scellement/")
    assert {"/bureau/bvec/", "/bureau/bvec/journal/", "/bureau/bvec/cles/"} <= reached
    read(client.post("/bureau/bvec/scellement/"))


def test_bureau_during_the_vote_and_after_closing():
    world, devices = sealed_world()
    client = president_of(world)
    contest = "/bureau/bvec/scrutins/S1/"
    assert f"{contest}emargement/" in walk(client, "/bureau/", f"{contest}?scelles", f"{contest}cloture/")
    read(client.post(f"{contest}cloture/"))
    close_by_http(devices[0])
    walk(client, "/bureau/bvec/", f"{contest}resultat/")
    read(client.post(f"{contest}resultat/"))


def test_results_in_the_bureau_and_in_public(client):
    world, devices = counted_world([1, 1, 1, 0])
    president = president_of(world)
    contest = "/bureau/bvec/scrutins/S1/"
    walk(president, "/bureau/bvec/", contest, f"{contest}proces-verbal/", f"{contest}publication/")
    read(president.post(f"{contest}publication/"))
    sign_and_publish(devices[0])
    walk(president, "/bureau/bvec/")
    assert f"/resultats/{world.contest.uuid}/" in walk(english(client), "/resultats/", "/")
    assert "75.0%" in text(client.get(f"/resultats/{world.contest.uuid}/"))


def test_console_with_its_faults(client, election):
    electorate.make_contest(election)
    sign_in_member(client, make_member("admin@valmont.example", is_administrator=True))
    reached = walk(english(client), "/console/")
    assert {"/console/fichiers/", "/console/calendrier/", "/console/codes/demande/", "/console/campagne/"} <= reached
    read(client.post("/console/fichiers/"))
    read(client.post("/console/calendrier/", {"portal_opens_at": "x"}))
    read(client.post("/console/codes/reception/"))


def test_console_pages_of_accounts_with_their_faults(client, voter):
    link_of(voter, OneTimeLink.Purpose.ACTIVATION)
    sign_in_member(english(client), make_member("admin@valmont.example", is_administrator=True))
    account = f"/console/comptes/{voter.pk}/"
    read(client.get(account))
    for act in ("suspend", "restore"):
        read(client.post(account, {"act": act, "reason": ""}))
        read(client.post(account, {"act": act, "reason": "99"}, follow=True))
    read(client.post("/console/comptes/", {"sought": "nobody"}))
    rules = {"password_policy": "2018", "link_hours": "48", "idle_minutes": "10", "session_minutes": "30"}
    for faults in (
        {"link_hours": "0"},
        {"session_minutes": "481"},
        {"idle_minutes": "20", "session_minutes": "19"},
        {},
    ):
        read(client.post("/console/comptes/regles/", rules | faults, follow=True))
    for address in ("/console/campagne/", "/console/comptes/relance/", "/console/comptes/relance/"):
        read(client.post(address, follow=True))
    walk(client, "/console/comptes/activation/")


def test_console_pages_of_questions_and_texts_with_their_faults(client, voter):
    sign_in_member(english(client), make_member("admin@valmont.example", is_administrator=True))
    for words in ({"text_fr": "", "text_en": ""}, {"text_fr": "\t" * 300, "text_en": "W" * 300}):
        read(client.post("/console/questions/ajouter/", words))
    question = voter.election.challenge_questions.first()
    read(client.post(f"/console/questions/{question.pk}/retirer/", follow=True))
    walk(client, "/console/questions/")
    words = {"text_en": "## Hello\n\nTo all.", "text_fr": "Bonjour", "version": "0"}
    for hostile in ("", "![](a)", "\u202e", "[a](b:c)", "[a](#b)", "## A {#B}", "## A {#a}\n## B {#a}", "W" * 40000):
        read(client.post("/console/textes/faq/", words | {"text_en": hostile}))
    read(client.post("/console/textes/edito/", words | {"preview": "1"}))
    read(client.post("/console/textes/edito/", words, follow=True))
    read(client.post("/console/textes/edito/", words))
    assert "/console/textes/edito/versions/1/" in walk(client, "/console/textes/")


def test_arrival_from_the_employers_portal_that_is_refused(client, election):
    english(client)
    reasons = ("stale", "busy", "slowed", "cancelled", "unavailable", "unverified", "unknown", "suspended")
    for reason in reasons:
        session = client.session
        session["vote_arrival_refused"] = reason
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        read(client.get("/arrivee/refus/"))


def test_second_visit_says_the_first_one_in_english(client, election):
    voter = electorate.make_voter(election, electorate.make_contest(election))
    activate(voter)
    electorate.sign_in(english(client), voter.email)
    client.post("/deconnexion/")
    electorate.sign_in(client, voter.email)
    assert "Last sign-in on 20 November 2026 at 10:00 (Paris time)" in text(client.get("/espace/"))
