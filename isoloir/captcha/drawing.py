"""The image: digits that a person reads at a glance and that optical character recognition stumbles over.

Ink and paper change places below a wave that crosses all the digits: the eye follows an outline whatever its colours, the
machine must first find the wave. Neighbours touch, a thin curve and a few dots join what should be apart. Contrast stays full.
"""

import io
import math
import random
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

# Pixels; shown at half this size, so that it is sharp on a phone.
WIDTH, HEIGHT = 520, 180
_FONTS = ("atkinson-hyperlegible-next-digits.ttf", "atkinson-hyperlegible-mono-digits.ttf")
_FOLDER = Path(__file__).parent / "fonts"
_MARGIN = 26
_PAPER, _INK = 255, 0


def draw_digits(digits: str, *, noise: random.Random) -> bytes:
    """Return a PNG of WIDTH by HEIGHT pixels showing 4 to 8 digits; the same `noise` draws the same image."""
    image = Image.new("L", (WIDTH, HEIGHT), _PAPER)
    pencil = ImageDraw.Draw(image)
    _scatter_dots(pencil, noise)
    _place_digits(image, digits, noise)
    _cross_with_a_curve(pencil, noise)
    image = _turned_over_below_a_wave(image, noise)
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=3)
    return stream.getvalue()


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FOLDER / name, size)


def _place_digits(image: Image.Image, digits: str, noise: random.Random) -> None:
    """Draw each digit in its own size, face and slant, close enough to its neighbour to touch it."""
    step = (WIDTH - 2 * _MARGIN) / len(digits)
    for place, digit in enumerate(digits):
        glyph = _slanted(digit, noise)
        centre = _MARGIN + step * (place + 0.5) + noise.uniform(-0.06, 0.06) * step
        left = round(centre - glyph.width / 2)
        top = round((HEIGHT - glyph.height) / 2 + noise.uniform(-14, 14))
        image.paste(_INK, (left, top), glyph)


def _slanted(digit: str, noise: random.Random) -> Image.Image:
    """Return the mask of one digit, sheared and turned."""
    font = _font(noise.choice(_FONTS), noise.choice((128, 136, 144, 152)))
    left, top, right, bottom = font.getbbox(digit)
    border = 26
    width, height = round(right - left) + 2 * border, round(bottom - top) + 2 * border
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).text((border - left, border - top), digit, fill=255, font=font)
    angle, shear, stretch = math.radians(noise.uniform(-18, 18)), noise.uniform(-0.2, 0.2), noise.uniform(0.82, 1.0)
    cosine, sine = math.cos(angle), math.sin(angle)
    # One affine pass: where in the upright digit each pixel of the slanted one comes from.
    a, b = cosine * stretch + shear * -sine, sine * stretch + shear * cosine
    c, d = -sine, cosine
    middle_x, middle_y = width / 2, height / 2
    return mask.transform(
        (width, height),
        Image.Transform.AFFINE,
        (a, b, middle_x - a * middle_x - b * middle_y, c, d, middle_y - c * middle_x - d * middle_y),
        Image.Resampling.BILINEAR,
    )


def _cross_with_a_curve(pencil: ImageDraw.ImageDraw, noise: random.Random) -> None:
    pencil.line(_wave(noise, height=(16, 40), length=(200, 420)), fill=_INK, width=4, joint="curve")


def _wave(noise: random.Random, *, height: tuple[int, int], length: tuple[int, int]) -> list[tuple[float, float]]:
    """Return the points of a wave across the whole image, at about half its height."""
    middle, rise = noise.uniform(0.4, 0.6) * HEIGHT, noise.uniform(*height)
    turn, start = 2 * math.pi / noise.uniform(*length), noise.uniform(0, 2 * math.pi)
    return [(x, middle + rise * math.sin(start + turn * x)) for x in range(-10, WIDTH + 11, 10)]


def _scatter_dots(pencil: ImageDraw.ImageDraw, noise: random.Random) -> None:
    for _number in range(45):
        x, y, radius = noise.uniform(0, WIDTH), noise.uniform(0, HEIGHT), noise.uniform(1.5, 4)
        pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_INK)


def _turned_over_below_a_wave(image: Image.Image, noise: random.Random) -> Image.Image:
    """Return the image with ink and paper exchanged below a wave that crosses all the digits."""
    below = Image.new("L", image.size, _PAPER)
    wave = _wave(noise, height=(14, 34), length=(240, 520))
    ImageDraw.Draw(below).polygon([*wave, (WIDTH + 10, HEIGHT), (-10, HEIGHT)], fill=_INK)
    return ImageChops.invert(ImageChops.difference(image, below))
