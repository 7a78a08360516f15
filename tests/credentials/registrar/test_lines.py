"""Lines of the register: the registrar signs what its own store says, once for each height, and erases at the end."""

import io
import sqlite3
from typing import Any

import pytest
from isoloir_protocol.register import (
    closing_line,
    line_hash,
    line_message,
    opening_line,
    reissues_line,
    sealing_line,
    signed_text,
    unsigned_text,
    verify_register,
)

from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Entry, Registrar, RegistrarRefused
from tests.registrar_world import ATTEMPT, RegistrarWorld

FINGERPRINT = "A" * 43


class Portal:
    """The portal's side of one register: it signs each line, has it signed, and publishes it."""

    def __init__(self, world: RegistrarWorld, client: Registrar, number: int = 0) -> None:
        self.world, self.client, self.uuid = world, client, world.uuids[number]
        self.lines: list[str] = []

    @property
    def place(self) -> dict[str, Any]:
        return {"parent": line_hash(self.lines[-1]), "height": len(self.lines)}

    def publish(self, line: dict[str, Any]) -> None:
        unsigned = unsigned_text(line)
        registrar = self.client.sign_line(contest=self.uuid, unsigned=unsigned)
        portal = self.world.portal.sign(line_message(uuid=self.uuid, unsigned=unsigned).encode()).signature.hex()
        self.lines.append(signed_text(line, portal=portal, registrar=registrar))

    def refusal(self, line: dict[str, Any]) -> tuple[str, str]:
        with pytest.raises(RegistrarRefused) as refused:
            self.client.sign_line(contest=self.uuid, unsigned=unsigned_text(line))
        return refused.value.code, refused.value.detail

    def opening(self, **others: Any) -> dict[str, Any]:
        slots = [
            (self.world.slots[voter, self.uuid], self.world.issued_key(voter, self.uuid)) for voter in self.world.codes
        ]
        portal = self.world.portal.verify_key.encode().hex()
        facts = {"uuid": self.uuid, "limit": 3, "portal": portal, "registrar": self.world.key, "slots": slots}
        return opening_line(**{**facts, **others})

    def entry(self, entry: Entry) -> dict[str, Any]:
        """Return an entry as published, with the signature that the registrar keeps."""
        rows = sqlite3.connect(self.world.store / "store.sqlite3").execute(
            "SELECT signature FROM entries WHERE slot = ? AND generation = ?", (entry["slot"], entry["generation"])
        )
        return {**entry, "registrar": rows.fetchone()[0]}

    def reissues(self, *entries: Entry) -> dict[str, Any]:
        return reissues_line(**self.place, entries=[self.entry(entry) for entry in entries])

    def sealing(self, **others: Any) -> dict[str, Any]:
        return sealing_line(**{**self.place, "fingerprint": FINGERPRINT, "voters": 3, **others})

    def closing(self, *, reissues: int) -> dict[str, Any]:
        state = verify_register(io.BytesIO(self.published))
        return closing_line(**self.place, credentials=state.credentials_record(), reissues=reissues)

    @property
    def published(self) -> bytes:
        return "".join(f"{line}\n" for line in self.lines).encode()

    def reissued(self, voter: str, **options: Any) -> Entry:
        entries = self.world.reissued(self.client, voter, **options)
        return next(entry for entry in entries if entry["contest"] == self.uuid)


@pytest.fixture
def portal(world: RegistrarWorld, client: Registrar) -> Portal:
    return Portal(world, client)


def test_whole_register_is_signed_and_verifies(portal: Portal) -> None:
    portal.publish(portal.opening())
    first, second = portal.reissued("V000"), portal.reissued("V001")
    portal.publish(portal.reissues(first, second))
    portal.publish(portal.sealing())
    portal.publish(portal.closing(reissues=2))
    state = verify_register(io.BytesIO(portal.published))
    assert state.closed
    assert (state.reissues, state.height, len(state.live), len(state.dead)) == (2, 3, 3, 2)


def test_same_line_again_has_the_same_signature_and_another_has_none(portal: Portal) -> None:
    opening = portal.opening()
    portal.publish(opening)
    again = portal.client.sign_line(contest=portal.uuid, unsigned=unsigned_text(opening))
    assert f'"registrar":"{again}"' in portal.lines[0]
    portal.publish(portal.sealing())
    other = {**portal.sealing(), "height": 1, "fingerprint": "B" * 43}
    assert portal.refusal(other) == ("other-line-signed", "")
    # Even at the first height, of which only a hash is sent.
    assert portal.refusal(portal.opening(limit=2)) == ("other-line-signed", "")


@pytest.mark.parametrize(
    "others", [{"limit": 2}, {"limit": 9}, {"portal": "11" * 32}, {"registrar": "22" * 32}, {"registrar": None}]
)
def test_opening_is_the_authority_s_own_issue(portal: Portal, others: dict[str, Any]) -> None:
    assert portal.refusal(portal.opening(**others)) == ("line-refused", "register-wrong-opening")


def test_opening_with_a_key_more_less_or_other_is_refused(portal: Portal) -> None:
    slots = portal.opening()["slots"]
    other = portal.world.issued_key("V000", portal.world.uuids[1])
    for changed in (slots[1:], [*slots, ["1" * 22, other]], [[slots[0][0], other], *slots[1:]]):
        assert portal.refusal(portal.opening(slots=changed)) == ("line-refused", "register-wrong-opening")
    portal.publish(portal.opening())


def test_lines_come_in_their_order(portal: Portal) -> None:
    portal.lines.append("nothing")
    assert portal.refusal(portal.sealing()) == ("line-refused", "register-wrong-height")
    portal.lines.clear()
    portal.publish(portal.opening())
    assert portal.refusal(portal.closing(reissues=0)) == ("line-refused", "register-misplaced-line")
    assert portal.refusal(portal.sealing(height=2)) == ("line-refused", "register-wrong-height")
    assert portal.refusal(portal.sealing(parent="0" * 64)) == ("line-refused", "register-wrong-parent")
    assert portal.refusal({**portal.sealing(), "type": "Opening"}) == ("line-refused", "register-misplaced-line")
    assert portal.refusal({**portal.sealing(), "type": 4}) == ("line-refused", "register-misplaced-line")
    portal.publish(portal.sealing())
    assert portal.refusal(portal.sealing()) == ("line-refused", "register-misplaced-line")


def test_sealing_tells_the_number_of_places(portal: Portal) -> None:
    portal.publish(portal.opening())
    assert portal.refusal(portal.sealing(voters=2)) == ("line-refused", "register-wrong-voters")
    assert portal.refusal(portal.sealing(fingerprint="A" * 42)) == ("line-refused", "register-wrong-fingerprint")
    assert portal.refusal({**portal.sealing(), "more": 1}) == ("line-refused", "register-wrong-sealing")


def test_only_entries_signed_here_and_not_yet_published_are(portal: Portal) -> None:
    portal.publish(portal.opening())
    entry = portal.reissued("V000")
    line = portal.reissues(entry)
    forged = portal.world.entry(portal.uuid, portal.world.slots["V001", portal.uuid], 1, entry["previous"])
    wrong = reissues_line(**portal.place, entries=[{**forged, "registrar": "0" * 128}])
    assert portal.refusal(wrong) == ("line-refused", "register-wrong-entries")
    altered = reissues_line(**portal.place, entries=[{**portal.entry(entry), "registrar": "0" * 128}])
    assert portal.refusal(altered) == ("line-refused", "register-wrong-entries")
    other_proof = reissues_line(**portal.place, entries=[{**portal.entry(entry), "possession": forged["possession"]}])
    assert portal.refusal(other_proof) == ("line-refused", "wrong-reissue-possession")
    assert portal.refusal({**line, "entries": []}) == ("line-refused", "register-bad-batch")
    assert portal.refusal({**line, "entries": [3]}) == ("line-refused", "register-bad-batch")
    assert portal.refusal({**line, "entries": line["entries"] * 2}) == ("line-refused", "two-live-keys")
    portal.publish(line)
    assert portal.refusal(portal.reissues(entry)) == ("line-refused", "register-wrong-entries")


def test_generation_is_not_published_before_the_one_it_follows(portal: Portal) -> None:
    portal.publish(portal.opening())
    entries = portal.world.reissued(portal.client, "V000")
    first = entries[0]
    second = portal.reissued("V000", generation=2, previous=entries)
    assert portal.refusal(portal.reissues(second)) == ("line-refused", "generation-skipped")
    portal.publish(portal.reissues(first, second))
    assert verify_register(io.BytesIO(portal.published)).reissues == 2


def test_closing_leaves_no_entry_out(portal: Portal) -> None:
    portal.publish(portal.opening())
    portal.publish(portal.sealing())
    entry = portal.reissued("V000")
    assert portal.refusal(portal.closing(reissues=0)) == ("line-refused", "register-wrong-count")
    portal.publish(portal.reissues(entry))
    assert portal.refusal(portal.closing(reissues=0)) == ("line-refused", "register-not-closed")
    dead = {**portal.closing(reissues=1), "credentials": "0" * 64}
    assert portal.refusal(dead) == ("line-refused", "register-not-closed")
    portal.publish(portal.closing(reissues=1))
    assert portal.refusal(portal.sealing()) == ("line-refused", "register-misplaced-line")


def test_line_must_be_signed_by_the_portal_and_canonical(portal: Portal) -> None:
    portal.publish(portal.opening())
    unsigned = unsigned_text(portal.sealing())
    for text in (unsigned.replace(":", ": "), unsigned[:-1], "[]", "{}", "é", '{"height":-1}', '{"height":1e0}'):
        with pytest.raises(RegistrarRefused, match=r"line-refused|bad-request"):
            portal.client.sign_line(contest=portal.uuid, unsigned=text)
    with pytest.raises(RegistrarRefused, match="portal-signature-wrong"):
        portal.client._ask("/lines", {"contest": portal.uuid, "unsigned": unsigned, "portal": "0" * 128})
    with pytest.raises(RegistrarRefused, match="contest-unknown"):
        portal.client.sign_line(contest="1" * 22, unsigned=unsigned)


def test_closed_contest_signs_no_key_and_its_tags_are_erased(
    world: RegistrarWorld, client: Registrar, service: Service
) -> None:
    first, second = Portal(world, client, 0), Portal(world, client, 1)
    for portal in (first, second):
        portal.publish(portal.opening())
        portal.publish(portal.sealing())
    waiting = world.grant(client, "V000")
    first.publish(first.closing(reissues=0))
    with pytest.raises(RegistrarRefused, match="contest-closed"):
        client.sign_entries(request=waiting, attempt=ATTEMPT, entries=world.entries("V000")[:1])
    assert not service.tidy()
    database = sqlite3.connect(world.store / "store.sqlite3")
    tags = dict(database.execute("SELECT uuid, COUNT(tag) FROM places JOIN contests ON number = contest GROUP BY uuid"))
    assert tags == {first.uuid: 0, second.uuid: 3}
    # The other contest goes on.
    with pytest.raises(RegistrarRefused, match="contest-closed"):
        world.grant(client, "V001")
    world.grant(client, "V001", places=world.places("V001")[1:])
    second.publish(second.closing(reissues=0))
    assert service.tidy()
    assert service.tidy()


def test_once_all_is_closed_nothing_joins_a_place_and_a_person(
    world: RegistrarWorld, client: Registrar, service: Service
) -> None:
    people = [row.encode() for row in (world.directory / "issue/registrar/people.csv").read_text().split()[1:]]
    secrets_before = {(world.store / name).read_bytes() for name in ("tag-key", "evidence-pepper")}
    tags = (world.directory / f"issue/registrar/rights-{world.uuids[0]}.csv").read_text().split()[1:]
    for number in (0, 1):
        portal = Portal(world, client, number)
        portal.publish(portal.opening())
        portal.publish(portal.sealing())
    everything = _everything(world)
    assert all(bytes.fromhex(person.decode()) in everything for person in people)
    for number in (0, 1):
        _close(Portal(world, client, number))
    assert service.tidy()
    service.close()
    everything = _everything(world)
    assert not any(bytes.fromhex(person.decode()) in everything for person in people)
    assert not any(bytes.fromhex(line.split(";")[2]) in everything for line in tags)
    assert not any(secret in everything for secret in secrets_before)
    with pytest.raises(RegistrarRefused, match="contest-closed"):
        world.grant(world.client(Service(world.store)), "V000")


def _close(portal: Portal) -> None:
    """Close a register whose opening and sealing were signed: ask for them again, then close."""
    portal.publish(portal.opening())
    portal.publish(portal.sealing())
    portal.publish(portal.closing(reissues=0))


def _everything(world: RegistrarWorld) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(world.store.iterdir()))
