"""Canned answers: what agents answer often, in both languages, and the acts of their editors."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.characters import plain_text_faults
from isoloir.elections.models import Election
from isoloir.identity.models import Account
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import TitleTaken, WordsRefused
from .models import CannedAnswer
from .permissions import require_canned_editor
from .words import plain, text_faults

_LONGEST_TITLE = 100


@transaction.atomic
def write_canned(
    *, election: Election, agent: Account, title: str, text_fr: str, text_en: str, at: datetime,
    canned: CannedAnswer | None = None,
) -> CannedAnswer:  # fmt: skip
    """Add an answer, or change `canned`. Raises OutOfDesk, WordsRefused (`title`, `text_fr`, `text_en`), TitleTaken."""
    Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    require_canned_editor(agent, election=election)
    title, text_fr, text_en = " ".join(plain(title).split()), plain(text_fr), plain(text_en)
    _refuse_faults(title, text_fr, text_en)
    others = CannedAnswer.objects.filter(election=election, title=title)
    if canned is not None:
        others = others.exclude(pk=canned.pk)
    if others.exists():
        raise TitleTaken
    change = "changed" if canned else "added"
    canned = canned or CannedAnswer(election=election)
    canned.title, canned.text_fr, canned.text_en = title, text_fr, text_en
    canned.save()
    _journal(canned, change, agent=agent, at=at)
    return canned


@transaction.atomic
def delete_canned(*, canned: CannedAnswer, agent: Account, at: datetime) -> None:
    """Offer an answer no longer; those that were given with it stay as they are. Raises OutOfDesk."""
    require_canned_editor(agent, election=canned.election)
    _journal(canned, "deleted", agent=agent, at=at)
    canned.delete()


def in_language(canned: CannedAnswer, language: str) -> str:
    """Return the words of an answer in the language of a ticket."""
    return canned.text_en if language == "en" else canned.text_fr


def _refuse_faults(title: str, text_fr: str, text_en: str) -> None:
    faults = {
        "title": plain_text_faults(title, _LONGEST_TITLE) if title else [_("Donnez un titre.")],
        "text_fr": text_faults(text_fr, fewest=1),
        "text_en": text_faults(text_en, fewest=1),
    }
    if any(faults.values()):
        raise WordsRefused({field: sentences for field, sentences in faults.items() if sentences})


def _journal(canned: CannedAnswer, change: str, *, agent: Account, at: datetime) -> None:
    facts: dict[str, object] = {"change": change, "canned": canned.pk}
    record(Kind.CANNED_ANSWER_CHANGED, actor=agent.email, at=at, subject=canned.election.slug, facts=facts)
