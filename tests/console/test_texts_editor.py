"""The editor of texts and questions, page by page: nothing lost, nothing overwritten, every refusal in words."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from isoloir.elections.models import Election
from isoloir.identity.models import ChallengeQuestion, VoterAccount
from isoloir.identity.questions import add_question, retire_question
from isoloir.journal.models import JournalEntry
from isoloir.texts.actions import change_text
from isoloir.texts.models import Kind, TextVersion
from isoloir.texts.reading import default_text, read_text
from tests import electorate
from tests.electorate import BEFORE, DURING, OPENS, text

EDITO = "/console/textes/edito/"
WORDS = {"text_fr": "## Bonjour\r\n\r\nÀ tous.", "text_en": "## Hello\r\n\r\nTo all."}


def main(answer: HttpResponse) -> str:
    return text(answer).split("<main")[1].split("</main>")[0]


def typed(answer: HttpResponse, name: str) -> str:
    """Return what a form holds in a field of several lines."""
    found = re.search(rf'<textarea name="{name}"[^>]*>\n?(.*?)</textarea>', text(answer), re.DOTALL)
    return found[1].replace("\r\n", "\n") if found else ""


def save(client: Client, version: int = 0, **changes: str) -> HttpResponse:
    return client.post(EDITO, WORDS | {"version": str(version)} | changes)


# ---- Texts ----


def test_the_list_says_who_changed_what(administrator: Client, election: Election) -> None:
    assert main(administrator.get("/console/textes/")).count("Jamais") == 6
    save(administrator)
    page = main(administrator.get("/console/textes/"))
    assert page.count("Jamais") == 5
    assert "admin@valmont.example" in page
    assert "vendredi 20 novembre 2026" in page


def test_a_text_is_saved_and_read_at_once(administrator: Client, election: Election) -> None:
    answer = save(administrator)
    assert (answer.status_code, answer.url) == (302, "/console/textes/")
    assert "À tous." in text(Client().get("/edito/"))
    assert JournalEntry.objects.filter(kind="text.changed", actor="admin@valmont.example").count() == 1
    assert typed(administrator.get(EDITO), "text_fr") == "## Bonjour\n\nÀ tous.\n"


def test_a_text_that_did_not_change_is_said_so(administrator: Client, election: Election) -> None:
    default = default_text(Kind.EDITO)
    answer = administrator.post(EDITO, {"text_fr": default.fr, "text_en": default.en, "version": "0"}, follow=True)
    assert "rien n’a été enregistré" in text(answer)
    assert not TextVersion.objects.exists()


def test_a_preview_is_the_public_page_and_saves_nothing(administrator: Client, election: Election) -> None:
    words = {"text_fr": "## Un {#un}\n\n[loi](https://loi.example) **gras**", "text_en": "## One {#un}\n\n[haut](#un)"}
    answer = save(administrator, preview="1", **words)
    assert answer.status_code == 200
    assert not TextVersion.objects.exists()
    previewed = main(answer)
    assert '<h2 id="fr-un">Un</h2>' in previewed
    assert '<a href="#en-un">haut</a>' in previewed
    assert typed(answer, "text_fr") == words["text_fr"].replace("**", "**")
    save(administrator, **words)
    assert "loi (autre site : loi.example)</a> <strong>gras</strong>" in main(Client().get("/edito/"))
    assert "loi (autre site : loi.example)</a> <strong>gras</strong>" in previewed


def test_a_preview_shows_the_language_that_is_right_beside_the_faults_of_the_other(
    administrator: Client, election: Election
) -> None:
    answer = save(administrator, preview="1", text_en="[x](javascript:alert(1))")
    assert answer.status_code == 422
    page = main(answer)
    assert '<h2 id="fr-bonjour">' in page
    assert 'id="en-' not in page
    assert "Texte anglais – Ligne 1 : l’adresse « javascript:alert(1) » n’est pas admise." in page


@pytest.mark.parametrize(
    ("hostile", "sentence"),
    [
        ("Bonjour\n\nVotez\u202e ici", "Ligne 3 : un caractère change le sens de lecture (U+202E, RIGHT-TO-LEFT OVERRIDE)."),
        ("un\u200bdeux", "Ligne 1 : un caractère est invisible ou illisible (U+200B, ZERO WIDTH SPACE)."),
        ("a\r\nb\x00", "Ligne 2 : un caractère de commande est interdit (U+0000)."),
        ("[x](javascript:alert(1))", "Ligne 1 : l’adresse « javascript:alert(1) » n’est pas admise."),
        ("![x](https://evil.example/x.png)", "Ligne 1 : seules les images des écrans du portail sont admises"),
        ("a" * 1_000_000, "Le texte est trop long : 1000000 caractères, pour 40000 au plus."),
        ("", "Le texte est vide."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["text_fr", "text_en"])
@pytest.mark.parametrize("button", [{}, {"preview": "1"}])
def test_a_hostile_text_is_refused_in_words_and_nothing_typed_is_lost(
    administrator: Client, election: Election, hostile: str, sentence: str, field: str, button: dict[str, str]
) -> None:
    answer = save(administrator, **{field: hostile}, **button)
    assert answer.status_code == 422
    assert main(answer).count(sentence) == 2
    assert len(typed(answer, field)) >= len(hostile.replace("\r\n", "\n"))
    other = "text_en" if field == "text_fr" else "text_fr"
    assert typed(answer, other) == WORDS[other].replace("\r\n", "\n")
    assert not TextVersion.objects.exists()


def test_html_is_shown_as_words(administrator: Client, election: Election) -> None:
    answer = save(administrator, preview="1", text_fr="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in text(answer)
    assert "<p>&lt;/textarea&gt;&lt;script&gt;" in text(answer)


def test_a_form_longer_than_anything_is_refused_without_an_error_of_ours(
    administrator: Client, election: Election
) -> None:
    assert save(administrator, text_fr="a" * 3_000_000).status_code == 400


def test_the_second_of_two_editors_finds_both_texts_on_the_page(administrator: Client, election: Election) -> None:
    change_text(
        election=election, kind=Kind.EDITO, text_fr="Premier arrivé.", text_en="First come.", based_on=0,
        actor="second@valmont.example", at=BEFORE,
    )  # fmt: skip
    answer = save(administrator)
    assert answer.status_code == 409
    page = main(answer)
    assert "second@valmont.example a enregistré un autre texte" in page
    assert "Premier arrivé." in page
    assert "First come." in page
    assert typed(answer, "text_fr") == "## Bonjour\n\nÀ tous."
    assert read_text(election, Kind.EDITO).fr == "Premier arrivé.\n"
    # The form now says that it was made beside the newer text: to save it is a choice.
    assert '<input type="hidden" name="version" value="1">' in page
    assert save(administrator, version=1).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "-1", "²", "9" * 40, "0\x00"])
def test_a_form_that_does_not_say_what_it_was_made_from_overwrites_nothing(
    administrator: Client, election: Election, version: str
) -> None:
    assert administrator.post(EDITO, WORDS | {"version": version}).status_code == 409
    assert not TextVersion.objects.exists()


def test_every_version_is_read_and_taken_up_again(administrator: Client, election: Election) -> None:
    save(administrator)
    save(administrator, version=1, text_fr="## Autre")
    listed = main(administrator.get(f"{EDITO}versions/"))
    assert listed.index("Version 2") < listed.index("Version 1")
    assert listed.count("En ligne") == 1
    page = main(administrator.get(f"{EDITO}versions/1/"))
    assert "Bonjour" in page
    assert administrator.post(f"{EDITO}versions/1/", {"version": "2"}).status_code == 302
    assert read_text(election, Kind.EDITO).number == 3
    assert read_text(election, Kind.EDITO).fr == "## Bonjour\n\nÀ tous.\n"


def test_a_version_is_not_taken_up_over_a_newer_text(administrator: Client, election: Election) -> None:
    save(administrator)
    save(administrator, version=1, text_fr="## Autre")
    for path in ("versions/1/", "origine/"):
        answer = administrator.post(EDITO + path, {"version": "1"})
        assert answer.status_code == 409
        assert "Rien n’a été écrasé" in main(answer)
    assert TextVersion.objects.count() == 2


def test_going_back_to_the_text_of_the_portal_is_asked_first(administrator: Client, election: Election) -> None:
    save(administrator)
    assert "Revenir au texte d’origine" in main(administrator.get(EDITO))
    page = main(administrator.get(f"{EDITO}origine/"))
    assert "Voter, sans avoir à nous croire" in page
    assert TextVersion.objects.count() == 1
    assert administrator.post(f"{EDITO}origine/", {"version": "1"}).status_code == 302
    assert read_text(election, Kind.EDITO).is_default
    assert "<form" not in main(administrator.get(f"{EDITO}origine/"))


@pytest.mark.parametrize("path", ["autre/", "autre/versions/", "edito/versions/1/", "autre/origine/"])
def test_a_text_that_is_not_there_is_not_found(administrator: Client, election: Election, path: str) -> None:
    assert administrator.get(f"/console/textes/{path}").status_code == 404


def test_without_an_election_there_is_nothing_to_write(administrator: Client) -> None:
    for path in ("textes/", "textes/faq/", "questions/", "questions/ajouter/"):
        assert administrator.get(f"/console/{path}").status_code == 404


# ---- Questions ----


@pytest.fixture
def offered(election: Election) -> list[ChallengeQuestion]:
    ChallengeQuestion.objects.filter(election=election).delete()
    by = {"actor": "admin", "at": BEFORE}
    return [add_question(election=election, text_fr=f"Question {n} ?", text_en=f"Query {n}?", **by) for n in range(4)]


def path_of(question: ChallengeQuestion, act: str = "") -> str:
    return f"/console/questions/{question.pk}/{act}"


def test_a_question_is_added_and_the_list_comes_back_at_it(
    administrator: Client, offered: list[ChallengeQuestion]
) -> None:
    answer = administrator.post("/console/questions/ajouter/", {"text_fr": "Où ?", "text_en": "Where?"})
    question = ChallengeQuestion.objects.get(text_fr="Où ?")
    assert answer.url == f"/console/questions/#question-{question.pk}"
    assert f'id="question-{question.pk}"' in text(administrator.get("/console/questions/"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"text_fr": "", "text_en": "Where?"}, "Question en français – Écrivez la question."),
        ({"text_fr": "Où\x00 ?", "text_en": "Where?"}, "U+0000"),
        ({"text_fr": "Où ?", "text_en": "Where\u2067?"}, "Question en anglais – Ligne 1 : un caractère change le sens"),
        ({"text_fr": "Question 1 ?", "text_en": "Where?"}, "est déjà dans la liste"),
        ({"text_fr": "<b>" * 80, "text_en": "Where?"}, "pour 200 au plus"),
    ],
)
def test_a_question_that_is_refused_says_why_and_stays_typed(
    administrator: Client, offered: list[ChallengeQuestion], words: dict[str, str], sentence: str
) -> None:
    answer = administrator.post("/console/questions/ajouter/", words)
    assert answer.status_code == 422
    assert sentence in main(answer)
    assert f'value="{words["text_en"]}"' in main(answer)
    assert ChallengeQuestion.objects.count() == 4


def test_a_question_that_voters_chose_is_only_retired(administrator: Client, offered: list[ChallengeQuestion]) -> None:
    VoterAccount.objects.create(
        voter=electorate.make_voter(offered[0].election), password="x", question=offered[0], answer="y",
        activated_at=BEFORE, password_set_at=BEFORE,
    )  # fmt: skip
    page = main(administrator.get("/console/questions/"))
    assert page.count("Choisie par des électeurs") == 1
    assert f'href="{path_of(offered[0])}"' not in page
    assert "<form" not in main(administrator.get(path_of(offered[0])))
    answer = administrator.post(path_of(offered[0]), {"text_fr": "Où ?", "text_en": "Where?"})
    assert answer.status_code == 422
    assert "ses mots ne changent plus" in main(answer)
    assert "la gardent, avec leur réponse" in main(administrator.get(path_of(offered[0], "retirer/")))
    assert administrator.post(path_of(offered[0], "retirer/")).status_code == 302
    assert "des électeurs l’ont gardée" in main(administrator.get("/console/questions/"))


def test_the_third_question_is_not_retired(administrator: Client, offered: list[ChallengeQuestion]) -> None:
    assert administrator.post(path_of(offered[0], "retirer/")).status_code == 302
    answer = administrator.post(path_of(offered[1], "retirer/"))
    assert answer.status_code == 422
    assert "Il faut laisser au moins 3 questions au choix" in main(answer)


def test_buttons_move_and_offer_again(administrator: Client, offered: list[ChallengeQuestion]) -> None:
    administrator.post(path_of(offered[3], "deplacer/"), {"direction": "up"})
    administrator.post(path_of(offered[0], "deplacer/"), {"direction": "down"})
    administrator.post(path_of(offered[0], "deplacer/"), {"direction": "sideways"})
    page = main(administrator.get("/console/questions/"))
    order = [page.index(f'<strong lang="fr">Question {n} ?') for n in (1, 0, 3, 2)]
    assert order == sorted(order)
    administrator.post(path_of(offered[1], "retirer/"))
    administrator.post(path_of(offered[1], "proposer/"))
    page = main(administrator.get("/console/questions/"))
    assert page.index("Question 2 ?") < page.index("Question 1 ?")


def test_once_voting_has_opened_the_pages_only_show(administrator: Client, offered: list[ChallengeQuestion]) -> None:
    retired = retire_question(question=offered[3], actor="admin", at=BEFORE)
    electorate.set_clock(OPENS)
    page = main(administrator.get("/console/questions/"))
    assert "la liste des questions défi ne change plus" in page
    assert "<form" not in page
    assert "Ajouter" not in page
    for path in ("ajouter/", f"{offered[0].pk}/", f"{offered[0].pk}/retirer/"):
        assert "<form" not in main(administrator.get(f"/console/questions/{path}"))
        assert administrator.post(f"/console/questions/{path}", {"text_fr": "Où ?", "text_en": "W?"}).status_code == 422
    for path in (path_of(offered[1], "deplacer/"), path_of(retired, "proposer/")):
        answer = administrator.post(path, {"direction": "up"}, follow=True)
        assert "ne change plus" in main(answer).split("<h1")[0]
    assert list(ChallengeQuestion.objects.filter(retired_at=None)) == offered[:3]


def test_a_question_of_another_election_is_not_found(administrator: Client, offered: list[ChallengeQuestion]) -> None:
    electorate.make_election(slug="suivante")
    for act in ("", "retirer/", "deplacer/", "proposer/"):
        assert administrator.post(path_of(offered[0], act)).status_code == 404


def test_texts_stay_open_during_the_vote(administrator: Client, election: Election) -> None:
    electorate.set_clock(DURING)
    electorate.sign_in_member(administrator, electorate.make_member("late@valmont.example", is_administrator=True))
    assert save(administrator).status_code == 302


def test_the_list_of_questions_takes_as_many_queries_whatever_their_number(
    administrator: Client, offered: list[ChallengeQuestion], django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(8):
        administrator.get(reverse("console:questions"))
