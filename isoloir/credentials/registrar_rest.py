"""Leaving the registrar alone when it hangs: those who wait for it must not take every thread from those who vote.

Per process, in memory: few calls at a time, and after one that waited in vain none for a while. What fails at once (a
refused connection) takes no thread, and needs no rest.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Two calls at a time; a burst of voters waits for its turn as long as this, since an answer takes a few hundredths.
CALLS_AT_ONCE = 2
_TURN_SECONDS = 0.5
REST_SECONDS = 10.0


class Resting(Exception):
    """The registrar is not asked now: it hung a moment ago, or enough threads wait for it already."""


class Gate:
    """Who may ask the registrar now. Safe to share between threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._places = threading.BoundedSemaphore(CALLS_AT_ONCE)
        self._rests_until = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one of the few places. Raises Resting."""
        self._require_awake()
        if not self._places.acquire(timeout=_TURN_SECONDS):
            raise Resting("busy")
        try:
            # Whoever had the place may have waited in vain meanwhile.
            self._require_awake()
            yield
        finally:
            self._places.release()

    def rest(self) -> None:
        """Note that a call waited in vain."""
        self._rests_until = self._clock() + REST_SECONDS

    def wake(self) -> None:
        """Note that the registrar answered."""
        self._rests_until = 0.0

    def _require_awake(self) -> None:
        if self._clock() < self._rests_until:
            raise Resting("resting")
