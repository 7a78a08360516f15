"""The child process that reads a PDF or a picture: bounded in memory and time before it looks at a byte.

Started by `reading.py` as a script, in a fresh interpreter without the portal: whatever a hostile file makes of it, it
holds no key and no connection. Its first word is the format, `PDF`, `PNG` or `JPEG`; `text` asks letters of each page.
Reads the file on its standard input; writes one line, `code pages`, where the code is `taken` or one of `pdf.CODES`, then,
for a picture taken, its bytes encoded anew. A file that kills it is refused for that.
"""

import io
import itertools
import os
import re
import resource
import sys
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

MEMORY = 768 * 1024 * 1024
SECONDS = 8
LARGEST_ANSWER = 32 * 1024 * 1024
MOST_OBJECTS = 100_000
# Everything that objects hold directly: one object may be as large as the file.
MOST_NODES = 200_000
# What a stream, and all of them, may inflate to: an A4 page scanned in colours at 600 dots per inch is 100 MB.
LARGEST_STREAM = 128 * 1024 * 1024
LARGEST_STREAMS = 512 * 1024 * 1024
DEEPEST = 200
_READ = 64 * 1024

# Pictures: what is kept stays legible as a page photographed; what is decoded is bounded before the first point.
LONGEST_SIDE = 3000
# A PNG is inflated whole, and a progressive JPEG too; any other JPEG is decoded at a fraction of its size.
MOST_POINTS, MOST_POINTS_BY_PARTS = 24_000_000, 120_000_000

# Actions that only show another page, or that the reader's browser asks about: all others are refused.
_QUIET_ACTIONS = {"/GoTo", "/URI", "/Named"}
_LOUD_ACTIONS = {
    "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/ResetForm", "/Rendition", "/Movie",
    "/Sound", "/Hide", "/SetOCGState", "/GoTo3DView", "/RichMediaExecute", "/Trans", "/Thread",
}  # fmt: skip
# Keys that bring something active wherever they stand, with the reason that the person reads.
_KEYS = {
    "/JS": "script", "/JavaScript": "script", "/AA": "action", "/EmbeddedFiles": "embedded", "/EF": "embedded",
    "/AF": "embedded", "/Collection": "embedded", "/XFA": "form", "/RichMediaContent": "media", "/Renditions": "media",
}  # fmt: skip
_SUBTYPES = {
    "/FileAttachment": "embedded", "/RichMedia": "media", "/Screen": "media", "/Movie": "media", "/Sound": "media",
    "/3D": "media", "/Widget": "form",
}  # fmt: skip


# An address without a scheme leads nowhere but to a name; of the others, those that every browser asks about or shows.
_SCHEME = re.compile(r"[\0-\x20]*([A-Za-z][A-Za-z0-9+.\-\0-\x20]*):")
_SAFE_SCHEMES = {"http", "https", "mailto"}


class Refused(Exception):
    """The file is not taken; the code says why."""


def bind() -> None:
    """Take away from this process what reading a file does not need. Nothing of the file was read yet."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The answer is written into memory that the portal reads whole.
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_ANSWER, LARGEST_ANSWER))


def look(content: bytes, *, with_text: bool) -> int:
    """Return the number of pages. Raises Refused."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise Refused("encrypted")
            _look_at_objects(pdf)
            _look_at_opening(pdf)
            pages = len(pdf.pages)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except pikepdf.PdfError:
        raise Refused("damaged") from None
    if not pages:
        raise Refused("damaged")
    if with_text:
        _look_for_text(content)
    return pages


def _look_at_opening(pdf: Any) -> None:
    """Opening may lead to a page of the file, as text processors write it, and do nothing else."""
    opening = pdf.Root.get("/OpenAction")
    action = opening if opening is not None and _is_dictionary(opening) else None
    if action is not None and (str(action.get("/S")) != "/GoTo" or "/Next" in action):
        raise Refused("action")
    form = pdf.Root.get("/AcroForm")
    if form is not None and (not _is_dictionary(form) or len(form.get("/Fields", ()))):
        raise Refused("form")


def _look_at_objects(pdf: Any) -> None:
    """Go through every object, those of object streams and those that no page leads to among them."""
    import pikepdf

    if len(pdf.objects) > MOST_OBJECTS:
        raise Refused("heavy")
    total, nodes = 0, itertools.count()
    for top in (pdf.trailer, *pdf.objects):
        for each in _within(top, nodes):
            _look_at_dictionary(each)
        if isinstance(top, pikepdf.Stream):
            total += _inflated_size(top)
            if total > LARGEST_STREAMS:
                raise Refused("heavy")


def _is_dictionary(thing: Any) -> bool:
    import pikepdf

    return isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream))


def _within(top: Any, nodes: Iterator[int]) -> Iterator[Any]:
    """Give the dictionaries that an object holds directly; those it refers to come in their own turn. `nodes` counts all."""
    import pikepdf

    waiting = [(top, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if depth > DEEPEST or next(nodes) > MOST_NODES:
            raise Refused("heavy")
        if isinstance(thing, pikepdf.Array):
            if len(thing) > MOST_NODES:
                raise Refused("heavy")
            children = list(thing)
        elif _is_dictionary(thing):
            yield thing
            children = [thing.get(key) for key in thing.keys()]  # noqa: SIM118  Not a Python dictionary.
        else:
            continue
        waiting += [(child, depth + 1) for child in children if not getattr(child, "is_indirect", False)]


def _look_at_dictionary(thing: Any) -> None:
    for key in thing.keys():  # noqa: SIM118  Not a Python dictionary.
        if key in _KEYS:
            raise Refused(_KEYS[key])
    _look_at_action(thing)
    action = thing.get("/A")
    if action is not None and _is_dictionary(action) and "/S" in action:
        _look_at_action(action, is_action=True)
    if str(thing.get("/Subtype")) in _SUBTYPES and "/Rect" in thing:
        raise Refused(_SUBTYPES[str(thing.get("/Subtype"))])
    if str(thing.get("/Type")) == "/EmbeddedFile":
        raise Refused("embedded")


def _look_at_action(thing: Any, *, is_action: bool = False) -> None:
    """Refuse what does more than show a page or lead to an address that the reader's browser asks about."""
    kind = str(thing.get("/S"))
    if kind == "/JavaScript":
        raise Refused("script")
    is_action = is_action or str(thing.get("/Type")) == "/Action"
    if kind in _LOUD_ACTIONS or (is_action and kind not in _QUIET_ACTIONS):
        raise Refused("action")
    if kind == "/URI" or "/URI" in thing:
        scheme = _SCHEME.match(str(thing.get("/URI", "")))
        if scheme and re.sub(r"[\0-\x20]", "", scheme[1]).lower() not in _SAFE_SCHEMES:
            raise Refused("action")


def _inflated_size(stream: Any) -> int:
    """Return the bytes of a stream once inflated, as long as its filters inflate; the filters of pictures come last."""
    import pikepdf

    filters = stream.get("/Filter")
    names = [str(name) for name in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    content = [bytes(stream.read_raw_bytes())]
    size = len(content[0])
    for name in names:
        if name not in ("/FlateDecode", "/Fl"):
            break
        content = list(_inflated(content))
        size = sum(map(len, content))
    return size


def _inflated(blocks: list[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj()
    size = 0
    try:
        for block in blocks:
            rest = block
            while rest:
                piece = inflater.decompress(rest, _READ)
                rest = inflater.unconsumed_tail
                size += len(piece)
                if size > LARGEST_STREAM:
                    raise Refused("heavy")
                if not piece and not rest:
                    break
                yield piece
    except zlib.error:
        raise Refused("damaged") from None


def _look_for_text(content: bytes) -> None:
    """Refuse a page that no screen reader could read: a picture of a text, without its letters."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    for page in document:
        text = page.get_textpage().get_text_bounded()
        if sum(map(str.isalpha, text)) < 3:
            raise Refused("pictures")


def picture_again(content: bytes, form: str) -> bytes:
    """Return the picture encoded anew in the same format. Raises Refused."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    # The size is bounded here, before a point is decoded.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=(form,)) as image:
            by_parts = form == "JPEG" and "progressive" not in image.info
            if image.width * image.height > (MOST_POINTS_BY_PARTS if by_parts else MOST_POINTS):
                raise Refused("heavy")
            if form == "JPEG":
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image.load()
            upright = ImageOps.exif_transpose(image)
            mode = "RGBA" if form == "PNG" and ("A" in upright.getbands() or "transparency" in upright.info) else "RGB"
            picture = upright.convert(mode)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        # A picture of the same points, without what the file said besides.
        bare = Image.new(picture.mode, picture.size)
        bare.paste(picture)
        stream = io.BytesIO()
        bare.save(stream, form, optimize=True, **({"quality": 88} if form == "JPEG" else {}))
        return stream.getvalue()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Refused("damaged") from None
    except Image.DecompressionBombError:
        raise Refused("heavy") from None


def _read(content: bytes, words: list[str]) -> bytes:
    """Return the answer. Raises Refused, and what the libraries raise."""
    if words[0] == "PDF":
        return f"taken {look(content, with_text='text' in words)}\n".encode()
    return b"taken 1\n" + picture_again(content, words[0])


def main() -> int:
    """Read the standard input, write the answer."""
    bind()
    content = sys.stdin.buffer.read()
    try:
        answer = _read(content, sys.argv[1:])
    except Refused as refusal:
        answer = f"{refusal} 0\n".encode()
    except MemoryError:
        answer = b"heavy 0\n"
    except Exception:
        # Whatever the libraries raise on a file that they cannot read: the file is what is wrong.
        answer = b"damaged 0\n"
    while answer:
        answer = answer[os.write(1, answer) :]
    return 0


if __name__ == "__main__":
    # Nothing is closed in order: a damaged file could hang a destructor.
    os._exit(main())
