"""Providers of text messages in this process, whose answers a test writes."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from isoloir.messaging.actions import queue_sms
from isoloir.messaging.models import Message
from isoloir.messaging.sms import Receipt, SmsBackend
from tests.factories import DURING

# The Arcep keeps these for fiction (decision 2022-2149); nobody has them.
FICTIONAL = "+33639980001"


class ScriptedBackend(SmsBackend):
    """A provider that raises the next fault of its script for each message, or takes it."""

    script: ClassVar[dict[str, list[Exception | None]]] = {}
    fault: ClassVar[dict[str, Exception]] = {}
    shown: ClassVar[list[tuple[str, str, str]]] = []
    receipts: ClassVar[list[Receipt]] = []
    asked: ClassVar[list[str]] = []
    meanwhile: ClassVar[Callable[[], object] | None] = None

    def __init__(self, *, name: str, gives_receipts: bool = True) -> None:
        self.name, self.gives_receipts = name, gives_receipts

    def send(self, *, to: str, body: str) -> str:
        cls = ScriptedBackend
        cls.shown.append((self.name, to, body))
        if cls.meanwhile is not None:
            meanwhile, cls.meanwhile = cls.meanwhile, None
            meanwhile()
        script = cls.script.get(self.name)
        fault = script.pop(0) if script else cls.fault.get(self.name)
        if fault is not None:
            raise fault
        return f"{self.name}-{len(cls.shown)}"

    def poll(self, identifiers: Sequence[str]) -> list[Receipt]:
        ScriptedBackend.asked.extend(identifiers)
        if self.name in ScriptedBackend.fault:
            raise ScriptedBackend.fault[self.name]
        return [receipt for receipt in ScriptedBackend.receipts if receipt.identifier in identifiers]

    @classmethod
    def clear(cls) -> None:
        cls.script, cls.fault, cls.shown, cls.receipts, cls.asked, cls.meanwhile = {}, {}, [], [], [], None


def shown_by() -> list[str]:
    """Return which provider was shown each message, in order."""
    return [name for name, _to, _body in ScriptedBackend.shown]


def queue_texts(count: int, *, at: Any = DURING) -> list[Message]:
    return [
        queue_sms(kind="link", recipient_e164=f"+3363998{number:04d}", body=f"Lien {number}", at=at)
        for number in range(count)
    ]
