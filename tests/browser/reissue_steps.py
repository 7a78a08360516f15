"""A new voting code as a voter of seeds 003 and 004 gets it: each method is a gesture that a seed shows."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from isoloir.credentials.authority.codesfiles import read_codes
from isoloir.credentials.authority.recipients import read_identities
from isoloir.demo.fiction.civil import civil_identity
from tests.browser.demonstration import Demonstration, Identity, Visitor
from tests.browser.inspection import Inspector, Traffic
from tests.browser.member import Member, President
from tests.browser.public import Citizen
from tests.browser.voter import BLANK, ReceiptSeen, Voter

# The answer given at the activation, as somebody in a hurry types it again.
SAME_ANSWER = "SAINT etienne"
CODE_FORM = r"[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}-[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}"
ASK_FOR_ANOTHER = "Obtenir un nouveau code de vote"
MAKE = "Régénérer mon code de vote"
NOTED = "J’ai noté mon code"
REPLACED = "Ce code ne sert plus : il a été remplacé par un réassort. Saisissez le nouveau code."
NOT_THE_SAME = "Les informations saisies ne correspondent pas."
CONTACT_REFUSED = "Cette adresse ou ce numéro ne peut pas servir ; choisissez-en un autre."
_LOOKS_AT_THE_MAILBOX = 100


@dataclass(frozen=True)
class Elector(Identity):
    """A voter of the roll, with all that she could be asked to prove; `birth` is dd/mm/yyyy."""

    numen: str = ""
    nir: str = ""
    birth: str = ""
    private_address: str = ""
    contests: int = 0


def electors_of(directory: Path) -> list[Elector]:
    """Return the voters of a demonstration who have several contests, those of the identities' page first."""
    codes = read_codes(directory / "authority" / "private", read_identities(directory / "printer.key"))
    with (directory / "fiction" / "voters.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    electors = [_elector(row, codes[row["reference"]]) for row in sorted(rows, key=lambda row: row["reference"])]
    return sorted((one for one in electors if one.contests > 1), key=lambda one: -one.contests)


def _elector(row: dict[str, str], code: str) -> Elector:
    civil = civil_identity(**{name: row[name] for name in ("reference", "civility", "last_name", "first_names")})
    return Elector(
        name=f"{row['first_names']} {row['last_name']}", address=row["email"], code=code, numen=civil.numen,
        nir=civil.nir, birth=f"{civil.birth_date:%d/%m/%Y}", private_address=civil.private_address,
        contests=len(row["contests"].split("|")),
    )  # fmt: skip


class ReissueVoter(Voter):
    """A voter who has no notice any more; `traffic` is that of her browser."""

    identity: Elector

    def __init__(self, page: Page, traffic: Traffic, vote: "ReissueVote") -> None:
        super().__init__(page, vote.inspector)
        self.traffic, self.vote = traffic, vote

    def looks(self, name: str) -> None:
        """Have the pages of the re-issue looked at; those of the account are by the tests of the account."""
        if name.startswith("reissue-"):
            super().looks(name)

    def reads(self, sentence: str) -> None:
        """Wait for a sentence, wherever it is in the page."""
        expect(self.page.locator("main")).to_contain_text(sentence)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    @contextmanager
    def is_refused(self, status: int) -> Iterator[None]:
        """Take away, from the faults of the browser, that of an answer of this status, which must come."""
        known = len(self.traffic.faults)
        yield
        self.page.wait_for_load_state()
        noted = self.traffic.faults[known:]
        awaited = re.compile(rf"status {status}: .*|console error: .*status of {status} .*")
        assert any(map(awaited.fullmatch, noted)), noted
        self.traffic.faults[known:] = [fault for fault in noted if not awaited.fullmatch(fault)]

    # ---- Asking ----

    def says_that_she_has_no_code(self) -> None:
        """Go by « Je vote » and « Saisie du code de vote » to the ways of getting another."""
        self.page.goto("/espace/")
        self.clicks("Je vote")
        self.sees("Saisie du code de vote")
        self.looks("reissue-code-entry")
        self.page.get_by_role("link", name=ASK_FOR_ANOTHER).click()
        self.sees("Choix du réassort de votre code de vote")
        self.looks("reissue-ways")

    def takes_the_way(self, title: str) -> None:
        self.page.get_by_role("link", name=f"Prendre cette voie : {title}").click()
        self.sees("Demande de réassort du code de vote")

    def fills_what_is_asked(self, *, identifier: str, answer: str = SAME_ANSWER) -> None:
        """Answer the challenge question, and give the NUMEN or the ten digits."""
        self.field("Votre réponse secrète").fill(answer)
        self.page.get_by_label("Votre NUMEN, ou").fill(identifier)

    def chooses_sms(self, number: str) -> None:
        self.page.get_by_role("radio", name="Par SMS").check()
        self.page.get_by_label("Numéro de téléphone mobile personnel").fill(number)

    def chooses_email(self, address: str) -> None:
        self.page.get_by_role("radio", name="Par courriel").check()
        self.page.get_by_label("Adresse électronique personnelle").fill(address)

    def sends(self) -> None:
        """Copy the CAPTCHA, where the page has one, and send the form."""
        captcha = self.field("Chiffres de l’image ou du son")
        if captcha.count():
            self.copies_the_code()
        with self.page.expect_event("load"):
            self.page.get_by_role("button", name="Recevoir le lien").click()

    def is_sent_a_link(self, state: str) -> None:
        self.sees("Votre demande est enregistrée")
        self.looks(f"reissue-sent-{state}")

    def asks_by_sms(self, number: str) -> None:
        """Ask by the challenge question and SMS, for what comes after."""
        self.says_that_she_has_no_code()
        self.takes_the_way("Question défi")
        self.fills_what_is_asked(identifier=self.identity.numen)
        self.chooses_sms(number)
        self.sends()
        self.is_sent_a_link("sms")

    # ---- Messages ----

    def finds_a_message(self, recipient: str, words: str) -> Locator:
        """Look into the mailbox until a message of this recipient holds these words; return the newest one."""
        found = self.page.locator("article").filter(has_text=words)
        for _time in range(_LOOKS_AT_THE_MAILBOX):
            self.page.goto(f"/demo/courrier/?pour={quote(recipient)}")
            if found.count():
                return found.first
            self.page.wait_for_timeout(200)
        raise AssertionError(f"no message with « {words} » arrives")

    def reads_the_link_sent_to(self, recipient: str) -> str:
        """Look into the mailbox until a link that was not there before is; return its address."""
        link = self.page.locator("article").first.locator("a[href*='/reassort/']")
        for _time in range(_LOOKS_AT_THE_MAILBOX):
            self.finds_a_message(recipient, "/reassort/")
            address = link.get_attribute("href") or ""
            if address not in self.vote.links:
                self.vote.links.add(address)
                return address
            self.page.wait_for_timeout(200)
        raise AssertionError("no other link arrives")

    def opens_the_link_sent_to(self, recipient: str) -> str:
        """Follow the newest link of a new code, signed in as she is; return its address."""
        address = self.reads_the_link_sent_to(recipient)
        self.looks("reissue-message-by-email" if "@" in recipient else "reissue-message-by-sms")
        self.page.locator("article").first.get_by_role("link", name="/reassort/").click()
        self.sees("Votre lien est reconnu")
        self.looks("reissue-link")
        self.page.get_by_role("button", name="Continuer").click()
        self.sees("Réassort du code de vote")
        return address

    # ---- The new code ----

    def makes_a_code(self) -> str:
        """Make the code; return it as it is shown."""
        self.looks("reissue-advice")
        contests = self.page.locator("main h2:has-text('Le nouveau code servira pour') + ul li")
        # The page may just have been loaded again: its list is read when it is there.
        contests.first.wait_for()
        concerned = contests.all_inner_texts()
        self.page.get_by_role("button", name=MAKE).click()
        self.sees("Votre nouveau code de vote")
        assert concerned
        self.vote.made.update(concerned)
        self.looks("reissue-code")
        return self.reads_the_code()

    def reads_the_code(self) -> str:
        shown = "".join(self.page.locator(".new-code").inner_text().split())
        assert re.fullmatch(CODE_FORM, shown), len(shown)
        return shown

    def has_noted_the_code(self) -> None:
        self.page.get_by_role("button", name=NOTED).click()
        self.sees("Vous êtes prêt·e à voter")
        self.looks("reissue-ready")

    def goes_to_vote(self) -> None:
        self.page.get_by_role("link", name="Saisir mon code et voter").click()
        self.sees("Saisie du code de vote")

    def gets_a_new_code(self, number: str, recipient: str) -> str:
        """Go from the space to a noted code by SMS; return the code."""
        self.asks_by_sms(number)
        self.opens_the_link_sent_to(recipient)
        code = self.makes_a_code()
        self.has_noted_the_code()
        return code

    # ---- Voting ----

    def types_a_code(self, code: str) -> None:
        self.page.locator("#voting-code").fill(code)
        self.copies_the_code_if_asked()
        self.page.get_by_role("button", name="Voir mes scrutins").click()

    def is_told_that_the_old_code_is_dead(self) -> None:
        with self.is_refused(403):
            self.types_a_code(self.identity.code)
            self.reads(REPLACED)
        self.looks("reissue-old-code-refused")

    def opens_her_contests_with(self, code: str) -> None:
        self.types_a_code(code)
        self.sees("Mes scrutins")

    def contests_to_vote(self) -> list[str]:
        return self.page.locator("main li[data-state=to_vote] h2").all_inner_texts()

    def votes_in(self, contest: str, choice: str = BLANK) -> ReceiptSeen:
        """Vote in a contest of the list; return the receipt, then be back in the list."""
        self.opens_the_contest(contest)
        self.chooses(choice)
        self.reviews()
        receipt = self.votes()
        assert receipt.contest == contest
        self.goes_back_to_her_contests()
        return receipt


class Organiser(Member):
    """The administrator, who decides by the console how new codes are got."""

    def enters(self, identity: Identity) -> None:
        self.page.goto("/console/")
        self.page.get_by_label("Adresse électronique").fill(identity.address)
        self.page.get_by_label("Mot de passe", exact=True).fill(identity.password)
        self.clicks("Continuer")
        self.page.get_by_label("Code à 6 chiffres").fill(identity.digits)
        self.clicks("Entrer")
        expect(self.page.get_by_role("button", name="Se déconnecter")).to_have_count(1)

    def leaves(self) -> None:
        self.page.get_by_role("button", name="Se déconnecter").click()

    def offers_every_way(self) -> None:
        """Offer the ways of 2022 and that of 2018; read what it is warned of, and keep the choice."""
        self.page.goto("/console/reassort/")
        self.sees("Règles du réassort")
        self.page.get_by_role("checkbox", name="NUMEN et date de naissance").check()
        self.clicks("Enregistrer les règles")
        expect(self.page.locator("main")).to_contain_text("Ce choix appelle des avertissements")
        self.looks("reissue-console-warnings")
        self.page.get_by_role("checkbox", name="J’ai lu les avertissements").check()
        self.clicks("Enregistrer les règles")
        expect(self.page.locator("main h3").filter(has_text="NUMEN et date de naissance")).to_have_count(1)
        self.looks("reissue-console-rules")


@dataclass
class ReissueVote:
    """A demonstration in which the vote is open and every way of re-issue offered; each voter of it is brought once."""

    served: Demonstration
    inspector: Inspector
    president: President
    visitor: Visitor
    # Voters of the identities' page, whom the simulator of FranceConnect knows, then others.
    known: deque[Elector]
    others: deque[Elector]
    # How many new codes were made, by the name of each contest that they serve in.
    made: Counter[str] = field(default_factory=Counter)
    # Links of new codes that were read in the mailbox.
    links: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        return self.served.address


def open_reissue_vote(served: Demonstration, page: Page, folder: Path) -> ReissueVote:
    """Have the organiser offer every way, then the president seal, and the vote open."""
    inspector = Inspector(folder, address=served.address)
    visitor = Visitor(page)
    organiser = Organiser(page, inspector, folder=folder)
    organiser.enters(visitor.finds(visitor.finds_people("administration")[0]))
    organiser.offers_every_way()
    organiser.leaves()
    visitor.lets_the_other_members_act()
    president = President(page, None, folder=folder)
    president.signs_in(visitor.finds(visitor.finds_people("président")[0]))
    president.seals()
    visitor.moves_the_clock_to_the_opening()
    electors = electors_of(served.directory)
    return ReissueVote(served, inspector, president, visitor, deque(electors[:6]), deque(electors[6:]))


def count_and_verify(vote: ReissueVote, folder: Path) -> None:
    """Close, count and publish; `isoloir-verify` accepts every archive with its register, which holds each new key."""
    vote.visitor.moves_the_clock_past_the_closing()
    vote.visitor.lets_the_other_members_act()
    citizen = Citizen(vote.visitor.page)
    contests = vote.president.names_of_contests()
    assert set(vote.made) <= set(contests)
    assert contests
    for contest in contests:
        vote.president.establishes_the_result(contest)
        vote.president.signs_the_minutes(contest)
        vote.president.publishes(contest)
    program = Path(sys.executable).with_name("isoloir-verify")
    for contest in contests:
        archive = citizen.reads_the_result_of(contest, folder).archive
        register = citizen.downloads_the_register_of(contest, folder)
        closing = json.loads(register.read_text().splitlines()[-1])
        assert (closing["type"], closing["reissues"]) == ("Closing", vote.made[contest])
        run = subprocess.run([program, str(archive), str(register)], check=False, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
