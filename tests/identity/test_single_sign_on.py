"""What the settings say of the employer's portal, and what a session keeps of an arrival."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.single_sign_on import single_sign_on_from
from isoloir.identity import single_sign_on as arrivals
from isoloir.identity.errors import ArrivalRefused, ArrivalWaits, PortalClosed, ProviderFault
from isoloir.identity.oidc import RelyingParty
from isoloir.identity.sessionstore import SessionStore
from isoloir.identity.single_sign_on import (
    MOST_RETURNS,
    begin_arrival,
    finish_arrival,
    relying_party,
    single_sign_on,
)
from tests.account_acts import at_once
from tests.electorate import BEFORE, make_voter
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, ISSUER, RETURN, FakeProvider

ROOT = Path(__file__).parents[2]
REASONS = (
    "stale", "busy", "slowed", "cancelled", "unavailable", "unverified", "unreadable", "unknown", "suspended",
)  # fmt: skip
ENVIRONMENT = {
    "ISOLOIR_SSO_ISSUER": ISSUER,
    "ISOLOIR_SSO_NAME": "Toutatice",
    "ISOLOIR_SSO_CLIENT_ID": CLIENT_ID,
    "ISOLOIR_SSO_CLIENT_SECRET": CLIENT_SECRET,
}
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production", "ISOLOIR_SECRET_KEY": "k" * 50, "ISOLOIR_HOSTS": "x.example",
    "ISOLOIR_SMTP_HOST": "127.0.0.1", "ISOLOIR_PORTAL_URL": "https://x.example",
}  # fmt: skip


# ---- Configuration ----


def test_without_an_issuer_there_is_no_door():
    assert single_sign_on_from({}) is None


def test_environment_says_all_that_the_client_needs(settings):
    settings.SINGLE_SIGN_ON = single_sign_on_from(ENVIRONMENT)
    configured = single_sign_on()
    assert configured is not None
    assert (configured.name, configured.identifies_by, configured.claim) == ("Toutatice", "address", "email")
    assert not configured.replaces_password
    provider = configured.provider
    assert (provider.issuer, provider.client_id, provider.client_secret) == (ISSUER, CLIENT_ID, CLIENT_SECRET)
    assert (provider.scope, provider.authentication, provider.pkce) == ("openid email", "client_secret_basic", True)
    # What development alone may do cannot be said by the environment.
    assert not provider.loopback_allowed
    assert relying_party(provider) is relying_party(provider)


def test_environment_says_what_is_otherwise(settings):
    settings.SINGLE_SIGN_ON = single_sign_on_from(
        ENVIRONMENT
        | {
            "ISOLOIR_SSO_IDENTIFIES_BY": "reference", "ISOLOIR_SSO_CLAIM": "uid", "ISOLOIR_SSO_SCOPE": "openid uid",
            "ISOLOIR_SSO_AUTHENTICATION": "post", "ISOLOIR_SSO_ACR": "eidas1", "ISOLOIR_SSO_PKCE": "0",
            "ISOLOIR_SSO_SIGNED_USERINFO": "1", "ISOLOIR_SSO_REPLACES_PASSWORD": "1",
        }
    )  # fmt: skip
    configured = single_sign_on()
    assert configured is not None
    assert (configured.identifies_by, configured.claim, configured.replaces_password) == ("reference", "uid", True)
    provider = configured.provider
    assert (provider.scope, provider.authentication, provider.acr) == ("openid uid", "client_secret_post", "eidas1")
    assert (provider.pkce, provider.signed_userinfo) == (False, True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ISOLOIR_SSO_ISSUER": "http://agents.valmont.example"}, "ISOLOIR_SSO_ISSUER"),
        ({"ISOLOIR_SSO_ISSUER": "http://127.0.0.1:8000"}, "ISOLOIR_SSO_ISSUER"),
        ({"ISOLOIR_SSO_NAME": ""}, "ISOLOIR_SSO_NAME"),
        ({"ISOLOIR_SSO_CLIENT_ID": ""}, "ISOLOIR_SSO_CLIENT_ID"),
        ({"ISOLOIR_SSO_CLIENT_SECRET": ""}, "ISOLOIR_SSO_CLIENT_SECRET"),
        ({"ISOLOIR_SSO_AUTHENTICATION": "none"}, "ISOLOIR_SSO_AUTHENTICATION"),
        ({"ISOLOIR_SSO_IDENTIFIES_BY": "name"}, "ISOLOIR_SSO_IDENTIFIES_BY"),
        ({"ISOLOIR_SSO_IDENTIFIES_BY": "reference"}, "ISOLOIR_SSO_CLAIM"),
        ({"ISOLOIR_SSO_REPLACES_PASSWORD": "yes"}, "ISOLOIR_SSO_REPLACES_PASSWORD"),
        ({"ISOLOIR_SSO_PKCE": "true"}, "ISOLOIR_SSO_PKCE"),
    ],
)
def test_half_a_configuration_is_refused_by_the_name_of_what_is_wrong(changes, named):
    with pytest.raises(ImproperlyConfigured, match=named) as refused:
        single_sign_on_from(ENVIRONMENT | changes)
    assert CLIENT_SECRET not in str(refused.value)


@pytest.mark.parametrize(("issuer", "said"), [("https://agents.example", "None"), ("http://agents.example", "ISOLOIR_SSO_ISSUER")])  # fmt: skip
def test_production_does_not_start_with_an_issuer_without_tls(tmp_path, issuer, said):
    environment = {"PATH": os.environ["PATH"], "ISOLOIR_VAR": str(tmp_path), **PRODUCTION, **ENVIRONMENT}
    ran = subprocess.run(
        [sys.executable, "-c", "import django; print(django.setup())"],
        cwd=ROOT, env=environment | {"ISOLOIR_SSO_ISSUER": issuer}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (ran.returncode == 0) == issuer.startswith("https:")
    assert said in ran.stdout + ran.stderr


# ---- The session ----


@pytest.fixture
def provider(monkeypatch, settings) -> FakeProvider:
    provider = FakeProvider()
    settings.SINGLE_SIGN_ON = single_sign_on_from(ENVIRONMENT)
    monkeypatch.setattr(
        arrivals, "relying_party", lambda registered: RelyingParty(registered, transport=provider.transport())
    )
    return provider


def begin(session, election, at=BEFORE):
    address = begin_arrival(session, configured=single_sign_on(), election=election, redirect_uri=RETURN, at=at)
    # As the answer that leads to the employer does.
    session.save()
    return address


def finish(session, election, answer, at=BEFORE):
    return finish_arrival(
        session, configured=single_sign_on(), election=election, answer=answer, redirect_uri=RETURN,
        network="192.0.2.1", at=at,
    )  # fmt: skip


def reason(session, election, answer, **options):
    with pytest.raises(ArrivalRefused) as refused:
        finish(session, election, answer, **options)
    assert refused.value.message
    return refused.value.code


def test_arrival_says_who_is_there_and_its_repr_nobody(election, provider):
    voter, session = make_voter(election), SessionStore()
    arrived = finish(session, election, provider.authorize(begin(session, election)))
    assert (arrived.voter, arrived.address) == (voter, voter.email)
    assert voter.email not in repr(arrived)
    assert voter.reference not in repr(arrived)


def test_state_is_gone_from_the_database_before_the_employer_is_asked(election, provider):
    """Two requests with one answer: the second finds nothing, even while the first one waits for the employer."""
    make_voter(election)
    session = SessionStore()
    answer = provider.authorize(begin(session, election))
    session.save()
    seen: list[str] = []
    really_sign = provider.sign

    def sign(claims):
        if not seen:
            seen.append("first")
            seen.append(reason(SessionStore(session.session_key), election, answer))
        provider.signer = None
        return really_sign(claims)

    provider.signer = sign
    finish(SessionStore(session.session_key), election, answer)
    assert seen == ["first", "stale"]


def test_session_that_was_ended_meanwhile_brings_nobody_in(election, provider):
    session = SessionStore()
    answer = provider.authorize(begin(session, election))
    session.save()
    left = SessionStore(session.session_key)
    assert "vote_arrival" in left
    session.delete()
    assert reason(left, election, answer) == "stale"
    assert "/jeton" not in provider.paths()


def test_two_requests_that_read_one_state_do_not_both_take_it(election, provider):
    make_voter(election)
    session = SessionStore()
    answer = provider.authorize(begin(session, election))
    first, second = SessionStore(session.session_key), SessionStore(session.session_key)
    assert "vote_arrival" in first
    assert "vote_arrival" in second
    assert finish(first, election, answer).address == "anne.dupont@valmont.example"
    assert reason(second, election, answer) == "stale"
    # Nor does the second one write back what it had read.
    second.save()
    assert "vote_arrival" not in SessionStore(session.session_key)


@pytest.mark.django_db(transaction=True)
def test_of_ten_requests_at_once_with_one_answer_one_arrives(election, provider):
    make_voter(election)
    session = SessionStore()
    answer = provider.authorize(begin(session, election))
    sessions = [SessionStore(session.session_key) for _request in range(10)]
    assert all("vote_arrival" in each for each in sessions)
    results = at_once(lambda each: finish(each, election, answer).address, sessions)
    assert results.count("anne.dupont@valmont.example") == 1
    assert results.count(ArrivalRefused) == 9
    assert provider.paths().count("/jeton") == 1


def test_answer_that_is_put_off_serves_again_but_not_for_ever(election, provider, monkeypatch):
    make_voter(election)
    session = SessionStore()
    answer = provider.authorize(begin(session, election))

    def full(_self, **_exchange):
        raise ProviderFault("busy")

    monkeypatch.setattr(RelyingParty, "finish", full)
    for _time in range(MOST_RETURNS):
        session = SessionStore(session.session_key)
        with pytest.raises(ArrivalWaits):
            finish(session, election, answer)
        session.save()
    session = SessionStore(session.session_key)
    with pytest.raises(ArrivalRefused) as refused:
        finish(session, election, answer)
    assert (type(refused.value), refused.value.code) == (ArrivalRefused, "busy")
    assert reason(session, election, answer) == "stale"


def test_second_departure_replaces_the_first(election, provider):
    make_voter(election)
    session = SessionStore()
    first = provider.authorize(begin(session, election), code="code-1")
    second = provider.authorize(begin(session, election), code="code-2")
    assert first["state"] != second["state"]
    assert finish(session, election, second).voter.email == "anne.dupont@valmont.example"
    assert reason(session, election, first) == "stale"


def test_portal_that_closed_or_is_not_there_stops_before_the_employer_is_asked(election, provider):
    session = SessionStore()
    with pytest.raises(PortalClosed):
        begin(session, None)
    with pytest.raises(PortalClosed):
        begin(session, election, at=election.portal_opens_at - timedelta(seconds=1))
    assert provider.requests == []


@pytest.mark.parametrize("code", REASONS)
def test_every_refusal_has_its_own_sentence(code):
    sentences = {ArrivalRefused(each).message for each in REASONS}
    assert len(sentences) == len(REASONS)
    assert ArrivalRefused(code).message.endswith(".")
