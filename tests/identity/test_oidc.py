"""The relying party: what it asks, whom it believes, and every answer that it must not believe."""

import base64
import hashlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import ECKey

from isoloir.identity import oidc, oidc_calls
from isoloir.identity.errors import ProviderFault
from isoloir.identity.oidc import PENDING_FOR, PendingArrival, ProvedIdentity, RelyingParty
from tests.oidc_provider import (
    AT,
    CLIENT_ID,
    CLIENT_SECRET,
    ISSUER,
    RETURN,
    SIGNING_KEYS,
    FakeProvider,
    begun,
    fixed_endpoints,
    party,
    public,
    registered,
    signed_by_the_public_key,
    unsigned,
)


def arrive(provider: FakeProvider, relying: RelyingParty | None = None, **changes: object) -> ProvedIdentity:
    relying = relying or party(provider, **changes)
    pending, answer = begun(relying, provider)
    return relying.finish(pending=pending, answer=answer, redirect_uri=RETURN, at=AT)


def refusal(provider: FakeProvider, **changes: object) -> str:
    with pytest.raises(ProviderFault) as refused:
        arrive(provider, **changes)
    return refused.value.code


# ---- What is right ----


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("signed_userinfo", [False, True], ids=["JSON", "signed"])
def test_person_is_proved_by_either_algorithm_and_either_form_of_userinfo(algorithm, signed_userinfo):
    proved = arrive(FakeProvider(algorithm=algorithm, signed_userinfo=signed_userinfo))
    assert (proved.subject, proved.claims["email"]) == ("agent-7", "anne.dupont@valmont.example")


def test_request_holds_state_nonce_and_challenge_and_keeps_what_the_address_had():
    provider = FakeProvider()
    address, pending = party(provider, acr="eidas1", prompt="login").begin(redirect_uri=RETURN, at=AT)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    challenge = hashlib.sha256(pending.verifier.encode()).digest()
    assert asked == {
        "tenant": "agents", "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": RETURN,
        "scope": "openid email", "state": pending.state, "nonce": pending.nonce, "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="), "acr_values": "eidas1", "prompt": "login",
    }  # fmt: skip
    assert len(pending.state) == len(pending.nonce) == 64
    assert 43 <= len(pending.verifier) <= 128


def test_no_two_requests_share_anything():
    relying = party(FakeProvider())
    first, second = (relying.begin(redirect_uri=RETURN, at=AT)[1] for _time in range(2))
    assert not {first.state, first.nonce, first.verifier} & {second.state, second.nonce, second.verifier}


def test_provider_that_refuses_unknown_parameters_is_asked_without_challenge():
    provider = FakeProvider()
    relying = party(provider, pkce=False)
    pending, answer = begun(relying, provider)
    assert "code_challenge" not in relying.begin(redirect_uri=RETURN, at=AT)[0]
    relying.finish(pending=pending, answer=answer, redirect_uri=RETURN, at=AT)
    assert b"code_verifier" not in provider.requests[provider.paths().index("/jeton")].content


def test_client_says_who_it_is_in_the_form_or_in_the_header_encoded_as_the_standard_says():
    for authentication in ("client_secret_basic", "client_secret_post"):
        provider = FakeProvider()
        arrive(provider, authentication=authentication)
        request = provider.requests[provider.paths().index("/jeton")]
        form = parse_qs(request.content.decode())
        if authentication == "client_secret_post":
            assert (form["client_id"], form["client_secret"]) == ([CLIENT_ID], [CLIENT_SECRET])
            assert "Authorization" not in request.headers
        else:
            pair = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
            assert pair == "isoloir+%26+co:secret%3A+%C3%A9%2F%2B%26"
            assert "client_secret" not in form


def test_description_and_keys_are_asked_for_once_for_many_arrivals():
    provider = FakeProvider()
    relying = party(provider)
    for _time in range(3):
        arrive(provider, relying)
    assert provider.paths().count("/.well-known/openid-configuration") == provider.paths().count("/cles") == 1


def test_fixed_endpoints_need_no_description():
    provider = FakeProvider()
    arrive(provider, endpoints=fixed_endpoints())
    assert "/.well-known/openid-configuration" not in provider.paths()


def test_key_that_the_provider_changed_is_asked_for_again_once():
    provider = FakeProvider()
    relying = party(provider)
    arrive(provider, relying)
    renewed = ECKey.generate_key("P-256", {"kid": "ec-2"})
    provider.published = [public(renewed)]
    provider.signer = lambda claims: jwt.encode({"alg": "ES256", "kid": "ec-2"}, claims, renewed)
    assert arrive(provider, relying).subject == "agent-7"
    assert provider.paths().count("/cles") == 2


def test_leaving_the_provider_too_names_the_token_and_where_to_come_back():
    address = party(FakeProvider()).logout_url(id_token="a.b.c", return_uri=RETURN, state="s" * 64)
    assert address.startswith(f"{ISSUER}/fin?")
    assert parse_qs(urlsplit(address).query) == {
        "id_token_hint": ["a.b.c"], "post_logout_redirect_uri": [RETURN], "state": ["s" * 64]
    }  # fmt: skip
    assert party(FakeProvider(), endpoints=fixed_endpoints()).logout_url(id_token="", return_uri="", state="") == ""


def test_pending_arrival_survives_the_session_and_shows_nothing():
    _address, pending = party(FakeProvider()).begin(redirect_uri=RETURN, at=AT)
    assert PendingArrival.from_session(pending.to_session()) == pending
    assert not any(secret in repr(pending) for secret in (pending.state, pending.nonce, pending.verifier))
    assert CLIENT_SECRET not in repr(registered())


# ---- Signatures ----


def test_unsigned_token_is_refused():
    assert refusal(FakeProvider(signer=unsigned)) == "algorithm"


def test_token_signed_with_the_public_key_as_a_secret_is_refused():
    assert refusal(FakeProvider(signer=signed_by_the_public_key)) == "algorithm"


def test_algorithm_that_is_not_the_registered_one_is_refused():
    assert refusal(FakeProvider(algorithm="RS256"), algorithms=("ES256",)) == "algorithm"


def test_token_of_another_key_under_the_right_name_is_refused():
    other = ECKey.generate_key("P-256", {"kid": "ec-1"})
    assert (
        refusal(FakeProvider(signer=lambda claims: jwt.encode({"alg": "ES256", "kid": "ec-1"}, claims, other)))
        == "signature"
    )


def test_token_that_names_an_unknown_key_is_refused_after_asking_once_more():
    other = ECKey.generate_key("P-256", {"kid": "ec-9"})
    provider = FakeProvider()
    relying = party(provider)
    arrive(provider, relying)
    provider.signer = lambda claims: jwt.encode({"alg": "ES256", "kid": "ec-9"}, claims, other)
    with pytest.raises(ProviderFault) as refused:
        arrive(provider, relying)
    assert (refused.value.code, provider.paths().count("/cles")) == ("key-unknown", 2)


def test_key_within_the_token_itself_is_not_believed():
    other = ECKey.generate_key("P-256", {"kid": "ec-1"})
    header = {"alg": "ES256", "kid": "ec-1", "jwk": other.as_dict(private=False)}
    assert refusal(FakeProvider(signer=lambda claims: jwt.encode(header, claims, other))) == "signature"


def test_algorithm_of_another_kind_of_key_is_refused():
    key = SIGNING_KEYS["ES256"]
    assert (
        refusal(FakeProvider(signer=lambda claims: jwt.encode({"alg": "ES256", "kid": "rsa-1"}, claims, key)))
        == "algorithm"
    )


def short_key() -> dict[str, object]:
    modulus = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n.to_bytes(128, "big")
    return {"kty": "RSA", "kid": "ec-1", "e": "AQAB", "n": base64.urlsafe_b64encode(modulus).decode().rstrip("=")}


@pytest.mark.parametrize(
    "published",
    [
        [],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "ec-1"}],
        [public(SIGNING_KEYS["ES256"], use="enc")],
        [short_key()],
        [public(ECKey.generate_key("P-384", {"kid": "ec-1"}))],
        [public(SIGNING_KEYS["ES256"], x="AAAA")],
        ["ec-1"],
        [public(SIGNING_KEYS["ES256"])] * 51,
    ],
    ids=["none", "secret", "for encryption", "short", "other curve", "not on the curve", "no key", "too many"],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_keys_that_cannot_be_those_of_the_provider_are_refused(published):
    assert refusal(FakeProvider(published=published)) == "keys-malformed"


def test_altered_token_is_refused():
    provider = FakeProvider()

    def alter(claims: dict[str, object]) -> str:
        good = FakeProvider().sign(claims)
        forged = FakeProvider().sign(claims | {"sub": "agent-8"})
        return ".".join([good.split(".")[0], forged.split(".")[1], good.split(".")[2]])

    provider.signer = alter
    assert refusal(provider) == "signature"


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d.e", "é.é.é", "e30.e30.e30"])
def test_what_is_no_token_is_refused(token):
    assert refusal(FakeProvider(signer=lambda _claims: token)) in ("token-malformed", "algorithm")


# ---- Claims ----

_NOW = int(AT.timestamp())


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://agents.valmont.example/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": [CLIENT_ID, "another"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"azp": "another"}, "audience"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": _NOW - 30}, "expired"),
        ({"exp": None}, "token-malformed"),
        ({"exp": True}, "token-malformed"),
        ({"exp": str(_NOW + 60)}, "token-malformed"),
        ({"exp": float("nan")}, "token-malformed"),
        ({"iat": _NOW + 31}, "issued"),
        ({"iat": _NOW - 631, "exp": _NOW + 60}, "issued"),
        ({"iat": None}, "token-malformed"),
        ({"nbf": _NOW + 31}, "issued"),
        ({"sub": ""}, "subject"),
        ({"sub": "é"}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"at_hash": "bm90IHRoaXM"}, "access-token"),
    ],
)
def test_claim_that_is_not_for_this_visit_is_refused(claims, code):
    assert refusal(FakeProvider(claims=claims)) == code


def test_clocks_may_differ_a_little():
    assert arrive(FakeProvider(claims={"exp": _NOW - 29})).subject == "agent-7"
    assert arrive(FakeProvider(claims={"iat": _NOW + 30})).subject == "agent-7"


def test_token_that_names_its_access_token_is_believed():
    half = hashlib.sha256(b"jeton-1").digest()[:16]
    arrive(FakeProvider(claims={"at_hash": base64.urlsafe_b64encode(half).decode().rstrip("=")}))


def test_level_of_proof_is_checked_when_one_is_asked_for():
    assert refusal(FakeProvider(), acr="eidas1") == "acr"
    assert refusal(FakeProvider(claims={"acr": "eidas0"}), acr="eidas1") == "acr"
    assert arrive(FakeProvider(claims={"acr": "eidas1"}), acr="eidas1").subject == "agent-7"


@pytest.mark.parametrize("signed_userinfo", [False, True], ids=["JSON", "signed"])
def test_userinfo_of_somebody_else_is_refused(signed_userinfo):
    assert refusal(FakeProvider(told={"sub": "agent-8"}, signed_userinfo=signed_userinfo)) == "subject"
    assert refusal(FakeProvider(told={"sub": None}, signed_userinfo=signed_userinfo)) == "subject"


@pytest.mark.parametrize(
    ("told", "code"),
    [({"aud": "another"}, "audience"), ({"iss": "https://else.example"}, "issuer"), ({"exp": _NOW - 60, "iat": _NOW}, "expired")],
)  # fmt: skip
def test_signed_userinfo_that_is_not_for_us_is_refused(told, code):
    assert refusal(FakeProvider(told=told, signed_userinfo=True)) == code


def test_userinfo_without_signature_is_refused_where_a_signature_is_agreed():
    assert refusal(FakeProvider(), signed_userinfo=True) == "answer-type"


def test_signed_userinfo_with_a_wrong_signature_is_refused():
    provider = FakeProvider(signed_userinfo=True)

    def sign(claims: dict[str, object]) -> str:
        return FakeProvider().sign(claims) if "nonce" in claims else unsigned(claims)

    provider.signer = sign
    assert refusal(provider) == "algorithm"


# ---- The answer that the browser brings ----


def finish_with(answer_changes: dict[str, str | None], at=AT, **changes: object) -> tuple[str, FakeProvider]:
    provider = FakeProvider()
    relying = party(provider, **changes)
    pending, answer = begun(relying, provider)
    answer = {name: value for name, value in {**answer, **answer_changes}.items() if value is not None}
    with pytest.raises(ProviderFault) as refused:
        relying.finish(pending=pending, answer=answer, redirect_uri=RETURN, at=at)
    return refused.value.code, provider


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": None}, "state"),
        ({"state": "0" * 64}, "state"),
        ({"state": "é"}, "state"),
        ({"iss": "https://attacker.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"code": None}, "code-missing"),
        ({"code": "x" * 5000}, "code-missing"),
        ({"code": None, "error": "access_denied"}, "cancelled"),
        ({"code": None, "error": "server_error"}, "provider-error"),
        ({"code": None, "error": "<script>"}, "provider-error"),
    ],
)
def test_answer_that_is_not_the_awaited_one_costs_no_call(changes, code):
    found, provider = finish_with(changes)
    assert found == code
    assert "/jeton" not in provider.paths()


def test_answer_waits_ten_minutes_at_most():
    assert finish_with({}, at=AT + PENDING_FOR)[0] == "state"
    assert finish_with({}, at=AT - timedelta(seconds=1))[0] == "state"


def test_visit_begun_at_another_provider_ends_nowhere():
    provider = FakeProvider()
    relying = party(provider)
    pending, answer = begun(relying, provider)
    elsewhere = PendingArrival.from_session(pending.to_session() | {"issuer": "https://else.example"})
    with pytest.raises(ProviderFault, match="state"):
        relying.finish(pending=elsewhere, answer=answer, redirect_uri=RETURN, at=AT)


def test_code_serves_once():
    provider = FakeProvider()
    relying = party(provider)
    pending, answer = begun(relying, provider)
    relying.finish(pending=pending, answer=answer, redirect_uri=RETURN, at=AT)
    with pytest.raises(ProviderFault, match="code-refused"):
        relying.finish(pending=pending, answer=answer, redirect_uri=RETURN, at=AT)


def test_code_of_another_browser_does_not_fit_this_verifier():
    provider = FakeProvider()
    relying = party(provider)
    _victim, stolen = begun(relying, provider)
    address, own = relying.begin(redirect_uri=RETURN, at=AT)
    state = parse_qs(urlsplit(address).query)["state"][0]
    with pytest.raises(ProviderFault, match="code-refused"):
        relying.finish(pending=own, answer={**stolen, "state": state}, redirect_uri=RETURN, at=AT)


# ---- Answers of the provider ----

_LONG = b" " * (oidc_calls.LONGEST_ANSWER + 1)
_JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/jeton", "/identite", "/cles", "/.well-known/openid-configuration"])
@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (httpx.Response(302, headers={"Location": "https://attacker.example/"}), {"redirected"}),
        (httpx.Response(200, content=_LONG, headers=_JSON), {"answer-too-long"}),
        (httpx.Response(200, content=b"{", headers=_JSON), {"answer-malformed"}),
        (httpx.Response(200, content=b"[" * 60_000, headers=_JSON), {"answer-malformed"}),
        (httpx.Response(200, content=b"[]", headers=_JSON), {"answer-malformed"}),
        (httpx.Response(200, content=b"\xff", headers=_JSON), {"answer-malformed"}),
        (httpx.Response(200, content=b"{}", headers={"Content-Type": "text/html"}), {"answer-type"}),
        (httpx.Response(500), {"provider-error", "discovery", "keys-malformed"}),
    ],
    ids=["elsewhere", "long", "cut", "deep", "list", "not text", "page", "fault"],
)
def test_answer_that_no_provider_should_give_is_refused(path, answer, codes):
    assert refusal(FakeProvider(instead={path: answer})) in codes


def test_compressed_answer_is_not_opened():
    answer = httpx.Response(200, stream=httpx.ByteStream(b"\x1f\x8b"), headers={**_JSON, "Content-Encoding": "gzip"})
    assert refusal(FakeProvider(instead={"/jeton": answer})) == "answer-compressed"


@pytest.mark.parametrize(
    "members",
    [
        {"token_type": "mac"}, {"access_token": None}, {"access_token": "a\r\nX: y"}, {"access_token": ""},
        {"access_token": "x" * 5000}, {"id_token": None}, {"id_token": 7},
    ],
)  # fmt: skip
def test_malformed_answer_of_the_token_endpoint_is_refused(members):
    good = {"access_token": "jeton-1", "token_type": "Bearer", "id_token": "a.b.c"}
    answer = httpx.Response(200, json=good | members)
    assert refusal(FakeProvider(instead={"/jeton": answer})) == "answer-malformed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "https://else.example"}, "issuer"),
        ({"token_endpoint": "http://agents.valmont.example/jeton"}, "address-not-https"),
        ({"jwks_uri": "http://127.0.0.1/cles"}, "address-not-https"),
        ({"userinfo_endpoint": "https://user:word@agents.valmont.example/"}, "address-malformed"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "address-malformed"),
        ({"token_endpoint": None}, "discovery"),
        ({"end_session_endpoint": 7}, "discovery"),
    ],
)
def test_description_that_leads_elsewhere_is_refused(changes, code):
    described = FakeProvider().description() | changes
    assert (
        refusal(FakeProvider(instead={"/.well-known/openid-configuration": httpx.Response(200, json=described)}))
        == code
    )


@pytest.mark.parametrize(
    "issuer", ["http://agents.valmont.example", "http://127.0.0.1:8000", "ftp://x.example", "https://", "https://[x"]
)
def test_provider_without_tls_is_refused_before_any_call(issuer):
    with pytest.raises(ProviderFault) as refused:
        RelyingParty(registered(issuer=issuer))
    assert refused.value.code in ("address-not-https", "address-malformed")


def test_development_may_do_without_tls_on_this_machine_alone():
    RelyingParty(registered(issuer="http://127.0.0.1:8000", loopback_allowed=True))
    RelyingParty(registered(issuer="http://localhost:8000", loopback_allowed=True))
    with pytest.raises(ProviderFault, match="address-not-https"):
        RelyingParty(registered(issuer="http://192.0.2.1", loopback_allowed=True))


# ---- A provider behind a real socket, slow or dead ----


@pytest.fixture
def listen() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Serve one connection after the other on the loopback; what is done with each is the test's."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(serve: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        serve(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=accept)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(10)


def begin_at(address: str) -> str:
    relying = RelyingParty(registered(issuer=address, loopback_allowed=True))
    with pytest.raises(ProviderFault) as refused:
        relying.begin(redirect_uri=RETURN, at=AT)
    return refused.value.code


def test_silent_provider_is_left_after_a_while(listen, monkeypatch):
    monkeypatch.setattr(oidc_calls, "_WAIT_SECONDS", 0.2)
    left = threading.Event()
    began = time.monotonic()
    assert begin_at(listen(lambda _connection: left.wait(3) and None)) == "timeout"
    left.set()
    assert time.monotonic() - began < 2


def test_provider_that_answers_by_drops_is_left_at_the_deadline(listen, monkeypatch):
    monkeypatch.setattr(oidc_calls, "EXCHANGE_SECONDS", 0.5)

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n")
        for _drop in range(200):
            connection.sendall(b" ")
            time.sleep(0.02)

    began = time.monotonic()
    assert begin_at(listen(drip)) == "timeout"
    assert time.monotonic() - began < 2.5


def test_provider_that_never_ends_is_left_at_the_bound(listen):
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")

    assert begin_at(listen(pour)) == "answer-too-long"


def test_dead_provider_is_unreachable(listen):
    assert begin_at(listen(lambda connection: connection.sendall(b"garbage\r\n\r\n"))) == "unreachable"
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert begin_at(f"http://127.0.0.1:{port}") == "unreachable"


def test_silent_provider_is_left_alone_for_a_moment(monkeypatch):
    calls: list[str] = []

    def vanish(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        raise httpx.ConnectTimeout("")

    relying = RelyingParty(registered(), transport=httpx.MockTransport(vanish))
    codes = []
    for pause in (5.0, 5.0, 0.0):
        monkeypatch.setattr(oidc, "_LEFT_ALONE_SECONDS", pause)
        with pytest.raises(ProviderFault) as refused:
            relying.begin(redirect_uri=RETURN, at=AT)
        codes.append(refused.value.code)
    assert (codes, len(calls)) == (["timeout", "silent", "silent"], 1)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    with pytest.raises(ProviderFault, match="timeout"):
        relying.begin(redirect_uri=RETURN, at=AT)
    assert len(calls) == 2


def test_fault_of_one_person_leaves_the_provider_to_the_others():
    provider = FakeProvider(claims={"nonce": "another"})
    relying = party(provider)
    with pytest.raises(ProviderFault, match="nonce"):
        arrive(provider, relying)
    provider.claims = {}
    assert arrive(provider, relying).subject == "agent-7"


def test_crowd_before_a_provider_that_hangs_takes_three_threads_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(oidc_calls, "_PATIENCE_SECONDS", 1.5)
    entered, leave = threading.Barrier(3), threading.Event()

    def hang(_request: httpx.Request) -> httpx.Response:
        entered.wait(5)
        leave.wait(5)
        return httpx.Response(500)

    said: list[tuple[str, float]] = []

    def begin() -> None:
        began = time.monotonic()
        with pytest.raises(ProviderFault) as refused:
            RelyingParty(registered(), transport=httpx.MockTransport(hang)).begin(redirect_uri=RETURN, at=AT)
        said.append((refused.value.code, time.monotonic() - began))

    inside = [threading.Thread(target=begin) for _each in range(2)]
    for thread in inside:
        thread.start()
    entered.wait(5)
    waiting = threading.Thread(target=begin)
    waiting.start()
    while oidc_calls._limits()[0]._value:  # Until the third has its place.
        time.sleep(0.01)
    begin()
    # The fourth is told at once, the third after a moment, and the two others when the provider answers.
    assert said[0][0] == "busy"
    assert said[0][1] < 1
    waiting.join(5)
    assert said[1][0] == "busy"
    assert said[1][1] >= 1.5
    leave.set()
    for thread in inside:
        thread.join(5)
    assert [code for code, _seconds in said[2:]] == ["discovery", "discovery"]
    # All places are free again.
    assert arrive(FakeProvider()).subject == "agent-7"


# ---- Nothing is told ----


def test_nothing_received_or_secret_is_in_a_fault_or_a_log(caplog):
    caplog.set_level(logging.INFO)
    provider = FakeProvider(told={"sub": "agent-8"})
    relying = party(provider)
    pending, answer = begun(relying, provider, at=AT)
    with pytest.raises(ProviderFault) as refused:
        relying.finish(pending=pending, answer=answer, redirect_uri=RETURN, at=AT)
    told = caplog.text + repr(refused.value) + repr(relying.__dict__["_provider"])
    for secret in (
        pending.state,
        pending.nonce,
        pending.verifier,
        "jeton-1",
        "code-1",
        "agent-",
        "anne.dupont",
        CLIENT_SECRET,
    ):
        assert secret not in told
    assert refused.value.__cause__ is None
