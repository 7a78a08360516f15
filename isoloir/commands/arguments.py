"""Arguments that several commands take, checked before anything is made or destroyed."""

import argparse
from collections.abc import Callable
from pathlib import Path


def count_from(minimum: int) -> Callable[[str], int]:
    """Return a reader of whole numbers of at least `minimum`, for argparse."""

    def count(text: str) -> int:
        return _within(text, minimum, None)

    return count


def port_number(text: str) -> int:
    """Read a TCP port; 0 stands for any free one."""
    return _within(text, 0, 65535)


def _within(text: str, minimum: int, maximum: int | None) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"« {text} » n’est pas un nombre entier") from None
    if number < minimum:
        raise argparse.ArgumentTypeError(f"{number} est plus petit que {minimum}")
    if maximum is not None and number > maximum:
        raise argparse.ArgumentTypeError(f"{number} est plus grand que {maximum}")
    return number


def folder_fault(path: Path) -> str:
    """Say why `path` cannot be a folder that the command makes or fills; nothing when it can."""
    if path.exists() and not path.is_dir():
        return f"{path} n’est pas un dossier : rien n’a été fait."
    return ""
