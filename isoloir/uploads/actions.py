"""Taking a file that a person sends: checked first, sealed while it rests, opened for who may read it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret

from .errors import UploadRefused
from .models import StoredFile
from .names import plain_name
from .pdf import read_pdf
from .pictures import picture_again
from .sentences import sentence

# The key of files at rest: without it, a copy of the database holds no evidence that anybody can read.
KEY_NAME = "upload-key"
_MIB = 1024 * 1024


class Purpose(StrEnum):
    """What a file is for: which formats and sizes are taken."""

    EVIDENCE = "evidence"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class _Rule:
    formats: tuple[str, ...]
    largest: int
    pages: int
    with_text: bool
    # Seconds to wait for a turn: somebody waits before a page, an import may wait behind the files of many.
    patience: float


RULES = {
    Purpose.EVIDENCE: _Rule(("PDF", "PNG", "JPEG"), 5 * _MIB, 100, with_text=False, patience=2),
    Purpose.STATEMENT: _Rule(("PDF",), 3 * _MIB, 8, with_text=True, patience=60),
}
_MEDIA = {"PDF": ("application/pdf", ".pdf"), "PNG": ("image/png", ".png"), "JPEG": ("image/jpeg", ".jpg")}
_FOREIGN = (
    (b"PK\x03\x04", "archive"), (b"PK\x05\x06", "archive"), (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"), (b"\xd0\xcf\x11\xe0", "archive"), (b"MZ", "program"), (b"\x7fELF", "program"),
    (b"#!", "program"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was checked: its plain name, its type, the bytes to keep, their SHA-256, its pages (1 for a picture)."""

    name: str
    media_type: str
    content: bytes
    sha256: str
    pages: int


@dataclass(frozen=True, slots=True)
class OpenedUpload:
    """A stored file, opened."""

    name: str
    media_type: str
    content: bytes


def check_upload(content: bytes, *, name: str, purpose: Purpose) -> CheckedFile:
    """Check a file by what it holds, whatever its name says. Raises UploadRefused, with the sentence of what is wrong.

    Pictures are returned encoded anew. A PDF is returned as it came: it holds no program, no action, no other file, no
    form, no media, no encryption and nothing after its end.
    """
    rule = RULES[purpose]
    if not content:
        raise UploadRefused("empty", sentence("empty"))
    if len(content) > rule.largest:
        raise UploadRefused("large", sentence("large", maximum=f"{rule.largest // _MIB}\u00a0Mio"))
    form = _format_of(content, rule)
    media_type, suffix = _MEDIA[form]
    plain = plain_name(name, suffix=suffix)
    pages = 1
    if form == "PDF":
        pages = read_pdf(content, with_text=rule.with_text, patience=rule.patience)
        if pages > rule.pages:
            raise UploadRefused("many_pages", sentence("many_pages", maximum=rule.pages))
    else:
        content = picture_again(content, form=form, patience=rule.patience)
    return CheckedFile(plain, media_type, content, hashlib.sha256(content).hexdigest(), pages)


def _format_of(content: bytes, rule: _Rule) -> str:
    starts = {"PDF": b"%PDF-", "PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
    for form in rule.formats:
        if content.startswith(starts[form]):
            return form
    for start, code in _FOREIGN:
        if content.startswith(start):
            raise UploadRefused(code, sentence(code))
    beginning = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if beginning.startswith(b"<") and any(mark in beginning for mark in (b"<svg", b"<html", b"<!doctype", b"<?xml")):
        raise UploadRefused("drawing", sentence("drawing"))
    raise UploadRefused("unknown", sentence("unknown", formats=", ".join(rule.formats)))


def store_upload(*, checked: CheckedFile, at: datetime) -> StoredFile:
    """Keep a checked file, sealed: its name, its type and its bytes are readable with the portal's key only."""
    heading = json.dumps({"name": checked.name, "media_type": checked.media_type}).encode()
    plain = len(heading).to_bytes(4, "big") + heading + checked.content
    sealed = bytes(SecretBox(ensure_secret(KEY_NAME, size=SecretBox.KEY_SIZE)).encrypt(plain))
    return StoredFile.objects.create(sealed=sealed, size=len(checked.content), stored_at=at)


def open_upload(stored: StoredFile) -> OpenedUpload:
    """Return a stored file. Raises nacl.exceptions.CryptoError when it, or the key, is not what it was."""
    plain = SecretBox(ensure_secret(KEY_NAME, size=SecretBox.KEY_SIZE)).decrypt(bytes(stored.sealed))
    end = 4 + int.from_bytes(plain[:4], "big")
    heading = json.loads(plain[4:end])
    return OpenedUpload(heading["name"], heading["media_type"], plain[end:])
