"""Both themes: what each needs, its contrasts, and pages that bear it, errors included."""

import re
from pathlib import Path

import dsfr
import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory, override_settings

from config.settings import themes
from isoloir.web import views
from tests.web.test_design_page import _contrast as contrast

PACKAGE = Path(dsfr.__file__).parent / "static" / "dsfr" / "dist"
SHEET = Path(themes.__file__).resolve().parents[2] / "isoloir" / "web" / "themes" / "dsfr" / "theme-dsfr.css"
TEXTS = ("ink-soft", "accent", "accent-strong", "success", "warning", "danger")


def test_the_theme_is_neutral_unless_one_says_otherwise() -> None:
    assert themes.theme_from({}) == themes.theme_from({"ISOLOIR_THEME": ""}) == "neutral"
    assert themes.theme_from({"ISOLOIR_THEME": "dsfr"}) == "dsfr"
    with pytest.raises(ImproperlyConfigured, match="neutral"):
        themes.theme_from({"ISOLOIR_THEME": "dark"})


def test_the_theme_of_the_state_does_not_start_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(themes, "find_spec", lambda _name: None)
    with pytest.raises(ImproperlyConfigured, match=r"isoloir\[dsfr\]"):
        themes.theme_from({"ISOLOIR_THEME": "dsfr"})
    assert themes.state_design_folders() == []
    assert themes.theme_from({}) == "neutral"


def test_nothing_of_the_state_is_kept_in_the_repository() -> None:
    root = SHEET.parents[4]
    kept = [path for path in (root / "isoloir").rglob("*") if re.search(r"(?i)marianne|\.min\.css|dsfr-", path.name)]
    assert kept == []
    # The ring alone has no variable to be read from.
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", SHEET.read_text(encoding="utf-8"))) == {"#0a76f6"}


def test_the_files_of_the_state_are_all_there_when_static_files_are_gathered(tmp_path: Path) -> None:
    """As in production, where a file that a sheet names and that is missing stops the gathering."""
    storage = ManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    names = ["themes/theme-dsfr.css"]
    for prefix, folder in themes.state_design_folders():
        names += [f"{prefix}/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()]
    found = {}
    for name in set(names):
        path = Path(finders.find(name))
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        found[name] = (storage, name)
    faults = [outcome for _name, _hashed, outcome in storage.post_process(found) if isinstance(outcome, Exception)]
    assert faults == []
    written = (tmp_path / storage.stored_name("themes/theme-dsfr.css")).read_text(encoding="utf-8")
    assert re.search(r"core\.main\.min\.[0-9a-f]{12}\.css", written)


def palette(*sheets: str) -> dict[str, str]:
    """Return the variables of the package's sheets, those of the last sheet above the others."""
    values: dict[str, str] = {}
    for sheet in sheets:
        text = (PACKAGE / sheet).read_text(encoding="utf-8")
        values |= dict(re.findall(r"(--[a-z0-9-]+):\s*([^;}]+)", text.partition("@media")[0] or text))
    return values


def colours(scheme: str) -> dict[str, str]:
    """Return our names and the colours that the State's theme gives them."""
    values = palette("core/core.main.min.css", *(["scheme/scheme.min.css"] if scheme == "dark" else []))
    block = re.search(
        r':root\[data-look="dsfr"\]\[data-look\] \{(.*?)\n\}', SHEET.read_text(encoding="utf-8"), re.DOTALL
    )
    assert block is not None
    return {name: resolved(value, values) for name, value in re.findall(r"--([a-z-]+): (var\([^;]+|#[^;]+);", block[1])}


def resolved(value: str, values: dict[str, str]) -> str:
    while named := re.fullmatch(r"var\((--[a-z0-9-]+)\)", value):
        value = values[named[1]]
    short = re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", value)
    return "#" + "".join(digit * 2 for digit in short.groups()) if short else value


def test_dark_colours_are_others_than_light_ones() -> None:
    assert colours("light")["paper"] == "#ffffff"
    assert colours("dark")["paper"] == "#161616"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_of_the_state_s_theme_have_the_contrast_of_ours(scheme: str) -> None:
    colour = colours(scheme)
    for paper in ("paper", "surface", "sunken", "accent-soft"):
        assert contrast(colour["ink"], colour[paper]) >= 7, paper
        for text in TEXTS:
            assert contrast(colour[text], colour[paper]) >= 4.5, (text, paper)
        assert contrast(colour["line-strong"], colour[paper]) >= 3
        assert contrast(colour["focus"], colour[paper]) >= 3, paper
    for kind in ("success", "warning", "danger"):
        assert contrast(colour[kind], colour[f"{kind}-soft"]) >= 4.5
    assert contrast(colour["on-accent"], colour["accent"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("--text-default-success", "--background-contrast-success"),
        ("--text-default-warning", "--background-contrast-warning"),
        ("--text-default-error", "--background-contrast-error"),
        ("--text-default-info", "--background-contrast-info"),
        ("--text-label-grey", "--background-default-grey"),
        ("--text-default-grey", "--background-contrast-grey"),
        ("--text-mention-grey", "--background-contrast-grey"),
        ("--text-title-grey", "--background-contrast-grey"),
        ("--text-action-high-blue-france", "--background-open-blue-france"),
        ("--text-mention-grey", "--background-disabled-grey"),
        ("--text-inverted-blue-france", "--background-action-high-blue-france-hover"),
    ],
)
def test_texts_on_the_state_s_own_backgrounds_are_read(scheme: str, text: str, paper: str) -> None:
    values = palette("core/core.main.min.css", *(["scheme/scheme.min.css"] if scheme == "dark" else []))
    assert contrast(resolved(values[text], values), resolved(values[paper], values)) >= 4.5


@pytest.mark.django_db
@override_settings(THEME="dsfr", THEME_AUTHORITY="Ministère|de <l’Exemple>")
def test_every_page_of_a_site_of_the_state_bears_its_mark_errors_included(client: Client) -> None:
    request = RequestFactory().get("/")
    pages = [client.get("/"), client.get("/nowhere/"), views.server_error(request), views.too_large(request)]
    for page in (answer.content.decode() for answer in pages):
        assert '<p class="fr-logo" lang="fr">Ministère<br>de &lt;l’Exemple&gt;</p>' in page
        assert 'data-look="dsfr" data-fr-theme="dark"' in page
        assert "themes/theme-dsfr.css" in page


@pytest.mark.django_db
def test_a_page_of_the_neutral_theme_holds_nothing_of_the_state(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "dsfr" not in page
    assert "fr-logo" not in page


@pytest.mark.django_db
def test_the_design_page_shows_the_state_s_theme_in_each_scheme(client: Client) -> None:
    light = client.get("/design/", {"theme": "dsfr", "scheme": "light"}).content.decode()
    assert "data-fr-theme" not in light
    dark = client.get("/design/", {"theme": "dsfr", "scheme": "dark"}).content.decode()
    assert 'data-theme="dark" data-look="dsfr" data-fr-theme="dark"' in dark
    assert "dsfr/dist/scheme/scheme.min.css" in dark
