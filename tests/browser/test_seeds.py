"""The tutorials of the portals of 2018 and 2022 (seeds 000 to 003), line by line, for what concerns the account.

One demonstration serves them all, with the real worker, mailbox and CAPTCHA; each voter of them is somebody else. What is
checked of a page is checked in each of its states: axe, the console, the requests, 360 px at once; vnu and pa11y at the end.
"""

import csv
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from isoloir.common.clock import PARIS
from isoloir.elections.models import Election
from isoloir.identity.challenge import install_default_questions
from isoloir.identity.requests import answer_requests
from tests import electorate
from tests.browser.demonstration import Visitor
from tests.browser.inspection import Inspector
from tests.browser.member import Member
from tests.browser.seed_steps import ANOTHER_PASSWORD, ANSWER, PASSWORD, RealCaptchaDemonstration, SeedVoter
from tests.electorate_fixtures import clock, election, outbox
from tests.surroundings import private_folder

__all__ = ("clock", "election", "outbox")

_VOTERS = 40
# Seconds, in thousandths, that a page may take on a machine that does much else.
_PATIENCE = 20_000
# What each rule of 2022 says, with a password that breaks it alone.
RULES_OF_2022 = {
    "Entre 12 et 256 caractères": "Court-2026",
    "Au moins une lettre minuscule sans accent": "LORIOT-ÉTÉ-2026é",
    "Au moins une lettre majuscule sans accent": "loriot-été-2026É",
    "Au moins un chiffre": "Loriot-Jaune-D-Ete",
    "Au moins un caractère spécial (# ! , ? -)": "LoriotJauneEte2026",
}
RULES_OF_2018 = {
    "Entre 8 et 24 caractères": "Loriot7",
    "Au moins une lettre minuscule sans accent": "LORIOT2018É",
    "Au moins une lettre majuscule sans accent": "loriot2018É",
    "Au moins un chiffre": "LoriotJaune",
}
PASSWORD_OF_2018 = "Loriot2018"
ACTIVATED = "Votre compte a bien été activé. Votre question défi et votre réponse secrète ont été enregistrées."
CHANGED = "Votre nouveau mot de passe est enregistré. L’ancien ne sert plus\u00a0; un courriel vous le confirme."
REFUSED = "Le mot de passe ne correspond pas à cette adresse, ou le compte n’est pas encore activé."


@pytest.fixture(scope="session")
def served() -> Iterator[RealCaptchaDemonstration]:
    demonstration = RealCaptchaDemonstration(private_folder() / "seeds", voters=_VOTERS)
    demonstration.start()
    yield demonstration
    demonstration.stop()
    assert "Traceback" not in demonstration.log()


@pytest.fixture(scope="session")
def inspector(served, tmp_path_factory) -> Iterator[Inspector]:
    """Look at each page once, whichever seed crosses it first; then have all of them read by vnu and pa11y."""
    looking = Inspector(tmp_path_factory.mktemp("seeds"), address=served.address)
    yield looking
    with ThreadPoolExecutor() as both:
        readings = [both.submit(reading) for reading in (looking.findings_of_vnu, looking.findings_of_pa11y)]
    faults = [*looking.faults, *(finding for reading in readings for finding in reading.result())]
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def roll(served) -> Iterator[str]:
    """Return addresses from the end of the roll, one after the other; the employer's portal knows those of its beginning."""
    with (served.directory / "fiction" / "voters.csv").open(encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines, delimiter=";"), key=lambda row: row["reference"])
    return iter([row["email"] for row in reversed(rows)])


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=_PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def voter(served, inspector, roll, person_page) -> Iterator[Callable[..., SeedVoter]]:
    """Return what brings a voter with a browser of her own; nothing may go wrong in any of these browsers."""
    brought: list[SeedVoter] = []
    known = len(inspector.faults)

    def bring(address: str = "") -> SeedVoter:
        page, traffic = person_page(served.address)
        brought.append(SeedVoter(page, traffic, inspector, served=served, address=address or next(roll)))
        return brought[-1]

    yield bring
    assert [fault for each in brought for fault in each.traffic.faults] == []
    assert inspector.faults[known:] == []


# ---- Seed 000 ----


def test_seed_000_je_cree_mon_espace_electeur(voter):
    anne = voter()
    mail = anne.finds_a_mail("Ouverture du portail")
    for sentence in (
        "Le lien à usage unique ci-dessous sert à activer votre compte électeur",
        "à créer et enregistrer votre mot de passe Élections",
        "puis à choisir votre question défi et enregistrer votre réponse secrète",
        "Ce lien ne sert qu’une seule fois",
        "Adresse permanente du portail, pour toutes vos visites suivantes",
    ):
        expect(mail).to_contain_text(sentence)
    anne.looks("opening-mail")
    link = anne.follows_the_link_of(mail)
    anne.arrives_at("Faites votre mot de passe Élections")
    anne.looks("activation-password")
    make_a_password_after_every_fault(anne, RULES_OF_2022, PASSWORD)
    anne.presses("Continuer vers la question défi")

    choose_a_question(anne)
    anne.presses("Activer mon compte")
    anne.enters()
    anne.reads(ACTIVATED)
    anne.looks("home-activated")

    anne.signs_out()
    anne.meets(link, 410, "Ce lien a déjà servi")
    anne.looks("link-used")
    anne.presses("Indiquer mon adresse")
    anne.signs_in(PASSWORD)


def make_a_password_after_every_fault(anne: SeedVoter, rules: dict[str, str], good: str) -> None:
    """Break each rule in turn, seen while typing and once sent; then copy the code, type it wrong twice, and get it right."""
    assert anne.rules() == list(rules)
    anne.types_a_password("é")
    assert anne.unmet_rules() == list(rules)
    anne.looks("password-rules-unmet")
    anne.copies_the_code()
    token = anne.page.locator("[name=captcha_0]").input_value()
    for rule, broken in rules.items():
        anne.types_a_password(broken)
        assert anne.unmet_rules() == [rule]
        anne.page.keyboard.press("Enter")
        expect(anne.page.locator(".error-summary")).to_be_focused()
        expect(anne.page.locator("#id_password_error li")).to_have_count(1)
        expect(anne.field("Nouveau mot de passe Élections")).to_have_value("")
    anne.looks("password-refused")

    anne.types_a_password(good, f"{good}!")
    assert anne.unmet_rules() == []
    same = anne.page.locator("[data-same]")
    expect(same).to_have_attribute("data-met", "false")
    anne.looks("password-typed-differently")
    anne.page.keyboard.press("Enter")
    anne.reads("Les deux saisies ne sont pas identiques.")
    # A typing fault never costs a second code.
    assert anne.page.locator("[name=captcha_0]").input_value() == token

    anne.types_a_password(good)
    expect(same).to_have_attribute("data-met", "true")
    anne.is_shown_what_she_types("Nouveau mot de passe Élections", "password")
    anne.is_shown_what_she_types("Le même mot de passe, une seconde fois")
    expect(anne.field("Chiffres de l’image ou du son")).not_to_have_value("")


def choose_a_question(anne: SeedVoter) -> None:
    """Scroll the list, answer in two ways that differ, then in two that are the same; look at what was typed."""
    anne.arrives_at("Choisissez votre question défi")
    for sentence in (
        "Votre mot de passe, votre question et votre réponse sont enregistrés.",
        "Rien n’est enregistré, pas même votre mot de passe.",
    ):
        anne.reads(sentence)
    anne.looks("activation-question")
    questions = anne.field("Question défi").locator("option").all_inner_texts()
    assert len(questions) >= 4
    assert len(set(questions)) == len(questions)

    anne.presses("Activer mon compte")
    anne.reads("Choisissez une question défi.")
    anne.reads("Donnez votre réponse secrète.")
    anne.looks("activation-question-empty")
    chosen = [anne.answers_a_question(place, ANSWER, "L’Île-Tudy") for place in range(1, len(questions))]
    assert chosen == questions[1:]
    anne.presses("Activer mon compte")
    anne.reads("Les deux réponses ne sont pas les mêmes.")
    # The question stays chosen; the answers, which are secrets, are typed again.
    expect(anne.field("Question défi").locator("option:checked")).to_have_text(chosen[-1])
    expect(anne.field("Réponse secrète")).to_have_value("")
    anne.looks("activation-question-refused")
    anne.answers_a_question(3)
    anne.is_shown_what_she_types("Réponse secrète", "answer")
    anne.is_shown_what_she_types("La même réponse, une seconde fois")


def test_seed_000_acces_sans_activation_asks_for_a_password_again_at_the_next_visit(voter):
    bruno = voter()
    link = bruno.follows_the_link_of(bruno.finds_a_mail("Ouverture du portail"))
    bruno.makes_her_password()
    bruno.presses("Accès sans activation")
    bruno.enters()
    bruno.reads("Votre compte n’est pas activé : votre mot de passe n’est pas enregistré")
    bruno.looks("home-without-activation")
    bruno.signs_out()

    # The next visit: the password was not kept, a new link comes, and a password is made again.
    bruno.gives_her_address()
    bruno.types_her_password(PASSWORD)
    bruno.reads(REFUSED)
    again = bruno.follows_the_link_of(bruno.finds_a_mail("activation de votre compte"))
    assert again != link
    bruno.arrives_at("Faites votre mot de passe Élections")
    bruno.makes_her_password(ANOTHER_PASSWORD)
    bruno.answers_a_question(2)
    bruno.presses("Activer mon compte")
    bruno.enters()
    bruno.reads(ACTIVATED)
    bruno.signs_out()
    bruno.signs_in(ANOTHER_PASSWORD)


# ---- Seed 001 ----


def test_seed_001_creation_de_mon_espace_electeur(voter):
    claire = voter()
    claire.page.goto("/")
    claire.looks("welcome")
    claire.presses("Accéder à mon espace électeur")
    identify_after_faults(claire)
    for sentence in (
        "Votre compte n’est pas encore activé ?",
        "Dans ce cas, un courriel vient de vous être envoyé.",
        "Vous pouvez fermer cette fenêtre.",
    ):
        claire.reads(sentence)
    claire.looks("password")

    mail = claire.finds_a_mail("activation de votre compte")
    expect(mail).to_contain_text(re.compile(r"Bonjour (Mme|M\.) [A-ZÉÈÀÇ’ -]+,"))
    expect(mail).to_contain_text("sert à activer votre compte électeur")
    claire.looks("activation-mail")
    claire.follows_the_link_of(mail)
    claire.makes_her_password()
    claire.answers_a_question(2)
    claire.presses("Activer mon compte")
    claire.enters()
    expect(claire.page.locator("main [role=status]").filter(has_text=ACTIVATED)).to_have_count(1)
    activated_at = datetime.now(UTC)
    find_her_way_at_home(claire)

    claire.signs_out()
    claire.looks("signed-out")
    refuse_a_wrong_password(claire)
    claire.signs_in(PASSWORD)
    visited = datetime.strptime(claire.reads_her_last_visit(), "%d/%m/%Y à %Hh%M").replace(tzinfo=PARIS)
    assert abs((activated_at - visited).total_seconds()) < 180
    claire.looks("home-second-visit")
    for path in ("/espace/", "/espace/scrutins/", "/vote/", "/verifier/"):
        claire.page.goto(path)
        expect(claire.page.locator(".election-band__visit")).to_have_count(1)


def identify_after_faults(claire: SeedVoter) -> None:
    """Send the identification page empty, with half an address, with a wrong code, then as it should be."""
    claire.arrives_at("Identifiez-vous")
    claire.sees_a_picture()
    claire.looks("identification")
    claire.presses("Continuer")
    claire.reads("Indiquez votre adresse électronique professionnelle.")
    claire.reads("Recopiez les chiffres de l’image ou du son.")
    claire.looks("identification-empty")
    address = claire.field("Adresse électronique professionnelle")
    address.fill(claire.address.partition("@")[0])
    claire.copies_the_code()
    claire.presses("Continuer")
    claire.reads("Cette adresse n’est pas complète.")
    claire.looks("identification-incomplete")
    address.fill(claire.address)
    right = claire.code()
    claire.field("Chiffres de l’image ou du son").fill(f"{(int(right) + 1) % 10**4:04d}")
    claire.presses("Continuer")
    expect(claire.page.locator("#id_captcha_error")).to_be_visible()
    expect(address).to_have_value(claire.address)
    assert claire.code() != right
    claire.looks("identification-wrong-code")
    ask_for_another_code(claire)
    claire.copies_the_code()
    claire.presses("Continuer")
    claire.arrives_at("Saisissez votre mot de passe Élections")


def ask_for_another_code(claire: SeedVoter) -> None:
    """Change the picture without leaving the page, and fetch what would be heard."""
    before, code = claire.sees_a_picture(), claire.code()
    claire.presses("Nouveau code")
    expect(claire.page.locator("[data-captcha] [role=status]")).to_have_text(claire.words("Nouveau code affiché."))
    assert claire.sees_a_picture() != before
    assert len(code) == len(claire.code()) == 4
    sound = claire.page.request.get(claire.page.locator("[data-captcha] audio").get_attribute("src") or "")
    assert sound.status == 200
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.body()[:4] == b"RIFF"


def find_her_way_at_home(claire: SeedVoter) -> None:
    """Read the blocks that the tutorial shows, and open what they lead to."""
    for block in ("Mes informations pratiques", "Mes scrutins", "Mon compte", "Le vote n’est pas encore ouvert"):
        expect(claire.page.get_by_role("heading", level=2, name=block)).to_have_count(1)
    assert claire.page.locator(".contest-card").count() >= 1
    expect(claire.page.locator("main")).to_contain_text(claire.address)
    informations = claire.page.locator("section").filter(
        has=claire.page.get_by_role("heading", name="Mes informations pratiques")
    )
    for link, title in (("Édito", "Édito"), ("questions fréquentes", "Aide et questions")):
        informations.get_by_role("link", name=link).click()
        expect(claire.title()).to_contain_text(title)
        claire.looks("edito" if link == title else "help")
        claire.page.goto("/espace/")
    claire.presses("Mes scrutins et leurs listes de candidats")
    claire.arrives_at("Mes scrutins")
    claire.looks("contests")


def refuse_a_wrong_password(claire: SeedVoter) -> None:
    """Type wrong passwords until a wait is counted down, and see it pass: who mistypes is never kept out."""
    claire.gives_her_address()
    claire.presses("Me connecter")
    claire.reads("Saisissez votre mot de passe Élections.")
    claire.looks("password-empty")
    wait = claire.page.locator(".wait")
    for _time in range(4):
        claire.types_her_password(ANOTHER_PASSWORD)
        claire.reads(REFUSED)
    expect(wait).to_be_visible()
    claire.looks("password-refused-after-wait")
    expect(wait.get_by_role("status")).to_have_text("Vous pouvez recommencer.")
    expect(claire.page.get_by_role("link", name="Mot de passe perdu")).to_have_count(1)


def test_seed_001_wait_before_the_next_try_is_counted_down(
    transactional_db, live_server, election: Election, page, inspector
):
    """The portal's clock stands still, and the browser's leaps when told."""
    page.clock.install(time=electorate.read_clock())
    page.goto(f"{live_server.url}/identification/")
    page.get_by_label("Adresse électronique professionnelle").fill("anne.dupont@valmont.example")
    page.get_by_label("Chiffres de l’image ou du son").fill("00000")
    page.get_by_role("button", name="Continuer").click()
    for _time in range(8):
        electorate.pass_time(timedelta(seconds=8))
        with page.expect_event("load"):
            page.get_by_label("Mot de passe Élections").fill(PASSWORD)
            page.get_by_role("button", name="Me connecter").click()
    # Three tries are free, then the wait doubles: 1, 2, 4, 8, 16.
    expect(page.locator(".error-summary")).to_contain_text("Attendez 16 secondes avant de recommencer.")
    wait = page.locator(".wait")
    expect(wait.get_by_role("timer")).to_have_text(re.compile(r"Prochain essai dans 1\d s"))
    inspector.look(page, "password-wait")
    page.clock.run_for(16_000)
    expect(wait.get_by_role("timer")).to_have_count(0)
    expect(wait.get_by_role("status")).to_have_text("Vous pouvez recommencer.")


# ---- Seed 002 ----


def test_seed_002_j_ouvre_mon_portail(served, voter):
    """« Via Toutatice »: from the employer's portal; the code has four digits; mail that does not come is looked for."""
    david = voter()
    david.page.goto("/identification/")
    assert len(david.code()) == 4
    david.reads("Si vous en avez deux, par exemple après un changement de nom, l’une ou l’autre convient.")
    david.presses("Se connecter avec Agents Valmorane")
    expect(david.title()).to_contain_text("Agents Valmorane")
    david.looks("employer-choice")
    agent = david.page.get_by_role("radio").first
    david.address = re.search(r"\((\S+@\S+)\)", agent.locator("xpath=..").inner_text())[1]
    agent.check()
    david.presses("Continuer")

    # The employer's portal identifies; the password stays the elections' own.
    david.arrives_at("Saisissez votre mot de passe Élections")
    david.reads(david.address)
    david.reads(
        "Rien après quelques minutes : regardez dans les courriers indésirables, puis dans votre autre adresse professionnelle si vous en avez une."
    )
    david.follows_the_link_of(david.finds_a_mail("activation de votre compte"))
    make_a_password_without_image(david)
    david.answers_a_question(4)
    david.presses("Activer mon compte")
    david.enters()
    david.reads(ACTIVATED)
    david.presses("Mes scrutins et leurs listes de candidats")
    david.arrives_at("Mes scrutins")
    david.page.get_by_role("link", name=re.compile("Lire les listes")).first.click()
    expect(david.page.locator("main .list-card__name").first).to_be_visible()


def make_a_password_without_image(david: SeedVoter) -> None:
    """Let the device do a little work in place of the picture."""
    david.types_a_password(PASSWORD)
    david.presses("Vérifier sans image ni son")
    expect(david.page.locator("[data-captcha] [role=status]")).to_have_text(
        david.words("Vérification faite. Il n’y a rien à recopier."), timeout=60_000
    )
    david.looks("password-without-image")
    david.presses("Continuer vers la question défi")
    david.arrives_at("Choisissez votre question défi")


def test_seed_002_arrival_that_fails_leads_to_the_identification_page(voter):
    for choice, title in (
        ("inconnu@valmorane.example", "Nous ne vous trouvons pas sur la liste électorale"),
        ("", "La connexion depuis Agents Valmorane n’a pas abouti"),
    ):
        eve = voter()
        eve.page.goto("/identification/")
        eve.presses("Se connecter avec Agents Valmorane")
        known = len(eve.traffic.faults)
        if choice:
            eve.page.get_by_role("radio").last.check()
            eve.presses("Continuer")
        else:
            eve.presses("Ne pas transmettre mon identité")
        eve.arrives_at(title)
        eve.looks(f"arrival-{'unknown' if choice else 'refused'}")
        eve.forgives(400, known)
        eve.presses("Indiquer mon adresse" if choice else "M’identifier avec mon adresse")
        eve.arrives_at("Identifiez-vous")


def test_seed_002_either_of_two_professional_addresses_opens_the_portal(
    transactional_db, live_server, election: Election, outbox, page
):
    """The voters of the demonstration have one address each: here one has changed her name, and types the old one."""
    install_default_questions(election)
    second = "anne.martin@valmont.example"
    electorate.make_voter(election, electorate.make_contest(election), second_email=second)
    page.goto(f"{live_server.url}/identification/")
    page.get_by_label("Adresse électronique professionnelle").fill("Anne.MARTIN@valmont.example")
    page.get_by_label("Chiffres de l’image ou du son").fill("00000")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Saisissez votre mot de passe Élections")
    answer_requests(at=electorate.read_clock())
    [(recipient, _subject, body)] = outbox()
    assert recipient == second
    page.goto(f"{live_server.url}{re.search(r'/activation/[^/]+/', body)[0]}")
    page.get_by_label("Nouveau mot de passe Élections", exact=True).fill(PASSWORD)
    page.get_by_label("Le même mot de passe, une seconde fois", exact=True).fill(PASSWORD)
    page.get_by_label("Chiffres de l’image ou du son").fill("00000")
    page.get_by_role("button", name="Continuer vers la question défi").click()
    page.get_by_role("button", name="Accès sans activation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bienvenue, Mme Anne Dupont")
    for address in ("anne.dupont@valmont.example", second):
        expect(page.locator("main")).to_contain_text(address)


# ---- Seed 003 ----


def test_seed_003_j_ai_perdu_mon_mot_de_passe(voter):
    """Under the rules of 2022, of which the account was made."""
    farid = voter()
    farid.opens_her_account()
    elsewhere = voter(farid.address)
    elsewhere.signs_in(PASSWORD)
    farid.signs_out()
    lose_the_password(farid)
    change_the_password(farid, RULES_OF_2022, PASSWORD, ANOTHER_PASSWORD)

    # The other session is over, and says so; the old password is no more.
    elsewhere.page.goto("/espace/")
    elsewhere.arrives_at("Identifiez-vous")
    elsewhere.reads("Votre session a pris fin")
    elsewhere.looks("session-over")
    elsewhere.gives_her_address()
    elsewhere.types_her_password(PASSWORD)
    elsewhere.reads(REFUSED)
    farid.finds_a_mail("Votre mot de passe Élections a été changé")
    farid.looks("password-changed-mail")


def test_seed_003_j_ai_perdu_mon_mot_de_passe_under_the_policy_of_2018(voter, served, person_page):
    gaelle = voter()
    gaelle.opens_her_account()
    gaelle.signs_out()
    with rules_of_2018(served, person_page):
        lose_the_password(gaelle)
        change_the_password(gaelle, RULES_OF_2018, PASSWORD, PASSWORD_OF_2018)
        gaelle.finds_a_mail("Votre mot de passe Élections a été changé")


def lose_the_password(farid: SeedVoter) -> None:
    """From the identification to the link, by the two messages; nothing changes before the link is used."""
    farid.gives_her_address()
    farid.asks_for_a_new_password()
    farid.reads("Vous pouvez fermer cette fenêtre.")
    mail = farid.finds_a_mail("nouveau mot de passe")
    expect(mail).to_contain_text("Vous avez demandé à changer votre mot de passe Élections")
    farid.looks("lost-password-mail")
    farid.follows_the_link_of(mail)
    farid.arrives_at("Faites un nouveau mot de passe Élections")


def change_the_password(farid: SeedVoter, rules: dict[str, str], old: str, new: str) -> None:
    """Make the new password, be told so, and enter with it, while the old one is refused."""
    link = farid.page.url
    assert farid.rules() == list(rules)
    farid.looks(f"new-password-{len(rules)}-rules")
    farid.reads("Votre question défi et votre réponse secrète ne changent pas.")
    for rule, broken in rules.items():
        farid.types_a_password(broken)
        assert farid.unmet_rules() == [rule]
    farid.copies_the_code()
    farid.page.keyboard.press("Enter")
    expect(farid.page.locator("#id_password_error")).to_be_visible()
    farid.looks("new-password-refused")
    farid.types_a_password(new)
    farid.presses("Enregistrer et entrer dans mon espace")
    farid.enters()
    farid.reads(CHANGED)
    farid.looks("home-new-password")
    farid.meets(link, 410, "Ce lien a déjà servi")
    farid.page.goto("/espace/")
    farid.signs_out()
    farid.gives_her_address()
    farid.types_her_password(old)
    farid.reads(REFUSED)
    farid.types_her_password(new)
    farid.enters()


@contextmanager
def rules_of_2018(served: RealCaptchaDemonstration, person_page) -> Iterator[None]:
    """Have an administrator choose the policy of 2018 in the console, then that of 2022 again."""
    page, traffic = person_page(served.address)
    administrator = Member(page, None, folder=served.directory)
    visitor = Visitor(page)
    page.goto("/bureau/connexion/")
    identity = visitor.finds("administration")
    page.goto("/bureau/connexion/?next=/console/comptes/regles/")
    page.get_by_label("Adresse électronique").fill(identity.address)
    page.get_by_label("Mot de passe", exact=True).fill(identity.password)
    administrator.clicks("Continuer")
    page.get_by_label("Code à 6 chiffres").fill(identity.digits)
    administrator.clicks("Entrer")

    def choose(words: str) -> None:
        page.goto("/console/comptes/regles/")
        page.get_by_role("radio", name=re.compile(words)).check()
        administrator.clicks("Enregistrer les règles")
        page.goto("/console/comptes/regles/")
        expect(page.get_by_role("radio", name=re.compile(words))).to_be_checked()

    choose("De 8 à 24 caractères")
    try:
        yield
    finally:
        choose("De 12 à 256 caractères")
    assert traffic.faults == []


# ---- Links that cannot serve, and English ----


def test_links_that_cannot_serve_are_clear_pages(voter, served):
    hugo, iris = voter(), voter()
    hugos = (
        hugo.finds_a_mail("Ouverture du portail").get_by_role("link", name="/activation/").get_attribute("href") or ""
    )
    token = hugos.split("/")[-2]
    hugo.meets(f"{hugos[:-2]}/", 404, "Ce lien n’est pas reconnu")
    hugo.looks("link-unknown")
    hugo.meets(f"/nouveau-mot-de-passe/{token}/", 409, "Ce lien sert à autre chose")
    hugo.looks("link-for-something-else")
    iris.opens_her_account()
    iris.meets(hugos, 409, "Ce lien n’est pas le vôtre")
    iris.looks("link-of-another")
    iris.presses("Me déconnecter")
    iris.reads("Vous êtes déconnecté.")
    hugo.page.goto(hugos)
    hugo.arrives_at("Faites votre mot de passe Élections")


def test_seeds_in_english(voter):
    """The way of seed 001, then of seed 003, for who reads English; e-mails stay in French."""
    joan = voter()
    open_an_account_in_english(joan)
    lose_the_password_in_english(joan)


def open_an_account_in_english(joan: SeedVoter) -> None:
    joan.page.goto("/")
    joan.reads_english()
    joan.looks("welcome")
    joan.presses("Accéder à mon espace électeur")
    joan.arrives_at("Identifiez-vous")
    joan.presses("Continuer")
    joan.reads("Indiquez votre adresse électronique professionnelle.")
    joan.looks("identification-empty")
    joan.gives_her_address()
    joan.looks("password")
    joan.follows_the_link_of(joan.finds_a_mail("activation de votre compte"))
    joan.arrives_at("Faites votre mot de passe Élections")
    joan.types_a_password("é", "e")
    joan.copies_the_code()
    joan.page.keyboard.press("Enter")
    joan.reads("Les deux saisies ne sont pas identiques.")
    joan.looks("password-refused")
    joan.types_a_password(PASSWORD)
    joan.presses("Continuer vers la question défi")
    joan.arrives_at("Choisissez votre question défi")
    joan.presses("Activer mon compte")
    joan.reads("Choisissez une question défi.")
    joan.looks("activation-question-empty")
    joan.answers_a_question(1)
    joan.presses("Activer mon compte")
    joan.enters()
    joan.reads(ACTIVATED)
    joan.looks("home-activated")


def lose_the_password_in_english(joan: SeedVoter) -> None:
    joan.signs_out()
    joan.gives_her_address()
    joan.presses("Me connecter")
    joan.reads("Saisissez votre mot de passe Élections.")
    joan.asks_for_a_new_password()
    link = joan.follows_the_link_of(joan.finds_a_mail("nouveau mot de passe"))
    joan.arrives_at("Faites un nouveau mot de passe Élections")
    joan.looks("new-password")
    joan.types_a_password(ANOTHER_PASSWORD)
    joan.copies_the_code()
    joan.presses("Enregistrer et entrer dans mon espace")
    joan.enters()
    joan.reads(CHANGED)
    joan.meets(link, 410, "Ce lien a déjà servi")
    joan.looks("link-used")
