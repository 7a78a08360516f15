"""The demonstration as a visitor of it has it: the command, then its own pages (identities, mailbox, clock, members)."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.browser.person import Person
from tests.postgres import stop_with_parent

_READY = re.compile(r"Portail des électeurs\s+(http://127\.0\.0\.1:\d+)/")
_START_SECONDS = 180
_PORTAL_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE|ISOLOIR_(VAR|SECRETS|SQLITE|PORTAL_URL|SECRET_KEY|POSTGRES\w*)")


class Demonstration:
    """`isoloir demo` on a free port of the loopback, in its own folder."""

    def __init__(self, directory: Path, *, voters: int) -> None:
        self.directory, self._voters = directory, voters
        self.address = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and wait for the banner. Raises RuntimeError with what the command said."""
        command = [
            sys.executable, "-m", "isoloir.commands", "demo", "--port", "0", "--voters", str(self._voters),
            "--directory", str(self.directory),
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=_environment(),
            preexec_fn=stop_with_parent(signal.SIGTERM),  # noqa: PLW1509  # What it calls takes no lock.
        )  # fmt: skip
        alarm = threading.Timer(_START_SECONDS, self._process.kill)
        alarm.start()
        said: list[str] = []
        for line in self._process.stdout or ():
            said.append(line)
            found = _READY.search(line)
            if found:
                self.address = found[1]
            if self.address and "Ctrl-C" in line:
                alarm.cancel()
                return
        alarm.cancel()
        raise RuntimeError(f"the demonstration did not start:\n{''.join(said)}")

    def stop(self) -> None:
        """Ask the command to stop its server and worker, and wait for it."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(40)
        self._process.kill()
        self._process.communicate()

    def log(self) -> str:
        path = self.directory / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _environment() -> dict[str, str]:
    """Return the environment without the settings of the tests, but with their CAPTCHA: every code is 00000."""
    kept = {name: value for name, value in os.environ.items() if not _PORTAL_SETTINGS.fullmatch(name)}
    return {**kept, "ISOLOIR_CAPTCHA": "test"}


@dataclass(frozen=True)
class Identity:
    """A line of the table of identities; what a person does not have is empty."""

    name: str
    address: str
    password: str = ""
    digits: str = ""
    code: str = ""


class Visitor(Person):
    """Who visits the demonstration: reads the table of identities, moves the clock, lets the other members act."""

    def follows_the_guide(self) -> str:
        """Open the guided visit; return the step to do now."""
        self.page.goto("/demo/")
        self.looks("demo-guide")
        current = self.page.locator("main [aria-current=step] a")
        return current.inner_text() if current.count() else ""

    def finds(self, name: str) -> Identity:
        """Return what a person of this name would have in hand now, the six digits being those of this half minute."""
        self.page.goto("/demo/identites/")
        cells = self.page.locator("tbody tr").filter(has_text=name).first
        secrets = {
            line.evaluate("node => node.firstChild.textContent.trim()"): line.locator("code").inner_text()
            for line in cells.locator("p:has(code)").all()
        }
        return Identity(
            name=cells.locator("th").inner_text().split("\n")[0],
            address=cells.locator("td code").first.inner_text(),
            password=secrets.get("Mot de passe", ""),
            digits=secrets.get("Code à 6 chiffres", ""),
            code=secrets.get("Code de vote", ""),
        )

    def finds_people(self, role: str) -> list[str]:
        """Return the names of the people of this role, in the order of the table."""
        self.page.goto("/demo/identites/")
        return [line.split("\n")[0] for line in self.page.locator("tbody th").filter(has_text=role).all_inner_texts()]

    def reads_the_identities(self) -> None:
        self.page.goto("/demo/identites/")
        self.looks("demo-identities")

    def lets_the_other_members_act(self) -> None:
        self.page.goto("/demo/")
        self.page.get_by_role("button", name="Faire agir les autres membres").click()
        self.page.get_by_text("Actes accomplis par les autres membres").wait_for()

    def moves_the_clock_to_the_portal(self) -> None:
        self._moves_the_clock("Avancer à l’ouverture du portail")

    def moves_the_clock_to_the_lists(self) -> None:
        self._moves_the_clock("Avancer à l’affichage des listes de candidats")

    def moves_the_clock_to_the_opening(self) -> None:
        self._moves_the_clock("Avancer à l’ouverture du vote")

    def moves_the_clock_past_the_closing(self) -> None:
        self._moves_the_clock("Clôturer")

    def _moves_the_clock(self, move: str) -> None:
        self.page.goto("/demo/horloge/")
        self.looks("demo-clock")
        self.page.get_by_role("button", name=move).click()
        self.page.get_by_text("Le portail croit maintenant").wait_for()
