"""Files that people join to a form, and files given back to who may read them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from isoloir.uploads.actions import RULES, CheckedFile, OpenedUpload, Purpose, check_upload
from isoloir.uploads.errors import UploadRefused

MOST_FILES = 3


class AttachmentsInput(forms.FileInput):
    """The control of several files."""

    allow_multiple_selected = True


class AttachmentsField(forms.FileField):
    """Up to three files; cleaned, it is the list of `CheckedFile`, empty when none was joined.

    Each file that is refused gives one error, which names it as it was sent.
    """

    widget = AttachmentsInput
    default_error_messages = {"many": _("Joignez %(maximum)d fichiers au plus.")}

    def __init__(self, *, purpose: Purpose = Purpose.EVIDENCE, most: int = MOST_FILES, **options: Any) -> None:
        options.setdefault("label", _("Pièces jointes"))
        options.setdefault(
            "help_text", _("PDF, PNG ou JPEG, 5 Mio au plus chacun, trois fichiers au plus.") if most > 1 else ""
        )
        options.setdefault("required", False)
        super().__init__(**options)
        self.purpose = purpose
        self.most = most
        self.widget.attrs.setdefault("accept", ".pdf,.png,.jpg,.jpeg" if purpose == Purpose.EVIDENCE else ".pdf")
        self.widget.attrs.setdefault("multiple", most > 1)

    def clean(self, data: Any, initial: Any = None) -> list[CheckedFile]:  # noqa: ARG002  Django passes it.
        """Check each file. Raises ValidationError with a sentence for each that is refused."""
        files: Sequence[UploadedFile[Any]] = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not files and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > self.most:
            raise ValidationError(self.error_messages["many"] % {"maximum": self.most}, code="many")
        taken, refused = [], []
        for file in files:
            try:
                taken.append(self._checked(file))
            except UploadRefused as refusal:
                refused.append(ValidationError(f"{_shown(file.name or '')} : {refusal.message}", code=refusal.code))
        if refused:
            raise ValidationError(refused)
        return taken

    def _checked(self, file: "UploadedFile[Any]") -> CheckedFile:
        # One byte more than the bound is enough to know that a file is too large.
        content = file.read(RULES[self.purpose].largest + 1)
        return check_upload(content, name=file.name or "", purpose=self.purpose)


def _shown(name: str) -> str:
    """Return a name that a sentence may hold: the sentence, and not the name, decides how it is read."""
    return "".join(filter(str.isprintable, name))[:60]


def download(opened: OpenedUpload) -> HttpResponse:
    """Give a file to be saved, never shown within the portal: its bytes came from somebody else."""
    return HttpResponse(
        opened.content,
        content_type=opened.media_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=opened.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Robots-Tag": "noindex, nofollow, noarchive",
            "Cache-Control": "no-store",
        },
    )
