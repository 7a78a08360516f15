"""Replacing a voter's keys: the old ones are dead and the new ones live in one transaction, or nothing has changed.

Crash order (docs/mechanisms/reissue.md): 1. the new keys are noted as pending, and no key of those places casts a ballot
any more; 2. the registrar signs, outside any transaction; 3. the new keys live, the pending ones are gone, the link is
used, the voter is told. Whoever stops between two steps leaves a re-issue in doubt, which `settle_pending` ends: the
registrar says whether it signed, and if it did not it never will. Each time keys are noted is an attempt, drawn at random:
what the registrar is asked to cancel is that attempt, so that keys read before it and sent after it are refused.
"""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from isoloir.common.locks import hold_row
from isoloir.credentials.errors import CodeNotIssued, CredentialRefused, KeyNotSigned, ReissueRefused
from isoloir.credentials.links import Place, has_link_key, places_of
from isoloir.credentials.models import PendingKey, Reissue, SlotKey
from isoloir.credentials.registrar_client import (
    Registrar,
    RegistrarAway,
    RegistrarRefused,
    SignedEntry,
    registrar,
)
from isoloir.credentials.signedkeys import Step, require_signed
from isoloir.elections.models import Contest
from isoloir.identity.models import OneTimeLink
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_emails
from isoloir.roll.models import RollEntry, Voter

from .confirmation import code_replaced
from .pending import Pending, PendingUnreadable, new_row, opened_keys, sealed_key

logger = logging.getLogger("isoloir.credentials")
# What is in doubt for so long has lost its browser's request: the worker asks the registrar how it ended.
_LEFT_AFTER = timedelta(seconds=30)
_KEY_MEMBERS = ("contest", "key", "possession")
_CHANGEABLE = (Contest.State.PREPARED, Contest.State.SEALED, Contest.State.SUSPENDED)


class OtherKeysPending(Exception):
    """Other keys of this voter wait for their signatures: nobody knows yet whether they live."""


# ---- What a voter may change ----


def reissue_contests(voter: Voter, at: datetime) -> list[dict[str, Any]]:
    """Return, for each contest of the voter, what the browser needs to make a new key, or why its key stays.

    `slot`, `generation` (of the new key) and `previous` (the live key, 64 hex) are what the proof of possession signs.
    `reason`, where `change` is false: voted (R211-566), closed, or not_issued (no code was issued yet).
    """
    entries = list(voter.entries.select_related("contest", "turnout").order_by("contest__code"))
    is_over = at >= voter.election.voting_closes_at
    reasons = {entry.pk: _reason_to_stay(entry) or ("closed" if is_over else "") for entry in entries}
    places = places_of([entry for entry in entries if not reasons[entry.pk]])
    return [_contest_facts(entry, places.get(entry.pk), reasons[entry.pk]) for entry in entries]


def _reason_to_stay(entry: RollEntry) -> str:
    if entry.voted_at is not None:
        return "voted"
    if entry.contest.state not in _CHANGEABLE:
        return "closed"
    return "" if has_link_key(entry.contest) else "not_issued"


def _contest_facts(entry: RollEntry, place: Place | None, reason: str) -> dict[str, Any]:
    contest = entry.contest
    return {
        "uuid": contest.uuid, "code": contest.code, "name": contest.name, "change": place is not None, "reason": reason,
        "slot": place.name if place else "", "generation": place.generation + 1 if place else 0,
        "previous": place.live_key if place else "",
    }  # fmt: skip


# ---- The whole of it ----


def change_keys(*, voter: Voter, reissue_pk: int, keys: Sequence[Mapping[str, Any]], at: datetime) -> Reissue:
    """Replace the keys of every contest that the voter has not voted in by `keys` (contest, key, possession), at once.

    The same keys sent again, after an answer that was lost, give the same end. Raises ReissueRefused: not_open,
    limit_reached, link_expired, keys_refused, nothing_to_change, registrar_away.
    """
    reissue = Reissue.objects.filter(pk=reissue_pk, voter=voter).first()
    if reissue is None:
        raise ReissueRefused("link_expired")
    try:
        begin_change(reissue=reissue, keys=keys, at=at)
    except OtherKeysPending:
        # The page was left, and opened again: first learn how the keys that it had sent ended.
        _settle_others(voter, at=at)
        _begin_again(reissue, keys, at)
    state = settle_change(reissue=reissue, at=at)
    # Another page may have begun again with other keys in between: what is confirmed is that these ones live.
    sent = _read_keys(keys)
    uuids, public_keys = set(sent), {item["key"] for item in sent.values()}
    live = SlotKey.objects.filter(contest__uuid__in=uuids, public_key__in=public_keys, generation__gt=0).count()
    if state != Reissue.State.LIVE or live != len(sent):
        raise ReissueRefused("registrar_away" if state == Reissue.State.CHANGING else "keys_refused")
    reissue.refresh_from_db()
    return reissue


def _begin_again(reissue: Reissue, keys: Sequence[Mapping[str, Any]], at: datetime) -> None:
    try:
        begin_change(reissue=reissue, keys=keys, at=at)
    except OtherKeysPending:
        raise ReissueRefused("keys_refused") from None


def _settle_others(voter: Voter, *, at: datetime) -> None:
    for reissue in Reissue.objects.filter(voter=voter, state=Reissue.State.CHANGING):
        try:
            _learn_end(reissue, at=at)
        except (RegistrarAway, RegistrarRefused, KeyNotSigned):
            raise ReissueRefused("registrar_away") from None


# ---- First step: pending ----


@transaction.atomic(durable=True)
def begin_change(*, reissue: Reissue, keys: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Note the new keys as pending: from now on the voter's old code casts no ballot in these contests.

    Keys that are pending already, or live by this very re-issue, change nothing. Raises ReissueRefused, OtherKeysPending.
    """
    locked = _lock(reissue)
    given = _read_keys(keys)
    if locked.state == Reissue.State.LIVE:
        _require_same_live(locked, given)
        return
    if locked.voter.reissues.filter(state=Reissue.State.CHANGING).exists():
        _require_same_pending(locked, given)
        return
    _require_right_to_change(locked, at)
    entries = _lock_entries(locked.voter)
    chosen = {entry.contest.uuid: entry for entry in entries if not _reason_to_stay(entry)}
    if not chosen:
        raise ReissueRefused("nothing_to_change")
    if set(given) != set(chosen):
        raise ReissueRefused("keys_refused")
    places = _places(list(chosen.values()))
    attempt = secrets.token_hex(16)
    PendingKey.objects.bulk_create([
        PendingKey(entry=entry, reissue=locked, since=at, sealed=sealed_key(entry, places[entry.pk], given[uuid], attempt))
        for uuid, entry in chosen.items()
    ])  # fmt: skip
    locked.state = Reissue.State.CHANGING
    locked.save(update_fields=("state",))


def _lock(reissue: Reissue) -> Reissue:
    """Lock the voter, then the re-issue: two re-issues of one voter are handled one after the other."""
    voter = Voter.objects.select_for_update(of=("self",), no_key=True).select_related("election")
    locked_voter = voter.get(pk=reissue.voter_id)
    locked = Reissue.objects.select_for_update(of=("self",)).get(pk=reissue.pk)
    locked.voter = locked_voter
    return locked


def _read_keys(keys: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the keys by contest. Raises ReissueRefused for anything malformed, or two keys for one contest."""
    found: dict[str, Mapping[str, Any]] = {}
    for item in keys:
        if not isinstance(item, Mapping) or not all(name in item for name in _KEY_MEMBERS):
            raise ReissueRefused("keys_refused")
        if not isinstance(item["contest"], str) or not isinstance(item["key"], str) or item["contest"] in found:
            raise ReissueRefused("keys_refused")
        found[item["contest"]] = item
    return found


def _require_right_to_change(reissue: Reissue, at: datetime) -> None:
    election = reissue.voter.election
    if not election.is_reissue_open(at=at):
        raise ReissueRefused("not_open")
    if registrar() is None:
        raise ReissueRefused("registrar_away")
    link = reissue.link
    is_live = link is not None and link.used_at is None and at < link.expires_at
    if reissue.state != Reissue.State.LINKED or not is_live:
        raise ReissueRefused("link_expired")
    if reissue.voter.reissues.filter(state=Reissue.State.LIVE).count() >= election.reissue_limit:
        raise ReissueRefused("limit_reached")


def _require_same_live(reissue: Reissue, given: Mapping[str, Mapping[str, Any]]) -> None:
    """Accept the keys that live by this re-issue, sent again. Raises ReissueRefused for any other: the link has served."""
    entries = {entry.contest.uuid: entry for entry in _unclosed(reissue.voter)}
    sent = {uuid: item["key"] for uuid, item in given.items()}
    if not sent or not set(sent) <= set(entries):
        raise ReissueRefused("link_expired")
    places = _places([entries[uuid] for uuid in sent])
    if any(places[entries[uuid].pk].live_key != key for uuid, key in sent.items()):
        raise ReissueRefused("link_expired")


def _unclosed(voter: Voter) -> list[RollEntry]:
    rows = voter.entries.filter(contest__state__in=_CHANGEABLE).select_related("contest")
    return [entry for entry in rows if has_link_key(entry.contest)]


def _require_same_pending(reissue: Reissue, given: Mapping[str, Mapping[str, Any]]) -> None:
    try:
        pending = {each.entry["contest"]: each.entry["key"] for each in opened_keys(reissue)}
    except PendingUnreadable:
        raise OtherKeysPending from None
    if pending != {uuid: item["key"] for uuid, item in given.items()}:
        raise OtherKeysPending


def _lock_entries(voter: Voter) -> list[RollEntry]:
    """Lock the voter's roll entries, as casting locks them, and hold their contests: closing waits for us.

    The first re-issue of a contest notes that neither its roll nor its keys are imported any more.
    """
    rows = RollEntry.objects.select_for_update(of=("self",)).filter(voter=voter).order_by("pk")
    entries = {entry.pk: entry for entry in rows.select_related("contest")}
    contests = sorted({entry.contest for entry in entries.values()}, key=lambda contest: contest.pk)
    unmarked = [contest.pk for contest in contests if not contest.has_register]
    if unmarked:
        list(Contest.objects.select_for_update(of=("self",)).filter(pk__in=unmarked).order_by("pk"))
        Contest.objects.filter(pk__in=unmarked).update(has_register=True)
    for contest in contests:
        hold_row(contest)
    # Read again under the holds: a ballot cast or a contest closed meanwhile is seen now.
    return list(voter.entries.filter(pk__in=entries).select_related("contest", "turnout").order_by("pk"))


def _places(entries: list[RollEntry]) -> dict[int, Place]:
    try:
        return places_of(entries)
    except CodeNotIssued:
        raise ReissueRefused("nothing_to_change") from None


# ---- Second step: the registrar ----


def settle_change(*, reissue: Reissue, at: datetime) -> Reissue.State:
    """Have the registrar sign what is pending, then make it live; return where the re-issue is.

    Raises ReissueRefused: registrar_away when nobody knows whether it signed (the same keys may be sent again, or the
    worker ends it), keys_refused or limit_reached when it refused, and nothing has changed.
    """
    try:
        pending = opened_keys(reissue)
    except PendingUnreadable:
        # The worker gives the grant up.
        raise ReissueRefused("registrar_away") from None
    if not pending:
        return _state(reissue)
    service = _service()
    try:
        signatures = service.sign_entries(
            request=reissue.grant, attempt=pending[0].attempt, entries=[each.entry for each in pending]
        )
    except RegistrarAway:
        raise ReissueRefused("registrar_away") from None
    except RegistrarRefused as refused:
        logger.warning("the registrar refused new keys: %s", refused.code)
        _settle_refused(reissue, pending, refused.code, at=at)
        return _state(reissue)
    return _go_live(reissue, pending, signatures, at)


def _service() -> Registrar:
    service = registrar()
    if service is None:
        raise ReissueRefused("registrar_away")
    return service


def _state(reissue: Reissue) -> Reissue.State:
    return Reissue.State(Reissue.objects.values_list("state", flat=True).get(pk=reissue.pk))


def _settle_refused(reissue: Reissue, pending: list[Pending], code: str, *, at: datetime) -> None:
    """Take the pending keys away once the registrar says that it will never sign them. Raises ReissueRefused if so."""
    try:
        if opened_keys(reissue) != pending:
            # Another page has cancelled these keys, and sent its own: theirs are not ours to end.
            raise ReissueRefused("keys_refused")
        state = _end(reissue, pending, at)
    except (RegistrarAway, RegistrarRefused, PendingUnreadable, KeyNotSigned):
        raise ReissueRefused("registrar_away") from None
    if state != Reissue.State.LIVE:
        raise ReissueRefused(
            {"limit-reached": "limit_reached", "grant-expired": "link_expired"}.get(code, "keys_refused")
        )


def _learn_end(reissue: Reissue, *, at: datetime) -> Reissue.State:
    """Ask the registrar how the signing of what is pending ended, and follow it.

    Pending keys that do not open are given up with their whole grant. Raises RegistrarAway, RegistrarRefused, KeyNotSigned.
    """
    try:
        pending = opened_keys(reissue)
    except PendingUnreadable:
        logger.error("re-issue %d: a pending key does not open, its grant is given up", reissue.pk)  # noqa: TRY400
        return _end(reissue, None, at)
    return _end(reissue, pending, at) if pending else _state(reissue)


def _end(reissue: Reissue, pending: list[Pending] | None, at: datetime) -> Reissue.State:
    """Cancel the attempt of these pending keys, or every attempt if nobody knows which it is; follow what was signed."""
    service = registrar()
    if service is None:
        raise RegistrarAway("not configured")
    try:
        signed = service.cancel(request=reissue.grant, attempt=pending[0].attempt if pending else None)
    except RegistrarRefused as refused:
        if refused.code != "grant-unknown":
            raise
        # It never heard of this request, hence signed nothing for it.
        signed = None
    if signed is None:
        return _undo(reissue, pending, at)
    return _adopt(reissue, signed, at)


def settle_pending(*, at: datetime) -> int:
    """End the re-issues that were left in doubt, by what the registrar says; return how many. Raises RegistrarAway."""
    left = Reissue.objects.filter(state=Reissue.State.CHANGING, pending_keys__since__lte=at - _LEFT_AFTER)
    settled = 0
    for reissue in left.distinct().order_by("asked_at")[:100]:
        try:
            _learn_end(reissue, at=at)
        except RegistrarRefused as refused:
            logger.error("re-issue %d stays in doubt, the registrar answers %s", reissue.pk, refused.code)  # noqa: TRY400
        except CredentialRefused as refused:
            # One that cannot be ended holds back no other; its keys are in no log.
            logger.error("re-issue %d stays in doubt: %s", reissue.pk, type(refused).__name__)  # noqa: TRY400
        else:
            settled += 1
    return settled


# ---- Third step: live, or undone ----


@transaction.atomic(durable=True)
def _go_live(reissue: Reissue, pending: list[Pending], signatures: list[str], at: datetime) -> Reissue.State:
    """Make the pending keys live. Whoever comes second finds it done."""
    locked = _lock(reissue)
    entries = _locked_pending(locked, pending)
    if entries is None:
        return Reissue.State(locked.state)
    rows = [
        new_row(each.entry, slot=each.slot, contest=entries[each.roll_entry].contest_id, signature=signature)
        for each, signature in zip(pending, signatures, strict=True)
    ]
    return _make_live(locked, rows, [entry.contest for entry in entries.values()], at)


@transaction.atomic(durable=True)
def _adopt(reissue: Reissue, signed: list[SignedEntry], at: datetime) -> Reissue.State:
    """Make live what the registrar signed under this grant, even if it is not what is pending here: there is one truth.

    A grant signs once, so that whatever else waits under it never will be signed. Raises KeyNotSigned when what was signed
    does not follow the keys that are here.
    """
    locked = _lock(reissue)
    if locked.state != Reissue.State.CHANGING:
        return Reissue.State(locked.state)
    entries = {entry.contest.uuid: entry for entry in _lock_entries(locked.voter)}
    if any(each["contest"] not in entries or _reason_to_stay(entries[each["contest"]]) for each in signed):
        raise KeyNotSigned(locked.grant)
    places = _places([entries[each["contest"]] for each in signed])
    rows = [_adopted_row(entries[each["contest"]], places[entries[each["contest"]].pk], each) for each in signed]
    return _make_live(locked, rows, [entries[each["contest"]].contest for each in signed], at)


def _adopted_row(entry: RollEntry, place: Place, signed: SignedEntry) -> SlotKey:
    step = Step(
        0, signed["generation"], signed["key"], dict(signed["possession"]), signed["portal"], signed["registrar"]
    )
    require_signed(uuid=entry.contest.uuid, slot=place.name, steps=(*place.steps, step))
    return new_row(signed, slot=place.slot, contest=entry.contest_id, signature=signed["registrar"])


def _make_live(locked: Reissue, rows: list[SlotKey], contests: list[Contest], at: datetime) -> Reissue.State:
    """Write the new keys, use the link, tell the voter: all locks are held."""
    SlotKey.objects.bulk_create(rows)
    PendingKey.objects.filter(reissue=locked).delete()
    locked.state, locked.live_at = Reissue.State.LIVE, at
    locked.save(update_fields=("state", "live_at"))
    _use_link(locked, at)
    voter = locked.voter
    names = sorted(contest.name for contest in contests)
    queue_emails(kind="code-replaced", messages=code_replaced(voter, contests=names, at=at), at=at)
    # Neither who nor how many times nor in which contests: the register tells how often each slot was issued again.
    record(
        Kind.CODE_REISSUED, actor="électeur", at=at, subject=f"codes {voter.election.slug}",
        facts={"policy": locked.policy},
    )  # fmt: skip
    return Reissue.State.LIVE


def _locked_pending(reissue: Reissue, pending: list[Pending]) -> dict[int, RollEntry] | None:
    """Lock the roll entries of what is pending, in the order of casting; None when somebody ended it before us."""
    if reissue.state != Reissue.State.CHANGING:
        return None
    keys = [each.roll_entry for each in pending]
    rows = RollEntry.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    entries = {entry.pk: entry for entry in rows.select_related("contest")}
    if opened_keys(reissue) != pending:
        # Undone meanwhile, and begun again with other keys: what we were told is not about those.
        return None
    for entry in entries.values():
        hold_row(entry.contest)
    return entries


def _use_link(reissue: Reissue, at: datetime) -> None:
    """Use the link up, with the voter's other links to a new code: they were asked for before this one served."""
    unused = OneTimeLink.objects.filter(voter=reissue.voter_id, purpose=OneTimeLink.Purpose.REISSUE, used_at=None)
    unused.filter(reissue=reissue).update(used_at=at, outcome=OneTimeLink.Outcome.CODE_REISSUED)
    unused.update(used_at=at, outcome=OneTimeLink.Outcome.SUPERSEDED)
    waiting = Reissue.objects.filter(voter=reissue.voter_id, state=Reissue.State.LINKED)
    waiting.update(state=Reissue.State.ABANDONED)


@transaction.atomic(durable=True)
def _undo(reissue: Reissue, pending: list[Pending] | None, at: datetime) -> Reissue.State:
    """Forget the pending keys: the old code lives, and the voter may start again as long as the link does.

    Without `pending`, the grant signs nothing any more: the voter may only ask for another.
    """
    locked = _lock(reissue)
    if pending is None:
        if locked.state != Reissue.State.CHANGING:
            return Reissue.State(locked.state)
        _lock_entries(locked.voter)
    elif _locked_pending(locked, pending) is None:
        return Reissue.State(locked.state)
    PendingKey.objects.filter(reissue=locked).delete()
    locked.state = Reissue.State.LINKED if pending else Reissue.State.ABANDONED
    locked.save(update_fields=("state",))
    record(
        Kind.REISSUE_ABANDONED, actor="horloge", at=at, subject=locked.voter.reference, facts={"policy": locked.policy}
    )
    return Reissue.State(locked.state)
