"""A registrar that accepts connections and never answers takes few threads, for a short while."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from nacl.signing import SigningKey

from isoloir.credentials.registrar_client import Registrar, RegistrarAway
from isoloir.credentials.registrar_rest import CALLS_AT_ONCE, REST_SECONDS, Gate, Resting

VOTERS = 12


@pytest.fixture
def hanging() -> Iterator[Registrar]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        key = SigningKey.generate()
        client = Registrar(
            url=f"http://127.0.0.1:{listening.getsockname()[1]}", key=key.verify_key.encode().hex(), signing_key=key
        )
        yield client
        client.close()


def ask(client: Registrar) -> float:
    """Ask for a grant in vain; return how long it took."""
    begun = time.monotonic()
    with pytest.raises(RegistrarAway):
        client.ask_grant(request="0" * 32, voter="V", policy="2018", evidence={"numen": "x"}, places=[])
    return time.monotonic() - begun


def test_hanging_registrar_holds_two_threads_once_and_then_none(hanging: Registrar) -> None:
    waits: list[float] = []
    threads = [threading.Thread(target=lambda: waits.append(ask(hanging))) for _ in range(VOTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(waits) == VOTERS
    assert sorted(waits)[: VOTERS - CALLS_AT_ONCE][-1] < 3.5
    assert max(waits) < 8
    # It hung: it is left alone.
    assert ask(hanging) < 0.5


def test_rest_ends_by_itself_and_at_the_first_answer() -> None:
    now = [100.0]
    gate = Gate(clock=lambda: now[0])
    gate.rest()
    with pytest.raises(Resting), gate.turn():
        pass
    now[0] += REST_SECONDS
    with gate.turn():
        pass
    gate.rest()
    gate.wake()
    with gate.turn():
        pass


def test_places_are_given_back_whatever_happens() -> None:
    gate = Gate()
    for _time in range(CALLS_AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), gate.turn():
            _ = 1 / 0
    with gate.turn(), gate.turn(), pytest.raises(Resting), gate.turn():
        pass
