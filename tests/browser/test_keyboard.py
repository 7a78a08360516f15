"""The voter without a mouse, on a narrow screen, with large type, without images."""

from playwright.sync_api import Page, Route, expect

from tests.browser.voter import ANSWER, CAPTCHA, PASSWORD, Voter

_FOCUSED = """() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const face = one.matches("input[type=radio]") ? one.closest("label") : one;
  const seen = face.getBoundingClientRect();
  const ring = [one, face].some((each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  });
  return {
    name: (one.innerText || one.value || "").trim(), id: one.id, tag: one.tagName, ring,
    inside: seen.width > 0 && seen.height > 0 && seen.bottom > 0 && seen.top < innerHeight
      && seen.right > 0 && seen.left < innerWidth,
  };
}"""
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_MOST_TABS = 60


class Keyboard:
    """Ten fingers, no mouse: every stop of the focus must be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def focused(self) -> dict:
        return self.page.evaluate(_FOCUSED)

    def goes_to(self, *, name: str = "", field: str = "") -> None:
        """Press Tab until the element of this name or this id has the focus."""
        passed = []
        for _ in range(_MOST_TABS):
            self.page.keyboard.press("Tab")
            stop = self.focused()
            if stop is None:
                continue
            passed.append(stop["name"] or stop["id"])
            assert stop["ring"], f"the focus is not seen on {passed[-1]}"
            assert stop["inside"], f"the focus is out of the screen on {passed[-1]}"
            if (name and name in stop["name"]) or (field and stop["id"] == field):
                return
        raise AssertionError(f"Tab never reaches {name or field}; it went through {passed}")

    def fills(self, field: str, text: str) -> None:
        self.goes_to(field=field)
        self.page.keyboard.type(text)

    def presses(self, name: str, key: str = "Enter") -> None:
        self.goes_to(name=name)
        self.page.keyboard.press(key)

    def hears_the_title(self, title: str) -> None:
        """The step has changed: the focus is on its title."""
        self.page.wait_for_function(
            "title => document.activeElement.tagName === 'H1' && document.activeElement.innerText.includes(title)",
            arg=title,
        )


def test_voter_needs_no_mouse_from_the_address_to_the_receipt(open_vote, person_page):
    page, traffic = person_page(open_vote.address)
    voter, keys = Voter(page).is_given(open_vote.newcomer), Keyboard(page)
    open_the_account(voter, keys)
    cast(voter, keys)
    keys.goes_to(name="Télécharger la preuve")
    with page.expect_download():
        page.keyboard.press("Enter")
    assert traffic.faults == []


def open_the_account(voter: Voter, keys: Keyboard) -> None:
    """Go from the portal's door to the voter space, by the e-mail."""
    page = voter.page
    page.goto("/")
    page.keyboard.press("Tab")
    assert keys.focused()["name"] == "Aller au contenu"
    page.keyboard.press("Enter")
    keys.presses("Accéder à mon espace électeur")
    voter.sees("Identifiez-vous")
    keys.fills("id_email", voter.identity.address)
    keys.fills("id_captcha", CAPTCHA)
    page.keyboard.press("Enter")
    voter.sees("Saisissez votre mot de passe")
    voter.opens_her_mailbox()
    keys.presses("/activation/")
    voter.sees("Faites votre mot de passe")
    keys.fills("id_password", PASSWORD)
    keys.fills("id_confirmation", PASSWORD)
    keys.fills("id_captcha", CAPTCHA)
    page.keyboard.press("Enter")
    voter.sees("Choisissez votre question défi")
    keys.goes_to(field="id_question")
    page.keyboard.press("ArrowDown")
    keys.fills("id_answer", ANSWER)
    keys.fills("id_answer_again", ANSWER)
    page.keyboard.press("Enter")
    voter.sees("Bienvenue")


def cast(voter: Voter, keys: Keyboard) -> None:
    """Vote in one contest; the arrows change the choice, the space bar makes it."""
    page = voter.page
    keys.presses("Je vote")
    keys.hears_the_title("Saisie du code de vote")
    keys.fills("voting-code", voter.identity.code.replace("-", ""))
    keys.fills("id_captcha", CAPTCHA)
    page.keyboard.press("Enter")
    keys.hears_the_title("Mes scrutins")
    keys.presses("Voter à ce scrutin", "Space")
    keys.hears_the_title("Choisir")
    keys.goes_to(field="choice-1")
    page.keyboard.press("Space")
    expect(page.locator("#choice-1")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#choice-2")).to_be_checked()
    chosen = page.locator("label:has(#choice-2) .list-card__name").inner_text()
    keys.presses("Vérifier mon choix")
    keys.hears_the_title("Vérifier mon choix")
    expect(page.locator("main .list-card__name")).to_have_text(chosen)
    keys.presses("Voter")
    keys.hears_the_title("Votre bulletin est dans l’urne")


def test_missing_choice_is_said_where_the_keyboard_is(at_the_booth):
    page, keys = at_the_booth.page, Keyboard(at_the_booth.page)
    page.get_by_role("button", name="Voter à ce scrutin").first.click()
    keys.hears_the_title("Choisir")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    keys.presses("Vérifier mon choix")
    page.wait_for_function("document.activeElement.matches('.error-summary')")
    keys.presses("Choisissez une liste ou le vote blanc.")
    assert keys.focused()["id"] == "choice-1"


def live_a_vote(voter: Voter, page: Page) -> list[str]:
    """Vote in one contest by mouse; return the title of each page with what each page was too wide by, if it was."""
    wide = []

    def measure() -> None:
        by = page.evaluate(_SIDEWAYS)
        if by > 0:
            wide.append(f"{voter.title().inner_text()}: {by} px")

    for path in ("/", "/espace/", "/espace/scrutins/", "/verifier/"):
        page.goto(path)
        measure()
    voter.enters_the_booth()
    measure()
    voter.types_her_code()
    measure()
    page.get_by_role("button", name="Voter à ce scrutin").first.click()
    voter.sees("Choisir")
    page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
    measure()
    names = voter.offered()
    voter.chooses(names[0])
    voter.reviews()
    measure()
    expect(page.locator("main .list-card__name")).to_have_text(names[0])
    voter.votes()
    measure()
    return wide


def test_nothing_scrolls_sideways_at_360_px(at_the_booth):
    at_the_booth.page.set_viewport_size({"width": 360, "height": 640})
    assert live_a_vote(at_the_booth.voter, at_the_booth.page) == []


def test_nothing_is_lost_at_200_per_cent(at_the_booth):
    """A zoom of 200 % leaves half the pixels of a 1280 × 800 screen (WCAG 1.4.4); of 400 %, a quarter (1.4.10)."""
    page = at_the_booth.page
    page.set_viewport_size({"width": 640, "height": 400})
    words = {}
    for width in (1280, 640, 320):
        page.set_viewport_size({"width": width, "height": 400})
        page.goto("/espace/")
        words[width] = page.locator("main").inner_text().split()
    assert words[640] == words[1280]
    assert words[320] == words[1280]
    page.set_viewport_size({"width": 640, "height": 400})
    assert live_a_vote(at_the_booth.voter, page) == []


def test_voter_needs_no_image(at_the_booth):
    """Logos in the sealed bundle are data: a browser told to load no image shows their names instead."""
    page, voter = at_the_booth.page, at_the_booth.voter

    def refuse_images(route: Route) -> None:
        if route.request.resource_type == "image":
            route.abort()
        else:
            route.continue_()

    page.route("**/*", refuse_images)
    page.get_by_role("button", name="Voter à ce scrutin").first.click()
    voter.sees("Choisir")
    # Images in data: are not requests; without their bytes they are what their words say.
    page.evaluate("document.querySelectorAll('main img').forEach(image => image.src = 'data:,')")
    logos = page.locator("main .list-card__logo img")
    assert logos.count() >= 3
    for logo in logos.all():
        assert logo.get_attribute("alt")
    names = voter.offered()
    assert len(names) == logos.count() + 1
    voter.chooses(names[1])
    voter.reviews()
    expect(page.locator("main .list-card__name")).to_have_text(names[1])
    voter.votes()
