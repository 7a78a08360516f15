"""The rolls of contests on the screen: whose they are, from when, how they are read and searched."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from isoloir.identity import slowdown
from isoloir.identity.errors import SlowedDown
from isoloir.identity.rollreading import begin_reading
from isoloir.identity.slowdown import READER_PACE
from isoloir.journal.models import JournalEntry
from isoloir.roll import search
from tests import electorate
from tests.electorate import BEFORE, activate, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest(election):
    return make_contest(election, "CSA")


@pytest.fixture
def voter(client, election, contest):
    voter = make_voter(election, contest)
    activate(voter)
    electorate.set_clock(BEFORE)
    sign_in(client, voter.email)
    return voter


def people(election, contest, *names):
    for number, (last_name, first_names) in enumerate(names):
        make_voter(
            election, contest, email=f"p{number}@valmont.example", last_name=last_name, first_names=first_names,
            establishment=f"Lycée n° {number}",
        )  # fmt: skip


def path_of(contest):
    return f"/espace/scrutins/{contest.uuid}/liste-electorale/"


def test_the_voters_own_line_is_at_the_top_of_the_roll(client, election, contest, voter):
    people(election, contest, ("ABEILLE", "Zoé"))
    answer = client.get(path_of(contest))
    page = text(answer)
    assert page.index("Vous êtes inscrit·e") < page.index("Dupont Anne") < page.index("ABEILLE Zoé")
    assert "Collège des Tilleuls (Valmont)" in page
    assert "2 personnes inscrites" in page
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert answer["Cache-Control"] == "no-store"
    assert "/espace/reclamations/?sujet=removal" in page


def test_only_the_rolls_of_own_contests_exist(client, election, contest, voter):
    other = make_contest(election, "CAP")
    index = text(client.get("/espace/listes-electorales/"))
    assert path_of(contest) in index
    assert other.name not in index
    for uuid in (other.uuid, "inconnu"):
        path = f"/espace/scrutins/{uuid}/liste-electorale/"
        assert client.get(path).status_code == client.post(path, {"name": "dupont"}).status_code == 404


def test_before_their_hour_rolls_say_when_they_come(client, election, contest, voter):
    election.rolls_shown_at = BEFORE + timedelta(minutes=10)
    election.save()
    for answer in (
        client.get(path_of(contest), follow=True),
        client.post(path_of(contest), {"name": "du"}, follow=True),
    ):
        assert answer.redirect_chain == [("/espace/listes-electorales/", 302)]
        assert "seront affichées ici à partir du" in text(answer)
    electorate.set_clock(BEFORE + timedelta(minutes=10))
    assert "Vous êtes inscrit·e" in text(client.get(path_of(contest)))


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("lefevre", ["LEFÈVRE Marie-Claire"]),
        ("LEFÈVRE", ["LEFÈVRE Marie-Claire"]),
        ("claire", ["LEFÈVRE Marie-Claire"]),
        ("clai lef", ["LEFÈVRE Marie-Claire"]),
        ("marie", ["LEFÈVRE Marie-Claire", "Œillet Marielle Marie"]),
        ("OEIL", ["Œillet Marielle Marie"]),
        ("d'artagnan", ["D’ARTAGNAN Zoé"]),
        ("fevre", []),
        ("marie zoe", []),
        ("%", None),
        ("a", None),
        ("", None),
    ],
)
def test_a_person_is_found_by_any_word_without_accents(client, election, contest, voter, sought, found):
    names = [("LEFÈVRE", "Marie-Claire"), ("Œillet", "Marielle Marie"), ("D’ARTAGNAN", "Zoé")]
    people(election, contest, *names)
    page = text(client.post(path_of(contest), {"name": sought}))
    if found is None:
        assert "au moins deux lettres" in page
        assert 'aria-invalid="true"' in page
        return
    assert [f"{last} {first}" for last, first in names if f">{last} {first}<" in page] == found
    assert ("Personne ne porte ce nom" in page) is (found == [])


def test_a_search_needs_the_mark_of_its_form(election, contest, voter):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path_of(contest), {"name": "dupont"}).status_code in (302, 403)


def test_a_roll_is_read_from_one_end_to_the_other_and_back(client, election, contest, voter, monkeypatch):
    monkeypatch.setattr(search, "PAGE", 3)
    # Several people of the same name: pages must neither repeat nor skip one.
    people(election, contest, *[("MARTIN", "Léa")] * 5, ("ZOLA", "Émile"), ("Ábel", "Ève"))
    seen, address, pages = [], path_of(contest), []
    for _page in range(10):
        page = client.get(address).context["roll_page"]
        seen += [entry.pk for entry in page.entries]
        pages.append([entry.pk for entry in page.entries])
        if page.after is None:
            break
        address = f"{path_of(contest)}?apres={page.after}"
    assert len(seen) == len(set(seen)) == 8
    assert [len(page) for page in pages] == [3, 3, 2]
    back = client.get(f"{path_of(contest)}?avant={pages[2][0]}").context["roll_page"]
    assert [entry.pk for entry in back.entries] == pages[1]
    first = client.get(f"{path_of(contest)}?avant={back.before}").context["roll_page"]
    assert [entry.pk for entry in first.entries] == pages[0]
    assert first.before is None


def test_a_letter_leads_to_the_first_name_from_it_on(client, election, contest, voter):
    people(election, contest, ("ABEILLE", "Zoé"), ("Évrard", "Paul"), ("ZOLA", "Émile"))
    page = client.get(f"{path_of(contest)}?lettre=e").context["roll_page"]
    assert [entry.voter.last_name for entry in page.entries] == ["Évrard", "ZOLA"]
    before = client.get(f"{path_of(contest)}?avant={page.before}").context["roll_page"]
    assert [entry.voter.last_name for entry in before.entries] == ["ABEILLE", "Dupont"]


@pytest.mark.parametrize("query", ["apres=0", "apres=x", "avant=-1", "apres=" + "9" * 40, "lettre=é", "lettre=ab"])
def test_a_page_that_a_roll_has_not_is_absent(client, contest, voter, query):
    assert client.get(f"{path_of(contest)}?{query}").status_code == 404


def test_an_entry_of_another_roll_opens_no_page_here(client, election, contest, voter):
    other = make_contest(election, "CAP")
    people(election, other, ("ZOLA", "Émile"))
    assert client.get(f"{path_of(contest)}?apres={other.roll.get().pk}").status_code == 404


def test_many_people_of_one_name_are_said_to_be_many(client, election, contest, voter, monkeypatch):
    monkeypatch.setattr(search, "PAGE", 3)
    people(election, contest, *[("MARTIN", "Léa")] * 5)
    answer = client.post(path_of(contest), {"name": "martin"})
    assert len(answer.context["found"].entries) == 3
    assert "Beaucoup de personnes portent ce nom" in text(answer)


def test_pages_of_a_roll_take_the_same_queries_however_long_it_is(
    client, election, contest, voter, django_assert_max_num_queries
):
    people(election, contest, *[(f"NOM{number}", "Léa Marie") for number in range(60)])
    with django_assert_max_num_queries(12):
        client.get(path_of(contest))
    with django_assert_max_num_queries(15):
        client.post(path_of(contest), {"name": "nom3 lea marie"})


def read_many(client, path, number):
    """Read so many pages in the same second, by turns looking and searching; return the answers."""
    return [client.post(path, {"name": "zola"}) if turn % 2 else client.get(path) for turn in range(number)]


def test_who_reads_beyond_the_pace_waits_and_is_told_in_constant_words(client, election, contest, voter, monkeypatch):
    monkeypatch.setattr(slowdown, "READER_PACE", replace(READER_PACE, free=4))
    people(election, contest, ("ZOLA", "Émile"))
    assert [answer.status_code for answer in read_many(client, path_of(contest), 5)] == [200] * 5
    looked, searched = read_many(client, path_of(contest), 2)
    for slowed in (looked, searched):
        assert slowed.status_code == 429
        assert slowed["Retry-After"] == "1"
        page = text(slowed)
        assert "Attendez une minute" in page
        assert "ZOLA" not in page
        assert "Vous êtes inscrit·e" in page
    # The same words whatever was sought.
    assert without_marks(looked) == without_marks(searched)
    electorate.pass_time(timedelta(minutes=1))
    assert "ZOLA" in text(client.get(path_of(contest)))


def test_the_pace_of_one_reader_holds_nobody_else_and_is_journaled_once(
    client, election, contest, voter, monkeypatch
):  # fmt: skip
    monkeypatch.setattr(slowdown, "READER_PACE", replace(READER_PACE, free=4))
    other = make_voter(election, contest, email="paul@valmont.example")
    activate(other)
    colleague = Client()
    sign_in(colleague, other.email)
    read_many(client, path_of(contest), 7)
    electorate.pass_time(timedelta(seconds=13))
    read_many(client, path_of(contest), 7)
    assert colleague.get(path_of(contest)).status_code == 200
    line = JournalEntry.objects.get(kind="roll.read-fast")
    assert (line.actor, line.subject) == ("voter", election.slug)
    assert set(line.facts) == {"reader", "pages"}
    assert all(word not in str(line.facts) for word in ("Dupont", "dupont", voter.reference, voter.email))
    electorate.pass_time(timedelta(hours=1))
    sign_in(client, voter.email)
    read_many(client, path_of(contest), 7)
    assert JournalEntry.objects.filter(kind="roll.read-fast").count() == 2


def test_three_hundred_pages_an_hour_cost_nothing(election, contest):
    assert (READER_PACE.free, READER_PACE.forgiven_after * READER_PACE.free) == (300, timedelta(hours=1))
    reader = make_voter(election, contest)
    for _page in range(301):
        begin_reading(voter=reader, at=BEFORE)
    with pytest.raises(SlowedDown):
        begin_reading(voter=reader, at=BEFORE)
    begin_reading(voter=reader, at=BEFORE + timedelta(minutes=1))


def without_marks(answer):
    """Return a page without the marks that protect its forms, which change each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text(answer))
