"""New keys: signed all together or not at all, one for a generation, and the same answer for ever."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from isoloir_protocol.group import Element
from isoloir_protocol.register import is_signed, reissue_message
from nacl.signing import SigningKey

from isoloir.credentials.registrar.errors import Refused
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Entry, Registrar, RegistrarRefused, _grant_name
from tests.registrar_world import ATTEMPT, OTHER_ATTEMPT, RegistrarWorld, make_registrar_world


def refusal(client: Registrar, request: str, entries: Sequence[Any]) -> str:
    with pytest.raises(RegistrarRefused) as refused:
        client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
    return refused.value.code


def signed_rows(world: RegistrarWorld) -> int:
    return sqlite3.connect(world.store / "store.sqlite3").execute("SELECT COUNT(*) FROM entries").fetchone()[0]


def test_both_signatures_are_of_the_same_text(world: RegistrarWorld, client: Registrar) -> None:
    entries = world.entries("V000")
    signatures = client.sign_entries(request=world.grant(client, "V000"), attempt=ATTEMPT, entries=entries)
    for entry, signature in zip(entries, signatures, strict=True):
        message = reissue_message(
            uuid=entry["contest"], slot=entry["slot"], generation=1, previous=Element.parse(entry["previous"]),
            key=Element.parse(entry["key"]),
        )  # fmt: skip
        assert is_signed(key=world.key, message=message, signature=signature)
        assert is_signed(key=world.portal.verify_key.encode().hex(), message=message, signature=entry["portal"])


def test_same_entries_are_signed_again_alike_in_the_order_asked(world: RegistrarWorld, client: Registrar) -> None:
    entries, request = world.entries("V000"), world.grant(client, "V000")
    signatures = client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
    assert client.sign_entries(request=request, attempt=ATTEMPT, entries=entries) == signatures
    assert client.sign_entries(request=request, attempt=ATTEMPT, entries=entries[::-1]) == signatures[::-1]
    assert signed_rows(world) == 2


def test_cancel_gives_whole_entries_back_whichever_attempt_is_named(world: RegistrarWorld, client: Registrar) -> None:
    """A portal that lost what it asked for publishes what was signed, and nothing else."""
    entries, request = world.entries("V000"), world.grant(client, "V000")
    signatures = client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
    whole = [{**entry, "registrar": signature} for entry, signature in zip(entries, signatures, strict=True)]
    for attempt in (ATTEMPT, OTHER_ATTEMPT, None):
        assert client.cancel(request=request, attempt=attempt) == whole
    assert client.sign_entries(request=request, attempt=ATTEMPT, entries=entries) == signatures


def test_grant_given_up_signs_no_attempt(world: RegistrarWorld, client: Registrar) -> None:
    request = world.grant(client, "V000")
    assert client.cancel(request=request, attempt=None) is None
    assert refusal(client, request, world.entries("V000")) == "attempt-cancelled"
    assert signed_rows(world) == 0


def test_grant_serves_once(world: RegistrarWorld, client: Registrar) -> None:
    entries, request = world.entries("V000"), world.grant(client, "V000")
    client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
    following = world.entries("V000", generation=2, previous=entries)
    assert refusal(client, request, following) == "grant-used"
    assert refusal(client, request, entries[:1]) == "grant-used"
    with pytest.raises(RegistrarRefused, match="grant-used"):
        client.sign_entries(request=request, attempt=OTHER_ATTEMPT, entries=entries)


def test_never_two_keys_for_one_generation_even_under_two_grants(world: RegistrarWorld, client: Registrar) -> None:
    first, second = world.grant(client, "V000"), world.grant(client, "V000")
    client.sign_entries(request=first, attempt=ATTEMPT, entries=world.entries("V000"))
    assert refusal(client, second, world.entries("V000")) == "already-signed"
    assert signed_rows(world) == 2


def test_one_wrong_entry_leaves_none_signed(world: RegistrarWorld, client: Registrar) -> None:
    right, wrong = world.entries("V000")
    request = world.grant(client, "V000")
    slot, uuid = wrong["slot"], wrong["contest"]
    dead = world.entry(uuid, slot, 1, world.issued_key("V001", uuid))
    assert refusal(client, request, [right, dead]) == "previous-wrong"
    skipping = world.entry(uuid, slot, 2, wrong["previous"])
    assert refusal(client, request, [right, skipping]) == "generation-wrong"
    stranger = world.entry(uuid, world.slots["V001", uuid], 1, world.issued_key("V001", uuid))
    assert refusal(client, request, [right, stranger]) == "not-own-place"
    unknown = world.entry("1" * 22, slot, 1, wrong["previous"])
    assert refusal(client, request, [right, unknown]) == "contest-unknown"
    assert signed_rows(world) == 0
    assert len(client.sign_entries(request=request, attempt=ATTEMPT, entries=[right, wrong])) == 2


def test_proofs_are_checked(world: RegistrarWorld, client: Registrar) -> None:
    request = world.grant(client, "V000")
    (entry, other) = world.entries("V000")
    assert refusal(client, request, [{**entry, "possession": other["possession"]}]) == "possession-wrong"
    assert refusal(client, request, [{**entry, "possession": {}}]) == "possession-wrong"
    assert refusal(client, request, [{**entry, "portal": other["portal"]}]) == "portal-signature-wrong"
    assert refusal(client, request, [{**entry, "key": other["key"]}]) == "portal-signature-wrong"
    assert refusal(client, request, [entry, entry]) == "bad-request"
    for member, value in (
        ("key", "01" + "00" * 31), ("key", "z" * 64), ("previous", 3), ("generation", 0), ("generation", True),
        ("generation", 99), ("slot", "0" * 22), ("contest", "x"), ("portal", ""),
    ):  # fmt: skip
        with pytest.raises(RegistrarRefused, match="bad-request"):
            client._ask("/entries", {"request": request, "attempt": ATTEMPT, "entries": [{**entry, member: value}]})
    assert signed_rows(world) == 0


def test_key_that_served_serves_no_more(world: RegistrarWorld, client: Registrar) -> None:
    """Whether it was issued or made, on whatever place: a dead key never lives again."""
    (first, _) = world.reissued(client, "V000")
    uuid, slot = first["contest"], first["slot"]
    for used in (first["key"], world.issued_key("V000", uuid), world.issued_key("V001", uuid)):
        entry = _entry_for_known_key(world, uuid, slot, first["key"], used)
        # Nobody has the secret of another's key: the proof fails first, so the store is asked directly.
        assert _store_refusal(world, client, entry) == "key-used"


def _entry_for_known_key(world: RegistrarWorld, uuid: str, slot: str, previous: str, key: str) -> Any:
    from isoloir.credentials.registrar.entries import NewKey

    message = reissue_message(
        uuid=uuid, slot=slot, generation=2, previous=Element.parse(previous), key=Element.parse(key)
    )
    return NewKey(uuid, slot, 2, bytes.fromhex(previous), bytes.fromhex(key), "", message, "{}")


def _store_refusal(world: RegistrarWorld, client: Registrar, entry: Any) -> str:
    from isoloir.credentials.registrar.entries import sign_keys
    from isoloir.credentials.registrar.store import Store

    request, store = _grant_name(world.grant(client, "V000")), Store(world.store)
    with pytest.raises(Refused) as refused, store.writing() as connection:
        sign_keys(connection, request, [entry], attempt=ATTEMPT, signing_key=SigningKey.generate(), limit=3, at=0)
    store.close()
    return refused.value.code


def test_grant_expires_but_what_it_signed_can_be_fetched(world: RegistrarWorld, client: Registrar, clock: Any) -> None:
    used, late = world.grant(client, "V000"), world.grant(client, "V001")
    entries = world.entries("V000")
    signatures = client.sign_entries(request=used, attempt=ATTEMPT, entries=entries)
    clock.now += 24 * 3600 + 1
    assert refusal(client, late, world.entries("V001")) == "grant-expired"
    assert client.sign_entries(request=used, attempt=ATTEMPT, entries=entries) == signatures
    assert [one["registrar"] for one in client.cancel(request=used, attempt=ATTEMPT) or ()] == signatures
    assert client.cancel(request=late, attempt=ATTEMPT) is None


def test_unknown_grant_signs_nothing(world: RegistrarWorld, client: Registrar) -> None:
    assert refusal(client, "0" * 32, world.entries("V000")) == "grant-unknown"
    with pytest.raises(RegistrarRefused, match="grant-unknown"):
        client.cancel(request="0" * 32, attempt=ATTEMPT)


def test_place_outside_the_grant_is_not_signed(world: RegistrarWorld, client: Registrar) -> None:
    request = world.grant(client, "V000", places=world.places("V000")[:1])
    assert refusal(client, request, world.entries("V000")) == "not-own-place"
    assert len(client.sign_entries(request=request, attempt=ATTEMPT, entries=world.entries("V000")[:1])) == 1


def test_cancelled_keys_that_arrive_late_are_never_signed(
    world: RegistrarWorld, client: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request to sign waits somewhere on the network while the portal cancels: it must be void when it comes."""
    request, entries = world.grant(client, "V000"), world.entries("V000")
    late: list[tuple[Any, ...]] = []
    with monkeypatch.context() as patch:
        patch.setattr(client, "_call", lambda *asked, **_: late.append(asked) or {"signed": None})
        with pytest.raises(Exception, match="malformed"):
            client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
    assert client.cancel(request=request, attempt=ATTEMPT) is None
    assert client.cancel(request=request, attempt=ATTEMPT) is None
    with pytest.raises(RegistrarRefused, match="attempt-cancelled"):
        client._call(*late[0])
    # Keys read before the cancellation and sent after it: their hour says nothing.
    assert refusal(client, request, entries) == "attempt-cancelled"
    assert signed_rows(world) == 0
    # The voter starts again within the same grant, with other keys.
    other = world.entries("V000")
    signatures = client.sign_entries(request=request, attempt=OTHER_ATTEMPT, entries=other)
    with pytest.raises(RegistrarRefused, match="attempt-cancelled"):
        client._call(*late[0])
    assert [one["registrar"] for one in client.cancel(request=request, attempt=ATTEMPT) or ()] == signatures


def test_generations_follow_until_the_limit(world: RegistrarWorld, client: Registrar) -> None:
    entries: list[Entry] = []
    for generation in (1, 2, 3):
        entries = world.reissued(client, "V000", generation=generation, previous=entries)
    assert signed_rows(world) == 6


def test_two_grants_of_the_last_try_sign_one(world: RegistrarWorld, client: Registrar) -> None:
    (one, two) = world.places("V000")
    requests = [world.grant(client, "V000", places=[one]) for _ in range(4)]
    entries: list[Entry] = []
    for generation in (1, 2, 3):
        entries = world.entries("V000", generation=generation, previous=entries)[:1]
        client.sign_entries(request=requests[generation - 1], attempt=ATTEMPT, entries=entries)
    other = world.entry(*two, 1, world.issued_key("V000", two[0]))
    assert refusal(client, requests[3], [other]) == "limit-reached"


def test_many_at_once_get_one_key_for_a_generation(tmp_path: Path) -> None:
    world = make_registrar_world(tmp_path / "many", voters=1, contests=1)
    service = Service(world.store)
    client = world.client(service)
    attempts = [(world.grant(client, "V000"), world.entries("V000")) for _ in range(8)]
    done: list[str] = []

    def attempt(request: str, entries: list[Entry]) -> None:
        try:
            client.sign_entries(request=request, attempt=ATTEMPT, entries=entries)
            done.append("signed")
        except RegistrarRefused as refused:
            done.append(refused.code)

    threads = [threading.Thread(target=attempt, args=each) for each in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["already-signed"] * 7 + ["signed"]
    assert signed_rows(world) == 1
    service.close()
