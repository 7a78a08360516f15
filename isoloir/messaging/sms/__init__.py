"""Providers of text messages: what one does, and those that the setting SMS_BACKENDS names, in their order."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from isoloir.messaging.errors import ReceiptRefused

# By their short names; any other is the dotted path of a class.
_KNOWN = {
    "console": "isoloir.messaging.sms.console.ConsoleBackend",
    "http": "isoloir.messaging.sms.generic.HttpBackend",
    "ovh": "isoloir.messaging.sms.ovh.OvhBackend",
}
LONGEST_IDENTIFIER = 100


@dataclass(frozen=True)
class Receipt:
    """What a provider says of one message: delivered, undelivered with its reason (20 characters), or still under way."""

    identifier: str
    # True: delivered; False: it never will be; None: not known yet.
    is_delivered: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Pushed:
    """What a provider sent to the address of receipts: members of the query, media type in lower case, whole body."""

    query: Mapping[str, str]
    media_type: str
    body: bytes


class SmsBackend(ABC):
    """A provider. Made of its settings as keywords, `name` among them (20 characters); its repr shows no secret."""

    name: str
    # Whether receipts come, pushed or asked for: without them, nothing is known beyond « sent ».
    gives_receipts: bool

    @abstractmethod
    def send(self, *, to: str, body: str) -> str:
        """Hand over one message for a number in E.164; return the provider's identifier, or "". Raises ProviderFault."""

    def poll(self, identifiers: Sequence[str]) -> list[Receipt]:
        """Ask what became of messages; without an answer to give, return nothing. Raises ProviderFault."""
        del identifiers
        return []

    def read_receipt(self, pushed: Pushed) -> list[Receipt]:
        """Read what came to the address of receipts. Raises ReceiptRefused."""
        del pushed
        raise ReceiptRefused(self.name)


def sms_backends() -> tuple[SmsBackend, ...]:
    """Return the providers in the order in which they are asked; none where the setting is empty."""
    return _backends()


def sms_backend(name: str) -> SmsBackend | None:
    """Return the provider of that name."""
    return next((backend for backend in _backends() if backend.name == name), None)


@cache
def _backends() -> tuple[SmsBackend, ...]:
    made = tuple(_make(dict(members)) for members in settings.SMS_BACKENDS)
    names = [backend.name for backend in made]
    if len(set(names)) != len(names) or any(not 0 < len(name) <= 20 for name in names):
        raise ImproperlyConfigured("SMS_BACKENDS : chaque fournisseur porte un nom à lui, de 20 caractères au plus.")
    return made


def _make(members: dict[str, Any]) -> SmsBackend:
    path = members.pop("backend")
    members.setdefault("name", path.rpartition(".")[2])
    try:
        backend: SmsBackend = import_string(_KNOWN.get(path, path))(**members)
    except TypeError:
        # Its text could quote a setting.
        raise ImproperlyConfigured(f"SMS_BACKENDS : les réglages de « {path} » ne conviennent pas.") from None
    return backend


def _forget(*, setting: str, **_others: Any) -> None:
    if setting == "SMS_BACKENDS":
        _backends.cache_clear()


setting_changed.connect(_forget, dispatch_uid="isoloir.messaging.sms")
