"""Receipts: what the voter keeps (R211-568). They never say the choice. docs/specification/receipt.md gives the format."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from isoloir.common.clock import utc_text
from isoloir.common.secretfiles import ensure_secret
from isoloir.elections.models import Contest

from .errors import ReceiptInvalid

_DOMAIN = b"isoloir-receipt-v1\n"
_MEMBERS = ("type", "version", "election", "contest", "contest_name", "fingerprint", "tracker", "cast_at")


@dataclass(frozen=True)
class Receipt:
    """The signed text, its Ed25519 signature (64 bytes) and the portal's public key (32 bytes)."""

    text: str
    signature: bytes
    key: bytes

    @property
    def fields(self) -> dict[str, str]:
        return {name: str(value) for name, value in json.loads(self.text).items()}

    @property
    def cast_at(self) -> datetime:
        return datetime.strptime(self.fields["cast_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)

    def as_json(self) -> dict[str, str]:
        return {"text": self.text, "signature": base64.b64encode(self.signature).decode(), "key": self.key.hex()}


def _signing_key() -> SigningKey:
    return SigningKey(ensure_secret("receipt-key"))


def receipt_key() -> bytes:
    """Return the public key under which receipts are signed (32 bytes)."""
    return bytes(_signing_key().verify_key)


def sign_receipt(*, contest: Contest, fingerprint: str, tracker: str, cast_at: datetime) -> Receipt:
    """Return the receipt; the same arguments give the same bytes, for Ed25519 signatures are deterministic (RFC 8032)."""
    values = (
        "isoloir-receipt", 1, contest.election.name, contest.uuid, contest.name, fingerprint, tracker, utc_text(cast_at)
    )  # fmt: skip
    text = json.dumps(dict(zip(_MEMBERS, values, strict=True)), ensure_ascii=False, separators=(",", ":"))
    key = _signing_key()
    return Receipt(text=text, signature=key.sign(_DOMAIN + text.encode()).signature, key=bytes(key.verify_key))


def check_receipt(*, text: str, signature: str) -> Receipt:
    """Return the receipt when this portal signed it. Raises ReceiptInvalid."""
    key = receipt_key()
    try:
        raw = base64.b64decode(signature, validate=True)
        VerifyKey(key).verify(_DOMAIN + text.encode(), raw)
    except (binascii.Error, ValueError, BadSignatureError, UnicodeEncodeError):
        raise ReceiptInvalid from None
    return Receipt(text=text, signature=raw, key=key)
