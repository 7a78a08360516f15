"""The booth's own bundle, in Chromium: building the tables and making a ballot, at full speed and four times slower."""

import contextlib
import shutil
import statistics
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from isoloir_protocol.ballots import verify_ballot
from playwright.sync_api import sync_playwright

from .report import line, title
from .urn import LISTS, make_urn

_STATIC = Path(__file__).resolve().parent.parent / "isoloir" / "web" / "static"
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
# The bundle is its own worker: the page asks it, as the booth does, and it answers with how long it took.
_MEASURE = """async ([script, election, secret, choice, times]) => {
  const worker = new Worker(script, {type: "module"});
  const bytes = new TextEncoder().encode(election);
  const ask = (message) => new Promise((resolve, reject) => {
    worker.onmessage = ({data}) => resolve(data);
    worker.onerror = reject;
    worker.postMessage(message);
  });
  const tables = (await ask({id: 1, kind: "prepare", election: bytes})).milliseconds;
  const answers = [];
  for (let id = 2; id < times + 2; id += 1) {
    answers.push(await ask({id, kind: "make", order: {election: bytes, secret, choice}}));
  }
  worker.terminate();
  return {tables, ballot: answers[0].ballot, milliseconds: answers.map((answer) => answer.milliseconds)};
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing: the figures are what is printed."""


@contextlib.contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(_STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def measure(times: int) -> None:
    title(f"Booth in Chromium ({LISTS} lists and blank)")
    urn = make_urn(1)
    choice = [0, 1] + [0] * (LISTS - 1)
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_ARGUMENTS))
        version = browser.version
        for rate, target in ((1, 100), (4, 500)):
            page = browser.new_page()
            page.goto(f"{address}/booth/integrity.json")
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
            found = page.evaluate(
                _MEASURE, [f"{address}/booth/booth.js", urn.election.raw.decode(), str(urn.secrets[0]), choice, times]
            )
            verify_ballot(election=urn.election, text=found["ballot"].encode())
            worst, median = max(found["milliseconds"]), statistics.median(found["milliseconds"])
            slowed = "" if rate == 1 else f", {rate}× CPU throttling"
            line(f"tables built{slowed} (while the voter reads)", f"{found['tables']:.0f} ms")
            line(f"ballot made{slowed}: median", f"{median:.0f} ms", f"worst {worst:.0f} ms; target {target} ms")
            page.close()
        browser.close()
    line("Chromium", version)
