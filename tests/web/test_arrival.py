"""Arriving from the employer's portal: what the voter meets, and what nobody can make of it."""

import logging
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client

from isoloir.elections.models import Election
from isoloir.identity import oidc_calls, single_sign_on
from isoloir.identity.errors import ProviderFault
from isoloir.identity.models import LinkRequest, OneTimeLink, Slowdown, Suspension
from isoloir.identity.oidc import RelyingParty
from isoloir.identity.requests import answer_requests
from isoloir.identity.sessions import keep_address
from tests import electorate
from tests.electorate import BEFORE, activate, make_voter, pass_time, text
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, ISSUER, FakeProvider

pytestmark = pytest.mark.django_db
PORTAL = "http://127.0.0.1:8000"
REFUSED = "/arrivee/refus/"


@pytest.fixture
def employer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the portal call the demonstration's employer without any socket."""

    def relay(request: httpx.Request) -> httpx.Response:
        # A browser's protections do not apply to a server that calls another one.
        answer = Client(enforce_csrf_checks=True).generic(
            request.method, request.url.path, request.content,
            content_type=request.headers.get("Content-Type", ""),
            headers={name: request.headers[name] for name in ("Authorization",) if name in request.headers},
        )  # fmt: skip
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)

    def relying_party(provider):
        return RelyingParty(provider, transport=httpx.MockTransport(relay))

    monkeypatch.setattr(single_sign_on, "relying_party", relying_party)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, settings) -> FakeProvider:
    """Put another provider in the settings, one that lies on demand."""
    provider = FakeProvider()
    settings.SINGLE_SIGN_ON = {
        "issuer": ISSUER, "name": "Toutatice", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "identifies_by": "address", "claim": "email", "replaces_password": False,
    }  # fmt: skip

    def relying_party(registered):
        return RelyingParty(registered, transport=provider.transport())

    monkeypatch.setattr(single_sign_on, "relying_party", relying_party)
    return provider


def local(address: str) -> str:
    """Return what follows the portal's name in an address: the demonstration's employer is served by the portal itself."""
    assert address.startswith(f"{PORTAL}/"), address
    return address.removeprefix(PORTAL)


def choose(client: Client, agent: str) -> str:
    """Leave for the employer's portal and say who one is; return the way back."""
    leaving = client.get("/arrivee/")
    assert leaving.status_code == 302
    return local(client.post(local(leaving.url), {"agent": agent}).url)


def arrive(client: Client, agent: str):
    return client.get(choose(client, agent))


def come_back(client: Client, provider: FakeProvider):
    """Go through a provider that is elsewhere."""
    answer = provider.authorize(client.get("/arrivee/").url)
    return client.get("/arrivee/retour/", answer)


def reason(client: Client, answer) -> str:
    """Return the title of the page on which a refused arrival ends."""
    assert answer.status_code == 302
    assert answer.url == REFUSED
    page = client.get(answer.url)
    assert page.status_code == 400
    return page.context["reason"]


# ---- The way in ----


def test_voter_arrives_on_the_password_page_with_her_address(election, employer, client):
    voter = make_voter(election)
    activate(voter)
    answer = arrive(client, voter.reference)
    assert answer.url == "/mot-de-passe/"
    assert voter.email in text(client.get(answer.url))
    client.post("/mot-de-passe/", {"password": electorate.PASSWORD})
    assert client.get("/espace/").status_code == 200


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("signed", [False, True], ids=["JSON", "signed"])
def test_voter_arrives_whatever_the_employer_signs_with(election, employer, client, settings, algorithm, signed):
    settings.EMPLOYER_PORTAL = settings.EMPLOYER_PORTAL | {"algorithm": algorithm, "signed_userinfo": signed}
    assert arrive(client, make_voter(election).reference).url == "/mot-de-passe/"


def test_arrival_does_not_open_the_voter_space(election, employer, client):
    voter = make_voter(election)
    activate(voter)
    arrive(client, voter.reference)
    assert client.get("/espace/").url == "/identification/"


def test_voter_without_account_is_sent_the_link_that_opens_one(election, employer, client, outbox):
    voter = make_voter(election)
    arrive(client, voter.reference)
    answer_requests(at=BEFORE)
    assert OneTimeLink.objects.get().purpose == OneTimeLink.Purpose.ACTIVATION
    assert [recipient for recipient, _subject, _body in outbox()] == [voter.email]


def test_voter_with_an_account_is_sent_nothing(election, employer, client, outbox):
    voter = make_voter(election)
    activate(voter)
    arrive(client, voter.reference)
    answer_requests(at=BEFORE)
    assert outbox() == []


def test_voter_who_arrives_again_and_again_is_never_stopped_nor_flooded(election, employer, client):
    voter = make_voter(election)
    assert {arrive(client, voter.reference).url for _time in range(8)} == {"/mot-de-passe/"}
    assert LinkRequest.objects.count() < 8


def test_second_address_identifies_as_well(election, elsewhere, client):
    make_voter(election, second_email="anne.martin@valmont.example")
    elsewhere.told = {"email": " Anne.MARTIN@valmont.example"}
    assert come_back(client, elsewhere).url == "/mot-de-passe/"
    assert "Anne.MARTIN@valmont.example" in text(client.get("/mot-de-passe/"))


def test_employer_identifier_is_compared_with_the_reference_on_the_roll(election, elsewhere, client, settings):
    voter = make_voter(election, reference="N-0042")
    settings.SINGLE_SIGN_ON |= {"identifies_by": "reference", "claim": "employee_number"}
    elsewhere.told = {"email": None, "employee_number": "N-0042"}
    assert come_back(client, elsewhere).url == "/mot-de-passe/"
    assert voter.email in text(client.get("/mot-de-passe/"))


def test_suspended_voter_meets_the_same_page_as_everybody_and_a_mail_that_says_why(election, employer, client, outbox):
    voter = make_voter(election)
    activate(voter)
    Suspension.objects.create(voter=voter, since=BEFORE, reason="enquête")
    assert arrive(client, voter.reference).url == "/mot-de-passe/"
    answer_requests(at=BEFORE)
    [(recipient, _subject, body)] = outbox()
    assert recipient == voter.email
    assert "/activation/" not in body


def test_door_is_on_the_identification_page_where_a_portal_is_configured(election, client, settings):
    page = text(client.get("/identification/"))
    assert 'href="/arrivee/"' in page
    assert "Se connecter avec Agents Valmorane" in page
    settings.SINGLE_SIGN_ON = None
    assert "/arrivee/" not in text(client.get("/identification/"))


@pytest.mark.parametrize("path", ["/arrivee/", "/arrivee/retour/", REFUSED])
def test_without_a_portal_there_is_nothing(election, client, settings, path):
    settings.SINGLE_SIGN_ON = None
    assert client.get(path).status_code == 404


def test_voter_who_is_in_already_stays_who_she_is(election, employer, client):
    voter, other = make_voter(election), make_voter(election, email="bruno@valmont.example", reference="V-2")
    back = choose(client, other.reference)
    activate(voter)
    session = client.session
    keep_address(session, voter.email)
    session.save()
    client.post("/mot-de-passe/", {"password": electorate.PASSWORD})
    assert client.get("/arrivee/").url == "/espace/"
    assert client.get(back).url == "/espace/"
    assert client.get("/espace/").context["voter"] == voter


# ---- Instead of the password, where it is so agreed ----


@pytest.fixture
def replacing(settings) -> None:
    settings.SINGLE_SIGN_ON = settings.SINGLE_SIGN_ON | {"replaces_password": True}


def test_arrival_opens_the_voter_space_where_it_replaces_the_password(election, employer, client, replacing):
    voter = make_voter(election)
    activate(voter)
    client.get("/arrivee/")
    before = client.session.session_key
    assert arrive(client, voter.reference).url == "/espace/"
    assert client.get("/espace/").context["voter"] == voter
    assert client.session.session_key != before
    assert not LinkRequest.objects.exists()


def test_suspended_voter_does_not_enter_instead_of_the_password(election, employer, client, replacing):
    voter = make_voter(election)
    activate(voter)
    Suspension.objects.create(voter=voter, since=BEFORE, reason="enquête")
    assert reason(client, arrive(client, voter.reference)) == "suspended"
    assert client.get("/espace/").status_code == 302


# ---- Whom it does not let through ----


def test_person_who_is_on_no_roll_is_told_so_and_how_to_go_on(election, employer, client):
    answer = arrive(client, "inconnu")
    assert reason(client, answer) == "unknown"
    page = text(client.get(REFUSED))
    assert "Nous ne vous trouvons pas sur la liste électorale" in page
    assert 'href="/identification/"' in page
    assert not LinkRequest.objects.exists()
    assert client.get("/mot-de-passe/").url == "/identification/"


def test_voter_of_another_election_is_on_no_roll_of_this_one(elsewhere, client, db):
    make_voter(electorate.make_election(slug="election-2022"))
    electorate.make_election()
    assert reason(client, come_back(client, elsewhere)) == "unknown"


@pytest.mark.parametrize("told", [{"email": None}, {"email": ""}, {"email": 7}, {"email": ["anne.dupont@valmont.example"]}, {"email": "a\x00b"}, {"email": "x" * 300}])  # fmt: skip
def test_claim_that_designates_nobody_is_on_no_roll(election, elsewhere, client, told):
    make_voter(election)
    elsewhere.told = told
    assert reason(client, come_back(client, elsewhere)) == "unknown"


@pytest.mark.parametrize("verified", [False, "false", "true", 0, 1])
def test_address_that_the_employer_did_not_verify_is_refused(election, elsewhere, client, verified):
    make_voter(election)
    elsewhere.told = {"email_verified": verified}
    assert reason(client, come_back(client, elsewhere)) == "unverified"


@pytest.mark.parametrize(
    "claimed",
    [
        "ﬁona.kassel@strasse.example",
        "fiona.\N{KELVIN SIGN}assel@strasse.example",
        "fiona.ka\N{LATIN SMALL LETTER LONG S}sel@strasse.example",
        "fiona.kaßel@strasse.example",
        "fiona.kassel@straße.example",
        "\N{NO-BREAK SPACE}fiona.kassel@strasse.exampl\N{LATIN SMALL LETTER E WITH ACUTE}",
    ],
)
def test_address_in_other_letters_than_plain_ones_is_nobodys_but_its_own(election, elsewhere, client, claimed):
    """In lower case, ß is ss and the sign kelvin is k: the address of another domain would be the voter's."""
    make_voter(election, email="fiona.kassel@strasse.example")
    elsewhere.told = {"email": claimed}
    assert reason(client, come_back(client, elsewhere)) == "unreadable"
    assert not LinkRequest.objects.exists()
    assert client.get("/mot-de-passe/").url == "/identification/"
    page = text(client.get(REFUSED))
    assert "contient un caractère inattendu" in page
    assert 'href="/identification/"' in page


def test_address_that_the_employer_verified_is_accepted(election, elsewhere, client):
    make_voter(election)
    elsewhere.told = {"email_verified": True}
    assert come_back(client, elsewhere).url == "/mot-de-passe/"


@pytest.mark.parametrize("path", ["/arrivee/", "back"])
def test_portal_that_is_not_open_sends_to_its_welcome(db, employer, client, path):
    election = electorate.make_election()
    back = choose(client, make_voter(election).reference)
    Election.objects.update(portal_opens_at=BEFORE + timedelta(days=1))
    answer = client.get(back if path == "back" else path)
    assert answer.url == "/"
    assert "Le portail ouvre le" in text(client.get("/"))
    assert "vote_arrival" not in client.session or path != "back"


def test_portal_without_election_sends_to_its_welcome(db, client):
    assert client.get("/arrivee/").url == "/"


def test_person_who_says_no_at_the_employer_is_told_so(election, employer, client):
    leaving = local(client.get("/arrivee/").url)
    answer = client.get(local(client.post(leaving, {"refuse": "1"}).url))
    assert reason(client, answer) == "cancelled"


# ---- What nobody can make of it ----


def test_answer_nobody_asked_for_is_refused_without_any_call(election, elsewhere, client):
    assert reason(client, client.get("/arrivee/retour/", {"code": "code-1", "state": "0" * 64})) == "stale"
    assert elsewhere.requests == []


def test_answer_of_another_browser_is_refused(election, employer, client):
    """Who sends a victim their own answer (login CSRF) does not bring the victim in under their name."""
    attacker, victim = client, Client()
    back = choose(attacker, make_voter(election).reference)
    assert reason(victim, victim.get(back)) == "stale"
    victim.get("/arrivee/")
    assert reason(victim, victim.get(back)) == "stale"
    assert victim.get("/mot-de-passe/").url == "/identification/"


def test_answer_serves_once(election, employer, client):
    back = choose(client, make_voter(election).reference)
    assert client.get(back).url == "/mot-de-passe/"
    assert reason(client, client.get(back)) == "stale"


def test_answer_that_failed_does_not_serve_again(election, elsewhere, client):
    make_voter(election)
    answer = elsewhere.authorize(client.get("/arrivee/").url)
    assert reason(client, client.get("/arrivee/retour/", answer | {"state": "0" * 64})) == "stale"
    assert reason(client, client.get("/arrivee/retour/", answer)) == "stale"
    assert "/jeton" not in elsewhere.paths()


def test_answer_waits_ten_minutes_at_most(election, employer, client):
    back = choose(client, make_voter(election).reference)
    pass_time(timedelta(minutes=10))
    assert reason(client, client.get(back)) == "stale"


def test_parameter_that_comes_twice_is_no_answer(election, employer, client):
    back = choose(client, make_voter(election).reference)
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert reason(client, client.get(f"{back}&state={state}")) == "stale"


@pytest.mark.parametrize(
    "lies",
    [
        {"claims": {"iss": "https://else.example"}},
        {"claims": {"aud": "another"}},
        {"claims": {"nonce": "another"}},
        {"claims": {"exp": 1}},
        {"told": {"sub": "agent-8"}},
        {"signer": lambda _claims: "a.b.c"},
        {"instead": {"/jeton": httpx.Response(500)}},
        {"instead": {"/identite": httpx.Response(302, headers={"Location": "https://else.example"})}},
        {"instead": {"/cles": httpx.Response(200, content=b" " * 70_000)}},
    ],
    ids=["issuer", "audience", "nonce", "expired", "subject", "signature", "fault", "redirect", "long"],
)
def test_fault_of_the_employer_is_one_clear_page_and_nothing_is_half_done(election, elsewhere, client, lies):
    make_voter(election)
    for name, value in lies.items():
        setattr(elsewhere, name, value)
    assert reason(client, come_back(client, elsewhere)) == "unavailable"
    page = text(client.get(REFUSED))
    assert "La connexion depuis Toutatice n’a pas abouti" in page
    assert 'href="/identification/"' in page
    assert not LinkRequest.objects.exists()
    assert client.get("/mot-de-passe/").url == "/identification/"
    assert "vote_arrival" not in client.session


def test_employer_out_of_order_leaves_the_other_way_open(election, elsewhere, client):
    elsewhere.instead = {"/.well-known/openid-configuration": httpx.Response(503)}
    assert reason(client, client.get("/arrivee/")) == "unavailable"
    assert client.get("/identification/").status_code == 200


def comes_back_until_served(client: Client, provider: FakeProvider, answer: dict[str, str], meanwhile=lambda: None):
    """Bring the answer again every two seconds, as the page does by itself; return the last answer and the seconds."""
    seconds = 0
    while (served := client.get("/arrivee/retour/", answer)).status_code == 202:
        assert served["Refresh"] == "2"
        assert "Un instant" in text(served)
        for _half_second in range(4):
            meanwhile()
            pass_time(timedelta(seconds=0.5))
            provider.at += timedelta(seconds=0.5)
        seconds += 2
    return served, seconds


def invent_codes(provider: FakeProvider, times: int) -> set[int]:
    """Leave as anybody may, and come back with invented codes, in as many browsers; return the statuses."""
    statuses = set()
    for number in range(times):
        browser = Client()
        answer = provider.authorize(browser.get("/arrivee/").url, code=f"invented-{number}")
        statuses.add(browser.get("/arrivee/retour/", answer).status_code)
    return statuses


def refuse_invented_codes(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    really = RelyingParty.finish

    def finish(self, *, answer, **options):
        if answer["code"].startswith("invented"):
            raise ProviderFault("code-refused")
        return really(self, answer=answer, **options)

    monkeypatch.setattr(RelyingParty, "finish", finish)


def test_who_invents_codes_waits_and_a_voter_elsewhere_does_not(election, elsewhere, client, monkeypatch):
    make_voter(election)
    refuse_invented_codes(elsewhere, monkeypatch)
    assert invent_codes(elsewhere, 41) == {302}
    assert invent_codes(elsewhere, 5) == {202}
    neighbour = Client(REMOTE_ADDR="198.51.100.7")
    assert come_back(neighbour, elsewhere).url == "/mot-de-passe/"


def test_voter_arrives_within_seconds_behind_an_address_that_invents_codes(election, elsewhere, client, monkeypatch):
    """The fastest wins the next slot: so each answer has its turn, ten seconds after it was first put off."""
    make_voter(election)
    refuse_invented_codes(elsewhere, monkeypatch)
    invent_codes(elsewhere, 45)
    for _voter in range(5):
        browser = Client()
        answer = elsewhere.authorize(browser.get("/arrivee/").url)
        served, seconds = comes_back_until_served(
            browser, elsewhere, answer, meanwhile=lambda: invent_codes(elsewhere, 1)
        )
        assert served.url == "/mot-de-passe/"
        assert seconds <= 10
        assert reason(browser, browser.get("/arrivee/retour/", answer)) == "stale"


def test_what_is_refused_before_the_employer_is_asked_slows_nobody_down(election, elsewhere, client):
    make_voter(election)
    for lie in ({"state": "0" * 64}, {"iss": "https://else.example"}, {"code": ""}):
        for _time in range(45):
            browser = Client()
            answer = elsewhere.authorize(browser.get("/arrivee/").url)
            assert browser.get("/arrivee/retour/", answer | lie).url == REFUSED
    assert not Slowdown.objects.filter(action="arrival").exists()
    assert "/jeton" not in elsewhere.paths()
    assert come_back(client, elsewhere).url == "/mot-de-passe/"


def test_faults_of_the_employer_slow_nobody_down(election, elsewhere, client):
    make_voter(election)
    elsewhere.instead = {"/identite": httpx.Response(500)}
    assert {reason(client, come_back(client, elsewhere)) for _time in range(50)} == {"unavailable"}
    elsewhere.instead = {}
    assert come_back(client, elsewhere).url == "/mot-de-passe/"


def test_voter_who_arrives_in_a_crowd_comes_back_by_herself_with_the_same_answer(
    election, elsewhere, client, monkeypatch
):
    make_voter(election)
    answer = elsewhere.authorize(client.get("/arrivee/").url)
    places = oidc_calls._limits()[0]
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    try:
        waiting = client.get("/arrivee/retour/", answer)
    finally:
        for _place in range(taken):
            places.release()
    assert taken == 3
    assert (waiting.status_code, waiting["Refresh"]) == (202, "2")
    assert "Un instant" in text(waiting)
    assert "/jeton" not in elsewhere.paths()
    assert client.get("/arrivee/retour/", answer).url == "/mot-de-passe/"
    assert reason(client, client.get("/arrivee/retour/", answer)) == "stale"


def test_arrivals_that_succeed_slow_nobody_of_the_same_network(election, elsewhere, client):
    make_voter(election)
    assert {come_back(Client(), elsewhere).url for _time in range(60)} == {"/mot-de-passe/"}


def test_log_has_the_code_of_the_fault_and_nothing_else(election, elsewhere, client, caplog):
    caplog.set_level(logging.INFO)
    elsewhere.told = {"sub": "agent-8"}
    answer = elsewhere.authorize(client.get("/arrivee/").url)
    client.get("/arrivee/retour/", answer)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("isoloir")]
    assert ours == ["arrival by single sign-on refused: subject"]
    for secret in (answer["state"], answer["code"], "jeton-1", "anne.dupont", "agent-"):
        assert secret not in caplog.text


def test_pages_of_an_arrival_are_neither_stored_nor_indexed(election, elsewhere, client):
    for path in ("/arrivee/", "/arrivee/retour/", REFUSED):
        answer = client.get(path)
        assert "no-store" in answer["Cache-Control"]
    assert 'content="noindex' in text(client.get(REFUSED))


def test_only_get_leaves_and_comes_back(election, client):
    for path in ("/arrivee/", "/arrivee/retour/", REFUSED):
        assert client.post(path).status_code == client.head(path).status_code == 405


def test_many_voters_at_once_each_have_their_own(election, employer) -> None:
    voters = [make_voter(election, email=f"v{number}@valmont.example", reference=f"V-{number}") for number in range(3)]
    clients = [Client() for _voter in voters]
    ways: list[Callable[[], object]] = []
    for one, voter in zip(clients, voters, strict=True):
        back = choose(one, voter.reference)
        ways.append(lambda one=one, back=back: one.get(back))
    for way in ways:
        way()
    for one, voter in zip(clients, voters, strict=True):
        assert voter.email in text(one.get("/mot-de-passe/"))
