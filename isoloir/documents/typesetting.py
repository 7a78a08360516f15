"""The one place that calls the typesetter.

Values reach a template as one JSON text in `sys.inputs`: the template shows strings, it never evaluates them, so that
`#panic()` in a voter's name is printed as these eight characters.
"""

import json
import threading
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from isoloir.documents.errors import DocumentNotComposed
from isoloir.documents.glyphs import printable

_HERE = Path(__file__).resolve().parent
TEMPLATES = _HERE / "typst"
FONTS = _HERE / "fonts"

_local = threading.local()


@cache
def _fonts() -> typst.Fonts:
    """Return the shipped fonts and those inside the typesetter, never the machine's: bytes must not depend on it."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])


def _compiler(template: str) -> typst.Compiler:
    """Return this thread's compiler of one template: it keeps fonts and parsed sources from one document to the next."""
    compilers: dict[str, typst.Compiler] = _local.__dict__.setdefault("compilers", {})
    if template not in compilers:
        compilers[template] = typst.Compiler(
            str(TEMPLATES / f"{template}.typ"), root=str(TEMPLATES), font_paths=_fonts(), ignore_system_fonts=True
        )
    return compilers[template]


def typeset(
    template: str,
    values: dict[str, Any],
    *,
    attachment: bytes | None = None,
    dated: datetime | None = None,
) -> bytes:
    """Compose one PDF from a template (a name in `typst/`, without suffix) and plain JSON values.

    The PDF follows PDF/UA-1 (ISO 14289-1); with `dated` (an aware instant) it also follows PDF/A-3a (ISO 19005-3) and
    may carry `attachment`, a UTF-8 text file.  Raises DocumentNotComposed.
    """
    inputs = {"values": json.dumps(_printable_values(values), ensure_ascii=False)}
    if attachment is not None:
        inputs["attachment"] = attachment.decode("utf-8")
    standards: list[Any] = ["ua-1"] if dated is None else ["ua-1", "a-3a"]
    try:
        # A fixed time stamp: the typesetter would write the clock's into the file.
        pdf = _compiler(template).compile(
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=standards,
            timestamp=0 if dated is None else int(dated.timestamp()),
        )
    except typst.TypstError:
        pdf = None
    if not isinstance(pdf, bytes):
        # Raised outside the handler so that no traceback shows the typesetter's message (see the error's own words).
        raise DocumentNotComposed(template)
    return pdf


def measure(template: str, values: dict[str, Any], *, label: str) -> Any:
    """Return what a template says of itself under `label`, as plain JSON values.  Raises DocumentNotComposed."""
    inputs = {"values": json.dumps(_printable_values(values), ensure_ascii=False)}
    # A compiler of its own: a query takes the values that its compiler was made with.
    compiler = typst.Compiler(
        str(TEMPLATES / f"{template}.typ"), root=str(TEMPLATES), font_paths=_fonts(), ignore_system_fonts=True,
        sys_inputs=inputs,
    )  # fmt: skip
    try:
        answer = compiler.query(f"<{label}>", field="value", one=True)
    except typst.TypstError:
        answer = None
    if answer is None:
        raise DocumentNotComposed(template)
    return json.loads(answer)


def _printable_values(value: Any) -> Any:
    """Return the values with every string (SVG images aside: they are made here) brought to the fonts' repertoire."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: item if name == "qr" else _printable_values(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable_values(item) for item in value]
    return value
