"""Replacing a voter's keys: the old ones are dead and the new ones live in one transaction, or nothing has changed.

Crash order (docs/mechanisms/reissue.md): 1. the new keys are noted as pending, and no key of those places casts a ballot
any more; 2. the registrar signs, outside any transaction; 3. the new keys live, the pending ones are gone, the link is
used, the voter is told. Whoever stops between two steps leaves a re-issue in doubt, which `settle_pending` ends: the
registrar says whether it signed, and if it did not it never will.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.register import reissue_message, verify_new_key

from isoloir.common.locks import hold_row
from isoloir.credentials.errors import CodeNotIssued, ReissueRefused
from isoloir.credentials.links import Place, has_link_key, link_box, places_of
from isoloir.credentials.models import PendingKey, Reissue, SlotKey
from isoloir.credentials.registrar_client import (
    Entry,
    Registrar,
    RegistrarAway,
    RegistrarRefused,
    portal_signing_key,
    registrar,
)
from isoloir.elections.models import Contest
from isoloir.identity.models import OneTimeLink
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_emails
from isoloir.roll.models import RollEntry, Voter

from .confirmation import code_replaced

logger = logging.getLogger("isoloir.credentials")
# What is in doubt for so long has lost its browser's request: the worker asks the registrar how it ended.
_LEFT_AFTER = timedelta(seconds=30)
_KEY_MEMBERS = ("contest", "key", "possession")
_CHANGEABLE = (Contest.State.PREPARED, Contest.State.SEALED, Contest.State.SUSPENDED)


class OtherKeysPending(Exception):
    """Other keys of this voter wait for their signatures: nobody knows yet whether they live."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """One pending key as it was sealed: which entry of the roll and which slot it is for, and what both sign."""

    roll_entry: int
    slot: int
    entry: Entry

    def new_row(self, *, contest: int, signature: str) -> SlotKey:
        return SlotKey(
            slot_id=self.slot, contest_id=contest, generation=self.entry["generation"], public_key=self.entry["key"],
            possession=self.entry["possession"], portal_signature=self.entry["portal"], registrar_signature=signature,
        )  # fmt: skip


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
        except (RegistrarAway, RegistrarRefused):
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
    rows = [_pending_row(locked, entry, places[entry.pk], given[uuid], at) for uuid, entry in chosen.items()]
    PendingKey.objects.bulk_create(rows)
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
    pending = {each.entry["contest"]: each.entry["key"] for each in _opened(reissue)}
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


def _pending_row(
    reissue: Reissue, roll_entry: RollEntry, place: Place, given: Mapping[str, Any], at: datetime
) -> PendingKey:
    """Check the new key and its proof, sign for the portal, and seal what is pending. Raises ReissueRefused."""
    contest = roll_entry.contest
    try:
        key = Element.parse_key(given["key"])
        message = reissue_message(
            uuid=contest.uuid, slot=place.name, generation=place.generation + 1,
            previous=Element.parse(place.live_key), key=key,
        )  # fmt: skip
        verify_new_key(key=key, message=message, proof=given["possession"])
    except ProtocolError:
        raise ReissueRefused("keys_refused") from None
    if SlotKey.objects.filter(contest=contest, public_key=key.text).exists():
        raise ReissueRefused("keys_refused")
    entry = Entry(
        contest=contest.uuid, slot=place.name, generation=place.generation + 1, previous=place.live_key, key=key.text,
        possession=given["possession"], portal=portal_signing_key().sign(message.encode()).signature.hex(),
    )  # fmt: skip
    sealed = link_box(contest).encrypt(json.dumps({"slot": place.slot, "entry": entry}).encode())
    return PendingKey(entry=roll_entry, reissue=reissue, sealed=sealed, since=at)


def _opened(reissue: Reissue) -> list[_Pending]:
    """Return the pending keys of the re-issue, opened with the link keys of their contests, in the order of the roll."""
    opened = []
    for row in PendingKey.objects.filter(reissue=reissue).select_related("entry__contest").order_by("entry"):
        content = json.loads(link_box(row.entry.contest).decrypt(bytes(row.sealed)))
        opened.append(_Pending(row.entry_id, content["slot"], cast("Entry", content["entry"])))
    return opened


# ---- Second step: the registrar ----


def settle_change(*, reissue: Reissue, at: datetime) -> Reissue.State:
    """Have the registrar sign what is pending, then make it live; return where the re-issue is.

    Raises ReissueRefused: registrar_away when nobody knows whether it signed (the same keys may be sent again, or the
    worker ends it), keys_refused or limit_reached when it refused, and nothing has changed.
    """
    pending = _opened(reissue)
    if not pending:
        return _state(reissue)
    service = _service()
    try:
        signatures = service.sign_entries(request=reissue.grant, entries=[each.entry for each in pending])
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


def _settle_refused(reissue: Reissue, pending: list[_Pending], code: str, *, at: datetime) -> None:
    """Take the pending keys away once the registrar says that it will never sign them. Raises ReissueRefused if so."""
    if _opened(reissue) != pending:
        # Another page has cancelled these keys, and sent its own: theirs are not ours to end.
        raise ReissueRefused("keys_refused")
    try:
        state = _learn_end(reissue, at=at)
    except (RegistrarAway, RegistrarRefused):
        raise ReissueRefused("registrar_away") from None
    if state != Reissue.State.LIVE:
        raise ReissueRefused(
            {"limit-reached": "limit_reached", "grant-expired": "link_expired"}.get(code, "keys_refused")
        )


def _learn_end(reissue: Reissue, *, at: datetime) -> Reissue.State:
    """Ask the registrar how the signing of what is pending ended, and follow it. Raises RegistrarAway, RegistrarRefused."""
    pending = _opened(reissue)
    if not pending:
        return _state(reissue)
    service = registrar()
    if service is None:
        raise RegistrarAway("not configured")
    try:
        signatures = service.cancel(request=reissue.grant, entries=[each.entry for each in pending])
    except RegistrarRefused as refused:
        if refused.code != "grant-unknown":
            raise
        # It never heard of this request, hence signed nothing for it.
        signatures = None
    if signatures is None:
        return _undo(reissue, pending, at)
    return _go_live(reissue, pending, signatures, at)


def settle_pending(*, at: datetime) -> int:
    """End the re-issues that were left in doubt, by what the registrar says; return how many. Raises RegistrarAway."""
    left = Reissue.objects.filter(state=Reissue.State.CHANGING, pending_keys__since__lte=at - _LEFT_AFTER)
    settled = 0
    for reissue in left.distinct().order_by("asked_at")[:100]:
        try:
            _learn_end(reissue, at=at)
        except RegistrarRefused as refused:
            logger.error("a re-issue stays in doubt, the registrar answers %s", refused.code)  # noqa: TRY400
        else:
            settled += 1
    return settled


# ---- Third step: live, or undone ----


@transaction.atomic(durable=True)
def _go_live(reissue: Reissue, pending: list[_Pending], signatures: list[str], at: datetime) -> Reissue.State:
    """Make the pending keys live. Whoever comes second finds it done."""
    locked = _lock(reissue)
    entries = _locked_pending(locked, pending)
    if entries is None:
        return Reissue.State(locked.state)
    SlotKey.objects.bulk_create(
        each.new_row(contest=entries[each.roll_entry].contest_id, signature=signature)
        for each, signature in zip(pending, signatures, strict=True)
    )
    PendingKey.objects.filter(reissue=locked).delete()
    locked.state, locked.live_at = Reissue.State.LIVE, at
    locked.save(update_fields=("state", "live_at"))
    _use_link(locked, at)
    voter = locked.voter
    names = sorted(entry.contest.name for entry in entries.values())
    queue_emails(kind="code-replaced", messages=code_replaced(voter, contests=names, at=at), at=at)
    # Neither who nor how many times nor in which contests: the register tells how often each slot was issued again.
    record(
        Kind.CODE_REISSUED, actor="électeur", at=at, subject=f"codes {voter.election.slug}",
        facts={"policy": locked.policy},
    )  # fmt: skip
    return Reissue.State.LIVE


def _locked_pending(reissue: Reissue, pending: list[_Pending]) -> dict[int, RollEntry] | None:
    """Lock the roll entries of what is pending, in the order of casting; None when somebody ended it before us."""
    if reissue.state != Reissue.State.CHANGING:
        return None
    keys = [each.roll_entry for each in pending]
    rows = RollEntry.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    entries = {entry.pk: entry for entry in rows.select_related("contest")}
    now = {each.roll_entry: each.entry["key"] for each in _opened(reissue)}
    if now != {each.roll_entry: each.entry["key"] for each in pending}:
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
def _undo(reissue: Reissue, pending: list[_Pending], at: datetime) -> Reissue.State:
    """Forget the pending keys: the old code lives, and the voter may start again as long as the link does."""
    locked = _lock(reissue)
    if _locked_pending(locked, pending) is None:
        return Reissue.State(locked.state)
    PendingKey.objects.filter(reissue=locked).delete()
    locked.state = Reissue.State.LINKED
    locked.save(update_fields=("state",))
    record(
        Kind.REISSUE_ABANDONED, actor="horloge", at=at, subject=locked.voter.reference, facts={"policy": locked.policy}
    )
    return Reissue.State.LINKED
