"""Forms of the console: files, and the calendar in Paris time."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from isoloir.common.archives import read_archive_files
from isoloir.common.errors import Faults
from isoloir.elections.actions import LONGEST_GRACE, Calendar, calendar_of
from isoloir.elections.imports import CANDIDATES_FILE, CONTESTS_FILE, LISTS_FILE
from isoloir.elections.models import Election
from isoloir.pollingstation.files import LARGEST_FILES, MOST_FILES
from isoloir.pollingstation.imports import MEMBERS_FILE, STATIONS_FILE
from isoloir.roll.imports import VOTERS_FILE

_LARGEST_TABLE = 16 * 1024 * 1024
_LARGEST_ATTACHMENTS = 128 * 1024 * 1024
_CSV = {"accept": ".csv,text/csv"}
_ZIP = {"accept": ".zip,application/zip"}


class BoundedFileField(forms.FileField):
    """A file of at most `maximum_bytes`; an empty file is let through, for the import to name it beside other faults."""

    def __init__(self, *, maximum_bytes: int, accept: dict[str, str], **options: Any) -> None:
        super().__init__(allow_empty_file=True, widget=forms.FileInput(attrs=accept), **options)
        self.maximum_bytes = maximum_bytes

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if isinstance(upload, UploadedFile) and (upload.size or 0) > self.maximum_bytes:
            facts = {"size": self.maximum_bytes // (1024 * 1024)}
            raise forms.ValidationError(_("Ce fichier dépasse %(size)d Mio.") % facts)
        return upload


def _table(label: Any, *, maximum_bytes: int = _LARGEST_TABLE) -> BoundedFileField:
    return BoundedFileField(label=label, required=False, maximum_bytes=maximum_bytes, accept=_CSV)


class ImportForm(forms.Form):
    """The files of the election: any of them, those that go together together."""

    stations = _table(gettext_lazy("Bureaux de vote (stations.csv)"))
    members = _table(gettext_lazy("Membres des bureaux (members.csv)"))
    contests = _table(gettext_lazy("Scrutins (contests.csv)"))
    lists = _table(gettext_lazy("Listes et sigles (lists.csv)"))
    candidates = _table(gettext_lazy("Candidats (candidates.csv)"))
    attachments = BoundedFileField(
        label=gettext_lazy("Logos et professions de foi (archive zip)"),
        required=False,
        maximum_bytes=_LARGEST_ATTACHMENTS,
        accept=_ZIP,
    )
    voters = _table(gettext_lazy("Liste électorale (voters.csv)"), maximum_bytes=LARGEST_FILES)

    _NAMES = {
        "stations": STATIONS_FILE, "members": MEMBERS_FILE, "contests": CONTESTS_FILE, "lists": LISTS_FILE,
        "candidates": CANDIDATES_FILE, "voters": VOTERS_FILE,
    }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(_("Choisissez au moins un fichier."))
        return cleaned

    def files_by_name(self) -> dict[str, bytes]:
        """Return the content of each file under the name that the import knows. Raises ImportRefused (a bad archive)."""
        faults = Faults()
        files: dict[str, bytes] = {}
        archive = self.cleaned_data["attachments"]
        if archive:
            files = read_archive_files(
                archive.read(), name=archive.name, maximum_files=MOST_FILES, maximum_bytes=_LARGEST_ATTACHMENTS,
                faults=faults,
            )  # fmt: skip
            faults.refuse_if_any()
        for field, name in self._NAMES.items():
            if self.cleaned_data[field]:
                files[name] = self.cleaned_data[field].read()
        return files


# What the credential authority writes for the registrar and for nobody else.
_REGISTRAR_FILES = ("people.csv", "tag-key")


class SlotsForm(forms.Form):
    """The answer of the credential authority."""

    archive = BoundedFileField(
        label=gettext_lazy("Dossier « portal » de l’autorité de codes (archive zip)"),
        help_text=gettext_lazy("Le dossier « portal » seulement : le dossier « private » contient les codes de vote."),
        maximum_bytes=LARGEST_FILES,
        accept=_ZIP,
    )

    def files_by_name(self) -> dict[str, bytes]:
        """Return the files by name, without their folder. Raises ImportRefused, above all when the codes are among them."""
        faults = Faults()
        archive = self.cleaned_data["archive"]
        files = read_archive_files(
            archive.read(), name=archive.name, maximum_files=MOST_FILES, maximum_bytes=2 * LARGEST_FILES, faults=faults
        )
        if any(name.endswith((".age", "codes.csv")) or "private/" in name for name in files):
            # The portal must never learn a code: nothing of this archive is kept, and its sender must know.
            message = _("Cette archive contient les codes de vote : elle ne devait jamais parvenir au portail. Rien n’en est gardé ; émettez de nouveaux codes.")  # fmt: skip
            faults.add(archive.name, None, "", message)
        elif any(_is_for_registrar(name) for name in files):
            # It joins the places of one person, even after the portal has destroyed its own way to do so.
            message = _("Cette archive contient le dossier « registrar » : il dit quelles places sont à une même personne, et n’est que pour le service d’enregistrement. Rien n’en est gardé ; détruisez les copies faites pour l’envoyer, et émettez de nouveaux codes.")  # fmt: skip
            faults.add(archive.name, None, "", message)
        faults.refuse_if_any()
        return {name.rpartition("/")[2]: content for name, content in files.items()}


def _is_for_registrar(name: str) -> bool:
    """Tell whether a file of the credential authority is of the folder `registrar`, with its folder or without."""
    *folders, file = name.split("/")
    return "registrar" in folders or file in _REGISTRAR_FILES or file.startswith("rights-")


class CalendarForm(forms.Form):
    """The dates of the election, typed in Paris time; one that a change of hour makes ambiguous is refused."""

    portal_opens_at = forms.DateTimeField(label=gettext_lazy("Ouverture du portail"))
    rolls_shown_at = forms.DateTimeField(label=gettext_lazy("Affichage des listes électorales"), required=False)
    lists_shown_at = forms.DateTimeField(label=gettext_lazy("Affichage des listes de candidats"))
    voting_opens_at = forms.DateTimeField(label=gettext_lazy("Ouverture du vote"))
    voting_closes_at = forms.DateTimeField(label=gettext_lazy("Fermeture du vote"))
    grace = forms.IntegerField(
        label=gettext_lazy("Délai de grâce, en minutes"),
        help_text=gettext_lazy("Laissé après la fermeture aux électeurs déjà identifiés : 30 minutes au plus."),
        min_value=0,
        max_value=int(LONGEST_GRACE.total_seconds()) // 60,
    )
    lists_drawn_on = forms.DateField(
        label=gettext_lazy("Jour d’un tirage au sort des listes fait ailleurs"),
        required=False,
        help_text=gettext_lazy(
            "Il sera dit déclaré, et non vérifiable. Laissez vide si l’ordre se tire ici, page Tirage."
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *arguments: Any, election: Election, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.election = election
        if election.draw_announcements.exists():
            # A day typed by hand says nothing more once the draw is announced here.
            del self.fields["lists_drawn_on"]
        for field in self.fields.values():
            if isinstance(field, forms.DateTimeField):
                field.widget = forms.DateTimeInput(
                    attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
                )
                field.help_text = _("Heure de Paris.")
        self.fields["rolls_shown_at"].help_text = _("Heure de Paris ; vide : dès l’ouverture du portail.")

    @classmethod
    def initial_of(cls, election: Election) -> dict[str, Any]:
        """Return the dates that the election has now, as the form shows them."""
        calendar = calendar_of(election)
        values = {name: getattr(calendar, name) for name in cls.base_fields}
        return values | {"grace": int(calendar.grace.total_seconds()) // 60}

    def calendar(self) -> Calendar:
        """Return the calendar that was typed."""
        values = {"lists_drawn_on": self.election.lists_drawn_on} | self.cleaned_data
        return Calendar(**values | {"grace": timedelta(minutes=values["grace"])})
