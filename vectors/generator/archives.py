"""Vectors of whole archives: one small election, then one fault each.

An archive is given as `archive`, the Base64 of its gzip.
"""

import base64
import gzip
import io
import json
from dataclasses import dataclass, field, replace
from typing import Any

from generator.ballots import signed, ten_votes
from generator.cases import Cases, Stream, altered
from generator.texts import CONTEST, UUID
from generator.trustees import Group
from isoloir_protocol.archive import ArchiveWriter
from isoloir_protocol.ballot_making import create_ballot
from isoloir_protocol.ballots import verify_ballot
from isoloir_protocol.credentials import build_credentials, public_credential
from isoloir_protocol.election import Question, build_election, read_election
from isoloir_protocol.group import ORDER, generator_power
from isoloir_protocol.jsontext import canonical
from isoloir_protocol.proofs import challenge, hex_hash
from isoloir_protocol.tally import (
    EncryptedTally,
    aggregate,
    compute_result,
    encrypted_tally_text,
    make_partial_decryption,
    sized_tally_text,
    verify_partial_decryption,
)
from isoloir_protocol.trustees import build_trustees, make_single_key, read_trustees

TIMESTAMP = 1796000000
SECRETS = (11, 12, 13)
KEY, KEY_TEXT = make_single_key(Stream("archive trustee"))
SECOND_KEY, SECOND_KEY_TEXT = make_single_key(Stream("second archive trustee"))
TRUSTEES = build_trustees([("Single", KEY_TEXT), ("Single", SECOND_KEY_TEXT)])
CREDENTIALS = build_credentials([public_credential(secret) for secret in SECRETS])
QUESTION = Question("Quelle liste ?", ("Liste A",), blank=True)
NOT_COUNTED = EncryptedTally((), 0, 0)
Events = list[tuple[str, tuple[bytes, ...]]]


def election_record(*, contest: bool = True, trustees: bytes = TRUSTEES, uuid: str = UUID) -> bytes:
    """The election of these archives."""
    return build_election(
        uuid=uuid,
        name="Archive d’essai",
        description="",
        public_key=read_trustees(trustees).public_key,
        questions=[QUESTION],
        administrator="Ministère",
        credential_authority="Autorité",
        extra={"contest": CONTEST, "candidates": {"sha256": "0" * 64}} if contest else {},
    )


@dataclass
class Played:
    """The texts of an election played to its end, from which an archive is written."""

    election: bytes
    trustees: bytes = TRUSTEES
    credentials: bytes = CREDENTIALS
    ballots: list[bytes] = field(default_factory=list)
    tally: EncryptedTally = NOT_COUNTED
    shares: dict[int, str] = field(default_factory=dict)
    result: str = ""

    def events(self) -> Events:
        """All the events, in order."""
        text, sized = encrypted_tally_text(self.tally).encode(), sized_tally_text(self.tally).encode()
        return [
            setup(self.election, self.trustees, self.credentials),
            *(("Ballot", (ballot,)) for ballot in self.ballots),
            ("EndBallots", ()),
            ("EncryptedTally", (text, sized)),
            *(decryption(owner, share.encode()) for owner, share in self.shares.items()),
            ("Result", (self.result.encode(),)),
        ]


def setup(election: bytes, trustees: bytes, credentials: bytes) -> tuple[str, tuple[bytes, ...]]:
    """The first event."""
    names = {"election": election, "trustees": trustees, "credentials": credentials}
    payload = canonical({name: hex_hash(record) for name, record in names.items()})
    return "Setup", (election, trustees, credentials, payload.encode())


def decryption(owner: int, share: bytes) -> tuple[str, tuple[bytes, ...]]:
    """The event of a partial decryption."""
    return "PartialDecryption", (share, canonical({"owner": owner, "payload": hex_hash(share)}).encode())


def ballot(election: bytes, secret: int, choice: list[int], name: str = "") -> bytes:
    """A ballot of this election."""
    random = Stream(f"ballot {secret} {choice} {name}")
    return create_ballot(election=read_election(election), secret=secret, choices=[choice], random=random)


def counted(played: Played, secrets: dict[int, int], standing: list[bytes] | None = None) -> Played:
    """Tally the ballots (or only those that stand), decrypt with the keys of the owners, compute the result."""
    election, trustees = read_election(played.election), read_trustees(played.trustees)
    ballots = [verify_ballot(election=election, text=text) for text in standing or played.ballots]
    tally = aggregate(election, ballots)
    shares = {
        owner: make_partial_decryption(election=election, tally=tally, secret=secret, random=Stream(f"owner {owner}"))
        for owner, secret in secrets.items()
    }
    verified = {
        owner: verify_partial_decryption(
            election=election, tally=tally, public_share=trustees.owners[owner - 1], text=share
        )
        for owner, share in shares.items()
    }
    result = compute_result(election=election, tally=tally, trustees=trustees, shares=verified).text
    return replace(played, tally=tally, shares=shares, result=result)


def play(*, contest: bool = True, ballots: int = 2) -> Played:
    """Play the election of these archives: one vote for the list, one blank."""
    election = election_record(contest=contest)
    votes = [ballot(election, 11, [0, 1]), ballot(election, 12, [1, 0])][:ballots]
    return counted(Played(election, ballots=votes), {1: KEY, 2: SECOND_KEY})


def written(events: Events) -> bytes:
    """Write an archive of these events."""
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, timestamp=TIMESTAMP)
    for kind, records in events:
        writer.event(kind, *records)
    return stream.getvalue()


def _add(cases: Cases, name: str, expect: str, about: str, archive: bytes | Events, **more: Any) -> None:
    raw = archive if isinstance(archive, bytes) else written(archive)
    packed = base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode("ascii")
    cases.add("archive", name, expect, about, archive=packed, **more)


def add_all(cases: Cases) -> None:
    """Add every case of this module."""
    played = play()
    add_accepted(cases, played)
    add_container_faults(cases, played)
    add_chain_faults(cases, played)
    add_order_faults(cases, played)
    add_setup_faults(cases, played)
    add_ballot_faults(cases, played)
    add_count_faults(cases, played)


def add_accepted(cases: Cases, played: Played) -> None:
    """Whole archives, and archives of elections under way."""
    events = played.events()
    _add(cases, "complete", "accepted", "A whole election.", events, result=json.loads(played.result)["result"])
    steps = {"setup": 1, "voting": 2, "voted": 3, "closed": 4, "tallied": 5, "half-decrypted": 6, "decrypted": 7}
    for name, length in steps.items():
        _add(cases, name, "accepted", f"An election under way: {length} events.", events[:length])
    empty = play(ballots=0)
    _add(cases, "no-ballot", "accepted", "Nobody voted.", empty.events(), result=[[0, 0]])
    plain = play(contest=False)
    again = ballot(plain.election, 11, [1, 0], "again")
    revoted = replace(plain, ballots=[*plain.ballots, again])
    revoted = counted(revoted, {1: KEY, 2: SECOND_KEY}, standing=revoted.ballots[1:])
    _add(
        cases,
        "plain-revote",
        "accepted",
        "A plain Belenios election counts the last ballot.",
        revoted.events(),
        result=[[2, 0]],
    )
    _add(cases, "access-rule", "accepted", "1 of 2 and 2 of 4.", access_rule().events(), result=[[1, 1]])


def access_rule() -> Played:
    """(President or secretary) and two delegates."""
    chair, delegates = Group("chair", 1, 2), Group("delegates", 2, 4)
    trustees = build_trustees([("Pedersen", chair.parameters), ("Pedersen", delegates.parameters)])
    election = election_record(trustees=trustees)
    votes = [ballot(election, 11, [0, 1]), ballot(election, 12, [1, 0])]
    secrets = {2: chair.secrets[1], 4: delegates.secrets[1], 6: delegates.secrets[3]}
    return counted(Played(election, trustees=trustees, ballots=votes), secrets)


def add_container_faults(cases: Cases, played: Played) -> None:
    """Faults of the file that are not of any record."""
    raw = written(played.events()[:2])

    def patched(offset: int, new: bytes) -> bytes:
        return raw[:offset] + new + raw[offset + len(new) :]

    _add(cases, "empty-file", "empty-archive", "An empty file.", b"")
    _add(cases, "truncated", "truncated", "The last byte is missing.", raw[:-1])
    _add(cases, "truncated-header", "truncated", "Half a header.", raw + bytes(100))
    _add(cases, "tar-end", "bad-header", "Two blocks of zeros at the end, as tar writes.", raw + bytes(1024))
    _add(cases, "not-an-archive", "bad-header", "Another kind of file.", b"%PDF-1.7".ljust(512, b" "))
    _add(cases, "checksum", "bad-header", "A wrong checksum.", patched(148, b"000000"))
    _add(cases, "ustar", "bad-header", "A later kind of tar.", patched(257, b"ustar"))
    _add(cases, "negative-size", "bad-header", "A size that is not octal.", patched(124, b"-0000000001"))
    _add(cases, "padding", "bad-padding", "A byte after the first record.", patched(1023, b"x"))
    header = raw[:512].replace(b"BELENIOS", b"BELENIUS")
    fixed = header[:148] + b"%06o" % sum(header[:148] + b" " * 8 + header[156:]) + header[154:]
    _add(cases, "first-member", "bad-first-member", "Another first record.", fixed + raw[512:])
    later = io.BytesIO()
    ArchiveWriter(later, timestamp=TIMESTAMP + 1).event("EndBallots")
    _add(cases, "timestamp", "wrong-timestamp", "A record of another date.", raw + later.getvalue()[1024:])
    body = raw.index(b"Archive d")
    _add(cases, "record-hash", "wrong-record-hash", "A letter of the election is changed.", patched(body, b"a"))


def _event(value: dict[str, Any], *records: bytes) -> bytes:
    """The bytes of data records and of an event that may not fit them."""
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, timestamp=TIMESTAMP)
    start = stream.tell()
    for record in records:
        writer._data(record)
    event = canonical(value).encode()
    writer._write(f"{hex_hash(event)}.event.json".encode(), event)
    return stream.getvalue()[start:]


def add_chain_faults(cases: Cases, played: Played) -> None:
    """Faults of the chain of events."""
    events = played.events()
    raw = written(events[:2])

    def extra(value: dict[str, Any], *records: bytes) -> bytes:
        return raw + _event(value, *records)

    last = canonical({"parent": _head(raw, 0), "height": 1, "type": "Ballot", "payload": hex_hash(played.ballots[0])})
    parent = hex_hash(last.encode())
    end = {"parent": parent, "height": 2, "type": "EndBallots"}
    second = played.ballots[1]
    vote = end | {"type": "Ballot", "payload": hex_hash(second)}
    _add(cases, "good-event", "accepted", "What the next ones are made from.", extra(vote, second))
    _add(cases, "parent", "wrong-parent", "Chained to another event.", extra(vote | {"parent": _head(raw, 0)}, second))
    _add(cases, "no-parent", "missing-member", "Not chained.", extra({"height": 2, "type": "EndBallots"}))
    _add(cases, "height", "wrong-height", "A height is skipped.", extra(vote | {"height": 3}, second))
    _add(cases, "height-true", "wrong-height", "true is not a height.", extra(vote | {"height": True}, second))
    _add(cases, "event-type", "unknown-event", "An unknown event.", extra(end | {"type": "Recount"}))
    _add(cases, "event-member", "unknown-member", "An extra member.", extra(vote | {"colour": ""}, second))
    _add(cases, "payload", "wrong-payload", "Another payload.", extra(vote | {"payload": hex_hash(b"?")}, second))
    _add(cases, "no-record", "wrong-payload", "The ballot is not there.", extra(vote))
    _add(cases, "two-records", "wrong-payload", "A record that no event names.", extra(vote, b"{}", second))
    _add(
        cases, "closing-payload", "wrong-payload", "A closing with a payload.", extra(end | {"payload": parent}, b"{}")
    )
    stray = extra(vote, second)
    writer = ArchiveWriter(io.BytesIO(), timestamp=TIMESTAMP)
    writer._data(b"{}")
    stray += writer._stream.getvalue()[1024:]  # type: ignore[attr-defined]
    _add(cases, "leftover", "leftover-record", "A record after the last event.", stray)
    swapped = ("Setup", (*events[0][1][1::-1], *events[0][1][2:]))
    _add(cases, "setup-references", "wrong-payload", "Records in another order.", [swapped])


def _head(raw: bytes, height: int) -> str:
    """The hash of an event of an archive."""
    marker = b".event.json"
    place = -1
    for _ in range(height + 1):
        place = raw.index(marker, place + 1)
    return raw[place - 64 : place].decode()


def add_order_faults(cases: Cases, played: Played) -> None:
    """Each event where the order does not allow it."""
    whole = played.events()
    start, first, second, close, tally, share, _, result = whole
    late = replace(played, ballots=[ballot(played.election, 13, [0, 1])])
    late = counted(late, {1: KEY, 2: SECOND_KEY})
    _, late_ballot, _, *late_count = late.events()
    orders: dict[str, tuple[str, str, Events]] = {
        "vanished": (
            "ballot-after-closing",
            "A late ballot makes the others vanish.",
            [start, first, second, close, late_ballot, *late_count],
        ),
        "no-setup": ("no-setup", "It begins with the closing.", [close]),
        "no-event": ("no-setup", "No event at all.", []),
        "second-setup": (
            "second-setup",
            "A second setup drops the first ballots.",
            [start, first, start, second, close],
        ),
        "second-closing": ("second-closing", "Closed twice.", [start, first, second, close, close]),
        "no-closing": ("tally-before-closing", "Counted without closing.", [start, first, second, tally]),
        "second-tally": ("second-tally", "Two tallies.", [start, first, second, close, tally, tally]),
        "early-decryption": ("decryption-before-tally", "Decrypted before the tally.", [start, first, close, share]),
        "early-result": ("result-before-tally", "A result before the tally.", [start, first, close, result]),
        "second-result": ("event-after-result", "Two results.", [*whole, result]),
        "late-closing": ("event-after-result", "Closed after the result.", [*whole, close]),
        "shuffle": (
            "shuffle-unsupported",
            "A shuffle.",
            [start, first, second, close, tally, ("Shuffle", (b"[]", decryption(1, b"[]")[1][1]))],
        ),
    }
    for name, (expect, about, events) in orders.items():
        _add(cases, name, expect, about, events)


def add_setup_faults(cases: Cases, played: Played) -> None:
    """Faults of the three records of the setup."""

    def add(name: str, expect: str, about: str, **changes: bytes) -> None:
        changed = replace(played, **changes)
        _add(cases, name, expect, about, [setup(changed.election, changed.trustees, changed.credentials)])

    other_group = altered(played.election, lambda e: e.update(group="RFC-3526-2048"))
    add("election-group", "unknown-group", "Another group.", election=other_group)
    proof = altered(TRUSTEES, lambda t: t[0][1]["pok"].update(response="1"))
    add("trustee-proof", "wrong-key-proof", "A trustee does not know its key.", trustees=proof)
    one = build_trustees([("Single", KEY_TEXT)])
    add("public-key", "wrong-public-key", "The key is not that of the trustees.", trustees=one)
    twice = altered(CREDENTIALS, lambda c: c.append(c[0]))
    add("credential-twice", "duplicate-credential", "A credential twice.", credentials=twice)
    heavy = altered(CREDENTIALS, lambda c: c.__setitem__(1, c[1] + ",2"))
    add("weighted", "weighted-credential", "A voter worth two, in a French contest.", credentials=heavy)


def add_ballot_faults(cases: Cases, played: Played) -> None:
    """Faults of the ballot box."""

    def add(name: str, expect: str, about: str, *ballots: bytes) -> None:
        _add(cases, name, expect, about, [played.events()[0], *(("Ballot", (text,)) for text in ballots)])

    first, second = played.ballots
    outsider = ballot(played.election, 14, [0, 1])
    add("unknown-credential", "unknown-credential", "Nobody on the list voted this.", first, second, outsider)
    add("replayed", "duplicate-ballot", "A ballot twice.", first, second, first)
    add("second-ballot", "second-ballot", "A voter twice.", first, second, ballot(played.election, 11, [1, 0]))
    plain = play(contest=False)
    again = ballot(plain.election, 11, [1, 0], "again")
    replayed = replace(plain, ballots=[plain.ballots[0], again, plain.ballots[0]])
    _add(
        cases, "plain-replayed", "duplicate-ballot", "An older ballot replayed after a new vote.", replayed.events()[:4]
    )
    forged = altered(second, lambda b: b["signature"]["proof"].update(response="1"))
    add("ballot-signature", "wrong-signature", "A wrong signature.", first, forged)
    ten = altered(second, ten_votes)
    add("ten-votes", "wrong-individual-proof", "A ballot worth ten.", first, signed(ten, 12))
    other = ballot(election_record(contest=False), 12, [0, 1])
    add("foreign-ballot", "wrong-fingerprint", "A ballot of another election.", first, other)
    add(
        "ballot-space",
        "not-canonical",
        "A space in a ballot.",
        first,
        second.replace(b'","credential', b'", "credential'),
    )


def add_count_faults(cases: Cases, played: Played) -> None:
    """Faults of the tally, of the decryptions and of the result."""
    tally = played.tally

    def add(name: str, expect: str, about: str, **changes: Any) -> None:
        _add(cases, name, expect, about, replace(played, **changes).events())

    other = EncryptedTally(tuple(tuple(reversed(row)) for row in tally.ciphertexts), 2, 2)
    add("other-tally", "wrong-tally", "Another tally.", tally=other)
    add("num-tallied", "wrong-num-tallied", "A wrong number of ballots.", tally=replace(tally, num_tallied=3))
    add("total-weight", "wrong-total-weight", "A wrong total weight.", tally=replace(tally, total_weight=3))
    _add_decryption_faults(cases, played)
    _add_result_faults(cases, played)


def _add_decryption_faults(cases: Cases, played: Played) -> None:
    events = played.events()
    foreign = canonical({"num_tallied": 2, "total_weight": 2, "encrypted_tally": hex_hash(b"?")}).encode()
    events[4] = ("EncryptedTally", (events[4][1][0], foreign))
    _add(cases, "tally-hash", "wrong-payload", "The tally named is another.", events)
    events = played.events()
    share_1, share_2 = played.shares[1], played.shares[2]
    _add(
        cases, "unknown-owner", "unknown-owner", "Nobody has number 3.", [*events[:5], decryption(3, share_1.encode())]
    )
    _add(cases, "owner-zero", "unknown-owner", "Nobody has number 0.", [*events[:5], decryption(0, share_1.encode())])
    _add(cases, "owner-twice", "duplicate-owner", "Two decryptions of one trustee.", [*events[:6], events[5]])
    _add(
        cases,
        "owners-exchanged",
        "wrong-decryption-proof",
        "Decryptions exchanged.",
        [*events[:5], decryption(1, share_2.encode()), decryption(2, share_1.encode())],
    )
    _add(
        cases,
        "early-wrong-share",
        "wrong-decryption-proof",
        "A wrong decryption, no result yet.",
        [*events[:5], decryption(1, altered(share_1.encode(), lambda d: d["decryption_factors"][0].reverse()))],
    )


def _add_result_faults(cases: Cases, played: Played) -> None:
    def add(name: str, expect: str, about: str, **changes: Any) -> None:
        _add(cases, name, expect, about, replace(played, **changes).events())

    add("share-missing", "not-enough-shares", "A mandatory decryption is missing.", shares={1: played.shares[1]})
    add("other-result", "wrong-result", "Another result.", result='{"result":[[0,2]]}')
    add(
        "result-plus-order",
        "bad-form",
        "A count plus the order of the group.",
        result=f'{{"result":[["{ORDER + 1}",1]]}}',
    )
    add("result-text", "bad-form", "A small count written as a text.", result='{"result":[["1",1]]}')
    add("result-short", "wrong-length", "A count is missing.", result='{"result":[[1]]}')
    forged = forged_decryption(played)
    add(
        "sabotage",
        "count-out-of-range",
        "A wrong factor whose proof holds: the challenge does not bind it.",
        shares=played.shares | {2: forged},
    )


def forged_decryption(played: Played) -> str:
    """A partial decryption by trustee 2 with a wrong factor and a proof that is accepted (§11: weak Fiat–Shamir)."""
    election = read_election(played.election)
    share = json.loads(played.shares[2])
    prefix = f"decrypt|{election.fingerprint}|{generator_power(SECOND_KEY).text}|"
    alpha = played.tally.ciphertexts[0][0].alpha
    commitments = [generator_power(1234), alpha**4321]
    c = challenge(prefix, commitments)
    r = (1234 - SECOND_KEY * c) % ORDER
    factor = (commitments[1] / alpha**r) ** pow(c, -1, ORDER)
    share["decryption_factors"][0][0] = factor.text
    share["decryption_proofs"][0][0] = {"challenge": str(c), "response": str(r)}
    return canonical(share)
