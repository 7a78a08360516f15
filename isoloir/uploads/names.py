"""Names of files: what somebody reads before they open one."""

import unicodedata

from isoloir.common.characters import is_forbidden

from .errors import UploadRefused
from .sentences import sentence

LONGEST_NAME = 100


def plain_name(name: str, *, suffix: str) -> str:
    """Return the name in normal form C, without folders, ending as its content is (`suffix`, with its dot).

    Raises UploadRefused for characters that nobody sees or that turn the direction of reading: « annexe\u202efdp.exe »
    would be read « annexeexe.pdf ».
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2].strip()
    if any(is_forbidden(character) or character in "\t\n" for character in last):
        raise UploadRefused("name_hidden", sentence("name_hidden"))
    stem, dot, ending = last.rpartition(".")
    known = f".{ending.lower()}" in _SUFFIXES
    plain = (stem if dot and known else last).strip(" .") or "document"
    # What a system of files or a header would read as a sign of its own.
    plain = "".join("_" if character in '<>:"|?*%;' else character for character in plain)
    if len(plain + suffix) > LONGEST_NAME:
        raise UploadRefused("name_long", sentence("name_long", maximum=LONGEST_NAME))
    return plain + suffix


_SUFFIXES = {".pdf", ".png", ".jpg", ".jpeg", ".jpe", ".jfif"}
