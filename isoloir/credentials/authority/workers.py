"""Processes that work beside this one, and die with it."""

import ctypes
import os
import resource
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeVar

_PR_SET_PDEATHSIG = 1
Task = TypeVar("Task")
Answer = TypeVar("Answer")

# The one thing that a process of the pool keeps from one task to the next.
_work: list[Callable[[Any], Any]] = []


def forbid_core_dumps() -> None:
    """Keep the system from writing this process's memory, where codes are in clear, to the disk when it fails."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def each_done(work: Callable[[Task], Answer], tasks: Iterable[Task], *, jobs: int) -> Iterator[tuple[Task, Answer]]:
    """Do the tasks in `jobs` processes (this one alone for 1) and give each with its answer, in order.

    No more than two tasks wait for each process.  `work` and the tasks travel through pipes: nothing of them is in a
    command line or in a file.
    """
    if jobs <= 1:
        for task in tasks:
            yield task, work(task)
        return
    waiting: deque[tuple[Task, Future[Answer]]] = deque()
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(work,))
    try:
        for task in tasks:
            waiting.append((task, pool.submit(_do, task)))
            if len(waiting) >= 2 * jobs:
                first, answer = waiting.popleft()
                yield first, answer.result()
        while waiting:
            first, answer = waiting.popleft()
            yield first, answer.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Any], Any]) -> None:
    _work.append(work)
    forbid_core_dumps()
    # Control-C goes to the whole group: the parent alone decides what to do of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _do(task: Any) -> Any:
    return _work[0](task)


def _die_with_parent() -> None:
    """End this process when its parent is gone, even by a signal that nobody can catch."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
