"""The way to a new code in a real browser: nothing for axe, pa11y nor for the HTML checker to say, wide and narrow."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from isoloir.identity.models import OneTimeLink
from isoloir.pollingstation.register import publish_batches
from tests.browser.inspection import Inspector
from tests.factories import DURING
from tests.web.reissue_scene import ANSWER, FORM, WAYS, ReissueScene, reissue_scene_at

_FRANCECONNECT = {"issuer": "https://fc.example", "client_id": "a", "client_secret": "b", "scope": "openid"}


@pytest.fixture
def walked(
    transactional_db: None, clock: None, live_server: Any, settings: LazySettings, tmp_path: Path
) -> Iterator[ReissueScene]:
    settings.FRANCECONNECT = _FRANCECONNECT
    settings.CAPTCHA_PLACES = {"reissue", "code"}
    settings.REGISTER_LEAST = 1
    with reissue_scene_at(tmp_path) as scene:
        yield scene


def arrive(page: Any, scene: ReissueScene, live_server: Any, number: int = 0) -> None:
    cookie = scene.client(number).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def fill_in(page: Any, scene: ReissueScene, inspector: Inspector) -> None:
    """Send the form of the challenge question, wrong and then right."""
    page.get_by_label("Par courriel").check()
    expect(page.get_by_label("Adresse électronique personnelle")).to_be_visible()
    expect(page.get_by_label("Numéro de téléphone mobile")).to_be_hidden()
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("alert")).to_be_visible()
    inspector.look(page, "form-faults")
    page.get_by_label("Votre réponse secrète", exact=True).fill(ANSWER)
    page.get_by_label("Votre NUMEN").fill(scene.filled()["numen_or_nir"])
    page.get_by_label("Par SMS").check()
    page.get_by_label("Numéro de téléphone mobile").fill("06 12 34 56 78")
    page.get_by_label("Chiffres de l’image ou du son").fill("00000")
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.locator("h1")).to_have_text("Votre demande est enregistrée")
    inspector.look(page, "sent")


def test_no_page_has_a_fault_that_the_checkers_find(
    walked: ReissueScene, live_server: Any, page: Any, tmp_path: Path
) -> None:
    inspector = Inspector(tmp_path / "seen", address=live_server.url)
    arrive(page, walked, live_server)

    def look(path: str, name: str) -> None:
        page.goto(f"{live_server.url}{path}")
        expect(page.locator("h1")).to_have_count(1)
        inspector.look(page, name)

    look("/espace/", "home")
    look(WAYS, "ways")
    look(FORM, "form")
    fill_in(page, walked, inspector)
    look("/vote/code/reassort/numen/", "form-2018")
    page.goto(f"{live_server.url}/vote/code/reassort/franceconnect/retour/?error=access_denied")
    inspector.look(page, "franceconnect-refused")
    look(walked.link(), "link")
    look("/vote/", "code-entry")
    walked.world.reissued(walked.voter())
    publish_batches(at=DURING + timedelta(hours=7))
    look("/vote/code/places/", "places")
    look("/resultats/", "results")
    walked.set(reissue_opens_at=DURING + timedelta(hours=1))
    look(WAYS, "ways-not-open")
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []
    assert inspector.findings_of_pa11y() == []


def test_link_opened_elsewhere_and_its_faults_are_sound_too(
    walked: ReissueScene, live_server: Any, page: Any, tmp_path: Path
) -> None:
    inspector = Inspector(tmp_path / "seen", address=live_server.url)
    assert walked.ask(walked.client()).status_code == 302
    page.goto(f"{live_server.url}{walked.link()}")
    expect(page.locator("h1")).to_have_text("Identifiez-vous pour continuer")
    inspector.look(page, "link-signed-out")
    arrive(page, walked, live_server)
    page.goto(f"{live_server.url}{walked.link()}")
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("#reissue h1")).to_be_visible()
    inspector.look(page, "new-code")
    OneTimeLink.objects.update(used_at=DURING, outcome=OneTimeLink.Outcome.CODE_REISSUED)
    page.goto(f"{live_server.url}{walked.link()}")
    inspector.look(page, "link-used")
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []
    assert inspector.findings_of_pa11y() == []
