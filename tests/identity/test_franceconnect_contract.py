"""Our client of FranceConnect in front of a provider that we did not write: npm's oidc-provider, set up as FranceConnect."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.utils import timezone

from isoloir.identity import franceconnect
from isoloir.identity.errors import FranceConnectRefused
from isoloir.identity.sessionstore import SessionStore
from tests.electorate import make_election, make_voter

pytestmark = pytest.mark.django_db
NODE = Path(__file__).parents[2] / "tools" / "node"
CLIENT = {
    "client_id": "isoloir",
    "client_secret": "a secret of forty characters at the least",
    "redirect_uri": "https://elections.valmont.example/retour/",
    "post_logout_redirect_uri": "https://elections.valmont.example/parti/",
}
PERSON = {
    "sub": "a1b2c3v1", "given_name": "Anne Marie", "family_name": "D’ÉBÈNE", "birthdate": "1980-05-17", "gender": "female",
    "birthplace": "2A004", "birthcountry": "99100", "email": "anne@courrier-prive.example",
}  # fmt: skip


@pytest.fixture(params=["ES256", "RS256"])
def issuer(request: pytest.FixtureRequest) -> Iterator[str]:
    told = json.dumps({"client": CLIENT, "person": PERSON, "algorithm": request.param}).encode()
    with subprocess.Popen(
        ["node", "franceconnect-provider.mjs"], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as provider:  # fmt: skip
        assert provider.stdin is not None
        assert provider.stdout is not None
        assert provider.stderr is not None
        provider.stdin.write(told)
        provider.stdin.close()
        port = provider.stdout.readline().decode().strip()
        try:
            assert port.isdigit(), provider.stderr.read().decode()
            yield f"http://127.0.0.1:{port}/api/v2"
        finally:
            provider.kill()


@pytest.fixture
def voter(db, issuer, settings):
    settings.FRANCECONNECT = {
        "issuer": issuer, "client_id": CLIENT["client_id"], "client_secret": CLIENT["client_secret"],
        "scope": "openid identite_pivot email", "authentication": "client_secret_post", "acr": "eidas1", "pkce": False,
        "signed_userinfo": True, "loopback_allowed": True,
        "endpoints": {
            "authorization": f"{issuer}/authorize", "token": f"{issuer}/token", "userinfo": f"{issuer}/userinfo",
            "jwks": f"{issuer}/jwks", "end_session": f"{issuer}/session/end",
        },
    }  # fmt: skip
    return make_voter(make_election())


def session() -> SessionStore:
    made = SessionStore()
    made.create()
    return made


def visit(address: str) -> dict[str, str]:
    """Do what a browser does until the provider sends it back; return the parameters of the way back."""
    with httpx.Client(trust_env=False) as browser:
        for _step in range(6):
            answer = browser.get(address)
            assert answer.status_code in (302, 303), answer.text
            address = str(answer.url.join(answer.headers["Location"]))
            if address.startswith(CLIENT["redirect_uri"]):
                return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    raise AssertionError(address)


def begin(voter, kept) -> str:
    address = franceconnect.begin(kept, voter=voter, redirect_uri=CLIENT["redirect_uri"], at=timezone.now())
    kept.save()
    return address


def finish(voter, kept, answer) -> Any:
    return franceconnect.finish(
        kept, voter=voter, answer=answer, redirect_uri=CLIENT["redirect_uri"],
        return_uri=CLIENT["post_logout_redirect_uri"], at=timezone.now(),
    )  # fmt: skip


def test_identity_is_proved_and_the_browser_is_sent_to_sign_out(voter):
    kept = session()
    found = finish(voter, kept, visit(begin(voter, kept)))
    assert {name: found.identity.claims[name] for name in PERSON} == PERSON
    assert found.identity.claims["acr"] == "eidas1"
    assert found.email == PERSON["email"]
    # Three segments each: both are signed, and can be checked again by the registrar.
    assert [found.tokens[name].count(".") for name in ("id_token", "userinfo")] == [2, 2]
    assert found.tokens["nonce"]
    left = httpx.get(found.logout_url, trust_env=False)
    assert left.status_code == 200
    assert "<form" in left.text
    assert "vote_franceconnect" not in kept


def test_answer_serves_once(voter):
    kept = session()
    answer = visit(begin(voter, kept))
    finish(voter, kept, answer)
    with pytest.raises(FranceConnectRefused) as refused:
        finish(voter, kept, answer)
    assert refused.value.code == "stale"


def test_code_of_another_visit_is_refused(voter):
    former, kept = session(), session()
    used = visit(begin(voter, former))
    state = parse_qs(urlsplit(begin(voter, kept)).query)["state"][0]
    with pytest.raises(FranceConnectRefused) as refused:
        finish(voter, kept, {**used, "state": state})
    # The provider gave that code for another nonce.
    assert refused.value.code == "unavailable"


def test_level_that_is_not_granted_is_refused(voter, settings):
    kept = session()
    answer = visit(begin(voter, kept))
    settings.FRANCECONNECT = {**settings.FRANCECONNECT, "acr": "eidas2"}
    with pytest.raises(FranceConnectRefused) as refused:
        finish(voter, kept, answer)
    assert refused.value.code == "unavailable"


def test_wrong_secret_is_refused(voter, settings):
    kept = session()
    answer = visit(begin(voter, kept))
    settings.FRANCECONNECT = {**settings.FRANCECONNECT, "client_secret": "another secret of forty characters or so"}
    with pytest.raises(FranceConnectRefused) as refused:
        finish(voter, kept, answer)
    assert refused.value.code == "unavailable"
