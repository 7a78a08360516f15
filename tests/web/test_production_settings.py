"""Production behind a proxy that ends TLS: forms are accepted, and the browser is told to come back by TLS alone."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "ISOLOIR_SECRET_KEY": "k" * 50,
    "ISOLOIR_HOSTS": "elections.example",
    "ISOLOIR_SMTP_HOST": "127.0.0.1",
    "ISOLOIR_PORTAL_URL": "https://elections.example",
    "ISOLOIR_BEHIND_TLS_PROXY": "1",
}
VISIT = """
import django; django.setup()
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
said = {"HTTP_HOST": "elections.example", "HTTP_ORIGIN": "https://elections.example"}
request = RequestFactory().post("/identification/", **said, HTTP_X_FORWARDED_PROTO="https")
answer = SecurityMiddleware(lambda _request: HttpResponse())(request)
print(CsrfViewMiddleware(lambda _request: None)._origin_verified(request), answer.headers.get("Strict-Transport-Security"))
"""


PAGES = """
import django; django.setup()
from django.urls import Resolver404, resolve
for path in ("/", "/design/", "/demo/"):
    try:
        print(resolve(path).view_name)
    except Resolver404:
        print("none")
"""


def run(folder: Path, program: str = VISIT, **changes: str | None) -> subprocess.CompletedProcess[str]:
    settings = {**ENVIRONMENT, "ISOLOIR_VAR": str(folder), **changes}
    environment = {"PATH": os.environ["PATH"], **{name: value for name, value in settings.items() if value is not None}}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )


def test_form_sent_through_the_proxy_comes_from_the_portal_itself(tmp_path: Path) -> None:
    visit = run(tmp_path)
    assert visit.stdout.split() == ["True", "max-age=31536000"], visit.stderr


def test_portal_without_its_own_address_does_not_start(tmp_path: Path) -> None:
    # Its one-time links would lead to the reader's own machine.
    assert "ISOLOIR_PORTAL_URL" in run(tmp_path, ISOLOIR_PORTAL_URL=None).stderr


def test_pages_of_designers_and_of_the_demonstration_do_not_exist_in_production(tmp_path: Path) -> None:
    pages = run(tmp_path, PAGES)
    assert pages.stdout.split()[1:] == ["none", "none"], pages.stderr
