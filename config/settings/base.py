"""Settings shared by every environment; closed by default."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from .franceconnect import franceconnect_from
from .single_sign_on import single_sign_on_from
from .sms import sms_backends_from
from .themes import state_design_folders, theme_from

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(os.environ.get("ISOLOIR_VAR", BASE_DIR / "var"))
# Secrets (receipt key, link keys, message key, peppers) are files outside the database (docs/mechanisms/link-key.md).
SECRETS_DIR = Path(os.environ.get("ISOLOIR_SECRETS", VAR_DIR / "secrets"))

DEBUG = False
ALLOWED_HOSTS: list[str] = []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "csp",
    "isoloir.common",
    "isoloir.captcha",
    "isoloir.journal",
    "isoloir.uploads",
    "isoloir.messaging",
    "isoloir.elections",
    "isoloir.texts",
    "isoloir.roll",
    "isoloir.identity",
    "isoloir.credentials",
    "isoloir.claims",
    "isoloir.assistance",
    "isoloir.trustees",
    "isoloir.board",
    "isoloir.ballotbox",
    "isoloir.pollingstation",
    "isoloir.tally",
    "isoloir.web",
]

MIDDLEWARE = [
    "isoloir.web.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "isoloir.web.middleware.BodyLengthMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "isoloir.web.middleware.ClockMiddleware",
    "isoloir.web.middleware.ClosedByDefaultMiddleware",
    "axes.middleware.AxesMiddleware",
    "isoloir.web.middleware.FaultMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "isoloir.web.forms.AccessibleFormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "isoloir.web.context.election",
            ],
        },
    },
]

AUTH_USER_MODEL = "identity.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "bureau:login"
PASSWORD_HASHERS = ["isoloir.identity.hashers.ExplicitArgon2PasswordHasher"]
# OWASP's floor for Argon2id (19 MiB, two passes), and how many computations each process of the server runs at once.
ARGON2_TIME_COST = 2
ARGON2_MEMORY_KIB = 19 * 1024
# (passes, KiB) of releases before, while accounts may still have such hashes: without them, a sign-in would take another
# time for an account than for nobody. A hash is made anew at its next sign-in.
ARGON2_FORMER_COSTS: list[tuple[int, int]] = []
ARGON2_AT_ONCE = int(os.environ.get("ISOLOIR_ARGON2_AT_ONCE", "0")) or min(os.cpu_count() or 1, 32)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Staff sign-in is slowed for a quarter of an hour, never locked for good.
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
# Tries during the wait neither prolong it nor are written down: otherwise somebody could keep a member out.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "isoloir.web.bureau.signin.slowed_down"
AXES_USERNAME_FORM_FIELD = "email"
# Failed addresses are not kept beside names: the journal counts, axes only delays.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("Anglais"))]
LOCALE_PATHS = [BASE_DIR / "isoloir" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
# Behind a proxy: the header in which it writes the visitor's address, for slow-downs (empty: no proxy).
CLIENT_ADDRESS_HEADER = os.environ.get("ISOLOIR_CLIENT_ADDRESS_HEADER", "")
# What time it is for voters and bureaux; the demonstration puts its own clock here.
CLOCK = "django.utils.timezone.now"

# The look (docs/decisions/0008-themes.md): `neutral`, or `dsfr` on a site of the State; there, whose name stands under the
# mark of the Republic, its lines separated by a bar.
THEME = theme_from(os.environ)
THEME_AUTHORITY = os.environ.get("ISOLOIR_THEME_AUTHORITY", "République|Française")
STATICFILES_DIRS = state_design_folders() if THEME == "dsfr" else []
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database_from_environment(default_path: Path) -> dict[str, object]:
    """SQLite in WAL with full synchronous writes (an acknowledged ballot survives a power cut), or PostgreSQL."""
    name = os.environ.get("ISOLOIR_POSTGRES", "")
    if name:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "HOST": os.environ.get("ISOLOIR_POSTGRES_HOST", ""),
            "PORT": os.environ.get("ISOLOIR_POSTGRES_PORT", ""),
            "USER": os.environ.get("ISOLOIR_POSTGRES_USER", ""),
            "PASSWORD": os.environ.get("ISOLOIR_POSTGRES_PASSWORD", ""),
            "CONN_MAX_AGE": 60,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("ISOLOIR_SQLITE", str(default_path)),
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
        },
    }


DATABASES = {"default": database_from_environment(VAR_DIR / "isoloir.sqlite3")}

SESSION_ENGINE = "isoloir.identity.sessionstore"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Members and administrators: an hour without a sign, and twelve in all. A bureau opens, watches and counts a poll in one
# day, and is not to look for its devices in the middle of it; the next day, both factors are asked again.
STAFF_IDLE_MINUTES = 60
STAFF_SESSION_MINUTES = 12 * 60
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "isoloir.web.views.csrf_failure"
# Nothing to other sites. Under "no-referrer" browsers send every form with `Origin: null`, and its CSRF check refuses it.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "worker-src": [SELF],
    }
}

# Bytes of a whole request. A ballot of a hundred lists is about 60 kB, and so is a trustee's answer.
LONGEST_BODY = 2 * 1024 * 1024
# Bytes of a claim or a question with the files that are joined to it.
LONGEST_ATTACHMENTS = 16 * 1024 * 1024
# Bytes of a request of the console: all that its forms take together, a roll of 512 MiB among the files.
LONGEST_UPLOAD = 768 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("ISOLOIR_MAIL_FROM", "ne-pas-repondre@elections.example")
# Where relays return what they could not deliver: the mailbox that `isoloir bounces` reads.
RETURN_ADDRESS = os.environ.get("ISOLOIR_MAIL_RETURN", DEFAULT_FROM_EMAIL)
# Seconds after which a silent relay is left; without it one stuck connection would stop every message.
EMAIL_TIMEOUT = 30
# What the worker notes beside the database while it sends (docs/mechanisms/messages.md); on the worker's own disk.
SPOOL_DIR = Path(os.environ.get("ISOLOIR_SPOOL", VAR_DIR / "spool"))
PORTAL_URL = os.environ.get("ISOLOIR_PORTAL_URL", "http://127.0.0.1:8000")
# Providers of text messages in the order in which they are asked (docs/mechanisms/messages.md); none: no text messages.
SMS_BACKENDS = sms_backends_from(os.environ)
# When the supervision cell is told: deliveries of the last hours by operator or domain, the queue, what it takes to count.
DELIVERY_ALERTS = {
    "delivered_rate": 0.90,
    "returned_rate": 0.10,
    "settled_minutes": 10,
    "least": 20,
    "window_hours": 2,
    "queue_minutes": 5,
    "period_hours": 6,
}

# CAPTCHA (docs/mechanisms/captcha.md): whose it is (local, captchetat, or test), where it is asked, how many digits (4 or 5),
# and the largest number of the proof of work that stands in for it.
CAPTCHA_BACKEND = os.environ.get("ISOLOIR_CAPTCHA", "local")
CAPTCHA_PLACES = {"identification", "lost-password", "new-password", "code", "reissue", "assistance"}
CAPTCHA_DIGITS = int(os.environ.get("ISOLOIR_CAPTCHA_DIGITS", "5"))
CAPTCHA_WORK = int(os.environ.get("ISOLOIR_CAPTCHA_WORK", "2000000"))
CAPTCHETAT_TOKEN_URL = os.environ.get("ISOLOIR_CAPTCHETAT_TOKEN_URL", "https://oauth.piste.gouv.fr/api/oauth/token")
CAPTCHETAT_API_URL = os.environ.get("ISOLOIR_CAPTCHETAT_API_URL", "https://api.piste.gouv.fr/piste/captchetat/v2")
CAPTCHETAT_CLIENT_ID = os.environ.get("ISOLOIR_CAPTCHETAT_CLIENT_ID", "")
CAPTCHETAT_CLIENT_SECRET = os.environ.get("ISOLOIR_CAPTCHETAT_CLIENT_SECRET", "")

# The employer's portal from which voters may arrive (docs/mechanisms/single-sign-on.md), None where there is none.
SINGLE_SIGN_ON = single_sign_on_from(os.environ)
# FranceConnect, by which a voter may prove who she is to have a new code (docs/mechanisms/franceconnect.md), or None.
FRANCECONNECT = franceconnect_from(os.environ)
# Arrivals that one process treats at once: half its threads, so that a portal that hangs leaves the others to voters.
PROVIDER_EXCHANGES_AT_ONCE = int(os.environ.get("ISOLOIR_SSO_AT_ONCE", "2"))

# The credential authority's on-line service (docs/runbooks/registrar.md): its address, and its Ed25519 public key in hex.
# Without an address voters' codes are not issued again.
REGISTRAR_URL = os.environ.get("ISOLOIR_REGISTRAR_URL", "")
REGISTRAR_KEY = os.environ.get("ISOLOIR_REGISTRAR_KEY", "")
# New keys are published together: once those of so many places of a contest wait; or of the least number, that many hours
# after its last line. Fewer wait until the poll is closed.
REGISTER_BATCH, REGISTER_HOURS, REGISTER_LEAST = 20, 6, 5

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # A request line of Django holds the path, and the path of a one-time link holds its token.
        "django.request": {"handlers": [], "propagate": False, "level": "CRITICAL"},
        # So does the line that says that a form came without its protection mark.
        "django.security.csrf": {"handlers": [], "propagate": False, "level": "CRITICAL"},
        "isoloir": {"level": "INFO"},
    },
}
