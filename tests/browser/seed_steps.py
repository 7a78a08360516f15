"""The account as a voter of the seeds lives it, in the language of who reads: each method is a gesture that a seed shows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Locator, Page, Response, expect

from isoloir.captcha.challenges import read_challenge
from isoloir.demo.registrar_clock import CLOCK_SHIFT
from tests.browser import demonstration
from tests.browser.demonstration import Demonstration
from tests.browser.inspection import Inspector, Traffic
from tests.browser.person import Person

PASSWORD = "Loriot-Jaune-2026"
ANOTHER_PASSWORD = "Huppe-Fasciee-31"
ANSWER = "L’Île aux Moines"
SAME_ANSWER = "lile-aux-MOINES"
# The worker delivers twice a second; a loaded machine takes its time.
_LOOKS_AT_THE_MAILBOX = 100
_VISITED_AT = re.compile(r"(\d\d/\d\d/\d{4} à \d\dh\d\d)")


class RealCaptchaDemonstration(Demonstration):
    """The demonstration with the CAPTCHA that voters meet, of four digits as in seed 002, and a short proof of work."""

    def start(self) -> None:
        settings = {"ISOLOIR_CAPTCHA": "local", "ISOLOIR_CAPTCHA_DIGITS": "4", "ISOLOIR_CAPTCHA_WORK": "20000"}
        environment = {**demonstration._environment(), **settings}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demonstration, "_environment", lambda: environment)
            super().start()

    def read_clock(self) -> datetime:
        """Return the time that this portal believes it is: its clock may have been moved forward."""
        shift = self.directory / CLOCK_SHIFT
        return datetime.now(UTC) + timedelta(seconds=float(shift.read_text()) if shift.exists() else 0)

    @contextmanager
    def secrets(self) -> Iterator[None]:
        """Read with the keys of this portal, which are files of its folder."""
        with override_settings(SECRETS_DIR=self.directory / "secrets"):
            yield


class SeedVoter(Person):
    """A voter with an address, a browser and a mailbox; `language` is that of the pages and of the e-mails."""

    def __init__(
        self,
        page: Page,
        traffic: Traffic,
        inspector: Inspector | None,
        *,
        served: RealCaptchaDemonstration,
        address: str,
    ) -> None:
        super().__init__(page, inspector)
        self.traffic, self.address, self._served = traffic, address, served
        self.language = "fr"

    def looks(self, name: str) -> None:
        """Have the page looked at, in each language for itself."""
        super().looks(name if self.language == "fr" else f"{name}-{self.language}")

    # ---- Words ----

    def words(self, french: str) -> str:
        """Return a sentence of the pages as this voter reads it."""
        with translation.override(self.language):
            read = gettext(french)
        assert self.language == "fr" or read != french, f"no English for « {french} »"
        return read

    def reads(self, french: str) -> None:
        """Wait for a sentence, wherever it is in the page."""
        expect(self.page.locator("main")).to_contain_text(self.words(french))

    def arrives_at(self, french_title: str) -> None:
        self.sees(self.words(french_title))

    def presses(self, french: str) -> None:
        """Click the button or the link of this name in the page itself, not in its frame."""
        name = self.words(french)
        main = self.page.locator("main")
        main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name)).first.click()

    def field(self, french: str) -> Locator:
        return self.page.get_by_label(self.words(french), exact=True)

    def reads_english(self) -> None:
        """Change the language with the button of the header."""
        self.page.get_by_role("button", name="English").click()
        expect(self.page.locator("html")).to_have_attribute("lang", "en")
        self.language = "en"

    # ---- CAPTCHA ----

    def code(self) -> str:
        """Return the digits of the picture, as the portal itself derives them from the token of the page."""
        token = self.page.locator("[name=captcha_0]").input_value()
        with self._served.secrets():
            return read_challenge(token, at=self._served.read_clock()).code

    def copies_the_code(self) -> None:
        self.field("Chiffres de l’image ou du son").fill(self.code())

    def sees_a_picture(self) -> str:
        """Wait for the CAPTCHA's picture to be drawn; return its address."""
        picture = self.page.locator("[data-captcha] img")
        expect(picture).to_be_visible()
        self.page.wait_for_function("() => document.querySelector('[data-captcha] img').naturalWidth > 0")
        return picture.get_attribute("src") or ""

    # ---- Identification and password ----

    def gives_her_address(self, address: str = "") -> None:
        self.page.goto("/identification/")
        self.field("Adresse électronique professionnelle").fill(address or self.address)
        self.copies_the_code()
        self.presses("Continuer")
        self.arrives_at("Saisissez votre mot de passe Élections")

    def types_her_password(self, password: str) -> None:
        self.field("Mot de passe Élections").fill(password)
        with self.page.expect_event("load"):
            self.presses("Me connecter")

    def signs_in(self, password: str) -> None:
        self.gives_her_address()
        self.types_her_password(password)
        self.enters()

    def enters(self) -> None:
        self.page.wait_for_url("**/espace/")
        expect(self.page.get_by_role("button", name=self.words("Se déconnecter"))).to_have_count(1)

    def signs_out(self) -> None:
        self.page.get_by_role("button", name=self.words("Se déconnecter")).click()
        self.reads("Vous êtes déconnecté.")

    def reads_her_last_visit(self) -> str:
        """Return the moment of « Dernière connexion le 29/11/2022 à 15h33 (heure de Paris) », without the words."""
        said = self.page.locator(".election-band__visit").inner_text()
        found = _VISITED_AT.search(said)
        assert found, said
        assert said == f"Dernière connexion le {found[1]} (heure de Paris)"
        return found[1]

    # ---- Mailbox ----

    def finds_a_mail(self, subject: str, *, newest: bool = True) -> Locator:
        """Look into the mailbox until a mail of this subject is there, the first one of all if it must be the newest."""
        articles = self.page.locator("article")
        for _time in range(_LOOKS_AT_THE_MAILBOX):
            self.page.goto(f"/demo/courrier/?pour={self.address}")
            found = (articles.first if newest else articles).filter(has=self.page.get_by_role("heading", name=subject))
            if found.count():
                return found.first
            self.page.wait_for_timeout(200)
        raise AssertionError(f"no mail « {subject} » arrives")

    def follows_the_link_of(self, mail: Locator) -> str:
        """Follow the one-time link of a mail; return its address."""
        link = mail.locator("a[href*='/activation/'], a[href*='/nouveau-mot-de-passe/']")
        address = link.get_attribute("href") or ""
        assert re.fullmatch(rf"{self._served.address}/(activation|nouveau-mot-de-passe)/[\w-]{{43}}/", address), address
        link.click()
        return address

    # ---- The password, twice ----

    def types_a_password(self, password: str, again: str | None = None) -> None:
        self.field("Nouveau mot de passe Élections").fill(password)
        self.field("Le même mot de passe, une seconde fois").fill(password if again is None else again)

    def rules(self, *, only: str = "") -> list[str]:
        """Return the sentences of the rules that the page lists, in order; `only`, a selector, keeps some."""
        items = self.page.locator(f"[data-pattern]{only} > span")
        return [item.evaluate("item => item.firstChild.textContent") for item in items.all()]

    def unmet_rules(self) -> list[str]:
        return self.rules(only="[data-met=false]")

    def is_shown_what_she_types(self, french_label: str, state: str = "") -> None:
        """Show what a field of dots holds by its button, and hide it again."""
        label = self.words(french_label)
        field = self.field(french_label)
        buttons = self.page.locator(".password").filter(has=field).get_by_role("button")
        expect(field).to_have_attribute("type", "password")
        expect(buttons).to_have_accessible_name(re.compile(rf"^{self.words('Afficher')} \({re.escape(label)}\)$"))
        buttons.click()
        expect(field).to_have_attribute("type", "text")
        if state:
            self.looks(f"{state}-shown")
        expect(buttons).to_have_accessible_name(re.compile(rf"^{self.words('Masquer')} "))
        buttons.click()
        expect(field).to_have_attribute("type", "password")

    def makes_her_password(self, password: str = PASSWORD) -> None:
        """Make a password on the first page behind an activation link."""
        self.types_a_password(password)
        self.copies_the_code()
        self.presses("Continuer vers la question défi")
        self.arrives_at("Choisissez votre question défi")

    # ---- The challenge question ----

    def answers_a_question(self, place: int, answer: str = ANSWER, again: str = SAME_ANSWER) -> str:
        """Choose the question of this place in the list, and type the answers; return the question."""
        questions = self.field("Question défi")
        questions.select_option(index=place)
        self.field("Réponse secrète").fill(answer)
        self.field("La même réponse, une seconde fois").fill(again)
        return questions.locator("option:checked").inner_text()

    def opens_her_account(self, password: str = PASSWORD) -> None:
        """Go from the opening e-mail to the voter space, for what comes after."""
        self.follows_the_link_of(self.finds_a_mail("Ouverture du portail"))
        self.makes_her_password(password)
        self.answers_a_question(1)
        self.presses("Activer mon compte")
        self.enters()

    # ---- A lost password ----

    def asks_for_a_new_password(self) -> None:
        """From the password page through both messages."""
        self.presses("Mot de passe perdu")
        self.arrives_at("Confirmez votre demande")
        self.looks("lost-password-first-message")
        self.copies_the_code()
        self.presses("Confirmer ma demande")
        self.arrives_at("Votre demande est enregistrée")
        self.looks("lost-password-second-message")

    # ---- Answers that are no success ----

    def meets(self, address: str, status: int, french_title: str) -> Response:
        """Open a page that answers this status on purpose; the fault that the browser notes for it is none."""
        known = len(self.traffic.faults)
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status, answer.status
        self.arrives_at(french_title)
        self.forgives(status, known)
        return answer

    def forgives(self, status: int, known: int) -> None:
        """Take away, from the faults noted since there were `known` of them, those of a status awaited here."""
        expected = re.compile(rf"status {status}: GET .*|console error: .*status of {status} .*")
        self.traffic.faults[known:] = [
            fault for fault in self.traffic.faults[known:] if not expected.fullmatch(fault)
        ]  # fmt: skip
