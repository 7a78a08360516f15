"""The home of the voter space: its blocks, what opens when, what is done and what remains, one main action at a time."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

import isoloir.web
from isoloir.elections.models import Contest
from isoloir.roll.models import RollEntry, Turnout
from tests import electorate
from tests.electorate import BEFORE, CLOSES, DURING, OPENS, activate, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db


def home_at(client, election, at, *, voted=0, contests=2):
    made = [make_contest(election, code, state=Contest.State.SEALED) for code in ("CSA", "CAP", "CCP")[:contests]]
    voter = make_voter(election, *made)
    activate(voter)
    for entry in RollEntry.objects.filter(voter=voter).order_by("pk")[:voted]:
        Turnout.objects.create(entry=entry, voted_at=at)
    electorate.set_clock(at)
    sign_in(client, voter.email)
    return text(client.get("/espace/"))


def main_actions(page):
    """Return where the main buttons of the page lead; the warning of the session's end, outside, has its own."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.findall(r'<a class="button(?: button--large)?" href="([^"]+)"', main)


def test_home_has_the_blocks_and_the_links_of_the_portal_of_2022(client, election):
    page = home_at(client, election, BEFORE)
    for block in ("Mes informations pratiques", "Mes scrutins", "Mon compte", "Je vote"):
        assert re.search(rf"<h2[^>]*>{block}</h2>", page)
    for words, path in (
        ("Édito", "/edito/"), ("Aide en ligne – Foire aux questions", "/aide/"),
        ("Formulaire de demande d’assistance", "/assistance/"),
        ("Consulter les listes électorales de mes scrutins", "/espace/listes-electorales/"),
        ("Consulter mes scrutins et leurs listes de candidats", "/espace/scrutins/"),
        ("Formuler une réclamation", "/espace/reclamations/"),
        ("Mes informations personnelles", "/espace/mes-informations/"),
    ):  # fmt: skip
        assert re.search(rf'<a href="{path}">(?:(?!</a>).)*{words}(?:(?!</a>).)*</a>', page, re.DOTALL), words
    assert "Ouvert du jeudi 3 décembre 2026 à 8 h 00 au jeudi 10 décembre 2026 à 17 h 00 (heure de Paris)." in page


@pytest.mark.parametrize(
    ("at", "voted", "action"),
    [
        (BEFORE, 0, "/espace/scrutins/"),
        (DURING, 0, "/vote/"),
        (DURING, 1, "/vote/"),
        (DURING, 2, None),
        (CLOSES, 0, None),
    ],
)
def test_home_has_one_main_action_at_most(client, election, at, voted, action):
    assert main_actions(home_at(client, election, at, voted=voted)) == ([action] if action else [])


def test_before_the_lists_one_checks_ones_inscription(client, election):
    page = home_at(client, election, election.lists_shown_at - timedelta(seconds=1))
    assert main_actions(page) == ["/espace/listes-electorales/"]
    assert "Listes de candidats à partir du jeudi 5 novembre 2026 à 9 h 00 (heure de Paris)." in page


def test_before_the_rolls_home_says_when_they_come(client, election):
    election.rolls_shown_at = election.portal_opens_at + timedelta(days=2)
    election.save()
    page = home_at(client, election, election.portal_opens_at + timedelta(days=1))
    assert main_actions(page) == []
    assert page.count("À partir du jeudi 15 octobre 2026 à 9 h 00 (heure de Paris).") == 2  # Rolls, and claims.


def test_home_says_until_when_claims_are_received_and_since_when_no_more(client, election):
    page = home_at(client, election, election.portal_opens_at)
    assert "Jusqu’au samedi 24 octobre 2026 à 9 h 00 (heure de Paris)." in page
    electorate.set_clock(election.portal_opens_at + timedelta(minutes=5))
    assert "Le délai est passé" not in page
    client.post("/deconnexion/")
    electorate.set_clock(election.portal_opens_at + timedelta(days=12))
    sign_in(client, "anne.dupont@valmont.example")
    assert "Le délai est passé depuis le samedi 24 octobre" in text(client.get("/espace/"))


def test_home_counts_what_is_voted_and_what_remains(client, election):
    page = home_at(client, election, DURING, voted=1, contests=3)
    assert "Scrutins votés : 1 sur 3" in page
    assert page.count("À voter") == 2


@pytest.mark.parametrize("at", [BEFORE, OPENS, CLOSES])
def test_home_takes_twelve_queries_at_most(client, election, at, django_assert_max_num_queries):
    home_at(client, election, at, contests=3)
    with django_assert_max_num_queries(12):
        assert client.get("/espace/").status_code == 200


# ---- The countdown ----


def test_countdown_goes_with_its_date_and_is_quiet(client, election):
    page = home_at(client, election, OPENS - timedelta(days=7, hours=6, minutes=24))
    figures = dict(re.findall(r'data-unit="(\w+)">(\d+)<', page))
    assert figures == {"days": "7", "hours": "6", "minutes": "24"}
    assert 'role="timer" aria-live="off"' in page
    assert 'data-until="2026-12-03T07:00:00Z" data-now="2026-11-26T00:36:00Z"' in page
    assert "Le vote est ouvert." in page  # What the page will say at zero, with a link that reloads it.


def open_in_browser(page: Page, html: str, device: timedelta) -> None:
    """Show the page with its script of countdowns and no other, on a device whose clock is wrong by `device`."""
    script = Path(isoloir.web.__file__).parent / "static" / "js" / "countdown.js"

    def answer(route: Route) -> None:
        if route.request.url.endswith("/espace/"):
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif route.request.url.endswith("/js/countdown.js"):
            route.fulfill(path=script, content_type="text/javascript")
        else:
            route.fulfill(status=404)

    page.route("**/*", answer)
    page.clock.install(time=electorate.read_clock() + device)
    page.goto("http://portal.example/espace/")


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(days=-400)], ids=["a right clock", "a wrong clock"])
def test_countdown_follows_the_clock_of_the_server_without_reload(client, election, page, skew):
    open_in_browser(page, home_at(client, election, OPENS - timedelta(hours=1, seconds=30)), skew)
    numbers = page.locator("[data-unit]")
    status = page.locator(".countdown [role=status]")
    assert numbers.all_inner_texts() == ["0", "1", "1"]
    assert status.inner_text() == ""
    page.clock.run_for(60_000)
    assert numbers.all_inner_texts() == ["0", "1", "0"]
    assert status.inner_text() == "Le vote ouvre dans une heure"
    page.clock.run_for(50 * 60_000)
    assert numbers.all_inner_texts() == ["0", "0", "10"]
    assert status.inner_text() == "Le vote ouvre dans dix minutes"
    page.clock.run_for(9 * 60_000 + 28_000)
    assert page.locator(".countdown__over").is_hidden()
    page.clock.run_for(3_000)
    assert page.locator(".countdown__left").is_hidden()
    assert "Le vote est ouvert." in page.locator(".countdown__over").inner_text()
    assert page.get_by_role("link", name="Actualiser la page").is_visible()
    assert "Le vote est ouvert." in status.inner_text()
