"""The simulator of FranceConnect refuses what FranceConnect refuses, and our own client gets along with it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from isoloir.demo.fiction.civil import civil_identity
from isoloir.demo.franceconnect import STRANGER
from isoloir.demo.models import ProviderGrant
from isoloir.identity.franceconnect import begin
from isoloir.identity.sessionstore import SessionStore
from tests.electorate import BEFORE, make_election, make_voter, pass_time, text
from tests.electorate_fixtures import clock

__all__ = ("clock",)
pytestmark = pytest.mark.django_db
PORTAL = "http://127.0.0.1:8000"
BASE = "/demo/franceconnect/api/v2"
RETURN = f"{PORTAL}/vote/code/reassort/franceconnect/retour/"
LEFT = f"{PORTAL}/vote/code/reassort/demande/"
ASKED = {
    "response_type": "code", "client_id": "isoloir", "redirect_uri": RETURN, "scope": "openid identite_pivot email",
    "acr_values": "eidas1", "state": "s" * 64, "nonce": "n" * 64,
}  # fmt: skip
SECRET = {"client_id": "isoloir", "client_secret": "demonstration"}


@pytest.fixture
def voter(db):
    return make_voter(make_election())


def ask(client, changes=None, **form):
    asked = {name: value for name, value in {**ASKED, **(changes or {})}.items() if value is not None}
    address = f"{BASE}/authorize?{urlencode(asked)}"
    return client.post(address, form) if form else client.get(address)


def sent_back(answer) -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.url.startswith(f"{RETURN}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.url).query).items()}


def redeem(client, code, changes=None, **options):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": RETURN, **SECRET, **(changes or {})}
    return client.post(f"{BASE}/token", {name: value for name, value in form.items() if value is not None}, **options)


def test_what_our_client_asks_is_what_is_asked_here(voter, client):
    session = SessionStore()
    session.create()
    address = begin(session, voter=voter, redirect_uri=RETURN, at=BEFORE)
    assert address.startswith(f"{PORTAL}{BASE}/authorize?")
    page = client.get(address.removeprefix(PORTAL))
    assert page.status_code == 200
    assert "FranceConnect (simulé)" in text(page)


def test_person_is_told_by_signed_tokens(voter, client):
    back = sent_back(ask(client, citizen=voter.reference))
    assert back["state"] == ASKED["state"]
    tokens = redeem(client, back["code"]).json()
    keys = KeySet.import_key_set(client.get(f"{BASE}/jwks").json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert (claims["aud"], claims["nonce"], claims["acr"]) == ("isoloir", ASKED["nonce"], "eidas1")
    told = client.get(f"{BASE}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert told.headers["Content-Type"] == "application/jwt"
    person = jwt.decode(told.content.decode(), keys, algorithms=["ES256"]).claims
    civil = civil_identity(
        reference=voter.reference, civility=voter.civility, last_name=voter.last_name, first_names=voter.first_names
    )
    assert (person["family_name"], person["given_name"]) == (civil.birth_name, civil.first_names)
    assert (person["birthdate"], person["email"]) == (civil.birth_date.isoformat(), civil.private_address)
    assert person["sub"] == claims["sub"]
    assert person["sub"].endswith("v1")


def test_somebody_whom_the_roll_does_not_know_may_come(voter, client):
    assert redeem(client, sent_back(ask(client, citizen=STRANGER))["code"]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"acr_values": None}, "invalid_acr"),
        ({"acr_values": "eidas9"}, "invalid_acr"),
        ({"state": "s" * 21}, "Y000400"),
        ({"nonce": None}, "Y000400"),
        # PKCE is not known there.
        ({"code_challenge": "c" * 43, "code_challenge_method": "S256"}, "Y000400"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_request_that_is_not_as_documented_is_sent_back(voter, client, changes, error):
    assert sent_back(ask(client, changes))["error"] == error
    assert not ProviderGrant.objects.exists()


@pytest.mark.parametrize("changes", [{"client_id": "other"}, {"redirect_uri": f"{PORTAL}/ailleurs/"}])
def test_unknown_client_is_told_on_a_page(voter, client, changes):
    assert ask(client, changes).status_code == 400


def test_person_may_refuse(voter, client):
    assert sent_back(ask(client, refuse="1"))["error"] == "access_denied"


def test_code_serves_once_and_half_a_minute(voter, client):
    code = sent_back(ask(client, citizen=voter.reference))["code"]
    tokens = redeem(client, code).json()
    assert redeem(client, code).status_code == 400
    # A code that comes back kills its token.
    told = client.get(f"{BASE}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert told.status_code == 401
    late = sent_back(ask(client, citizen=voter.reference))["code"]
    pass_time(timedelta(seconds=30))
    assert redeem(client, late).status_code == 400


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_id": None}, {"grant_type": "password"}])
def test_client_that_does_not_say_who_it_is_has_no_token(voter, client, changes):
    assert redeem(client, sent_back(ask(client, citizen=voter.reference))["code"], changes).status_code in (400, 401)


def test_secret_in_a_header_is_refused(voter, client):
    code = sent_back(ask(client, citizen=voter.reference))["code"]
    assert redeem(client, code, headers={"Authorization": "Basic aXNvbG9pcjpk"}).status_code == 401


def test_token_lives_a_minute(voter, client):
    tokens = redeem(client, sent_back(ask(client, citizen=voter.reference))["code"]).json()
    pass_time(timedelta(seconds=60))
    told = client.get(f"{BASE}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert told.status_code == 401


@pytest.mark.parametrize("missing", ["id_token_hint", "state", "post_logout_redirect_uri"])
def test_signing_out_wants_all_three_parameters(client, db, missing):
    asked = {"id_token_hint": "t", "state": "s", "post_logout_redirect_uri": LEFT}
    answer = client.get(f"{BASE}/session/end?{urlencode(asked)}")
    assert (answer.status_code, answer.url) == (302, f"{LEFT}?state=s")
    del asked[missing]
    assert client.get(f"{BASE}/session/end?{urlencode(asked)}").status_code == 400


def test_code_of_the_employer_is_not_one_of_franceconnect(voter, client):
    code = sent_back(ask(client, citizen=voter.reference))["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": "", **SECRET}
    form["redirect_uri"] = f"{PORTAL}/arrivee/retour/"
    assert client.post("/demo/employeur/jeton/", form).status_code == 400
