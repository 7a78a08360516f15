"""The page that makes a new code: made here, shown once its keys are live, never sent, never kept."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

ADDRESS = "/vote/code/nouveau/"
CODE_FORM = r"[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}-[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}"
MAKE = "Régénérer mon code de vote"
NOTED = "J’ai noté mon code"
ANSWER = "Dacia"


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=20_000)


def make_code(page: Page, portal: str) -> str:
    page.goto(f"{portal}{ADDRESS}")
    title(page, "Réassort du code de vote")
    page.get_by_role("button", name=MAKE).click()
    title(page, "Votre nouveau code de vote")
    shown = page.locator(".new-code").inner_text().replace("\n", "")
    assert re.fullmatch(CODE_FORM, shown)
    return shown


def watch(page: Page) -> list[Request]:
    """Every request of the page from now on."""
    requests: list[Request] = []

    # A method of a list is no function that Playwright takes.
    def keep(request: Request) -> None:
        requests.append(request)

    page.on("request", keep)
    return requests


def keys_sent(requests: list[Request]) -> list[str]:
    return [request.post_data or "" for request in requests if request.url.endswith("/cles/")]


def listen(page: Page) -> None:
    """Keep each sentence that a screen reader is given, in `window.said`."""
    page.evaluate(
        "() => { window.said = []; const line = document.querySelector('[role=status]');"
        " new MutationObserver(() => { if (line.textContent) window.said.push(line.textContent); })"
        ".observe(line, { childList: true, characterData: true, subtree: true }); }"
    )


def said(page: Page) -> list[str]:
    heard: list[str] = page.evaluate("window.said")
    return heard


def test_a_code_is_made_shown_noted_and_leads_to_the_booth(
    opened: Page, portal: str, check_page: Callable[[Page], None]
) -> None:
    opened.goto(f"{portal}{ADDRESS}")
    title(opened, "Réassort du code de vote")
    expect(opened.get_by_text("vous avez déjà voté")).to_have_count(1)
    expect(opened.get_by_text("Ce réassort sera le n° 2 sur 3")).to_be_visible()
    check_page(opened)
    make_code(opened, portal)
    assert opened.evaluate("document.activeElement.tagName") == "H1"
    check_page(opened)
    opened.get_by_role("button", name=NOTED).click()
    title(opened, "Vous êtes prêt·e à voter")
    check_page(opened)
    expect(opened.get_by_text("5PMmCjLDVmmsNUXy8YtJ2E")).to_be_visible()
    expect(opened.get_by_text("réassort n° 2")).to_have_count(2)
    expect(opened.get_by_role("link", name="Saisir mon code et voter")).to_have_attribute("href", "/vote/")


def test_the_code_is_in_no_request_storage_history_title_or_console(opened: Page, portal: str) -> None:
    heard: list[str] = []
    opened.on("console", lambda message: heard.append(message.text))
    requests = watch(opened)
    code = make_code(opened, portal)
    heard.append(opened.title())
    opened.get_by_role("button", name="Épeler").click()
    opened.get_by_role("button", name=NOTED).click()
    title(opened, "Vous êtes prêt·e à voter")
    bodies = [f"{request.url} {request.post_data or ''} {json.dumps(request.headers)}" for request in requests]
    kept = opened.evaluate(
        "async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state,"
        " location.href, document.title, await indexedDB.databases(), await caches.keys()])"
    )
    page = opened.content()
    for form in (code, code.replace("-", ""), *code.split("-")):
        assert not [text for text in [*heard, *bodies, kept, page] if form in text]
    (sent,) = keys_sent(requests)
    assert [set(key) for key in json.loads(sent)["keys"]] == [{"contest", "key", "possession"}] * 2


def test_nothing_is_shown_before_the_keys_are_live_and_a_retry_sends_the_same_bytes(
    opened: Page, portal: str, misbehave: Callable[..., None], check_page: Callable[[Page], None]
) -> None:
    requests = watch(opened)
    misbehave(lostKeys=3)
    opened.goto(f"{portal}{ADDRESS}")
    opened.get_by_role("button", name=MAKE).click()
    title(opened, "Établissement de votre nouveau code")
    title(opened, "Le portail ne répond pas")
    assert not re.search(CODE_FORM, opened.locator("body").inner_text())
    check_page(opened)
    opened.get_by_role("button", name="Réessayer").click()
    title(opened, "Votre nouveau code de vote")
    assert len(keys_sent(requests)) == 4
    assert len(set(keys_sent(requests))) == 1


def test_a_silent_registrar_is_waited_for_with_the_same_keys(
    opened: Page, portal: str, misbehave: Callable[..., None]
) -> None:
    requests = watch(opened)
    misbehave(refuseKeys="registrar_away", refuseWait=2)
    opened.goto(f"{portal}{ADDRESS}")
    opened.get_by_role("button", name=MAKE).click()
    title(opened, "Votre nouveau code n’est pas encore établi")
    again = opened.get_by_role("button", name="Réessayer")
    expect(again).to_be_disabled()
    misbehave()
    expect(again).to_be_enabled(timeout=5_000)
    again.click()
    title(opened, "Votre nouveau code de vote")
    assert len(keys_sent(requests)) == 2
    assert len(set(keys_sent(requests))) == 1


def test_keys_that_were_refused_are_never_sent_again(opened: Page, portal: str, misbehave: Callable[..., None]) -> None:
    requests = watch(opened)
    misbehave(refuseKeys="keys_refused")
    opened.goto(f"{portal}{ADDRESS}")
    opened.get_by_role("button", name=MAKE).click()
    title(opened, "Votre code n’est pas changé")
    misbehave()
    opened.get_by_role("button", name="Réessayer").click()
    title(opened, "Votre nouveau code de vote")
    first, second = keys_sent(requests)
    assert first != second


@pytest.mark.parametrize(
    ("what", "heading"),
    [
        ({"refuseKeys": "limit_reached"}, "Vous avez utilisé tous vos réassorts"),
        ({"refuseKeys": "link_expired"}, "Ce lien ne sert plus"),
        ({"refuseKeys": "not_open"}, "Le réassort n’est pas ouvert"),
        ({"refuseKeys": "nothing_to_change"}, "Rien à changer"),
        ({"refuseKeys": "session_ends"}, "Votre session va se terminer"),
    ],
)
def test_a_refusal_is_said_in_words(
    opened: Page, portal: str, misbehave: Callable[..., None], what: dict[str, str], heading: str
) -> None:
    misbehave(**what)
    opened.goto(f"{portal}{ADDRESS}")
    opened.get_by_role("button", name=MAKE).click()
    title(opened, heading)
    assert not re.search(CODE_FORM, opened.locator("body").inner_text())
    expect(opened.locator(".actions .button")).to_have_count(1)


@pytest.mark.parametrize(
    ("what", "heading"),
    [
        ({"refuseState": "no_link"}, "Ce lien ne sert plus"),
        ({"stage": "live"}, "Ce lien a déjà servi"),
        ({"stage": "changing"}, "Un nouveau code est en cours de création"),
        ({"nothing": True}, "Réassort du code de vote"),
    ],
)
def test_a_page_that_can_make_no_code_says_why(
    opened: Page,
    portal: str,
    misbehave: Callable[..., None],
    check_page: Callable[[Page], None],
    what: dict[str, object],
    heading: str,
) -> None:
    misbehave(**what)
    opened.goto(f"{portal}{ADDRESS}")
    title(opened, heading)
    expect(opened.get_by_role("button", name=MAKE)).to_have_count(0)
    check_page(opened)


def test_time_is_told_four_times_and_then_the_code_is_masked(opened: Page, portal: str) -> None:
    opened.clock.install()
    code = make_code(opened, portal)
    listen(opened)
    expect(opened.get_by_role("timer")).to_have_text(re.compile(r"Encore affiché 1[12]\d s"))
    opened.clock.run_for(119_000)
    assert [re.sub(r"\D+", "", sentence) for sentence in said(opened)] == ["60", "30", "10"]
    opened.clock.run_for(2_000)
    title(opened, "Votre code est masqué")
    assert said(opened)[-1] == "Le temps est écoulé. Le code est masqué."
    expect(opened.locator(".new-code")).to_have_text(f"{code[:3]}••-••••••-•••••-••••••")
    assert code not in opened.content()


def test_the_first_telling_says_that_more_time_can_be_had(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}{ADDRESS}")
    opened.get_by_role("button", name=MAKE).click()
    title(opened, "Votre nouveau code de vote")
    expect(opened.locator("[role=status]").first).to_have_text(
        "Le code reste affiché 120 secondes. Vous pouvez prolonger."
    )


def test_more_time_is_had_ten_times(opened: Page, portal: str) -> None:
    opened.clock.install()
    make_code(opened, portal)
    more = opened.get_by_role("button", name="Prolonger de 120 secondes")
    for _ in range(10):
        opened.clock.run_for(100_000)
        more.click()
    expect(more).to_have_count(0)
    assert opened.evaluate("document.activeElement.textContent") == NOTED
    opened.clock.run_for(100_000)
    title(opened, "Votre nouveau code de vote")
    opened.clock.run_for(600_000)
    title(opened, "Votre code est masqué")


def test_the_code_is_seen_once_more_after_the_challenge(
    opened: Page, portal: str, check_page: Callable[[Page], None]
) -> None:
    requests = watch(opened)
    opened.clock.install()
    code = make_code(opened, portal)
    opened.clock.run_for(121_000)
    opened.get_by_role("button", name="Revoir mon code").click()
    title(opened, "Revoir mon code")
    check_page(opened)
    field = opened.get_by_label("Quelle était la marque de votre première voiture")
    opened.get_by_role("button", name="Afficher mon code").click()
    expect(opened.locator(".error-summary")).to_contain_text("Saisissez votre réponse secrète.")
    field.fill("Renault")
    opened.get_by_role("button", name="Afficher mon code").click()
    expect(opened.locator(".error-summary")).to_contain_text("La réponse n’est pas la bonne.")
    field.fill(ANSWER)
    opened.get_by_role("button", name="Afficher mon code").click()
    title(opened, "Votre nouveau code de vote")
    assert opened.locator(".new-code").inner_text().replace("\n", "") == code
    opened.clock.run_for(121_000)
    title(opened, "Votre code est masqué")
    expect(opened.get_by_role("button", name="Revoir mon code")).to_have_count(0)
    expect(opened.get_by_role("link", name="Demander un nouveau code de vote")).to_be_visible()
    assert not [request for request in requests if code in (request.post_data or "")]


def test_who_has_no_question_is_told_where_another_code_is_had(
    opened: Page, portal: str, misbehave: Callable[..., None]
) -> None:
    misbehave(noQuestion=True)
    opened.clock.install()
    make_code(opened, portal)
    opened.clock.run_for(121_000)
    title(opened, "Votre code est masqué")
    expect(opened.get_by_role("button", name="Revoir mon code")).to_have_count(0)
    expect(opened.get_by_role("link", name="Demander un nouveau code de vote")).to_have_attribute(
        "href", "/vote/code/reassort/"
    )


def test_the_tools_copy_spell_enlarge_and_print(opened: Page, portal: str, check_page: Callable[[Page], None]) -> None:
    code = make_code(opened, portal)
    opened.get_by_role("button", name="Copier").click()
    expect(opened.locator("p.progress")).to_contain_text("presse-papiers")
    assert opened.evaluate("navigator.clipboard.readText()") == code
    spell = opened.get_by_role("button", name="Épeler")
    expect(opened.locator(".new-code__spelled")).to_be_hidden()
    spell.click()
    expect(spell).to_have_attribute("aria-pressed", "true")
    expect(opened.locator(".new-code__spelled li")).to_have_count(22)
    large = opened.get_by_role("button", name="Très grands caractères")
    size = "parseFloat(getComputedStyle(document.querySelector('.new-code')).fontSize)"
    before = opened.evaluate(size)
    large.click()
    assert opened.evaluate(size) > before
    check_page(opened)
    opened.evaluate("window.print = () => { window.printed = true; }")
    opened.get_by_role("button", name="Imprimer").click()
    assert opened.evaluate("window.printed")
    opened.emulate_media(media="print")
    assert opened.locator("main").inner_text().startswith("Code de vote")
    expect(opened.get_by_role("heading", level=1)).to_be_hidden()
    expect(opened.get_by_role("timer")).to_be_hidden()
    expect(opened.locator(".new-code__spelled")).to_be_visible()


def test_what_was_noted_can_be_compared_without_being_sent(
    opened: Page, portal: str, check_page: Callable[[Page], None]
) -> None:
    code = make_code(opened, portal)
    opened.get_by_role("button", name=NOTED).click()
    requests = watch(opened)
    opened.get_by_text("Vérifier que je l’ai bien noté").click()
    check_page(opened)
    field = opened.get_by_label("Retapez votre code")
    verdict = opened.locator("details p.progress")
    opened.get_by_role("button", name="Comparer").click()
    expect(verdict).to_have_text("Retapez votre code, puis comparez.")
    other = "2" if code[6] != "2" else "3"
    field.fill(code[:6] + other + code[7:])
    opened.get_by_role("button", name="Comparer").click()
    expect(verdict).to_contain_text("le groupe 2 est différent")
    field.fill(code.replace("-", " "))
    opened.get_by_role("button", name="Comparer").click()
    expect(verdict).to_have_text("✓ C’est bien votre code.")
    assert requests == []


def test_leaving_before_the_code_is_noted_warns(opened: Page, portal: str) -> None:
    warnings: list[str] = []

    def stay(dialog: Dialog) -> None:
        warnings.append(dialog.type)
        dialog.accept()

    opened.on("dialog", stay)
    opened.goto(f"{portal}{ADDRESS}")
    title(opened, "Réassort du code de vote")
    opened.reload()
    assert warnings == []
    make_code(opened, portal)
    opened.reload()
    assert warnings == ["beforeunload"]
    make_code_again(opened)
    opened.get_by_role("button", name=NOTED).click()
    opened.get_by_role("link", name="Saisir mon code et voter").click()
    title(opened, "Saisie du code de vote")
    assert warnings == ["beforeunload"]


def make_code_again(page: Page) -> None:
    """Start afresh on the page as it stands, as who closed it too early does."""
    page.request.post(page.url.split("/vote/")[0] + "/_essai/zero")
    page.get_by_role("button", name=MAKE).click()
    title(page, "Votre nouveau code de vote")


def test_the_page_never_comes_back_with_the_code(opened: Page, portal: str) -> None:
    code = make_code(opened, portal)
    opened.get_by_role("button", name=NOTED).click()
    opened.get_by_role("link", name="Saisir mon code et voter").click()
    title(opened, "Saisie du code de vote")
    expect(opened.get_by_label("Code de vote")).to_have_value("")
    opened.go_back()
    title(opened, "Réassort du code de vote")
    assert code not in opened.content()
    assert code[:3] not in opened.locator("main").inner_text()


def test_the_page_empties_itself_when_it_is_left(opened: Page, portal: str) -> None:
    make_code(opened, portal)
    opened.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert opened.locator("#reissue").inner_html() == ""


def test_the_keyboard_alone_makes_and_notes_a_code_on_a_phone(
    opened: Page, portal: str, check_page: Callable[[Page], None]
) -> None:
    opened.set_viewport_size({"width": 360, "height": 740})
    opened.goto(f"{portal}{ADDRESS}")
    title(opened, "Réassort du code de vote")
    check_page(opened)
    keyboard = opened.keyboard
    keyboard.press("Tab")
    keyboard.press("Enter")
    title(opened, "Votre nouveau code de vote")
    check_page(opened)
    for _ in range(5):
        keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Très grands caractères"
    keyboard.press("Enter")
    check_page(opened)
    for _ in range(4):
        keyboard.press("Shift+Tab")
    assert opened.evaluate("document.activeElement.textContent") == NOTED
    keyboard.press("Enter")
    title(opened, "Vous êtes prêt·e à voter")
    check_page(opened)
    keyboard.press("Tab")
    keyboard.press("Enter")
    title(opened, "Saisie du code de vote")


def test_the_page_speaks_english(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}{ADDRESS}?lang=en")
    title(opened, "A new voting code")
    opened.get_by_role("button", name="Make my new voting code").click()
    title(opened, "Your new voting code")
    opened.get_by_role("button", name="Spell out").click()
    expect(opened.locator(".new-code__spelled li").first).to_have_text(re.compile("as in|digit"))
