"""The draw of the order of lists: announced, made once, the same for anyone who computes it again."""

import json
from datetime import timedelta

import pytest
from isoloir_protocol.draw import drawn_order, verify_draw

from isoloir.elections.draw import announce_draw, draw_record, make_draw
from isoloir.elections.errors import DrawRefused
from isoloir.elections.imports import import_lists
from isoloir.elections.models import Contest, Election, ListDraw
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files
from tests import importing
from tests.factories import make_election
from tests.importing import ACTOR, AT, CANDIDATE_COLUMNS, LIST_COLUMNS, csv_file

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=1)
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


def announce(election: Election, at=AT) -> list[ListDraw]:
    return announce_draw(election=election, source=SOURCE, actor=ACTOR, at=at)


def draw(election: Election, seed: str = "9 18 26 34 41 45", at=LATER) -> list[ListDraw]:
    return make_draw(election=election, seed=seed, actor=ACTOR, at=at)


def refusal(act, *arguments, **options) -> str:
    with pytest.raises(DrawRefused) as caught:
        act(*arguments, **options)
    assert str(caught.value.sentence).endswith((".", "sources.", "ligne."))
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


def order(contest: Contest) -> list[str]:
    return list(contest.lists.order_by("position").values_list("name", flat=True))


def test_each_contest_gets_the_order_that_the_seed_and_its_identifier_give(election, django_assert_max_num_queries):
    announce(election)
    with django_assert_max_num_queries(20):
        drawn = draw(election)
    assert len(drawn) == 3
    for contest in Contest.objects.filter(election=election):
        expected = drawn_order(contest.uuid, ["Ensemble pour l’école", "Savoir"], "9.18.26.34.41.45./")
        assert order(contest) == list(expected)
        assert list(contest.lists.order_by("position").values_list("position", flat=True)) == [1, 2]
    election.refresh_from_db()
    assert election.lists_drawn_on == LATER.date()


def test_some_seed_changes_the_order_of_the_file(election):
    announce(election)
    uuid = Contest.objects.get(code="CSA-MIN").uuid
    names = ["Ensemble pour l’école", "Savoir"]
    seed = next(str(number) for number in range(100) if drawn_order(uuid, names, f"{number}./")[0] == "Savoir")
    draw(election, seed)
    assert order(Contest.objects.get(code="CSA-MIN")) == ["Savoir", "Ensemble pour l’école"]


def test_acts_are_journaled_without_a_name(election):
    announce(election)
    draw(election)
    announced = JournalEntry.objects.get(kind="list-draw.announced")
    made = JournalEntry.objects.get(kind="list-draw.made")
    assert announced.facts == {"contests": 3, "lists": 6}
    assert made.facts == {"contests": 3, "seed": "9.18.26.34.41.45./"}


def test_the_record_is_computed_again_by_the_protocol(election):
    announce(election)
    draws = list(ListDraw.objects.filter(pk__in=[each.pk for each in draw(election)]).select_related("contest"))
    record = draw_record(draws, election=election)
    assert {each.code: list(each.order) for each in verify_draw(record)} == {
        contest.code: order(contest) for contest in Contest.objects.all()
    }
    assert json.loads(record)["source"] == SOURCE


def test_a_draw_is_refused_before_its_announcement_or_at_the_same_instant(election):
    assert refusal(draw, election) == "not_announced"
    announce(election)
    assert refusal(draw, election, at=AT) == "too_early"
    assert not ListDraw.objects.exclude(seed="").exists()


@pytest.mark.parametrize("seed", ["", "sept", "7 ; DROP", "1" * 13])
def test_a_seed_that_cannot_be_read_draws_nothing(election, seed):
    announce(election)
    assert refusal(draw, election, seed) == "seed_unreadable"


def test_a_draw_is_made_once_and_announced_once(election):
    announce(election)
    assert refusal(announce, election) == "already_announced"
    draw(election)
    assert refusal(draw, election, "1 2 3", at=LATER + timedelta(days=1)) == "not_announced"
    assert refusal(announce, election, at=LATER + timedelta(days=1)) == "already_announced"


@pytest.mark.parametrize("source", ["", "  ", "x" * 301, "Loto\u202edu 25"])
def test_a_source_is_one_plain_line(election, source):
    assert refusal(announce_draw, election=election, source=source, actor=ACTOR, at=AT) == "source_unreadable"


def test_lists_that_change_after_the_announcement_stop_the_draw(election):
    announce(election)
    contest = Contest.objects.get(code="CSA-MIN")
    contest.lists.filter(position=1).update(name="Autre nom")
    before = {each.pk: order(each) for each in Contest.objects.all()}
    assert refusal(draw, election) == "lists_changed"
    assert {each.pk: order(each) for each in Contest.objects.all()} == before
    assert [each.contest_id for each in announce(election, at=LATER)] == [contest.pk]


def test_an_import_of_the_same_lists_keeps_the_drawn_order_and_of_others_forgets_it(election):
    announce(election)
    draw(election)
    drawn = {contest.code: order(contest) for contest in Contest.objects.all()}
    import_again(election, importing.list_rows())
    assert {contest.code: order(contest) for contest in Contest.objects.all()} == drawn
    rows = importing.list_rows()
    rows[0][2] = "Ensemble autrement"
    import_again(election, rows)
    assert set(ListDraw.objects.values_list("contest__code", flat=True)) == {"CAP-1", "CCP-S"}
    election.refresh_from_db()
    assert election.lists_drawn_on is None
    assert JournalEntry.objects.filter(kind="lists.imported").last().facts["draws_forgotten"] == 1


def test_a_sealed_contest_keeps_its_order(election):
    sealed = Contest.objects.get(code="CSA-MIN")
    Contest.objects.filter(pk=sealed.pk).update(state=Contest.State.SEALED)
    before = order(sealed)
    assert {each.contest_id for each in announce(election)} == set(
        Contest.objects.exclude(pk=sealed.pk).values_list("pk", flat=True)
    )
    draw(election)
    assert order(sealed) == before
    Contest.objects.update(state=Contest.State.SEALED)
    assert refusal(announce, election, at=LATER) == "sealed"
    assert refusal(draw, election) == "sealed"
