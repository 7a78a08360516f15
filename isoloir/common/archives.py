"""Reading zip files brought from outside: bounded in number and size, with plain names only."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from .errors import Faults

_READ = 64 * 1024


def is_plain_name(name: str) -> bool:
    """Say whether `name` is a relative path that stays where it is put: no `..`, no root, no drive, nothing invisible."""
    path = PurePosixPath(name)
    return (
        0 < len(name) <= 200
        and name.isprintable()
        and not path.is_absolute()
        and not {"..", "."} & set(name.split("/"))
        and "" not in name.split("/")
        and not set(name) & set('\\:*?"<>|')
    )


def read_archive_files(
    content: bytes, *, name: str, maximum_files: int, maximum_bytes: int, faults: Faults
) -> dict[str, bytes]:
    """Return the files of a zip by their name inside it. Faults are noted under `name`, and then what is returned is partial.

    `maximum_bytes` bounds the sum of the sizes once inflated; what is announced is not believed, what is inflated counts.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        faults.add(name, None, "", _("Ce fichier n’est pas une archive zip lisible."))
        return {}
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > maximum_files:
        faults.add(name, None, "", _("L’archive a plus de %(maximum)d fichiers.") % {"maximum": maximum_files})
        return {}
    files: dict[str, bytes] = {}
    left = maximum_bytes
    for entry in entries:
        if not is_plain_name(entry.filename) or entry.filename in files:
            faults.add(name, None, "", _("L’archive a un nom de fichier interdit ou présent deux fois."))
            continue
        inflated = _inflated(archive, entry, left)
        if inflated is None:
            faults.add(name, None, entry.filename, _("Ce fichier de l’archive est chiffré, abîmé ou trop gros."))
            return files
        left -= len(inflated)
        files[entry.filename] = inflated
    return files


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes | None:
    """Return the bytes of one entry, or None when it is encrypted, damaged or longer than `left`."""
    if entry.flag_bits & 0x1 or entry.file_size > left:
        return None
    content = bytearray()
    try:
        with archive.open(entry) as stream:
            while block := stream.read(_READ):
                content += block
                if len(content) > left:
                    return None
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, RuntimeError, zlib.error):
        return None
    return bytes(content)


def write_archive(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
