"""The pages of text as everybody reads them: the election's own words or the portal's, in both languages, cheaply."""

import pytest
from django.test import Client
from django.urls import reverse

from isoloir.elections.models import Election
from isoloir.texts.actions import change_text
from isoloir.texts.markdown import render_text
from isoloir.texts.models import Kind
from tests import electorate
from tests.electorate import BEFORE, text

PAGES = {"public:edito": Kind.EDITO, "public:faq": Kind.FAQ, "public:legal": Kind.LEGAL}
# Of the election, for the frame and for the page, and of the text.
MOST_QUERIES = 3


def save(election: Election, kind: Kind, fr: str, en: str) -> None:
    change_text(election=election, kind=kind, text_fr=fr, text_en=en, based_on=0, actor="admin", at=BEFORE)


def main(answer) -> str:
    return text(answer).split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize("page", PAGES)
def test_the_portal_s_text_is_read_without_signing_in(client: Client, election: Election, page: str) -> None:
    answer = client.get(reverse(page))
    assert answer.status_code == 200
    assert text(answer).count("<h1") == 1
    assert main(answer).count("<h2") >= 3


@pytest.mark.parametrize("page", PAGES)
def test_the_election_s_own_text_takes_its_place(client: Client, election: Election, page: str) -> None:
    save(election, PAGES[page], "## Chez nous\n\nBonjour.", "## At home\n\nHello.")
    assert '<h2 id="chez-nous">Chez nous</h2>' in main(client.get(reverse(page)))
    client.cookies["django_language"] = "en"
    english = client.get(reverse(page))
    assert '<h2 id="at-home">At home</h2>' in main(english)
    assert '<html lang="en"' in text(english)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_before_any_election_the_portal_s_text_is_there(client: Client, page: str) -> None:
    assert client.get(reverse(page)).status_code == 200


def test_every_question_is_listed_with_a_link_that_leads_to_it(client: Client, election: Election) -> None:
    page = main(client.get("/aide/"))
    listed, answers = page.split("<nav")[1].split("</nav>")
    for anchor in ("lien-expire", "courriel", "sans-activation"):
        assert listed.count(f'href="#{anchor}"') == 1
        assert answers.count(f'id="{anchor}"') == 1
    assert listed.count("<a ") == answers.count("<h2") + answers.count("<h3")


def test_what_an_administrator_types_is_never_markup(client: Client, election: Election) -> None:
    save(election, Kind.FAQ, "## <script>alert(1)</script> ?\n\n<b onclick=x>y</b> & z", "## a")
    page = main(client.get("/aide/"))
    assert "<script" not in page
    assert "<b " not in page
    assert page.count("&lt;script&gt;") == 2
    assert "&amp; z" in page


@pytest.mark.parametrize("page", PAGES)
def test_reading_takes_few_queries(
    client: Client, election: Election, django_assert_max_num_queries, page: str
) -> None:
    save(election, PAGES[page], "## Un", "## One")
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(reverse(page))


def test_the_same_text_is_read_once_by_a_process(client: Client, election: Election) -> None:
    render_text.cache_clear()
    for _time in range(5):
        client.get("/aide/")
    assert (render_text.cache_info().misses, render_text.cache_info().hits) == (1, 4)


@pytest.mark.parametrize("page", PAGES)
def test_no_shared_cache_keeps_a_page_whose_frame_is_somebody_s(client: Client, election: Election, page: str) -> None:
    answer = client.get(reverse(page))
    assert set(answer["Cache-Control"].split(", ")) == {"private", "no-cache"}
    assert "Cookie" in answer["Vary"]
    assert "X-Robots-Tag" not in answer


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_text_is_only_read(client: Client, election: Election, page: str) -> None:
    assert client.head(reverse(page)).status_code == 200
    assert client.post(reverse(page)).status_code == 405


def test_a_voter_who_is_signed_in_stays_in_the_voter_space(client: Client, election: Election) -> None:
    voter = electorate.make_voter(election)
    electorate.activate(voter)
    electorate.sign_in(client, voter.email)
    assert voter.last_name in text(client.get("/aide/"))
