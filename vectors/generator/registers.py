"""Vectors of registers of keys: three voters, two re-issues, then one fault each.

Where a line is changed, all that follows is chained and signed again by both services, unless the case says who did
not: the named fault is the only one.
"""

import base64
import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from nacl.signing import SigningKey

from generator import archives
from generator.cases import Cases, Stream
from generator.texts import UUID
from isoloir_protocol.base58 import random_base58
from isoloir_protocol.credentials import build_credentials, public_credential
from isoloir_protocol.election import read_election
from isoloir_protocol.group import NEUTRAL, generator_power
from isoloir_protocol.jsontext import canonical
from isoloir_protocol.register import (
    Line,
    closing_line,
    line_hash,
    line_message,
    opening_line,
    prove_new_key,
    reissue_message,
    reissues_line,
    sealing_line,
    signed_text,
    unsigned_text,
)

PORTAL = SigningKey(Stream("register portal")(32))
REGISTRAR = SigningKey(Stream("register registrar")(32))
STRANGER = SigningKey(Stream("register stranger")(32))
_slots = Stream("register slots")
#: Sorted; their keys of generation 0 are those of secrets 11, 12, 13.
FIRST, SECOND, THIRD = SLOTS = sorted(random_base58(22, _slots) for _ in range(3))
LIVE = (21, 22, 13)
ELECTION = archives.election_record()
FINGERPRINT = read_election(ELECTION).fingerprint
Lines = list[Line]


def public(key: SigningKey) -> str:
    """The public key, as a register writes it."""
    return key.verify_key.encode().hex()


def sign(key: SigningKey, message: str) -> str:
    """A plain Ed25519 signature, in hexadecimal."""
    return key.sign(message.encode("ascii")).signature.hex()


def entry(
    slot: str,
    generation: int,
    previous: int,
    secret: int,
    *,
    portal: SigningKey = PORTAL,
    registrar: SigningKey = REGISTRAR,
    proved_by: int | None = None,
) -> dict[str, Any]:
    """A re-issue of a slot, from the key of one secret to that of another."""
    key = generator_power(secret)
    message = reissue_message(uuid=UUID, slot=slot, generation=generation, previous=generator_power(previous), key=key)
    prover = secret if proved_by is None else proved_by
    possession = prove_new_key(secret=prover, message=message, random=Stream(f"possession {secret} {message}"))
    return {
        "slot": slot,
        "generation": generation,
        "key": key.text,
        "possession": possession,
        "portal": sign(portal, message),
        "registrar": sign(registrar, message),
    }


def credentials(secrets: tuple[int, ...]) -> bytes:
    """The credentials record of these keys."""
    return build_credentials(public_credential(secret) for secret in secrets)


def opening(*, registrar: SigningKey | None = REGISTRAR) -> Line:
    """The first line."""
    keys = [public_credential(secret).text for secret in archives.SECRETS]
    return opening_line(
        uuid=UUID,
        limit=3,
        portal=public(PORTAL),
        registrar=None if registrar is None else public(registrar),
        slots=zip(SLOTS, keys, strict=True),
    )


def batch(*entries: dict[str, Any]) -> Line:
    """A line of re-issues; its place is given by `published`."""
    return reissues_line(parent="", height=0, entries=entries)


def sealing(fingerprint: str = FINGERPRINT, voters: int = 3) -> Line:
    """The sealing."""
    return sealing_line(parent="", height=0, fingerprint=fingerprint, voters=voters)


def closing(secrets: tuple[int, ...] = LIVE, reissues: int = 2) -> Line:
    """The last line."""
    return closing_line(parent="", height=0, credentials=credentials(secrets), reissues=reissues)


def good() -> Lines:
    """A re-issue before the sealing, another after it."""
    return [opening(), batch(entry(FIRST, 1, 11, 21)), sealing(), batch(entry(SECOND, 1, 12, 22)), closing()]


def published(
    lines: Lines,
    *,
    uuid: str = UUID,
    forge: int = -1,
    portal: SigningKey = PORTAL,
    registrar: SigningKey = REGISTRAR,
    changed: Callable[[Line], Any] | None = None,
) -> list[str]:
    """Chain and sign lines; line number `forge` is signed by the given keys, or changed after it was signed."""
    texts: list[str] = []
    for height, draft in enumerate(lines):
        line = deepcopy(draft) | {"height": height}
        if height:
            line |= {"parent": line_hash(texts[-1])}
        message = line_message(uuid=uuid, unsigned=unsigned_text(line))
        signers = (portal, registrar) if height == forge else (PORTAL, REGISTRAR)
        doubled = "registrar" in lines[0]
        text = signed_text(
            line, portal=sign(signers[0], message), registrar=sign(signers[1], message) if doubled else None
        )
        if height == forge and changed is not None:
            value = json.loads(text)
            changed(value)
            text = canonical(value)
        texts.append(text)
    return texts


def written(texts: list[str]) -> bytes:
    """The file of these lines."""
    return "".join(text + "\n" for text in texts).encode()


def _add(cases: Cases, name: str, expect: str, about: str, register: bytes | Lines, **more: Any) -> None:
    raw = register if isinstance(register, bytes) else written(published(register))
    cases.add("register", name, expect, about, register=raw, **more)


def add_all(cases: Cases) -> None:
    """Add every case of this module."""
    _add_accepted(cases)
    _add_reading_faults(cases)
    _add_chain_faults(cases)
    _add_order_faults(cases)
    _add_line_signature_faults(cases)
    _add_altered_line_faults(cases)
    _add_removed_entry_faults(cases)
    _add_entry_signature_faults(cases)
    _add_generation_faults(cases)
    _add_entry_faults(cases)
    _add_opening_faults(cases)
    _add_count_faults(cases)
    _add_archive_faults(cases)


def _add_accepted(cases: Cases) -> None:
    live = {FIRST: [1, generator_power(21).text], SECOND: [1, generator_power(22).text]}
    live |= {THIRD: [0, generator_power(13).text]}
    _add(cases, "good", "accepted", "Three voters, two re-issues.", good(), live=live, reissues=2, closed=True)
    _add(cases, "opened", "accepted", "An election that begins.", good()[:1], reissues=0, closed=False)
    _add(cases, "under-way", "accepted", "An election under way.", good()[:4], live=live, reissues=2, closed=False)
    alone = [opening(registrar=None), sealing(), closing(archives.SECRETS, 0)]
    _add(cases, "no-registrar", "accepted", "No registrar, no re-issue.", alone, reissues=0, closed=True)
    twice = batch(*_three_times()[:2])
    most = [opening(), sealing(), twice, batch(_three_times()[2]), closing((41, 12, 13), 3)]
    _add(cases, "at-limit", "accepted", "Three re-issues of a slot.", most, reissues=3, closed=True)


def _three_times() -> list[dict[str, Any]]:
    return [entry(FIRST, 1, 11, 21), entry(FIRST, 2, 21, 31), entry(FIRST, 3, 31, 41)]


def _add_reading_faults(cases: Cases) -> None:
    raw = written(published(good()))
    _add(cases, "empty", "register-empty", "An empty file.", b"")
    _add(cases, "truncated", "register-truncated", "The last line feed is missing.", raw[:-1])
    _add(cases, "blank-line", "not-json", "A line with nothing.", raw + b"\n")
    _add(cases, "carriage-return", "not-canonical", "A line ends as on Windows.", raw.replace(b"\n", b"\r\n"))
    _add(cases, "space", "not-canonical", "A space.", raw.replace(b'"type":"Sealing"', b'"type": "Sealing"'))
    _add(
        cases,
        "member-twice",
        "duplicate-member",
        "A member twice.",
        raw.replace(b'"voters":3', b'"voters":3,"voters":3'),
    )
    _add(cases, "not-utf8", "not-utf8", "A byte that is not UTF-8.", raw.replace(b"Sealing", b"S\xe9aling"))
    _add(cases, "not-an-object", "register-misplaced-line", "A line that is an array.", b"[]\n")
    extra = good()
    extra[2] |= {"at": "2026-11-23"}
    _add(cases, "a-time", "unknown-member", "A line that bears a time.", extra)
    order = good()
    order[2] = {"voters": 3, **{name: value for name, value in order[2].items() if name != "voters"}}
    _add(cases, "member-order", "wrong-member-order", "Members in another order.", order)
    missing = good()
    del missing[3]["entries"][0]["possession"]
    _add(cases, "no-possession", "missing-member", "No proof of possession.", missing)


def _add_chain_faults(cases: Cases) -> None:
    texts = published(good())
    _add(cases, "line-removed", "register-wrong-parent", "A line was taken off.", written(texts[:1] + texts[2:]))
    swapped = [texts[0], texts[2], texts[1], *texts[3:]]
    _add(cases, "lines-exchanged", "register-wrong-parent", "Two lines changed places.", written(swapped))
    _add(cases, "line-twice", "register-wrong-parent", "A line is there twice.", written([*texts[:2], *texts[1:]]))
    other = published([opening(), batch(entry(FIRST, 1, 11, 23)), sealing()])
    mixed = written([*texts[:2], other[2], *texts[3:]])
    _add(cases, "other-history", "register-wrong-parent", "A line of a second history, signed by both.", mixed)
    lines = good()
    first, rest = published(lines[:1]), lines[1] | {"parent": "", "height": 2}
    rest["parent"] = line_hash(first[0])
    message = line_message(uuid=UUID, unsigned=unsigned_text(rest))
    skipped = signed_text(rest, portal=sign(PORTAL, message), registrar=sign(REGISTRAR, message))
    _add(cases, "height-skipped", "register-wrong-height", "A height is skipped.", written([*first, skipped]))


def _add_order_faults(cases: Cases) -> None:
    start, reissue, seal, _, close = good()
    orders: dict[str, tuple[str, Lines]] = {
        "no-opening": ("It begins with the sealing.", [seal]),
        "second-opening": ("Opened twice.", [start, start]),
        "second-sealing": ("Sealed twice.", [start, seal, seal]),
        "closed-unsealed": ("Closed before it was sealed.", [start, closing(archives.SECRETS, 0)]),
        "late-reissue": ("A re-issue after the closing.", [*good(), batch(entry(THIRD, 1, 13, 23))]),
        "second-closing": ("Closed twice.", [*good(), close]),
        "unknown-type": ("An unknown type.", [start, reissue | {"type": "Renewals"}]),
    }
    for name, (about, lines) in orders.items():
        _add(cases, name, "register-misplaced-line", about, lines)


def _add_line_signature_faults(cases: Cases) -> None:
    def add(name: str, expect: str, about: str, *, line: int = 2, **forged: Any) -> None:
        _add(cases, name, expect, about, written(published(good(), forge=line, **forged)))

    def drop(signer: str) -> Callable[[Line], Any]:
        return lambda line: line["signatures"].pop(signer)

    about = "A line that the portal did not sign"
    add("line-portal-missing", "line-portal-signature-missing", f"{about}.", changed=drop("portal"))
    add(
        "line-unsigned",
        "line-portal-signature-missing",
        f"{about}, nor the registrar.",
        changed=lambda line: line.pop("signatures"),
    )
    add("line-portal-wrong", "line-portal-signature-wrong", "A line signed in place of the portal.", portal=STRANGER)
    about = "A line that the registrar did not sign."
    add("line-registrar-missing", "line-registrar-signature-missing", about, changed=drop("registrar"))
    add("line-registrar-wrong", "line-registrar-signature-wrong", "The portal signs twice.", registrar=PORTAL)
    add(
        "opening-registrar-missing",
        "line-registrar-signature-missing",
        "An opening signed once.",
        line=0,
        changed=drop("registrar"),
    )
    add("opening-portal-wrong", "line-portal-signature-wrong", "An opening by somebody else.", line=0, portal=STRANGER)
    add(
        "closing-registrar-wrong",
        "line-registrar-signature-wrong",
        "A closing by the portal alone.",
        line=4,
        registrar=PORTAL,
    )


def _add_altered_line_faults(cases: Cases) -> None:
    def add(name: str, expect: str, about: str, changed: Callable[[Line], Any]) -> None:
        _add(cases, name, expect, about, written(published(good(), forge=2, changed=changed)))

    add(
        "line-altered",
        "line-portal-signature-wrong",
        "Changed after it was signed.",
        changed=lambda line: line.update(fingerprint="A" * 43),
    )
    add(
        "signature-form",
        "bad-form",
        "A signature in upper case.",
        changed=lambda line: line["signatures"].update(portal="AB" * 64),
    )


def _add_removed_entry_faults(cases: Cases) -> None:
    alone = published(
        [opening(registrar=None), sealing()],
        forge=1,
        changed=lambda line: line["signatures"].update(registrar="0" * 128),
    )
    _add(cases, "nobody-signs", "unknown-member", "A second signature where there is no registrar.", written(alone))
    two = [opening(), batch(entry(FIRST, 1, 11, 21), entry(SECOND, 1, 12, 22)), sealing(), closing()]
    cut = published(two, forge=1, changed=lambda line: line["entries"].pop())
    _add(cases, "entry-removed", "line-portal-signature-wrong", "A re-issue is taken off a line.", written(cut))
    two[1]["entries"].pop()
    by_portal = published(two, forge=1, registrar=STRANGER)
    _add(
        cases,
        "entry-removed-by-portal",
        "line-registrar-signature-wrong",
        "A re-issue is taken off by the portal alone.",
        written(by_portal),
    )
    foreign = published(good(), uuid="B" * 22)
    _add(
        cases,
        "foreign-signatures",
        "line-portal-signature-wrong",
        "Signatures made for another contest.",
        written(foreign),
    )


def _add_entry_signature_faults(cases: Cases) -> None:
    def add(name: str, expect: str, about: str, changed: dict[str, Any]) -> None:
        _add(cases, name, expect, about, [opening(), sealing(), _raw_batch(changed)])

    def without(signer: str) -> dict[str, Any]:
        return {name: value for name, value in entry(FIRST, 1, 11, 21).items() if name != signer}

    add("portal-missing", "portal-signature-missing", "A re-issue that the portal did not sign.", without("portal"))
    about = "A re-issue that the registrar did not sign."
    add("registrar-missing", "registrar-signature-missing", about, without("registrar"))
    by_registrar = entry(FIRST, 1, 11, 21, portal=REGISTRAR)
    add("registrar-alone", "portal-signature-wrong", "The registrar alone signs, twice.", by_registrar)
    by_portal = entry(FIRST, 1, 11, 21, registrar=PORTAL)
    add("portal-alone", "registrar-signature-wrong", "The portal alone signs, twice.", by_portal)
    possession, theirs = entry(FIRST, 1, 11, 23), entry(FIRST, 1, 11, 21)
    altered = possession | {"portal": theirs["portal"], "registrar": theirs["registrar"]}
    add("entry-altered", "portal-signature-wrong", "Another key in an entry that both signed.", altered)
    replayed = entry(FIRST, 1, 11, 21) | {"slot": SECOND}
    add("entry-moved", "wrong-reissue-possession", "An entry moved to another slot.", replayed)
    other = entry(FIRST, 1, 11, 21, proved_by=22)
    add("possession", "wrong-reissue-possession", "The secret of the new key is not known.", other)


def _raw_batch(*entries: dict[str, Any]) -> Line:
    """A line of entries as they are, in their order."""
    return {"parent": "", "height": 0, "type": "Reissues", "entries": list(entries)}


def _add_generation_faults(cases: Cases) -> None:
    def add(name: str, expect: str, about: str, *lines: Line) -> None:
        _add(cases, name, expect, about, [opening(), sealing(), *lines])

    first = entry(FIRST, 1, 11, 21)
    add(
        "two-live-keys",
        "two-live-keys",
        "Two keys on a slot, in two lines.",
        batch(first),
        batch(entry(FIRST, 1, 11, 22)),
    )
    add(
        "two-live-keys-in-line",
        "two-live-keys",
        "Two keys on a slot, in a line.",
        batch(first, entry(FIRST, 1, 11, 22)),
    )
    add(
        "generation-back",
        "two-live-keys",
        "Back to generation 1.",
        batch(*_three_times()[:2]),
        batch(entry(FIRST, 1, 31, 22)),
    )
    add("generation-skipped", "generation-skipped", "From 0 to 2.", batch(entry(FIRST, 2, 11, 21)))
    add(
        "entry-removed-by-both",
        "generation-skipped",
        "The first of two re-issues is taken off by both.",
        batch(_three_times()[1]),
    )
    add(
        "limit-exceeded",
        "reissue-limit-exceeded",
        "A fourth re-issue.",
        batch(*_three_times()),
        batch(entry(FIRST, 4, 41, 51)),
    )
    add("generation-zero", "out-of-range", "A re-issue of generation 0.", batch(entry(FIRST, 0, 11, 21)))


def _add_entry_faults(cases: Cases) -> None:
    def add(name: str, expect: str, about: str, *lines: Line) -> None:
        _add(cases, name, expect, about, [opening(), sealing(), *lines])

    first = entry(FIRST, 1, 11, 21)
    add("unknown-slot", "unknown-slot", "A slot that was not opened.", batch(entry("z" * 22, 1, 11, 21)))
    add("slot-form", "bad-form", "A slot of another length.", _raw_batch(first | {"slot": FIRST[:-1]}))
    add("dead-key-again", "key-used-twice", "A dead key comes back.", batch(first), batch(entry(FIRST, 2, 21, 11)))
    add("key-of-another", "key-used-twice", "The key of another slot.", batch(entry(FIRST, 1, 11, 12)))
    add("key-twice-in-line", "key-used-twice", "One new key for two slots.", batch(first, entry(SECOND, 1, 12, 21)))
    add("order-of-arrival", "register-not-sorted", "Not sorted by slot.", _raw_batch(entry(SECOND, 1, 12, 22), first))
    add("empty-batch", "register-bad-batch", "No re-issue in the line.", _raw_batch())
    add("neutral-key", "neutral-key", "The neutral key.", _raw_batch(first | {"key": NEUTRAL.text}))
    add("key-not-in-group", "element-not-in-group", "Not a member.", _raw_batch(first | {"key": "0" * 63 + "2"}))
    alone = [opening(registrar=None), sealing(), batch(first)]
    _add(cases, "no-registrar-reissue", "reissue-without-registrar", "A re-issue by the portal alone.", alone)


def _add_opening_faults(cases: Cases) -> None:
    def add(name: str, expect: str, about: str, change: Callable[[Line], Any]) -> None:
        line = opening()
        change(line)
        _add(cases, name, expect, about, [line])

    def exchange(line: Line) -> None:
        line["slots"].reverse()

    same = opening(registrar=PORTAL)
    _add(cases, "one-signer", "register-one-signer", "The portal is its own registrar.", [same])
    add("slots-order", "register-not-sorted", "Slots are not sorted.", exchange)
    add("slot-twice", "two-live-keys", "A slot with two keys.", lambda line: line["slots"][1].__setitem__(0, FIRST))
    key = public_credential(11).text
    add("key-twice", "key-used-twice", "A key for two slots.", lambda line: line["slots"][1].__setitem__(1, key))
    add("neutral-slot", "neutral-key", "A neutral key.", lambda line: line["slots"][1].__setitem__(1, NEUTRAL.text))
    add("limit", "out-of-range", "A limit that is too high.", lambda line: line.update(limit=10))
    add("portal-key", "bad-form", "A key that is too short.", lambda line: line.update(portal="00"))
    add("slot-pair", "wrong-length", "A slot without a key.", lambda line: line["slots"][1].pop())


def _add_count_faults(cases: Cases) -> None:
    lines = good()
    _add(cases, "voters", "register-wrong-voters", "Another number of voters.", [lines[0], lines[1], sealing(voters=4)])
    _add(cases, "count", "register-wrong-count", "Another number of re-issues.", [*lines[:4], closing(reissues=3)])
    removed = [lines[0], lines[2], lines[3], closing((11, 22, 13))]
    _add(
        cases, "entry-removed-from-count", "register-wrong-count", "A line is taken off by both, but counted.", removed
    )
    dead = [*lines[:4], closing((11, 22, 13))]
    _add(cases, "closing-dead-key", "register-wrong-credentials", "The closing names a dead key.", dead)
    _add(cases, "fingerprint-form", "bad-form", "Not a fingerprint.", [lines[0], sealing(fingerprint="?" * 43)])


def _add_archive_faults(cases: Cases) -> None:
    votes = [archives.ballot(ELECTION, 21, [0, 1]), archives.ballot(ELECTION, 13, [1, 0])]
    played = archives.Played(ELECTION, credentials=credentials(LIVE), ballots=votes)
    secrets = {1: archives.KEY, 2: archives.SECOND_KEY}
    counted = archives.counted(played, secrets)

    def add(name: str, expect: str, about: str, lines: Lines, events: archives.Events, **more: Any) -> None:
        raw = gzip.compress(archives.written(events), 9, mtime=0)
        _add(cases, name, expect, about, lines, archive=base64.b64encode(raw).decode("ascii"), **more)

    events, register = counted.events(), good()
    result = json.loads(counted.result)["result"]
    add("archive", "accepted", "A whole election, a ballot under a re-issued key.", register, events, result=result)
    add("archive-voting", "accepted", "A register not closed, nor the ballot box.", register[:4], events[:2])
    dead = replace(played, ballots=[archives.ballot(ELECTION, 11, [0, 1]), votes[1]])
    add("dead-key", "ballot-under-dead-key", "A ballot under a dead key.", register, dead.events()[:4])
    nobody = replace(played, ballots=[archives.ballot(ELECTION, 14, [0, 1])])
    add("no-key", "unknown-credential", "A ballot under a key of no register.", register, nobody.events()[:3])
    issued = archives.counted(archives.Played(ELECTION, ballots=dead.ballots), secrets).events()
    add("archive-dead-keys", "archive-not-live-keys", "An archive of the keys first issued.", register, issued)
    more = replace(played, credentials=credentials((*LIVE, 99)))
    add("archive-more-keys", "archive-not-live-keys", "A key that the register has not.", register, more.events()[:3])
    add("not-closed", "register-not-closed", "The ballot box is closed, not the register.", register[:4], events)
    sealed = [*register[:2], sealing(fingerprint="A" * 43), *register[3:]]
    add("other-record", "register-wrong-fingerprint", "Sealed for another record.", sealed, events)
    add("unsealed", "register-wrong-fingerprint", "Not sealed.", register[:2], events[:2])
    other = replace(played, election=archives.election_record(uuid="B" * 22))
    add("other-contest", "register-wrong-contest", "The archive of another contest.", register, other.events()[:1])
