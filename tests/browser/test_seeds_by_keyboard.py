"""The account without a mouse: the whole of seed 001, a lost password, and the warning before a session ends.

The focus is seen at every stop, never lost and never trapped: from each page Tab comes back to where it began.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from isoloir.elections.models import Election
from isoloir.identity.challenge import install_default_questions
from isoloir.identity.requests import answer_requests
from tests import electorate
from tests.browser.inspection import Traffic
from tests.browser.test_keyboard import Keyboard
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")

PASSWORD = "Pic-Epeiche-2026"
NEW_PASSWORD = "Grimpereau-Brun-5"
ANSWER = "Ruche bleue"
_MOST_STOPS = 80
# Which element has the focus, in a form that tells two elements apart; None for the page itself.
_STOP = """() => {
  const one = document.activeElement;
  if (one === null || one === document.body || one === document.documentElement) return null;
  return [...document.querySelectorAll("*")].indexOf(one);
}"""
_PLAYER = "() => document.activeElement.matches('audio')"


class KeyboardVoter:
    """A voter with a keyboard alone: every gesture is a key."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.keys = page, address, Keyboard(page)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def sees(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(title)

    def rings(self) -> None:
        """Check that the focus is seen where it is, as `Keyboard` does on its way to an element."""
        stop = self.keys.focused()
        assert stop["ring"], stop
        assert stop["inside"], stop

    def goes_round(self) -> int:
        """Press Tab until the focus has left the page and come back to its first stop; return how many stops there are.

        Then go back by Shift+Tab from the first to the last: nothing holds the focus either way.
        """
        self.page.evaluate("() => document.activeElement.blur()")
        forward: list[int | None] = []
        for _time in range(_MOST_STOPS):
            self.press("Tab")
            stop = self.page.evaluate(_STOP)
            if stop in forward[:1] and None not in forward[:1]:
                break
            forward.append(stop)
            if stop is not None:
                self.rings()
        else:
            raise AssertionError(f"the focus never comes back to the first stop: {forward}")
        stops = [stop for stop in forward if stop is not None]
        # The parts inside a player of sound share its element: one stop each, in a row.
        assert len(set(stops)) >= 4
        self.press("Shift+Tab")
        for _time in range(3):
            self.press("Shift+Tab")
        assert self.page.evaluate(_STOP) in stops[-6:]
        self.page.evaluate("() => document.activeElement.blur()")
        return len(set(stops))

    def hears_what_is_wrong(self, *faults: str) -> None:
        """The summary of errors takes the focus; each line leads to its field by Enter."""
        self.page.wait_for_function("() => document.activeElement.matches('.error-summary')")
        summary = self.page.locator(".error-summary")
        expect(summary.get_by_role("link")).to_have_count(len(faults))
        for fault in faults:
            expect(summary).to_contain_text(fault)
        self.press("Tab")
        assert self.page.evaluate("() => document.activeElement.closest('.error-summary') !== null")
        target = self.page.evaluate("() => document.activeElement.hash")
        self.press("Enter")
        self.page.wait_for_function("target => `#${document.activeElement.id}` === target", arg=target)

    def fills(self, field: str, text: str) -> None:
        """Go to the field by Tab and type, in place of what it holds."""
        self.keys.goes_to(field=field)
        self.press("Control+a")
        self.page.keyboard.type(text)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """Let pages take their time on a machine that does much else."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def anne(transactional_db, live_server, election: Election, new_context) -> Iterator[KeyboardVoter]:
    install_default_questions(election)
    voter = electorate.make_voter(election, electorate.make_contest(election))
    context = new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    traffic = Traffic(context, address=live_server.url)
    yield KeyboardVoter(context.new_page(), voter.email)
    assert traffic.faults == []


@pytest.fixture
def mailed(outbox) -> Callable[[str], str]:
    """Let the worker answer; return the path of the link of the last mail."""

    def read(door: str) -> str:
        answer_requests(at=electorate.read_clock())
        found = re.search(rf"{door}[\w-]{{43}}/", outbox()[-1][2])
        assert found
        return found[0]

    return read


def test_seed_001_and_a_lost_password_by_keyboard_alone(anne: KeyboardVoter, mailed):
    anne.page.goto("/")
    anne.press("Tab")
    assert anne.keys.focused()["name"] == "Aller au contenu"
    anne.press("Enter")
    anne.keys.presses("Accéder à mon espace électeur")
    identify(anne, faults=True)
    anne.page.goto(mailed("/activation/"))
    make_a_password(anne)
    choose_a_question(anne)
    sign_out_and_in_again(anne)
    lose_the_password(anne)
    anne.page.goto(mailed("/nouveau-mot-de-passe/"))
    make_another_password(anne)


def identify(anne: KeyboardVoter, *, faults: bool = False) -> None:
    anne.sees("Identifiez-vous")
    if faults:
        assert anne.goes_round() >= 12
        anne.keys.presses("Continuer")
        anne.hears_what_is_wrong("Indiquez votre adresse", "Recopiez les chiffres")
        # The line led to the address, where one types at once.
        assert anne.keys.focused()["id"] == "id_email"
        anne.page.keyboard.type(anne.address)
        use_the_captcha(anne)
    else:
        anne.fills("id_email", anne.address)
        anne.fills("id_captcha", "00000")
    anne.press("Enter")
    anne.sees("Saisissez votre mot de passe Élections")


def use_the_captcha(anne: KeyboardVoter) -> None:
    """Ask for a new code and stay on its button, play the sound, then copy."""
    picture = anne.page.locator("[data-captcha] img")
    before = picture.get_attribute("src") or ""
    anne.keys.presses("Nouveau code", "Space")
    expect(picture).not_to_have_attribute("src", before)
    assert "Nouveau code" in anne.keys.focused()["name"]
    anne.press("Tab")
    assert anne.page.evaluate(_PLAYER)
    with anne.page.expect_response(re.compile("/captcha/son/")) as heard:
        anne.press("Space")
    assert heard.value.status in (200, 206)
    anne.fills("id_captcha", "00000")
    assert anne.keys.focused()["id"] == "id_captcha"


def make_a_password(anne: KeyboardVoter) -> None:
    """Break the rules, type differently, then show what is typed and send it, by the keys."""
    anne.sees("Faites votre mot de passe Élections")
    assert anne.goes_round() >= 12
    anne.fills("id_password", "court")
    anne.fills("id_confirmation", "autre")
    anne.fills("id_captcha", "00000")
    anne.press("Enter")
    anne.page.wait_for_function("() => document.activeElement.matches('.error-summary')")
    assert anne.page.locator(".error-summary a").count() >= 2
    type_a_password_twice(anne, PASSWORD)
    anne.keys.presses("Continuer vers la question défi")


def type_a_password_twice(anne: KeyboardVoter, password: str) -> None:
    field = anne.page.locator("#id_password")
    anne.fills("id_password", password)
    anne.keys.presses("Afficher", "Space")
    expect(field).to_have_attribute("type", "text")
    # The focus goes back to the field, where one goes on typing; the button hides it again.
    assert anne.keys.focused()["id"] == "id_password"
    anne.keys.presses("Masquer", "Enter")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value(password)
    anne.fills("id_confirmation", password)
    expect(anne.page.locator("[data-same]")).to_have_attribute("data-met", "true")


def choose_a_question(anne: KeyboardVoter) -> None:
    anne.sees("Choisissez votre question défi")
    assert anne.goes_round() >= 10
    anne.keys.presses("Activer mon compte")
    anne.hears_what_is_wrong("Choisissez une question défi.", "Donnez votre réponse secrète.", "une seconde fois.")
    assert anne.keys.focused()["id"] == "id_question"
    chosen = anne.page.locator("#id_question option:checked")
    seen = []
    for _time in range(3):
        anne.press("ArrowDown")
        seen.append(chosen.inner_text())
    anne.press("ArrowUp")
    assert len(set(seen)) == 3
    expect(chosen).to_have_text(seen[1])
    anne.fills("id_answer", ANSWER)
    anne.fills("id_answer_again", ANSWER)
    # Enter sends the form by its main button: the account is activated, not entered without.
    anne.press("Enter")
    anne.sees("Bienvenue")
    expect(anne.page.locator("main")).to_contain_text("Votre compte a bien été activé.")


def sign_out_and_in_again(anne: KeyboardVoter) -> None:
    assert anne.goes_round() >= 8
    anne.keys.presses("Se déconnecter")
    anne.sees("Élisez vos représentants")
    electorate.pass_time(timedelta(minutes=1))
    anne.keys.presses("Accéder à mon espace électeur")
    identify(anne)
    anne.keys.presses("Me connecter")
    anne.hears_what_is_wrong("Saisissez votre mot de passe Élections.")
    anne.page.keyboard.type(PASSWORD)
    anne.press("Enter")
    anne.sees("Bienvenue")
    expect(anne.page.locator(".election-band__visit")).to_have_text(
        "Dernière connexion le 20/11/2026 à 10h00 (heure de Paris)"
    )
    anne.keys.presses("Se déconnecter")
    anne.sees("Élisez vos représentants")


def lose_the_password(anne: KeyboardVoter) -> None:
    anne.keys.presses("Accéder à mon espace électeur")
    identify(anne)
    anne.keys.presses("Mot de passe perdu")
    anne.sees("Confirmez votre demande")
    assert anne.goes_round() >= 10
    anne.keys.presses("Confirmer ma demande")
    anne.hears_what_is_wrong("Recopiez les chiffres")
    anne.page.keyboard.type("00000")
    anne.press("Enter")
    anne.sees("Votre demande est enregistrée")
    anne.goes_round()


def make_another_password(anne: KeyboardVoter) -> None:
    anne.sees("Faites un nouveau mot de passe Élections")
    type_a_password_twice(anne, NEW_PASSWORD)
    anne.fills("id_captcha", "00000")
    anne.keys.presses("Enregistrer et entrer dans mon espace", "Space")
    anne.sees("Bienvenue")
    expect(anne.page.locator("main")).to_contain_text("Votre nouveau mot de passe est enregistré.")


def test_access_without_activation_by_keyboard(anne: KeyboardVoter, mailed):
    anne.page.goto("/identification/")
    identify(anne)
    anne.page.goto(mailed("/activation/"))
    type_a_password_twice(anne, PASSWORD)
    anne.fills("id_captcha", "00000")
    anne.press("Enter")
    anne.sees("Choisissez votre question défi")
    anne.keys.presses("Accès sans activation", "Space")
    anne.sees("Bienvenue")
    expect(anne.page.locator("main")).to_contain_text("Votre compte n’est pas activé")


def test_work_of_the_device_is_begun_stopped_and_finished_by_keyboard(anne: KeyboardVoter):
    anne.page.goto("/identification/")
    anne.fills("id_email", anne.address)
    anne.keys.presses("Vérifier sans image ni son", "Space")
    status = anne.page.locator("[data-captcha] [role=status]")
    expect(status).to_have_text("Vérification faite. Il n’y a rien à recopier.")
    # Its button is gone: the focus is on what says that it is done, inside the form.
    assert anne.page.evaluate("() => document.activeElement.closest('form') !== null")
    anne.keys.presses("Continuer")
    anne.sees("Saisissez votre mot de passe Élections")


def test_warning_of_the_session_is_answered_by_keyboard(transactional_db, live_server, election, client, new_context):
    voter = electorate.make_voter(election, electorate.make_contest(election))
    electorate.activate(voter)
    electorate.sign_in(client, voter.email)
    context = new_context(base_url=live_server.url)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    anne = KeyboardVoter(page, voter.email)
    page.clock.install(time=electorate.read_clock())
    page.goto("/espace/")
    anne.keys.goes_to(name="Consulter mes scrutins et leurs listes")
    electorate.pass_time(timedelta(minutes=13, seconds=5))
    page.clock.run_for(13 * 60_000 + 5_000)
    warning = page.get_by_role("alertdialog")
    expect(warning.get_by_role("button", name="Rester connecté")).to_be_focused()
    # The page behind is out of reach: Tab stays with the warning, and the browser's own bar.
    for key in ("Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab"):
        anne.press(key)
        assert page.evaluate(
            "() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    page.get_by_role("button", name="Rester connecté").focus()
    anne.press("Space")
    expect(warning).to_have_count(0)
    # And the focus is back where it was.
    assert "Consulter mes scrutins et leurs listes" in anne.keys.focused()["name"]
