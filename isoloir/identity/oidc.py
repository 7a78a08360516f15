"""Relying party of OpenID Connect: the authorization code flow with state, nonce and PKCE, against one provider.

OpenID Connect Core 1.0 and Discovery 1.0; RFC 6749 (flow), 7636 (PKCE), 9207 (issuer in the answer), 9700 (what to refuse).
Nothing that was received is ever in a message or a log: a fault is a `ProviderFault` with a code of ours.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

import httpx

from .errors import ProviderFault
from .oidc_calls import Exchange, exchange, is_loopback, require_secure
from .oidc_tokens import (
    ALGORITHMS,
    Expected,
    Keys,
    UnknownKey,
    check_access_token,
    check_addressed,
    check_identity_token,
    check_times,
    open_token,
    read_keys,
    subject_of,
)

# How long somebody may take at the provider's, and how long its description and its keys are believed.
PENDING_FOR = timedelta(minutes=10)
_KNOWN_FOR_SECONDS = 3600.0
# How long a provider that did not answer is asked nothing: voters who arrive meanwhile are told so at once.
_LEFT_ALONE_SECONDS = 5.0
_LONGEST_PARAMETER = 4096


@dataclass(frozen=True)
class Endpoints:
    """Where a provider is asked what. `names_issuer`: its answers always bear its name (RFC 9207)."""

    authorization: str
    token: str
    userinfo: str
    jwks: str
    end_session: str = ""
    names_issuer: bool = False


@dataclass(frozen=True)
class Provider:
    """An identity provider, and what we are registered as with it.

    Without `endpoints` they are discovered. `pkce` is for the providers that refuse a parameter they do not know, as
    FranceConnect and ProConnect do; state and nonce stay. `loopback_allowed` lets development do without TLS, towards
    the same machine alone. `repr` never shows the secret.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "openid email"
    authentication: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    algorithms: tuple[str, ...] = ALGORITHMS
    acr: str = ""
    prompt: str = ""
    pkce: bool = True
    signed_userinfo: bool = False
    endpoints: Endpoints | None = None
    loopback_allowed: bool = False


@dataclass(frozen=True)
class PendingArrival:
    """What the browser's session keeps between leaving for the provider and coming back; served once, ten minutes."""

    issuer: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    begun_at: datetime

    def to_session(self) -> dict[str, str]:
        return asdict(self) | {"begun_at": self.begun_at.isoformat()}

    @classmethod
    def from_session(cls, kept: Mapping[str, str]) -> Self:
        return cls(**{**kept, "begun_at": datetime.fromisoformat(kept["begun_at"])})  # type: ignore[arg-type]


@dataclass(frozen=True)
class ProvedIdentity:
    """Who the provider says is there. `repr` shows nothing of the person; `id_token` serves to sign out there.

    `userinfo_token` is the signed token that told the claims, empty where the provider told them by JSON: with the
    id_token and the nonce, another service can check for itself what the provider said.
    """

    subject: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    id_token: str = field(repr=False)
    userinfo_token: str = field(repr=False, default="")
    nonce: str = field(repr=False, default="")


class RelyingParty:
    """Us, in front of one provider. Keeps what the provider publishes (endpoints, keys) for an hour."""

    def __init__(self, provider: Provider, *, transport: httpx.BaseTransport | None = None) -> None:
        self._provider, self._transport = provider, transport
        self._secure(provider.issuer)
        self._endpoints: Endpoints | None = None
        self._endpoints_known_until = self._keys_known_until = self._left_alone_until = 0.0
        self._keys: Keys = {}
        if provider.endpoints is not None:
            self._endpoints, self._endpoints_known_until = self._checked(provider.endpoints), float("inf")

    def begin(self, *, redirect_uri: str, at: datetime) -> tuple[str, PendingArrival]:
        """Return the address to send the browser to, and what its session must keep. Raises ProviderFault."""
        provider = self._provider
        authorization = self._known_endpoints().authorization
        pending = PendingArrival(
            issuer=provider.issuer, state=secrets.token_hex(32), nonce=secrets.token_hex(32),
            verifier=secrets.token_urlsafe(48), begun_at=at,
        )  # fmt: skip
        parameters = {
            "response_type": "code", "client_id": provider.client_id, "redirect_uri": redirect_uri,
            "scope": provider.scope, "state": pending.state, "nonce": pending.nonce,
        }  # fmt: skip
        if provider.pkce:
            parameters |= {"code_challenge": code_challenge(pending.verifier), "code_challenge_method": "S256"}
        parameters |= {"acr_values": provider.acr} if provider.acr else {}
        parameters |= {"prompt": provider.prompt} if provider.prompt else {}
        return _with_parameters(authorization, parameters), pending

    def require_awaited(self, *, pending: PendingArrival, answer: Mapping[str, str], at: datetime) -> None:
        """Refuse the answer that is not the one awaited, before anybody is asked anything. Raises ProviderFault."""
        self._code_of(answer, pending, at=at)

    def finish(
        self, *, pending: PendingArrival, answer: Mapping[str, str], redirect_uri: str, at: datetime
    ) -> ProvedIdentity:
        """Turn the answer that the browser brought back into a proved identity. Raises ProviderFault.

        The caller has taken `pending` out of the session already: it serves once, whatever comes of it.
        Codes of the fault: `state` when the answer is not the one that is awaited, `cancelled` when the person refused.
        """
        code = self._code_of(answer, pending, at=at)
        endpoints = self._known_endpoints()
        if endpoints.names_issuer and "iss" not in answer:
            raise ProviderFault("issuer")
        with self._exchange() as calls:
            access_token, id_token = self._redeem(calls, endpoints, code, pending, redirect_uri)
            claims = self._open(calls, endpoints, id_token)
            expected = Expected(self._provider.issuer, self._provider.client_id, pending.nonce, self._provider.acr)
            subject = check_identity_token(claims, expected=expected, at=at)
            check_access_token(claims, access_token)
            told, userinfo_token = self._userinfo(calls, endpoints, access_token, expected, at)
        if not hmac.compare_digest(subject_of(told), subject):
            raise ProviderFault("subject")
        return ProvedIdentity(
            subject=subject, claims={**claims, **told}, id_token=id_token, userinfo_token=userinfo_token,
            nonce=pending.nonce,
        )  # fmt: skip

    def logout_url(self, *, id_token: str, return_uri: str, state: str) -> str:
        """Return where to send the browser to sign out at the provider's too, « » (empty) where that is not offered.

        OpenID Connect RP-Initiated Logout 1.0; `return_uri` is one that is registered. Raises ProviderFault.
        """
        address = self._known_endpoints().end_session
        parameters = {"id_token_hint": id_token, "post_logout_redirect_uri": return_uri, "state": state}
        return _with_parameters(address, parameters) if address else ""

    # ---- The answer that the browser brings ----

    def _code_of(self, answer: Mapping[str, str], pending: PendingArrival, *, at: datetime) -> str:
        state = answer.get("state", "")
        if not state.isascii() or not hmac.compare_digest(state, pending.state):
            raise ProviderFault("state")
        if pending.issuer != self._provider.issuer:
            raise ProviderFault("state")
        if not timedelta(0) <= at - pending.begun_at < PENDING_FOR:
            raise ProviderFault("state")
        # RFC 9207: the answer of another provider, sent here to have its code redeemed at ours (or the other way round).
        if answer.get("iss", self._provider.issuer) != self._provider.issuer:
            raise ProviderFault("issuer")
        if "error" in answer:
            raise ProviderFault("cancelled" if answer["error"] == "access_denied" else "provider-error")
        code = answer.get("code", "")
        if not code or len(code) > _LONGEST_PARAMETER:
            raise ProviderFault("code-missing")
        return code

    # ---- The calls ----

    def _redeem(
        self, calls: Exchange, endpoints: Endpoints, code: str, pending: PendingArrival, redirect_uri: str
    ) -> tuple[str, str]:
        """Exchange the code for the access token and the id_token."""
        provider = self._provider
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form |= {"code_verifier": pending.verifier} if provider.pkce else {}
        headers: dict[str, str] = {}
        if provider.authentication == "client_secret_basic":
            headers["Authorization"] = _basic(provider.client_id, provider.client_secret)
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        answer = calls.post(endpoints.token, headers=headers, form=form)
        if answer.status != 200:
            raise ProviderFault("code-refused" if answer.status in (400, 401, 403) else "provider-error")
        members = answer.json()
        access_token, id_token = members.get("access_token"), members.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise ProviderFault("answer-malformed")
        if str(members.get("token_type")).lower() != "bearer" or not _fits_in_a_header(access_token):
            raise ProviderFault("answer-malformed")
        return access_token, id_token

    def _userinfo(
        self, calls: Exchange, endpoints: Endpoints, access_token: str, expected: Expected, at: datetime
    ) -> tuple[dict[str, Any], str]:
        """Return the claims of the person, from a JSON object or from a signed token, and that token if there was one.

        OpenID Connect Core §5.3.2.
        """
        answer = calls.get(endpoints.userinfo, headers={"Authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            raise ProviderFault("provider-error")
        if answer.media_type == "application/jwt":
            token = answer.body.decode("ascii", "replace").strip()
            claims = self._open(calls, endpoints, token)
            check_addressed(claims, expected=expected)
            if "exp" in claims:
                check_times(claims, at=at)
            return claims, token
        if self._provider.signed_userinfo:
            raise ProviderFault("answer-type")
        return answer.json(), ""

    def _open(self, calls: Exchange, endpoints: Endpoints, token: str) -> dict[str, Any]:
        """Open a token; one that names an unknown key has the keys asked for again, once."""
        if time.monotonic() >= self._keys_known_until:
            self._ask_for_keys(calls, endpoints)
            return open_token(token, keys=self._keys, algorithms=self._provider.algorithms)
        try:
            return open_token(token, keys=self._keys, algorithms=self._provider.algorithms)
        except UnknownKey:
            self._ask_for_keys(calls, endpoints)
        return open_token(token, keys=self._keys, algorithms=self._provider.algorithms)

    def _ask_for_keys(self, calls: Exchange, endpoints: Endpoints) -> None:
        answer = calls.get(endpoints.jwks)
        # Some serve it as application/jwk-set+json (RFC 7517 §8.5).
        if answer.status != 200:
            raise ProviderFault("keys-malformed")
        self._keys = read_keys(answer.json("application/jwk-set+json"))
        self._keys_known_until = time.monotonic() + _KNOWN_FOR_SECONDS

    # ---- What the provider says of itself ----

    def _known_endpoints(self) -> Endpoints:
        if self._endpoints is None or time.monotonic() >= self._endpoints_known_until:
            self._endpoints = self._discover()
            self._endpoints_known_until = time.monotonic() + _KNOWN_FOR_SECONDS
        return self._endpoints

    def _discover(self) -> Endpoints:
        """Read the provider's description (OpenID Connect Discovery 1.0 §4), which must bear the name it was asked by."""
        issuer = self._provider.issuer
        with self._exchange() as calls:
            answer = calls.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if answer.status != 200:
            raise ProviderFault("discovery")
        members = answer.json()
        if members.get("issuer") != issuer:
            raise ProviderFault("issuer")
        return self._checked(
            Endpoints(
                authorization=_text(members, "authorization_endpoint"),
                token=_text(members, "token_endpoint"),
                userinfo=_text(members, "userinfo_endpoint"),
                jwks=_text(members, "jwks_uri"),
                end_session=_text({"end_session_endpoint": "", **members}, "end_session_endpoint"),
                names_issuer=members.get("authorization_response_iss_parameter_supported") is True,
            )
        )

    def _checked(self, endpoints: Endpoints) -> Endpoints:
        for address in (endpoints.authorization, endpoints.token, endpoints.userinfo, endpoints.jwks):
            self._secure(address)
        if endpoints.end_session:
            self._secure(endpoints.end_session)
        return endpoints

    def _secure(self, address: str) -> None:
        require_secure(address, loopback_allowed=self._provider.loopback_allowed)

    @contextmanager
    def _exchange(self) -> Iterator[Exchange]:
        """Give the calls of one exchange, unless the provider was silent a moment ago: then nobody waits for it again."""
        if time.monotonic() < self._left_alone_until:
            raise ProviderFault("silent")
        loopback = self._provider.loopback_allowed and is_loopback(urlsplit(self._provider.issuer).hostname or "")
        try:
            with exchange(transport=self._transport, loopback=loopback) as calls:
                yield calls
        except ProviderFault as fault:
            if fault.code in ("timeout", "unreachable"):
                self._left_alone_until = time.monotonic() + _LEFT_ALONE_SECONDS
            raise


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise ProviderFault("discovery")
    return value


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _basic(client_id: str, client_secret: str) -> str:
    """Return the credentials of RFC 6749 §2.3.1: both parts encoded as in a form, then as in RFC 7617."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _fits_in_a_header(token: str) -> bool:
    """Tell whether a token is of visible ASCII characters alone (RFC 6750 §2.1): it could not add a line to a request."""
    return 0 < len(token) <= _LONGEST_PARAMETER and all("!" <= character <= "~" for character in token)


def _with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))
