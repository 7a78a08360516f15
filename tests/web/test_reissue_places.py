"""« Mes places au registre », and the public registers of keys that it leads to."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client

from isoloir.board.models import RegisterLine
from isoloir.credentials.links import destroy_link_key, places_of
from isoloir.elections.models import Contest
from isoloir.pollingstation.register import publish_batches
from isoloir.roll.models import RollEntry
from isoloir.web.public.register import register_named
from tests.electorate import text
from tests.factories import DURING
from tests.web.reissue_scene import ReissueScene

PLACES = "/vote/code/places/"


def grouped(reference: str) -> list[str]:
    return [reference[start : start + 4] for start in range(0, len(reference), 4)]


def test_each_place_is_shown_to_its_voter_with_the_generation_in_force(reissue_scene: ReissueScene) -> None:
    voter = reissue_scene.voter()
    before = text(reissue_scene.client().get(PLACES))
    assert before.count("<dd>0</dd>") == 2
    reissue_scene.world.reissued(voter)
    page = text(reissue_scene.client().get(PLACES))
    assert page.count("<dd>1</dd>") == 2
    for place in places_of(list(voter.entries.select_related("contest"))).values():
        assert grouped(place.name)[0] in page
        assert grouped(place.live_key)[3] in page
    assert "Une génération que vous n’avez pas faite ?" in page
    others = places_of(list(reissue_scene.voter(1).entries.select_related("contest")))
    assert all(">".join(grouped(place.name)) not in page for place in others.values())


def test_place_is_unknown_once_the_link_is_destroyed_or_before_a_code(reissue_scene: ReissueScene) -> None:
    destroy_link_key(reissue_scene.world.contests[0])
    entry = RollEntry.objects.get(voter=reissue_scene.voter(), contest=reissue_scene.world.contests[1])
    entry.slot_link.delete()
    page = text(reissue_scene.client().get(PLACES))
    assert page.count("Place inconnue") == 2


def test_register_is_public_from_its_first_line_and_holds_the_place(reissue_scene: ReissueScene, settings: Any) -> None:
    settings.REGISTER_LEAST = 1
    contest = reissue_scene.world.contests[0]
    address = f"/resultats/{contest.uuid}/registre.register"
    reissue_scene.world.reissued(reissue_scene.voter())
    publish_batches(at=DURING + timedelta(hours=7))
    answer = Client().get(address)
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert [line["type"] for line in lines] == ["Opening", "Sealing", "Reissues"]
    assert answer["Content-Disposition"] == f'attachment; filename="{contest.uuid}.register"'
    entry = RollEntry.objects.select_related("contest").get(voter=reissue_scene.voter(), contest=contest)
    place = places_of([entry])[entry.pk]
    published = lines[2]["entries"][0]
    assert (published["slot"], published["generation"], published["key"]) == (place.name, 1, place.live_key)
    assert address in text(reissue_scene.client().get(PLACES))
    results = text(Client().get("/resultats/"))
    assert address in results
    assert "(en cours)" in " ".join(results.split()).replace("( ", "(").replace(" )", ")")


def test_keys_that_the_register_names_are_shown_beside_it(reissue_scene: ReissueScene, settings: Any) -> None:
    contest = reissue_scene.world.contests[0]
    opening = json.loads(RegisterLine.objects.get(contest=contest, height=0).text)
    state, keys = register_named(contest)
    assert (state, keys) == ("growing", {"portal": opening["portal"], "registrar": settings.REGISTRAR_KEY})
    assert register_named(Contest(pk=0)) == ("", {})


def test_unknown_contest_has_no_register(db: None) -> None:
    assert Client().get(f"/resultats/{'1' * 22}/registre.register").status_code == 404
