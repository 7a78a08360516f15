"""Any provider with an HTTP interface, described by settings: what is sent, and where its answers say what.

Bodies are templates: in each text, `{to}` (E.164), `{to_digits}` (without +), `{body}` and `{id}` are replaced, once and by
value, after the template was read, so that no text of a message can change its form. Paths into JSON are names and numbers
joined by points: « messages.0.id ».
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

from isoloir.messaging.errors import NumberRefused, ProviderBusy, ProviderUnsure, ReceiptRefused

from . import LONGEST_IDENTIFIER, Pushed, Receipt, SmsBackend
from .calls import Answer, call, require_success, require_tls

_MOST_MEMBERS = 50
_MOST_RECEIPTS = 100
_REASON = re.compile(r"[^A-Za-z0-9._-]", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class HttpBackend(SmsBackend):
    """A provider asked by one call for each message. `headers` hold its secrets, and `body` may: neither is in the repr.

    `id_path` finds the identifier; with `status_path`, a message is taken when the status is in `taken`, its number is refused
    when it is in `refused`. `refused_statuses` are HTTP statuses that refuse the number. `receipt_*` read what it pushes and,
    with `poll_url` (with `{id}`), what it answers when asked.
    """

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    format: Literal["json", "form", "query"] = "json"
    id_path: str = ""
    status_path: str = ""
    taken: tuple[str, ...] | list[str] = ()
    refused: tuple[str, ...] | list[str] = ()
    refused_statuses: tuple[int, ...] | list[int] = ()
    receipts_path: str = ""
    receipt_id_path: str = ""
    receipt_status_path: str = ""
    receipt_reason_path: str = ""
    delivered: tuple[str, ...] | list[str] = ()
    undelivered: tuple[str, ...] | list[str] = ()
    poll_url: str = ""
    name: str = "http"

    def __post_init__(self) -> None:
        for address in (self.url, self.poll_url):
            if address:
                require_tls(address)
        if self.method not in ("POST", "PUT", "GET") or self.format not in ("json", "form", "query"):
            raise TypeError("method or format")
        if self.format != "json" and not isinstance(self.body, Mapping):
            raise TypeError("body")

    @property
    def gives_receipts(self) -> bool:  # type: ignore[override]
        """Tell whether the settings say how a receipt is read."""
        return bool(self.receipt_status_path and self.delivered)

    def send(self, *, to: str, body: str) -> str:
        address, headers, content = self._compose({"to": to, "to_digits": to.removeprefix("+"), "body": body})
        answer = call(self.method, address, headers=headers, body=content)
        if answer.status in self.refused_statuses:
            raise NumberRefused(f"status-{answer.status}")
        return self._taken(require_success(answer))

    def _compose(self, values: Mapping[str, str]) -> tuple[str, dict[str, str], bytes]:
        filled = _fill(self.body, values)
        headers = {**self.headers}
        if self.format == "json":
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
            return self.url, headers, json.dumps(filled).encode()
        pairs = urlencode({name: str(value) for name, value in filled.items()})
        if self.format == "query":
            return f"{self.url}{'&' if '?' in self.url else '?'}{pairs}", headers, b""
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return self.url, headers, pairs.encode()

    def _taken(self, answer: Answer) -> str:
        """Return the identifier that an answer gives. Raises ProviderFault when it does not say that the message was taken."""
        if not self.id_path and not self.status_path:
            return ""
        members = answer.json()
        if self.status_path:
            status = _text_at(members, self.status_path)
            if status in self.refused:
                raise NumberRefused(_code(status or ""))
            if status is None:
                raise ProviderUnsure("answer-malformed")
            if status not in self.taken:
                raise ProviderBusy(_code(status))
        identifier = _text_at(members, self.id_path) if self.id_path else ""
        if identifier is None or len(identifier) > LONGEST_IDENTIFIER:
            raise ProviderUnsure("answer-malformed")
        return identifier

    def poll(self, identifiers: Sequence[str]) -> list[Receipt]:
        receipts: list[Receipt] = []
        for identifier in identifiers if self.poll_url else ():
            address = self.poll_url.replace("{id}", quote(identifier, safe=""))
            answer = call("GET", address, headers=self.headers)
            if answer.status != 404:
                members = require_success(answer).json()
                status = _text_at(members, self.receipt_status_path)
                receipts.append(self._receipt(identifier, status, members))
        return receipts

    def read_receipt(self, pushed: Pushed) -> list[Receipt]:
        if not self.gives_receipts:
            raise ReceiptRefused(self.name)
        members = _pushed_members(pushed)
        listed = _at(members, self.receipts_path) if self.receipts_path else [members]
        if not isinstance(listed, list) or len(listed) > _MOST_RECEIPTS:
            raise ReceiptRefused("list")
        receipts = []
        for one in listed:
            identifier = _text_at(one, self.receipt_id_path)
            status = _text_at(one, self.receipt_status_path)
            if not identifier or len(identifier) > LONGEST_IDENTIFIER or status is None:
                raise ReceiptRefused("members")
            receipts.append(self._receipt(identifier, status, one))
        return receipts

    def _receipt(self, identifier: str, status: str | None, members: Any) -> Receipt:
        if status in self.delivered:
            return Receipt(identifier, is_delivered=True)
        if status in self.undelivered:
            reason = _text_at(members, self.receipt_reason_path) if self.receipt_reason_path else status
            return Receipt(identifier, is_delivered=False, reason=_code(reason or status or ""))
        return Receipt(identifier, is_delivered=None)


def _pushed_members(pushed: Pushed) -> Any:
    try:
        if pushed.media_type == "application/json":
            return json.loads(pushed.body.decode())
        if pushed.media_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(pushed.body.decode(), max_num_fields=_MOST_MEMBERS))
    except (ValueError, RecursionError):
        raise ReceiptRefused("malformed") from None
    return dict(pushed.query)


def _fill(template: Any, values: Mapping[str, str]) -> Any:
    """Return the template with each mark replaced in its texts; what replaces a mark is never read as a template."""
    if isinstance(template, str):
        pattern = "|".join(re.escape(f"{{{name}}}") for name in values)
        return re.sub(pattern, lambda found: values[found[0][1:-1]], template)
    if isinstance(template, Mapping):
        return {name: _fill(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [_fill(value, values) for value in template]
    return template


def _at(members: Any, path: str) -> Any:
    """Return what is at a path, None when nothing is."""
    for step in path.split("."):
        if isinstance(members, dict):
            members = members.get(step)
        elif isinstance(members, list) and step.isascii() and step.isdigit() and int(step) < len(members):
            members = members[int(step)]
        else:
            return None
    return members


def _text_at(members: Any, path: str) -> str | None:
    found = _at(members, path)
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int) else None


def _code(text: str) -> str:
    """Return a code without what could be a number or a sentence in a text of the provider's."""
    return _REASON.sub("-", text)[:20] if not re.search(r"[0-9]{6}", text) else "unreadable"
