"""OVHcloud's SMS interface, version 1.0.

Each call is signed: X-Ovh-Signature is « $1$ » and the SHA-1 (hex) of application secret, consumer key, method, whole
address, body and timestamp, joined by « + »; the timestamp is that of their clock, which GET /auth/time tells. POST
/sms/{service}/jobs answers `ids`, `validReceivers` and `invalidReceivers`. Receipts come by GET to the account's callback
address, with `id`, `ptt` (what happened) and `dlr`, or `description` (its state); GET /sms/{service}/outgoing/{id} tells the
same as `ptt` and `deliveryReceipt`.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from isoloir.messaging.errors import NumberRefused, ProviderAway, ProviderUnsure, ReceiptRefused

from . import LONGEST_IDENTIFIER, Pushed, Receipt, SmsBackend
from .calls import Answer, call, require_success, require_tls

_SERVICE = re.compile(r"sms-[a-z0-9]+-[0-9]{1,4}", re.ASCII | re.IGNORECASE)
_IDENTIFIER = re.compile(rf"[0-9]{{1,{LONGEST_IDENTIFIER}}}", re.ASCII)
_PTT = re.compile(r"[0-9]{1,5}", re.ASCII)
# States of a message (dlr): 0 pending, 1 delivered, 2 failed, 4 waiting, 8 buffered, 16 error, not billed.
_STATES = {"1": True, "2": False, "16": False}
# Minutes during which operators try to deliver: as long as a link lives by default.
_VALIDITY_MINUTES = 24 * 60
_LONGEST_RECEIPT_MEMBERS = 20


@dataclass
class OvhBackend(SmsBackend):
    """One SMS account at OVHcloud. `sender` is a name that they have validated; without one, a short number sends."""

    application_key: str
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)
    service: str
    sender: str = ""
    endpoint: str = "https://eu.api.ovh.com/1.0"
    name: str = "ovh"
    gives_receipts: bool = True

    def __post_init__(self) -> None:
        require_tls(self.endpoint)
        if not _SERVICE.fullmatch(self.service):
            raise TypeError("service")
        # Seconds by which their clock is ahead of ours, once it is known.
        self._ahead: int | None = None
        self._lock = threading.Lock()

    def send(self, *, to: str, body: str) -> str:
        order: dict[str, Any] = {
            "charset": "UTF-8", "class": "phoneDisplay", "coding": "7bit", "message": body, "noStopClause": True,
            "priority": "high", "receivers": [to], "validityPeriod": _VALIDITY_MINUTES,
        }  # fmt: skip
        order |= {"sender": self.sender} if self.sender else {"senderForResponse": True}
        members = require_success(self._call("POST", f"/sms/{self.service}/jobs", order)).json()
        if not isinstance(members, dict):
            raise ProviderUnsure("answer-malformed")
        identifiers, invalid = members.get("ids"), members.get("invalidReceivers")
        if not identifiers and invalid:
            raise NumberRefused("invalid-receiver")
        if not isinstance(identifiers, list) or len(identifiers) != 1 or not _IDENTIFIER.fullmatch(str(identifiers[0])):
            raise ProviderUnsure("answer-malformed")
        return str(identifiers[0])

    def poll(self, identifiers: Sequence[str]) -> list[Receipt]:
        receipts = []
        for identifier in identifiers:
            if not _IDENTIFIER.fullmatch(identifier):
                continue
            answer = self._call("GET", f"/sms/{self.service}/outgoing/{identifier}")
            if answer.status == 404:
                # Not there yet, or no longer: another message may be.
                continue
            members = require_success(answer).json()
            if isinstance(members, dict) and str(members.get("id")) == identifier:
                receipts.append(_receipt(identifier, str(members.get("deliveryReceipt")), str(members.get("ptt"))))
        return receipts

    def read_receipt(self, pushed: Pushed) -> list[Receipt]:
        members = dict(pushed.query)
        if not members and pushed.media_type == "application/x-www-form-urlencoded":
            members = _form(pushed.body)
        state = members.get("dlr") or members.get("description") or ""
        if not _IDENTIFIER.fullmatch(members.get("id", "")) or not _PTT.fullmatch(state):
            raise ReceiptRefused("members")
        return [_receipt(members["id"], state, members.get("ptt", ""))]

    def _call(self, method: str, path: str, order: Mapping[str, Any] | None = None) -> Answer:
        """Sign and make one call; once more when their clock and ours have drifted apart."""
        address = f"{self.endpoint}{path}"
        body = json.dumps(order, separators=(",", ":")) if order is not None else ""
        answer = self._signed(method, address, body)
        if answer.status in (400, 401, 403) and b"QUERY_TIME_OUT" in answer.body:
            # Refused before anything was done: it may be asked again.
            self._ahead = None
            answer = self._signed(method, address, body)
        return answer

    def _signed(self, method: str, address: str, body: str) -> Answer:
        now = str(int(time.time()) + self._seconds_ahead())
        parts = (self.application_secret, self.consumer_key, method, address, body, now)
        headers = {
            "X-Ovh-Application": self.application_key,
            "X-Ovh-Consumer": self.consumer_key,
            "X-Ovh-Timestamp": now,
            "X-Ovh-Signature": "$1$" + hashlib.sha1("+".join(parts).encode()).hexdigest(),  # noqa: S324  It is theirs.
        }
        if body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        return call(method, address, headers=headers, body=body.encode())

    def _seconds_ahead(self) -> int:
        with self._lock:
            if self._ahead is None:
                try:
                    answer = require_success(call("GET", f"{self.endpoint}/auth/time", headers={}))
                    self._ahead = int(answer.body) - int(time.time())
                except (ProviderUnsure, ValueError):
                    # No message has been shown to them: nothing is in doubt.
                    raise ProviderAway("no-time") from None
            return self._ahead


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_LONGEST_RECEIPT_MEMBERS))
    except ValueError:
        raise ReceiptRefused("form") from None


def _receipt(identifier: str, state: str, ptt: str) -> Receipt:
    is_delivered = _STATES.get(state)
    reason = f"ptt-{ptt}" if _PTT.fullmatch(ptt) else "ptt-unknown"
    return Receipt(identifier, is_delivered, reason if is_delivered is False else "")
