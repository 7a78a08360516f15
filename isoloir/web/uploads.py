"""Files that people join to a form, and files given back to who may read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from isoloir.identity.errors import FilesCrowded
from isoloir.identity.filesending import begin_sending
from isoloir.uploads.actions import RULES, CheckedFile, OpenedUpload, Purpose, check_upload
from isoloir.uploads.errors import UploadRefused

MOST_FILES = 3


class AttachmentsInput(forms.FileInput):
    """The control of several files."""

    allow_multiple_selected = True


class AttachmentsField(forms.FileField):
    """Up to three files of a `FormWithFiles`; once its form is valid, a list of `CheckedFile`, empty when none was joined."""

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

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # noqa: ARG002  Django passes it.
        """Count the files; their bytes are read by `check`, when nothing else is wrong. Raises ValidationError."""
        files: Sequence[UploadedFile[Any]] = data if isinstance(data, (list, tuple)) else [data] if data else []
        if not files and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > self.most:
            raise ValidationError(self.error_messages["many"] % {"maximum": self.most}, code="many")
        return list(files)

    def check(self, files: "Sequence[UploadedFile[Any]]") -> list[CheckedFile]:
        """Check each file. Raises ValidationError with a sentence for each that is refused, which names it as it was sent."""
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


class FormWithFiles(forms.Form):
    """A form with an `AttachmentsField` named `attachments`, read last: after the other fields, a CAPTCHA and the pace.

    Reading a file costs seconds of a processor: nobody gets that for a form that is wrong anyway. Stands before
    `CaptchaForm` among the bases of a form that has both. `network` is the IP address that sends.
    """

    def __init__(self, *arguments: Any, network: str, sent_at: datetime, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._network, self._sent_at = network, sent_at

    def full_clean(self) -> None:
        super().full_clean()
        field = self.fields["attachments"]
        if not isinstance(field, AttachmentsField) or not self.is_valid() or not self.cleaned_data["attachments"]:
            return
        try:
            begin_sending(network=self._network, at=self._sent_at)
            self.cleaned_data["attachments"] = field.check(self.cleaned_data["attachments"])
        except FilesCrowded as crowded:
            self.add_error("attachments", crowded.message)
        except ValidationError as refused:
            self.add_error("attachments", refused)


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
