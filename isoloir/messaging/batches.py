"""Batches of the outbox: what may leave now, who claims it, and what became of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from .models import Message
from .spool import Outcome, living_batches

# A relay in trouble is asked again for a day, as long as a link lives by default: after it the message would arrive
# useless, and what it holds, kept, would only join later an address with a link or with a ballot's reference.
GIVEN_UP_AFTER = timedelta(hours=24)
# Between two attempts at most: once the relay is mended, everything has left half an hour later.
_LONGEST_WAIT = timedelta(minutes=30)
# A message in doubt may have arrived each time: so many copies at most. Mailboxes show copies of one e-mail as one;
# telephones do not, and each is paid for.
_MOST_DOUBTS = {Message.Channel.EMAIL: 8, Message.Channel.SMS: 3}
# How long a worker works on a batch at most, and how long the batch is its own: the message in hand when the minute ends
# may take nine minutes more, which is beyond all the answers of a connection and of a message at EMAIL_TIMEOUT each.
BATCH_SECONDS = 60.0
_CLAIM = timedelta(minutes=10)


def due(channel: str, *, at: datetime, living: Sequence[str] = ()) -> "models.QuerySet[Message]":
    """Return what may leave now. The batches of `living` workers are theirs, even once their claim has run out."""
    free = Q(claimed_until=None) | (Q(claimed_until__lt=timezone.now()) & ~Q(claim__in=living))
    queued = Message.objects.filter(free, channel=channel, state=Message.State.QUEUED, next_attempt_at__lte=at)
    return queued.order_by("is_bulk", "next_attempt_at", "id")


@transaction.atomic
def claim_due(channel: str, claim: str, *, at: datetime, limit: int) -> list[Message]:
    """Claim up to `limit` messages of one channel that are due, for ten minutes, and return them."""
    queued = due(channel, at=at, living=living_batches())
    if connection.features.has_select_for_update_skip_locked:
        queued = queued.select_for_update(of=("self",), skip_locked=True)
    messages = list(queued[:limit])
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        claim=claim, claimed_until=timezone.now() + _CLAIM
    )
    return messages


@transaction.atomic
def settle(claim: str, outcomes: dict[int, Outcome], *, at: datetime) -> None:
    """Write what became of a batch; the messages without a word are given back as they were.

    Only rows that still bear this claim are touched: another worker may have taken them since it ran out.
    """
    mine = Message.objects.filter(claim=claim, state=Message.State.QUEUED)
    over = {"sealed": b"", "attempts": F("attempts") + 1, "claim": "", "claimed_until": None}
    mine.filter(pk__in=having(outcomes, Outcome.SENT)).update(state=Message.State.SENT, sent_at=at, **over)
    mine.filter(pk__in=having(outcomes, Outcome.REFUSED)).update(state=Message.State.FAILED, **over)
    for message in mine.filter(pk__in=having(outcomes, Outcome.LATER, Outcome.DOUBT, Outcome.ABOUT)):
        _put_off(message, outcomes[message.pk], at=at)
    Message.objects.filter(claim=claim).update(claim="", claimed_until=None)


def _put_off(message: Message, outcome: Outcome, *, at: datetime) -> None:
    """Say when a message that did not leave, or may not have, is tried again; give it up by its age or its doubts."""
    message.attempts += 1
    most = _MOST_DOUBTS[Message.Channel(message.channel)]
    if outcome is Outcome.LATER:
        message.next_attempt_at = at + min(timedelta(seconds=30) * 2 ** min(message.attempts, 10), _LONGEST_WAIT)
    else:
        message.doubts += 1
    if outcome is Outcome.DOUBT:
        # The relay may well have it: each wait is thrice the last, so that the doubts allowed outlast the day.
        message.next_attempt_at = at + timedelta(seconds=30) * 3 ** min(message.doubts, most)
    # A worker that died was not the relay's doing: the message leaves at once. It counts, lest it be the cause.
    if at - message.queued_at >= GIVEN_UP_AFTER or message.doubts >= most:
        message.state, message.sealed = Message.State.FAILED, b""
        message.reason = message.reason or ("doubt" if message.doubts >= most else "too-old")
    message.save(update_fields=("attempts", "doubts", "next_attempt_at", "state", "sealed", "reason"))


def having(outcomes: dict[int, Outcome], *wanted: Outcome) -> list[int]:
    """Return the keys of the messages of which one of the words `wanted` was the last."""
    return [key for key, outcome in outcomes.items() if outcome in wanted]
