"""Queueing and delivering messages."""

import contextlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret

from .answers import MOST_IN_A_ROW, Answers, code_of, keeps_connection
from .errors import RelayAway
from .identifiers import identifier_key, message_id
from .models import Message
from .spool import LARGEST_BATCH, Outcome, Spool, left_batches, living_batches

_KEY = "message-key"
# A relay in trouble is asked again for a day, as long as a link lives by default: after it the message would arrive
# useless, and what it holds, kept, would only join later an address with a link or with a ballot's reference.
_GIVEN_UP_AFTER = timedelta(hours=24)
# Between two attempts at most: once the relay is mended, everything has left half an hour later.
_LONGEST_WAIT = timedelta(minutes=30)
# A message in doubt may have arrived each time: so many copies at most.
_MOST_DOUBTS = 8
# How long a worker works on a batch at most, and how long the batch is its own: the message in hand when the minute ends
# may take nine minutes more, which is beyond all the answers of a connection and of a message at EMAIL_TIMEOUT each.
_BATCH_SECONDS = 60.0
_CLAIM = timedelta(minutes=10)
logger = logging.getLogger("isoloir.messaging")


def queue_email(*, kind: str, recipient: str, subject: str, body: str, at: datetime) -> Message:
    """Write one e-mail to the outbox, in the caller's transaction; the worker sends it after commit."""
    return queue_emails(kind=kind, messages=[(recipient, subject, body)], at=at)[0]


def queue_emails(
    *, kind: str, messages: Iterable[tuple[str, str, str]], at: datetime, is_bulk: bool = False
) -> list[Message]:
    """Write many e-mails (recipient, subject, body) at once; return their rows, with their keys, in the same order.

    With `is_bulk` they leave after all those that somebody is waiting for.
    """
    box = SecretBox(ensure_secret(_KEY))
    return Message.objects.bulk_create(
        [
            Message(
                channel=Message.Channel.EMAIL, kind=kind, sealed=box.encrypt(json.dumps(message).encode()),
                queued_at=at, next_attempt_at=at, is_bulk=is_bulk,
            )
            for message in messages
        ],
        batch_size=1000,
    )  # fmt: skip


def _never() -> bool:
    return False


def deliver_queued(*, at: datetime, limit: int = 100, stopped: Callable[[], bool] = _never) -> int:
    """Send up to `limit` messages that are due; return how many left. A message that fails is tried again later.

    First takes up what dead workers left. No transaction is open while messages leave: the batch is claimed in a short
    one, each message is noted in a file beside the database, and what became of all is written in another short one.
    `stopped` is asked before each message: once it says so, the rest of the batch is given back.
    """
    mail = get_connection(fail_silently=False)
    try:
        recover_left_batches(at=at)
        if not _due(at).exists():
            return 0
        _reach(mail)
        return _deliver_batch(mail, at=at, limit=limit, stopped=stopped)
    except RelayAway as away:
        # No message's fault: none is lost for it, and the next turn asks again.
        logger.warning("the relay is left alone for now: %s", away)
        return 0
    except OSError as fault:
        # The spool's folder. Polls are closed by the same worker: they do not wait for it.
        logger.error("nothing is sent, the spool cannot be written: %s", type(fault).__name__)  # noqa: TRY400
        return 0
    finally:
        _leave(mail)


def count_due_bulk(*, at: datetime, most: int) -> int:
    """Count, up to `most`, the messages of campaigns that could leave now."""
    return _due(at).filter(is_bulk=True)[:most].count()


def recover_left_batches(*, at: datetime) -> int:
    """Write what became of the messages of dead workers into the database; return how many messages are in doubt.

    A message that was about to leave, with no word of what became of it, is in doubt: it is sent again, with the same
    identifier and the same bytes, for a voter without a link is worse off than a voter with the same mail twice.
    """
    doubts = 0
    for claim, outcomes in left_batches():
        doubts += len(_having(outcomes, Outcome.ABOUT))
        _settle(claim, outcomes, at=at)
    return doubts


def _reach(mail: BaseEmailBackend) -> None:
    """Connect to the relay; does nothing while the connection lives. Raises RelayAway."""
    try:
        mail.open()
    except (
        Exception
    ) as error:  # A greeting or a sign-in that makes no sense may raise anything; its text may hold names and secrets.
        raise RelayAway(code_of(error)) from None


def _leave(mail: BaseEmailBackend) -> None:
    """Close the connection, whatever the relay answers to our leave."""
    with contextlib.suppress(OSError):
        mail.close()


def _due(at: datetime, *, living: Sequence[str] = ()) -> "models.QuerySet[Message]":
    """Return what may leave now. The batches of `living` workers are theirs, even once their claim has run out."""
    free = Q(claimed_until=None) | (Q(claimed_until__lt=timezone.now()) & ~Q(claim__in=living))
    queued = Message.objects.filter(free, state=Message.State.QUEUED, next_attempt_at__lte=at)
    return queued.order_by("is_bulk", "next_attempt_at", "id")


def _deliver_batch(mail: BaseEmailBackend, *, at: datetime, limit: int, stopped: Callable[[], bool]) -> int:
    claim = secrets.token_hex(16)
    answers = Answers()
    with Spool(claim) as spool:
        messages = _claim_due(claim, at=at, limit=min(limit, LARGEST_BATCH))
        try:
            _send_all(mail, messages, spool, answers, stopped)
        finally:
            outcomes = answers.conclude()
            _settle(claim, outcomes, at=at)
            spool.remove()
    return sum(outcome is Outcome.SENT for outcome in outcomes.values())


@transaction.atomic
def _claim_due(claim: str, *, at: datetime, limit: int) -> list[Message]:
    due = _due(at, living=living_batches())
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(of=("self",), skip_locked=True)
    messages = list(due[:limit])
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        claim=claim, claimed_until=timezone.now() + _CLAIM
    )
    return messages


def _send_all(
    mail: BaseEmailBackend, messages: list[Message], spool: Spool, answers: Answers, stopped: Callable[[], bool]
) -> None:
    """Send each message, noting it before and after. Raises RelayAway when the relay goes away or takes nothing."""
    box, key = SecretBox(ensure_secret(_KEY)), identifier_key()
    # By both clocks: the first cannot be moved, the second goes on while the machine sleeps.
    begun, ends = time.monotonic(), timezone.now() + timedelta(seconds=_BATCH_SECONDS)
    for message in messages:
        if stopped() or time.monotonic() - begun > _BATCH_SECONDS or timezone.now() > ends:
            return
        _reach(mail)
        spool.note(Outcome.ABOUT, message.pk)
        answers.expect(message.pk)
        fault = _send(mail, message, box=box, key=key)
        spool.note(answers.note(message.pk, fault), message.pk)
        if fault is not None and answers.takes_nothing:
            raise RelayAway(f"{MOST_IN_A_ROW} messages in a row, {code_of(fault)}")


def compose(message: Message, *, box: SecretBox, key: bytes) -> EmailMessage:
    """Return the e-mail of a row: the same bytes each time, for identifier and date are the row's own."""
    recipient, subject, body = json.loads(box.decrypt(bytes(message.sealed)))
    headers = {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Message-ID": message_id(message.pk, key=key),
        "Date": format_datetime(message.queued_at),
        # RFC 3834: no automatic answer (« absent du bureau ») is wanted.
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(subject, body, from_email=settings.RETURN_ADDRESS, to=[recipient], headers=headers)


def _send(mail: BaseEmailBackend, message: Message, *, box: SecretBox, key: bytes) -> Exception | None:
    """Send one message; return the fault that stopped it, or None once the relay has it."""
    try:
        mail.send_messages([compose(message, box=box, key=key)])
    except (
        Exception
    ) as error:  # Any fault means "later", for no message may hold back the others; its text may hold the address.
        logger.warning("message %s did not leave: %s %s", message.pk, type(error).__name__, code_of(error))
        if not keeps_connection(error):
            # Nobody knows where it stands.
            _leave(mail)
        return error
    return None


@transaction.atomic
def _settle(claim: str, outcomes: dict[int, Outcome], *, at: datetime) -> None:
    """Write what became of a batch; the messages without a word are given back as they were.

    Only rows that still bear this claim are touched: another worker may have taken them since it ran out.
    """
    mine = Message.objects.filter(claim=claim, state=Message.State.QUEUED)
    over = {"sealed": b"", "attempts": F("attempts") + 1, "claim": "", "claimed_until": None}
    mine.filter(pk__in=_having(outcomes, Outcome.SENT)).update(state=Message.State.SENT, sent_at=at, **over)
    mine.filter(pk__in=_having(outcomes, Outcome.REFUSED)).update(state=Message.State.FAILED, **over)
    for message in mine.filter(pk__in=_having(outcomes, Outcome.LATER, Outcome.DOUBT, Outcome.ABOUT)):
        _put_off(message, outcomes[message.pk], at=at)
    Message.objects.filter(claim=claim).update(claim="", claimed_until=None)


def _put_off(message: Message, outcome: Outcome, *, at: datetime) -> None:
    """Say when a message that did not leave, or may not have, is tried again; give it up by its age or its doubts."""
    message.attempts += 1
    if outcome is Outcome.LATER:
        message.next_attempt_at = at + min(timedelta(seconds=30) * 2 ** min(message.attempts, 10), _LONGEST_WAIT)
    else:
        message.doubts += 1
    if outcome is Outcome.DOUBT:
        # The relay may well have it: each wait is thrice the last, so that the doubts allowed outlast the day.
        message.next_attempt_at = at + timedelta(seconds=30) * 3 ** min(message.doubts, _MOST_DOUBTS)
    # A worker that died was not the relay's doing: the message leaves at once. It counts, lest it be the cause.
    if at - message.queued_at >= _GIVEN_UP_AFTER or message.doubts >= _MOST_DOUBTS:
        message.state, message.sealed = Message.State.FAILED, b""
    message.save(update_fields=("attempts", "doubts", "next_attempt_at", "state", "sealed"))


def _having(outcomes: dict[int, Outcome], *wanted: Outcome) -> list[int]:
    return [key for key, outcome in outcomes.items() if outcome in wanted]
