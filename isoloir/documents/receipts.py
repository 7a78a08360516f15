"""The voter's receipt as a PDF (article R211-568): what the portal signed, and how to check it.

It holds the contest, the reference of the ballot and the hour, never the choice.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from isoloir.documents.errors import DocumentRefused
from isoloir.documents.paris_time import paris_text
from isoloir.documents.qr import qr_svg
from isoloir.documents.typesetting import typeset


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """A signed receipt, ready to print.

    `tracker` and `fingerprint` are unpadded base64 (43 characters); `text` is the exact text that was signed;
    `signature` is base64 and `key` 64 hexadecimal digits; `cast_at` is aware; `verification_url` is the public page
    where a reference is looked up, without fragment.
    """

    election: str
    contest: str
    tracker: str
    fingerprint: str
    cast_at: datetime
    text: str
    signature: str
    key: str
    verification_url: str
    language: Literal["fr", "en"] = "fr"


def tracker_url(verification_url: str, tracker: str) -> str:
    """Return the address in the QR code: the reference is in the fragment, which a browser never sends to a server."""
    return f"{verification_url.partition('#')[0]}#{tracker}"


def compose_receipt(receipt: PrintedReceipt) -> bytes:
    """Return the receipt as a PDF/UA-1 file.  Raises DocumentRefused, DocumentNotComposed."""
    if receipt.language not in {"fr", "en"}:
        raise DocumentRefused("a receipt is written in French (fr) or in English (en)")
    return typeset(
        "receipt",
        {
            "language": receipt.language,
            "election": receipt.election,
            "contest": receipt.contest,
            "tracker": receipt.tracker,
            "fingerprint": receipt.fingerprint,
            "cast_at": paris_text(receipt.cast_at, language=receipt.language, seconds=True),
            "text": receipt.text,
            "signature": receipt.signature,
            "key": receipt.key,
            "verification_url": receipt.verification_url,
            "qr": qr_svg(tracker_url(receipt.verification_url, receipt.tracker)),
        },
        attachment=_exact_receipt(receipt),
    )


def _exact_receipt(receipt: PrintedReceipt) -> bytes:
    """Return the attached file: print may change a rare letter or a space, and the signature covers exact bytes."""
    exact = {"text": receipt.text, "signature": receipt.signature, "key": receipt.key}
    return json.dumps(exact, ensure_ascii=False, separators=(",", ":")).encode()
