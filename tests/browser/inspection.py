"""What every page crossed must satisfy: axe, a clean console, no lost nor foreign request, no sideways scroll at 360 px.

What is slow to start (the Nu HTML checker and pa11y) runs once at the end, on the pages kept as they were seen.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize

ROOT = Path(__file__).resolve().parents[2]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The browser's own doing: a page left before its last icon came, a link that became a download.
_LEFT_BY_THE_BROWSER = "net::ERR_ABORTED"


class Traffic:
    """All that the pages of a browser context ask, and all that goes wrong meanwhile."""

    def __init__(self, context: BrowserContext, *, address: str) -> None:
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self._origin = urlsplit(address).netloc
        context.on("request", self._note_request)
        context.on("requestfailed", self._note_failure)
        context.on("response", self._note_response)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self._origin:
            self.faults.append(f"external request: {request.url}")

    def _note_failure(self, request: Request) -> None:
        if not (request.method == "GET" and request.failure == _LEFT_BY_THE_BROWSER):
            self.faults.append(f"request failed ({request.failure}): {request.method} {request.url}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.request.method} {response.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        # Violations of the content security policy are told there too.
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")


class Inspector:
    """Looks at pages as they are crossed, and keeps them for the checks of the end. `folder` receives all it writes."""

    def __init__(self, folder: Path, *, address: str) -> None:
        self.address = address
        self.faults: list[str] = []
        self._pages = folder / "pages"
        self._pages.mkdir(parents=True)
        self._screenshots = Path(os.environ.get("ISOLOIR_SCREENSHOTS", folder / "screenshots"))
        self._screenshots.mkdir(parents=True, exist_ok=True)
        self._axe = Axe()
        self._seen: set[str] = set()
        self._sources: set[str] = set()

    def look(self, page: Page, name: str) -> None:
        """Check the page as it stands, in both widths, and keep it; a name is looked at once."""
        if name in self._seen:
            return
        self._seen.add(name)
        label = f"{len(self._seen):02d}-{name}"
        page.wait_for_load_state("load")
        for violation in self._axe.run(page).response["violations"]:
            targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            self.faults.append(f"{name}: axe {violation['id']}: {violation['help']} ({', '.join(targets)})")
        (self._pages / f"{label}.html").write_text(page.content(), encoding="utf-8")
        self._keep_source(page, label)
        page.screenshot(path=self._screenshots / f"{label}-1280.png", full_page=True)
        before = page.viewport_size or DESKTOP
        page.set_viewport_size(PHONE)
        sideways = page.evaluate(_SIDEWAYS)
        if sideways > 0:
            self.faults.append(f"{name}: scrolls {sideways} px sideways at 360 px")
        page.screenshot(path=self._screenshots / f"{label}-360.png", full_page=True)
        page.set_viewport_size(before)

    def _keep_source(self, page: Page, label: str) -> None:
        """Keep what the server sends too: the browser mends faults of HTML before one can look at the page."""
        path = urlsplit(page.url).path
        if path not in self._sources:
            self._sources.add(path)
            (self._pages / f"{label}-source.html").write_text(page.request.get(page.url).text(), encoding="utf-8")

    def findings_of_vnu(self) -> list[str]:
        """Return what the Nu HTML checker says of every page kept."""
        jar = ROOT / "tools/node/node_modules/vnu-jar/build/dist/vnu.jar"
        run = subprocess.run(
            ["java", "-Xss1m", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(self._pages)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [
            f"vnu {Path(message.get('url', '')).name}:{message.get('lastLine', '?')}: {message['message']}"
            for message in json.loads(run.stderr)["messages"]
        ]

    def findings_of_pa11y(self) -> list[str]:
        """Return what pa11y (HTML_CodeSniffer, WCAG 2 AA) says of every page kept, drawn with the portal's own styles.

        The pages are as the browser held them: without their scripts, which would write them anew.
        """
        still = self._pages.parent / "still"
        still.mkdir()
        for path in self._kept():
            page = _SCRIPT.sub("", path.read_text(encoding="utf-8"))
            page = page.replace("<head>", f'<head><base href="{self.address}/">', 1)
            (still / path.name).write_text(page, encoding="utf-8")
        run = subprocess.run(
            ["node", str(ROOT / "tools/node/check-pages.mjs"), *map(str, sorted(still.iterdir()))],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [
            f"pa11y {finding['page']}: {finding['code']}: {finding['message']} ({finding['selector']})"
            for finding in json.loads(run.stdout)
        ]

    def _kept(self) -> Iterator[Path]:
        return (path for path in sorted(self._pages.iterdir()) if not path.name.endswith("-source.html"))
