"""Home, rolls and personal information in a real browser: axe, vnu, pa11y, 360 px, and the search by keyboard alone."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page, expect

from isoloir.elections.models import Contest
from tests import electorate
from tests.browser.inspection import Inspector, Traffic
from tests.electorate import activate, make_contest, make_voter, sign_in


def test_home_rolls_and_personal_information_are_accessible(
    transactional_db, live_server, election, client, page: Page, tmp_path: Path
):
    contest = make_contest(election, state=Contest.State.SEALED)
    voter = make_voter(election, contest)
    for number in range(60):
        make_voter(election, contest, email=f"v{number}@valmont.example", last_name=f"Lefèvre-Œillet{number}")
    activate(voter)
    electorate.set_clock(election.portal_opens_at + timedelta(hours=1))
    sign_in(client, voter.email)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
    traffic = Traffic(page.context, address=live_server.url)
    inspector = Inspector(tmp_path, address=live_server.url)
    for name, path in (("home", ""), ("personal", "mes-informations/"), ("rolls", "listes-electorales/")):
        page.goto(f"{live_server.url}/espace/{path}")
        inspector.look(page, name)
    page.get_by_role("link", name=contest.name).click()
    expect(page.get_by_role("heading", name="Vous êtes inscrit·e")).to_be_visible()
    inspector.look(page, "roll")
    page.get_by_role("link", name="Page suivante").click()
    inspector.look(page, "roll-next")
    field = page.get_by_label("Nom ou prénom")
    field.focus()
    page.keyboard.type("oeillet7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 personne trouvée.")).to_be_visible()
    assert "oeillet" not in page.url
    inspector.look(page, "roll-found")
    field.fill("a")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Nom ou prénom")).to_have_attribute("aria-invalid", "true")
    inspector.look(page, "roll-refused")
    assert [*inspector.faults, *traffic.faults, *inspector.findings_of_vnu(), *inspector.findings_of_pa11y()] == []
