"""Pictures: decoded, and encoded anew without anything else that the file held (place, device, thumbnails, comments)."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import UploadRefused
from .sentences import sentence

# What is kept: a page photographed stays legible, and a phone's picture becomes lighter.
LONGEST_SIDE = 3000
# What is decoded: a PNG is inflated whole; a JPEG is decoded at a fraction of its size when it is larger.
MOST_POINTS = {"PNG": 24_000_000, "JPEG": 120_000_000}


def picture_again(content: bytes, *, form: str) -> bytes:
    """Return the picture encoded anew in the same format, `PNG` or `JPEG`. Raises UploadRefused."""
    try:
        with warnings.catch_warnings():
            # The size is bounded here, before a point is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _encoded(content, form)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MemoryError):
        raise UploadRefused("picture_damaged", sentence("picture_damaged")) from None
    except Image.DecompressionBombError:
        raise UploadRefused("picture_large", sentence("picture_large")) from None


def _encoded(content: bytes, form: str) -> bytes:
    with Image.open(io.BytesIO(content), formats=(form,)) as image:
        if image.width * image.height > MOST_POINTS[form]:
            raise UploadRefused("picture_large", sentence("picture_large"))
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
