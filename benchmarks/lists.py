"""Twenty lists with statements of 6,000 characters, as a voter on a 3G line gets them: bytes transferred, time until shown.

`python -m benchmarks.lists` in a process of its own: its settings are those of production. The line is that of Chromium's
own emulation, 1.6 Mbit/s and 150 ms of latency; style sheets and scripts are in the browser's store, as after sign-in.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from isoloir.commands.server import free_port, start_server, stop, wait_until_it_answers
from isoloir.commands.setup import collect_static, migrate, start_django

from .booth import _ARGUMENTS
from .home import _sessions
from .report import line, title

_LISTS = 20
_STATEMENT = 6_000
LARGEST, SLOWEST = 150_000, 1_000
_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}


def measure(times: float) -> None:
    """Run the measure in a process of its own."""
    subprocess.run([sys.executable, "-m", "benchmarks.lists", "--times", str(int(times))], check=True)


def _make_lists() -> str:
    """Give the first contest twenty lists of the demonstration's kind; return where they are shown."""
    from random import Random

    from isoloir.demo.fiction.logos import draw_logo
    from isoloir.demo.fiction.unions import write_statement
    from isoloir.elections.listfiles import _boxed
    from isoloir.elections.models import Candidate, CandidateList, Contest, Election

    contest = Contest.objects.order_by("code").first()
    if contest is None:
        raise RuntimeError("no contest")
    Election.objects.update(lists_shown_at="2020-01-01T00:00:00Z")
    for position in range(1, _LISTS + 1):
        paragraphs = ""
        # Sentences drawn for each list: a text repeated twenty times would compress as no real one does.
        while len(paragraphs) < _STATEMENT:
            paragraphs += write_statement(f"Liste {position}", Random(f"{position} {len(paragraphs)}")) + "\n"
        words = paragraphs.split(" ")
        Random(position).shuffle(words)
        entry = CandidateList.objects.create(
            contest=contest, position=position, name=f"Liste {position}", logo_text=f"Logo {position}",
            logo_png=_boxed(draw_logo(f"ORG{position}", position)) or b"", statement=" ".join(words)[:_STATEMENT],
        )  # fmt: skip
        Candidate.objects.bulk_create(
            Candidate(candidate_list=entry, rank=rank, civility="Mme", last_name=f"Nom{rank}", first_names="Anne")
            for rank in range(1, 21)
        )
    return f"/espace/scrutins/{contest.uuid}/"


def _visits(port: int, cookie: str, path: str, times: int) -> tuple[list[float], int]:
    """Return the milliseconds until the page is shown, at each visit, and the bytes of the page as transferred."""
    shown, size = [], 0
    address = f"http://127.0.0.1:{port}"
    name, _equals, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_ARGUMENTS))
        context = browser.new_context(locale="fr-FR", extra_http_headers={"X-Forwarded-Proto": "https"})
        page = context.new_page()
        session: Any = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.setCookie",
            {"name": name, "value": value, "url": f"https://127.0.0.1:{port}", "secure": True, "path": "/"},
        )
        page.goto(address + path)
        if page.locator("article.list-sheet").count() != _LISTS:
            raise RuntimeError(f"{page.url} does not show the lists")
        session.send("Network.emulateNetworkConditions", _LINE)
        for _time in range(times):
            page.goto("about:blank")
            page.goto(address + path, wait_until="domcontentloaded")
            told = page.evaluate(
                """() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => {
                  const [visit] = performance.getEntriesByType("navigation");
                  const paint = performance.getEntriesByName("first-contentful-paint")[0];
                  resolve([Math.max(visit.domContentLoadedEventEnd, paint ? paint.startTime : 0), visit.transferSize]);
                }, 50)))"""
            )
            shown.append(told[0])
            size = int(told[1])
        browser.close()
    return shown, size


def _measure(times: int) -> None:
    title(f"Lists of a contest: {_LISTS} lists, statements of {_STATEMENT} characters (Chromium, 1.6 Mbit/s, 150 ms)")
    (cookie,) = _sessions(1)
    path = _make_lists()
    port = free_port()
    server = start_server(port=port, workers=1)
    try:
        wait_until_it_answers(server, port=port)
        shown, size = _visits(port, cookie, path, times)
    finally:
        stop(server)
    line("page of the lists, as transferred", f"{size / 1000:.0f} kB", f"target {LARGEST / 1000:.0f} kB")
    line("lists shown: median", f"{statistics.median(shown):.0f} ms", f"worst {max(shown):.0f} ms; target {SLOWEST} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {
            "ISOLOIR_SECRET_KEY": "bench", "ISOLOIR_HOSTS": "127.0.0.1", "ISOLOIR_PORTAL_URL": "https://vote.example",
            "ISOLOIR_SMTP_HOST": "127.0.0.1", "ISOLOIR_BEHIND_TLS_PROXY": "1",
            # Chromium is driven from a loop of its own beside the database.
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }  # fmt: skip
        start_django(directory=Path(directory))
        migrate()
        collect_static()
        from .electorate import make_electorate

        make_electorate(20)
        _measure(times)


if __name__ == "__main__":
    main()
