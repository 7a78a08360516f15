"""The console in a real browser: nothing for axe to say, on a wide screen and on a narrow one."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from isoloir.elections.draw import announce_draw, withdraw_draw
from isoloir.elections.models import Contest, Election
from isoloir.pollingstation.files import import_files
from tests import importing
from tests.importing import ACTOR, AT

PAGES = (
    "", "fichiers/", "calendrier/", "codes/demande/", "codes/reception/", "campagne/", "comptes/", "comptes/activation/",
    "comptes/activation/?academie=Valmont", "comptes/relance/", "comptes/ralentissements/", "comptes/regles/",
    "reassort/", "reassort/voies/", "reassort/identifiants/", "codes/notices/", "supervision/", "supervision/remises/",
    "tirage/",
)  # fmt: skip


def announce_and_withdraw_draws(election: Election) -> None:
    """Leave on the page of the draw all that it can show: an announcement to make, one withdrawn late, lists that await."""
    told: dict[str, Any] = {"election": election, "seed_shape": "5 de 1 à 49 / 1 de 1 à 10", "actor": ACTOR}
    day = timedelta(days=1)
    first = announce_draw(source="Loto du 17 novembre 2026", source_at=AT - 2 * day, at=AT - 3 * day, **told)
    withdraw_draw(announcement=first, reason="Le Loto est reporté.", actor=ACTOR, at=AT - day)
    later = election.contests.filter(code="CSA-MIN")
    later.update(state=Contest.State.SEALED)
    announce_draw(source="Loto du 21 novembre 2026", source_at=AT + day, at=AT - day, **told)
    later.update(state=Contest.State.PREPARED)


@pytest.fixture
def console(transactional_db: None, live_server: Any, election: Election, administrator: Client, page: Any) -> Any:
    """A browser signed in as an administrator, at the console of an election whose files are imported."""
    import_files(election=election, files=importing.election_files(), actor=ACTOR, at=AT)
    announce_and_withdraw_draws(election)
    cookie = administrator.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/console/")
    return page


def assert_accessible(page: Any) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    # Nothing is wider than the screen (WCAG 1.4.10): wide tables scroll inside their own region.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [1280, 360])
def test_no_page_of_the_console_has_a_fault_that_axe_finds(console: Any, live_server: Any, width: int) -> None:
    console.set_viewport_size({"width": width, "height": 800})
    for path in PAGES:
        console.goto(f"{live_server.url}/console/{path}")
        assert_accessible(console)


def test_faults_are_listed_by_line_and_the_list_is_accessible(console: Any, live_server: Any, tmp_path: Path) -> None:
    roll = tmp_path / "voters.csv"
    roll.write_bytes(importing.election_files(voters=3)["voters.csv"] + b"E9;;;;;;;;;\r\n")
    console.goto(f"{live_server.url}/console/fichiers/")
    console.get_by_label("Liste électorale (voters.csv)").set_input_files(roll)
    console.get_by_role("button", name="Vérifier et importer").click()
    expect(console.get_by_role("row").filter(has_text="voters.csv")).to_have_count(7)
    console.set_viewport_size({"width": 360, "height": 800})
    assert_accessible(console)
