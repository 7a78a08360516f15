"""Arriving from the employer's portal in a real browser, the portal calling its employer over a real socket."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from isoloir.roll.models import Voter as RollVoter
from tests import electorate
from tests.browser.inspection import Inspector, Traffic
from tests.browser.test_keyboard import Keyboard
from tests.browser.voter import Voter
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")


class Arriving:
    """A voter of the roll in front of the portal, whose employer is served by the same server."""

    def __init__(self, page: Page, voter: RollVoter, address: str) -> None:
        self.page, self.voter, self.address = page, voter, address

    def title(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(title)

    def takes_the_door(self) -> None:
        self.page.goto("/identification/")
        self.page.get_by_role("link", name="Se connecter avec Agents Valmorane").click()
        self.title("qui êtes-vous ?")

    def is_agent(self, name: str) -> None:
        self.page.get_by_role("radio", name=name).check()
        self.page.get_by_role("button", name="Continuer").click()


@pytest.fixture
def arriving(transactional_db, live_server, election, settings, new_context) -> Arriving:
    """Bring the addresses of the settings to this server, wherever it listens."""
    served = {name: value.replace(settings.PORTAL_URL, live_server.url) if isinstance(value, str) else value
              for name, value in settings.SINGLE_SIGN_ON["endpoints"].items()}  # fmt: skip
    issuer = settings.SINGLE_SIGN_ON["issuer"].replace(settings.PORTAL_URL, live_server.url)
    settings.SINGLE_SIGN_ON = settings.SINGLE_SIGN_ON | {"issuer": issuer, "endpoints": served}
    settings.PORTAL_URL = live_server.url
    voter = electorate.make_voter(election, electorate.make_contest(election))
    electorate.activate(voter)
    return Arriving(new_context(base_url=live_server.url).new_page(), voter, live_server.url)


def test_voter_goes_through_the_employer_to_her_space(arriving):
    page = arriving.page
    traffic = Traffic(page.context, address=arriving.address)
    arriving.takes_the_door()
    arriving.is_agent("Anne Dupont")
    arriving.title("Saisissez votre mot de passe")
    expect(page.get_by_text(arriving.voter.email)).to_be_visible()
    page.get_by_label("Mot de passe Élections").fill(electorate.PASSWORD)
    page.get_by_role("button", name="Me connecter").click()
    arriving.title("Bienvenue")
    page.goto("/arrivee/")
    assert urlsplit(page.url).path == "/espace/"
    assert traffic.faults == []


def test_going_back_or_reloading_after_an_arrival_brings_no_fault_page(arriving):
    arriving.takes_the_door()
    arriving.is_agent("Anne Dupont")
    arriving.title("Saisissez votre mot de passe")
    arriving.page.reload()
    arriving.title("Saisissez votre mot de passe")
    arriving.page.go_back()
    arriving.is_agent("Anne Dupont")
    # Her answer of a moment ago is not believed twice: she is told so, and can begin again.
    arriving.title("n’a pas abouti")
    arriving.page.get_by_role("link", name="Recommencer").click()
    arriving.is_agent("Anne Dupont")
    arriving.title("Saisissez votre mot de passe")


def test_refused_arrivals_lead_on_at_an_address_that_holds_nothing_received(arriving):
    page = arriving.page
    arriving.takes_the_door()
    arriving.is_agent("Une personne absente")
    arriving.title("Nous ne vous trouvons pas sur la liste électorale")
    assert page.url.endswith("/arrivee/refus/")
    page.reload()
    arriving.title("Nous ne vous trouvons pas sur la liste électorale")
    page.get_by_role("button", name="English").click()
    assert page.url.endswith("/arrivee/refus/")
    page.get_by_role("button", name="Français").click()
    page.get_by_role("link", name="Indiquer mon adresse").click()
    arriving.title("Identifiez-vous")
    arriving.takes_the_door()
    page.get_by_role("button", name="Ne pas transmettre mon identité").click()
    arriving.title("La connexion depuis Agents Valmorane n’a pas abouti")


def test_keyboard_is_enough_to_arrive(arriving, settings):
    # The CAPTCHA, whose sound has the browser's own buttons, is not crossed here: its own tests look at it.
    settings.CAPTCHA_PLACES = set()
    page, keys = arriving.page, Keyboard(arriving.page)
    page.goto("/identification/")
    keys.presses("Se connecter avec")
    arriving.title("qui êtes-vous ?")
    keys.goes_to(field="id_agent_0")
    page.keyboard.press("Space")
    keys.presses("Continuer")
    arriving.title("Saisissez votre mot de passe")


def test_pages_of_an_arrival_satisfy_axe_and_fit_a_phone(arriving, tmp_path: Path):
    page = arriving.page
    arriving.takes_the_door()
    inspector = Inspector(tmp_path, address=arriving.address)
    inspector.look(page, "employer-choice")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Une correction est nécessaire").wait_for()
    inspector.look(page, "employer-choice-fault")
    arriving.is_agent("Une personne absente")
    arriving.title("Nous ne vous trouvons pas")
    inspector.look(page, "arrival-unknown")
    arriving.takes_the_door()
    page.get_by_role("button", name="Ne pas transmettre mon identité").click()
    arriving.title("n’a pas abouti")
    inspector.look(page, "arrival-refused")
    page.goto("/identification/")
    inspector.look(page, "arrival-door")
    page.goto("/demo/employeur/")
    inspector.look(page, "employer")
    page.goto("/demo/employeur/autoriser/")
    arriving.title("Ce site n’est pas connu")
    inspector.look(page, "employer-refusal")
    assert inspector.faults == []


def test_demonstration_serves_the_portal_and_its_employer_at_once(open_vote, person_page):
    page, traffic = person_page(open_vote.address)
    voter = Voter(page).is_given(open_vote.elector())
    page.goto("/demo/employeur/")
    voter.clicks("Aller aux élections professionnelles")
    voter.sees("qui êtes-vous ?")
    page.get_by_role("radio", name=voter.identity.address).check()
    voter.clicks("Continuer")
    voter.sees("Saisissez votre mot de passe")
    assert voter.identity.address in page.locator("main").inner_text()
    assert traffic.faults == []
