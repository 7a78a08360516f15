"""`isoloir work`: the process beside the server: messages, campaigns, links asked for, polls to close in time."""

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .setup import start_django

logger = logging.getLogger("isoloir.work")
_PAUSE_SECONDS = 0.5
# Between two lines of the log on one contest whose count cannot begin: it is tried again at every turn.
_SILENCE_SECONDS = 60.0
_told_at: dict[str, float] = {}
_PRUNING_SECONDS = 600.0
_pruned_at: float | None = None
_POLLING_SECONDS = 15.0
_polled_at: float | None = None
_WATCHING_SECONDS = 60.0
_watched_at: float | None = None
# How long a registrar that did not answer is left alone.
_REGISTRAR_REST_SECONDS = 10.0
_registrar_away_until = 0.0


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("work", help="envoie messages et campagnes, clôt les scrutins à l’heure")
    parser.add_argument("--once", action="store_true", help="fait ce qui est à faire, puis s’arrête")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Work until told to stop (SIGTERM, SIGINT); return 1 at once when the database has no tables."""
    start_django()
    if _tables_are_missing():
        print("Les tables de la base de données ne sont pas faites : lancez « migrate ».", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    if options.once:
        work_once(stopped=stopped.is_set)
        return 0
    texts = threading.Thread(target=_send_texts, args=(stopped,), name="texts")
    texts.start()
    try:
        while not stopped.is_set():
            busy = work_once(stopped=stopped.is_set, channels=("email",))
            stopped.wait(0 if busy else _PAUSE_SECONDS)
    finally:
        stopped.set()
        texts.join()
    return 0


def _send_texts(stopped: threading.Event) -> None:
    """Send text messages beside all else: neither a slow provider nor a slow mail relay holds the other's messages back.

    Should this end by a fault, all ends: who watches over the process starts it anew, instead of one that sends half.
    """
    from django.db import DatabaseError, close_old_connections, connection

    from isoloir.common.clock import current_time
    from isoloir.messaging.actions import deliver_queued

    try:
        while not stopped.is_set():
            close_old_connections()
            try:
                busy = deliver_queued(at=current_time(), stopped=stopped.is_set, channels=("sms",))
            except DatabaseError as error:
                logger.warning("to be tried again: %s", type(error).__name__)
                busy = 0
            stopped.wait(0 if busy else _PAUSE_SECONDS)
    finally:
        stopped.set()
        connection.close()


def _tables_are_missing() -> bool:
    """Tell whether the database answers and lacks our tables; one that does not answer yet is waited for."""
    from django.db import DatabaseError, connection

    from isoloir.elections.models import Contest

    try:
        return Contest._meta.db_table not in connection.introspection.table_names()
    except DatabaseError:
        return False


def work_once(*, stopped: Callable[[], bool] = lambda: False, channels: tuple[str, ...] = ("email", "sms")) -> int:
    """Do what is due now; return how many things were done. A fault of the database is told and tried again.

    `stopped` is asked between two messages: once it says so, no other message leaves.
    """
    from django.db import DatabaseError, close_old_connections

    from isoloir.common.clock import current_time
    from isoloir.identity.campaigns import continue_campaigns
    from isoloir.identity.requests import answer_requests
    from isoloir.messaging.actions import deliver_queued
    from isoloir.pollingstation.closing import finish_closings

    close_old_connections()
    at = current_time()
    try:
        done = answer_requests(at=at)
        done += deliver_queued(at=at, stopped=stopped, channels=channels)
        done += continue_campaigns(at=at)
        done += _extend_registers(at=at)
        done += len(finish_closings(actor="horloge", at=at))
        done += _begin_counts(at=at)
        _prune_now_and_then(at=at)
        _watch_now_and_then(at=at)
    except DatabaseError as error:
        logger.warning("to be tried again: %s", type(error).__name__)
        return 0
    return done


def _extend_registers(*, at: datetime) -> int:
    """End the re-issues left in doubt, publish the lines of registers that are due; return how many of both.

    A registrar that does not answer is left alone for a while: messages and closings do not wait for it.
    """
    global _registrar_away_until  # noqa: PLW0603  Like what was told: one worker, one memory of it.
    from isoloir.credentials.registrar_client import RegistrarAway
    from isoloir.credentials.reissue.keys import settle_pending
    from isoloir.pollingstation.register import close_registers, publish_batches

    if time.monotonic() < _registrar_away_until:
        return 0
    try:
        return settle_pending(at=at) + publish_batches(at=at) + close_registers(at=at)
    except RegistrarAway as away:
        _registrar_away_until = time.monotonic() + _REGISTRAR_REST_SECONDS
        logger.warning("the registrar does not answer: %s", away)
        return 0


def _prune_now_and_then(*, at: datetime) -> None:
    """Remove the slow-downs that nothing is left of, and sessions that are over; not at every turn, for it takes a while."""
    global _pruned_at  # noqa: PLW0603  Like what was told: one worker, one memory of it.
    from isoloir.identity.sessionstore import SessionStore
    from isoloir.identity.slowdown import prune_slowdowns

    now = time.monotonic()
    if _pruned_at is None or now - _pruned_at >= _PRUNING_SECONDS:
        _pruned_at = now
        prune_slowdowns(at=at)
        SessionStore.clear_expired()


def _watch_now_and_then(*, at: datetime) -> None:
    """Ask what became of text messages, then look for what the supervision cell must know; each in its own time."""
    global _polled_at, _watched_at  # noqa: PLW0603  Like what was told: one worker, one memory of it.
    from isoloir.credentials.reissue.rates import watch_reissues
    from isoloir.messaging.alerts import watch_deliveries
    from isoloir.messaging.receipts import poll_receipts

    now = time.monotonic()
    if _polled_at is None or now - _polled_at >= _POLLING_SECONDS:
        _polled_at = now
        poll_receipts(at)
    if _watched_at is None or now - _watched_at >= _WATCHING_SECONDS:
        _watched_at = now
        watch_deliveries(at)
        watch_reissues(at)


def _begin_counts(*, at: datetime) -> int:
    """Begin the counts of the closed contests; return how many began. One that cannot begin holds back no other."""
    from isoloir_protocol.errors import ProtocolError

    from isoloir.board.errors import BoardRefused
    from isoloir.elections.models import Contest
    from isoloir.tally.actions import begin_count
    from isoloir.tally.errors import NotThere

    begun = 0
    for contest in Contest.objects.filter(state=Contest.State.CLOSED).order_by("code"):
        try:
            begin_count(contest=contest, actor="horloge", at=at)
        except NotThere:
            # Another worker has just begun it.
            continue
        except ProtocolError as fault:
            _tell(contest.code, fault.code)
        except BoardRefused:
            _tell(contest.code, "board-refused")
        else:
            begun += 1
    return begun


def _tell(contest: str, fault: str) -> None:
    """Log the codes of a contest and of its fault, once a minute at most."""
    now = time.monotonic()
    if now - _told_at.get(contest, -_SILENCE_SECONDS) >= _SILENCE_SECONDS:
        _told_at[contest] = now
        # The fault's sentence could quote a ballot.
        logger.error("the count of %s cannot begin: %s", contest, fault)
