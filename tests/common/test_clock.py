"""Dates as people read them, in both languages."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from isoloir.common.clock import paris_text


@pytest.mark.parametrize(
    ("language", "instant", "expected"),
    [
        ("fr", datetime(2026, 12, 3, 8, 12, tzinfo=UTC), "jeudi 3 décembre 2026 à 9 h 12 (heure de Paris)"),
        ("fr", datetime(2026, 12, 1, 7, 0, tzinfo=UTC), "mardi 1er décembre 2026 à 8 h 00 (heure de Paris)"),
        ("fr", datetime(2026, 12, 11, 7, 0, tzinfo=UTC), "vendredi 11 décembre 2026 à 8 h 00 (heure de Paris)"),
        ("en", datetime(2026, 12, 1, 7, 0, tzinfo=UTC), "Tuesday 1 December 2026 at 08:00 (Paris time)"),
        ("en", datetime(2026, 7, 14, 22, 30, tzinfo=UTC), "Wednesday 15 July 2026 at 00:30 (Paris time)"),
    ],
)
def test_date_is_said_in_full_with_the_hour_of_paris(language, instant, expected):
    with translation.override(language):
        assert paris_text(instant) == expected
