"""The voting code is nowhere but on its paper and in the page: not in what travels, is written down or is kept.

All that a voter's browser sends, receives and keeps is captured, with the logs, the databases and the spools of the portal and
of the registrar; the code and the exponents derived from it are searched in all of that, in every form that comes to mind.
A secret planted in the same capture must be found, or the search proves nothing. No secret is ever part of a failure's words.
"""

import base64
import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from isoloir_protocol.credentials import derive_secret
from playwright.sync_api import Page

from tests.browser.demonstration import Demonstration
from tests.browser.reissue_steps import ReissueVote, ReissueVoter

Bring = Callable[..., ReissueVoter]
_KEPT_BY_THE_PAGE = """async () => {
  const kept = { cookie: document.cookie, name: window.name, title: document.title, url: location.href,
    referrer: document.referrer, state: JSON.stringify(history.state), local: { ...localStorage },
    session: { ...sessionStorage }, resources: performance.getEntries().map((entry) => entry.name), caches: [] };
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) kept.caches.push(request.url);
  }
  kept.databases = await indexedDB.databases();
  kept.workers = (await navigator.serviceWorker.getRegistrations()).length;
  return kept;
}"""


@dataclass
class Capture:
    """What was captured, by the name of where it was."""

    pieces: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, content: bytes | str) -> None:
        self.pieces[f"{len(self.pieces):04d} {name}"] = content if isinstance(content, bytes) else content.encode()

    def places_of(self, secrets: Mapping[str, bytes]) -> list[str]:
        """Return where one of these is, each with the name of its form; bytes are compared whatever their case."""
        lowered = {name: needle.lower() for name, needle in secrets.items()}
        return [
            f"{place}: {form}"
            for place, content in self.pieces.items()
            for form, needle in lowered.items()
            if needle in content.lower()
        ]


# ---- What is searched for ----


def forms_of_code(code: str) -> dict[str, bytes]:
    """Return the code as it may be written: grouped or not, by halves, backwards, in the usual encodings."""
    groups = code.split("-")
    texts = {
        "grouped": code, "bare": "".join(groups), "spaced": " ".join(groups),
        "groups backwards": "-".join(reversed(groups)), "groups backwards, bare": "".join(reversed(groups)),
        "backwards": "".join(groups)[::-1],
        "first half": "-".join(groups[:2]), "first half, bare": "".join(groups[:2]),
        "second half": "-".join(groups[2:]), "second half, bare": "".join(groups[2:]),
        "by characters": json.dumps(list("".join(groups))), "by characters, close": json.dumps(list("".join(groups)), separators=(",", ":")),
    }  # fmt: skip
    found = {}
    for name, text in texts.items():
        found |= {f"{name}, {encoding}": needle for encoding, needle in _encodings(text.encode()).items()}
    return found


def forms_of_number(secret: int) -> dict[str, bytes]:
    """Return an exponent as it may be written: decimal, hexadecimal, bytes of either order, and their base64."""
    length = (secret.bit_length() + 7) // 8
    found = {"decimal": str(secret).encode(), "hexadecimal": f"{secret:x}".encode()}
    for order in ("big", "little"):
        raw = secret.to_bytes(length, order)
        found[f"{order} bytes"] = raw
        found |= {f"{order} bytes, {name}": needle for name, needle in _encodings(raw).items() if name != "plain"}
    return found


def _encodings(raw: bytes) -> dict[str, bytes]:
    """Return bytes plain, percent-encoded, in UTF-16, in hexadecimal, and in base64 at each of its three places."""
    found = {"plain": raw, "hexadecimal": raw.hex().encode(), "percent": b"".join(b"%%%02x" % byte for byte in raw)}
    found["utf-16"] = b"".join(bytes([byte, 0]) for byte in raw)
    for shift, encode in itertools.product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
        # What stands before and after changes the characters at both ends: they are left out.
        text = encode(bytes(shift) + raw).rstrip(b"=")
        found[f"base64 {shift} {encode.__name__}"] = text[(0, 2, 3)[shift] : -1]
    return found


def secrets_of(code: str, uuids: list[str]) -> dict[str, bytes]:
    assert uuids
    found = {f"code, {name}": needle for name, needle in forms_of_code(code).items()}
    for rank, uuid in enumerate(uuids):
        secret = derive_secret(uuid=uuid, code=code)
        found |= {f"exponent {rank}, {name}": needle for name, needle in forms_of_number(secret).items()}
    assert min(map(len, found.values())) >= 10
    return found


# ---- What is captured ----


def tell_what_travelled(har: Path, capture: Capture) -> None:
    """Add each request and each answer, whole, as the browser recorded them: addresses, headers, cookies, bodies."""
    recorded = har.read_bytes()
    capture.add("recording", recorded)
    entries = json.loads(recorded)["log"]["entries"]
    for entry in entries:
        address = urlsplit(entry["request"]["url"]).path
        has_body = " with a body" if entry["request"].get("postData", {}).get("text") else ""
        capture.add(f"request {entry['request']['method']} {address}{has_body}", json.dumps(entry["request"]))
        content = entry["response"]["content"]
        text = content.get("text", "")
        body = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
        capture.add(f"answer {address}", json.dumps(entry["response"]["headers"]).encode() + body)


def tell_what_the_browser_keeps(page: Page, capture: Capture) -> None:
    """Add cookies, storage, caches, databases, names of resources and the history of the tab."""
    capture.add("kept by the page", json.dumps(page.evaluate(_KEPT_BY_THE_PAGE)))
    capture.add("kept by the browser", json.dumps(page.context.storage_state(indexed_db=True)))
    capture.add("cookies", json.dumps(page.context.cookies()))
    history = page.context.new_cdp_session(page).send("Page.getNavigationHistory")
    assert len(history["entries"]) > 1
    capture.add("history", json.dumps(history))


def tell_what_the_servers_keep(served: Demonstration, capture: Capture) -> None:
    """Add logs, databases with what is not written back yet, spools and secret files of the portal and of the registrar."""
    folders = [served.directory / name for name in ("registrar", "secrets", "spool")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [path for path in served.directory.iterdir() if path.is_file() and path.name != "printer.key"]
    for path in files:
        capture.add(f"file {path.relative_to(served.directory)}", path.read_bytes())
    names = {path.name for path in files}
    assert {"isoloir.sqlite3", "isoloir.sqlite3-wal", "server.log", "registrar.log", "store.sqlite3"} <= names


def assert_found_nowhere(capture: Capture, secrets: dict[str, bytes], *, address: str) -> None:
    assert capture.places_of(secrets) == []
    # What is no secret is found in the same capture, where it must be: the search reads what it looks at.
    known = " ".join(capture.places_of({"address": address.encode()}))
    for place in ("recording", "request POST /identification/", "answer /", "file isoloir.sqlite3"):
        assert place in known, place
    names = " ".join(capture.pieces)
    for place in ("POST /vote/possession/ with a body", "/bulletin/ with a body", "answer /vote/etat.json"):
        assert place in names, place
    # The same search, on the same capture, finds each form of it once it is there.
    for form, needle in secrets.items():
        planted = Capture(dict(itertools.islice(capture.pieces.items(), 3)))
        planted.add("planted", b"anything before, " + needle + b" and after")
        assert f"0003 planted: {form}" in planted.places_of({form: needle})


def uuids_of(page: Page) -> list[str]:
    """Return the contests of the voter who is signed in."""
    return [contest["uuid"] for contest in page.request.get("/vote/etat.json").json()["contests"]]


@dataclass
class Watched:
    """A voter whose browser is recorded; `vote` is where the servers are."""

    voter: ReissueVoter
    vote: ReissueVote
    recording: Path
    said: list[str] = field(default_factory=list)

    def capture(self) -> Capture:
        """End the recording; return all that was captured."""
        captured = Capture()
        captured.add("console", "\n".join(self.said))
        tell_what_the_browser_keeps(self.voter.page, captured)
        self.voter.page.context.close()
        tell_what_travelled(self.recording, captured)
        tell_what_the_servers_keep(self.vote.served, captured)
        return captured


@pytest.fixture
def watched(elector: Bring, reissue_vote: ReissueVote, tmp_path: Path) -> Watched:
    """Bring a voter whose browser is recorded from before the account is opened."""
    recording = tmp_path / "traffic.har"
    options = {"record_har_path": recording, "record_har_content": "embed", "record_har_mode": "full"}
    found = Watched(elector(**options), reissue_vote, recording)
    found.voter.page.context.on("console", lambda message: found.said.append(message.text))
    return found


# ---- The tests ----


def test_printed_code_that_votes_is_found_nowhere(watched: Watched):
    karim = watched.voter
    karim.page.goto("/espace/")
    karim.clicks("Je vote")
    karim.sees("Saisie du code de vote")
    uuids = uuids_of(karim.page)
    karim.page.reload()
    karim.opens_her_contests_with(karim.identity.code)
    karim.votes_in(karim.contests_to_vote()[0])
    assert_found_nowhere(watched.capture(), secrets_of(karim.identity.code, uuids), address=karim.identity.address)


def test_new_code_that_votes_is_found_nowhere(watched: Watched):
    louise = watched.voter
    code = louise.gets_a_new_code("06 12 34 56 10", "+33612345610")
    louise.goes_to_vote()
    uuids = uuids_of(louise.page)
    louise.page.reload()
    louise.is_told_that_the_old_code_is_dead()
    louise.opens_her_contests_with(code)
    louise.votes_in(louise.contests_to_vote()[0])
    old = {f"old {name}": needle for name, needle in secrets_of(louise.identity.code, uuids).items()}
    assert_found_nowhere(watched.capture(), secrets_of(code, uuids) | old, address=louise.identity.address)


def test_code_that_leaks_is_found_where_it_went(watched: Watched):
    """The same capture and the same search, of a page that lets the code out: nothing of it goes unseen."""
    marie = watched.voter
    code = marie.identity.code
    marie.page.goto("/verifier/")
    marie.page.evaluate(
        """async (code) => {
          const bare = code.replaceAll("-", "");
          localStorage.setItem("kept", btoa(`before ${bare}`));
          sessionStorage.setItem("kept", bare.toLowerCase());
          document.cookie = `kept=${bare.split("").reverse().join("")}; path=/`;
          console.log(code.split("-").reverse().join("-"));
          history.pushState({}, "", `?code=${code}`);
          await fetch("/verifier/", { headers: { "X-Kept": bare.toUpperCase() } });
        }""",
        code,
    )
    marie.page.goto(f"/verifier/?kept={code.encode().hex()}")
    found = "\n".join(watched.capture().places_of(secrets_of(code, ["1" * 22])))
    for place in (
        r"console: code, groups backwards, plain",
        r"kept by the page: code, bare, base64",
        r"kept by the page: code, bare, plain",
        r"kept by the browser: code, bare, base64",
        r"cookies: code, backwards, plain",
        r"history: code, grouped, plain",
        r"history: code, grouped, hexadecimal",
        r"request GET /verifier/: code, bare, plain",
        r"request GET /verifier/: code, grouped, hexadecimal",
    ):
        assert re.search(place, found), place
