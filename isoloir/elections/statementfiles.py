"""Statements as PDF: checked like any file that comes from outside, kept once, given back only as they were taken."""

import hashlib
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from isoloir.common.csvfiles import CsvFile
from isoloir.uploads.actions import CheckedFile, Purpose, check_upload
from isoloir.uploads.errors import UploadRefused

from .models import StatementFile


class StatementDamaged(Exception):
    """The bytes in the database are not those that were taken: they are given to nobody."""


def statement_pdf_for(file: CsvFile, line: int, name: str, files: Mapping[str, bytes]) -> CheckedFile | None:
    """Return the checked PDF that a line names; a fault is noted, and None returned, when it is missing or not right."""
    content = files.get(name)
    if content is None:
        file.fault(line, "statement_pdf", _("Ce fichier n’est pas parmi les fichiers joints."))
        return None
    try:
        return check_upload(content, name=name, purpose=Purpose.STATEMENT)
    except UploadRefused as refusal:
        file.fault(line, "statement_pdf", refusal.message)
        return None


def keep_statements(checked: Iterable[CheckedFile]) -> dict[str, StatementFile]:
    """Return the rows of these files by SHA-256, making those that are new. Rows of files that no list names stay."""
    by_hash = {each.sha256: each for each in checked}
    StatementFile.objects.bulk_create(
        [
            StatementFile(sha256=each.sha256, content=each.content, size=len(each.content), pages=each.pages)
            for each in by_hash.values()
        ],
        ignore_conflicts=True,
    )
    return {row.sha256: row for row in StatementFile.objects.filter(sha256__in=by_hash).defer("content")}


def forget_unused_statements() -> None:
    """Remove the files that no list names any more."""
    StatementFile.objects.filter(lists=None).delete()


def statement_content(sha256: str) -> bytes | None:
    """Return the PDF whose SHA-256 the candidate bundle gives, or None when there is none.

    Raises StatementDamaged when the bytes kept have another hash: the bundle that was sealed speaks of other bytes.
    """
    content = StatementFile.objects.filter(sha256=sha256).values_list("content", flat=True).first()
    if content is None:
        return None
    if hashlib.sha256(bytes(content)).hexdigest() != sha256:
        raise StatementDamaged(sha256)
    return bytes(content)
