"""The design page, and the rules that every page's files keep."""

import re
from pathlib import Path

import pytest
from django.test import Client

WEB = Path(__file__).resolve().parents[2] / "isoloir" / "web"


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_design_page_shows_the_scheme_one_asks_for(client: Client, scheme: str) -> None:
    page = client.get("/design/", {"scheme": scheme}).content.decode()
    assert f'data-theme="{scheme}"' in page
    assert "data-look" not in page


@pytest.mark.django_db
def test_an_unknown_theme_is_that_of_the_installation_and_an_unknown_scheme_that_of_the_device(client: Client) -> None:
    page = client.get("/design/", {"theme": '"><script>', "scheme": '"><script>'}).content.decode()
    assert "data-theme" not in page
    assert "data-look" not in page


@pytest.mark.django_db
def test_every_component_is_on_the_design_page(client: Client) -> None:
    shown = {template.name for template in client.get("/design/").templates}
    components = {f"components/{path.name}" for path in (WEB / "templates" / "components").glob("*.html")}
    assert len(components) > 15
    assert components - shown == set()


def test_no_template_has_inline_style_or_script() -> None:
    for path in (WEB / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", text), path.name


def test_every_template_says_its_context() -> None:
    for path in (WEB / "templates").rglob("*.html"):
        assert "{% comment %}" in path.read_text(encoding="utf-8")[:200], path.name


def test_style_sheets_fetch_nothing_from_elsewhere_and_name_no_raw_colour() -> None:
    for path in [*(WEB / "static" / "css").glob("*.css"), *(WEB / "themes").rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert "http" not in re.sub(r'\[href\^="http"\]', "", text), path.name
        if path.name not in {"tokens.css", "print.css"}:
            # Logos alone keep their white paper in both themes; the ring of the State has no variable.
            assert set(re.findall(r"#[0-9a-f]{3,8}\b", text)) <= {"#ffffff", "#16202c", "#0a76f6"}, path.name


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _themes() -> dict[str, dict[str, str]]:
    tokens = (WEB / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    everyday = tokens[: tokens.index("@media (prefers-contrast: more)")]
    blocks = {
        "light": re.search(r':root,\n\[data-theme="light"\] \{(.*?)\n\}', everyday, re.DOTALL),
        "dark": re.search(r'\n\[data-theme="dark"\] \{(.*?)\n\}', everyday, re.DOTALL),
        "dark by device": re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\n  \}', everyday, re.DOTALL),
    }
    return {name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block[1])) for name, block in blocks.items() if block}


def test_the_dark_theme_is_the_same_by_choice_and_by_device() -> None:
    themes = _themes()
    assert themes["dark"] == themes["dark by device"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_body_text_has_seven_to_one_and_all_text_four_and_a_half(theme: str) -> None:
    colours = _themes()[theme]
    for paper in ("paper", "surface", "sunken"):
        assert _contrast(colours["ink"], colours[paper]) >= 7
        for text in ("ink-soft", "accent", "accent-strong", "success", "warning", "danger"):
            assert _contrast(colours[text], colours[paper]) >= 4.5, (text, paper)
        # Borders of fields are told from their paper by 3:1 (WCAG 1.4.11).
        assert _contrast(colours["line-strong"], colours[paper]) >= 3
    for kind in ("accent", "success", "warning", "danger"):
        assert _contrast(colours["ink"], colours[f"{kind}-soft"]) >= 7
        assert _contrast(colours[kind], colours[f"{kind}-soft"]) >= 4.5
    assert _contrast(colours["on-accent"], colours["accent"]) >= 4.5
