"""The employer's portal of the demonstration: a small, strict OpenID provider whose agents are those of the roll.

It refuses whatever a strict provider refuses: another address of return, a short state, no nonce, no challenge, a parameter
that it does not know, a code used twice or after thirty seconds. A code that comes back a second time kills its token
(RFC 6749 §4.1.2). It guards nothing: whoever visits the demonstration says who they are.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from isoloir.common.secretfiles import SecretMissing, create_secret, read_secret
from isoloir.elections.models import Election
from isoloir.identity.oidc import code_challenge
from isoloir.roll.models import Voter

from .models import EmployerGrant

CODE_LIVES = timedelta(seconds=30)
TOKEN_LIVES = timedelta(seconds=60)
# The agent whom the roll does not know.
STRANGER = "inconnu"
_SHORTEST_STATE = 22
_AGENTS_SHOWN = 6
_PARAMETERS = {
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "prompt", "acr_values",
}  # fmt: skip


@dataclass(frozen=True)
class Agent:
    """Somebody who works for the fictional employer; `number` is the reference on the roll."""

    number: str
    name: str
    address: str


class RequestRefused(Exception):
    """A request of the portal is refused; `error` is the word that OAuth gives it, and never holds what was sent."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def issuer() -> str:
    """Return the name of this provider: the beginning of all its addresses."""
    return f"{settings.PORTAL_URL}{reverse('demo:employer')}".rstrip("/")


def return_address() -> str:
    """Return the one address of return that is registered."""
    return f"{settings.PORTAL_URL}{reverse('voter:arrival_return')}"


def agents() -> list[Agent]:
    """Return the agents whom the visitor may be: the first voters of the identities' page, and a stranger to the roll."""
    election = Election.objects.current()
    voters = Voter.objects.filter(election=election).annotate(count=Count("entries")).order_by("-count", "reference")
    known = [Agent(voter.reference, voter.full_name, voter.email) for voter in voters[:_AGENTS_SHOWN]]
    return [*known, Agent(STRANGER, _("Une personne absente de la liste électorale"), "inconnu@valmorane.example")]


# ---- The authorization endpoint ----


def check_client(asked: Mapping[str, str]) -> None:
    """Check who asks and where to return: a fault here is said on a page, for there is no safe place to send it to."""
    if asked.get("client_id") != settings.EMPLOYER_PORTAL["client_id"]:
        raise RequestRefused("invalid_client")
    if asked.get("redirect_uri") != return_address():
        raise RequestRefused("invalid_redirect_uri")


def check_request(asked: Mapping[str, str]) -> None:
    """Check all that is asked of a known client; a fault is sent back to it."""
    if set(asked) - _PARAMETERS:
        raise RequestRefused("invalid_request")
    if asked.get("response_type") != "code":
        raise RequestRefused("unsupported_response_type")
    if not {"openid", "email"} <= set(asked.get("scope", "").split()):
        raise RequestRefused("invalid_scope")
    if min(len(asked.get("state", "")), len(asked.get("nonce", ""))) < _SHORTEST_STATE:
        raise RequestRefused("invalid_request")
    if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
        raise RequestRefused("invalid_request")


def grant_code(asked: Mapping[str, str], agent: Agent, *, at: datetime) -> str:
    """Return a code that serves once, within thirty seconds, to who holds the verifier of the challenge."""
    code = secrets.token_urlsafe(32)
    EmployerGrant.objects.create(
        code_hash=_hash(code),
        agent=agent.number,
        nonce=asked["nonce"],
        challenge=asked["code_challenge"],
        granted_at=at,
    )
    return code


# ---- The token endpoint ----


def authenticate_client(header: str, form: Mapping[str, str]) -> None:
    """Check the client's secret, from the header or from the form, never from both. Raises RequestRefused."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if header:
        if secret:
            raise RequestRefused("invalid_request")
        client_id, secret = _basic(header)
    registered = settings.EMPLOYER_PORTAL
    same_id = hmac.compare_digest(client_id.encode(), registered["client_id"].encode())
    same_secret = hmac.compare_digest(secret.encode(), registered["client_secret"].encode())
    if not (same_id and same_secret):
        raise RequestRefused("invalid_client")


def _basic(header: str) -> tuple[str, str]:
    scheme, _space, encoded = header.partition(" ")
    try:
        client_id, _colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise RequestRefused("invalid_client") from None
    if scheme.lower() != "basic":
        raise RequestRefused("invalid_client")
    return unquote_plus(client_id), unquote_plus(secret)


def redeem_code(form: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the tokens for a code. Raises RequestRefused."""
    if form.get("grant_type") != "authorization_code":
        raise RequestRefused("unsupported_grant_type")
    if form.get("redirect_uri") != return_address():
        raise RequestRefused("invalid_grant")
    grant = _take_grant(form.get("code", ""), at=at)
    if not hmac.compare_digest(code_challenge(form.get("code_verifier", "")), grant.challenge):
        raise RequestRefused("invalid_grant")
    token = secrets.token_urlsafe(32)
    grant.token_hash = _hash(token)
    grant.save(update_fields=("token_hash",))
    now = int(at.timestamp())
    claims = {
        "iss": issuer(), "aud": settings.EMPLOYER_PORTAL["client_id"], "sub": _subject(grant.agent), "nonce": grant.nonce,
        "iat": now, "exp": now + int(TOKEN_LIVES.total_seconds()),
    }  # fmt: skip
    return {"access_token": token, "token_type": "Bearer", "expires_in": 60, "id_token": sign(claims)}


def _take_grant(code: str, *, at: datetime) -> EmployerGrant:
    """Consume a code, whatever is wrong with the rest of the request."""
    with transaction.atomic():
        grants = EmployerGrant.objects.select_for_update(of=("self",))
        grant = grants.filter(code_hash=_hash(code)).first()
        if grant is not None:
            replayed = grant.redeemed_at is not None
            grant.redeemed_at = at
            grant.token_hash = ""
            grant.save(update_fields=("redeemed_at", "token_hash"))
    if grant is None or replayed or at >= grant.granted_at + CODE_LIVES:
        raise RequestRefused("invalid_grant")
    return grant


# ---- The userinfo endpoint ----


def told_about(header: str, *, at: datetime) -> dict[str, Any]:
    """Return the claims of the person for whom a token was given. Raises RequestRefused."""
    scheme, _space, token = header.partition(" ")
    grant = EmployerGrant.objects.filter(token_hash=_hash(token)).first() if scheme.lower() == "bearer" else None
    if grant is None or grant.redeemed_at is None or at >= grant.redeemed_at + TOKEN_LIVES:
        raise RequestRefused("invalid_token")
    agent = next((agent for agent in agents() if agent.number == grant.agent), None)
    if agent is None:
        raise RequestRefused("invalid_token")
    return {
        "sub": _subject(agent.number), "name": agent.name, "email": agent.address, "email_verified": True,
        "employee_number": agent.number,
    }  # fmt: skip


def _subject(number: str) -> str:
    """Return a subject that is no employer's number: a name of this provider for this client alone."""
    return hashlib.sha256(f"{settings.SECRET_KEY} {number}".encode()).hexdigest()[:32]


# ---- Keys ----


def public_keys() -> dict[str, Any]:
    """Return the key set in force."""
    key = _key(settings.EMPLOYER_PORTAL["algorithm"])
    return {"keys": [{**key.as_dict(private=False), "use": "sig"}]}


def sign(claims: Mapping[str, Any]) -> str:
    """Return claims as a signed token, by ES256 or RS256 (setting EMPLOYER_PORTAL)."""
    algorithm = settings.EMPLOYER_PORTAL["algorithm"]
    key = _key(algorithm)
    return jwt.encode({"alg": algorithm, "kid": key.kid}, dict(claims), key)


def _key(algorithm: str) -> ECKey | RSAKey:
    """Return the signing key, which every process of the server shares; the first one to need it makes it."""
    kind: type[ECKey | RSAKey] = ECKey if algorithm == "ES256" else RSAKey
    name = f"employer-{algorithm}.json"
    try:
        kept = read_secret(name)
    except SecretMissing:
        made = ECKey.generate_key("P-256", auto_kid=True) if kind is ECKey else RSAKey.generate_key(2048, auto_kid=True)
        create_secret(name, json.dumps(made.as_dict(private=True)).encode())
        kept = read_secret(name)
    return kind.import_key(json.loads(kept))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
