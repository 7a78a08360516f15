"""A voter, from the e-mail to the receipt."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.browser.demonstration import Identity
from tests.browser.person import Person, bare

PASSWORD = "Deux-Chevaux-Bleus-7"
ANSWER = "Saint-Étienne"
# What the CAPTCHA's test back end, with which these demonstrations run, takes for every picture.
CAPTCHA = "00000"
BLANK = "Vote blanc"
# The worker delivers twice a second; a loaded machine takes its time.
_LOOKS_AT_THE_MAILBOX = 60


@dataclass(frozen=True)
class ReceiptSeen:
    """What the receipt page says."""

    contest: str
    tracker: str


class Voter(Person):
    """Acts with what the person has in hand: an address and the code of the notice."""

    identity: Identity

    def is_given(self, identity: Identity) -> "Voter":
        self.identity = identity
        return self

    # ---- Account ----

    def visits_the_portal(self) -> None:
        self.page.goto("/")
        self.looks("voter-welcome")
        self.clicks("Accéder à mon espace électeur")

    def copies_the_code(self) -> None:
        """Fill in the CAPTCHA of the page."""
        self.page.get_by_label("Chiffres de l’image ou du son").fill(CAPTCHA)

    def copies_the_code_if_asked(self) -> None:
        """Fill in the CAPTCHA beside the voting code, which a session asks for once."""
        if self.page.get_by_label("Chiffres de l’image ou du son").count():
            self.copies_the_code()

    def identifies_herself(self) -> None:
        self.looks("voter-identification")
        self.page.get_by_label("Adresse électronique professionnelle").fill(self.identity.address)
        self.copies_the_code()
        self.clicks("Continuer")
        self.sees("Saisissez votre mot de passe")
        self.looks("voter-password")

    def opens_her_mailbox(self) -> None:
        """Look into the mailbox until the newest e-mail is the link that was asked for, not that of the opening campaign."""
        newest = self.page.locator("article h2").first
        for _ in range(_LOOKS_AT_THE_MAILBOX):
            self.page.goto(f"/demo/courrier/?pour={self.identity.address}")
            if newest.count() and "Votre lien" in newest.inner_text():
                break
            self.page.wait_for_timeout(200)
        else:
            raise AssertionError("the e-mail with the link never arrives")
        self.looks("demo-mailbox")

    def opens_her_link(self) -> None:
        """Follow the activation link of the newest e-mail."""
        self.page.locator("article").first.get_by_role("link", name="/activation/").click()
        self.sees("Faites votre mot de passe")
        self.looks("voter-activation-password")

    def makes_her_password(self) -> None:
        """Make a password on the first page of the activation."""
        self.types_a_password_twice()
        self.looks("voter-activation-password-filled")
        self.clicks("Continuer vers la question défi")
        self.sees("Choisissez votre question défi")

    def types_a_password_twice(self, password: str = PASSWORD) -> None:
        self.page.get_by_label("Nouveau mot de passe Élections", exact=True).fill(password)
        self.page.get_by_label("Le même mot de passe, une seconde fois", exact=True).fill(password)
        self.copies_the_code()

    def activates_her_account(self) -> None:
        """Choose the first question on the second page of the activation, and keep everything."""
        self.looks("voter-activation-question")
        self.page.get_by_label("Question défi", exact=True).select_option(index=1)
        self.page.get_by_label("Réponse secrète", exact=True).fill(ANSWER)
        self.page.get_by_label("La même réponse, une seconde fois", exact=True).fill(ANSWER)
        self.clicks("Activer mon compte")
        self.sees("Bienvenue")

    def opens_her_account(self) -> None:
        """Go from the address to the voter space, by the e-mail."""
        self.page.goto("/identification/")
        self.identifies_herself()
        self.opens_her_mailbox()
        self.opens_her_link()
        self.makes_her_password()
        self.activates_her_account()

    def reads_the_lists(self) -> list[str]:
        """Read the lists of each contest from the voter space; return the names of the contests."""
        self.looks("voter-home")
        self.page.goto("/espace/scrutins/")
        self.looks("voter-contests")
        names = self.page.locator("main h2").all_inner_texts()
        for number in range(len(names)):
            self.page.get_by_role("link", name=re.compile("Lire les listes")).nth(number).click()
            self.sees(names[number])
            self.page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
            self.looks(f"voter-lists-{number + 1}")
            self.page.go_back()
        return names

    # ---- Booth ----

    def enters_the_booth(self) -> None:
        self.page.goto("/vote/")
        self.sees("Saisie du code de vote")
        self.looks("booth-code")

    def types_her_code(self) -> None:
        self.page.locator("#voting-code").fill(self.identity.code)
        self.copies_the_code_if_asked()
        self.clicks("Voir mes scrutins")
        self.sees("Mes scrutins")
        self.looks("booth-contests")

    def opens_the_contest(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile(f"Voter à ce scrutin.*{re.escape(name)}")).click()
        self.sees("Choisir")
        self.looks(f"booth-choose-{name[:3].lower()}-{name.split()[1][:5].lower()}")

    def offered(self) -> list[str]:
        """Return what the ballot offers, in order."""
        return self.page.locator("main .list-card__name").all_inner_texts()

    def chooses(self, name: str) -> None:
        self.page.get_by_role("radio", name=name).check()

    def reviews(self) -> None:
        self.clicks("Vérifier mon choix")
        self.sees("Vérifier mon choix")
        self.looks("booth-review")

    def votes(self) -> ReceiptSeen:
        self.page.get_by_role("button", name="Voter", exact=True).click()
        self.sees("Votre bulletin est dans l’urne")
        self.looks("booth-receipt")
        facts = self.page.locator(".receipt dd").all_inner_texts()
        return ReceiptSeen(contest=facts[0], tracker=bare(self.page.locator(".receipt .tracker")))

    def downloads_the_proof(self, folder: Path) -> str:
        """Download the receipt; return the words of the PDF without any space."""
        with self.page.expect_download() as download:
            self.clicks("Télécharger la preuve (PDF)")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        self.page.get_by_text("La preuve est téléchargée").first.wait_for()
        words = subprocess.run(["pdftotext", str(path), "-"], check=True, capture_output=True, text=True).stdout
        return "".join(words.split())

    def goes_back_to_her_contests(self) -> None:
        self.clicks("Revenir à mes scrutins")
        self.sees("Mes scrutins")

    def looks_for_her_ballot(self, tracker: str) -> None:
        """Ask the portal whether the ballot box holds this ballot."""
        self.page.goto("/verifier/")
        self.looks("voter-verify")
        self.page.get_by_label("Référence du bulletin").fill(tracker)
        self.clicks("Chercher dans l’urne")
        self.page.get_by_text("Ce bulletin est dans l’urne").wait_for()
        self.looks("voter-verify-found")
