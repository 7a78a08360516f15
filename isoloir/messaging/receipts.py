"""What became of text messages: receipts that providers push, and those that are asked for.

A receipt is believed when it comes to an address that only the provider was given: its last part is an HMAC under a file
outside the database. Whatever it says of whom, the answer is the same.
"""

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret

from .errors import ProviderFault, ReceiptRefused
from .models import Message
from .sms import Pushed, Receipt, SmsBackend, sms_backend, sms_backends
from .texting import SEALING_KEY, receipt_key

LONGEST_RECEIPT = 16 * 1024
_ADDRESS_KEY = "receipt-address-key"
# Nothing is asked of a message that has just left, nor of one that left days ago: operators give up after a day or two.
_FIRST_ASKED_AFTER = timedelta(minutes=2)
_ASKED_AGAIN_AFTER = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=72)
_ASKED_AT_ONCE = 20
_POLLING_SECONDS = 5.0
logger = logging.getLogger("isoloir.messaging")


def receipt_secret(provider: str) -> str:
    """Return the last part of the address of a provider's receipts: 32 characters that nobody can guess."""
    mark = hmac.new(ensure_secret(_ADDRESS_KEY), f"receipts of {provider}".encode(), hashlib.sha256).digest()
    return base64.b32encode(mark[:20]).decode().lower()


def receipts_backend(provider: str, secret: str) -> SmsBackend | None:
    """Return the provider to whom this address was given, or None: no such provider, or not that secret."""
    fits = hmac.compare_digest(receipt_secret(provider).encode(), secret.encode())
    return sms_backend(provider) if fits else None


def take_receipts(backend: SmsBackend, pushed: Pushed, *, at: datetime) -> int:
    """Write down what a provider pushed; return how many messages it changed. What cannot be read changes none."""
    try:
        return record_receipts(backend.name, backend.read_receipt(pushed), at=at)
    except ReceiptRefused as refusal:
        logger.warning("a receipt of %s is not read: %s", backend.name, refusal)
        return 0


def record_receipts(provider: str, receipts: Iterable[Receipt], *, at: datetime) -> int:
    """Mark messages as delivered or not; return how many changed.

    The first final word stays, but « delivered » after « not delivered » is believed: operators do try again. One that
    was doubted and sent again counts as delivered once either copy is. A receipt of no message of ours changes nothing.
    """
    changed = 0
    for receipt in receipts:
        if receipt.is_delivered is None or not receipt.identifier:
            continue
        messages = Message.objects.filter(
            channel=Message.Channel.SMS, receipt_key=receipt_key(provider, receipt.identifier), delivered_at=None
        )
        if receipt.is_delivered:
            changed += messages.filter(state__in=(Message.State.SENT, Message.State.BOUNCED)).update(
                state=Message.State.SENT, delivered_at=at, reason="", receipt_box=None
            )
        else:
            changed += messages.filter(state=Message.State.SENT).update(
                state=Message.State.BOUNCED, reason=receipt.reason[:20] or "undelivered", receipt_box=None
            )
    return changed


def poll_receipts(at: datetime) -> int:
    """Ask providers what became of messages whose receipt has not come; return how many changed.

    Up to twenty a turn, those asked least lately first; after three days a message's fate stays unknown, and its
    identifier is forgotten.
    """
    awaited = Message.objects.filter(receipt_box__isnull=False)
    awaited.filter(sent_at__lt=at - _FORGOTTEN_AFTER).update(receipt_box=None)
    asked_lately = Q(polled_at__gt=at - _ASKED_AGAIN_AFTER)
    due = awaited.filter(sent_at__lte=at - _FIRST_ASKED_AFTER).exclude(asked_lately)
    changed = 0
    for backend in sms_backends():
        rows = list(
            due.filter(provider=backend.name)
            .order_by(F("polled_at").asc(nulls_first=True), "pk")
            .values_list("pk", "receipt_box")[:_ASKED_AT_ONCE]
        )
        if rows:
            # Before they are asked after: a provider that hangs is not asked after the same ones at each turn.
            Message.objects.filter(pk__in=[key for key, _box in rows]).update(polled_at=at)
            changed += _poll(backend, [_open(box) for _key, box in rows], at=at)
    return changed


def _poll(backend: SmsBackend, identifiers: list[str], *, at: datetime) -> int:
    """Ask after each message; the first fault ends this turn, and so do a few seconds: e-mails leave by the same worker."""
    begun, changed = time.monotonic(), 0
    try:
        for identifier in identifiers:
            if identifier and time.monotonic() - begun < _POLLING_SECONDS:
                changed += record_receipts(backend.name, backend.poll([identifier]), at=at)
    except ProviderFault as fault:
        logger.warning("%s does not say what became of messages: %s", backend.name, fault.code)
    return changed


def _open(box: bytes | memoryview | None) -> str:
    try:
        return SecretBox(ensure_secret(SEALING_KEY)).decrypt(bytes(box or b"")).decode()
    except (CryptoError, ValueError):
        return ""
