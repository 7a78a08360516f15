"""Hostile files made on the spot: each holds what its name says, and nothing that harms who runs the tests."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
import typst
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, Stream, String
from PIL import Image


def _script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def honest_pdf(pages: int = 1, sentence: str = "Nous défendons le service public de l’enseignement.") -> bytes:
    """Return a PDF with a text layer on each page, as a text processor makes one."""
    source = '#set page(width: 10cm, height: 10cm)\n#set document(title: "Profession de foi")\n#set text(lang: "fr")\n'
    return typst.compile((source + "#pagebreak()\n".join([sentence + "\n"] * pages)).encode(), pdf_standards=["ua-1"])


def changed(change: Callable[[Pdf], None], **saving: object) -> bytes:
    """Return the honest PDF after a change."""
    with Pdf.open(io.BytesIO(honest_pdf())) as pdf:
        change(pdf)
        stream = io.BytesIO()
        pdf.save(stream, **saving)
    return stream.getvalue()


def _open_script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = pdf.make_indirect(_script())


def _names_script(pdf: Pdf) -> None:
    tree = Dictionary(Names=Array([String("a"), pdf.make_indirect(_script())]))
    pdf.Root.Names = Dictionary(JavaScript=pdf.make_indirect(tree))


def _annotation(pdf: Pdf, **keys: object) -> None:
    annotation = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 50, 50]), **keys)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(annotation)])


def _embedded(pdf: Pdf) -> None:
    pdf.attachments["charge.txt"] = b"une charge"


def _form(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def _fields(pdf: Pdf) -> None:
    widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, Rect=Array([0, 0, 9, 9]), T=String("nom"))
    field = pdf.make_indirect(widget)
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))


def _bomb(pdf: Pdf) -> None:
    raw = zlib.compressobj(9)
    packed = b"".join(raw.compress(bytes(1 << 20)) for _each in range(300)) + raw.flush()
    stream = Stream(pdf, b"")
    stream.write(packed, filter=Name.FlateDecode)
    pdf.pages[0].obj.Contents = pdf.make_indirect(stream)


def _double_bomb(pdf: Pdf) -> None:
    raw = zlib.compressobj(9)
    packed = b"".join(raw.compress(bytes(1 << 20)) for _each in range(2000)) + raw.flush()
    stream = Stream(pdf, b"")
    stream.write(zlib.compress(packed, 9), filter=Array([Name.FlateDecode, Name.FlateDecode]))
    pdf.pages[0].obj.Contents = pdf.make_indirect(stream)


def _picture_only(pdf: Pdf) -> None:
    pdf.pages[0].obj.Contents = pdf.make_stream(b"0 0 10 10 re f")


def _encrypted(user: str) -> bytes:
    protection = pikepdf.Encryption(owner="maître", user=user, R=6)
    return changed(lambda pdf: None, encryption=protection)


def zip_file() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("charge.exe", b"MZ")
    return stream.getvalue()


HOSTILE_PDFS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a program when it opens": ("script", lambda: changed(_open_script)),
    "a program in an object stream": (
        "script", lambda: changed(_open_script, object_stream_mode=ObjectStreamMode.generate),
    ),
    "a program in the tree of names": ("script", lambda: changed(_names_script)),
    "a program behind a link": ("script", lambda: changed(lambda pdf: _annotation(pdf, A=_script()))),
    "a program behind a page": (
        "action", lambda: changed(lambda pdf: pdf.pages[0].obj.__setitem__("/AA", Dictionary(O=_script()))),
    ),
    "a program that nothing leads to": ("script", lambda: changed(lambda pdf: pdf.Root.__setitem__("/Extra", _script()))),
    "an action when it opens": (
        "action", lambda: changed(lambda pdf: pdf.Root.__setitem__("/OpenAction", Dictionary(S=Name.URI, URI=String("http://a")))),
    ),
    "a program of the machine": (
        "action", lambda: changed(lambda pdf: _annotation(pdf, A=Dictionary(S=Name.Launch, F=String("cmd.exe")))),
    ),
    "a form that is sent": (
        "action", lambda: changed(lambda pdf: _annotation(pdf, A=Dictionary(S=Name.SubmitForm, F=String("http://a")))),
    ),
    "an embedded file": ("embedded", lambda: changed(_embedded)),
    "an XFA form": ("form", lambda: changed(_form)),
    "fields to fill": ("form", lambda: changed(_fields)),
    "a password to open": ("encrypted", lambda: _encrypted("secret")),
    "a password to change": ("encrypted", lambda: _encrypted("")),
    "a stream of 300 MiB": ("heavy", lambda: changed(_bomb)),
    "a stream packed twice": ("heavy", lambda: changed(_double_bomb)),
    "a zip after its end": ("two_formats", lambda: honest_pdf() + zip_file()),
    "a page after its end": ("two_formats", lambda: honest_pdf() + b"<script>alert(1)</script>"),
    "its end cut": ("damaged", lambda: honest_pdf()[:-300]),
    "its middle cut": ("damaged", lambda: honest_pdf()[:600] + honest_pdf()[900:]),
    "a heading only": ("damaged", lambda: b"%PDF-1.7\n%%EOF\n"),
}  # fmt: skip


def bomb_png(side: int = 20_000) -> bytes:
    """Return a PNG of a few hundred kilobytes, black, whose points would take more than a gigabyte."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    raw = zlib.compressobj(9)
    row = bytes(1 + 3 * side)
    packed = b"".join(raw.compress(row) for _each in range(side)) + raw.flush()
    heading = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", heading) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def picture(form: str, side: int = 64, **saving: object) -> bytes:
    """Return a picture of a few colours."""
    stream = io.BytesIO()
    image = Image.effect_noise((side, side), 40).convert("RGB")
    image.save(stream, form, **saving)
    return stream.getvalue()


PICTURE_ONLY = lambda: changed(_picture_only)  # noqa: E731
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
