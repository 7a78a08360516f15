"""The booth does not believe the portal: what a lying or failing network does, and what the voter sees of it."""

import base64
import json

import pytest
from nacl.signing import SigningKey
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.voter import BLANK

_CAST = "**/bulletin/"
_OTHER_TRACKER = "A" * 43


def ready_to_vote(at_the_booth) -> str:
    """Take the voter to the last button in one of her contests; return the contest's name."""
    voter, page = at_the_booth.voter, at_the_booth.page
    name = page.locator("main li[data-state=to_vote] h2").first.inner_text()
    voter.opens_the_contest(name)
    voter.chooses(BLANK)
    voter.reviews()
    return name


def press_vote(page: Page) -> None:
    page.get_by_role("button", name="Voter", exact=True).click()


def casts(at_the_booth) -> list[Request]:
    return [request for request in at_the_booth.traffic.requests if request.url.endswith("/bulletin/")]


# ---- Receipts that are not the ballot's ----


def altered_tracker(answer: dict) -> None:
    """The portal signs, with its own key, the reference of another ballot: what only the portal itself could do."""
    text = json.loads(answer["receipt"]["text"])
    text["tracker"] = _OTHER_TRACKER
    sign_anew(answer, text)


def other_contest(answer: dict) -> None:
    text = json.loads(answer["receipt"]["text"])
    text["contest"] = text["contest"][::-1]
    sign_anew(answer, text)


def altered_signature(answer: dict) -> None:
    signature = bytearray(base64.b64decode(answer["receipt"]["signature"]))
    signature[7] ^= 1
    answer["receipt"]["signature"] = base64.b64encode(signature).decode()


def altered_text(answer: dict) -> None:
    """The text is changed on its way, under the signature of the portal."""
    text = json.loads(answer["receipt"]["text"])
    text["tracker"] = _OTHER_TRACKER
    answer["receipt"]["text"] = json.dumps(text, ensure_ascii=False, separators=(",", ":"))


def sign_anew(answer: dict, text: dict) -> None:
    written = json.dumps(text, ensure_ascii=False, separators=(",", ":"))
    signed = _LIAR.sign(b"isoloir-receipt-v1\n" + written.encode()).signature
    answer["receipt"] = {
        "text": written,
        "signature": base64.b64encode(signed).decode(),
        "key": bytes(_LIAR.verify_key).hex(),
    }


# The key that the lying portal announces at the beginning, so that its signatures are its own.
_LIAR = SigningKey(bytes(32))


def announce_the_liars_key(route: Route) -> None:
    state = route.fetch().json()
    state["receipt_key"] = bytes(_LIAR.verify_key).hex()
    route.fulfill(json=state)


@pytest.mark.parametrize(
    ("alter", "says", "key_is_the_liars"),
    [
        (altered_tracker, "La référence signée n’est pas celle de votre bulletin.", True),
        (other_contest, "L’accusé est celui d’un autre scrutin.", True),
        (altered_signature, "La signature de l’accusé n’est pas celle du portail.", False),
        (altered_text, "La signature de l’accusé n’est pas celle du portail.", False),
    ],
)
def test_receipt_of_another_ballot_raises_a_visible_alarm(at_the_booth, alter, says, key_is_the_liars):
    page = at_the_booth.page
    if key_is_the_liars:
        page.route("**/vote/etat.json", announce_the_liars_key)
        at_the_booth.voter.enters_the_booth()
        at_the_booth.voter.types_her_code()

    def lie(route: Route) -> None:
        answer = route.fetch().json()
        alter(answer)
        route.fulfill(json=answer)

    page.route(_CAST, lie)
    ready_to_vote(at_the_booth)
    press_vote(page)
    at_the_booth.voter.sees("l’accusé de réception n’est pas le bon")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text(says)).to_be_visible()
    expect(page.get_by_text("est dans l’urne")).to_have_count(0)
    expect(page.get_by_role("button", name="Télécharger la preuve (PDF)")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger les éléments de l’alerte").click()
    evidence = json.loads(download.value.path().read_text())
    assert evidence["computed_tracker"] != _OTHER_TRACKER
    assert evidence["faults"]


# ---- A network that fails ----


def test_same_bytes_go_again_until_the_portal_answers(at_the_booth):
    page, sent = at_the_booth.page, []

    def fail_twice(route: Route) -> None:
        sent.append(route.request.post_data_buffer)
        if len(sent) == 1:
            # The ballot arrives, its answer is lost.
            assert route.fetch().ok
            route.abort("connectionreset")
        elif len(sent) == 2:
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route(_CAST, fail_twice)
    ready_to_vote(at_the_booth)
    press_vote(page)
    page.locator("main .progress").get_by_text("nouvel envoi du même bulletin").wait_for()
    at_the_booth.voter.sees("Votre bulletin est dans l’urne")
    assert len(sent) == 3
    assert len(set(sent)) == 1


def test_altered_candidates_show_nothing(at_the_booth):
    page, voter = at_the_booth.page, at_the_booth.voter

    def turn_two_lists_round(route: Route) -> None:
        bundle = route.fetch().json()
        first, second = bundle["lists"][:2]
        first["logo"], second["logo"] = second["logo"], first["logo"]
        route.fulfill(
            body=json.dumps(bundle, ensure_ascii=False, separators=(",", ":")), content_type="application/json"
        )

    page.route("**/candidats.json", turn_two_lists_round)
    page.get_by_role("button", name="Voter à ce scrutin").first.click()
    voter.sees("Ce bulletin ne peut pas être affiché")
    expect(page.get_by_role("radio")).to_have_count(0)
    expect(page.locator("main .list-card")).to_have_count(0)
    expect(page.locator("main img")).to_have_count(0)


def test_double_click_casts_once(at_the_booth):
    ready_to_vote(at_the_booth)
    at_the_booth.page.get_by_role("button", name="Voter", exact=True).dblclick()
    at_the_booth.voter.sees("Votre bulletin est dans l’urne")
    assert len(casts(at_the_booth)) == 1
    assert at_the_booth.traffic.faults == []


# ---- The code stays in the browser's memory ----


def shapes_of(code: str) -> list[str]:
    """Return the ways in which a code could be written: with and without hyphens, in base 64, backwards."""
    bare = code.replace("-", "")
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=") for text in (code, bare)]
    return [code, bare, *encoded, code.encode().hex(), bare.encode().hex(), bare[::-1]]


def test_code_leaves_the_browser_in_no_way(at_the_booth):
    page, voter, traffic = at_the_booth.page, at_the_booth.voter, at_the_booth.traffic
    # As the QR of the notice brings it: behind the mark that browsers never send.
    page.goto(f"/vote/?notice#code={voter.identity.code}")
    voter.sees("Saisie du code de vote")
    expect(page.locator("#voting-code")).to_have_value(voter.identity.code)
    assert page.evaluate("location.href").endswith("/vote/?notice")
    voter.copies_the_code_if_asked()
    voter.clicks("Voir mes scrutins")
    voter.sees("Mes scrutins")
    ready_to_vote(at_the_booth)
    press_vote(page)
    voter.sees("Votre bulletin est dans l’urne")
    said = [*(sent_by(request) for request in traffic.requests), kept_by(page), page.content()]
    assert casts(at_the_booth)
    for shape in shapes_of(voter.identity.code):
        assert [text[:200] for text in said if shape in text] == []
    assert traffic.faults == []


def sent_by(request: Request) -> str:
    """Return all that a request carries: method, address, headers, body."""
    # The browser's own address bar holds the fragment until the page removes it; what goes out has none.
    address = request.url.split("#")[0]
    body = (request.post_data_buffer or b"").decode("utf-8", "replace")
    return "\n".join([request.method, address, json.dumps(request.all_headers()), body])


def kept_by(page: Page) -> str:
    """Return all that the browser keeps for this site: cookies, storages, caches, history state, window name."""
    stores = page.evaluate(
        """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, window.name,
            location.href, document.referrer, await indexedDB.databases(), await caches.keys()])"""
    )
    return stores + json.dumps(page.context.cookies())
