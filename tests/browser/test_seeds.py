"""The tutorials of the portals of 2018 and 2022 (seeds 000 to 003), line by line, for what concerns the account.

One demonstration serves them all, with the real worker, mailbox and CAPTCHA; each voter of them is somebody else. What is
checked of a page is checked in each of its states: axe, the console, the requests, 360 px at once; vnu and pa11y at the end.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from isoloir.elections.models import Election
from isoloir.identity.challenge import install_default_questions
from isoloir.identity.requests import answer_requests
from tests import electorate
from tests.browser.demonstration import Visitor
from tests.browser.member import Member
from tests.browser.seed_steps import ANOTHER_PASSWORD, PASSWORD, RealCaptchaDemonstration, SeedVoter
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")

pytestmark = pytest.mark.usefixtures("patience")
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


# ---- Seed 000 ----


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
    page.get_by_role("link", name="Mes informations personnelles").click()
    for masked in ("a***t@valmont.example", "a***n@valmont.example"):
        expect(page.locator("main")).to_contain_text(masked)


# ---- Seed 003 ----


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
    """The way of seed 001, then of seed 003, for who reads English, in the pages and in the e-mails."""
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
    joan.follows_the_link_of(joan.finds_a_mail("activate your account"))
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
    link = joan.follows_the_link_of(joan.finds_a_mail("new password"))
    joan.arrives_at("Faites un nouveau mot de passe Élections")
    joan.looks("new-password")
    joan.types_a_password(ANOTHER_PASSWORD)
    joan.copies_the_code()
    joan.presses("Enregistrer et entrer dans mon espace")
    joan.enters()
    joan.reads(CHANGED)
    joan.meets(link, 410, "Ce lien a déjà servi")
    joan.looks("link-used")
