"""Production: everything that must be secret or local comes from the environment; nothing starts half configured."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import CAPTCHA_BACKEND, CAPTCHA_DIGITS


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"La variable d’environnement {name} manque : le portail ne démarre pas sans elle.")
    return value


SECRET_KEY = _required("ISOLOIR_SECRET_KEY")
ALLOWED_HOSTS = _required("ISOLOIR_HOSTS").split(",")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = os.environ.get("ISOLOIR_BEHIND_TLS_PROXY", "") == ""
if not SECURE_SSL_REDIRECT:
    # The proxy must always overwrite this header. Without it the forms that browsers send from https:// would be refused.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
# One-time links and receipts name this address.
PORTAL_URL = _required("ISOLOIR_PORTAL_URL")
EMAIL_HOST = _required("ISOLOIR_SMTP_HOST")
EMAIL_PORT = int(os.environ.get("ISOLOIR_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("ISOLOIR_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("ISOLOIR_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("ISOLOIR_SMTP_TLS", "1") == "1"
if CAPTCHA_BACKEND not in ("local", "captchetat"):
    raise ImproperlyConfigured("ISOLOIR_CAPTCHA vaut « local » ou « captchetat ».")
if CAPTCHA_BACKEND == "captchetat":
    CAPTCHETAT_CLIENT_ID = _required("ISOLOIR_CAPTCHETAT_CLIENT_ID")
    CAPTCHETAT_CLIENT_SECRET = _required("ISOLOIR_CAPTCHETAT_CLIENT_SECRET")
if CAPTCHA_DIGITS not in (4, 5):
    raise ImproperlyConfigured("ISOLOIR_CAPTCHA_DIGITS vaut 4 ou 5.")
