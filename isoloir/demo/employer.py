"""The employer's portal of the demonstration: a small, strict OpenID provider whose agents are those of the roll.

It refuses whatever a strict provider refuses: another address of return, a short state, no nonce, no challenge, a parameter
that it does not know, a code used twice or after thirty seconds (isoloir.demo.grants). It guards nothing: whoever visits the demonstration says who they are.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from isoloir.elections.models import Election
from isoloir.identity.oidc import code_challenge
from isoloir.roll.models import Voter

from .grants import (
    TOKEN_LIVES,
    RequestRefused,
    check_secret,
    give_code,
    give_token,
    person_of,
    public_keys,
    sign,
    subject_of,
    take_code,
)

_PROVIDER = "employer"
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
    return give_code(_PROVIDER, person=agent.number, nonce=asked["nonce"], challenge=asked["code_challenge"], at=at)


# ---- The token endpoint ----


def authenticate_client(header: str, form: Mapping[str, str]) -> None:
    """Check the client's secret, from the header or from the form, never from both. Raises RequestRefused."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if header:
        if secret:
            raise RequestRefused("invalid_request")
        client_id, secret = _basic(header)
    check_secret(settings.EMPLOYER_PORTAL, client_id=client_id, secret=secret)


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
    grant = take_code(_PROVIDER, form.get("code", ""), at=at)
    if not hmac.compare_digest(code_challenge(form.get("code_verifier", "")), grant.challenge):
        raise RequestRefused("invalid_grant")
    now = int(at.timestamp())
    claims = {
        "iss": issuer(), "aud": settings.EMPLOYER_PORTAL["client_id"], "sub": subject_of(_PROVIDER, grant.person),
        "nonce": grant.nonce, "iat": now, "exp": now + int(TOKEN_LIVES.total_seconds()),
    }  # fmt: skip
    return {
        "access_token": give_token(grant), "token_type": "Bearer", "expires_in": 60, "id_token": signed(claims),
    }  # fmt: skip


# ---- The userinfo endpoint ----


def told_about(header: str, *, at: datetime) -> dict[str, Any]:
    """Return the claims of the person for whom a token was given. Raises RequestRefused."""
    number = person_of(_PROVIDER, header, at=at)
    agent = next((agent for agent in agents() if agent.number == number), None)
    if agent is None:
        raise RequestRefused("invalid_token")
    return {
        "sub": subject_of(_PROVIDER, agent.number), "name": agent.name, "email": agent.address, "email_verified": True,
        "employee_number": agent.number,
    }  # fmt: skip


def published_keys() -> dict[str, Any]:
    """Return the key set in force."""
    return public_keys(_PROVIDER, settings.EMPLOYER_PORTAL["algorithm"])


def signed(claims: Mapping[str, Any]) -> str:
    """Return claims as a signed token, by ES256 or RS256 (setting EMPLOYER_PORTAL)."""
    return sign(_PROVIDER, settings.EMPLOYER_PORTAL["algorithm"], claims)
