"""The supervision pages in a real browser: nothing for axe to say, on a wide screen and on a narrow one."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from isoloir.elections.models import Election
from isoloir.messaging.models import Alert, Message
from tests.factories import DURING


@pytest.mark.parametrize("width", [1280, 360])
def test_supervision_is_readable_and_accessible(
    transactional_db: None,
    live_server: Any,
    election: Election,
    administrator: Client,
    page: Any,
    width: int,
    tmp_path: Any,
) -> None:
    Alert.objects.create(
        code="undelivered", subject="ovh Orange FR", facts={"messages": 40, "delivered": 17},
        raised_at=DURING, seen_at=DURING + timedelta(days=30),
    )  # fmt: skip
    sent = {
        "kind": "link",
        "sealed": b"",
        "state": "sent",
        "queued_at": DURING + timedelta(days=30),
        "next_attempt_at": DURING,
    }
    Message.objects.bulk_create(Message(channel="sms", carrier="Orange", country="FR", **sent) for _ in range(7))
    cookie = administrator.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 900})
    for path, heading in (("supervision/", "Supervision"), ("supervision/remises/", "Remise des messages")):
        page.goto(f"{live_server.url}/console/{path}")
        assert page.locator("h1").inner_text() == heading
        page.screenshot(path=tmp_path / f"{heading[:4]}-{width}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
