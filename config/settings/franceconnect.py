"""FranceConnect, from variables ISOLOIR_FRANCECONNECT_* (docs/mechanisms/franceconnect.md)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_PREFIX = "ISOLOIR_FRANCECONNECT_"
_REQUIRED = ("CLIENT_ID", "CLIENT_SECRET")
# What may be asked is what the authorisation (DataPass) grants; this is the pivot identity and the address.
_SCOPE = "openid identite_pivot email"
_LEVELS = ("eidas1", "eidas2", "eidas3")


def franceconnect_from(environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the setting FRANCECONNECT, or None when no issuer is named.

    Raises ImproperlyConfigured for an issuer without TLS, for what is missing, and for an unknown level of assurance.
    """
    issuer = environment.get(f"{_PREFIX}ISSUER", "")
    if not issuer:
        return None
    if not issuer.startswith("https://"):
        raise ImproperlyConfigured(f"{_PREFIX}ISSUER commence par https:// : une identité ne voyage pas en clair.")
    missing = [f"{_PREFIX}{name}" for name in _REQUIRED if not environment.get(f"{_PREFIX}{name}")]
    if missing:
        raise ImproperlyConfigured(f"{missing[0]} manque : le portail ne démarre pas sans elle.")
    level = environment.get(f"{_PREFIX}ACR", _LEVELS[0])
    if level not in _LEVELS:
        raise ImproperlyConfigured(f"{_PREFIX}ACR vaut {' ou '.join(f'« {one} »' for one in _LEVELS)}.")
    return {
        "issuer": issuer,
        "client_id": environment[f"{_PREFIX}CLIENT_ID"],
        "client_secret": environment[f"{_PREFIX}CLIENT_SECRET"],
        "scope": environment.get(f"{_PREFIX}SCOPE", _SCOPE),
        "authentication": "client_secret_post",
        "acr": level,
        # A parameter that FranceConnect does not know is refused, and it does not know PKCE.
        "pkce": False,
        "signed_userinfo": True,
    }
