"""The QR code of a notice: its address bears the code, which stays neither there nor in the tab's history."""

from typing import Any

import pytest
from django.test import Client

from isoloir.documents.notices import code_url
from isoloir.identity.sessions import open_session
from tests.factories import DURING, make_world

CODE = "aB3dE-FgH1jK-mN9pQ-rS7uVw"
SAID = "Un code de vote était dans l’adresse : il n’a pas été gardé."
_KEPT = "JSON.stringify([location.href, history.state, {...localStorage}, {...sessionStorage}, window.name])"


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("isoloir.web.middleware.current_time", lambda: DURING)
    return make_world()


def test_signed_out_the_code_leaves_the_address_and_the_history_of_the_tab(world, live_server, page):
    page.goto(f"{live_server.url}/identification/")
    page.goto(code_url(live_server.url, CODE))
    # Not signed in: the browser was sent to another page, the fragment with it.
    assert not page.url.startswith(f"{live_server.url}/vote/")
    assert page.locator("#code-in-address").is_visible()
    assert SAID in page.locator("#code-in-address").inner_text()
    assert CODE not in page.evaluate(_KEPT)
    page.goto(f"{live_server.url}/verifier/")
    assert not page.locator("#code-in-address").is_visible()
    page.evaluate("history.back()")
    page.wait_for_url(lambda address: "/verifier/" not in address)
    assert CODE not in page.evaluate(_KEPT)


@pytest.mark.parametrize("path", ["/", "/identification/", "/resultats/", "/verifier/", "/aide/"])
def test_every_page_takes_a_code_out_of_its_address(world, live_server, page, path):
    page.goto(f"{live_server.url}{path}#code={CODE}")
    assert CODE not in page.evaluate(_KEPT)


def test_any_other_fragment_stays(world, live_server, page):
    page.goto(f"{live_server.url}/identification/#contenu")
    assert page.evaluate("location.hash") == "#contenu"
    assert not page.locator("#code-in-address").is_visible()


def test_signed_in_the_entry_takes_the_code(world, live_server, page):
    client = Client()
    session = client.session
    open_session(session, voter=world.voters[0], at=DURING)
    session.save()
    page.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": live_server.url}])
    page.goto(code_url(live_server.url, CODE))
    page.locator("#voting-code").wait_for()
    assert page.locator("#voting-code").input_value() == CODE
    assert CODE not in page.evaluate(_KEPT)
