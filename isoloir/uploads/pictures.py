"""Pictures: decoded by a child process, and encoded anew without anything else that the file held (place, device, thumbnails)."""

from .errors import UploadRefused
from .reading import ask_child
from .sentences import sentence

_TAKEN = b"taken 1\n"


def picture_again(content: bytes, *, form: str, patience: float) -> bytes:
    """Return the picture encoded anew in the same format, `PNG` or `JPEG`. Raises UploadRefused.

    `patience`: seconds to wait for a turn.
    """
    answer = ask_child(content, form, patience=patience)
    if answer.startswith(_TAKEN) and len(answer) > len(_TAKEN):
        return answer.removeprefix(_TAKEN)
    # A child that said nothing was overcome by the file: its points took too much memory or time.
    code = "picture_damaged" if answer.startswith(b"damaged ") else "picture_large"
    raise UploadRefused(code, sentence(code))
