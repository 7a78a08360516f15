"""A progress bar on the standard error."""

import sys
import time
from typing import Self, TextIO


class ProgressBar:
    """Shows how far a long work is: a bar on a terminal, one line at each tenth elsewhere."""

    WIDTH = 32

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._drawn = 0.0
        self._tenth = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal and self._drawn:
            self._stream.write("\n")

    def show(self, done: int, total: int) -> None:
        """Draw `done` of `total`, at most ten times a second."""
        share = done / total if total else 1.0
        if self._terminal:
            now = time.monotonic()
            if now - self._drawn >= 0.1 or done >= total:
                self._drawn = now
                filled = round(share * self.WIDTH)
                bar = "█" * filled + "░" * (self.WIDTH - filled)
                self._stream.write(f"\r{self._label} {bar} {share:4.0%} {done}/{total} {now - self._started:.0f} s")
                self._stream.flush()
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            self._stream.write(f"{self._label} {share:4.0%} {done}/{total}\n")
            self._stream.flush()
