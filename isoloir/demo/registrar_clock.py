"""The registrar's clock in the demonstration: real time, moved as the visitor moved the portal's. Without the framework."""

import contextlib
import time
from pathlib import Path

CLOCK_SHIFT = "clock-shift"


def shifted_time(directory: Path) -> float:
    """Return the time of the demonstration in `directory`, in seconds since 1970."""
    shift = 0.0
    with contextlib.suppress(FileNotFoundError):
        shift = float((directory / CLOCK_SHIFT).read_text())
    return time.time() + shift
