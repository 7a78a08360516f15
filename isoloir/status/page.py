"""The status page as HTML: whole, self-contained, true without a script."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from .checks import DOWN, SLOW, UP, Check
from .history import History, write_whole
from .words import WORDS

PARIS = ZoneInfo("Europe/Paris")
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
FILES = {"fr": "index.html", "en": "en.html"}
STATE_FILE, STYLE_FILE, SCRIPT_FILE = "etat.json", "etat.css", "etat.js"
# A page is old when this many of its periods have passed without another.
STALE_PERIODS = 3
_HOURS = 24
_WORST = (UP, SLOW, DOWN)
_HERE = Path(__file__).resolve().parent
_SHEETS = ("tokens.css", "base.css", "layout.css")
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_BEFORE_A_SIGN = re.compile(r" (?=[:;?!»])")


def write_pages(folder: Path, history: History, *, every: int, portal: str, at: datetime) -> None:
    """Write both pages and `etat.json`, each whole at every instant. `at` (aware) is the time of writing."""
    for language, name in FILES.items():
        page = render_page(history, language=language, every=every, portal=portal, at=at)
        write_whole(folder / name, page.encode())
    write_whole(folder / STATE_FILE, json.dumps(_state(history, at), ensure_ascii=False).encode())


def write_companions(folder: Path) -> None:
    """Write the style sheet, made of the portal's neutral theme without its fonts, and the script."""
    sheets = _HERE.parent / "web" / "static" / "css"
    theme = "\n".join((sheets / name).read_text(encoding="utf-8") for name in _SHEETS)
    own = (_HERE / "page.css").read_text(encoding="utf-8")
    write_whole(folder / STYLE_FILE, (_FONT_FACE.sub("", theme) + "\n" + own).encode())
    write_whole(folder / SCRIPT_FILE, (_HERE / "page.js").read_bytes())


def render_page(history: History, *, language: str, every: int, portal: str, at: datetime) -> str:
    """Return the page. All that the portal said is escaped."""
    words = WORDS[language]
    last = history.checks[-1] if history.checks else None
    state = last.state if last else "unknown"
    election = history.answer.election if history.answer else ""
    title = words["title"] + (f" – {election}" if election else "")
    body = [
        f'<p class="state" data-state="{state}"><strong>{words[state]}</strong></p>',
        f'<p class="lead">{_said(words["lead_" + state], language)}</p>',
        _facts(history, last, words, language),
        _announcements(history, words, language),
        _last_day(history, words, language, at),
        f'<p class="soft">{_said(words["every"].format(seconds=every), language)}</p>',
        f'<p><a href="{escape(portal)}">{words["portal"]}</a></p>',
    ]
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{words[state]} – {_said(title, language)}</title>
<link rel="stylesheet" href="{STYLE_FILE}">
<script src="{SCRIPT_FILE}" defer></script>
</head>
<body>
<a class="skip-link" href="#contenu">{words["skip"]}</a>
<header class="site-header"><div class="frame site-header__bar">
<span class="wordmark">Isoloir</span>
<a href="{words["other_page"]}" lang="{words["other_code"]}" hreflang="{words["other_code"]}">{words["other"]}</a>
</div></header>
<main class="main frame" id="contenu" tabindex="-1">
<h1>{_said(title, language)}</h1>
<p id="written" data-written="{at.isoformat()}" data-stale="{every * STALE_PERIODS}" data-ago="{_said(words["ago"], language)}">{_said(words["checked"].format(at=_moment(last.at if last else at, language)), language)} <span id="ago"></span></p>
<p id="stale" class="stale" role="status" hidden>{_said(words["stale"], language)}</p>
{"".join(body)}
</main>
</body>
</html>
"""


def _facts(history: History, last: Check | None, words: Mapping[str, str], language: str) -> str:
    begun = history.since()
    if last is None or begun is None:
        return ""
    facts = [words["since"].format(at=_moment(begun, language))]
    answered = history.answered_at
    facts.append(words["success"].format(at=_moment(answered, language)) if answered else words["no_success"])
    if last.milliseconds is not None:
        facts.append(words["time"].format(ms=last.milliseconds))
    if history.answer is not None and last.state != DOWN:
        facts.append(words["phase"].format(phase=words.get(history.answer.phase, words["none"])))
    return "<ul>" + "".join(f"<li>{_said(fact, language)}</li>" for fact in facts) + "</ul>"


def _announcements(history: History, words: Mapping[str, str], language: str) -> str:
    if history.answer is None or history.answered_at is None or not history.answer.announcements:
        return ""
    rows = "".join(
        f"<li><strong>{words['warning' if row['level'] == 'warning' else 'info']}</strong> – {escape(row[language])}</li>"
        for row in history.answer.announcements
    )
    read = _said(words["read"].format(at=_moment(history.answered_at, language)), language)
    return f"<h2>{words['announcements']}</h2><ul>{rows}</ul><p>{read}</p>"


def _last_day(history: History, words: Mapping[str, str], language: str, at: datetime) -> str:
    hours = [_hour(history, at, back, language) for back in range(_HOURS)]
    bar = "".join(f'<li data-state="{state}">{hour} – {words[state]}</li>' for hour, state, _rest in reversed(hours))
    rows = "".join(f'<tr><th scope="row">{hour}</th><td>{words[state]}</td>{rest}</tr>' for hour, state, rest in hours)
    heads = "".join(f'<th scope="col">{words[name]}</th>' for name in ("hour", "state", "answered", "median"))
    return (
        f'<h2>{words["history"]}</h2><h3>{words["bar"]}</h3><ol class="bar">{bar}</ol>'
        f'<div class="table-scroll" role="region" tabindex="0" aria-label="{words["history"]}"><table>'
        f"<caption>{words['caption']}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _hour(history: History, at: datetime, back: int, language: str) -> tuple[str, str, str]:
    """Return the hour's name, its worst state, and the cells of its answers and of their median time."""
    start = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=back)
    checks = [check for check in history.checks if start <= check.at < start + timedelta(hours=1)]
    local = start.astimezone(PARIS)
    name = f"{local.hour} h" if language == "fr" else f"{local:%H}:00"
    if not checks:
        return _said(name, language), "unknown", "<td>–</td><td>–</td>"
    times = [check.milliseconds for check in checks if check.milliseconds is not None]
    state = max((check.state for check in checks), key=_WORST.index)
    spent = f"{round(median(times))} ms" if times else "–"
    return _said(name, language), state, f"<td>{len(times)} / {len(checks)}</td><td>{spent}</td>"


def _state(history: History, at: datetime) -> dict[str, object]:
    last, begun = (history.checks[-1] if history.checks else None), history.since()
    return {
        "written_at": at.isoformat(),
        "state": last.state if last else "unknown",
        "checked_at": last.at.isoformat() if last else None,
        "since": begun.isoformat() if begun else None,
        "milliseconds": last.milliseconds if last else None,
        "answered_at": history.answered_at.isoformat() if history.answered_at else None,
    }


def _moment(at: datetime, language: str) -> str:
    local = at.astimezone(PARIS)
    return f"{local:%d/%m/%Y} à {local:%Hh%M}" if language == "fr" else f"{local.day} {local:%B %Y} at {local:%H:%M}"


def _said(sentence: str, language: str) -> str:
    """Escape a sentence; in French its signs stay with their words."""
    return escape(_BEFORE_A_SIGN.sub("\u00a0", sentence) if language == "fr" else sentence)
