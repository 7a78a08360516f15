"""Logos of the fictional organisations: one box, one ink, one line width, one size of letters for all.

Equality of candidates begins here: no logo has a colour of its own or a filled block that would draw the eye.
"""

import io
import math

from PIL import Image, ImageDraw, ImageFont

from isoloir.documents.typesetting import FONTS

BOX = (320, 160)
_INK = (22, 32, 44)
_SCALE = 4
_LINE = 4 * _SCALE
_LETTERS = 38 * _SCALE
_EMBLEM = 92 * _SCALE
_SHADES = 7


def draw_logo(acronym: str, number: int) -> bytes:
    """Return a PNG of 320 × 160 pixels: an emblem of straight lines, different for each `number`, above the acronym."""
    width, height = BOX[0] * _SCALE, BOX[1] * _SCALE
    image = Image.new("L", (width, height), 255)
    pen = ImageDraw.Draw(image)
    _draw_emblem(pen, number, (width / 2, 60 * _SCALE), _EMBLEM / 2)
    font = ImageFont.truetype(str(FONTS / "AtkinsonHyperlegibleNext-Bold.ttf"), _LETTERS)
    pen.text((width / 2, height - 12 * _SCALE), acronym, fill=0, font=font, anchor="ms")
    # Eight shades are enough for smooth lines, and keep twelve logos light on a telephone.
    shades = image.resize(BOX, Image.Resampling.LANCZOS).point([round(value / 255 * _SHADES) for value in range(256)])
    shades = shades.convert("P")
    shades.putpalette([round(ink + (255 - ink) * shade / _SHADES) for shade in range(_SHADES + 1) for ink in _INK])
    stream = io.BytesIO()
    shades.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _draw_emblem(pen: ImageDraw.ImageDraw, number: int, centre: tuple[float, float], radius: float) -> None:
    """Draw a star polygon: 5 to 12 points on a circle, each joined to the one `step` further."""
    shapes = [(points, step) for points in range(5, 13) for step in range(1, (points + 1) // 2)]
    points, step = shapes[number * 5 % len(shapes)]
    corners = [
        (
            centre[0] + radius * math.sin(2 * math.pi * turn / points),
            centre[1] - radius * math.cos(2 * math.pi * turn / points),
        )
        for turn in range(points)
    ]
    for turn, corner in enumerate(corners):
        pen.line((corner, corners[(turn + step) % points]), fill=0, width=_LINE)
