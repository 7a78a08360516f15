"""The booth's two applications in a real Chromium, against the portal of test (booth/tests/harness)."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

BOOTH = Path(__file__).resolve().parents[2]
PHONE = {"width": 360, "height": 740}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium, which asks nothing of any outside host."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    chosen = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **chosen, "args": [*FLAGS, "--disable-component-update", "--disable-sync"]}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Addresses are written whole here; the plugin's own fixture is a method, which the strict settings refuse."""


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of the portal of test."""
    command = ["node", "tools/run.mjs", "tests/harness/server.ts", "0"]
    with subprocess.Popen(command, cwd=BOOTH, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture
def portal(served: str, context: BrowserContext) -> str:
    """The portal of test, begun afresh."""
    assert context.request.post(f"{served}/_essai/zero").ok
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return served


@pytest.fixture
def misbehave(portal: str, context: BrowserContext) -> Callable[..., None]:
    """Make the portal do something wrong on purpose."""

    def make(**what: object) -> None:
        assert context.request.post(f"{portal}/_essai/", data=what).ok

    return make


@pytest.fixture
def opened(portal: str, page: Page) -> Iterator[Page]:
    """A page whose console stays clean: no error, no refusal by the content policy."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert faults == []


@pytest.fixture
def check_page() -> Callable[[Page], None]:
    """Check a page as it stands: accessibility by axe, focus on its title, no sideways scroll."""

    def check(page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.title()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    return check
