"""Entering the code: look-alikes, pasted prose, the CAPTCHA, the notice's QR code."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Page, Playwright, Request, expect

CODE = "HfDB6-URcTPR-TTS8a-SPprCh"
NOTICE = f"https://vote.example/vote/#{CODE.replace('-', '')}"
FIELD = "Code de vote"
SUBMIT = "Voir mes scrutins"
OPENER = "Photographier le QR code de ma notice"


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=20_000)


def possessions(page: Page) -> list[dict[str, Any]]:
    """The bodies of the possessions sent from now on."""
    sent: list[dict[str, Any]] = []

    def keep(request: Request) -> None:
        if request.url.endswith("/possession/"):
            sent.append(json.loads(request.post_data or "{}"))

    page.on("request", keep)
    return sent


def test_a_round_look_alike_is_read_as_the_one_it_can_be_and_said(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    field = opened.get_by_label(FIELD)
    field.press_sequentially("Hf0O")
    expect(field).to_have_value("Hfoo")
    expect(opened.get_by_text("a été lu comme")).to_contain_text(
        "« O » a été lu comme « o ».".replace("« ", "«\u00a0").replace(" »", "\u00a0»")
    )


def test_a_doubtful_character_is_pointed_at(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    opened.get_by_label(FIELD).fill("HfDB6-URcTPR-TlS8a-SPprCI")
    opened.get_by_role("button", name=SUBMIT).click()
    links = opened.locator(".error-summary a")
    expect(links).to_have_count(2)
    links.first.click()
    chosen = "[document.activeElement.selectionStart, document.activeElement.selectionEnd]"
    assert opened.evaluate(chosen) == [14, 15]
    links.last.click()
    assert opened.evaluate(chosen) == [24, 25]


@pytest.mark.parametrize(
    "pasted",
    [f"Votre code de vote : {CODE}. Gardez-le.", NOTICE, CODE.replace("-", "_"), f"  {CODE.replace('-', ' ')}\n"],
)
def test_a_code_is_pasted_with_what_is_around_it(opened: Page, portal: str, pasted: str) -> None:
    opened.goto(f"{portal}/vote/")
    opened.evaluate("text => navigator.clipboard.writeText(text)", pasted)
    opened.get_by_label(FIELD).focus()
    opened.keyboard.press("Control+v")
    expect(opened.get_by_label(FIELD)).to_have_value(CODE)


def test_the_field_asks_nothing_of_the_keyboard_of_a_telephone(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    field = opened.get_by_label(FIELD)
    for attribute in ("autocapitalize", "autocorrect", "autocomplete"):
        expect(field).to_have_attribute(attribute, "off")
    expect(field).to_have_attribute("spellcheck", "false")


def test_another_code_is_a_link_away(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    expect(opened.get_by_role("link", name="Obtenir un nouveau code de vote")).to_have_attribute(
        "href", "/vote/code/reassort/"
    )


def test_the_captcha_is_in_the_form_and_asked_once(
    opened: Page, portal: str, misbehave: Callable[..., None], check_page: Callable[[Page], None]
) -> None:
    misbehave(captcha=True)
    sent = possessions(opened)
    opened.goto(f"{portal}/vote/")
    title(opened, "Saisie du code de vote")
    check_page(opened)
    opened.get_by_label(FIELD).fill(CODE)
    opened.get_by_role("button", name=SUBMIT).click()
    summary = opened.locator(".error-summary")
    expect(summary).to_contain_text("Recopiez les chiffres")
    assert sent == []
    summary.get_by_role("link").click()
    assert opened.evaluate("document.activeElement.id") == "id_captcha"
    check_page(opened)
    digits = opened.get_by_label("Chiffres de l’image ou du son")
    token = opened.locator("[data-token]")
    first = token.input_value()
    digits.fill("99999")
    opened.get_by_role("button", name=SUBMIT).click()
    expect(summary).to_contain_text("Ce ne sont pas les chiffres")
    expect(token).not_to_have_value(first)
    expect(digits).to_have_value("")
    expect(opened.get_by_label(FIELD)).to_have_value(CODE)
    second = token.input_value()
    digits.fill("12345")
    digits.press("Enter")
    title(opened, "Mes scrutins")
    assert [one["captcha"] for one in sent] == [
        {"token": first, "answer": "99999", "proof": ""},
        {"token": second, "answer": "12345", "proof": ""},
    ]


def test_a_right_captcha_is_not_asked_again_after_a_wrong_code(
    opened: Page, portal: str, misbehave: Callable[..., None]
) -> None:
    misbehave(captcha=True)
    sent = possessions(opened)
    opened.goto(f"{portal}/vote/")
    opened.get_by_label(FIELD).fill(CODE[:-1] + "z")
    opened.get_by_label("Chiffres de l’image ou du son").fill("12345")
    opened.get_by_role("button", name=SUBMIT).click()
    expect(opened.locator(".error-summary")).to_contain_text("Ce code n’est pas celui de votre notice")
    expect(opened.locator("[data-captcha]")).to_have_count(0)
    opened.get_by_label(FIELD).fill(CODE)
    opened.get_by_role("button", name=SUBMIT).click()
    title(opened, "Mes scrutins")
    assert ["captcha" in one for one in sent] == [True, False]


def test_the_buttons_of_the_captcha_live_in_the_form(opened: Page, portal: str, misbehave: Callable[..., None]) -> None:
    misbehave(captcha=True)
    sent = possessions(opened)
    opened.goto(f"{portal}/vote/")
    token = opened.locator("[data-token]")
    before = token.input_value()
    opened.get_by_role("button", name="Nouveau code").click()
    expect(token).not_to_have_value(before)
    expect(opened.get_by_text("Nouveau code affiché.")).to_be_visible()
    assert sent == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("replaced_code", "Ce code ne sert plus"),
        ("code_changing", "Un nouveau code est en cours de création"),
    ],
)
def test_a_code_that_a_reissue_touched_is_explained(
    opened: Page, portal: str, misbehave: Callable[..., None], refusal: str, said: str
) -> None:
    misbehave(refuseCode=refusal)
    opened.goto(f"{portal}/vote/")
    opened.get_by_label(FIELD).fill(CODE)
    opened.get_by_role("button", name=SUBMIT).click()
    expect(opened.locator(".error-summary")).to_contain_text(said)


def test_a_place_without_its_signatures_has_a_page_of_its_own(
    opened: Page, portal: str, misbehave: Callable[..., None]
) -> None:
    misbehave(refuseCode="key_not_signed")
    opened.goto(f"{portal}/vote/")
    opened.get_by_label(FIELD).fill(CODE)
    opened.get_by_role("button", name=SUBMIT).click()
    title(opened, "Votre code de vote ne peut pas servir")
    expect(opened.get_by_text("demandez à prévenir votre bureau de vote")).to_be_visible()


def test_no_code_is_asked_of_who_has_voted_everywhere(
    opened: Page, portal: str, misbehave: Callable[..., None]
) -> None:
    misbehave(allVoted=True)
    opened.goto(f"{portal}/vote/")
    title(opened, "Mes scrutins")
    expect(opened.get_by_text("Vous avez voté à tous vos scrutins ouverts")).to_be_visible()


def test_proofs_are_made_for_contests_not_voted_yet(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    opened.get_by_label(FIELD).fill(CODE)
    opened.get_by_role("button", name=SUBMIT).click()
    opened.get_by_role("button", name="Voter à ce scrutin").first.click()
    opened.get_by_role("radio", name="Vote blanc").check()
    opened.get_by_role("button", name="Vérifier mon choix").click()
    opened.get_by_role("button", name="Voter", exact=True).click()
    title(opened, "✓ Votre bulletin est dans l’urne")
    sent = possessions(opened)
    opened.goto(f"{portal}/vote/")
    opened.get_by_label(FIELD).fill(CODE)
    opened.get_by_role("button", name=SUBMIT).click()
    title(opened, "Mes scrutins")
    assert len(sent[0]["proofs"]) == 4


# ---- The notice's QR code ----


def photograph(text: str) -> bytes:
    """A QR code as a telephone would take it: on white paper, some way from the edges."""
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="png", scale=6, border=12)
    return picture.getvalue()


def test_a_photograph_of_the_qr_code_fills_the_field_and_stays_here(
    opened: Page, portal: str, check_page: Callable[[Page], None]
) -> None:
    opened.goto(f"{portal}/vote/")
    opened.get_by_role("button", name=OPENER).click()
    # The browser of tests has no camera: the page says so, and a photograph remains.
    expect(opened.get_by_text("L’appareil photo ne peut pas s’ouvrir")).to_be_visible()
    check_page(opened)
    posted: list[str] = []

    def keep(request: Request) -> None:
        if request.method != "GET":
            posted.append(request.url)

    opened.on("request", keep)
    opened.get_by_label("Ou une photographie du QR code").set_input_files(
        {"name": "notice.png", "mimeType": "image/png", "buffer": photograph(NOTICE)}
    )
    expect(opened.get_by_label(FIELD)).to_have_value(CODE)
    expect(opened.get_by_text("Le code a été lu. Vérifiez-le")).to_have_count(2)
    assert opened.evaluate("document.activeElement.id") == "voting-code"
    assert posted == []
    opened.get_by_role("button", name=SUBMIT).click()
    title(opened, "Mes scrutins")


def test_a_camera_that_answers_late_says_nothing_over_a_photograph(opened: Page, portal: str) -> None:
    opened.add_init_script(
        "navigator.mediaDevices.getUserMedia = () =>"
        " new Promise((_, refuse) => { window.refuseCamera = () => refuse(new Error('late')); });"
    )
    opened.goto(f"{portal}/vote/")
    opened.get_by_role("button", name=OPENER).click()
    photo = opened.get_by_label("Ou une photographie du QR code")
    photo.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": photograph("https://vote.example/")})
    other = opened.get_by_text("Ce QR code n’est pas celui d’un code de vote.")
    expect(other).to_be_visible(timeout=30_000)
    opened.evaluate("window.refuseCamera()")
    # The refusal is handled before the next turn of the page's event loop.
    opened.evaluate("new Promise(resolve => setTimeout(resolve, 0))")
    expect(other).to_be_visible()


def test_a_photograph_without_a_code_is_explained(opened: Page, portal: str) -> None:
    opened.goto(f"{portal}/vote/")
    opened.get_by_role("button", name=OPENER).click()
    photo = opened.get_by_label("Ou une photographie du QR code")
    photo.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": photograph("https://vote.example/")})
    # The decoder is loaded with the first photograph, which takes time on a machine that does much else.
    expect(opened.get_by_text("Ce QR code n’est pas celui d’un code de vote.")).to_be_visible(timeout=30_000)
    photo.set_input_files({"name": "b.png", "mimeType": "image/png", "buffer": b"not a picture"})
    expect(opened.get_by_text("Aucun QR code n’a été trouvé")).to_be_visible()


def test_the_decoder_is_loaded_only_when_asked_for_and_its_hash_is_checked(opened: Page, portal: str) -> None:
    asked: list[str] = []

    def keep(request: Request) -> None:
        asked.append(request.url)

    opened.on("request", keep)
    opened.route(
        "**/booth/qr.js",
        lambda route: route.fulfill(body="export const readQr = () => 'x';", content_type="text/javascript"),
    )
    opened.goto(f"{portal}/vote/")
    title(opened, "Saisie du code de vote")
    assert not [url for url in asked if url.endswith("/qr.js")]
    opened.get_by_role("button", name=OPENER).click()
    opened.get_by_label("Ou une photographie du QR code").set_input_files(
        {"name": "notice.png", "mimeType": "image/png", "buffer": photograph(NOTICE)}
    )
    expect(opened.get_by_text("Aucun QR code n’a été trouvé")).to_be_visible()
    expect(opened.get_by_label(FIELD)).to_have_value("")


def film(text: str, path: Path) -> Path:
    """The same QR code as the camera of the browser would film it, in raw YUV."""
    side, scale = 480, 8
    modules = [[bool(dark) for dark in row] for row in segno.make(text, error="m").matrix]
    margin = (side - scale * len(modules)) // 2
    luma = bytearray(b"\xeb" * (side * side))
    for row, darks in enumerate(modules):
        for column, dark in enumerate(darks):
            if dark:
                for line in range(scale):
                    start = (margin + row * scale + line) * side + margin + column * scale
                    luma[start : start + scale] = b"\x10" * scale
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (side * side // 2)
    path.write_bytes(b"YUV4MPEG2 W480 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 10)
    return path


@pytest.fixture
def filming(
    playwright: Playwright, portal: str, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Page]:
    """A page of a browser whose camera sees a notice."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    flags = [
        *browser_type_launch_args["args"],
        *camera,
        f"--use-file-for-fake-video-capture={film(NOTICE, tmp_path / 'notice.y4m')}",
    ]
    browser = playwright.chromium.launch(**{**browser_type_launch_args, "args": flags})
    yield browser.new_page()
    browser.close()


def test_the_camera_reads_the_notice_and_is_released(filming: Page, portal: str) -> None:
    filming.goto(f"{portal}/vote/")
    filming.evaluate(
        "() => { const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        " navigator.mediaDevices.getUserMedia = async (what) => (window.stream = await open(what)); }"
    )
    filming.get_by_role("button", name=OPENER).click()
    expect(filming.get_by_label(FIELD)).to_have_value(CODE, timeout=15_000)
    assert filming.evaluate("window.stream.getTracks().map(track => track.readyState)") == ["ended"]
    expect(filming.locator("video")).to_be_hidden()
