"""Both themes in a real browser, light and dark: nothing for axe, pa11y, the HTML checker nor the console to say."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from playwright.sync_api import expect

from tests import electorate
from tests.browser.inspection import Inspector, Traffic
from tests.factories import DURING, World, make_world


@pytest.fixture
def world(transactional_db: None, clock: None, live_server: Any) -> World:
    electorate.set_clock(DURING)
    return make_world(voters=2, contests=1)


def enter(page: Any, client: Client, live_server: Any) -> None:
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


def voter_client(world: World) -> Client:
    client = Client()
    electorate.activate(world.voters[0])
    electorate.sign_in(client, world.voters[0].email)
    return client


def administrator() -> Client:
    client = Client()
    electorate.sign_in_member(client, electorate.make_member("admin@valmont.example", is_administrator=True))
    return client


def assert_letters_of(theme: str, traffic: Traffic) -> None:
    """The letters are those of the theme, and are served with the pages."""
    fonts = [request.url for request in traffic.requests if request.resource_type == "font"]
    assert any("Marianne" in url for url in fonts) == (theme == "dsfr")
    assert any("atkinson-hyperlegible-next" in url for url in fonts) == (theme == "neutral")


@pytest.mark.parametrize("theme", ["neutral", "dsfr"])
def test_main_pages_have_no_fault_in_either_theme(
    world: World, live_server: Any, page: Any, tmp_path: Path, settings: LazySettings, theme: str
) -> None:
    settings.THEME = theme
    inspector, traffic = Inspector(tmp_path, address=live_server.url), Traffic(page.context, address=live_server.url)
    seen: list[str] = []

    def inspect(name: str) -> None:
        page.wait_for_load_state("networkidle")
        seen.extend(traffic.faults)
        inspector.look(page, f"{theme}-{name}")
        # To read the sheets of a layer, axe writes styles into the page, which our policy refuses: its faults are not ours.
        traffic.faults.clear()

    def look(path: str, name: str) -> None:
        page.goto(f"{live_server.url}{path}")
        expect(page.locator("h1")).to_have_count(1)
        inspect(name)
        page.emulate_media(color_scheme="dark")
        inspect(f"{name}-dark")
        page.emulate_media(color_scheme="light")

    for scheme in ("light", "dark"):
        page.goto(f"{live_server.url}/design/?theme={theme}&scheme={scheme}")
        inspect(f"design-{scheme}")
    page.goto(f"{live_server.url}/identification/")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    inspect("form-with-errors")
    look("/verifier/", "verify")
    enter(page, voter_client(world), live_server)
    look("/espace/", "home")
    look(f"/espace/scrutins/{world.contest.uuid}/", "lists")
    enter(page, administrator(), live_server)
    look("/console/comptes/", "console")
    assert_letters_of(theme, traffic)
    assert seen == []
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []
    assert inspector.findings_of_pa11y() == []
