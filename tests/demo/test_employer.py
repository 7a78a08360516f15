"""The employer's portal of the demonstration refuses what a strict provider refuses."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from isoloir.demo.models import ProviderGrant
from isoloir.identity.oidc import code_challenge
from tests.electorate import make_election, make_voter, pass_time, text
from tests.electorate_fixtures import clock

__all__ = ("clock",)
pytestmark = pytest.mark.django_db
PORTAL = "http://127.0.0.1:8000"
RETURN = f"{PORTAL}/arrivee/retour/"
VERIFIER = "v" * 43
ASKED = {
    "response_type": "code", "client_id": "isoloir", "redirect_uri": RETURN, "scope": "openid email", "state": "s" * 22,
    "nonce": "n" * 22, "code_challenge": code_challenge(VERIFIER), "code_challenge_method": "S256",
}  # fmt: skip
SECRET = {"client_id": "isoloir", "client_secret": "demonstration"}


@pytest.fixture
def voter(db):
    return make_voter(make_election())


def ask(client, changes=None, **form):
    asked = {name: value for name, value in {**ASKED, **(changes or {})}.items() if value is not None}
    address = f"/demo/employeur/autoriser/?{urlencode(asked)}"
    return client.post(address, form) if form else client.get(address)


def sent_back(answer) -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.url.startswith(f"{RETURN}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.url).query).items()}


def code_for(client, voter) -> str:
    return sent_back(ask(client, agent=voter.reference))["code"]


def redeem(client, code, changes=None, **options):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": RETURN,
        "code_verifier": VERIFIER,
        **SECRET,
    }
    form = {name: value for name, value in {**form, **(changes or {})}.items() if value is not None}
    return client.post("/demo/employeur/jeton/", form, **options)


def told(client, token):
    return client.get("/demo/employeur/identite/", headers={"Authorization": f"Bearer {token}"})


def test_agent_is_chosen_among_those_of_the_roll_and_a_stranger(voter, client):
    page = text(ask(client))
    assert voter.full_name in page
    assert voter.email in page
    assert "Une personne absente de la liste électorale" in page


def test_code_becomes_a_token_that_tells_who_is_there(voter, client):
    back = sent_back(ask(client, agent=voter.reference))
    assert (back["state"], back["iss"]) == (ASKED["state"], f"{PORTAL}/demo/employeur")
    tokens = redeem(client, back["code"]).json()
    keys = KeySet.import_key_set(client.get("/demo/employeur/cles.json").json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert (claims["aud"], claims["nonce"]) == ("isoloir", ASKED["nonce"])
    assert claims["exp"] - claims["iat"] == 60
    person = told(client, tokens["access_token"]).json()
    assert person["sub"] == claims["sub"]
    assert (person["email"], person["email_verified"], person["employee_number"]) == (
        voter.email,
        True,
        voter.reference,
    )


def test_keys_that_are_published_hold_nothing_private(client):
    [key] = client.get("/demo/employeur/cles.json").json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use"}


def test_other_forms_are_offered(voter, client, settings):
    settings.EMPLOYER_PORTAL = settings.EMPLOYER_PORTAL | {"algorithm": "RS256", "signed_userinfo": True}
    tokens = redeem(client, code_for(client, voter)).json()
    keys = KeySet.import_key_set(client.get("/demo/employeur/cles.json").json())
    assert jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).header["alg"] == "RS256"
    answer = told(client, tokens["access_token"])
    assert answer["Content-Type"] == "application/jwt"
    assert jwt.decode(answer.content, keys, algorithms=["RS256"]).claims["email"] == voter.email


def test_description_names_the_addresses_that_answer(client):
    described = client.get("/demo/employeur/.well-known/openid-configuration").json()
    assert described["issuer"] == f"{PORTAL}/demo/employeur"
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert client.get(described[name].removeprefix(PORTAL)).status_code in (200, 400, 401, 405)


@pytest.mark.parametrize("changes", [{"client_id": "another"}, {"client_id": None}, {"redirect_uri": None}, {"redirect_uri": f"{RETURN}?x=1"}, {"redirect_uri": "https://attacker.example/arrivee/retour/"}, {"redirect_uri": RETURN.upper()}])  # fmt: skip
def test_unknown_client_or_address_is_never_sent_back(voter, client, changes):
    answer = ask(client, changes, agent=voter.reference)
    assert answer.status_code == 400
    assert "Rien n’a été transmis" in text(answer)
    assert not ProviderGrant.objects.exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"state": "s" * 21}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"nonce": "n" * 21}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"display": "popup"}, "invalid_request"),
    ],
)
def test_request_that_is_not_as_agreed_is_sent_back_with_a_word(voter, client, changes, error):
    assert sent_back(ask(client, changes, agent=voter.reference))["error"] == error
    assert not ProviderGrant.objects.exists()


def test_agent_may_refuse(voter, client):
    assert sent_back(ask(client, refuse="1", agent=voter.reference)) == {
        "error": "access_denied", "state": ASKED["state"], "iss": f"{PORTAL}/demo/employeur"
    }  # fmt: skip


def test_agent_who_is_not_offered_is_not_accepted(voter, client):
    assert "Choisissez qui vous êtes" in text(ask(client, agent=""))
    assert ask(client, agent="V-9999").status_code == 200
    assert not ProviderGrant.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_secret": "wrong"}, 401),
        ({"client_secret": None}, 401),
        ({"client_id": "another"}, 401),
        ({"grant_type": "password"}, 400),
        ({"redirect_uri": "https://attacker.example/"}, 400),
        ({"code_verifier": "w" * 43}, 400),
        ({"code_verifier": None}, 400),
        ({"code": "unknown"}, 400),
        ({"code": None}, 400),
    ],
)
def test_code_is_not_redeemed_by_who_does_not_hold_all_the_rest(voter, client, changes, status):
    answer = redeem(client, code_for(client, voter), changes)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


def test_secret_comes_by_the_header_or_by_the_form_and_not_by_both(voter, client):
    header = {"Authorization": f"Basic {base64.b64encode(b'isoloir:demonstration').decode()}"}
    nowhere = {"client_id": None, "client_secret": None}
    assert redeem(client, code_for(client, voter), nowhere, headers=header).status_code == 200
    assert redeem(client, code_for(client, voter), headers=header).status_code == 400
    for wrong in ("Basic ???", "Basic /w==", "Bearer isoloir", f"Basic {base64.b64encode(b'isoloir').decode()}"):
        answer = redeem(client, code_for(client, voter), nowhere, headers={"Authorization": wrong})
        assert answer.status_code == 401


def test_code_serves_once_and_its_second_use_kills_the_token(voter, client):
    code = code_for(client, voter)
    token = redeem(client, code).json()["access_token"]
    assert told(client, token).status_code == 200
    assert redeem(client, code).status_code == 400
    assert told(client, token).status_code == 401


def test_wrong_verifier_consumes_the_code(voter, client):
    code = code_for(client, voter)
    redeem(client, code, {"code_verifier": "w" * 43})
    assert redeem(client, code).status_code == 400


def test_code_lives_thirty_seconds_and_a_token_sixty(voter, client):
    code = code_for(client, voter)
    pass_time(timedelta(seconds=30))
    assert redeem(client, code).status_code == 400
    code = code_for(client, voter)
    pass_time(timedelta(seconds=29))
    token = redeem(client, code).json()["access_token"]
    pass_time(timedelta(seconds=59))
    assert told(client, token).status_code == 200
    pass_time(timedelta(seconds=1))
    assert told(client, token).status_code == 401


def test_nobody_is_told_about_without_a_token(voter, client):
    code_for(client, voter)
    for header in ("", "Bearer", "Bearer ", "Bearer unknown", "Basic x"):
        assert client.get("/demo/employeur/identite/", headers={"Authorization": header}).status_code == 401


def test_nothing_that_serves_is_kept_in_the_clear(voter, client):
    code = code_for(client, voter)
    token = redeem(client, code).json()["access_token"]
    kept = str(list(ProviderGrant.objects.values()))
    assert code not in kept
    assert token not in kept


def test_home_of_the_portal_leads_to_the_elections(client, db):
    make_election()
    assert 'href="/arrivee/"' in text(client.get("/demo/employeur/"))
