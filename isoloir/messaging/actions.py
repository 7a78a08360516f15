"""Queueing and delivering messages."""

import contextlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret

from .answers import MOST_IN_A_ROW, Answers, code_of, keeps_connection
from .batches import BATCH_SECONDS, claim_due, due, having, settle
from .errors import RelayAway, SmsRefused
from .gsm7 import is_gsm7, segments
from .identifiers import identifier_key, message_id
from .models import Message
from .numbers import country_and_operator, domain_of
from .sms import sms_backends
from .spool import LARGEST_BATCH, Outcome, Spool, left_batches
from .texting import SEALING_KEY, send_batch

# A text message of more segments than that is a letter.
_MOST_SEGMENTS = 3
_CHANNELS = (Message.Channel.EMAIL, Message.Channel.SMS)
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
    box = SecretBox(ensure_secret(SEALING_KEY))
    return Message.objects.bulk_create(
        [
            Message(
                channel=Message.Channel.EMAIL, kind=kind, sealed=box.encrypt(json.dumps(message).encode()),
                queued_at=at, next_attempt_at=at, is_bulk=is_bulk, carrier=domain_of(message[0]),
            )
            for message in messages
        ],
        batch_size=1000,
    )  # fmt: skip


def queue_sms(*, kind: str, recipient_e164: str, body: str, at: datetime) -> Message:
    """Write one text message to the outbox, in the caller's transaction; the worker sends it after commit.

    Raises SmsRefused: `no-provider` (none is set up), `number` (not E.164, or of no country), `alphabet` (outside GSM-7),
    `too-long` (more than three segments).
    """
    if not sms_backends():
        raise SmsRefused("no-provider")
    country, operator = country_and_operator(recipient_e164)
    if not is_gsm7(body):
        raise SmsRefused("alphabet")
    if segments(body) > _MOST_SEGMENTS:
        raise SmsRefused("too-long")
    box = SecretBox(ensure_secret(SEALING_KEY))
    return Message.objects.create(
        channel=Message.Channel.SMS, kind=kind, sealed=box.encrypt(json.dumps([recipient_e164, "", body]).encode()),
        queued_at=at, next_attempt_at=at, carrier=operator, country=country,
    )  # fmt: skip


def _never() -> bool:
    return False


def deliver_queued(
    *,
    at: datetime,
    limit: int = 100,
    stopped: Callable[[], bool] = _never,
    channels: Collection[str] = _CHANNELS,
) -> int:
    """Send up to `limit` messages of each channel that are due; return how many left. What fails is tried again later.

    First takes up what dead workers left. No transaction is open while messages leave: the batch is claimed in a short
    one, each message is noted in a file beside the database, and what became of all is written in another short one.
    `stopped` is asked before each message: once it says so, the rest of the batch is given back. A batch holds messages
    of one channel: two workers, one for each, do not wait for each other's provider.
    """
    try:
        recover_left_batches(at=at)
        sent = _deliver_mails(at=at, limit=limit, stopped=stopped) if Message.Channel.EMAIL in channels else 0
        if Message.Channel.SMS in channels:
            sent += send_batch(at=at, limit=limit, stopped=stopped)
    except OSError as fault:
        # The spool's folder. Polls are closed by the same worker: they do not wait for it.
        logger.error("nothing is sent, the spool cannot be written: %s", type(fault).__name__)  # noqa: TRY400
        return 0
    return sent


def _deliver_mails(*, at: datetime, limit: int, stopped: Callable[[], bool]) -> int:
    mail = get_connection(fail_silently=False)
    try:
        if not due(Message.Channel.EMAIL, at=at).exists():
            return 0
        _reach(mail)
        return _deliver_batch(mail, at=at, limit=limit, stopped=stopped)
    except RelayAway as away:
        # No message's fault: none is lost for it, and the next turn asks again.
        logger.warning("the relay is left alone for now: %s", away)
        return 0
    finally:
        _leave(mail)


def count_due_bulk(*, at: datetime, most: int) -> int:
    """Count, up to `most`, the messages of campaigns that could leave now."""
    return due(Message.Channel.EMAIL, at=at).filter(is_bulk=True)[:most].count()


def recover_left_batches(*, at: datetime) -> int:
    """Write what became of the messages of dead workers into the database; return how many messages are in doubt.

    A message that was about to leave, with no word of what became of it, is in doubt: it is sent again, with the same
    identifier and the same bytes, for a voter without a link is worse off than a voter with the same mail twice.
    """
    doubts = 0
    for claim, outcomes in left_batches():
        doubts += len(having(outcomes, Outcome.ABOUT))
        settle(claim, outcomes, at=at)
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


def _deliver_batch(mail: BaseEmailBackend, *, at: datetime, limit: int, stopped: Callable[[], bool]) -> int:
    claim = secrets.token_hex(16)
    answers = Answers()
    with Spool(claim) as spool:
        messages = claim_due(Message.Channel.EMAIL, claim, at=at, limit=min(limit, LARGEST_BATCH))
        try:
            _send_all(mail, messages, spool, answers, stopped)
        finally:
            outcomes = answers.conclude()
            settle(claim, outcomes, at=at)
            spool.remove()
    return sum(outcome is Outcome.SENT for outcome in outcomes.values())


def _send_all(
    mail: BaseEmailBackend, messages: list[Message], spool: Spool, answers: Answers, stopped: Callable[[], bool]
) -> None:
    """Send each message, noting it before and after. Raises RelayAway when the relay goes away or takes nothing."""
    box, key = SecretBox(ensure_secret(SEALING_KEY)), identifier_key()
    # By both clocks: the first cannot be moved, the second goes on while the machine sleeps.
    begun, ends = time.monotonic(), timezone.now() + timedelta(seconds=BATCH_SECONDS)
    for message in messages:
        if stopped() or time.monotonic() - begun > BATCH_SECONDS or timezone.now() > ends:
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
