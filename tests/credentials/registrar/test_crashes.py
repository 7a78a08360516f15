"""The registrar's process killed at any moment: what it signed it signs again, and nothing else."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from isoloir.credentials.registrar_client import Entry, Registrar, RegistrarAway, RegistrarRefused
from tests.registrar_server import RegistrarServer
from tests.registrar_world import ATTEMPT, OTHER_ATTEMPT, RegistrarWorld, make_registrar_world, nir_of, numen_of

Place = tuple[str, str, int]


@pytest.fixture
def world(tmp_path: Path) -> RegistrarWorld:
    return make_registrar_world(tmp_path, voters=12, contests=2)


@pytest.fixture
def server(world: RegistrarWorld, tmp_path: Path) -> Iterator[RegistrarServer]:
    server = RegistrarServer(world.store, log=tmp_path / "registrar.log")
    server.start()
    yield server
    world.close()
    server.stop()


class Witness:
    """Notes every signature that ever came out, and for which key: never two for one generation of a place."""

    def __init__(self) -> None:
        self.seen: dict[Place, tuple[str, str]] = {}

    def note(self, entries: list[Entry], signatures: list[str]) -> None:
        for entry, signature in zip(entries, signatures, strict=True):
            place = (entry["contest"], entry["slot"], entry["generation"])
            assert self.seen.setdefault(place, (entry["key"], signature)) == (entry["key"], signature)


def test_killed_around_signatures_it_never_signs_two_keys_and_loses_no_answer(
    world: RegistrarWorld, server: RegistrarServer
) -> None:
    client = world.client(url=server.url)
    witness = Witness()
    for voter in list(world.codes)[:10]:
        request, entries = world.grant(client, voter), world.entries(voter)
        sending = threading.Thread(target=_send, args=(client, request, entries, witness))
        sending.start()
        time.sleep(secrets.randbelow(12) / 1000)
        server.kill()
        sending.join()
        client.close()
        server.start()
        client = world.client(url=server.url)
        _end(world, client, voter, request, entries, witness)
    assert len(witness.seen) == 20
    rows = sqlite3.connect(world.store / "store.sqlite3").execute("SELECT COUNT(*), COUNT(DISTINCT key) FROM entries")
    assert rows.fetchone() == (20, 20)


def _send(client: Registrar, request: str, entries: list[Entry], witness: Witness) -> None:
    try:
        witness.note(entries, client.sign_entries(request=request, attempt=ATTEMPT, entries=entries))
    except RegistrarAway:
        return


def _end(
    world: RegistrarWorld, client: Registrar, voter: str, request: str, entries: list[Entry], witness: Witness
) -> None:
    """Do what the portal does in doubt: cancel; then, if nothing was signed, other keys."""
    signed = client.cancel(request=request, attempt=ATTEMPT)
    if signed is not None:
        assert [one["key"] for one in signed] == [entry["key"] for entry in entries]
        signatures = [one["registrar"] for one in signed]
        witness.note(entries, signatures)
        assert client.sign_entries(request=request, attempt=ATTEMPT, entries=entries) == signatures
        return
    other = world.entries(voter)
    witness.note(other, client.sign_entries(request=request, attempt=OTHER_ATTEMPT, entries=other))
    with pytest.raises(RegistrarRefused, match="attempt-cancelled"):
        client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)


def test_nothing_of_what_it_received_is_in_its_log(world: RegistrarWorld, server: RegistrarServer) -> None:
    client = world.client(url=server.url)
    request = world.grant(client, "V000")
    for _ in range(4):
        with pytest.raises(RegistrarRefused):
            world.grant(client, "V001", evidence={"nir": nir_of("V002")})
    entries = world.entries("V000")
    client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
    with pytest.raises(RegistrarRefused):
        client.sign_line(contest=entries[0]["contest"], unsigned='{"height":4}')
    log = server.log()
    assert "evidence-refused" in log
    texts = [request, "V000", "V001", numen_of("V000"), nir_of("V002"), entries[0]["slot"], entries[0]["key"]]
    assert [text for text in texts if text in log] == []


def test_ten_reissues_a_second_are_easy(world: RegistrarWorld, server: RegistrarServer) -> None:
    client = world.client(url=server.url)
    ready = [(voter, world.entries(voter)) for voter in world.codes]
    begun = time.monotonic()
    for voter, entries in ready:
        client.sign_entries(request=world.grant(client, voter), attempt=ATTEMPT, entries=entries)
    assert len(ready) / (time.monotonic() - begun) > 10


def test_away_and_impostor_are_told_alike(world: RegistrarWorld, server: RegistrarServer) -> None:
    assert world.client(url=server.url).fetch_key() == world.key
    impostor = world.client(url=server.url, key="11" * 32)
    with pytest.raises(RegistrarAway):
        world.grant(impostor, "V000")
    server.stop()
    with pytest.raises(RegistrarAway):
        world.grant(world.client(url=server.url), "V000")
