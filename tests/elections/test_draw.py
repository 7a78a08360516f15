"""The draw of the order of lists: announced, made once, the same for anyone who computes it again."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from isoloir_protocol.draw import drawn_order
from isoloir_protocol.draw_record import read_announcement, verify_draw

from isoloir.elections.bundle import candidate_bundle
from isoloir.elections.draw import announce_draw, draw_record, make_draw, undrawn_contests, withdraw_draw
from isoloir.elections.errors import DrawRefused
from isoloir.elections.imports import CONTESTS_FILE, import_lists, load_contests
from isoloir.elections.models import Contest, DrawAnnouncement, Election, ListDraw
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files
from tests import importing
from tests.factories import make_election
from tests.importing import ACTOR, AT, CANDIDATE_COLUMNS, LIST_COLUMNS, csv_file

pytestmark = pytest.mark.django_db
SOURCE_AT = AT + timedelta(hours=12)
LATER = AT + timedelta(days=1)
SHAPE = "6 de 1 à 49"
SOURCE = "Tirage du Loto du 25 novembre 2026"


@pytest.fixture
def election() -> Election:
    election = make_election()
    files = importing.election_files()
    import_files(
        election=election, actor=ACTOR, at=AT,
        files={name: content for name, content in files.items() if name != "voters.csv"},
    )  # fmt: skip
    return Election.objects.get(pk=election.pk)


def announce(election: Election, at=AT, source_at=None, shape: str = SHAPE) -> DrawAnnouncement:
    return announce_draw(
        election=election, source=SOURCE, source_at=source_at or at + timedelta(hours=12), seed_shape=shape,
        actor=ACTOR, at=at,
    )  # fmt: skip


def draw(announcement: DrawAnnouncement, seed: str = "9 18 26 34 41 45", at=LATER) -> list[ListDraw]:
    return make_draw(announcement=announcement, seed=seed, actor=ACTOR, at=at)


def withdraw(announcement: DrawAnnouncement, reason: str = "Le Loto est reporté.", at=LATER) -> int:
    return withdraw_draw(announcement=announcement, reason=reason, actor=ACTOR, at=at)


def refusal(act, *arguments, **options) -> str:
    with pytest.raises(DrawRefused) as caught:
        act(*arguments, **options)
    assert str(caught.value.sentence).endswith(".")
    return caught.value.code


def import_again(election: Election, rows: list[list[str]]) -> None:
    renamed = {(row[0], row[2]) for row in rows}
    candidates = [row for row in importing.candidate_rows() if (row[0], row[1]) in renamed]
    candidates += [
        [code, name, str(rank), "Mme", f"AUTRE{rank}", "Lise"]
        for code, name in sorted(renamed)
        if code != "CCP-S" and not any(row[:2] == [code, name] for row in candidates)
        for rank in range(1, 4)
    ]
    import_lists(
        election=election, lists=csv_file(LIST_COLUMNS, rows), candidates=csv_file(CANDIDATE_COLUMNS, candidates),
        files=importing.attachments(), actor=ACTOR, at=LATER,
    )  # fmt: skip


def sentence(code: str) -> str:
    contest = Contest.objects.select_related("election").get(code=code)
    return json.loads(candidate_bundle(contest))["order"]


def order(contest: Contest) -> list[str]:
    return list(contest.lists.order_by("position").values_list("name", flat=True))


def test_each_contest_gets_the_order_that_the_seed_and_its_identifier_give(election, django_assert_max_num_queries):
    announcement = announce(election)
    with django_assert_max_num_queries(20):
        drawn = draw(announcement)
    assert len(drawn) == 3
    for contest in Contest.objects.filter(election=election):
        expected = drawn_order(contest.uuid, ["Ensemble pour l’école", "Savoir"], "9.18.26.34.41.45./")
        assert order(contest) == list(expected)
        assert list(contest.lists.order_by("position").values_list("position", flat=True)) == [1, 2]


def test_some_seed_changes_the_order_of_the_file(election):
    announcement = announce(election)
    uuid = Contest.objects.get(code="CSA-MIN").uuid
    names = ["Ensemble pour l’école", "Savoir"]
    seed = next(seed for n in range(7, 50) if drawn_order(uuid, names, seed := f"1.2.3.4.5.{n}./")[0] == "Savoir")
    draw(announcement, seed)
    assert order(Contest.objects.get(code="CSA-MIN")) == ["Savoir", "Ensemble pour l’école"]


def test_the_journal_has_all_that_fixes_the_draw(election):
    announcement = announce(election)
    draw(announcement)
    announced = JournalEntry.objects.get(kind="list-draw.announced")
    made = JournalEntry.objects.get(kind="list-draw.made")
    digest = hashlib.sha256(bytes(announcement.content)).hexdigest()
    assert announced.facts == {
        "contests": 3, "lists": 6, "source": SOURCE, "source_at": SOURCE_AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed_shape": "6:1-49", "announcement_sha256": digest,
    }  # fmt: skip
    assert made.facts == {"contests": 3, "seed": "9.18.26.34.41.45./", "announcement_sha256": digest}


def test_the_announcement_published_names_contests_and_lists(election):
    announcement = announce(election)
    told = read_announcement(bytes(announcement.content))
    assert {each.uuid for each in told.contests} == set(Contest.objects.values_list("uuid", flat=True))
    assert {each.names for each in told.contests} == {("Ensemble pour l’école", "Savoir")}
    assert (told.source, told.seed_shape, told.source_at) == (SOURCE, "6:1-49", SOURCE_AT.replace(microsecond=0))
    before = bytes(announcement.content)
    draw(announcement)
    announcement.refresh_from_db()
    assert bytes(announcement.content) == before


def test_the_record_is_computed_again_by_the_protocol(election):
    announcement = announce(election)
    draw(announcement)
    announcement.refresh_from_db()
    verified = verify_draw(draw_record(announcement))
    assert {each.code: list(each.order) for each in verified.drawn} == {
        contest.code: order(contest) for contest in Contest.objects.all()
    }
    assert verified.announcement.sha256 == announcement.sha256
    assert verified.not_drawn == ()


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(days=-1), timedelta(milliseconds=400)])
def test_a_source_is_still_to_come_when_it_is_announced(election, delay):
    at = AT.replace(microsecond=0)
    assert refusal(announce, election, at=at, source_at=at + delay) == "source_past"
    assert not DrawAnnouncement.objects.exists()


def test_a_draw_is_refused_until_its_source_is_public(election):
    announcement = announce(election)
    assert refusal(draw, announcement, at=announcement.source_at - timedelta(seconds=1)) == "too_early"
    assert not ListDraw.objects.filter(is_drawn=True).exists()
    assert len(draw(announcement, at=announcement.source_at)) == 3


@pytest.mark.parametrize("seed", ["", "sept", "7 ; DROP", "1" * 13])
def test_a_seed_that_cannot_be_read_draws_nothing(election, seed):
    assert refusal(draw, announce(election), seed) == "seed_unreadable"


@pytest.mark.parametrize(
    "seed", ["9 18 26 34 41", "9 18 26 34 41 45 / 7", "9 18 26 34 41 45 46", "9 18 26 34 41 50", "9 9 18 26 34 41"]
)  # fmt: skip
def test_a_seed_of_another_shape_than_announced_draws_nothing(election, seed):
    before = {each.pk: order(each) for each in Contest.objects.all()}
    assert refusal(draw, announce(election), seed) == "other_shape"
    assert {each.pk: order(each) for each in Contest.objects.all()} == before


@pytest.mark.parametrize("shape", ["", "six nombres", "1 de 1 à 6", "6 de 49 à 1"])
def test_a_shape_is_said_and_leaves_many_seeds(election, shape):
    assert refusal(announce, election, shape=shape) == "shape_unreadable"


def test_a_draw_is_made_once_and_announced_once(election):
    announcement = announce(election)
    assert refusal(announce, election) == "already_announced"
    draw(announcement)
    assert refusal(draw, announcement, "1 2 3 4 5 6", at=LATER + timedelta(days=1)) == "not_announced"
    assert refusal(withdraw, announcement) == "not_announced"
    assert refusal(announce, election, at=LATER + timedelta(days=1)) == "already_announced"


def test_a_seed_draws_the_contests_of_its_own_announcement_alone(election):
    later = Contest.objects.get(code="CSA-MIN")
    Contest.objects.filter(pk=later.pk).update(state=Contest.State.SEALED)
    first = announce(election)
    Contest.objects.filter(pk=later.pk).update(state=Contest.State.PREPARED)
    second = announce(election, at=AT + timedelta(hours=1), shape="4 de 1 à 99")
    drawn = draw(first)
    assert {each.code for each in drawn} == {"CAP-1", "CCP-S"}
    assert list(second.draws.values_list("code", "is_drawn")) == [("CSA-MIN", False)]
    assert refusal(draw, second) == "other_shape"
    assert [each.code for each in draw(second, "1 2 3 4")] == ["CSA-MIN"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.seed, second.seed) == ("9.18.26.34.41.45./", "1.2.3.4./")
    assert verify_draw(draw_record(first)).seed != verify_draw(draw_record(second)).seed


@pytest.mark.parametrize("source", ["", "  ", "x" * 301, "Loto\u202edu 25"])
def test_a_source_is_one_plain_line(election, source):
    given = {"source_at": SOURCE_AT, "seed_shape": SHAPE, "actor": ACTOR, "at": AT}
    assert refusal(announce_draw, election=election, source=source, **given) == "source_unreadable"


def test_lists_that_change_after_the_announcement_stop_the_draw_until_it_is_announced_again(election):
    first = announce(election)
    contest = Contest.objects.get(code="CSA-MIN")
    contest.lists.filter(position=1).update(name="Autre nom")
    before = {each.pk: order(each) for each in Contest.objects.all()}
    assert refusal(draw, first) == "lists_changed"
    assert {each.pk: order(each) for each in Contest.objects.all()} == before
    second = announce(election, at=LATER)
    assert [each.contest_id for each in second.draws.all()] == [contest.pk]
    replaced = first.draws.get(contest=contest)
    assert (replaced.void_cause, replaced.void_at) == ("lists-changed", LATER.replace(microsecond=0))
    assert JournalEntry.objects.get(kind="list-draw.voided").facts == {
        "contests": 1, "drawn": 0, "cause": "lists-changed", "announcements": [first.sha256],
    }  # fmt: skip
    assert len(draw(first)) == 2
    first.refresh_from_db()
    assert verify_draw(draw_record(first)).not_drawn == ("CSA-MIN",)


def test_an_announcement_withdrawn_stays_with_its_reason_and_is_never_drawn(election):
    first = announce(election)
    assert refusal(withdraw, first, " ") == "reason_unreadable"
    assert withdraw(first) == 3
    assert set(first.draws.values_list("void_cause", "void_reason")) == {("withdrawn", "Le Loto est reporté.")}
    assert JournalEntry.objects.get(kind="list-draw.voided").facts["cause"] == "withdrawn"
    assert refusal(draw, first) == "not_announced"
    second = announce(election, at=LATER)
    draw(second, at=LATER + timedelta(days=1))
    assert DrawAnnouncement.objects.count() == 2


def test_an_import_of_the_same_lists_keeps_the_drawn_order_and_of_others_makes_the_draw_void(election):
    announcement = announce(election)
    draw(announcement)
    drawn = {contest.code: order(contest) for contest in Contest.objects.all()}
    import_again(election, importing.list_rows())
    assert {contest.code: order(contest) for contest in Contest.objects.all()} == drawn
    assert not JournalEntry.objects.filter(kind="list-draw.voided").exists()
    rows = importing.list_rows()
    rows[0][2] = "Ensemble autrement"
    import_again(election, rows)
    void = ListDraw.objects.exclude(void_at=None).get()
    assert (void.code, void.void_cause, void.is_drawn) == ("CSA-MIN", "lists-changed", True)
    assert JournalEntry.objects.filter(kind="lists.imported").last().facts["draws_forgotten"] == 1
    assert JournalEntry.objects.get(kind="list-draw.voided").facts == {
        "contests": 1, "drawn": 1, "cause": "lists-changed", "announcements": [announcement.sha256],
    }  # fmt: skip
    assert "tiré au sort" not in sentence("CSA-MIN")
    assert "tiré au sort" in sentence("CAP-1")


def test_a_contest_removed_leaves_its_draw_to_be_read(election):
    announcement = announce(election)
    draw(announcement)
    content = importing.election_files()[CONTESTS_FILE].decode().splitlines(keepends=True)
    kept = "".join(line for line in content if not line.startswith("CSA-MIN")).encode()
    stations = [row[0] for row in importing.STATIONS]
    load_contests(election=election, content=kept, stations=stations, actor=ACTOR, at=LATER)
    void = ListDraw.objects.exclude(void_at=None).get()
    assert (void.code, void.contest_id, void.void_cause) == ("CSA-MIN", None, "contest-removed")
    announcement.refresh_from_db()
    assert len(verify_draw(draw_record(announcement)).drawn) == 3


def test_a_sealed_contest_keeps_its_order(election):
    sealed = Contest.objects.get(code="CSA-MIN")
    Contest.objects.filter(pk=sealed.pk).update(state=Contest.State.SEALED)
    before = order(sealed)
    announcement = announce(election)
    assert set(announcement.draws.values_list("contest", flat=True)) == set(
        Contest.objects.exclude(pk=sealed.pk).values_list("pk", flat=True)
    )
    draw(announcement)
    assert order(sealed) == before
    Contest.objects.update(state=Contest.State.SEALED)
    assert refusal(announce, election, at=LATER) == "sealed"
    assert refusal(draw, announcement) == "sealed"


def test_a_contest_sealed_before_the_draw_is_left_out_and_said_so(election):
    announcement = announce(election)
    Contest.objects.filter(code="CSA-MIN").update(state=Contest.State.SEALED)
    before = order(Contest.objects.get(code="CSA-MIN"))
    assert {each.code for each in draw(announcement)} == {"CAP-1", "CCP-S"}
    assert announcement.draws.get(code="CSA-MIN").void_cause == "sealed"
    assert order(Contest.objects.get(code="CSA-MIN")) == before
    announcement.refresh_from_db()
    assert verify_draw(draw_record(announcement)).not_drawn == ("CSA-MIN",)


# ---- What the bundle says ----


def test_the_bundle_says_drawn_by_lot_only_when_a_draw_was_made(election):
    day = date(2026, 11, 12)
    Election.objects.update(lists_drawn_on=day)
    declared = "Tirage déclaré par l’administration le 12 novembre 2026, non vérifiable ici"
    assert sentence("CSA-MIN") == declared
    announcement = announce(election)
    assert sentence("CSA-MIN") == declared
    Election.objects.update(lists_drawn_on=None)
    assert sentence("CSA-MIN") == "Ordre du fichier donné par l’administration, sans tirage vérifiable"
    draw(announcement, at=datetime(2026, 11, 26, 23, 30, tzinfo=UTC))
    assert sentence("CSA-MIN") == "Ordre tiré au sort le 27 novembre 2026"
    assert Election.objects.get(pk=election.pk).lists_drawn_on is None


def test_the_bundle_does_not_say_drawn_by_lot_of_an_order_that_the_draw_does_not_give(election):
    draw(announce(election))
    contest = Contest.objects.get(code="CSA-MIN")
    assert undrawn_contests([contest]) == []
    first, second = contest.lists.order_by("position")
    contest.lists.filter(pk=first.pk).update(position=9)
    assert second.position == 2
    assert "tiré au sort" not in sentence("CSA-MIN")
    assert undrawn_contests([contest]) == [contest]


def test_a_contest_of_one_list_awaits_no_draw(election):
    contest = Contest.objects.get(code="CCP-S")
    contest.lists.filter(position=2).delete()
    assert sentence("CCP-S") == "Une seule candidature : aucun ordre à tirer"
    assert undrawn_contests(list(Contest.objects.order_by("code"))) == list(
        Contest.objects.exclude(pk=contest.pk).order_by("code")
    )
