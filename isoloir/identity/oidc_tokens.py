"""Tokens that an identity provider signs: ES256 or RS256, with a public key that it publishes, and nothing else.

RFC 7515 and 7517 (signatures and keys), RFC 8725 (how tokens are abused), OpenID Connect Core 1.0 §3.1.3.7.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from .faults import ProviderFault

ALGORITHMS = ("ES256", "RS256")
_KEY_TYPES = {"ES256": "EC", "RS256": "RSA"}
_LEAST_RSA_BITS = 2048
_MOST_KEYS = 50
# How far the clocks of the two machines may be from one another.
SKEW = timedelta(seconds=30)
# A token is asked for, and used at once: an older one comes from another visit.
_OLDEST = timedelta(minutes=10)

Keys = Mapping[str, ECKey | RSAKey]


@dataclass(frozen=True)
class Expected:
    """What a token must say, for the one visit that asked for it. An empty `acr` accepts any."""

    issuer: str
    client_id: str
    nonce: str
    acr: str = ""


class UnknownKey(ProviderFault):
    """The token names a key that is not among those known: they are to be asked for again, once."""

    def __init__(self) -> None:
        super().__init__("key-unknown")


def read_keys(members: Mapping[str, Any]) -> Keys:
    """Return the keys of a key set (RFC 7517 §5) that sign, by identifier; one without identifier is under «  » (empty).

    Keys of other kinds are left out, symmetric ones first of all. Raises ProviderFault when none is left.
    """
    listed = members.get("keys")
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise ProviderFault("keys-malformed")
    keys = {str(entry.get("kid", "")): key for entry in listed if (key := _read_key(entry)) is not None}
    if not keys:
        raise ProviderFault("keys-malformed")
    return keys


def _read_key(entry: Any) -> ECKey | RSAKey | None:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    # Only what is public of a key is read, whatever else is published by mistake.
    try:
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
            return ECKey.import_key({name: entry[name] for name in ("kty", "crv", "x", "y")})
        if entry.get("kty") == "RSA":
            key = RSAKey.import_key({name: entry[name] for name in ("kty", "n", "e")})
            return key if key.public_key.key_size >= _LEAST_RSA_BITS else None
    except (JoseError, KeyError, ValueError, TypeError):
        return None
    return None


def open_token(token: str, *, keys: Keys, algorithms: Collection[str]) -> dict[str, Any]:
    """Return the claims of a token whose signature is right. Raises UnknownKey or ProviderFault.

    `algorithms` are those registered with the provider, among ES256 and RS256.
    """
    try:
        header = jws.extract_compact(token.encode()).protected
    except (JoseError, ValueError, RecursionError):
        raise ProviderFault("token-malformed") from None
    algorithm = header.get("alg")
    # Said before any key is looked at: neither « none » nor a signature that a public key would make as a secret.
    if algorithm not in ALGORITHMS or algorithm not in algorithms:
        raise ProviderFault("algorithm")
    key = _key_of(header, keys)
    if key.key_type != _KEY_TYPES[algorithm]:
        raise ProviderFault("algorithm")
    try:
        return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
    except (JoseError, ValueError, RecursionError):
        raise ProviderFault("signature") from None


def _key_of(header: Mapping[str, Any], keys: Keys) -> ECKey | RSAKey:
    identifier = header.get("kid")
    if identifier is None and len(keys) == 1:
        return next(iter(keys.values()))
    if not isinstance(identifier, str) or identifier not in keys:
        raise UnknownKey
    return keys[identifier]


def check_identity_token(claims: Mapping[str, Any], *, expected: Expected, at: datetime) -> str:
    """Return the subject of an id_token that is for this visit (OpenID Connect Core §3.1.3.7). Raises ProviderFault."""
    check_addressed(claims, expected=expected)
    check_times(claims, at=at)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce.isascii() or not hmac.compare_digest(nonce, expected.nonce):
        raise ProviderFault("nonce")
    if expected.acr and claims.get("acr") != expected.acr:
        raise ProviderFault("acr")
    return subject_of(claims)


def check_addressed(claims: Mapping[str, Any], *, expected: Expected) -> None:
    """Check who wrote the token and for whom: us alone. Raises ProviderFault."""
    if claims.get("iss") != expected.issuer:
        raise ProviderFault("issuer")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise ProviderFault("audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise ProviderFault("audience")


def check_times(claims: Mapping[str, Any], *, at: datetime) -> None:
    """Check that the token lives, and was made for now. Raises ProviderFault."""
    now, skew = at.timestamp(), SKEW.total_seconds()
    if _instant(claims, "exp") <= now - skew:
        raise ProviderFault("expired")
    issued_at = _instant(claims, "iat")
    if issued_at > now + skew or issued_at < now - skew - _OLDEST.total_seconds():
        raise ProviderFault("issued")
    if "nbf" in claims and _instant(claims, "nbf") > now + skew:
        raise ProviderFault("issued")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    instant = claims.get(name)
    # A boolean is an integer for Python, and no instant; « NaN » would compare as false, and pass.
    if isinstance(instant, bool) or not isinstance(instant, int | float) or not 0 <= instant < 2**53:
        raise ProviderFault("token-malformed")
    return instant


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return the subject (at most 255 ASCII characters, OpenID Connect Core §2). Raises ProviderFault."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > 255 or not subject.isascii():
        raise ProviderFault("subject")
    return subject


def check_access_token(claims: Mapping[str, Any], access_token: str) -> None:
    """Check that the id_token was made with this access token, when it says so (§3.1.3.6). Raises ProviderFault."""
    if "at_hash" in claims:
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        if claims["at_hash"] != base64.urlsafe_b64encode(half).decode().rstrip("="):
            raise ProviderFault("access-token")
