"""An identity provider for tests, which signs with real keys and lies on demand; it answers without any socket."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from isoloir.identity.oidc import Endpoints, PendingArrival, Provider, RelyingParty, code_challenge

ISSUER = "https://agents.valmont.example"
RETURN = "https://elections.valmont.example/arrivee/retour/"
CLIENT_ID, CLIENT_SECRET = "isoloir & co", "secret: é/+&"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

SIGNING_KEYS: dict[str, ECKey | RSAKey] = {
    "ES256": ECKey.generate_key("P-256", {"kid": "ec-1"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa-1"}),
}


@dataclass
class FakeProvider:
    """What it does is what it is told: `claims` and `told` (userinfo) replace or, with None, remove what is right."""

    algorithm: str = "ES256"
    signed_userinfo: bool = False
    claims: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    signer: Callable[[dict[str, Any]], str] | None = None
    published: list[dict[str, Any]] | None = None
    # By path: an answer instead of the right one.
    instead: dict[str, httpx.Response] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    at: datetime = AT
    issuer: str = ISSUER
    _nonces: dict[str, tuple[str, str]] = field(default_factory=dict)

    # ---- What a browser does ----

    def authorize(self, address: str, code: str = "code-1") -> dict[str, str]:
        """Follow the address that the portal sends to; return the parameters of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self._nonces[code] = (asked["nonce"], asked.get("code_challenge", ""))
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    # ---- What it answers ----

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path in self.instead:
            given = self.instead[path]
            return httpx.Response(given.status_code, headers=given.headers, stream=given.stream)
        answers = {
            "/jeton": self._token,
            "/identite": self._userinfo,
            "/cles": self._keys,
            "/.well-known/openid-configuration": self._description,
        }
        return answers[path](request)

    def _description(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self.description())

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{ISSUER}/autoriser?tenant=agents",
            "token_endpoint": f"{ISSUER}/jeton", "userinfo_endpoint": f"{ISSUER}/identite", "jwks_uri": f"{ISSUER}/cles",
            "end_session_endpoint": f"{ISSUER}/fin", "authorization_response_iss_parameter_supported": True,
        }  # fmt: skip

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        # A code is used once.
        nonce, challenge = self._nonces.pop(form["code"], ("", ""))
        if not nonce or (challenge and code_challenge(form["code_verifier"]) != challenge):
            return httpx.Response(400, json={"error": "invalid_grant"})
        members = {
            "access_token": "jeton-1",
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.id_token(nonce),
        }
        return httpx.Response(200, json=members)

    def id_token(self, nonce: str) -> str:
        now = int(self.at.timestamp())
        right = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "agent-7", "nonce": nonce, "iat": now, "exp": now + 60}
        return self.sign(_changed(right, self.claims))

    def sign(self, claims: dict[str, Any]) -> str:
        if self.signer is not None:
            return self.signer(claims)
        key = SIGNING_KEYS[self.algorithm]
        header = {"alg": self.algorithm, "kid": key.kid}
        return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[self.algorithm])

    def _userinfo(self, request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] != "Bearer jeton-1":
            return httpx.Response(401)
        told = _changed({"sub": "agent-7", "email": "anne.dupont@valmont.example"}, self.told)
        if not self.signed_userinfo:
            return httpx.Response(200, json=told)
        signed = self.sign({"iss": self.issuer, "aud": CLIENT_ID, **told})
        return httpx.Response(200, text=signed, headers={"Content-Type": "application/jwt; charset=utf-8"})

    def _keys(self, _request: httpx.Request) -> httpx.Response:
        keys = self.published
        if keys is None:
            keys = [public(key) for key in SIGNING_KEYS.values()]
        return httpx.Response(200, json={"keys": keys}, headers={"Content-Type": "application/jwk-set+json"})


def _changed(right: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def public(key: ECKey | RSAKey, **changes: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.kid, "use": "sig", **changes}


def unsigned(claims: dict[str, Any]) -> str:
    """Make the token of « alg: none »."""
    return f"{_segment({'alg': 'none'})}.{_segment(claims)}."


def signed_by_the_public_key(claims: dict[str, Any]) -> str:
    """Make the token of who takes the public key for a shared secret (RFC 8725 §2.1)."""
    key = SIGNING_KEYS["RS256"]
    signed = f"{_segment({'alg': 'HS256', 'kid': key.kid})}.{_segment(claims)}"
    signature = hmac.new(key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _segment(members: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


def registered(**changes: Any) -> Provider:
    """Return what we are registered as; `issuer` and the rest may be changed."""
    values: dict[str, Any] = {"issuer": ISSUER, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return Provider(**values | changes)


def fixed_endpoints(base: str = ISSUER) -> Endpoints:
    return Endpoints(f"{base}/autoriser", f"{base}/jeton", f"{base}/identite", f"{base}/cles")


def party(provider: FakeProvider, **changes: Any) -> RelyingParty:
    return RelyingParty(registered(**changes), transport=provider.transport())


def begun(relying: RelyingParty, provider: FakeProvider, at: datetime = AT) -> tuple[PendingArrival, dict[str, str]]:
    """Go to the provider and say yes; return what the session kept and what the browser brings back."""
    address, pending = relying.begin(redirect_uri=RETURN, at=at)
    return pending, provider.authorize(address)
