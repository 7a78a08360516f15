"""The register of keys of each contest, line after line, each signed by the portal and by the registrar.

Crash order (docs/mechanisms/reissue.md): 1. the next line, without signatures, is committed as the draft; 2. both sign
it, outside any transaction; 3. the line is published and the draft is gone, in one transaction. The registrar never signs
two lines at one height: whoever takes over asks for the signature of the very same draft.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Substr
from django.utils.translation import gettext as _
from isoloir_protocol.register import (
    MOST_ENTRIES,
    closing_line,
    line_hash,
    line_message,
    opening_line,
    reissues_line,
    sealing_line,
    signed_text,
    unsigned_text,
)

from isoloir.board.models import RegisterLine, RegisterProgress
from isoloir.board.records import credentials_record, election_record
from isoloir.credentials.models import PendingKey, SlotKey
from isoloir.credentials.registrar_client import RegistrarAway, RegistrarRefused, portal_signing_key, registrar
from isoloir.credentials.signedkeys import ordered_proof, unsigned_keys
from isoloir.elections.models import Contest
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import RegisterRefused

logger = logging.getLogger("isoloir.pollingstation")
_FROZEN = (Contest.State.CLOSED, Contest.State.COUNTING, Contest.State.COUNTED, Contest.State.PUBLISHED)
_WAITING = Q(line=None, generation__gt=0)
# SQLite binds 32,766 values in one statement.
_KEYS_AT_ONCE = 10_000
# An opening of a million places is 100 MB: the keys that it names are before them, in so many characters.
OPENING_START = 400
_NAMED_KEY = re.compile(r'"(portal|registrar)":"([0-9a-f]{64})"')


# ---- Acts ----


def open_register(*, contest: Contest, at: datetime) -> None:
    """Publish the Opening, if it is not: the keys that were issued. From then on neither roll nor keys are imported.

    The registrar signs it only if these are the keys of its own issue. Raises RegistrarAway, RegisterRefused.
    """
    _extend(contest, at, opens=True)


def extend_register(*, contest: Contest, at: datetime) -> int:
    """Publish every line that is due; return how many. Raises RegistrarAway, RegisterRefused."""
    return _extend(contest, at, opens=False)


def publish_batches(*, at: datetime) -> int:
    """Extend the registers that have something due: a sealing to write, a batch of new keys; return how many lines.

    A register that is refused holds back no other. Raises RegistrarAway.
    """
    due = Contest.objects.exclude(state__in=_FROZEN).filter(
        Q(pk__in=_contests_with_batch(at)) | ~Q(register_progress__draft="") & Q(register_progress__isnull=False)
        | ~Q(state=Contest.State.PREPARED) & _not_yet("is_sealed")
    )  # fmt: skip
    return _extend_all(due, at)


def close_registers(*, at: datetime) -> int:
    """Finish the registers of closed contests: the last batch, then the Closing; return how many lines. Raises RegistrarAway.

    The count does not wait for it: what the archive counts is the live keys, and the Closing is about the same.
    """
    return _extend_all(Contest.objects.filter(_not_yet("is_closed"), state__in=_FROZEN), at)


def is_register_closed(contest: Contest) -> bool:
    """Tell whether the Closing is published, so that the register is complete."""
    return RegisterProgress.objects.filter(contest=contest, is_closed=True).exists()


def register_chunks(contest: Contest) -> Iterator[bytes]:
    """Yield the bytes of the register (`<uuid>.register`) as published so far, line by line."""
    lines = RegisterLine.objects.filter(contest=contest).order_by("height").values_list("text", flat=True)
    for text in lines.iterator(chunk_size=20):
        yield text.encode() + b"\n"


def keys_named(opening: str) -> dict[str, str]:
    """Return the public keys (hex) in the first OPENING_START characters of an Opening: `portal`, and `registrar` if any."""
    return dict(_NAMED_KEY.findall(opening.partition('"slots"')[0]))


def opening_keys(contest: Contest) -> dict[str, str]:
    """Return the public keys that the contest's register names, as `keys_named`; none before its Opening."""
    openings = RegisterLine.objects.filter(contest=contest, height=0)
    return keys_named(openings.values_list(Substr("text", 1, OPENING_START), flat=True).first() or "")


# ---- Which lines are due ----


def _not_yet(step: str) -> Q:
    return Q(register_progress=None) | Q(**{f"register_progress__{step}": False})


def _contests_with_batch(at: datetime) -> list[int]:
    """Return the contests with waiting keys of enough places, or that have waited long enough, in one query."""
    waiting = SlotKey.objects.filter(_WAITING).values_list("contest").annotate(number=Count("slot", distinct=True))
    rows = waiting.values_list("contest", "number", "contest__register_progress__extended_at")
    return [contest for contest, number, extended_at in rows if _is_due(number, extended_at, at)]


def _is_due(number: int, extended_at: datetime | None, at: datetime) -> bool:
    """Tell whether keys of this number of places leave: few would tell who is behind them (docs/mechanisms/reissue.md)."""
    rested = extended_at is None or at - extended_at >= timedelta(hours=settings.REGISTER_HOURS)
    return number >= settings.REGISTER_BATCH or (rested and number >= settings.REGISTER_LEAST)


def _extend_all(contests: QuerySet[Contest], at: datetime) -> int:
    lines = 0
    for contest in contests.order_by("pk"):
        try:
            lines += _extend(contest, at, opens=False)
        except RegisterRefused as refused:
            logger.error("the register of %s does not go on: %s", contest.code, refused.detail)  # noqa: TRY400
    return lines


def _extend(contest: Contest, at: datetime, *, opens: bool) -> int:
    lines = 0
    while draft := _draft(contest, at, opens=opens):
        _publish(contest, draft, _signed(contest, draft), at)
        lines += 1
    return lines


@transaction.atomic
def _draft(contest: Contest, at: datetime, *, opens: bool) -> str:
    """Return the text of the line to sign, committed before anybody is asked; empty when no line is due."""
    locked = Contest.objects.select_for_update(of=("self",)).select_related("election").get(pk=contest.pk)
    progress, _made = RegisterProgress.objects.get_or_create(contest=locked)
    if progress.draft:
        return progress.draft
    last = RegisterLine.objects.filter(contest=locked).order_by("-height").first()
    line = _next_line(locked, progress, last, at) if last else _first_line(locked, opens=opens)
    if line is None:
        return ""
    if last is None and not locked.has_register:
        locked.has_register = True
        locked.save(update_fields=("has_register",))
    progress.draft = unsigned_text(line)
    progress.save(update_fields=("draft",))
    return progress.draft


def _first_line(contest: Contest, *, opens: bool) -> dict[str, Any] | None:
    if not (opens or contest.is_sealed or contest.has_register):
        return None
    rows = SlotKey.objects.filter(contest=contest, generation=0).values_list("slot__name", "public_key")
    # An election without re-issue has no registrar: nobody may ever add a key to such a register.
    service = registrar() if contest.election.reissue_policies else None
    if contest.election.reissue_policies and service is None:
        raise RegistrarAway("not configured")
    return opening_line(
        uuid=contest.uuid, limit=contest.election.reissue_limit if service else 0,
        portal=portal_signing_key().verify_key.encode().hex(), registrar=service.key if service else None,
        slots=rows.iterator(chunk_size=10_000),
    )  # fmt: skip


def _next_line(contest: Contest, progress: RegisterProgress, last: RegisterLine, at: datetime) -> dict[str, Any] | None:
    place: dict[str, Any] = {"parent": line_hash(last.text), "height": last.height + 1}
    if contest.is_sealed and not progress.is_sealed:
        voters = SlotKey.objects.filter(contest=contest, generation=0).count()
        return sealing_line(**place, fingerprint=election_record(contest).fingerprint, voters=voters)
    waiting = SlotKey.objects.filter(_WAITING, contest=contest)
    number = waiting.values("slot").distinct().count()
    if number and (contest.state in _FROZEN or _is_due(number, progress.extended_at, at)):
        # Looked at only now, for it costs half a millisecond a key.
        waiting, number = _signed_only(contest, waiting, number)
    if number and (contest.state in _FROZEN or _is_due(number, progress.extended_at, at)):
        # The order of the slots' names, which were drawn at random, says nothing of the order of the re-issues.
        rows = waiting.select_related("slot").order_by("slot__name", "generation")[:MOST_ENTRIES]
        return reissues_line(**place, entries=[_entry(key) for key in rows])
    if contest.state in _FROZEN and not progress.is_closed:
        reissued = SlotKey.objects.filter(contest=contest, generation__gt=0, line__isnull=False).count()
        return closing_line(**place, credentials=credentials_record(contest).encode(), reissues=reissued)
    return None


def _signed_only(contest: Contest, waiting: QuerySet[SlotKey], places: int) -> tuple[QuerySet[SlotKey], int]:
    """Hold back keys that somebody wrote into the database: one of them would have the whole line refused.

    Return the other keys and of how many places they are, `places` when none is held back.
    """
    held = unsigned_keys(contest, waiting)
    if not held:
        return waiting, places
    logger.error("the register of %s holds back %d key(s) that are not signed", contest.code, len(held))
    signed = waiting.exclude(pk__in=held)
    return signed, signed.values("slot").distinct().count()


def _entry(key: SlotKey) -> dict[str, Any]:
    return {
        "slot": key.slot.name, "generation": key.generation, "key": key.public_key,
        "possession": ordered_proof(key.possession), "portal": key.portal_signature,
        "registrar": key.registrar_signature,
    }  # fmt: skip


# ---- Signing and publishing ----


def _signed(contest: Contest, draft: str) -> str:
    """Return the published text of the line, signed by the portal and by the registrar that the Opening names.

    Raises RegistrarAway, RegisterRefused.
    """
    message = line_message(uuid=contest.uuid, unsigned=draft).encode()
    portal = portal_signing_key().sign(message).signature.hex()
    line = json.loads(draft)
    if not _names_registrar(contest, line):
        if line["type"] == "Reissues":
            raise RegisterRefused("reissue-without-registrar")
        return signed_text(line, portal=portal, registrar=None)
    service = registrar()
    if service is None:
        raise RegistrarAway("not configured")
    try:
        signature = service.sign_line(contest=contest.uuid, unsigned=draft)
    except RegistrarRefused as refused:
        _drop(contest, draft)
        raise RegisterRefused(str(refused)) from None
    return signed_text(line, portal=portal, registrar=signature)


def _names_registrar(contest: Contest, line: Mapping[str, Any]) -> bool:
    if line["type"] == "Opening":
        return "registrar" in line
    return "registrar" in opening_keys(contest)


@transaction.atomic
def _drop(contest: Contest, draft: str) -> None:
    """Forget a line that the registrar refuses: it has not signed it. Other keys may be imported if it was the Opening."""
    locked = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    RegisterProgress.objects.filter(contest=locked, draft=draft).update(draft="")
    is_begun = RegisterLine.objects.filter(contest=locked).exists()
    is_used = SlotKey.objects.filter(contest=locked, generation__gt=0).exists()
    is_used = is_used or PendingKey.objects.filter(entry__contest=locked).exists()
    if not is_begun and not is_used:
        Contest.objects.filter(pk=locked.pk).update(has_register=False)


@transaction.atomic
def _publish(contest: Contest, draft: str, text: str, at: datetime) -> None:
    """Publish the signed line and note which keys it published. Whoever comes second finds the draft gone."""
    locked = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    progress = RegisterProgress.objects.get(contest=locked)
    if progress.draft != draft:
        return
    line = json.loads(draft)
    kind, height = line["type"], line["height"]
    RegisterLine.objects.create(contest=locked, height=height, type=kind, text=text)
    keys = [entry["key"] for entry in line.get("entries", ())]
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        published = SlotKey.objects.filter(contest=locked, public_key__in=keys[start : start + _KEYS_AT_ONCE])
        published.update(line=height)
    progress.draft, progress.extended_at = "", at
    progress.is_sealed = progress.is_sealed or kind == "Sealing"
    progress.is_closed = progress.is_closed or kind == "Closing"
    progress.save()
    record(
        Kind.REGISTER_EXTENDED, actor="horloge", at=at, subject=locked.code,
        facts={"type": kind, "height": height, "entries": len(keys), "sha256": line_hash(text)},
    )  # fmt: skip


def register_faults(contests: list[Contest], *, at: datetime) -> list[str]:
    """Open the registers of the contests of an election with re-issue; return, in sentences, what forbids sealing.

    The registrar must be there, and know the very keys that are about to be sealed.
    """
    for contest in contests:
        if not contest.election.reissue_policies:
            continue
        try:
            open_register(contest=contest, at=at)
        except RegistrarAway:
            return [_("le service d’enregistrement des clés ne répond pas")]
        except RegisterRefused:
            sentence = _("le service d’enregistrement ne reconnaît pas les clés publiques de ce scrutin")
            return [f"{contest.code} : {sentence}"]
    return []
