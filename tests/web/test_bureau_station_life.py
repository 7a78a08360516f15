"""The whole life of a bureau over HTTP: key ceremony, sealing, closing, count, minutes, publication."""

from datetime import timedelta

import pytest
from isoloir_protocol.archive import read_archive
from isoloir_protocol.verify import verify_archive

from isoloir.elections.draw import announce_draw, make_draw
from isoloir.elections.models import CandidateList, Contest
from isoloir.journal.actions import verify_journal
from isoloir.journal.models import JournalEntry
from tests import electorate
from tests.electorate import text
from tests.factories import AFTER, BEFORE, DURING
from tests.stations import (
    CONTEST,
    KEYS,
    close_by_http,
    devices_of,
    play_by_http,
    prepared_world,
    sign_and_publish,
    vote,
)

pytestmark = pytest.mark.django_db


def test_station_lives_from_the_keys_to_the_published_results(client, tmp_path):
    world = prepared_world(voters=7, contests=2, delegates=4)
    sigle = world.contests[1]
    Contest.objects.filter(pk=sigle.pk).update(kind="sigle")
    electorate.set_clock(BEFORE)
    devices = devices_of(world)
    play_by_http(devices)
    assert {device.state()["step"] for device in devices} == {"ready"}
    world.station.ceremony.refresh_from_db()
    assert world.station.ceremony.completed_at == BEFORE
    president = devices[0].client
    assert "Sceller tous les scrutins" in text(president.get("/bureau/bvec/scellement/"))
    assert president.post("/bureau/bvec/scellement/").status_code == 302
    electorate.set_clock(DURING)
    vote(world, world.contests[0], [1, 1, 1, 2, 2, 0])
    vote(world, sigle, [2, 2, 1])
    for contest in ("S1", "S2"):
        assert close_by_http(devices[0], f"/bureau/bvec/scrutins/{contest}/").status_code == 302
    for device in (devices[1], devices[3], devices[5]):
        device.decrypt_all()
    for code in ("S1", "S2"):
        assert president.post(f"/bureau/bvec/scrutins/{code}/resultat/").status_code == 302
        sign_and_publish(devices[0], f"/bureau/bvec/scrutins/{code}/")
    for contest, expected in ((world.contests[0], [1, 3, 2]), (sigle, [0, 1, 2])):
        path = tmp_path / f"{contest.uuid}.bel"
        path.write_bytes(b"".join(client.get(f"/resultats/{contest.uuid}/archive.bel").streaming_content))
        report = verify_archive(path)
        assert report.fault is None
        blank, *votes = expected
        result = client.get(f"/resultats/{contest.uuid}/resultat.json").json()
        assert ([entry["votes"] for entry in result["lists"]], result["blank"]) == (votes, blank)
        assert read_archive(path).result.decode() == f'{{"result":[[{",".join(map(str, expected))}]]}}'
    assert verify_journal() == JournalEntry.objects.count()


def test_the_dashboard_says_who_must_act_at_each_moment():
    world = prepared_world(delegates=4)
    electorate.set_clock(BEFORE)
    devices = devices_of(world)
    first = devices[0].client

    def now():
        return text(first.get("/bureau/bvec/"))

    assert "C’est à vous" in now()
    devices[0].do_step()
    page = now()
    assert "C’est à vous" not in page
    assert world.secretary.full_name in page
    for device in devices[1:]:
        device.do_step()
    for _step in ("polynomial", "share"):
        for device in devices:
            device.do_step()
    assert "Sceller les scrutins avant l’ouverture du vote." in now()
    first.post("/bureau/bvec/scellement/")
    electorate.set_clock(DURING)
    assert "Personne n’a rien à faire" in now()
    electorate.set_clock(AFTER)
    assert "figer l’urne" in now()
    first.post(f"{CONTEST}cloture/")
    assert "déchiffrer le total" in now()
    for device in (devices[0], devices[2]):
        device.decrypt_all()
    page = now()
    assert "C’est à vous" not in page
    assert world.delegates[3].full_name in page
    devices[5].decrypt_all()
    assert "les déchiffrements reçus suffisent" in now()
    first.post(f"{CONTEST}resultat/")
    assert "Lire le procès-verbal, puis le signer." in now()


def test_turnout_is_counted_while_the_vote_goes_on():
    world = prepared_world(voters=3)
    electorate.set_clock(BEFORE)
    devices = devices_of(world)
    play_by_http(devices)
    devices[0].client.post("/bureau/bvec/scellement/")
    assert "Votants" not in text(devices[2].client.get(CONTEST))
    electorate.set_clock(DURING)
    vote(world, world.contest, [1, 2])
    row = devices[2].client.get(CONTEST).context["contest"]
    assert (row.registered, row.voters, round(row.turnout, 2)) == (3, 2, 66.67)


def test_closing_before_the_grace_has_ended_is_refused():
    world = prepared_world()
    electorate.set_clock(BEFORE)
    devices = devices_of(world)
    play_by_http(devices)
    devices[0].client.post("/bureau/bvec/scellement/")
    electorate.set_clock(world.election.voting_closes_at)
    page = devices[0].client.get(f"{CONTEST}cloture/")
    assert "Clore et commencer" not in text(page)
    answer = devices[0].client.post(f"{CONTEST}cloture/")
    assert answer.status_code == 409
    assert "Le délai de grâce n’est pas écoulé" in text(answer)
    world.contest.refresh_from_db()
    assert world.contest.state == "sealed"


def test_closing_and_counting_twice_change_nothing():
    world = prepared_world()
    electorate.set_clock(BEFORE)
    devices = devices_of(world)
    play_by_http(devices)
    devices[0].client.post("/bureau/bvec/scellement/")
    vote(world, world.contest, [1])
    for _time in range(2):
        assert close_by_http(devices[0]).status_code == 302
    devices[0].decrypt_all()
    assert "Il manque des déchiffrements partiels" in text(devices[0].client.post(f"{CONTEST}resultat/"))
    for device in devices[2:]:
        device.decrypt_all()
    for _time in range(2):
        assert devices[0].client.post(f"{CONTEST}resultat/").status_code == 302
    assert world.contest.board.filter(type="Result").count() == 1
    for _time in range(2):
        sign_and_publish(devices[0])
    assert JournalEntry.objects.filter(kind="result.published").count() == 1


def test_sealing_is_refused_with_every_reason_and_seals_nothing():
    world = prepared_world(contests=2)
    CandidateList.objects.filter(contest=world.contests[1]).delete()
    electorate.set_clock(BEFORE)
    president = devices_of(world)[0].client
    page = text(president.get("/bureau/bvec/scellement/"))
    for reason in ("la cérémonie des clés n’est pas terminée", "S2 : aucune candidature"):
        assert reason in page
        assert reason in text(president.get("/bureau/bvec/"))
    answer = president.post("/bureau/bvec/scellement/")
    assert answer.status_code == 409
    assert "Le scellement est impossible" in text(answer)
    assert set(Contest.objects.values_list("state", flat=True)) == {"prepared"}


def test_small_contests_are_warned_of_before_sealing():
    world = prepared_world()
    electorate.set_clock(BEFORE)
    client = devices_of(world)[0].client
    for url in ("/bureau/bvec/", "/bureau/bvec/scellement/"):
        assert "les totaux peuvent trahir des votes" in text(client.get(url))


def test_lists_without_a_verifiable_draw_are_warned_of_before_sealing():
    world = prepared_world()
    electorate.set_clock(BEFORE)
    client = devices_of(world)[0].client
    warning = f"ne vient d’aucun tirage vérifiable : {world.contest.name}."
    for url in ("/bureau/bvec/", "/bureau/bvec/scellement/"):
        assert warning in text(client.get(url))
    early = BEFORE - timedelta(days=2)
    announcement = announce_draw(
        election=world.contest.election, source="Loto", source_at=early + timedelta(days=1),
        seed_shape="5 de 1 à 49", actor="essai", at=early,
    )  # fmt: skip
    assert warning in text(client.get("/bureau/bvec/scellement/"))
    make_draw(announcement=announcement, seed="1 2 3 4 5", actor="essai", at=BEFORE)
    for url in ("/bureau/bvec/", "/bureau/bvec/scellement/"):
        assert "aucun tirage vérifiable" not in text(client.get(url))


def test_a_changed_list_breaks_the_seal_on_demand():
    world = prepared_world()
    electorate.set_clock(BEFORE)
    devices = devices_of(world)
    play_by_http(devices)
    devices[0].client.post("/bureau/bvec/scellement/")
    delegate = devices[2].client
    assert "Recalculer les scellés" in text(delegate.get(CONTEST))
    assert "Modifié" not in text(delegate.get(CONTEST, {"scelles": "1"}))
    world.contest.lists.filter(position=1).update(name="Autre nom")
    parts = delegate.get(CONTEST, {"scelles": "1"}).context["seal_parts"]
    assert [part["name"] for part in parts if not part["intact"]] == ["Listes de candidats et leur ordre"]


def test_the_ceremony_page_loads_the_bundle_under_its_hash():
    world = prepared_world()
    page = devices_of(world)[0].client.get(KEYS).content.decode()
    assert 'data-state-url="/bureau/bvec/cles/etat.json"' in page
    assert 'integrity="sha384-' in page
