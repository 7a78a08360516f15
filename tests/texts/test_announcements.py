"""Announcements: shown from their beginning to their end, plain, journaled, and ended rather than deleted."""

from datetime import timedelta

import pytest

from isoloir.elections.models import Election
from isoloir.journal.models import JournalEntry
from isoloir.texts.announcements import (
    active_announcements,
    delete_announcement,
    end_announcement,
    publish_announcement,
)
from isoloir.texts.errors import AnnouncementEnded, AnnouncementRefused, AnnouncementStarted
from isoloir.texts.models import Announcement
from tests.electorate import BEFORE, make_election

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def publish(election: Election, **changes) -> Announcement:
    given = {
        "level": "info", "text_fr": "Arrêt ce soir.", "text_en": "Stop tonight.", "starts_at": BEFORE + HOUR,
        "ends_at": BEFORE + 2 * HOUR, "actor": "admin", "at": BEFORE,
    }  # fmt: skip
    return publish_announcement(election=election, **given | changes)


def test_it_is_shown_from_its_beginning_to_its_end_to_the_second(election: Election) -> None:
    announcement = publish(election)
    moments = (BEFORE + HOUR - SECOND, BEFORE + HOUR, BEFORE + 2 * HOUR - SECOND, BEFORE + 2 * HOUR)
    shown = [active_announcements(election, at=moment) for moment in moments]
    assert shown == [[], [announcement], [announcement], []]


def test_another_election_shows_nothing(election: Election) -> None:
    publish(election)
    assert active_announcements(make_election(slug="autre"), at=BEFORE + HOUR) == []


def test_pages_of_the_same_moment_share_one_reading(election: Election, django_assert_max_num_queries) -> None:
    publish(election)
    with django_assert_max_num_queries(1):
        for _time in range(5):
            active_announcements(election, at=BEFORE + HOUR)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text_fr": ""}, "text_fr"), ({"text_en": "  "}, "text_en"), ({"text_fr": "a\u202eb"}, "text_fr"),
        ({"text_en": "a\u200bb"}, "text_en"), ({"text_fr": "a" * 301}, "text_fr"), ({"text_fr": "a\nb"}, "text_fr"),
        ({"level": "danger"}, "level"), ({"ends_at": BEFORE + HOUR}, "ends_at"),
        ({"starts_at": BEFORE - 2 * HOUR, "ends_at": BEFORE}, "ends_at"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_field_and_nothing_is_kept(election: Election, changes: dict, field: str) -> None:
    with pytest.raises(AnnouncementRefused) as refusal:
        publish(election, **changes)
    assert list(refusal.value.faults) == [field]
    assert not Announcement.objects.exists()
    assert not JournalEntry.objects.exists()


def test_300_characters_are_not_too_many(election: Election) -> None:
    assert len(publish(election, text_fr="é" * 300).text_fr) == 300


def test_ending_it_takes_it_off_the_pages_at_once(election: Election) -> None:
    announcement = publish(election)
    at = BEFORE + HOUR + SECOND
    assert active_announcements(election, at=at)
    end_announcement(announcement=announcement, actor="admin", at=at)
    assert active_announcements(election, at=at) == []
    with pytest.raises(AnnouncementEnded):
        end_announcement(announcement=announcement, actor="admin", at=at + SECOND)


def test_what_was_shown_is_never_deleted_and_what_was_not_is_not_ended(election: Election) -> None:
    announcement = publish(election)
    with pytest.raises(AnnouncementStarted):
        delete_announcement(announcement=announcement, actor="admin", at=BEFORE + HOUR)
    with pytest.raises(AnnouncementEnded):
        end_announcement(announcement=announcement, actor="admin", at=BEFORE)
    delete_announcement(announcement=announcement, actor="admin", at=BEFORE)
    assert not Announcement.objects.exists()


def test_each_act_is_in_the_journal_without_its_words(election: Election) -> None:
    end_announcement(announcement=publish(election), actor="admin", at=BEFORE + HOUR + SECOND)
    lines = list(JournalEntry.objects.order_by("sequence"))
    assert [line.kind for line in lines] == ["announcement.published", "announcement.ended"]
    assert "soir" not in str([line.facts for line in lines])
