"""Queueing and delivering messages."""

import json
import logging
import secrets
import smtplib
import time
from collections.abc import Callable, Iterable
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

from .errors import RelayAway
from .identifiers import identifier_key, message_id
from .models import Message
from .spool import Outcome, Spool, left_batches

_MAXIMUM_ATTEMPTS = 8
_KEY = "message-key"
# How long a batch is one worker's alone, and how long that worker works on it at most.
_CLAIM = timedelta(minutes=5)
_BATCH_SECONDS = 240.0
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
        # No message's fault: none counts an attempt, and the next turn asks again.
        logger.warning("the relay does not answer: %s", away)
        return 0
    except OSError as fault:
        # The spool's folder. Polls are closed by the same worker: they do not wait for it.
        logger.error("nothing is sent, the spool cannot be written: %s", type(fault).__name__)  # noqa: TRY400
        return 0
    finally:
        mail.close()


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
    except OSError as error:
        # Every fault of smtplib is an OSError; its text may hold names and secrets.
        raise RelayAway(type(error).__name__) from None


def _due(at: datetime) -> "models.QuerySet[Message]":
    free = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())
    queued = Message.objects.filter(free, state=Message.State.QUEUED, next_attempt_at__lte=at)
    return queued.order_by("is_bulk", "next_attempt_at", "id")


def _deliver_batch(mail: BaseEmailBackend, *, at: datetime, limit: int, stopped: Callable[[], bool]) -> int:
    claim = secrets.token_hex(16)
    outcomes: dict[int, Outcome] = {}
    with Spool(claim) as spool:
        messages = _claim_due(claim, at=at, limit=limit)
        try:
            _send_all(mail, messages, spool, outcomes, stopped)
        finally:
            _settle(claim, outcomes, at=at)
            spool.remove()
    return sum(outcome is Outcome.SENT for outcome in outcomes.values())


@transaction.atomic
def _claim_due(claim: str, *, at: datetime, limit: int) -> list[Message]:
    due = _due(at)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(of=("self",), skip_locked=True)
    messages = list(due[:limit])
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        claim=claim, claimed_until=timezone.now() + _CLAIM
    )
    return messages


def _send_all(
    mail: BaseEmailBackend, messages: list[Message], spool: Spool, outcomes: dict[int, Outcome],
    stopped: Callable[[], bool],
) -> None:  # fmt: skip
    """Send each message, noting it before and after. Raises RelayAway when the relay leaves and does not come back."""
    box, key, begun = SecretBox(ensure_secret(_KEY)), identifier_key(), time.monotonic()
    for message in messages:
        if stopped() or time.monotonic() - begun > _BATCH_SECONDS:
            return
        _reach(mail)
        spool.note(Outcome.ABOUT, message.pk)
        outcomes[message.pk] = outcome = _send(mail, message, box=box, key=key)
        spool.note(outcome, message.pk)


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


def _send(mail: BaseEmailBackend, message: Message, *, box: SecretBox, key: bytes) -> Outcome:
    try:
        mail.send_messages([compose(message, box=box, key=key)])
    except (
        Exception
    ) as error:  # Any fault means "later", for no message may hold back the others; its text may hold the address.
        outcome = _outcome_of(error)
        logger.warning("message %s: %s after %s", message.pk, outcome, type(error).__name__)
        if outcome is not Outcome.REFUSED:
            # After a refused address the connection serves on; after anything else nobody knows where it stands.
            mail.close()
        return outcome
    return Outcome.SENT


def _outcome_of(error: Exception) -> Outcome:
    """Tell whether a fault is for good, for now, or leaves in doubt whether the message left."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        # X.7.X is about the relay's own rules, not about the address (RFC 3463 §3.8): somebody may mend them.
        is_policy = text[1:4] == b".7." or code in (530, 535)
        return Outcome.REFUSED if 500 <= code < 600 and not is_policy else Outcome.LATER
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionResetError | BrokenPipeError | TimeoutError):
        return Outcome.DOUBT
    return Outcome.LATER


@transaction.atomic
def _settle(claim: str, outcomes: dict[int, Outcome], *, at: datetime) -> None:
    """Write what became of a batch; the messages without a word are given back as they were.

    Only rows that still bear this claim are touched: another worker may have taken them since it ran out.
    """
    mine = Message.objects.filter(claim=claim, state=Message.State.QUEUED)
    over = {"sealed": b"", "attempts": F("attempts") + 1, "claim": "", "claimed_until": None}
    mine.filter(pk__in=_having(outcomes, Outcome.SENT)).update(state=Message.State.SENT, sent_at=at, **over)
    mine.filter(pk__in=_having(outcomes, Outcome.REFUSED)).update(state=Message.State.FAILED, **over)
    mine.filter(pk__in=_having(outcomes, Outcome.DOUBT, Outcome.ABOUT)).update(doubts=F("doubts") + 1)
    for message in mine.filter(pk__in=_having(outcomes, Outcome.LATER, Outcome.DOUBT, Outcome.ABOUT)):
        message.attempts += 1
        if outcomes[message.pk] is not Outcome.ABOUT:
            # A worker that died was not the relay's doing: the message leaves at once. It counts, lest it be the cause.
            message.next_attempt_at = at + timedelta(seconds=30 * 2**message.attempts)
        if message.attempts >= _MAXIMUM_ATTEMPTS:
            # Given up: what it said would only join, later, an address with a link or with a ballot's reference.
            message.state, message.sealed = Message.State.FAILED, b""
        message.save(update_fields=("attempts", "next_attempt_at", "state", "sealed"))
    Message.objects.filter(claim=claim).update(claim="", claimed_until=None)


def _having(outcomes: dict[int, Outcome], *wanted: Outcome) -> list[int]:
    return [key for key, outcome in outcomes.items() if outcome in wanted]
