"""The camera: the booth may open it to read a notice's QR code, and no other page."""

import pytest
from django.test import Client

from isoloir.identity.sessions import open_session
from tests.factories import DURING, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser where a voter is signed in."""
    monkeypatch.setattr("isoloir.web.middleware.current_time", lambda: DURING)
    client = Client()
    session = client.session
    open_session(session, voter=make_world().voters[0], at=DURING)
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


def test_booth_may_open_the_camera(client):
    assert "camera=(self)" in client.get("/vote/")["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/vote/etat.json", "/espace/", "/", "/nowhere/"])
def test_no_other_page_may_open_it(client, address):
    assert "camera=()" in client.get(address)["Permissions-Policy"]
