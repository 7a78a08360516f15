"""The CAPTCHA in a real browser, with and without JavaScript: another code, the sound, and the proof of work."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from isoloir.captcha.models import UsedChallenge
from tests.browser.inspection import DESKTOP, PHONE, Traffic

pytestmark = [pytest.mark.urls("tests.web.captcha_urls"), pytest.mark.django_db(transaction=True)]
CODE = "Chiffres de l’image ou du son"
TOKEN = "input[name=captcha_0]"
START, CANCEL = "Vérifier sans image ni son", "Arrêter la vérification"
# Far beyond what a test waits for: the search is still going on when it is stopped.
ENDLESS = 4_000_000_000


@pytest.fixture
def traffic(page: Page, live_server):
    """Visit the trial page; nothing may go wrong until the end, content security policy included."""
    traffic = Traffic(page.context, address=live_server.url)
    page.set_viewport_size(DESKTOP)
    page.goto(f"{live_server.url}/essai/")
    yield traffic
    assert traffic.faults == []


def fill(page: Page) -> None:
    page.get_by_label("Nom").fill("Anne")
    page.get_by_label("Mot de passe", exact=True).fill("secret")


def token(page: Page) -> str:
    return page.locator(TOKEN).input_value()


def image_is_seen(page: Page) -> bool:
    return bool(
        page.locator(".captcha img").evaluate("async (image) => { await image.decode(); return image.naturalWidth }")
    )


def test_code_is_copied_and_the_enter_key_sends_the_form(page: Page, traffic):
    fill(page)
    assert image_is_seen(page)
    page.get_by_label(CODE).fill("00000")
    page.get_by_label("Nom").press("Enter")
    expect(page.get_by_text("Reçu de Anne")).to_be_visible()


def test_another_code_comes_without_leaving_the_page(page: Page, traffic):
    fill(page)
    before = token(page)
    page.get_by_label(CODE).fill("123")
    button = page.get_by_role("button", name="Nouveau code")
    button.click()
    expect(page.get_by_text("Nouveau code affiché.")).to_be_visible()
    expect(button).to_be_focused()
    assert token(page) != before
    expect(page.get_by_label(CODE)).to_have_value("")
    expect(page.get_by_label("Nom")).to_have_value("Anne")
    expect(page.get_by_label("Mot de passe", exact=True)).to_have_value("secret")
    assert image_is_seen(page)
    assert token(page) in page.locator(".captcha audio").get_attribute("src")
    page.get_by_label(CODE).fill("00000")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Reçu de Anne")).to_be_visible()


def test_sound_plays_when_asked_and_only_then(page: Page, traffic):
    sounds = [request.url for request in traffic.requests if "/captcha/son/" in request.url]
    assert sounds == []
    sound = page.locator(".captcha audio")
    expect(sound).to_be_visible()
    seconds = sound.evaluate(
        """(audio) => new Promise((hear, fail) => {
             audio.onloadedmetadata = () => hear(audio.duration); audio.onerror = fail; audio.preload = "metadata"; audio.load();
           })"""
    )
    assert 3 < seconds < 12


def test_device_works_instead_of_the_eye_and_the_ear(page: Page, traffic):
    fill(page)
    page.get_by_role("button", name=START).click()
    done = page.get_by_text("Vérification faite. Il n’y a rien à recopier.")
    expect(done).to_be_visible()
    expect(done).to_be_focused()
    expect(page.get_by_role("button", name=START)).to_be_hidden()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Reçu de Anne")).to_be_visible()
    assert UsedChallenge.objects.count() == 1


def test_work_that_is_done_stays_done_while_something_else_is_corrected(page: Page, traffic):
    page.get_by_role("button", name=START).click()
    expect(page.get_by_text("Vérification faite.")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Indiquez votre nom.").first).to_be_visible()
    expect(page.get_by_text("Vérification faite.")).to_be_visible()
    fill(page)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Reçu de Anne")).to_be_visible()


def test_work_shows_its_progress_and_stops_when_asked(page: Page, live_server, settings):
    settings.CAPTCHA_WORK = ENDLESS
    page.goto(f"{live_server.url}/essai/")
    page.get_by_role("button", name=START).click()
    expect(page.get_by_text("Vérification en cours : quelques secondes.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Vérification en cours")).to_be_visible()
    cancel = page.get_by_role("button", name=CANCEL)
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Vérification arrêtée.")).to_be_visible()
    expect(page.get_by_role("button", name=START)).to_be_focused()
    expect(cancel).to_be_hidden()
    assert page.locator("input[name=captcha_2]").input_value() == ""


def test_who_begins_to_copy_after_all_is_judged_by_the_code(page: Page, traffic):
    fill(page)
    page.get_by_role("button", name=START).click()
    expect(page.get_by_text("Vérification faite.")).to_be_visible()
    page.get_by_label(CODE).fill("11111")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Ce ne sont pas les chiffres de l’image.").first).to_be_visible()


def test_code_that_nobody_began_to_copy_is_renewed_before_its_end(page: Page, live_server):
    page.clock.install()
    page.goto(f"{live_server.url}/essai/")
    before = token(page)
    page.clock.fast_forward(4 * 60_000)
    assert token(page) == before
    page.clock.fast_forward(31_000)
    page.wait_for_function(
        "([selector, before]) => document.querySelector(selector).value !== before", arg=[TOKEN, before]
    )
    # Nobody asked for it: nothing is announced.
    expect(page.locator(".captcha__status")).to_have_text("")


def test_network_that_fails_is_told_and_the_code_stays(page: Page, live_server):
    page.goto(f"{live_server.url}/essai/")
    before = token(page)
    page.route("**/captcha/nouveau/", lambda route: route.abort())
    page.get_by_role("button", name="Nouveau code").click()
    expect(page.get_by_text("Le nouveau code n’a pas pu être chargé. Réessayez.")).to_be_visible()
    assert token(page) == before


def test_without_javascript_the_button_sends_the_form_and_the_enter_key_still_does(browser: Browser, live_server):
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(f"{live_server.url}/essai/")
    fill(page)
    expect(page.get_by_role("button", name=START)).to_be_hidden()
    before = token(page)
    page.get_by_role("button", name="Nouveau code").click()
    assert token(page) != before
    expect(page.get_by_label("Nom")).to_have_value("Anne")
    expect(page.get_by_label("Mot de passe", exact=True)).to_have_value("")
    expect(page.get_by_label(CODE)).to_be_focused()
    fill(page)
    page.get_by_label(CODE).fill("00000")
    page.get_by_label("Nom").press("Enter")
    expect(page.get_by_text("Reçu de Anne")).to_be_visible()
    context.close()


# 320 px is a phone at 200 % and a desktop at 400 % (WCAG 1.4.10).
@pytest.mark.parametrize("width", [320, PHONE["width"], DESKTOP["width"]])
def test_nothing_is_cut_and_axe_finds_nothing(page: Page, live_server, width):
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{live_server.url}/essai/")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    for control in page.locator(".captcha button.button:visible, .captcha audio, .captcha input:visible").all():
        assert control.bounding_box()["height"] >= 44
