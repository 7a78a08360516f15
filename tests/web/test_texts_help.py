"""The help in use: its search, the tutorials, the text of one's own académie, and what the status page asks."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from isoloir.elections.models import Election
from isoloir.texts.actions import change_text
from isoloir.texts.announcements import memory, publish_announcement
from isoloir.texts.models import Kind
from tests import electorate
from tests.electorate import BEFORE, DURING, text


def main(answer) -> str:
    return text(answer).split("<main")[1].split("</main>")[0]


def test_a_search_answers_with_links_to_the_questions(client: Client, election: Election) -> None:
    page = main(client.get("/aide/", {"q": "LIEN expire"}))
    assert '<a href="/aide/#lien-expire">' in page
    assert "Sommaire" not in page
    assert 'value="LIEN expire"' in page


def test_a_search_without_an_answer_leads_to_the_assistance(client: Client, election: Election) -> None:
    page = main(client.get("/aide/", {"q": "girafe"}))
    assert "Aucune réponse pour" in page
    assert 'href="/assistance/"' in page


def test_what_is_searched_is_never_markup_and_is_bounded(client: Client, election: Election) -> None:
    page = main(client.get("/aide/", {"q": "<script>alert(1)</script>\0" + "x" * 10_000}))
    assert "<script>alert" not in page
    assert "x" * 101 not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("kind", ["parcours-electeur", "parcours-de-vote", "reassorts"])
def test_a_tutorial_lists_its_steps(client: Client, election: Election, kind: str) -> None:
    page = main(client.get(f"/tutoriels/{kind}/"))
    assert page.count("<h1") == 1
    steps, words = page.split("</nav>")
    assert steps.count('<a href="#') == words.count("<h2 id=") - 1 >= 5
    assert "ecran:" not in page


def test_an_unknown_tutorial_is_not_found(client: Client, election: Election) -> None:
    assert client.get("/tutoriels/faq/").status_code == 404


def test_a_voter_reads_the_text_of_their_academie_and_a_visitor_the_election_s(
    client: Client, election: Election
) -> None:
    voter = electorate.make_voter(election)
    change_text(
        election=election, kind=Kind.EDITO, text_fr="Chez vous.", text_en="At home.", based_on=0, actor="admin",
        at=BEFORE, academy=voter.academy,
    )  # fmt: skip
    assert "Chez vous." not in main(client.get("/edito/"))
    electorate.activate(voter)
    electorate.sign_in(client, voter.email)
    assert "Chez vous." in main(client.get("/edito/"))


def announce(election: Election, **changes) -> None:
    given = {
        "level": "warning", "text_fr": "Arrêt <b>ce soir</b>.", "text_en": "Stop tonight.", "actor": "admin",
        "starts_at": BEFORE - timedelta(days=900), "ends_at": DURING + timedelta(days=900), "at": BEFORE,
    }  # fmt: skip
    publish_announcement(election=election, **given | changes)


@pytest.mark.parametrize("path", ["/", "/aide/", "/resultats/", "/bureau/connexion/"])
def test_an_announcement_stands_above_every_page_with_the_word_of_its_level(
    client: Client, election: Election, path: str
) -> None:
    announce(election)
    page = text(client.get(path, follow=True))
    assert "Perturbation</strong> – Arrêt &lt;b&gt;ce soir&lt;/b&gt;." in page
    client.cookies["django_language"] = "en"
    assert "Stop tonight." in text(client.get(path, follow=True))


def test_the_status_page_is_told_by_two_queries_at_most(
    client: Client, election: Election, django_assert_max_num_queries
) -> None:
    announce(election)
    memory.forget()
    with django_assert_max_num_queries(2):
        answer = client.get("/sante/")
    said = json.loads(answer.content)
    assert (said["election"], said["announcements"][0]["en"]) == (election.name, "Stop tonight.")
    assert said["phase"] in ("not_open", "open", "grace", "closed")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db
def test_without_an_election_the_portal_says_it_is_alive(client: Client) -> None:
    assert json.loads(client.get("/sante/").content)["phase"] == "none"
