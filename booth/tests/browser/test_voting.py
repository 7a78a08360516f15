"""A voter in the booth: the whole way, and each way that it can stop."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

CODE = "HfDB6-URcTPR-TTS8a-SPprCh"
CSA = "Comité social d’administration ministériel"


def enter(page: Page, portal: str, code: str = CODE) -> None:
    page.goto(f"{portal}/vote/")
    page.get_by_label("Code de vote").fill(code)
    page.get_by_role("button", name="Voir mes scrutins").click()


def choose(page: Page, name: str = "Syndicat fictif n° 2") -> None:
    page.get_by_role("button", name="Voter à ce scrutin").first.click()
    page.get_by_role("radio", name=name).check()
    page.get_by_role("button", name="Vérifier mon choix").click()


def vote(page: Page) -> None:
    page.get_by_role("button", name="Voter", exact=True).click()


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=20_000)


def watch(page: Page) -> list[Request]:
    """Every request of the page from now on."""
    requests: list[Request] = []

    # A method of a list is no function that Playwright takes.
    def keep(request: Request) -> None:
        requests.append(request)

    page.on("request", keep)
    return requests


def ballots(requests: list[Request]) -> list[str]:
    return [request.post_data or "" for request in requests if request.url.endswith("/bulletin")]


def test_a_vote_ends_with_a_checked_receipt(opened: Page, portal: str, check_page: Callable[[Page], None]) -> None:
    requests = watch(opened)
    enter(opened, portal)
    title(opened, "Mes scrutins")
    check_page(opened)
    expect(opened.get_by_text("Étape 2 sur 4")).to_be_visible()
    choose(opened)
    title(opened, "Vérifier mon choix")
    expect(opened.get_by_text("Syndicat fictif n° 2")).to_be_visible()
    check_page(opened)
    vote(opened)
    title(opened, "✓ Votre bulletin est dans l’urne")
    assert opened.evaluate("document.activeElement.tagName") == "H1"
    assert opened.title().startswith("✓ Votre bulletin est dans l’urne")
    check_page(opened)
    expect(opened.get_by_text("Syndicat fictif")).to_have_count(0)
    opened.get_by_role("button", name="Copier la référence").click()
    expect(opened.locator("p.progress")).to_have_text("✓ Référence copiée")
    assert re.fullmatch(r"[A-Za-z0-9+/]{43}", opened.evaluate("navigator.clipboard.readText()"))
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Télécharger la preuve (PDF)").click()
    assert download.value.suggested_filename == "preuve-de-vote-CSA-MIN.pdf"
    assert opened.url == f"{portal}/vote/"
    assert len(ballots(requests)) == 1
    sent = " ".join((request.post_data or "") + request.url for request in requests)
    assert CODE not in sent
    assert CODE.replace("-", "") not in sent


def test_every_contest_is_voted_in_turn(opened: Page, portal: str) -> None:
    enter(opened, portal)
    choose(opened)
    vote(opened)
    for name in ("Vote blanc", "Syndicat fictif n° 1"):
        opened.get_by_role("button", name=re.compile("Scrutin suivant")).click()
        opened.get_by_role("radio", name=name).check()
        opened.get_by_role("button", name="Vérifier mon choix").click()
        vote(opened)
    title(opened, "✓ Votre bulletin est dans l’urne")
    expect(opened.get_by_role("button", name=re.compile("Scrutin suivant"))).to_have_count(0)
    opened.get_by_role("button", name="Revenir à mes scrutins").click()
    expect(opened.get_by_text("Vous avez voté à tous vos scrutins ouverts")).to_be_visible()
    expect(opened.get_by_text("Vote enregistré le jeudi 3 décembre 2026")).to_have_count(3)
    for state in ("Fermé", "Suspendu"):
        expect(opened.get_by_text(state, exact=True)).to_be_visible()


def test_the_code_of_a_link_leaves_the_address_at_once(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/#{CODE.replace('-', '')}")
    expect(opened.get_by_label("Code de vote")).to_have_value(CODE)
    assert opened.url == f"{portal}/vote/"
    assert opened.evaluate("JSON.stringify(history.state) + location.hash").count("Hf") == 0


def test_the_code_is_grouped_as_it_is_typed_and_corrected(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    field = opened.get_by_label("Code de vote")
    field.press_sequentially("HfDB6URcTP")
    expect(field).to_have_value("HfDB6-URcTP")
    for _ in range(3):
        field.press("ArrowLeft")
    field.press("Backspace")
    field.press_sequentially("X")
    expect(field).to_have_value("HfDB6-UXcTP")
    assert opened.evaluate("document.activeElement.selectionStart") == 8


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Saisissez votre code de vote"),
        ("HfDB6", "Il manque des caractères : vous en avez saisi 5"),
        (CODE + "abc", "Il y a trop de caractères : vous en avez saisi 25"),
        ("l" + CODE[1:], "Groupe 1, caractère 1 : « l » n’est dans aucun code. C’est le chiffre 1, ou un L majuscule."),
        (
            CODE[:-1] + "I",
            "Groupe 4, caractère 6 : « I » n’est dans aucun code. C’est le chiffre 1, ou un i minuscule.",
        ),
        (CODE[:-1] + "é", "Groupe 4, caractère 6 : « é » n’est dans aucun code. Regardez de nouveau"),
        (CODE[:-1] + "z", "Ce code n’est pas celui de votre notice"),
    ],
)
def test_a_wrong_code_is_explained_and_stays_typed(
    opened: Page, portal: str, typed: str, said: str, check_page: Callable[[Page], None]
) -> None:
    enter(opened, portal, typed)
    summary = opened.locator(".error-summary")
    expect(summary).to_contain_text(said.replace(" : ", "\u00a0: ").replace("« ", "«\u00a0").replace(" »", "\u00a0»"))
    assert opened.evaluate("document.activeElement.className") == "error-summary"
    summary.get_by_role("link").click()
    assert opened.evaluate("document.activeElement.id") == "voting-code"
    assert opened.get_by_label("Code de vote").input_value().replace("-", "") == typed.replace("-", "")
    check_page(opened)


def test_guessing_waits(opened: Page, portal: str, misbehave: Callable[..., None]) -> None:
    misbehave(wait=2)
    enter(opened, portal, CODE[:-1] + "z")
    button = opened.get_by_role("button", name="Voir mes scrutins")
    expect(button).to_be_disabled()
    expect(opened.get_by_text(re.compile("Nouvel essai possible dans"))).to_be_visible()
    expect(button).to_be_enabled(timeout=5_000)
    expect(opened.locator("p.progress")).to_have_text("Vous pouvez essayer de nouveau.")


def test_a_lost_answer_is_asked_again_with_the_same_bytes(
    opened: Page, portal: str, misbehave: Callable[..., None]
) -> None:
    requests = watch(opened)
    enter(opened, portal)
    choose(opened)
    misbehave(lostAnswers=2)
    opened.evaluate(
        "() => { window.said = []; const line = document.querySelector('.progress');"
        " new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true }); }"
    )
    vote(opened)
    title(opened, "✓ Votre bulletin est dans l’urne")
    assert any("Pas de réponse du portail" in said for said in opened.evaluate("window.said"))
    assert len(ballots(requests)) == 3
    assert len(set(ballots(requests))) == 1


@pytest.mark.parametrize(
    ("falsified", "said"),
    [
        ("tracker", "La référence signée n’est pas celle de votre bulletin."),
        ("contest", "L’accusé est celui d’un autre scrutin."),
        ("fingerprint", "L’accusé porte sur une autre version de l’élection."),
        ("signature", "La signature de l’accusé n’est pas celle du portail."),
    ],
)
def test_a_falsified_receipt_raises_the_alarm(
    opened: Page,
    portal: str,
    misbehave: Callable[..., None],
    check_page: Callable[[Page], None],
    falsified: str,
    said: str,
) -> None:
    misbehave(falsify=falsified)
    enter(opened, portal)
    choose(opened)
    vote(opened)
    title(opened, "⚠ Alerte\u00a0: l’accusé de réception n’est pas le bon")
    expect(opened.get_by_text(said)).to_be_visible()
    expect(opened.get_by_role("alert")).to_be_visible()
    expect(opened.get_by_text("dans l’urne")).to_have_count(0)
    check_page(opened)
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Télécharger les éléments de l’alerte").click()
    assert download.value.suggested_filename == "alerte-CSA-MIN.json"


@pytest.mark.parametrize(
    ("code", "heading", "way_out"),
    [
        ("already_voted", "Vous avez déjà voté à ce scrutin", "Mes scrutins"),
        ("poll_closed", "Ce scrutin est fermé", "Mes scrutins"),
        ("poll_not_open", "Ce scrutin n’est pas encore ouvert", "Mes scrutins"),
        ("poll_suspended", "Ce scrutin est suspendu", "Mes scrutins"),
        ("ballot_refused", "Le bulletin a été refusé", "Mes scrutins"),
        ("code_required", "Votre code est de nouveau nécessaire", "Saisie du code de vote"),
    ],
)
def test_a_refusal_is_said_in_words_with_a_way_out(
    opened: Page, portal: str, misbehave: Callable[..., None], code: str, heading: str, way_out: str
) -> None:
    misbehave(refuseCast=code)
    enter(opened, portal)
    choose(opened)
    vote(opened)
    title(opened, heading)
    opened.locator(".actions .button").click()
    title(opened, way_out)


def test_a_lost_session_leads_back_to_the_sign_in(opened: Page, portal: str, misbehave: Callable[..., None]) -> None:
    enter(opened, portal)
    choose(opened)
    misbehave(signedOut=True)
    vote(opened)
    title(opened, "Votre session a pris fin")
    expect(opened.get_by_role("link", name="Se reconnecter")).to_have_attribute("href", "/connexion/")


def test_altered_candidates_are_not_shown_at_all(opened: Page, portal: str, misbehave: Callable[..., None]) -> None:
    misbehave(alterCandidates=True)
    enter(opened, portal)
    opened.get_by_role("button", name="Voter à ce scrutin").first.click()
    title(opened, "Ce bulletin ne peut pas être affiché")
    expect(opened.get_by_role("radio")).to_have_count(0)
    expect(opened.get_by_text("Syndicat")).to_have_count(0)


def test_all_lists_are_shown_alike_in_order_and_nothing_is_chosen_before_the_voter(opened: Page, portal: str) -> None:
    enter(opened, portal)
    opened.get_by_role("button", name="Voter à ce scrutin").first.click()
    title(opened, f"Choisir\u00a0: {CSA}")
    names = opened.locator(".list-card__name").all_inner_texts()
    assert names == [*[f"Syndicat fictif n° {rank}" for rank in range(1, 13)], "Vote blanc"]
    expect(opened.get_by_role("radio", checked=True)).to_have_count(0)
    boxes = [card.bounding_box() for card in opened.locator(".list-card").all()]
    assert len({(box["width"], box["height"]) for box in boxes if box}) == 1
    opened.get_by_role("button", name="Vérifier mon choix").click()
    expect(opened.locator(".error-summary")).to_contain_text("Choisissez une liste ou le vote blanc.")
    opened.get_by_text("Voir les candidats et la profession de foi").first.click()
    expect(opened.get_by_text("Mme Prénom1 EXEMPLE-1", exact=True)).to_be_visible()


def test_back_walks_the_steps_and_never_into_a_ballot_already_cast(opened: Page, portal: str) -> None:
    enter(opened, portal)
    choose(opened)
    title(opened, "Vérifier mon choix")
    opened.go_back()
    title(opened, f"Choisir\u00a0: {CSA}")
    expect(opened.get_by_role("radio", name="Syndicat fictif n° 2")).to_be_checked()
    opened.get_by_role("button", name="Vérifier mon choix").click()
    vote(opened)
    title(opened, "✓ Votre bulletin est dans l’urne")
    opened.go_back()
    title(opened, "Mes scrutins")


def test_leaving_an_unfinished_vote_warns(opened: Page, portal: str) -> None:
    warnings: list[str] = []

    def stay(dialog: Dialog) -> None:
        warnings.append(dialog.type)
        dialog.accept()

    opened.on("dialog", stay)
    enter(opened, portal)
    title(opened, "Mes scrutins")
    opened.reload()
    assert warnings == []
    enter(opened, portal)
    choose(opened)
    opened.reload()
    assert warnings == ["beforeunload"]


def test_the_keyboard_alone_votes_on_a_phone(opened: Page, portal: str, check_page: Callable[[Page], None]) -> None:
    opened.set_viewport_size({"width": 360, "height": 740})
    opened.goto(f"{portal}/vote/")
    title(opened, "Saisie du code de vote")
    check_page(opened)
    keyboard = opened.keyboard
    keyboard.press("Tab")
    keyboard.type(CODE.replace("-", ""))
    keyboard.press("Enter")
    title(opened, "Mes scrutins")
    check_page(opened)
    keyboard.press("Tab")
    keyboard.press("Enter")
    title(opened, f"Choisir\u00a0: {CSA}")
    check_page(opened)
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    title(opened, "Vérifier mon choix")
    check_page(opened)
    keyboard.press("Tab")
    keyboard.press("Enter")
    title(opened, "✓ Votre bulletin est dans l’urne")
    check_page(opened)


def test_the_booth_speaks_english(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/?lang=en")
    title(opened, "Enter your voting code")
    opened.get_by_label("Voting code").fill(CODE)
    opened.get_by_role("button", name="See my contests").click()
    expect(opened.get_by_text("Voting closes on Thursday 10 December 2026 at 17:00 (Paris time).")).to_be_visible()


def test_a_ballot_is_made_in_the_worker(opened: Page, portal: str) -> None:
    enter(opened, portal)
    choose(opened)
    vote(opened)
    title(opened, "✓ Votre bulletin est dans l’urne")
    measures = opened.evaluate("performance.getEntriesByType('measure').map(one => [one.name, one.duration])")
    durations = dict(measures)
    assert durations["isoloir:tables"] > 0
    # The benchmark measures the promise (100 ms) on a quiet machine; here only a gross slowness fails.
    assert 0 < durations["isoloir:ballot"] < 1_000
