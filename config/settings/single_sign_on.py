"""Arrival by the employer's single sign-on, from variables ISOLOIR_SSO_* (docs/mechanisms/single-sign-on.md)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_PREFIX = "ISOLOIR_SSO_"
_REQUIRED = ("NAME", "CLIENT_ID", "CLIENT_SECRET")
_AUTHENTICATION = {"basic": "client_secret_basic", "post": "client_secret_post"}
_SWITCH = {"0": False, "1": True}
_IDENTIFIES_BY = {"address": "address", "reference": "reference"}


def single_sign_on_from(environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the setting SINGLE_SIGN_ON, or None when no issuer is named: then no door is shown.

    Raises ImproperlyConfigured for an issuer without TLS, for what is missing, and for a value that is none of those known.
    """
    issuer = environment.get(f"{_PREFIX}ISSUER", "")
    if not issuer:
        return None
    if not issuer.startswith("https://"):
        raise ImproperlyConfigured(f"{_PREFIX}ISSUER commence par https:// : une identité ne voyage pas en clair.")
    missing = [f"{_PREFIX}{name}" for name in _REQUIRED if not environment.get(f"{_PREFIX}{name}")]
    if missing:
        raise ImproperlyConfigured(f"{missing[0]} manque : le portail ne démarre pas sans elle.")
    identifies_by = _one_of(environment, "IDENTIFIES_BY", _IDENTIFIES_BY, "address")
    claim = environment.get(f"{_PREFIX}CLAIM", "email" if identifies_by == "address" else "")
    if not claim:
        raise ImproperlyConfigured(f"{_PREFIX}CLAIM manque : quelle donnée porte la référence de l’électeur ?")
    return {
        "issuer": issuer,
        "name": environment[f"{_PREFIX}NAME"],
        "client_id": environment[f"{_PREFIX}CLIENT_ID"],
        "client_secret": environment[f"{_PREFIX}CLIENT_SECRET"],
        "scope": environment.get(f"{_PREFIX}SCOPE", "openid email"),
        "authentication": _one_of(environment, "AUTHENTICATION", _AUTHENTICATION, "basic"),
        "acr": environment.get(f"{_PREFIX}ACR", ""),
        "pkce": _one_of(environment, "PKCE", _SWITCH, "1"),
        "signed_userinfo": _one_of(environment, "SIGNED_USERINFO", _SWITCH, "0"),
        "identifies_by": identifies_by,
        "claim": claim,
        "replaces_password": _one_of(environment, "REPLACES_PASSWORD", _SWITCH, "0"),
    }


def _one_of(environment: Mapping[str, str], name: str, values: Mapping[str, Any], default: str) -> Any:
    given = environment.get(f"{_PREFIX}{name}", default)
    if given not in values:
        raise ImproperlyConfigured(f"{_PREFIX}{name} vaut {' ou '.join(f'« {value} »' for value in values)}.")
    return values[given]
