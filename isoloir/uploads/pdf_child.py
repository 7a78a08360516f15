"""The child process that reads a PDF: bounded in memory and time before it looks at a byte, without files nor network.

Started by `pdf.py` as a script, in a fresh interpreter without the portal: whatever a hostile file makes of it, it holds
no key and no connection. Reads the file on its standard input; writes one line, `code pages`, where the code is one of
`pdf.CODES`. A file that kills it is refused for that.
"""

import io
import os
import resource
import sys
import zlib
from collections.abc import Iterator
from typing import Any

MEMORY = 1024 * 1024 * 1024
SECONDS = 10
MOST_OBJECTS = 100_000
# What a stream, and all of them, may inflate to: an A4 page scanned in colours at 600 dots per inch is 100 MB.
LARGEST_STREAM = 128 * 1024 * 1024
LARGEST_STREAMS = 512 * 1024 * 1024
DEEPEST = 200
_READ = 64 * 1024

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


class Refused(Exception):
    """The file is not taken; the code says why."""


def bind() -> None:
    """Take away from this process what reading a file does not need. Nothing of the file was read yet."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


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
    total = 0
    for top in (pdf.trailer, *pdf.objects):
        for each in _within(top):
            _look_at_dictionary(each)
        if isinstance(top, pikepdf.Stream):
            total += _inflated_size(top)
            if total > LARGEST_STREAMS:
                raise Refused("heavy")


def _is_dictionary(thing: Any) -> bool:
    import pikepdf

    return isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream))


def _within(top: Any) -> Iterator[Any]:
    """Give the dictionaries that an object holds directly; those it refers to come in their own turn."""
    import pikepdf

    waiting = [(top, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if depth > DEEPEST:
            raise Refused("heavy")
        if isinstance(thing, pikepdf.Array):
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


def main() -> int:
    """Read the standard input, write the verdict."""
    bind()
    content = sys.stdin.buffer.read()
    try:
        verdict = f"taken {look(content, with_text='text' in sys.argv[1:])}"
    except Refused as refusal:
        verdict = f"{refusal} 0"
    except MemoryError:
        verdict = "heavy 0"
    except Exception:
        # Whatever the libraries raise on a file that they cannot read: the file is what is wrong.
        verdict = "damaged 0"
    os.write(1, verdict.encode())
    return 0


if __name__ == "__main__":
    # Nothing is closed in order: a damaged file could hang a destructor.
    os._exit(main())
