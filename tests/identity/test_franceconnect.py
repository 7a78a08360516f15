"""What the settings say of FranceConnect, and what is refused on the way back from it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.franceconnect import franceconnect_from
from isoloir.identity import franceconnect
from isoloir.identity.errors import FranceConnectRefused, ProviderFault
from isoloir.identity.oidc import RelyingParty
from isoloir.identity.sessionstore import SessionStore
from tests.electorate import BEFORE, make_election, make_voter
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, ISSUER, RETURN, FakeProvider

ENVIRONMENT = {
    "ISOLOIR_FRANCECONNECT_ISSUER": ISSUER,
    "ISOLOIR_FRANCECONNECT_CLIENT_ID": CLIENT_ID,
    "ISOLOIR_FRANCECONNECT_CLIENT_SECRET": CLIENT_SECRET,
}
PERSON = {
    "given_name": "Anne Marie", "family_name": "DUPONT", "birthdate": "1980-05-17", "birthplace": "75056",
    "email": "anne@courrier-prive.example",
}  # fmt: skip
LEFT = "https://elections.valmont.example/parti/"


# ---- Configuration ----


def test_without_an_issuer_the_election_does_without(settings):
    settings.FRANCECONNECT = franceconnect_from({})
    assert franceconnect.franceconnect() is None


def test_environment_says_what_franceconnect_wants(settings):
    settings.FRANCECONNECT = franceconnect_from(ENVIRONMENT)
    provider = franceconnect.franceconnect()
    assert provider is not None
    assert (provider.acr, provider.authentication) == ("eidas1", "client_secret_post")
    assert provider.signed_userinfo
    assert not provider.pkce
    assert not provider.loopback_allowed
    assert CLIENT_SECRET not in repr(provider)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ISOLOIR_FRANCECONNECT_ISSUER": "http://fc.example"},
        {"ISOLOIR_FRANCECONNECT_CLIENT_ID": ""},
        {"ISOLOIR_FRANCECONNECT_CLIENT_SECRET": ""},
        {"ISOLOIR_FRANCECONNECT_ACR": "eidas9"},
    ],
)
def test_what_is_missing_or_unsafe_is_named(wrong):
    with pytest.raises(ImproperlyConfigured) as refused:
        franceconnect_from({**ENVIRONMENT, **wrong})
    assert next(iter(wrong)) in str(refused.value)


# ---- The way out and the way back ----


@pytest.fixture
def provider(settings, monkeypatch):
    settings.FRANCECONNECT = franceconnect_from(ENVIRONMENT)
    fake = FakeProvider(signed_userinfo=True, claims={"acr": "eidas1"}, told=dict(PERSON), at=BEFORE)
    party = RelyingParty(franceconnect.franceconnect(), transport=fake.transport())  # type: ignore[arg-type]
    monkeypatch.setattr(franceconnect, "relying_party", lambda _provider: party)
    return fake


@pytest.fixture
def voter(db):
    return make_voter(make_election())


@pytest.fixture
def session(db):
    made = SessionStore()
    made.create()
    return made


def begin(session, voter, provider, code="code-1"):
    address = franceconnect.begin(session, voter=voter, redirect_uri=RETURN, at=BEFORE)
    session.save()
    return provider.authorize(address, code)


def finish(session, voter, answer, at=BEFORE):
    return franceconnect.finish(
        session, voter=voter, answer=answer, redirect_uri=RETURN, return_uri=LEFT, at=at + timedelta(seconds=20)
    )


def refused_with(session, voter, answer, at=BEFORE) -> str:
    with pytest.raises(FranceConnectRefused) as refused:
        finish(session, voter, answer, at)
    assert refused.value.message
    return refused.value.code


def test_person_is_told_and_nothing_of_her_is_shown_nor_kept(session, voter, provider):
    found = finish(session, voter, begin(session, voter, provider))
    assert found.email == PERSON["email"]
    assert found.logout_url.startswith(f"{ISSUER}/fin?")
    assert "DUPONT" not in repr(found) + repr(found.identity)
    assert PERSON["email"] not in str(dict(session.items()))


def test_answer_is_for_the_voter_who_asked(session, voter, provider):
    answer = begin(session, voter, provider)
    other = make_voter(voter.election, email="bernard@valmont.example")
    assert refused_with(session, other, answer) == "stale"
    # It served: nobody can use it any more.
    assert refused_with(session, voter, answer) == "stale"


def test_answer_that_comes_too_late_or_to_another_browser_is_refused(session, voter, provider):
    answer = begin(session, voter, provider)
    other = SessionStore()
    other.create()
    assert refused_with(other, voter, answer) == "stale"
    assert refused_with(session, voter, answer, at=BEFORE + timedelta(minutes=11)) == "stale"


def test_refusal_of_the_person_is_said_as_such(session, voter, provider):
    answer = begin(session, voter, provider)
    answer = {"state": answer["state"], "error": "access_denied"}
    assert refused_with(session, voter, answer) == "cancelled"


@pytest.mark.parametrize(
    "told",
    [{"email": None}, {"family_name": ""}, {"given_name": "A" * 300}, {"birthdate": 19800517}, {"email": "a\u202eb"}],
)
def test_claims_that_cannot_be_compared_are_refused_with_a_way_to_sign_out(session, voter, provider, told):
    provider.told.update(told)
    with pytest.raises(FranceConnectRefused) as refused:
        finish(session, voter, begin(session, voter, provider))
    assert refused.value.code == "unreadable"
    assert refused.value.logout_url


def test_lower_level_and_unsigned_userinfo_are_refused(session, voter, provider):
    provider.claims["acr"] = None
    assert refused_with(session, voter, begin(session, voter, provider)) == "unavailable"
    provider.claims["acr"], provider.signed_userinfo = "eidas1", False
    assert refused_with(session, voter, begin(session, voter, provider, "code-2")) == "unavailable"


def test_invented_codes_slow_the_voter_who_brings_them(session, voter, provider):
    for _time in range(10):
        answer = begin(session, voter, provider)
        code = refused_with(session, voter, {**answer, "code": "invented"})
        if code == "slowed":
            return
        provider._nonces.clear()
    pytest.fail("nobody was slowed")


def test_portal_without_franceconnect_says_that_it_does_not_answer(session, voter, settings):
    settings.FRANCECONNECT = None
    with pytest.raises(FranceConnectRefused) as refused:
        franceconnect.begin(session, voter=voter, redirect_uri=RETURN, at=BEFORE)
    assert refused.value.code == "unavailable"
    assert ProviderFault("discovery").code not in refused.value.message
