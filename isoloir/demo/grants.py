"""What the simulated identity providers share: codes that serve once, tokens, keys. Strict where a provider is strict.

A code lives thirty seconds and serves once; one that comes back a second time kills its token (RFC 6749 §4.1.2).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from isoloir.common.secretfiles import SecretMissing, create_secret, read_secret

from .models import ProviderGrant

CODE_LIVES = timedelta(seconds=30)
TOKEN_LIVES = timedelta(seconds=60)


class RequestRefused(Exception):
    """A request of the portal is refused; `error` is the word that OAuth gives it, and never holds what was sent."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def check_secret(registered: Mapping[str, Any], *, client_id: str, secret: str) -> None:
    """Check who asks. Raises RequestRefused."""
    same_id = hmac.compare_digest(client_id.encode(), registered["client_id"].encode())
    same_secret = hmac.compare_digest(secret.encode(), registered["client_secret"].encode())
    if not (same_id and same_secret):
        raise RequestRefused("invalid_client")


def give_code(provider: str, *, person: str, nonce: str, challenge: str = "", at: datetime) -> str:
    """Return a code that serves once, within thirty seconds."""
    code = secrets.token_urlsafe(32)
    ProviderGrant.objects.create(
        provider=provider, code_hash=_hash(code), person=person, nonce=nonce, challenge=challenge, granted_at=at
    )
    return code


def take_code(provider: str, code: str, *, at: datetime) -> ProviderGrant:
    """Consume a code, whatever is wrong with the rest of the request. Raises RequestRefused."""
    with transaction.atomic():
        grants = ProviderGrant.objects.select_for_update(of=("self",))
        grant = grants.filter(provider=provider, code_hash=_hash(code)).first()
        if grant is not None:
            replayed = grant.redeemed_at is not None
            grant.redeemed_at = at
            grant.token_hash = ""
            grant.save(update_fields=("redeemed_at", "token_hash"))
    if grant is None or replayed or at >= grant.granted_at + CODE_LIVES:
        raise RequestRefused("invalid_grant")
    return grant


def give_token(grant: ProviderGrant) -> str:
    """Return the access token of a grant whose code was taken."""
    token = secrets.token_urlsafe(32)
    grant.token_hash = _hash(token)
    grant.save(update_fields=("token_hash",))
    return token


def person_of(provider: str, header: str, *, at: datetime) -> str:
    """Return for whom the token of this header was given, a minute ago at most. Raises RequestRefused."""
    scheme, _space, token = header.partition(" ")
    grants = ProviderGrant.objects.filter(provider=provider, token_hash=_hash(token))
    grant = grants.first() if scheme.lower() == "bearer" else None
    if grant is None or grant.redeemed_at is None or at >= grant.redeemed_at + TOKEN_LIVES:
        raise RequestRefused("invalid_token")
    return grant.person


def subject_of(provider: str, person: str) -> str:
    """Return a subject that is no number of the person: a name of this provider for this client alone."""
    return hashlib.sha256(f"{settings.SECRET_KEY} {provider} {person}".encode()).hexdigest()[:32]


def public_keys(provider: str, algorithm: str) -> dict[str, Any]:
    """Return the key set in force."""
    key = _key(provider, algorithm)
    return {"keys": [{**key.as_dict(private=False), "use": "sig"}]}


def sign(provider: str, algorithm: str, claims: Mapping[str, Any]) -> str:
    """Return claims as a signed token, by ES256 or RS256."""
    key = _key(provider, algorithm)
    return jwt.encode({"alg": algorithm, "kid": key.kid}, dict(claims), key)


def _key(provider: str, algorithm: str) -> ECKey | RSAKey:
    """Return the signing key, which every process of the server shares; the first one to need it makes it."""
    kind: type[ECKey | RSAKey] = ECKey if algorithm == "ES256" else RSAKey
    name = f"{provider}-{algorithm}.json"
    try:
        kept = read_secret(name)
    except SecretMissing:
        made = ECKey.generate_key("P-256", auto_kid=True) if kind is ECKey else RSAKey.generate_key(2048, auto_kid=True)
        create_secret(name, json.dumps(made.as_dict(private=True)).encode())
        kept = read_secret(name)
    return kind.import_key(json.loads(kept))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
