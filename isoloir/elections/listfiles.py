"""The files that come with the lists: logos and statements, brought into one form so that all lists are shown alike."""

import io
import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from isoloir.common.csvfiles import CsvFile

# Every logo is drawn in the same box: no list is larger than another (equality of candidates, R211-564).
LOGO_BOX = (320, 160)
LOGO_COLOURS = 64
LARGEST_LOGO_BYTES = 2 * 1024 * 1024
LARGEST_LOGO_SIDE = 4000
LARGEST_ENCODED_LOGO_BYTES = 128 * 1024
LARGEST_STATEMENT_BYTES = 64 * 1024
LONGEST_STATEMENT = 15_000


def logo_for(file: CsvFile, line: int, name: str, files: Mapping[str, bytes]) -> bytes:
    """Return the logo as a PNG of LOGO_BOX; a fault is noted, and nothing returned, when it is missing or not right."""
    content = files.get(name)
    if content is None:
        file.fault(line, "logo_file", _("Ce fichier n’est pas parmi les fichiers joints."))
        return b""
    if len(content) > LARGEST_LOGO_BYTES:
        file.fault(line, "logo_file", _("Ce logo dépasse 2 Mio."))
        return b""
    encoded = _boxed(content)
    if encoded is None:
        message = _("Ce logo n’est pas une image PNG lisible de %(side)d pixels de côté au plus.")
        file.fault(line, "logo_file", message % {"side": LARGEST_LOGO_SIDE})
        return b""
    if len(encoded) > LARGEST_ENCODED_LOGO_BYTES:
        file.fault(line, "logo_file", _("Ce logo reste trop lourd une fois réduit : simplifiez l’image."))
    return encoded


def _boxed(content: bytes) -> bytes | None:
    """Decode the image and encode it anew, centred in the box: nothing of the file itself is served to voters."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            # The size is read from the header: a decompression bomb is refused before any pixel is inflated.
            if max(image.size) > LARGEST_LOGO_SIDE or min(image.size) < 1:
                return None
            image.load()
            picture = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    picture.thumbnail(LOGO_BOX, Image.Resampling.LANCZOS)
    box = Image.new("RGBA", LOGO_BOX, (255, 255, 255, 0))
    box.alpha_composite(picture, ((LOGO_BOX[0] - picture.width) // 2, (LOGO_BOX[1] - picture.height) // 2))
    stream = io.BytesIO()
    # A logo has few colours: 64 of them, transparency among them, look the same and weigh a quarter.
    few = box.quantize(LOGO_COLOURS, method=Image.Quantize.FASTOCTREE)
    few.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def statement_for(file: CsvFile, line: int, name: str, files: Mapping[str, bytes]) -> str:
    """Return the statement (« profession de foi ») as paragraphs separated by one empty line; faults are noted."""
    content = files.get(name)
    if content is None:
        file.fault(line, "statement_file", _("Ce fichier n’est pas parmi les fichiers joints."))
        return ""
    try:
        text = content.decode("utf-8-sig") if len(content) <= LARGEST_STATEMENT_BYTES else "x" * (LONGEST_STATEMENT + 1)
    except UnicodeDecodeError:
        file.fault(line, "statement_file", _("La profession de foi n’est pas un texte en UTF-8."))
        return ""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " ")
    if len(text) > LONGEST_STATEMENT:
        message = _("La profession de foi dépasse %(maximum)d caractères.") % {"maximum": LONGEST_STATEMENT}
        file.fault(line, "statement_file", message)
        return ""
    allowed = text.replace("\n", "").replace("\u00a0", "").replace("\u202f", "")
    if not allowed.isprintable():
        file.fault(line, "statement_file", _("La profession de foi contient un caractère de contrôle ou invisible."))
        return ""
    paragraphs = _paragraphs(text)
    if not paragraphs:
        file.fault(line, "statement_file", _("La profession de foi est vide."))
    return "\n\n".join(paragraphs)


def _paragraphs(text: str) -> list[str]:
    """Cut at empty lines; single line breaks stay, spaces at both ends of lines go."""
    lines = "\n".join(line.strip(" ") for line in text.split("\n"))
    while "\n\n\n" in lines:
        lines = lines.replace("\n\n\n", "\n\n")
    return [paragraph.strip("\n") for paragraph in lines.split("\n\n") if paragraph.strip("\n")]
