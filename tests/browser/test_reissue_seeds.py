"""The tutorials of 2018 (seed 003, its second half) and of 2022 (seed 004) for who has no voting code any more.

One demonstration serves them all, with its registrar beside it; each walk goes from « Je vote » to a receipt. What is
checked of a page is checked in each of its states; the count, the registers and the verifier come at the end.
"""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.reissue_steps import CONTACT_REFUSED, NOTED, SAME_ANSWER, ReissueVoter
from tests.browser.test_keyboard import Keyboard
from tests.browser.voter import CAPTCHA, PASSWORD

Bring = Callable[..., ReissueVoter]
# More than what the code is shown for, in thousandths of a second.
_PAST_THE_DISPLAY = 121_000


def votes_with_the_new_code_only(anne: ReissueVoter, code: str) -> None:
    """From « vous êtes prêt·e à voter »: the old code is refused in words of its own, the new one votes."""
    anne.goes_to_vote()
    anne.is_told_that_the_old_code_is_dead()
    anne.opens_her_contests_with(code)
    contests = anne.contests_to_vote()
    assert len(contests) == anne.identity.contests
    anne.votes_in(contests[0])


# ---- Seed 004 ----


def test_seed_004_question_defi_by_email(elector: Bring):
    bruno = elector()
    bruno.says_that_she_has_no_code()
    bruno.takes_the_way("Question défi")
    for address in (bruno.identity.address, "quelquun@ac-valmorane.example"):
        bruno.fills_what_is_asked(identifier=bruno.identity.numen)
        bruno.chooses_email(address)
        bruno.sends()
        bruno.reads("Cette adresse est du même domaine que votre adresse professionnelle.")
    bruno.looks("reissue-challenge-professional-address")
    bruno.fills_what_is_asked(identifier=bruno.identity.numen)
    bruno.chooses_email("bruno@courrier-prive.example")
    bruno.sends()
    bruno.is_sent_a_link("email")
    link = bruno.reads_the_link_sent_to("bruno@courrier-prive.example")
    bruno.looks("reissue-message-by-email")
    telephone = signs_in_on_another_device(elector(bruno.identity, has_account=True), link)
    code = telephone.makes_a_code()
    telephone.has_noted_the_code()
    votes_with_the_new_code_only(telephone, code)


def signs_in_on_another_device(bruno: ReissueVoter, link: str) -> ReissueVoter:
    """Open the link where nobody is signed in: it asks for the password, then goes on by itself."""
    bruno.page.goto(link)
    bruno.sees("Identifiez-vous pour continuer")
    bruno.looks("reissue-link-signed-out")
    bruno.clicks("M’identifier")
    bruno.identifies_herself()
    bruno.field("Mot de passe Élections").fill(PASSWORD)
    bruno.clicks("Me connecter")
    bruno.sees("Réassort du code de vote")
    return bruno


# ---- Seed 003, second half ----


def test_seed_003_the_same_number_serves_one_voter_alone(elector: Bring):
    elise, fanny = elector(), elector()
    elise.asks_by_sms("06 12 34 56 02")
    fanny.says_that_she_has_no_code()
    fanny.takes_the_way("Question défi")
    fanny.fills_what_is_asked(identifier=fanny.identity.numen)
    # The same number, written otherwise.
    fanny.chooses_sms("+33 6.12.34.56.02")
    fanny.sends()
    fanny.reads(CONTACT_REFUSED)
    fanny.looks("reissue-number-of-another")
    fanny.fills_what_is_asked(identifier=fanny.identity.numen)
    fanny.chooses_email(elise.identity.private_address)
    fanny.sends()
    fanny.is_sent_a_link("email")


# ---- Three times ----


def test_seed_003_three_new_codes_and_no_fourth(elector: Bring):
    """The first is lost with its page; the second votes once; the third serves in the contests that are left."""
    gilles = elector()
    number, recipient = "06 12 34 56 03", "+33612345603"
    gilles.asks_by_sms(number)
    link = gilles.opens_the_link_sent_to(recipient)
    first = gilles.makes_a_code()
    gilles = leaves_the_page_and_comes_back(gilles, link)

    second = gilles.gets_a_new_code(number, recipient)
    gilles.goes_to_vote()
    with gilles.is_refused(403):
        gilles.types_a_code(first)
        gilles.reads("Ce code ne sert plus")
    gilles.opens_her_contests_with(second)
    voted, *left = gilles.contests_to_vote()
    gilles.votes_in(voted)

    gilles.asks_by_sms(number)
    gilles.opens_the_link_sent_to(recipient)
    gilles.reads(f"{voted} : vous avez déjà voté.")
    gilles.looks("reissue-advice-voted")
    third = gilles.makes_a_code()
    gilles.has_noted_the_code()
    gilles.goes_to_vote()
    gilles.opens_her_contests_with(third)
    assert gilles.contests_to_vote() == left
    gilles.votes_in(left[0])

    gilles.page.goto("/vote/code/reassort/")
    gilles.sees("Choix du réassort de votre code de vote")
    expect(gilles.page.get_by_role("link", name="Prendre cette voie")).to_have_count(0)


def leaves_the_page_and_comes_back(gilles: ReissueVoter, link: str) -> ReissueVoter:
    """Close the page before the code is noted, and open the link again: it says what happened, and the way forward."""
    context = gilles.page.context
    gilles.page.close()
    again = ReissueVoter(context.new_page(), gilles.traffic, gilles.vote)
    again.is_given(gilles.identity)
    with again.is_refused(410):
        again.page.goto(link)
        again.sees("Ce lien a déjà servi")
    again.looks("reissue-link-used")
    again.clicks("Demander un autre lien")
    again.sees("Choix du réassort de votre code de vote")
    again.reads("Il vous reste 2 réassorts sur 3.")
    return again


def test_seed_003_fourth_request_is_refused(elector: Bring):
    """Who has had three new codes is offered no other, and a form that is opened all the same is refused."""
    helene = elector()
    codes = {helene.gets_a_new_code("06 12 34 56 04", "+33612345604") for _time in range(3)}
    assert len(codes) == 3
    helene.page.goto("/vote/code/reassort/")
    helene.reads("Vous avez déjà eu les 3 nouveaux codes permis. Il n’y en aura pas d’autre.")
    helene.looks("reissue-limit-reached")
    helene.page.goto("/vote/code/reassort/question/")
    if helene.page.get_by_role("button", name="Recevoir le lien").count():
        helene.fills_what_is_asked(identifier=helene.identity.numen)
        helene.chooses_sms("06 12 34 56 04")
        helene.sends()
    helene.sees("Choix du réassort de votre code de vote")
    helene.reads("Vous avez déjà eu les 3 nouveaux codes permis.")


# ---- 120 seconds ----


def test_seed_004_code_is_masked_after_120_seconds_and_shown_once_more(elector: Bring):
    irene = elector()
    irene.asks_by_sms("06 12 34 56 05")
    irene.page.clock.install()
    irene.opens_the_link_sent_to("+33612345605")
    code = irene.makes_a_code()
    page = irene.page
    shown = page.locator(".new-code")
    page.clock.run_for(60_000)
    expect(page.get_by_role("timer")).to_contain_text(re.compile(r"Encore affiché (5\d|60) s"))
    page.clock.run_for(_PAST_THE_DISPLAY - 60_000)
    irene.sees("Votre code est masqué")
    irene.looks("reissue-masked")
    assert code not in page.content()
    assert "".join(shown.inner_text().split()).count("•") == len(code.replace("-", "")) - 3

    page.get_by_role("button", name="Revoir mon code").click()
    irene.sees("Revoir mon code")
    irene.looks("reissue-again")
    answer = page.get_by_role("textbox", name=re.compile("\\?"))
    answer.fill("autre chose")
    with irene.is_refused(403):
        page.get_by_role("button", name="Afficher mon code").click()
        irene.reads("La réponse n’est pas la bonne.")
    irene.looks("reissue-again-refused")
    answer.fill(SAME_ANSWER)
    page.get_by_role("button", name="Afficher mon code").click()
    irene.sees("Votre nouveau code de vote")
    assert irene.reads_the_code() == code
    page.clock.run_for(_PAST_THE_DISPLAY)
    irene.sees("Votre code est masqué")
    expect(page.get_by_role("button", name="Revoir mon code")).to_have_count(0)
    irene.looks("reissue-masked-for-good")
    page.get_by_role("button", name=NOTED).click()
    irene.sees("Vous êtes prêt·e à voter")
    votes_with_the_new_code_only(irene, code)


# ---- By keyboard alone ----


def test_seed_004_by_keyboard_alone(elector: Bring):
    jeanne = elector()
    page, keys = jeanne.page, Keyboard(jeanne.page)
    page.goto("/espace/")
    keys.presses("Je vote")
    keys.hears_the_title("Saisie du code de vote")
    keys.presses("Obtenir un nouveau code de vote")
    jeanne.sees("Choix du réassort de votre code de vote")
    keys.presses("Prendre cette voie")
    jeanne.sees("Demande de réassort du code de vote")
    fill_the_form_by_keyboard(page, keys, jeanne)
    jeanne.sees("Votre demande est enregistrée")
    jeanne.reads_the_link_sent_to("+33612345606")
    keys.presses("/reassort/")
    jeanne.sees("Votre lien est reconnu")
    keys.presses("Continuer")
    jeanne.sees("Réassort du code de vote")
    code = make_a_code_by_keyboard(page, keys, jeanne)
    keys.presses("Saisir mon code et voter")
    keys.hears_the_title("Saisie du code de vote")
    keys.fills("voting-code", code)
    keys.fills("id_captcha", CAPTCHA)
    page.keyboard.press("Enter")
    keys.hears_the_title("Mes scrutins")
    keys.presses("Voter à ce scrutin", "Space")
    keys.hears_the_title("Choisir")
    keys.goes_to(field="choice-1")
    page.keyboard.press("Space")
    keys.presses("Vérifier mon choix")
    keys.hears_the_title("Vérifier mon choix")
    keys.presses("Voter")
    keys.hears_the_title("Votre bulletin est dans l’urne")


def fill_the_form_by_keyboard(page: Page, keys: Keyboard, jeanne: ReissueVoter) -> None:
    """Send it empty and be led to its faults, then fill it in; the arrows choose how the link comes."""
    keys.presses("Recevoir le lien")
    page.wait_for_function("() => document.activeElement.matches('.error-summary')")
    keys.fills("id_answer", SAME_ANSWER)
    keys.fills("id_numen_or_nir", jeanne.identity.numen)
    keys.goes_to(field="id_channel_0")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Par courriel")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Par SMS")).to_be_checked()
    keys.fills("id_phone", "06 12 34 56 06")
    # Enter sends the form by its one main button.
    keys.fills("id_captcha", CAPTCHA)
    page.keyboard.press("Enter")


def make_a_code_by_keyboard(page: Page, keys: Keyboard, jeanne: ReissueVoter) -> str:
    """Make the code, have it spelled out and larger, ask for more time, and say that it is noted."""
    contests = page.locator("main h2:has-text('Le nouveau code servira pour') + ul li")
    contests.first.wait_for()
    concerned = contests.all_inner_texts()
    keys.presses("Régénérer mon code de vote")
    keys.hears_the_title("Votre nouveau code de vote")
    jeanne.vote.made.update(concerned)
    code = jeanne.reads_the_code()
    keys.presses("Prolonger de 120 secondes", "Space")
    expect(page.get_by_role("timer")).to_contain_text(re.compile(r"Encore affiché 2[0-4]\d s"))
    keys.presses("Épeler", "Space")
    expect(page.locator("#code-spelled")).to_be_visible()
    keys.presses("Très grands caractères", "Space")
    page.get_by_role("heading", level=1).focus()
    keys.presses("J’ai noté mon code")
    keys.hears_the_title("Vous êtes prêt·e à voter")
    return code
