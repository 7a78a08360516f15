"""Results minutes: the same bytes for everyone, signed as they were shown, published once the chair has signed."""

import pytest
from django.utils import translation

from isoloir.elections.models import Candidate
from isoloir.identity.models import Account
from isoloir.pollingstation.errors import NotAllowed
from isoloir.tally.actions import draw_up_minutes, publish_result, record_draw, sign_minutes
from isoloir.tally.errors import MinutesChanged, NotThere, SignaturesMissing
from isoloir.tally.minutes import machine_readable_result, minutes_hash, results_minutes
from isoloir.tally.models import MinutesSignature
from tests import electorate
from tests.electorate import text
from tests.factories import AFTER
from tests.stations import CONTEST, counted_world, sign_and_publish

pytestmark = pytest.mark.django_db
MINUTES = f"{CONTEST}proces-verbal/"


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.CLOCK = "tests.electorate.read_clock"
    yield
    electorate.set_clock(electorate.BEFORE)


def sign(world, account, digest, shown=None):
    return sign_minutes(
        contest=world.contest, minutes_sha256=digest, shown_sha256=shown or digest, by=account, at=AFTER
    )


def test_minutes_are_the_same_bytes_each_time_and_in_any_language():
    world, devices = counted_world([1, 1, 2, 0])
    first = results_minutes(world.contest.result, world.station)
    with translation.override("en"):
        assert results_minutes(world.contest.result, world.station) == first
    answer = devices[2].client.get(f"{MINUTES}proces-verbal.pdf", headers={"Accept-Language": "en"})
    assert (answer.content, answer["Content-Type"]) == (first, "application/pdf")
    assert first.startswith(b"%PDF")


def test_page_shows_the_fingerprint_that_signatures_bear():
    world, devices = counted_world([1, 2])
    digest = minutes_hash(results_minutes(world.contest.result, world.station))
    assert devices[2].client.get(MINUTES).context["minutes"]["sha256"] == digest
    shown = devices[2].client.get(f"{MINUTES}signature/").context["confirmation"]
    assert (shown.evidence[1], shown.hidden) == (digest, {"sha256": digest})
    assert devices[2].client.post(f"{MINUTES}signature/", shown.hidden).status_code == 302
    signature = MinutesSignature.objects.get()
    assert (signature.account, signature.role, signature.minutes_sha256) == (world.delegates[0], "delegate", digest)


def test_signature_under_other_bytes_than_shown_is_refused():
    world, devices = counted_world([1, 2])
    digest = minutes_hash(results_minutes(world.contest.result, world.station))
    with pytest.raises(MinutesChanged):
        sign(world, world.president, digest, shown="0" * 64)
    answer = devices[0].client.post(f"{MINUTES}signature/", {"sha256": "0" * 64})
    assert answer.status_code == 409
    assert "n’est plus le même" in text(answer)
    assert not MinutesSignature.objects.exists()


def test_signing_twice_is_one_signature():
    world, _devices = counted_world([1, 2])
    digest = minutes_hash(results_minutes(world.contest.result, world.station))
    assert sign(world, world.president, digest) == sign(world, world.president, digest)
    assert MinutesSignature.objects.count() == 1


def test_who_is_no_member_cannot_sign():
    world, _devices = counted_world([1, 2])
    stranger = electorate.make_member("etranger@essai.example")
    with pytest.raises(NotAllowed):
        sign(world, stranger, "0" * 64)


def test_publication_waits_for_the_chair_and_is_the_chairs():
    world, devices = counted_world([1, 2])
    digest = minutes_hash(results_minutes(world.contest.result, world.station))
    sign(world, world.delegates[0], digest)
    with pytest.raises(SignaturesMissing):
        publish_result(contest=world.contest, by=world.president, at=AFTER)
    refused = devices[0].client.post(f"{CONTEST}publication/")
    assert refused.status_code == 409
    assert "n’a pas encore signé" in text(refused)
    sign(world, world.secretary, digest)
    with pytest.raises(NotAllowed):
        publish_result(contest=world.contest, by=world.delegates[0], at=AFTER)
    assert publish_result(contest=world.contest, by=world.president, at=AFTER).state == "published"


def test_machine_readable_result_is_what_was_counted():
    world, _devices = counted_world([1, 1, 1, 2, 0])
    result = world.contest.result
    assert (result.registered, result.voters, result.blank, result.votes, result.expressed) == (5, 5, 1, [3, 1], 4)
    assert result.seats["won"] == [3, 1]
    assert '"lists":[{"position":1,"name":"Liste 1","votes":3},{"position":2,' in machine_readable_result(result)


def test_equal_lists_wait_for_the_recorded_draw():
    world, devices = counted_world([1, 2])
    assert world.contest.result.seats["won"] == [2, 2]
    with pytest.raises(NotThere):
        record_draw(contest=world.contest, winner=0, by=world.president, at=AFTER)
    assert devices[0].client.get(f"{CONTEST}tirage/").status_code == 404


def test_draw_is_recorded_then_minutes_can_be_signed():
    world, devices = counted_world([1, 2], lists=2, contest={"seats": 3})
    president = devices[0].client
    assert world.contest.result.seats == {"draw_needed": [0, 1], "draws": []}
    assert president.get(MINUTES).status_code == 404
    with pytest.raises(NotThere):
        sign(world, world.president, "0" * 64)
    page = president.get(f"{CONTEST}tirage/")
    assert "Liste 1" in text(page)
    assert president.post(f"{CONTEST}tirage/", {}).context["confirmation"].form.errors
    assert president.post(f"{CONTEST}tirage/", {"winner": "7"}).context["confirmation"].form.errors
    assert devices[2].client.post(f"{CONTEST}tirage/", {"winner": "1"}).status_code == 403
    assert president.post(f"{CONTEST}tirage/", {"winner": "1"}).status_code == 302
    world.contest.result.refresh_from_db()
    assert world.contest.result.seats["won"] == [1, 2]
    assert "par tirage au sort" in text(president.get(CONTEST))
    sign_and_publish(devices[0])


def test_incomplete_list_leaves_a_seat_and_the_minutes_say_so():
    world, devices = counted_world([1, 1, 1, 2], candidates=2)
    assert Candidate.objects.filter(candidate_list__position=1).count() == 2
    result = world.contest.result
    assert (result.seats["won"], result.seats["titulars"], result.seats["unattributed"]) == ([3, 1], [2, 1], 1)
    assert "1 siège reste non attribué" in text(devices[0].client.get(CONTEST))
    assert results_minutes(result, world.station).startswith(b"%PDF")


def test_nobody_expressed_a_vote():
    world, devices = counted_world([0, 0])
    assert (world.contest.result.votes, world.contest.result.seats["unattributed"]) == ([0, 0], 4)
    assert "Aucun suffrage exprimé" in text(devices[0].client.get(CONTEST))
    sign_and_publish(devices[0])


def test_nobody_voted():
    world, devices = counted_world([])
    assert (world.contest.result.voters, world.contest.result.blank) == (0, 0)
    sign_and_publish(devices[0])


def test_minutes_stay_what_was_signed_when_a_members_name_changes():
    world, _devices = counted_world([1, 2])
    first = draw_up_minutes(contest=world.contest)
    Account.objects.filter(pk=world.president.pk).update(last_name="AUTREMENT")
    assert draw_up_minutes(contest=world.contest) == first
