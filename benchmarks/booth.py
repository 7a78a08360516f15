"""The booth's own bundle, in Chromium: building the tables and making a ballot, at full speed and four times slower."""

import contextlib
import shutil
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from isoloir_protocol.ballots import verify_ballot
from playwright.sync_api import Page, sync_playwright

from .report import line, title
from .urn import LISTS, make_urn

_ROOT = Path(__file__).resolve().parent.parent
_BUNDLE = _ROOT / "isoloir/web/static/booth/booth.js"
_SOURCES = _ROOT / "booth"
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
# The bundle is its own worker: the page asks it, as the booth does, and it answers with how long it took.
_IN_WORKER = """async ([script, election, secret, choice, times]) => {
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
# Throttling slows the page's own thread, not its workers: the same source is bundled for the page, and runs there.
_IN_PAGE = """async ([script, election, secret, choice, times]) => {
  const {DirectBallotMaker} = await import(script);
  const maker = new DirectBallotMaker();
  const bytes = new TextEncoder().encode(election);
  let begun = performance.now();
  maker.prepare(bytes);
  const tables = performance.now() - begun;
  await maker.warmUp(bytes);
  const milliseconds = [];
  let ballot = "";
  for (let done = 0; done < times; done += 1) {
    begun = performance.now();
    ballot = await maker.make({election: bytes, secret, choice});
    milliseconds.push(performance.now() - begun);
  }
  return {tables, ballot, milliseconds};
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing: the figures are what is printed."""


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """Serve the committed bundle as /booth.js, and the maker of ballots alone as /maker.js."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(_BUNDLE, folder)
        bundler = [str(_SOURCES / "node_modules/.bin/esbuild"), "src/booth/ballotmaker.ts", "--bundle", "--format=esm"]
        subprocess.run(
            [*bundler, "--minify", f"--outfile={folder}/maker.js"], cwd=_SOURCES, check=True, capture_output=True
        )
        (Path(folder) / "index.html").write_text("<!doctype html><title>Bench</title>")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def measure(times: int) -> None:
    title(f"Booth in Chromium ({LISTS} lists and blank)")
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_ARGUMENTS))
        page = browser.new_page()
        page.goto(address)
        _tell("in the worker", 100, _run(page, _IN_WORKER, f"{address}/booth.js", times))
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        _tell("in the page, 4× CPU throttling", 500, _run(page, _IN_PAGE, f"{address}/maker.js", times))
        line("Chromium", browser.version)
        browser.close()


def _run(page: Page, program: str, script: str, times: int) -> dict[str, Any]:
    urn = make_urn(1)
    choice = [0, 1] + [0] * (LISTS - 1)
    found = page.evaluate(program, [script, urn.election.raw.decode(), str(urn.secrets[0]), choice, times])
    verify_ballot(election=urn.election, text=found["ballot"].encode())
    return dict(found)


def _tell(where: str, target: int, found: dict[str, Any]) -> None:
    worst, median = max(found["milliseconds"]), statistics.median(found["milliseconds"])
    line(f"tables built {where} (while the voter reads)", f"{found['tables']:.0f} ms")
    line(f"ballot made {where}: median", f"{median:.0f} ms", f"worst {worst:.0f} ms; target {target} ms")
