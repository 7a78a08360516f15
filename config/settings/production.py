"""Production: everything that must be secret or local comes from the environment; nothing starts half configured."""

import os

from .base import *  # noqa: F403

SECRET_KEY = os.environ["ISOLOIR_SECRET_KEY"]
ALLOWED_HOSTS = os.environ["ISOLOIR_HOSTS"].split(",")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = os.environ.get("ISOLOIR_BEHIND_TLS_PROXY", "") == ""
SECURE_HSTS_SECONDS = 31_536_000
EMAIL_HOST = os.environ["ISOLOIR_SMTP_HOST"]
EMAIL_PORT = int(os.environ.get("ISOLOIR_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("ISOLOIR_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("ISOLOIR_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("ISOLOIR_SMTP_TLS", "1") == "1"
