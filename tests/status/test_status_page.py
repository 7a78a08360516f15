"""The status page says what the portal does, keeps a day of it, and stays whole and up when the portal is not."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from isoloir.commands import main
from isoloir.commands.server import free_port
from isoloir.status import checks
from isoloir.status.checks import DOWN, SLOW, UP, Check, NoAnswer, check_portal, read_answer
from isoloir.status.history import KEPT, MOST_CHECKS, NAME, History, load_history, save_history, write_whole
from isoloir.status.page import FILES, render_page
from isoloir.status.server import make_server
from isoloir.status.watch import check_once, prepare_folder
from tests.browser.inspection import ROOT

NOON = datetime(2026, 12, 3, 11, 0, tzinfo=UTC)
HEALTHY = {
    "now": "2026-12-03T11:00:00+00:00", "election": "Élections <2026>", "phase": "open",
    "announcements": [{"level": "warning", "fr": "Arrêt <b>à</b> 20 h", "en": "Stop at 8 pm"}],
}  # fmt: skip


class Portal:
    """A portal of one address, whose answer the test chooses."""

    def __init__(self) -> None:
        self.status, self.content, self.wait = 200, json.dumps(HEALTHY).encode(), 0.0
        portal = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(portal.wait)
                self.send_response(portal.status if self.path == "/sante/" else 404)
                self.send_header("Content-Length", str(len(portal.content)))
                self.end_headers()
                self.wfile.write(portal.content)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def portal() -> Iterator[Portal]:
    served = Portal()
    yield served
    served.stop()


def check(minutes: int, state: str = UP) -> Check:
    return Check(at=NOON + timedelta(minutes=minutes), state=state, milliseconds=None if state == DOWN else 40)


def test_a_portal_that_answers_is_up(portal: Portal) -> None:
    found, answer = check_portal(portal.url)
    assert found.state == UP
    assert answer is not None
    assert (answer.phase, answer.announcements[0]["level"]) == ("open", "warning")


def test_a_portal_that_is_late_is_slow(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SLOW_SECONDS", 0.1)
    portal.wait = 0.2
    found, answer = check_portal(portal.url)
    assert found.state == SLOW
    assert found.milliseconds is not None
    assert found.milliseconds >= 200
    assert answer is not None


def test_a_portal_that_does_not_answer_in_time_is_down(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TIMEOUT_SECONDS", 0.2)
    portal.wait = 1.0
    assert check_portal(portal.url)[0].state == DOWN


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_a_portal_that_answers_with_a_fault_is_down(portal: Portal, status: int) -> None:
    portal.status = status
    assert check_portal(portal.url)[0].state == DOWN


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"phase": 3}', b"[" * 60_000, b" " * 70_000 + b"{}"])
def test_an_answer_that_is_no_portal_s_is_down(portal: Portal, content: bytes) -> None:
    portal.content = content
    assert check_portal(portal.url)[0].state == DOWN


def test_what_the_portal_says_is_bounded() -> None:
    rows = [{"level": "info", "fr": "x" * 10_000, "en": 3}, "not a row"] * 50
    answer = read_answer(json.dumps({"phase": "open", "announcements": rows}).encode())
    assert len(answer.announcements) <= 10
    assert answer.announcements[0] == {"level": "info", "fr": "x" * 300, "en": ""}
    with pytest.raises(NoAnswer):
        read_answer(b"null")


def test_a_stopped_portal_is_said_down_with_since_when(portal: Portal, tmp_path: Path) -> None:
    history = prepare_folder(tmp_path)
    moments = iter(NOON + timedelta(minutes=minute) for minute in range(100))
    last: list[datetime] = []

    def now() -> datetime:
        last.append(next(moments))
        return last[-1]

    check_once(tmp_path, history, portal=portal.url, every=15, now=now)
    assert "Disponible" in (tmp_path / "index.html").read_text()
    portal.stop()
    for _time in range(3):
        check_once(tmp_path, history, portal=portal.url, every=15, now=now)
    page = (tmp_path / "index.html").read_text()
    # The first check took two readings of the clock, at 12 h 00 and 12 h 01 in Paris.
    assert "Indisponible" in page
    assert "Depuis le 03/12/2026 à 12h02." in page
    assert "Dernière réponse du portail\u00a0: le 03/12/2026 à 12h00." in page
    assert "Unavailable" in (tmp_path / "en.html").read_text()
    state = json.loads((tmp_path / "etat.json").read_text())
    assert (state["state"], state["since"]) == (DOWN, (NOON + timedelta(minutes=2)).isoformat())
    # What was announced stays, with when it was read.
    assert "Arrêt &lt;b&gt;à&lt;/b&gt; 20 h" in page
    assert "Lu le 03/12/2026 à 12h00 (heure de Paris)." in page


def test_hours_are_those_of_paris_in_summer_too() -> None:
    history = History()
    at = datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    history.add(Check(at=at, state=UP, milliseconds=40), None)
    assert "01/07/2026 à 13h00" in render_page(history, language="fr", every=15, portal="https://vote.example", at=at)


def test_a_day_is_kept_and_no_more() -> None:
    history = History(checks=[check(-60 * 25), check(-60 * 24), check(-60 * 24 + 1)])
    history.add(check(0), None)
    assert [each.at for each in history.checks] == [NOON - KEPT + timedelta(minutes=1), NOON]
    many = [Check(at=NOON + timedelta(seconds=second), state=UP, milliseconds=1) for second in range(MOST_CHECKS + 50)]
    history = History(checks=many)
    history.add(Check(at=many[-1].at, state=UP, milliseconds=1), None)
    assert len(history.checks) == MOST_CHECKS


def test_a_history_survives_the_program(tmp_path: Path) -> None:
    history = History()
    history.add(check(0), read_answer(json.dumps(HEALTHY).encode()))
    history.add(check(1, DOWN), None)
    save_history(tmp_path, history)
    assert load_history(tmp_path) == history


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"checks": [["x", "up", 1]], "answer": null, "answered_at": null}']
)
def test_a_damaged_history_is_begun_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content)
    assert load_history(tmp_path) == History()


def test_the_worst_of_an_hour_is_said_in_words() -> None:
    history = History(checks=[check(1), check(2, DOWN), check(3)])
    page = render_page(history, language="fr", every=15, portal="https://vote.example", at=NOON + timedelta(minutes=9))
    assert '<th scope="row">12 h</th><td>Indisponible</td><td>2 / 3</td><td>40 ms</td>' in page
    assert page.count("<tr>") == 25
    assert page.count("Pas vérifié</li>") == 23


def test_a_kill_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    """A process that writes two long contents in turn is killed at some moment: one of both is there, whole."""
    program = (
        "import itertools, sys; from pathlib import Path; from isoloir.status.history import write_whole\n"
        "for letter in itertools.cycle((b'a', b'b')): write_whole(Path(sys.argv[1]), letter * 4_000_000)"
    )
    path = tmp_path / "page"
    for _time in range(3):
        with subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT) as writer:
            deadline = time.monotonic() + 30
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.13)
            writer.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 4_000_000
        assert len(set(content)) == 1


@pytest.fixture
def served(tmp_path: Path) -> Iterator[int]:
    history = prepare_folder(tmp_path)
    write_whole(tmp_path / "secret.txt", b"secret")
    check_once(tmp_path, history, portal="http://127.0.0.1:1", every=15)
    server = make_server(tmp_path, host="127.0.0.1", port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def ask(port: int, path: str, method: str = "GET") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.mark.parametrize("path", ["/", "/index.html", "/en.html", "/etat.json", "/etat.css", "/etat.js", "/?x=1"])
def test_the_files_are_served_under_strict_headers(served: int, path: str) -> None:
    answer = ask(served, path)
    assert answer.status == 200
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert "default-src 'none'" in str(answer.getheader("Content-Security-Policy"))
    assert "Python" not in str(answer.getheader("Server"))
    head = ask(served, path, "HEAD")
    assert (head.status, head.getheader("Content-Length")) == (200, answer.getheader("Content-Length"))


@pytest.mark.parametrize("path", ["/secret.txt", f"/{NAME}", "/../secret.txt", "//etc/passwd", "/%2e%2e/secret.txt"])
def test_no_other_file_is_served(served: int, path: str) -> None:
    assert ask(served, path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_but_reading_is_done(served: int, method: str) -> None:
    assert ask(served, "/", method).status == 501


def test_the_pages_are_valid_html(tmp_path: Path) -> None:
    for state in (UP, SLOW, DOWN, None):
        history = History()
        if state:
            history.add(check(0, state), read_answer(json.dumps(HEALTHY).encode()))
        for language, name in FILES.items():
            page = render_page(history, language=language, every=15, portal="https://vote.example/?a=1&b", at=NOON)
            (tmp_path / f"{state}-{name}").write_text(page)
            assert " style=" not in page
            assert page.count("<script") == 1
    assert findings_of_vnu(tmp_path) == ""


def findings_of_vnu(folder: Path) -> str:
    checked = subprocess.run(
        ["java", "-jar", str(next(ROOT.glob("tools/node/node_modules/vnu-jar/build/dist/vnu.jar"))), "--skip-non-html",
         "--errors-only", str(folder)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return checked.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--portal", "ftp://x", "--out", "{}"], ["--portal", "https://a@b", "--out", "{}"],
        ["--portal", "https://x", "--out", "{}", "--listen", "8080"],
        ["--portal", "https://x", "--out", "{}", "--listen", "h:99999"],
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_in_words(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "watch", *(each.format(tmp_path / "out") for each in arguments)]) == 2
    assert capsys.readouterr().err.strip()
    assert not (tmp_path / "out").exists()


def test_the_command_runs_without_django_and_stops_when_told(portal: Portal, tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import sys; from isoloir.status import checks, history, page, server, watch, words\n"
        "assert not any(name.split('.')[0] == 'django' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
    command = [
        sys.executable, "-m", "isoloir.commands", "status", "watch", "--portal", portal.url, "--out", str(tmp_path),
        "--listen", f"127.0.0.1:{port}", "--every", "5",
    ]  # fmt: skip
    surroundings = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with subprocess.Popen(command, cwd=ROOT, env=surroundings) as watching:
        deadline = time.monotonic() + 30
        while not (tmp_path / "etat.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert b"Disponible" in ask(port, "/").content  # type: ignore[attr-defined]
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(timeout=20) == 0
