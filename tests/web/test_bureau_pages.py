"""What members may see and do: their own bureau alone, each according to the role; pages cost the same whatever their size."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.elections.models import Contest
from isoloir.identity.models import Account
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.models import Member
from isoloir.roll.models import RollEntry
from tests import electorate
from tests.electorate import text
from tests.factories import BEFORE, make_contest, make_station, make_voter
from tests.stations import (
    CONTEST,
    KEYS,
    close_by_http,
    counted_world,
    devices_of,
    member_client,
    prepared_world,
    sealed_world,
    vote,
)

pytestmark = pytest.mark.django_db
STATION = "/bureau/bvec/"
READ = (STATION, KEYS, f"{KEYS}etat.json", f"{STATION}journal/", CONTEST, f"{CONTEST}emargement/")
PRESIDING = (f"{STATION}scellement/", f"{CONTEST}cloture/", f"{CONTEST}resultat/", f"{CONTEST}publication/")


@pytest.fixture
def world(db):
    electorate.set_clock(BEFORE)
    return prepared_world()


def statuses(client, urls, method="get"):
    return {url: getattr(client, method)(url).status_code for url in urls}


def test_another_bureaus_pages_do_not_exist(world):
    other = make_station(world.election, [make_contest(world.election, "S9")], code="autre")
    stranger = member_client(other.members.get(role="president").account)
    assert set(statuses(stranger, [*READ, *PRESIDING]).values()) == {404}
    assert set(statuses(stranger, [KEYS, *PRESIDING], "post").values()) == {404}


def test_every_member_reads_the_bureau(world):
    for account in (world.president, world.secretary, *world.delegates):
        assert set(statuses(member_client(account), READ).values()) == {200}


def test_delegates_neither_seal_nor_close_nor_count_nor_publish(world):
    delegate = member_client(world.delegates[0])
    for method in ("get", "post"):
        assert set(statuses(delegate, PRESIDING, method).values()) == {403}
    assert not JournalEntry.objects.filter(kind="contests.sealed").exists()


def test_delegates_are_offered_no_act_of_the_president():
    _world, devices = sealed_world()
    close_by_http(devices[0])
    assert devices[2].client.get(CONTEST).context["contest"].actions == []
    assert [act.kind for act in devices[0].client.get(CONTEST).context["contest"].actions] == ["establish"]


def test_secretary_has_the_powers_of_the_president(world):
    devices = devices_of(world)
    for _step in range(3):
        for device in devices:
            device.do_step()
    assert devices[1].client.post(f"{STATION}scellement/").status_code == 302
    world.contest.refresh_from_db()
    assert world.contest.state == "sealed"


def test_contest_of_another_bureau_is_not_reached_through_ones_own(world):
    make_station(world.election, [make_contest(world.election, "S9")], code="autre")
    assert member_client(world.president).get("/bureau/bvec/scrutins/S9/").status_code == 404


def test_member_without_a_key_is_told_so(world):
    account = Account.objects.create_user(email="sans-cle@essai.example", first_names="Sans", last_name="CLÉ")
    Member.objects.create(
        station=world.station, account=account, role="delegate", organisation=world.election.organisations.first()
    )
    client = member_client(account)
    assert "Vous ne détenez pas de clé" in text(client.get(KEYS))
    assert client.get(f"{KEYS}etat.json").status_code == 404
    assert client.post(KEYS, "{}", content_type="application/json").status_code == 422


def test_home_lists_ones_own_bureaux_with_what_is_due(world):
    make_station(world.election, [make_contest(world.election, "S9")], code="autre")
    page = member_client(world.president).get("/bureau/")
    assert [membership["station"].code for membership in page.context["memberships"]] == ["bvec"]
    assert "Une étape de la cérémonie des clés vous attend" in text(page)


def test_signature_list_says_who_has_voted_and_when():
    world, devices = sealed_world(voters=3)
    vote(world, world.contest, [1])
    page = text(devices[2].client.get(f"{CONTEST}emargement/"))
    assert page.count("n’a pas voté") == 2
    assert "jeudi 3 décembre 2026 à 10 h 00 (heure de Paris)" in page


def test_signature_list_is_paged_by_fifty_without_search_nor_export():
    world, devices = sealed_world()
    for number in range(100, 149):
        make_voter(world.election, [world.contest], number)
    client = devices[0].client
    first, second = client.get(f"{CONTEST}emargement/"), client.get(f"{CONTEST}emargement/", {"page": "2"})
    assert (len(first.context["page"].object_list), len(second.context["page"].object_list)) == (50, 1)
    shown = text(first)
    assert 'type="search"' not in shown
    assert "download" not in shown
    searched = client.get(f"{CONTEST}emargement/", {"q": "personne"})
    assert len(searched.context["page"].object_list) == 50


def test_journal_shows_this_bureaus_lines_only(world):
    other = make_station(world.election, [make_contest(world.election, "S9")], code="autre")
    for station, code in ((world.president, "bvec"), (other.members.get(role="president").account, "autre")):
        client = member_client(station)
        state = client.get(f"/bureau/{code}/cles/etat.json").json()
        assert state["station"]["code"] == code
    devices_of(world)[0].do_step()
    page = member_client(other.members.get(role="secretary").account).get("/bureau/autre/journal/")
    assert list(page.context["page"].object_list) == []
    lines = member_client(world.delegates[0]).get(f"{STATION}journal/").context["page"].object_list
    assert [line.kind for line in lines] == ["trustee.step-done"]


def test_journal_of_a_counted_contest_tells_the_whole_story():
    _world, devices = counted_world([1, 2])
    page = text(devices[2].client.get(f"{STATION}journal/"))
    for act in ("Scrutins scellés", "Scrutin clos et urne figée", "Clé de liaison détruite", "Résultat établi"):
        assert act in page


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_queries_do_not_grow_with_contests_nor_voters_nor_members():
    world, devices = sealed_world()
    vote(world, world.contest, [1])
    urls = [STATION, "/bureau/", KEYS, f"{KEYS}etat.json", CONTEST, f"{CONTEST}emargement/"]
    few = {url: queries_of(devices[0].client, url) for url in urls}
    for number in range(2, 6):
        contest = make_contest(world.election, f"T{number}", lists=5)
        world.station.stationcontest_set.create(contest=contest)
        Contest.objects.filter(pk=contest.pk).update(state="sealed")
    voters = [make_voter(world.election, list(world.station.contests.all()), number) for number in range(10, 20)]
    assert RollEntry.objects.filter(voter__in=voters).count() == 50
    assert {url: queries_of(devices[0].client, url) for url in urls} == few


def test_queries_of_sealing_do_not_grow_with_contests(world):
    electorate.set_clock(BEFORE)
    few = queries_of(member_client(world.president), f"{STATION}scellement/")
    for number in range(2, 6):
        contest = make_contest(world.election, f"T{number}")
        world.station.stationcontest_set.create(contest=contest)
    assert queries_of(member_client(world.secretary), f"{STATION}scellement/") == few


@pytest.mark.parametrize("contests", [1, 4])
def test_state_of_a_count_costs_the_same_for_one_contest_and_for_four(contests):
    world, devices = sealed_world(contests=contests)
    for contest in world.contests:
        close_by_http(devices[0], f"/bureau/bvec/scrutins/{contest.code}/")
    assert queries_of(devices[2].client, f"{KEYS}etat.json") == 8
    assert len(devices[2].state()["decryptions"]) == contests
