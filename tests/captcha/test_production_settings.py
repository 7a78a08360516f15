"""Production refuses a CAPTCHA that everybody can answer, and one that it cannot reach."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "ISOLOIR_SECRET_KEY": "k" * 50,
    "ISOLOIR_HOSTS": "elections.example",
    "ISOLOIR_SMTP_HOST": "127.0.0.1",
    "ISOLOIR_PORTAL_URL": "https://elections.example",
}
PROGRAM = """
from django.conf import settings
print(settings.CAPTCHA_BACKEND, settings.CAPTCHA_DIGITS, sorted(settings.CAPTCHA_PLACES))
"""
SERVICE = {
    "ISOLOIR_CAPTCHA": "captchetat",
    "ISOLOIR_CAPTCHETAT_CLIENT_ID": "a",
    "ISOLOIR_CAPTCHETAT_CLIENT_SECRET": "b",
}


def run(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT, "ISOLOIR_VAR": str(folder), **changes}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )


def test_our_own_backend_of_five_digits_is_what_production_has_unless_told_otherwise(tmp_path):
    assert (
        run(tmp_path).stdout
        == "local 5 ['assistance', 'code', 'identification', 'lost-password', 'new-password', 'reissue']\n"
    )


def test_four_digits_and_the_service_of_the_state_are_accepted(tmp_path):
    started = run(tmp_path, ISOLOIR_CAPTCHA_DIGITS="4", **SERVICE)
    assert started.stdout.startswith("captchetat 4"), started.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ISOLOIR_CAPTCHA": "test"}, "ISOLOIR_CAPTCHA "),
        ({"ISOLOIR_CAPTCHA": "none"}, "ISOLOIR_CAPTCHA "),
        ({"ISOLOIR_CAPTCHA_DIGITS": "1"}, "ISOLOIR_CAPTCHA_DIGITS"),
        ({**SERVICE, "ISOLOIR_CAPTCHETAT_CLIENT_ID": ""}, "ISOLOIR_CAPTCHETAT_CLIENT_ID"),
        ({**SERVICE, "ISOLOIR_CAPTCHETAT_CLIENT_SECRET": ""}, "ISOLOIR_CAPTCHETAT_CLIENT_SECRET"),
    ],
)
def test_production_does_not_start_with(tmp_path, changes, named):
    refused = run(tmp_path, **changes)
    assert refused.returncode != 0
    assert named in refused.stderr
