"""The image: the same for the same challenge, quick, and no food for optical character recognition."""

import io
import os
import random
import shutil
import subprocess
import time

import pytest
from PIL import Image

from isoloir.captcha.drawing import HEIGHT, WIDTH, draw_digits

IMAGES = 200
# Page segmentation of tesseract: one line, and one word. What either reads counts.
MODES = ("7", "8")


def drawn(digits, seed=1):
    return draw_digits(digits, noise=random.Random(seed))


def opened(content):
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("digits", ["0123", "45678", "90090"])
def test_image_has_its_size_and_its_contrast(digits):
    image = opened(drawn(digits))
    assert image.format == "PNG"
    assert image.size == (WIDTH, HEIGHT) == (520, 180)
    darkest, lightest = image.convert("L").getextrema()
    assert (darkest, lightest) == (0, 255)
    histogram = image.convert("L").histogram()
    # Neither grey nor faint: edges are the only in-between.
    assert sum(histogram[30:226]) < 0.12 * WIDTH * HEIGHT


def test_image_is_the_same_for_the_same_noise_and_another_for_another():
    assert drawn("31415") == drawn("31415")
    assert drawn("31415") != drawn("31415", seed=2)


def test_images_of_two_codes_differ():
    assert drawn("31415") != drawn("31416")


def test_image_is_small_and_quick():
    drawn("00000")
    begun = time.process_time()
    sizes = [len(drawn(f"{number:05d}", seed=number)) for number in range(40)]
    assert (time.process_time() - begun) / 40 < 0.05
    assert max(sizes) < 20_000


def test_tesseract_reads_fewer_than_one_image_in_twenty(tmp_path):
    assert shutil.which("tesseract"), "install the package tesseract-ocr, as tools/prepare test does"
    codes = [f"{random.Random(number).randrange(100_000):05d}" for number in range(IMAGES)]
    for number, code in enumerate(codes):
        (tmp_path / f"{number}.png").write_bytes(drawn(code, seed=number))
    read = set()
    for mode in MODES:
        texts = recognised(tmp_path, [f"{number}.png" for number in range(IMAGES)], mode)
        read |= {number for number, code in enumerate(codes) if texts[number] == code}
    assert len(read) < IMAGES / 20, f"{len(read)} images of {IMAGES} read"


def test_tesseract_would_read_digits_without_disguise(tmp_path):
    """Without it, the test above could pass because tesseract is not asked in the right way."""
    from PIL import ImageDraw, ImageFont

    image = Image.new("L", (WIDTH, HEIGHT), 255)
    ImageDraw.Draw(image).text((60, 20), "31415", fill=0, font=ImageFont.load_default(110))
    image.save(tmp_path / "0.png")
    assert "31415" in [recognised(tmp_path, ["0.png"], mode)[0] for mode in MODES]


def recognised(folder, names, mode):
    """Return what tesseract reads of each image, digits only, in one process for all."""
    listing = folder / "list.txt"
    listing.write_text("".join(f"{folder / name}\n" for name in names))
    found = subprocess.run(
        ["tesseract", str(listing), "-", "--psm", mode, "-c", "tessedit_char_whitelist=0123456789"],
        check=True, capture_output=True, text=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    pages = found.stdout.split("\f")
    assert len(pages) == len(names)
    return ["".join(filter(str.isdigit, page)) for page in pages]
