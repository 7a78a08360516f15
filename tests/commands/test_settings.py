"""The settings that each command takes when the environment names none, and what it says of those that are missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isoloir.commands import demo, rehearse

ROOT = Path(__file__).parents[2]
PRODUCTION = {
    "ISOLOIR_SECRET_KEY": "k" * 50,
    "ISOLOIR_HOSTS": "elections.example",
    "ISOLOIR_SMTP_HOST": "127.0.0.1",
    "ISOLOIR_PORTAL_URL": "https://elections.example",
}


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "ISOLOIR_VAR": str(folder), **settings}
    return subprocess.run(
        [sys.executable, "-m", "isoloir.commands", *arguments],
        cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("command", [("portal", "invite"), ("work", "--once")])
@pytest.mark.parametrize("missing", PRODUCTION)
def test_command_of_the_portal_says_what_its_environment_lacks(
    command: tuple[str, ...], missing: str, tmp_path: Path
) -> None:
    done = run(tmp_path, *command, **{name: value for name, value in PRODUCTION.items() if name != missing})
    assert done.returncode == 1
    assert missing in done.stderr
    assert len(done.stderr.splitlines()) == 1
    # Neither a database nor the secrets of a demonstration were made on the way.
    assert list(tmp_path.iterdir()) == []


def test_empty_variable_is_a_missing_one(tmp_path: Path) -> None:
    done = run(tmp_path, "portal", "invite", **{**PRODUCTION, "ISOLOIR_SECRET_KEY": ""})
    assert (done.returncode, "ISOLOIR_SECRET_KEY" in done.stderr) == (1, True)


def test_demonstration_and_rehearsal_choose_their_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[object] = []

    class Started(Exception):
        pass

    def start(*, settings: object = None, directory: Path) -> None:
        chosen.append((settings, directory))
        raise Started

    monkeypatch.setenv("ISOLOIR_PORTAL_URL", "http://127.0.0.1:8000")
    for module, begin in (
        (demo, lambda: demo.prepare(tmp_path, voters=3, address="http://127.0.0.1:8000", registrar_port=8100)),
        (rehearse, lambda: rehearse._start(tmp_path)),
    ):
        monkeypatch.setattr(module, "start_django", start)
        with pytest.raises(Started):
            begin()
    assert chosen == [("config.settings.dev", tmp_path)] * 2
