"""Announcements: sentences shown above every page for a time, plain text in both languages.

What is shown is read at most every ten seconds by a process, so that a banner costs pages nothing. A change made by the
same process is seen at once; the other processes see it ten seconds later.
"""

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.characters import plain_text_faults
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind as Act

from .errors import AnnouncementEnded, AnnouncementRefused, AnnouncementStarted
from .models import Announcement

LONGEST_ANNOUNCEMENT = 300
_KEPT_SECONDS = 10.0


class _Memory:
    """The announcements that this process read last, and the instant (monotonic seconds) until which it keeps them."""

    def __init__(self) -> None:
        self._rows: tuple[Announcement, ...] = ()
        self._until = 0.0

    def rows(self) -> tuple[Announcement, ...]:
        if time.monotonic() >= self._until:
            self.keep(tuple(Announcement.objects.order_by("starts_at", "pk")), until=time.monotonic() + _KEPT_SECONDS)
        return self._rows

    def keep(self, rows: Sequence[Announcement], *, until: float) -> None:
        self._rows, self._until = tuple(rows), until

    def forget(self) -> None:
        self._until = 0.0


memory = _Memory()


def active_announcements(election: Election, *, at: datetime) -> list[Announcement]:
    """Return what is announced at this instant, by one query every ten seconds at most: the first to begin first."""
    return [each for each in memory.rows() if each.election_id == election.pk and each.starts_at <= at < each.ends_at]


@transaction.atomic
def publish_announcement(
    *, election: Election, level: str, text_fr: str, text_en: str, starts_at: datetime, ends_at: datetime, actor: str,
    at: datetime,
) -> Announcement:  # fmt: skip
    """Announce from `starts_at` to `ends_at`. Raises AnnouncementRefused."""
    texts = {"text_fr": text_fr.strip(), "text_en": text_en.strip()}
    faults = {field: found for field, text in texts.items() if (found := _text_faults(text))}
    if level not in Announcement.Level.values:
        faults["level"] = [_("Choisissez un niveau.")]
    if starts_at >= ends_at:
        faults["ends_at"] = [_("Une annonce finit après son début.")]
    elif ends_at <= at:
        faults["ends_at"] = [_("Cette fin est déjà passée : personne ne lirait l’annonce.")]
    if faults:
        raise AnnouncementRefused(faults)
    announcement = Announcement.objects.create(
        election=election, level=level, **texts, starts_at=starts_at, ends_at=ends_at, actor=actor
    )
    facts = {
        "announcement": announcement.pk, "level": level, "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }  # fmt: skip
    record(Act.ANNOUNCEMENT_PUBLISHED, actor=actor, at=at, subject=election.slug, facts=facts)
    _forget()
    return announcement


@transaction.atomic
def end_announcement(*, announcement: Announcement, actor: str, at: datetime) -> Announcement:
    """End now what is announced now. Raises AnnouncementEnded when it is over, or has not begun."""
    held = Announcement.objects.select_for_update(of=("self",)).get(pk=announcement.pk)
    if not held.starts_at < at < held.ends_at:
        raise AnnouncementEnded
    held.ends_at = at
    held.save(update_fields=("ends_at",))
    _journal_end(held, actor=actor, at=at)
    return held


@transaction.atomic
def delete_announcement(*, announcement: Announcement, actor: str, at: datetime) -> None:
    """Take away what nobody has read yet. Raises AnnouncementStarted."""
    held = Announcement.objects.select_for_update(of=("self",)).get(pk=announcement.pk)
    if held.starts_at <= at:
        raise AnnouncementStarted
    _journal_end(held, actor=actor, at=at)
    held.delete()


def _journal_end(announcement: Announcement, *, actor: str, at: datetime) -> None:
    facts: dict[str, object] = {"announcement": announcement.pk, "begun": announcement.starts_at <= at}
    record(Act.ANNOUNCEMENT_ENDED, actor=actor, at=at, subject=announcement.election.slug, facts=facts)
    _forget()


def _text_faults(text: str) -> list[str]:
    if not text:
        return [_("Écrivez l’annonce dans cette langue aussi.")]
    if "\n" in text or "\r" in text:
        return [_("Une annonce tient en un paragraphe, sans retour à la ligne.")]
    return plain_text_faults(text, LONGEST_ANNOUNCEMENT)


def _forget() -> None:
    """Have this process read again: at once, for itself, and when the others may see the change."""
    memory.forget()
    transaction.on_commit(memory.forget)
