"""Sending a batch of text messages: which provider is asked, and what its answer means.

A provider that takes nothing is left alone for a minute, and its messages go to the next one at once. A message that one
did not take twice is offered to the next; in doubt, it goes to the next straight away, for the first may be ill.
"""

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret

from .batches import BATCH_SECONDS, claim_due, due, settle
from .errors import NumberRefused, ProviderAway, ProviderBusy, ProviderUnsure
from .identifiers import identifier_key
from .models import Message, Provider
from .sms import SmsBackend, sms_backends
from .spool import LARGEST_BATCH, Outcome, Spool

SEALING_KEY = "message-key"
# So many messages in a row that a provider did not take, for whatever reason, are the provider's trouble.
FAILURES_IN_A_ROW = 3
# So many numbers in a row that it refused are not believed to be all wrong.
REFUSALS_IN_A_ROW = 10
_LEFT_ALONE = timedelta(minutes=1)
# Attempts with one provider before the next is asked.
_ATTEMPTS_EACH = 2
logger = logging.getLogger("isoloir.messaging")


def receipt_key(provider: str, identifier: str) -> str:
    """Return the keyed hash under which a provider's identifier of a message is looked up."""
    return hmac.new(identifier_key(), f"receipt|{provider}|{identifier}".encode(), hashlib.sha256).hexdigest()


def send_batch(*, at: datetime, limit: int, stopped: Callable[[], bool]) -> int:
    """Send up to `limit` text messages that are due; return how many providers took."""
    if not due(Message.Channel.SMS, at=at).exists():
        return 0
    turn = _Turn(at)
    if not turn.anyone():
        return 0
    with Spool(turn.claim) as turn.spool:
        messages = claim_due(Message.Channel.SMS, turn.claim, at=at, limit=min(limit, LARGEST_BATCH))
        try:
            _send_all(messages, turn, stopped)
        finally:
            settle(turn.claim, turn.conclude(), at=at)
            turn.spool.remove()
    return turn.sent


class _Turn:
    """The providers during one batch: who is asked for a message, who is left alone, and what became of each message."""

    def __init__(self, at: datetime) -> None:
        self._at, self._begun = at, time.monotonic()
        self.claim = secrets.token_hex(16)
        self.box = SecretBox(ensure_secret(SEALING_KEY))
        self.spool: Spool | None = None
        self._known = {row.name: row for row in Provider.objects.all()}
        self._outcomes: dict[int, Outcome] = {}
        # By provider: numbers refused since it last took one.
        self._refused: dict[str, list[int]] = {}
        self.sent = 0

    def now(self) -> datetime:
        """Return the portal's time, seconds of this batch included."""
        return self._at + timedelta(seconds=time.monotonic() - self._begun)

    def anyone(self) -> bool:
        return any(self._serves(backend.name) for backend in sms_backends())

    def provider_of(self, message: Message) -> SmsBackend | None:
        """Return who is asked for this message: each in turn by its attempts and doubts, those left alone passed over."""
        backends = sms_backends()
        first = (message.attempts - message.doubts) // _ATTEMPTS_EACH + message.doubts
        order = (backends[(first + step) % len(backends)] for step in range(len(backends)))
        return next((backend for backend in order if self._serves(backend.name)), None)

    def _serves(self, name: str) -> bool:
        row = self._known.get(name)
        return row is None or row.away_until is None or row.away_until <= timezone.now()

    def note(self, key: int, outcome: Outcome) -> None:
        """Note the last word on a message, here and in the batch's file."""
        self._outcomes[key] = outcome
        if self.spool is not None:
            self.spool.note(outcome, key)

    def give_back(self, key: int) -> None:
        """Leave a message as it was: it costs no attempt that nobody serves."""
        self.note(key, Outcome.LATER)
        del self._outcomes[key]

    def took(self, backend: SmsBackend, message: Message, identifier: str) -> None:
        """Write at once that a message has left and under which name: its receipt may come before the batch is over."""
        awaited = bool(identifier) and backend.gives_receipts
        Message.objects.filter(pk=message.pk, claim=self.claim, state=Message.State.QUEUED).update(
            state=Message.State.SENT, sent_at=self.now(), sealed=b"", attempts=F("attempts") + 1, reason="",
            provider=backend.name, receipt_key=receipt_key(backend.name, identifier) if awaited else "",
            receipt_box=self.box.encrypt(identifier.encode()) if awaited else None,
        )  # fmt: skip
        self.sent += 1
        self._believe(backend.name)
        row = self._known.get(backend.name)
        if row is not None and (row.failures or row.away_since):
            row.failures, row.away_since, row.away_until, row.code = 0, None, None, ""
            row.save()

    def failed(self, backend: SmsBackend, code: str, *, is_away: bool) -> None:
        """Count one message that was not taken; after three in a row, or at its own word, leave the provider alone."""
        row = self._known.setdefault(backend.name, Provider(name=backend.name))
        row.failures = min(row.failures + 1, 1000)
        row.code = code[:40]
        if is_away or row.failures >= FAILURES_IN_A_ROW:
            row.away_since = row.away_since or self.now()
            row.away_until = timezone.now() + _LEFT_ALONE
            logger.warning("the provider of text messages %s is left alone for now: %s", backend.name, row.code)
        row.save()

    def refused(self, backend: SmsBackend, key: int, code: str) -> None:
        """Hold a refused number back until it is known whether this provider refuses everybody."""
        row = self._refused.setdefault(backend.name, [])
        row.append(key)
        Message.objects.filter(pk=key).update(reason=code[:20])
        if len(row) >= REFUSALS_IN_A_ROW:
            self._refused[backend.name] = []
            self.failed(backend, "refuses-everybody", is_away=True)

    def _believe(self, name: str) -> None:
        self._outcomes.update(dict.fromkeys(self._refused.pop(name, []), Outcome.REFUSED))

    def conclude(self) -> dict[int, Outcome]:
        """Return what became of each message, once the batch is over."""
        for name in list(self._refused):
            self._believe(name)
        return self._outcomes


def _send_all(messages: list[Message], turn: _Turn, stopped: Callable[[], bool]) -> None:
    begun, ends = time.monotonic(), timezone.now() + timedelta(seconds=BATCH_SECONDS)
    for message in messages:
        if stopped() or time.monotonic() - begun > BATCH_SECONDS or timezone.now() > ends:
            return
        try:
            to, _subject, body = json.loads(turn.box.decrypt(bytes(message.sealed)))
        except Exception as fault:  # A row that cannot be opened holds back no other.
            logger.warning("message %s did not leave: %s", message.pk, type(fault).__name__)
            turn.note(message.pk, Outcome.LATER)
            continue
        if not _offer(message, to, body, turn):
            return


def _offer(message: Message, to: str, body: str, turn: _Turn) -> bool:
    """Offer one message to providers until one says what becomes of it; return False when none serves."""
    while (backend := turn.provider_of(message)) is not None:
        turn.note(message.pk, Outcome.ABOUT)
        outcome, word = _ask(backend, to, body)
        if outcome is None:
            # It has it not, for sure: the next is asked at once.
            turn.failed(backend, word, is_away=True)
            turn.give_back(message.pk)
            continue
        if outcome is Outcome.SENT:
            turn.took(backend, message, word)
        elif outcome is Outcome.REFUSED:
            outcome = Outcome.LATER
            turn.refused(backend, message.pk, word)
        else:
            turn.failed(backend, word, is_away=False)
        turn.note(message.pk, outcome)
        return True
    return False


def _ask(backend: SmsBackend, to: str, body: str) -> tuple[Outcome | None, str]:
    """Return what one provider did (None: it takes nothing now), with its identifier of the message or its fault's code."""
    try:
        return Outcome.SENT, backend.send(to=to, body=body)
    except NumberRefused as fault:
        return Outcome.REFUSED, fault.code
    except ProviderAway as fault:
        return None, fault.code
    except ProviderBusy as fault:
        return Outcome.LATER, fault.code
    except ProviderUnsure as fault:
        return Outcome.DOUBT, fault.code
    except Exception as fault:  # Nobody knows where the message stands; the fault's text may hold the number.
        return Outcome.DOUBT, type(fault).__name__
