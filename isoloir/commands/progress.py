"""A progress bar on the standard error."""

import sys
import time
from typing import Self, TextIO


class ProgressBar:
    """Shows how far a long work is and the time left: a bar on a terminal, one line at each tenth elsewhere.

    What was done before the first call (work taken up again) says nothing of the pace.
    """

    WIDTH = 32

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._drawn = 0.0
        self._tenth = -1
        self._first: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal and self._drawn:
            self._stream.write("\n")

    def show(self, done: int, total: int) -> None:
        """Draw `done` of `total`, at most ten times a second."""
        share = done / total if total else 1.0
        left = self._time_left(done, total)
        if self._terminal:
            now = time.monotonic()
            if now - self._drawn >= 0.1 or done >= total:
                self._drawn = now
                filled = round(share * self.WIDTH)
                bar = "█" * filled + "░" * (self.WIDTH - filled)
                self._stream.write(f"\r{self._label} {bar} {share:4.0%} {done}/{total} {left:<24}")
                self._stream.flush()
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            self._stream.write(f"{self._label} {share:4.0%} {done}/{total} {left}".rstrip() + "\n")
            self._stream.flush()

    def _time_left(self, done: int, total: int) -> str:
        """Return the time that the rest would take at the pace so far, or the time that all took once it is done."""
        elapsed = time.monotonic() - self._started
        if self._first is None:
            self._first, self._started, elapsed = done, time.monotonic(), 0.0
        if done >= total:
            return f"en {_duration(elapsed)}"
        if done == self._first:
            return ""
        return f"reste {_duration(elapsed * (total - done) / (done - self._first))}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
