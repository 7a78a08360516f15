"""The five tutorials of the portals of 2018 and 2022 (seeds 000 to 004), each from its first line to its last.

One calendar serves them all, moved through its milestones: before the portal opens, the portal with its rolls, the lists of
candidates, the vote, the closing. Three voters live it: one comes for the first time (000, 004), one has lost the voting code
(001, 004), one has lost the password and has two addresses (002, 003). Their screens are the pictures of our own tutorials.
What each seed has besides, on its margins, is in test_seeds.py and test_reissue_seeds.py.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from django.test import Client
from playwright.sync_api import expect

from isoloir.elections.models import Election
from tests import electorate
from tests.browser.milestones import Calendar, WalkingElector, WalkingVoter
from tests.browser.pictures import Album
from tests.browser.reissue_steps import NOT_THE_SAME, REPLACED
from tests.browser.seed_steps import ANOTHER_PASSWORD, ANSWER, PASSWORD, SAME_ANSWER
from tests.browser.test_seeds import ACTIVATED, REFUSED, RULES_OF_2022, change_the_password, lose_the_password
from tests.browser.voter import BLANK
from tests.claims.conftest import make_desk
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")

pytestmark = [pytest.mark.usefixtures("patience"), pytest.mark.timeout(600)]
Walker = Callable[[str], WalkingVoter]
# The address that the lost-password voter had before she changed her name.
SECOND_ADDRESS = "ancien.nom@ac-valmorane.example"


# ---- Seed 000 ----


def test_seed_000(calendar: Calendar, walker: Walker):
    """From the opening e-mail to the activated account."""
    anne = walker("first_time")
    find_the_portal_closed(calendar, anne)
    calendar.reaches("portal")
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
    anne.picture("activation-password", english=True)
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


def find_the_portal_closed(calendar: Calendar, anne: WalkingVoter) -> None:
    """Be told when the portal opens, if it is not open yet."""
    if calendar.milestone == "before":
        anne.page.goto("/identification/")
        anne.field("Adresse électronique professionnelle").fill(anne.address)
        anne.copies_the_code()
        anne.presses("Continuer")
        anne.reads("Le portail ouvre le")


def make_a_password_after_every_fault(anne: WalkingVoter, rules: dict[str, str], good: str) -> None:
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


def choose_a_question(anne: WalkingVoter) -> None:
    """Scroll the list, answer in two ways that differ, then in two that are the same; look at what was typed."""
    anne.arrives_at("Choisissez votre question défi")
    for sentence in (
        "Votre mot de passe, votre question et votre réponse sont enregistrés.",
        "Rien n’est enregistré, pas même votre mot de passe.",
    ):
        anne.reads(sentence)
    anne.looks("activation-question")
    anne.picture("activation-question", english=True)
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


# ---- Seed 001 ----


def test_seed_001(calendar: Calendar, walker: Walker):
    """From the address typed on the portal to every door of the voter space."""
    calendar.reaches("portal")
    bruno = walker("lost_code")
    bruno.page.goto("/")
    bruno.looks("welcome")
    bruno.presses("Accéder à mon espace électeur")
    identify_after_faults(bruno)
    for sentence in (
        "Votre compte n’est pas encore activé ?",
        "Dans ce cas, un courriel vient de vous être envoyé.",
        "Vous pouvez fermer cette fenêtre.",
    ):
        bruno.reads(sentence)
    bruno.looks("password")
    bruno.picture("mail-sent", english=True)
    mail = bruno.finds_a_mail("activation de votre compte")
    expect(mail).to_contain_text(re.compile(r"Bonjour (Mme|M\.) [A-ZÉÈÀÇ’ -]+,"))
    expect(mail).to_contain_text("sert à activer votre compte électeur")
    bruno.looks("activation-mail")
    bruno.picture("activation-mail", part="article")
    bruno.follows_the_link_of(mail)
    bruno.makes_her_password()
    bruno.answers_a_question(2)
    bruno.presses("Activer mon compte")
    bruno.enters()
    expect(bruno.page.locator("main [role=status]").filter(has_text=ACTIVATED)).to_have_count(1)
    find_every_door_of_the_home(bruno)

    bruno.signs_out()
    bruno.looks("signed-out")
    refuse_a_wrong_password(bruno)
    bruno.signs_in(PASSWORD)
    assert bruno.reads_her_last_visit()
    bruno.looks("home-second-visit")


def find_every_door_of_the_home(bruno: WalkingVoter) -> None:
    """Read the four blocks that the tutorial shows, and open all that they lead to."""
    bruno.page.goto("/espace/")
    for block in ("Mes informations pratiques", "Mes scrutins", "Mon compte", "Je vote"):
        expect(bruno.page.get_by_role("heading", level=2, name=block, exact=True)).to_have_count(1)
    bruno.reads("Le vote n’est pas encore ouvert")
    bruno.picture("home", english=True)
    for link, title in (
        ("Édito", "Édito"),
        ("Aide en ligne – Foire aux questions", "Aide et questions"),
        ("Formulaire de demande d’assistance", "Demander de l’aide"),
        ("Tutoriel « Parcours électeur »", "Parcours électeur"),
        ("Tutoriel « Parcours de vote »", "Parcours de vote"),
        ("Tutoriel « Réassorts »", "Réassorts"),
        ("Formuler une réclamation", "Mes réclamations"),
    ):
        bruno.page.goto("/espace/")
        bruno.presses(link)
        expect(bruno.title()).to_contain_text(title)
    read_the_rolls(bruno)
    bruno.page.goto("/espace/")
    bruno.presses("Mes informations personnelles")
    bruno.arrives_at("Mes informations personnelles")
    # Whoever reads over a shoulder learns the ends of the name and the domain, no more.
    name, _at, domain = bruno.address.rpartition("@")
    bruno.reads(f"{name[0]}***{name[-1]}@{domain}")
    expect(bruno.page.locator("main")).not_to_contain_text(bruno.address)
    bruno.picture("personal", english=True)


def read_the_rolls(bruno: WalkingVoter) -> None:
    """Be found on each roll; the lists of candidates are still to come."""
    bruno.page.goto("/espace/")
    bruno.presses("Consulter les listes électorales de mes scrutins")
    bruno.arrives_at("Listes électorales de mes scrutins")
    bruno.picture("rolls", english=True)
    bruno.page.locator("main .contest-card a, main .contest-card__name a").first.click()
    bruno.reads("Vous êtes inscrit·e")


def identify_after_faults(claire: WalkingVoter) -> None:
    """Send the identification page empty, with half an address, with a wrong code, then as it should be."""
    claire.arrives_at("Identifiez-vous")
    claire.sees_a_picture()
    claire.looks("identification")
    claire.picture("identification", english=True)
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


def ask_for_another_code(claire: WalkingVoter) -> None:
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


def refuse_a_wrong_password(claire: WalkingVoter) -> None:
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


def test_seed_001_claim_is_received_while_the_roll_may_change(transactional_db, live_server, election: Election, page):
    """« Formuler une réclamation »: in the demonstration the codes are issued already, and no roll changes any more."""
    desk = make_desk(election)
    voter, contest = desk.voter, desk.csa
    electorate.activate(voter)
    browser = Client()
    electorate.sign_in(browser, voter.email)
    page.context.add_cookies([
        {"name": "sessionid", "value": browser.cookies["sessionid"].value, "url": live_server.url}
    ])  # fmt: skip
    page.goto(f"{live_server.url}/espace/reclamations/")
    page.get_by_role("link", name="Formuler une réclamation").click()
    page.get_by_label("je ne suis pas dans le bon scrutin", exact=False).check()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Ce qui est inexact").wait_for()
    album, language = Album(), page.locator("html")
    album.picture(page, "claim", "fr", mask=(voter.email, contest.name))
    page.get_by_role("button", name="English").click()
    expect(language).to_have_attribute("lang", "en")
    album.picture(page, "claim", "en", mask=(voter.email, contest.name))
    page.get_by_role("button", name="Français").click()
    page.get_by_label("Scrutin concerné").select_option(contest.name)
    page.get_by_label("Ce qui est inexact").fill(
        "Je suis affectée au collège Jules-Ferry depuis la rentrée de septembre."
    )
    page.get_by_role("button", name="Envoyer la réclamation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre réclamation est reçue")


# ---- Seed 002 ----


def test_seed_002(calendar: Calendar, walker: Walker):
    """« Via Toutatice » and by either address; then the contests, and their lists on the day that they are shown."""
    calendar.reaches("portal")
    claire = walker("lost_password")
    give_a_second_address(claire)
    claire.page.goto("/identification/")
    assert len(claire.code()) == 4
    claire.reads("Si vous en avez deux, par exemple après un changement de nom, l’une ou l’autre convient.")
    claire.presses("Se connecter avec Agents Valmorane")
    expect(claire.title()).to_contain_text("Agents Valmorane")
    claire.looks("employer-choice")
    claire.page.get_by_role("radio", name=re.compile(re.escape(claire.address))).check()
    claire.presses("Continuer")

    # The employer's portal identifies; the password stays the elections' own.
    claire.arrives_at("Saisissez votre mot de passe Élections")
    claire.reads(claire.address)
    claire.reads(
        "Rien après quelques minutes : regardez dans les courriers indésirables, puis dans votre autre adresse professionnelle si vous en avez une."
    )
    claire.follows_the_link_of(claire.finds_a_mail("activation de votre compte"))
    make_a_password_without_image(claire)
    claire.answers_a_question(4)
    claire.presses("Activer mon compte")
    claire.enters()
    claire.reads(ACTIVATED)
    claire.signs_out()
    claire.gives_her_address(SECOND_ADDRESS)
    claire.types_her_password(PASSWORD)
    claire.enters()
    claire.presses("Consulter mes scrutins et leurs listes de candidats")
    claire.arrives_at("Mes scrutins")
    assert claire.page.get_by_role("link", name=re.compile("Lire les listes")).count() == 0

    calendar.reaches("lists")
    read_the_lists(claire)


def read_the_lists(claire: WalkingVoter) -> None:
    """Read the lists of candidates on the day that they are shown."""
    claire.signs_in(PASSWORD)
    claire.page.goto("/espace/scrutins/")
    claire.picture("contests", english=True)
    claire.page.get_by_role("link", name=re.compile("Lire les listes")).first.click()
    expect(claire.page.locator("main .list-card__name").first).to_be_visible()
    claire.picture("lists", english=True)


def give_a_second_address(claire: WalkingVoter) -> None:
    """Do what an import with a second address would have done: the voters of the demonstration have one each."""
    with closing(sqlite3.connect(claire.calendar.served.directory / "isoloir.sqlite3", timeout=30)) as rows, rows:
        rows.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, text)))
        [(voter, election)] = rows.execute(
            "SELECT id, election_id FROM roll_voter WHERE lower(email) = lower(?)", (claire.address,)
        ).fetchall()
        rows.execute("UPDATE roll_voter SET second_email = ? WHERE id = ?", (SECOND_ADDRESS, voter))
        rows.execute(
            "INSERT OR IGNORE INTO roll_voteraddress (election_id, voter_id, key) VALUES (?, ?, ?)",
            (election, voter, SECOND_ADDRESS),
        )


def make_a_password_without_image(david: WalkingVoter) -> None:
    """Let the device do a little work in place of the picture."""
    david.types_a_password(PASSWORD)
    david.presses("Vérifier sans image ni son")
    expect(david.page.locator("[data-captcha] [role=status]")).to_have_text(
        david.words("Vérification faite. Il n’y a rien à recopier."), timeout=60_000
    )
    david.looks("password-without-image")
    david.presses("Continuer vers la question défi")
    david.arrives_at("Choisissez votre question défi")


# ---- Seed 003 ----


def test_seed_003(calendar: Calendar, walker: Walker):
    """A lost password, by both messages; then « demande d’un nouvel identifiant électeur », as in 2018."""
    claire = walker("lost_password")
    open_the_account_if_needed(calendar, claire)
    elsewhere = walker("lost_password")
    elsewhere.signs_in(PASSWORD)
    lose_the_password(claire)
    claire.picture("new-password", english=True)
    change_the_password(claire, RULES_OF_2022, PASSWORD, ANOTHER_PASSWORD)

    # The other session is over, and says so; the old password is no more.
    elsewhere.page.goto("/espace/")
    elsewhere.arrives_at("Identifiez-vous")
    elsewhere.reads("Votre session a pris fin")
    elsewhere.looks("session-over")
    elsewhere.gives_her_address()
    elsewhere.types_her_password(PASSWORD)
    elsewhere.reads(REFUSED)
    claire.finds_a_mail("Votre mot de passe Élections a été changé")
    claire.looks("password-changed-mail")

    calendar.reaches("opening")
    claire.signs_in(ANOTHER_PASSWORD)
    ask_for_another_identifier(claire)


def ask_for_another_identifier(claire: WalkingVoter) -> None:
    """Prove the NUMEN and the date of birth, by a number that is of overseas; then vote."""
    voting = claire.at_the_vote()
    voting.says_that_she_has_no_code()
    voting.takes_the_way("NUMEN et date de naissance")
    voting.looks("reissue-2018")
    voting.sends()
    assert voting.page.locator(".error-summary a").count() >= 3
    voting.looks("reissue-2018-empty")
    for birth in ("01/01/1901", voting.identity.birth):
        voting.field("Votre NUMEN").fill(voting.identity.numen.lower())
        voting.field("Votre date de naissance").fill(birth)
        voting.page.get_by_label("Numéro de téléphone mobile personnel").fill("+262 692 12 34 56")
        voting.sends()
        if birth != voting.identity.birth:
            voting.reads(NOT_THE_SAME)
    voting.is_sent_a_link("2018")
    voting.opens_the_link_sent_to("+262692123456")
    code = voting.makes_a_code()
    voting.has_noted_the_code()
    votes_with_the_new_code_only(voting, code)


def open_the_account_if_needed(calendar: Calendar, voter: WalkingVoter) -> None:
    """Sign in; who was not met by the walk before makes an account by the portal's own e-mail."""
    calendar.reaches("portal")
    voter.gives_her_address()
    voter.types_her_password(PASSWORD)
    if voter.page.url.endswith("/espace/"):
        return voter.signs_out()
    voter.follows_the_link_of(voter.finds_a_mail("activation de votre compte"))
    voter.makes_her_password()
    voter.answers_a_question(2)
    voter.presses("Activer mon compte")
    voter.enters()
    return voter.signs_out()


def votes_with_the_new_code_only(voting: WalkingElector, code: str) -> None:
    """From « vous êtes prêt·e à voter »: the old code is refused in words of its own, the new one votes."""
    voting.goes_to_vote()
    with voting.is_refused(403):
        voting.types_a_code(voting.identity.code)
        voting.reads(REPLACED)
    voting.opens_her_contests_with(code)
    contests = voting.contests_to_vote()
    assert len(contests) == voting.identity.contests
    voting.votes_in(contests[0])


# ---- Seed 004 ----


def test_seed_004(calendar: Calendar, walker: Walker):
    """Without the notice: FranceConnect, then the challenge question, then the vote; and the closing."""
    bruno = walker("lost_code")
    open_the_account_if_needed(calendar, bruno)
    calendar.reaches("opening")
    bruno.signs_in(PASSWORD)
    bruno.reads("Ouvert du")
    voting = bruno.at_the_vote()
    take_the_second_way(voting)
    take_the_simplest_way(voting)
    vote_with_the_notice(calendar, walker)

    calendar.reaches("closing")
    bruno.signs_in(PASSWORD)
    bruno.reads("Le vote est fermé")


def take_the_simplest_way(voting: WalkingElector) -> None:
    """Answer the challenge question after every fault, get the link by SMS, make the code, and vote with it alone."""
    voting.says_that_she_has_no_code()
    voting.reads("Il vous reste 2 réassorts sur 3.")
    voting.picture("reissue-ways", english=True)
    voting.takes_the_way("Question défi")
    voting.looks("reissue-challenge")
    voting.picture("reissue-question", english=True)
    send_the_form_after_every_fault(voting)
    voting.is_sent_a_link("sms")
    voting.reads("Un SMS part vers le numéro que vous avez saisi.")
    voting.picture("reissue-sent", english=True)
    voting.opens_the_link_sent_to("+33612345601")
    voting.reads("Le code sera affiché 120 secondes.")
    voting.picture("new-code", english=True)
    code = voting.makes_a_code()
    assert code != voting.identity.code
    voting.picture("new-code-shown")
    voting.has_noted_the_code()
    voting.picture("ready-to-vote")
    votes_with_the_new_code_only(voting, code)
    voting.finds_a_message(voting.identity.address, "remplacé")
    voting.looks("reissue-message-replaced")


def take_the_second_way(voting: WalkingElector) -> None:
    """Get a first new code by FranceConnect: refused, then somebody else's, then hers; it is lost again."""
    voting.says_that_she_has_no_code()
    voting.clicks("S’identifier avec FranceConnect")
    voting.sees("FranceConnect (simulé)")
    voting.looks("reissue-franceconnect")
    voting.clicks("Ne pas transmettre mon identité")
    voting.sees("Vous n’avez pas continué avec FranceConnect")
    voting.looks("reissue-franceconnect-cancelled")
    # Somebody whom the roll does not know, and another voter of it, are refused in the same words.
    for somebody in ("Inconnue", voting.walking.calendar.first_time.name.split()[-1]):
        is_another_at_franceconnect(voting, somebody)
    voting.looks("reissue-franceconnect-another")
    voting.clicks("Revenir au choix de la voie")
    voting.clicks("S’identifier avec FranceConnect")
    voting.page.get_by_role("radio", name=voting.identity.name.split()[-1]).first.check()
    voting.clicks("Continuer")
    voting.is_sent_a_link("franceconnect")
    voting.reads("FranceConnect vous a reconnu. Un courriel part vers l’adresse qu’il connaît de vous.")
    voting.opens_the_link_sent_to(voting.identity.private_address)
    voting.makes_a_code()
    voting.has_noted_the_code()


def is_another_at_franceconnect(claire: WalkingElector, name: str) -> None:
    claire.clicks("Revenir au choix de la voie")
    claire.clicks("S’identifier avec FranceConnect")
    claire.page.get_by_role("radio", name=re.compile(name, re.IGNORECASE)).first.check()
    claire.clicks("Continuer")
    claire.sees("FranceConnect donne une autre identité")
    claire.reads(NOT_THE_SAME)


def send_the_form_after_every_fault(anne: WalkingElector) -> None:
    """Send it empty, with a number that is none, with a wrong NUMEN, then as it should be."""
    anne.sends()
    anne.reads("Donnez votre réponse secrète.")
    anne.reads("Choisissez le SMS ou le courriel.")
    anne.looks("reissue-challenge-empty")
    anne.fills_what_is_asked(identifier=anne.identity.numen, answer=SAME_ANSWER)
    anne.chooses_sms("01 99 00 12")
    anne.sends()
    expect(anne.page.locator("#id_phone_error")).to_be_visible()
    anne.looks("reissue-challenge-wrong-number")
    anne.fills_what_is_asked(identifier="00A0000000AAA", answer=SAME_ANSWER)
    anne.chooses_sms("06 12 34 56 01")
    anne.sends()
    anne.reads(NOT_THE_SAME)
    anne.looks("reissue-challenge-refused")
    # Which of the two is wrong is not said; nor is anything wrong with the number.
    anne.fills_what_is_asked(identifier=anne.identity.nir, answer=SAME_ANSWER)
    anne.chooses_sms("06 12 34 56 01")
    anne.sends()


def vote_with_the_notice(calendar: Calendar, walker: Walker) -> None:
    """« Parcours de vote »: who has the notice types its code, votes, and finds the ballot again in the ballot box."""
    anne = walker("first_time")
    open_the_account_if_needed(calendar, anne)
    anne.signs_in(PASSWORD)
    voting = anne.at_the_vote()
    voting.enters_the_booth()
    voting.picture("code-entry", english=True)
    voting.types_her_code()
    contest = voting.contests_to_vote()[0]
    voting.opens_the_contest(contest)
    voting.picture("ballot")
    voting.chooses(BLANK)
    voting.reviews()
    voting.picture("review")
    receipt = voting.votes()
    voting.picture("receipt")
    voting.page.goto("/verifier/")
    voting.page.get_by_label("Référence du bulletin").fill(receipt.tracker)
    voting.clicks("Chercher dans l’urne")
    voting.page.get_by_text("Ce bulletin est dans l’urne").wait_for()
    voting.picture("verify")
