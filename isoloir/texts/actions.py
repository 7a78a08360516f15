"""Acts on the texts of the portal: change one, take an earlier version up again, go back to the text of the portal.

Each concerns the whole election, or the voters of one académie, whose text goes back to the election's.

They stay possible until the end: a page of help that can no longer be mended during the vote helps nobody. Each act is
journaled with the fingerprints of what was shown before and after.
"""

from datetime import datetime

from django.db import transaction

from isoloir.common.characters import with_plain_breaks
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind as Act

from .errors import TextChangedMeanwhile, TextRefused, VersionUnknown
from .markdown import text_faults
from .models import Kind, TextVersion
from .reading import ShownText, as_shown, default_text, read_text


@transaction.atomic
def change_text(
    *, election: Election, kind: Kind, text_fr: str, text_en: str, based_on: int, actor: str, at: datetime,
    academy: str = "",
) -> ShownText:  # fmt: skip
    """Replace the text, both languages or none. `based_on` is the number of the version that the editor was reading.

    A text that is what it was already leaves no version and no line. Raises TextChangedMeanwhile, TextRefused.
    """
    current = _hold(election, kind, academy, based_on)
    typed = {"fr": with_plain_breaks(text_fr), "en": with_plain_breaks(text_en)}
    # As it was typed, so that a fault is told with the line that the editor sees.
    faults = {language: text_faults(text, kind=kind) for language, text in typed.items()}
    if any(faults.values()):
        raise TextRefused({language: sentences for language, sentences in faults.items() if sentences})
    fr, en = (f"{text.strip()}\n" for text in typed.values())
    # An académie that types the election's words keeps following the election.
    if (fr, en) == (current.fr, current.en):
        return current
    return _append(current, election, fr=fr, en=en, is_default=False, actor=actor, at=at)


@transaction.atomic
def restore_default(
    *, election: Election, kind: Kind, based_on: int, actor: str, at: datetime, academy: str = ""
) -> ShownText:
    """Go back to the text shipped with the portal, or an académie to its election's. Raises TextChangedMeanwhile."""
    current = _hold(election, kind, academy, based_on)
    if current.is_default:
        return current
    default = read_text(election, kind) if academy else default_text(kind)
    return _append(current, election, fr=default.fr, en=default.en, is_default=True, actor=actor, at=at)


@transaction.atomic
def restore_version(
    *, election: Election, kind: Kind, number: int, based_on: int, actor: str, at: datetime, academy: str = ""
) -> ShownText:
    """Show again the words of an earlier version. Raises VersionUnknown, TextChangedMeanwhile, TextRefused."""
    version = TextVersion.objects.filter(election=election, kind=kind, academy=academy, number=number).first()
    if version is None:
        raise VersionUnknown
    return change_text(
        election=election, kind=kind, text_fr=version.text_fr, text_en=version.text_en, based_on=based_on,
        actor=actor, at=at, academy=academy,
    )  # fmt: skip


def _hold(election: Election, kind: Kind, academy: str, based_on: int) -> ShownText:
    """Keep every other editor of this election waiting, and return what is shown now. Raises TextChangedMeanwhile."""
    Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    current = read_text(election, kind, academy)
    if current.number != based_on:
        raise TextChangedMeanwhile(current)
    return current


def _append(
    current: ShownText, election: Election, *, fr: str, en: str, is_default: bool, actor: str, at: datetime
) -> ShownText:
    version = TextVersion.objects.create(
        election=election, kind=current.kind, number=current.number + 1, text_fr=fr, text_en=en,
        is_default=is_default, changed_at=at, actor=actor, academy=current.academy,
    )  # fmt: skip
    after = as_shown(version)
    named = {"academy": current.academy} if current.academy else {}
    facts: dict[str, object] = {
        "kind": current.kind.value, "version": version.number, "origin": is_default,
        "before": current.digests(), "after": after.digests(),
        **named,
    }  # fmt: skip
    record(Act.TEXT_CHANGED, actor=actor, at=at, subject=election.slug, facts=facts)
    return after
