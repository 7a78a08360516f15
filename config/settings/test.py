"""Settings of the test suite: SQLite or PostgreSQL, no network, weak but real password hashing cost."""

from .dev import *  # noqa: F403
from .dev import STORAGES, VAR_DIR

SECRET_KEY = "for-tests-only"  # noqa: S105
ALLOWED_HOSTS = ["*"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = VAR_DIR / "test-static"
ARGON2_TIME_COST = 1
ARGON2_MEMORY_KIB = 1024
# A view that does not say its audience is a mistake of ours: loud here, a page not found in production.
UNMARKED_VIEW_RAISES = True
# Every code is 00000, and the device searches for a moment only.
CAPTCHA_BACKEND = "test"
CAPTCHA_WORK = 2_000
