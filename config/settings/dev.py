"""Demonstration and development on loopback: SQLite, a mailbox page, an adjustable clock."""

import os
import secrets
from typing import Any

from .base import *  # noqa: F403
from .base import INSTALLED_APPS, PORTAL_URL, SECRETS_DIR
from .themes import state_design_folders

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]


def _secret_key() -> str:
    path = SECRETS_DIR / "django-secret-key"
    if not path.exists():
        SECRETS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(64))
        path.chmod(0o600)
    return path.read_text()


SECRET_KEY = os.environ.get("ISOLOIR_SECRET_KEY") or _secret_key()
INSTALLED_APPS = [*INSTALLED_APPS, "isoloir.demo"]
# Both themes can be looked at on /design, where the extra of the second one is installed.
STATICFILES_DIRS = state_design_folders()
CLOCK = "isoloir.demo.clock.now"
EMAIL_BACKEND = "isoloir.demo.mailbox.MailboxBackend"
SMS_BACKENDS = [{"backend": "isoloir.demo.mailbox.SmsMailbox", "name": "mailbox"}]

# The fictional employer's portal (isoloir.demo.employer), served by the same process: what it has registered us as, how it
# signs, and, below, the same as the portal of the elections knows it.
_EMPLOYER = f"{PORTAL_URL}/demo/employeur"
EMPLOYER_PORTAL: dict[str, Any] = {
    "name": "Agents Valmorane",
    "client_id": "isoloir",
    "client_secret": "demonstration",
    "algorithm": "ES256",
    "signed_userinfo": False,
}
# The simulator of FranceConnect (isoloir.demo.franceconnect): how it has registered us, and, below, how we know it.
_FRANCECONNECT = f"{PORTAL_URL}/demo/franceconnect/api/v2"
FRANCECONNECT_SIMULATOR: dict[str, Any] = {
    "client_id": "isoloir",
    "client_secret": "demonstration",
    "algorithm": "ES256",
}
FRANCECONNECT = {
    "issuer": _FRANCECONNECT,
    "client_id": FRANCECONNECT_SIMULATOR["client_id"],
    "client_secret": FRANCECONNECT_SIMULATOR["client_secret"],
    "scope": "openid identite_pivot email",
    "authentication": "client_secret_post",
    "acr": "eidas1",
    "pkce": False,
    "signed_userinfo": True,
    "loopback_allowed": True,
    "endpoints": {
        "authorization": f"{_FRANCECONNECT}/authorize",
        "token": f"{_FRANCECONNECT}/token",
        "userinfo": f"{_FRANCECONNECT}/userinfo",
        "jwks": f"{_FRANCECONNECT}/jwks",
        "end_session": f"{_FRANCECONNECT}/session/end",
        "names_issuer": False,
    },
}
SINGLE_SIGN_ON = {
    "issuer": _EMPLOYER,
    "name": EMPLOYER_PORTAL["name"],
    "client_id": EMPLOYER_PORTAL["client_id"],
    "client_secret": EMPLOYER_PORTAL["client_secret"],
    "loopback_allowed": True,
    "endpoints": {
        "authorization": f"{_EMPLOYER}/autoriser/",
        "token": f"{_EMPLOYER}/jeton/",
        "userinfo": f"{_EMPLOYER}/identite/",
        "jwks": f"{_EMPLOYER}/cles.json",
        "names_issuer": True,
    },
    "identifies_by": "address",
    "claim": "email",
    "replaces_password": False,
}
