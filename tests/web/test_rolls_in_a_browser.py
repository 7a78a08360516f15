"""Home, rolls, personal information, lists and their draw in a real browser: axe, vnu, pa11y, 360 px.

The search in a roll is done by keyboard alone; members of a bureau read the same rolls.
"""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from isoloir.elections.draw import announce_draw, make_draw
from isoloir.elections.models import Contest, Election
from tests import electorate
from tests.browser.inspection import Inspector, Traffic
from tests.electorate import BEFORE, STAFF_PASSWORD, activate, make_contest, make_voter, sign_in, sign_in_member
from tests.factories import make_station


def arrive(page: Page, client: Client, address: str) -> None:
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])


def president_of(contest: Contest) -> Client:
    """Return the client of the president of a new bureau of this contest, who has signed in."""
    account = make_station(contest.election, [contest]).members.get(role="president").account
    account.password = make_password(STAFF_PASSWORD)
    account.save(update_fields=("password",))
    TOTPDevice.objects.create(user=account, name="téléphone")
    client = Client()
    sign_in_member(client, account)
    return client


def draw_the_lists(election: Election, *contests: Contest) -> None:
    """Draw the order of the lists, and announce the draw of a contest that comes after."""
    lottery = {"election": election, "seed_shape": "3 de 1 à 49", "actor": "essai"}
    made = announce_draw(
        source="Loto du 18 novembre 2026",
        source_at=BEFORE - timedelta(days=2),
        at=BEFORE - timedelta(days=3),
        **lottery,
    )
    make_draw(announcement=made, seed="9 18 26", actor="essai", at=BEFORE - timedelta(days=2))
    make_contest(election, "CAP")
    awaited = BEFORE + timedelta(days=5)
    announce_draw(source="Loto du 25 novembre 2026", source_at=awaited, at=BEFORE, **lottery)
    Contest.objects.filter(pk__in=[each.pk for each in contests]).update(state=Contest.State.SEALED)


def search(page: Page, inspector: Inspector) -> None:
    """Read the roll of a contest as a voter does: turn a page, search with the keyboard, search for too little."""
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


def test_home_rolls_and_personal_information_are_accessible(
    transactional_db, live_server, election, client, page: Page, tmp_path: Path
):
    contest = make_contest(election)
    voter = make_voter(election, contest)
    for number in range(60):
        make_voter(election, contest, email=f"v{number}@valmont.example", last_name=f"Lefèvre-Œillet{number}")
    activate(voter)
    draw_the_lists(election, contest)
    electorate.set_clock(BEFORE)
    sign_in(client, voter.email)
    arrive(page, client, live_server.url)
    traffic = Traffic(page.context, address=live_server.url)
    inspector = Inspector(tmp_path, address=live_server.url)
    for name, path in {
        "draw": "tirage/", "compare": f"espace/scrutins/{contest.uuid}/comparer/",
        "compared": f"espace/scrutins/{contest.uuid}/comparer/?a=1&b=2",
        "home": "espace/", "personal": "espace/mes-informations/", "rolls": "espace/listes-electorales/",
    }.items():  # fmt: skip
        page.goto(f"{live_server.url}/{path}")
        inspector.look(page, name)
    page.get_by_role("link", name=contest.name).click()
    search(page, inspector)
    arrive(page, president_of(contest), live_server.url)
    page.goto(f"{live_server.url}/bureau/listes-electorales/")
    inspector.look(page, "bureau-rolls")
    page.get_by_role("link", name=contest.name).click()
    inspector.look(page, "bureau-roll")
    assert [*inspector.faults, *traffic.faults, *inspector.findings_of_vnu(), *inspector.findings_of_pa11y()] == []
