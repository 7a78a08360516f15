"""The pictures of the tutorials: screens photographed where the tests cross them, and known by the words they hold.

A picture is made anew by `tools/tutorial-pictures` only. In any other run the words of the screen are compared with those
of the day it was made: a screen that changed would leave its picture stale, so the test that crosses it fails.
"""

import hashlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page

from tests.browser.inspection import DESKTOP, ROOT

FOLDER = ROOT / "isoloir/web/static/tutorials"
WIDTHS = (1280, 360)
# What a picture may weigh, in bytes, and the heights at which it is cut, in CSS pixels.
_HEAVIEST = 40_000
_TALLEST = {1280: 1_400, 360: 2_000}
# Our screens are flat: few colours without loss weigh half of what blurred letters do.
_COLOURS = (32, 24, 16, 12, 8)
_SAYS = "main :is(h1, h2, h3, h4, label, legend, button, a, [role=status], [role=region]), main :is(section, nav, form)"
# Words and structure: a landmark or a form counts by its kind alone, the rest by what a person reads. Folded text is hidden.
_READ = """(nodes) => nodes.filter(node => node.checkVisibility()).map(node => {
  const tag = node.tagName.toLowerCase();
  if (["section", "nav", "form"].includes(tag)) return tag;
  return `${tag}: ${(node.getAttribute("aria-label") || node.innerText).replace(/\\s+/g, " ").trim()}`;
})"""
_MASKS = (
    (re.compile(r"https?://\S+"), "…address"),
    (re.compile(r"\S+@\S+\.\w+"), "…e-mail"),
    (re.compile(r"\b[1-9A-HJ-NP-Za-km-z]{5}(?:[ -][1-9A-HJ-NP-Za-km-z]{5,6}){3}\b"), "…code"),
    (
        re.compile(
            r"\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|janvier|février|mars|avril|mai|juin|juillet|août|"
            r"septembre|octobre|novembre|décembre|(mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|"
            r"june|july|august|september|october|november|december)\b",
            re.IGNORECASE,
        ),
        "…day",
    ),
    (re.compile(r"\d+(er|st|nd|rd|th)?|\b[ap]\.m\."), "0"),
)


def words_of(page: Page, *, mask: tuple[str, ...] = ()) -> str:
    """Return the words and the structure of a screen, one line each; what changes from run to run is masked.

    Lines are sorted: each demonstration draws its own order of the lists.
    """
    return "\n".join(sorted(_masked(line, mask) for line in page.locator(_SAYS).evaluate_all(_READ)))


def _masked(line: str, mask: tuple[str, ...]) -> str:
    for private in mask:
        line = re.sub(re.escape(private), "…name", line, flags=re.IGNORECASE)
    for pattern, mark in _MASKS:
        line = pattern.sub(mark, line)
    return line


class Album:
    """The pictures of the tutorials; `isoloir.texts.pictures` says how `pictures.json` is written."""

    def __init__(self) -> None:
        # The pictures are made in a folder of their own: the portal that is photographed serves those of its beginning.
        made_in = os.environ.get("ISOLOIR_UPDATE_PICTURES")
        self._updates = bool(made_in)
        self._folder = Path(made_in) if made_in else FOLDER

    def picture(
        self, page: Page, name: str, language: str, *, of: Locator | None = None, mask: tuple[str, ...] = ()
    ) -> None:
        """Compare the screen with its picture, or make the picture; `of` photographs one part, `mask` hides names."""
        # A booth writes its page after the document is loaded, and a button of the language brings another document.
        page.locator(f"html[lang|={language}] main h1").first.wait_for()
        page.wait_for_load_state("load")
        words = words_of(page, mask=mask)
        assert words, f"{name}: the screen has no words"
        digest = hashlib.sha256(words.encode()).hexdigest()
        known = self._known()
        assert name in known, f"{name} is no name of pictures.json"
        entry: dict[str, Any] = known[name] or {}
        if entry.get("words", {}).get(language) == digest and self._has_files(name, language):
            return
        assert self._updates, (
            f"the picture « {name} » ({language}) is stale: run tools/tutorial-pictures. The screen says now:\n{words}"
        )
        sizes = {str(width): self._photograph(page, name, language, width, of) for width in WIDTHS}
        known = self._known()
        entry = known[name] or {}
        known[name] = entry | {language: sizes, "words": {**entry.get("words", {}), language: digest}}
        (self._folder / "pictures.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self._folder / "pictures.json").read_text(encoding="utf-8"))
        return known

    def _file(self, name: str, language: str, width: int) -> Path:
        return self._folder / f"{name}-{language}-{width}.webp"

    def _has_files(self, name: str, language: str) -> bool:
        return all(self._file(name, language, width).exists() for width in WIDTHS)

    def _photograph(self, page: Page, name: str, language: str, width: int, of: Locator | None) -> dict[str, int]:
        """Write one picture; return its size in pixels."""
        before = page.viewport_size or DESKTOP
        page.set_viewport_size({"width": width, "height": 740 if width < 600 else 800})
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        taken = of.screenshot() if of is not None else page.screenshot(full_page=True)
        end = page.locator("main").evaluate("node => node.getBoundingClientRect().bottom") if of is None else 10_000
        page.set_viewport_size(before)
        image = Image.open(io.BytesIO(taken)).convert("RGB")
        image = image.crop((0, 0, image.width, min(image.height, _TALLEST[width], round(end))))
        for colours in _COLOURS:
            stream = io.BytesIO()
            few = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            few.convert("RGB").save(stream, "WEBP", lossless=True, quality=100, method=6)
            if stream.tell() <= _HEAVIEST:
                break
        else:
            raise AssertionError(f"{name}: {stream.tell()} bytes in {_COLOURS[-1]} colours")
        self._file(name, language, width).write_bytes(stream.getvalue())
        return {"width": image.width, "height": image.height}
