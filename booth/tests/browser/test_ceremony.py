"""Two delegates make their keys in the browser, on and off line, then decrypt."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

PASSPHRASE = "quatre mots sans lien é"
SLOW = 30_000


@pytest.fixture
def delegates(portal: str, browser: Browser) -> Iterator[list[Page]]:
    """Two delegates, each with a browser."""
    contexts = [
        browser.new_context(accept_downloads=True, viewport={"width": width, "height": 800}) for width in (1280, 360)
    ]
    pages = [context.new_page() for context in contexts]
    for rank, page in enumerate(pages, start=1):
        page.goto(f"{portal}/bureau/delegates-{rank}/cles/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Créer ma clé")
    yield pages
    for context in contexts:
        context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=SLOW)


def make_key(page: Page, file: Path) -> None:
    page.get_by_label("Phrase secrète", exact=True).fill(PASSPHRASE)
    page.get_by_label("La même phrase, une seconde fois", exact=True).fill(PASSPHRASE)
    press(page, "Créer ma clé")
    title(page, "Enregistrer ma clé deux fois")
    press(page, "Tester mon fichier")
    expect(page.locator(".error-summary")).to_contain_text("Enregistrez les deux copies")
    for copy in ("première", "seconde"):
        with page.expect_download() as download:
            press(page, f"Enregistrer la {copy} copie")
        download.value.save_as(file)
    press(page, "Tester mon fichier")


def open_key(page: Page, file: Path, button: str, passphrase: str = PASSPHRASE) -> None:
    page.get_by_label("Fichier de clé").set_input_files(file)
    page.get_by_label("Phrase secrète", exact=True).fill(passphrase)
    press(page, button)


def certify(pages: list[Page], folder: Path) -> list[Path]:
    files = [folder / f"key-{rank}.json" for rank in (1, 2)]
    for page, file in zip(pages, files, strict=True):
        make_key(page, file)
        open_key(page, file, "Tester et envoyer mon certificat")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Tester mon fichier", timeout=SLOW)
    return files


def test_two_delegates_make_a_key_and_decrypt(
    delegates: list[Page], portal: str, context: BrowserContext, tmp_path: Path, check_page: Callable[[Page], None]
) -> None:
    one, other = delegates
    files = certify(delegates, tmp_path)
    title(other, "M’engager")
    check_page(other)
    press(other, "M’engager sur ces certificats")
    title(other, "En attente des autres titulaires")
    check_page(other)
    # The first one comes back later, on a page that knows nothing any more.
    one.reload()
    title(one, "Ouvrir ma clé")
    open_key(one, files[1], "Ouvrir ma clé")
    expect(one.locator(".error-summary")).to_contain_text("Ce fichier est la clé de Mme Essai 2")
    open_key(one, files[0], "Ouvrir ma clé", "une autre phrase secrète")
    expect(one.locator(".error-summary")).to_contain_text("La phrase secrète n’ouvre pas ce fichier", timeout=SLOW)
    open_key(one, files[0], "Ouvrir ma clé")
    press(one, "M’engager sur ces certificats")
    title(one, "Calculer ma part")
    shown = [page.locator(".tracker").all_inner_texts() for page in (one,)]
    assert len(shown[0]) == 3
    assert shown[0][0] == shown[0][1]
    press(one, "Vérifier et calculer ma part")
    title(one, "En attente des autres titulaires")
    # The page of the second one finds by itself that its turn has come.
    title(other, "Calculer ma part")
    press(other, "Vérifier et calculer ma part")
    title(other, "La clé est prête")
    check_page(other)
    assert context.request.post(f"{portal}/bureau/_depouiller/").ok
    press(other, "Actualiser")
    title(other, "Déchiffrer ma part des résultats")
    check_page(other)
    press(other, "Déchiffrer 2 scrutin(s)")
    title(other, "Vos déchiffrements sont enregistrés")


def test_a_key_is_made_off_line_and_its_answer_is_kept_until_it_can_leave(
    delegates: list[Page], tmp_path: Path
) -> None:
    page, file = delegates[0], tmp_path / "key.json"
    page.context.set_offline(True)
    make_key(page, file)
    open_key(page, file, "Tester et envoyer mon certificat")
    title(page, "La réponse n’est pas partie")
    with page.expect_download() as download:
        press(page, "Télécharger ma réponse")
    (saved,) = json.loads(Path(download.value.path()).read_text())
    assert saved["step"] == "certificate"
    page.context.set_offline(False)
    with page.expect_request(lambda request: request.method == "POST") as posted:
        press(page, "Réessayer l’envoi")
    assert posted.value.post_data_json == saved
    title(page, "En attente des autres titulaires")


def test_a_lying_portal_stops_the_ceremony_before_anything_is_sent(
    delegates: list[Page], portal: str, context: BrowserContext, tmp_path: Path
) -> None:
    one, _ = delegates
    files = certify(delegates, tmp_path)
    assert context.request.post(f"{portal}/bureau/_mentir/").ok
    posts: list[str] = []
    one.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    one.reload()
    title(one, "Ouvrir ma clé")
    open_key(one, files[0], "Ouvrir ma clé")
    title(one, "⚠ Arrêtez-vous\u00a0: une vérification a échoué")
    assert posts == []
