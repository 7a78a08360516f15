"""`isoloir work`: the process beside the server that sends messages and closes polls when their grace ends."""

import argparse
import logging
import signal
import threading
from typing import Any

from .setup import start_django

logger = logging.getLogger("isoloir.work")
_PAUSE_SECONDS = 0.5


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("work", help="envoie les messages et clôt les scrutins à l’heure")
    parser.add_argument("--once", action="store_true", help="fait ce qui est à faire, puis s’arrête")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Work until told to stop (SIGTERM, SIGINT)."""
    start_django()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.is_set():
        busy = work_once()
        if options.once:
            break
        stopped.wait(0 if busy else _PAUSE_SECONDS)
    return 0


def work_once() -> int:
    """Do what is due now; return how many things were done. A fault of the database is told and tried again."""
    from django.db import DatabaseError, close_old_connections

    from isoloir.common.clock import current_time
    from isoloir.elections.models import Contest
    from isoloir.messaging.actions import deliver_queued
    from isoloir.pollingstation.closing import finish_closings
    from isoloir.tally.actions import begin_count

    close_old_connections()
    at = current_time()
    try:
        done = deliver_queued(at=at)
        done += len(finish_closings(actor="horloge", at=at))
        for contest in Contest.objects.filter(state=Contest.State.CLOSED):
            begin_count(contest=contest, actor="horloge", at=at)
            done += 1
    except DatabaseError as error:
        logger.warning("to be tried again: %s", type(error).__name__)
        return 0
    return done
