"""The warning before a session ends, in a real browser: the portal's clock and the browser's move together."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, Response, expect

from isoloir.identity.sessions import begin_vote
from isoloir.identity.sessionstore import SessionStore
from tests import electorate
from tests.browser.inspection import Inspector, Traffic
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")

MINUTE = timedelta(minutes=1)


def told(response: Response) -> bool:
    """Recognise the answer to « somebody is there »."""
    return response.request.method == "POST" and response.url.endswith("/session/")


class SignedIn:
    """A voter in her space; each page that she opens has its own clock, moved with the portal's."""

    def __init__(self, address: str, key: str, new_page: Callable[[], Page]) -> None:
        self.address, self.key, self._new_page = address, key, new_page
        self._pages: list[Page] = []
        self.page = self.opens("/espace/")

    def opens(self, path: str) -> Page:
        page = self._new_page()
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": self.key, "url": self.address}])
        page.clock.install(time=electorate.read_clock())
        page.goto(f"{self.address}{path}")
        page.wait_for_load_state("networkidle")
        self._pages.append(page)
        return page

    def waits(self, delay: timedelta) -> None:
        electorate.pass_time(delay)
        for page in self._pages:
            page.clock.run_for(int(delay.total_seconds() * 1000))

    def warning(self, page: Page | None = None) -> Locator:
        return (page or self.page).get_by_role("alertdialog")


@pytest.fixture
def signed_in(transactional_db, live_server, election, client, context):
    voter = electorate.make_voter(election, electorate.make_contest(election))
    electorate.activate(voter)
    electorate.sign_in(client, voter.email)
    return SignedIn(live_server.url, client.cookies[settings.SESSION_COOKIE_NAME].value, context.new_page)


def test_idle_voter_is_warned_two_minutes_before_and_stays_by_one_key(signed_in):
    signed_in.waits(12 * MINUTE)
    expect(signed_in.warning()).to_have_count(0)
    signed_in.waits(MINUTE + timedelta(seconds=5))
    warning = signed_in.warning()
    expect(warning).to_be_visible()
    expect(warning).to_have_accessible_name("Êtes-vous toujours là ?")
    expect(warning).to_contain_text("votre session se ferme à 10\u00a0h\u00a015 (heure de Paris)")
    expect(warning.get_by_role("button", name="Rester connecté")).to_be_focused()
    left = warning.get_by_role("timer")
    expect(left).to_contain_text("1 min")
    signed_in.waits(MINUTE)
    expect(left).to_contain_text("0 min 5")
    expect(warning.get_by_role("status")).to_have_text("Il reste une minute.")
    signed_in.page.keyboard.press("Enter")
    expect(warning).to_have_count(0)
    signed_in.waits(10 * MINUTE)
    expect(signed_in.warning()).to_have_count(0)
    signed_in.page.reload()
    expect(signed_in.page.get_by_role("heading", level=1)).to_contain_text("Bienvenue")


def test_escape_means_staying_and_gives_the_focus_back(signed_in):
    signed_in.page.get_by_role("link", name="Mes scrutins et leurs listes de candidats").focus()
    signed_in.waits(13 * MINUTE + timedelta(seconds=5))
    expect(signed_in.warning()).to_be_visible()
    signed_in.page.keyboard.press("Escape")
    expect(signed_in.warning()).to_have_count(0)
    expect(signed_in.page.get_by_role("link", name="Mes scrutins et leurs listes de candidats")).to_be_focused()
    signed_in.waits(10 * MINUTE)
    signed_in.page.reload()
    expect(signed_in.page.get_by_role("heading", level=1)).to_contain_text("Bienvenue")


def test_session_that_ended_says_so_and_offers_the_way_in(signed_in):
    signed_in.waits(13 * MINUTE + timedelta(seconds=5))
    expect(signed_in.warning()).to_be_visible()
    signed_in.waits(2 * MINUTE + timedelta(seconds=5))
    ended = signed_in.warning()
    expect(ended).to_have_accessible_name("Votre session a pris fin")
    ended.get_by_role("link", name="M’identifier de nouveau").click()
    expect(signed_in.page.get_by_role("heading", level=1)).to_have_text("Identifiez-vous")


def test_active_voter_is_never_warned_before_the_absolute_limit(signed_in):
    for _time in range(19):
        signed_in.waits(3 * MINUTE)
        expect(signed_in.warning()).to_have_count(0)
        with signed_in.page.expect_response(told):
            signed_in.page.keyboard.press("Tab")
    signed_in.waits(MINUTE + timedelta(seconds=5))
    warning = signed_in.warning()
    expect(warning).to_have_accessible_name("Votre session arrive à son terme")
    warning.get_by_role("button", name="Continuer jusque-là").click()
    expect(warning).to_have_count(0)
    signed_in.waits(2 * MINUTE)
    expect(signed_in.warning()).to_have_accessible_name("Votre session a pris fin")


def test_activity_is_told_once_a_minute_at_most(signed_in):
    asked = []
    signed_in.page.on("request", lambda request: asked.append(request.method) if "/session/" in request.url else None)
    for _time in range(12):
        signed_in.page.mouse.move(5 + _time, 9)
        signed_in.page.keyboard.press("Tab")
        signed_in.waits(timedelta(seconds=20))
    signed_in.page.wait_for_load_state("networkidle")
    assert set(asked) == {"POST"}
    assert 2 <= len(asked) <= 4


def test_code_proved_in_the_booth_moves_the_absolute_limit(signed_in):
    """The booth does not speak to this script: it asks the portal again before it warns."""
    booth = signed_in.opens("/vote/")
    for _time in range(5):
        signed_in.waits(10 * MINUTE)
        with booth.expect_response(told):
            booth.keyboard.press("Tab")
    session = SessionStore(session_key=signed_in.key)
    begin_vote(session, at=electorate.read_clock())
    session.save()
    signed_in.waits(9 * MINUTE)
    expect(signed_in.warning(booth)).to_have_count(0)


def test_other_tab_keeps_this_one_alive_and_ends_it(signed_in):
    other = signed_in.opens("/espace/scrutins/")
    signed_in.waits(12 * MINUTE)
    with other.expect_response(told):
        other.keyboard.press("Tab")
    signed_in.waits(2 * MINUTE)
    expect(signed_in.warning()).to_have_count(0)
    other.get_by_role("button", name="Se déconnecter").click()
    expect(other.get_by_text("Vous êtes déconnecté.")).to_be_visible()
    signed_in.page.keyboard.press("Tab")
    expect(signed_in.warning()).to_have_accessible_name("Votre session a pris fin")
    signed_in.page.get_by_role("button", name="Rester sur cette page").click()
    expect(signed_in.warning()).to_have_count(0)


def test_portal_that_does_not_answer_is_said_and_asked_again(signed_in):
    signed_in.waits(13 * MINUTE + timedelta(seconds=5))
    expect(signed_in.warning()).to_be_visible()
    signed_in.page.route("**/session/", lambda route: route.abort())
    signed_in.page.get_by_role("button", name="Rester connecté").click()
    expect(signed_in.warning()).to_contain_text("Le portail ne répond pas.")
    signed_in.page.unroute("**/session/")
    signed_in.page.get_by_role("button", name="Rester connecté").click()
    expect(signed_in.warning()).to_have_count(0)


def test_warning_is_accessible_in_its_states(signed_in, tmp_path):
    inspector, page = Inspector(tmp_path, address=signed_in.address), signed_in.page
    traffic = Traffic(page.context, address=signed_in.address)
    signed_in.waits(13 * MINUTE + timedelta(seconds=5))
    expect(signed_in.warning()).to_be_visible()
    # Looking at the page asks the portal for it again, as somebody who reloads it: that prolongs the session.
    inspector.look(page, "session-warning")
    with page.expect_response(told):
        page.get_by_role("button", name="Rester connecté").click()
    expect(signed_in.warning()).to_have_count(0)
    signed_in.waits(13 * MINUTE + timedelta(seconds=5))
    expect(signed_in.warning()).to_be_visible()
    signed_in.waits(2 * MINUTE + timedelta(seconds=5))
    expect(signed_in.warning()).to_have_accessible_name("Votre session a pris fin")
    inspector.look(page, "session-ended")
    assert [*inspector.faults, *inspector.findings_of_vnu()] == []
    assert [fault for fault in traffic.faults if "401" not in fault] == []


def test_without_script_the_limits_are_the_same(transactional_db, live_server, election, new_context):
    voter = electorate.make_voter(election, electorate.make_contest(election))
    electorate.activate(voter)
    page = new_context(java_script_enabled=False, base_url=live_server.url).new_page()
    page.goto("/identification/")
    page.get_by_label("Adresse électronique professionnelle").fill(voter.email)
    page.get_by_label("Chiffres de l’image ou du son").fill("00000")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Mot de passe Élections").fill(electorate.PASSWORD)
    page.get_by_role("button", name="Me connecter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bienvenue")
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    electorate.pass_time(15 * MINUTE)
    page.reload()
    expect(page.get_by_text("Votre session a pris fin, pour votre sécurité.")).to_be_visible()
