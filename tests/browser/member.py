"""A member of the bureau: sign-in, key, decryption; and what the president does besides."""

from pathlib import Path

from playwright.sync_api import Page

from tests.browser.demonstration import Identity
from tests.browser.inspection import Inspector
from tests.browser.person import Person, bare

PASSPHRASE = "quatre mots sans lien"


class Member(Person):
    """A holder of a share of the key, with a device of their own: `folder` keeps the key files."""

    def __init__(self, page: Page, inspector: Inspector | None, *, folder: Path) -> None:
        super().__init__(page, inspector)
        self._folder = folder
        self.key_file: Path | None = None

    def signs_in(self, identity: Identity) -> None:
        """Enter by password and six digits."""
        self.page.goto("/bureau/")
        self.looks("bureau-login")
        self.page.get_by_label("Adresse électronique").fill(identity.address)
        self.page.get_by_label("Mot de passe", exact=True).fill(identity.password)
        self.clicks("Continuer")
        self.sees("Saisissez le code à 6 chiffres")
        self.looks("bureau-totp")
        self.page.get_by_label("Code à 6 chiffres").fill(identity.digits)
        self.clicks("Entrer")
        self.sees("Mes bureaux de vote")
        self.looks("bureau-home")

    def opens_the_station(self, name: str = "station") -> None:
        self.page.goto("/bureau/")
        self.page.locator("main h2 a").first.click()
        self.page.get_by_role("heading", name="Ce qui est prouvé").wait_for()
        self.looks(f"bureau-{name}")

    def opens_the_key_page(self) -> None:
        self.opens_the_station()
        self.page.get_by_role("link", name="Ma clé").first.click()

    def makes_a_key(self) -> None:
        """Make the key, keep it twice, test the file, send the certificate."""
        self.opens_the_key_page()
        self.sees("Créer ma clé")
        self.looks("trustee-create")
        self.page.get_by_label("Phrase secrète", exact=True).fill(PASSPHRASE)
        self.page.get_by_label("La même phrase, une seconde fois", exact=True).fill(PASSPHRASE)
        self.clicks("Créer ma clé")
        self.sees("Enregistrer ma clé deux fois")
        self.looks("trustee-save")
        copies = [self._keeps_a_copy(words) for words in ("première", "seconde")]
        assert copies[0].read_bytes() == copies[1].read_bytes()
        self.key_file = copies[1]
        self.clicks("Tester mon fichier")
        self.sees("Tester mon fichier")
        self.looks("trustee-test")
        self._opens_the_file("Tester et envoyer mon certificat")
        self.sees("En attente des autres titulaires")
        self.looks("trustee-wait")

    def _keeps_a_copy(self, words: str) -> Path:
        with self.page.expect_download() as download:
            self.clicks(f"Enregistrer la {words} copie")
        path = self._folder / f"{words}-{download.value.suggested_filename}"
        download.value.save_as(path)
        return path

    def _opens_the_file(self, button: str) -> None:
        assert self.key_file is not None
        self.page.get_by_label("Fichier de clé").set_input_files(self.key_file)
        self.page.get_by_label("Phrase secrète", exact=True).fill(PASSPHRASE)
        self.page.get_by_role("button", name=button).click()

    def unlocks_the_key(self) -> None:
        """Come back to the page with the file and the passphrase alone."""
        self.opens_the_key_page()
        self.sees("Ouvrir ma clé")
        self.looks("trustee-unlock")
        self._opens_the_file("Ouvrir ma clé")

    def learns_that_others_acted(self) -> None:
        """Ask for the state again, unless the page has done it by itself."""
        self.page.locator("main button", has_text="Actualiser").evaluate_all(
            "found => found.forEach(one => one.click())"
        )

    def commits(self) -> None:
        self.sees("M’engager")
        self.looks("trustee-commit")
        self.clicks("M’engager sur ces certificats")
        # The last of a group to commit goes on at once.
        self._sees_one_of("En attente des autres titulaires", "Calculer ma part")

    def computes_the_share(self) -> None:
        self.sees("Calculer ma part")
        self.looks("trustee-share")
        self.clicks("Vérifier et calculer ma part")
        self._sees_one_of("En attente des autres titulaires", "La clé est prête")

    def _sees_one_of(self, one: str, other: str) -> None:
        self.title().filter(has_text=one).or_(self.title().filter(has_text=other)).wait_for()

    def sees_the_key_ready(self) -> None:
        self.opens_the_key_page()
        self.sees("La clé est prête")
        self.looks("trustee-ready")

    def decrypts(self) -> dict[str, str]:
        """Decrypt the totals of every contest with the key file; return the fingerprint shown of each total."""
        self.unlocks_the_key()
        self.sees("Déchiffrer ma part des résultats")
        self.looks("trustee-decrypt")
        rows = self.page.locator("tbody th").all()
        shown = {row.inner_text().split("\n")[0]: bare(row.locator(".tracker")) for row in rows}
        self.clicks("Déchiffrer")
        self.sees("Vos déchiffrements sont enregistrés")
        self.looks("trustee-done")
        return shown

    def reads_the_fingerprint_of_the_total(self, contest: str) -> str:
        """Return what the bureau's page says that every key holder must see."""
        self._opens_the_contest(contest)
        return bare(self.page.locator(".facts__fact", has_text="Empreinte du total chiffré").locator(".tracker"))

    def signs_the_minutes(self, contest: str) -> None:
        """Read the minutes of a contest, then sign them."""
        self._opens_the_contest(contest)
        self.page.get_by_role("link", name="Procès-verbal des résultats").click()
        self.sees("Procès-verbal des résultats")
        self.looks("bureau-minutes")
        self.clicks("Signer le procès-verbal")
        self.looks("bureau-sign")
        self.clicks("J’ai lu le procès-verbal et je le signe")
        self.page.get_by_text("Votre signature est enregistrée").wait_for()

    def _opens_the_contest(self, name: str) -> None:
        self.opens_the_station()
        self.page.get_by_role("link", name=name, exact=True).click()
        self.sees(name)


class President(Member):
    """Presides over the bureau."""

    def seals(self) -> None:
        self.opens_the_station("station-to-seal")
        self.page.get_by_role("link", name="Sceller les scrutins").first.click()
        self.sees("Sceller tous les scrutins")
        self.looks("bureau-seal")
        self.page.get_by_role("button", name="Sceller les scrutins").click()
        self.page.get_by_text("Les scrutins sont scellés").wait_for()
        self.looks("bureau-station-sealed")

    def follows_the_vote(self, contest: str) -> None:
        """Read the turnout, the signature list, the seals and the journal."""
        self.opens_the_station("station-open")
        self._opens_the_contest(contest)
        self.looks("bureau-contest-open")
        self.clicks("Recalculer les scellés")
        self.page.get_by_text("Ce que le scellé couvre, recalculé").wait_for()
        self.looks("bureau-contest-seals")
        self.page.get_by_role("link", name="Liste d’émargement").click()
        self.sees("Liste d’émargement")
        self.looks("bureau-turnout")
        self.opens_the_station()
        self.page.get_by_role("link", name="Journal du bureau").click()
        self.sees("Journal du bureau")
        self.looks("bureau-journal")

    def names_of_contests(self) -> list[str]:
        """Return the names of the contests of the station, in the order of its page."""
        self.opens_the_station("station-counting")
        return self.page.locator(".station-contest h3 a").all_inner_texts()

    def establishes_the_result(self, contest: str) -> None:
        self.opens_the_station("station-counting")
        self._opens_the_contest(contest)
        self.looks("bureau-contest-counting")
        self.clicks("Établir le résultat")
        self.sees("Établir le résultat")
        self.looks("bureau-establish")
        self.page.get_by_role("button", name="Établir le résultat").click()
        self.page.get_by_text("Le résultat est établi").wait_for()
        self.looks("bureau-contest-counted")

    def publishes(self, contest: str) -> None:
        self._opens_the_contest(contest)
        self.clicks("Publier les résultats")
        self.sees("Publier les résultats")
        self.looks("bureau-publish")
        self.page.get_by_role("button", name="Publier les résultats").click()
        self.page.get_by_text("Les résultats sont publiés").wait_for()
        self.looks("bureau-contest-published")
