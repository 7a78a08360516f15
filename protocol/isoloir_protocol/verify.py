"""The verification of an archive: every check of §15, the order of events (§14.4) and the bounds of the result.

The archive is read once, as a stream; ballots are checked and counted as they come, so that memory holds one ballot,
the list of credentials and a hash per ballot. Verification stops at the first fault: what follows would be built on it.
The register of keys, when it is given, is read before the archive, and compared with it as the archive is read.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from isoloir_protocol import jsontext
from isoloir_protocol.archive import Event, read_events
from isoloir_protocol.ballots import VerifiedBallot, verify_ballot
from isoloir_protocol.checks import ARCHIVE_STEPS, Check, Step
from isoloir_protocol.credentials import Credentials, read_credentials
from isoloir_protocol.election import Election, read_election
from isoloir_protocol.errors import (
    ArchiveRefused,
    BallotRefused,
    CredentialRefused,
    DecryptionRefused,
    ProtocolError,
    ResultRefused,
    TallyRefused,
    TrusteesRefused,
)
from isoloir_protocol.register import RegisterState
from isoloir_protocol.register_checks import (
    CheckedRegister,
    check_register,
    compare_ballot,
    compare_closing,
    compare_setup,
)
from isoloir_protocol.tally import (
    BallotCounter,
    EncryptedTally,
    Result,
    VerifiedShare,
    compute_result,
    encrypted_tally_text,
    read_encrypted_tally,
    read_result,
    read_sized_tally,
    verify_partial_decryption,
)
from isoloir_protocol.trustees import Trustees, read_trustees

#: Checks that hold only once the whole file was read, and those that hold once no ballot can follow.
_ALL_ALONG = frozenset({Step.CONTAINER, Step.CHAIN, Step.ORDER})
_SETTLED_LATER = frozenset({Step.DECRYPTIONS, Step.LIVE_KEYS})
_PER_BALLOT = frozenset({Step.BALLOTS, Step.RIGHT_TO_VOTE, Step.ONE_BALLOT})

#: Faults of the reading that concern the chain of events rather than the container.
_CHAIN_FAULTS = frozenset(
    {"wrong-record-hash", "wrong-parent", "wrong-height", "wrong-payload", "leftover-record", "unknown-event"}
)


Phase = Literal["empty", "voting", "closed", "tallied", "finished"]

#: The order of events (§14.4): in which phase each may come, and the phase that follows.
_GRAMMAR: dict[tuple[Phase, str], Phase] = {
    ("empty", "Setup"): "voting",
    ("voting", "Ballot"): "voting",
    ("voting", "EndBallots"): "closed",
    ("closed", "EncryptedTally"): "tallied",
    ("tallied", "PartialDecryption"): "tallied",
    ("tallied", "Result"): "finished",
}
_ONLY_FAULT: dict[Phase, str] = {"empty": "no-setup", "finished": "event-after-result"}
_MISPLACED = {
    "Setup": "second-setup",
    "Ballot": "ballot-after-closing",
    "EndBallots": "second-closing",
    "Shuffle": "shuffle-unsupported",
    "EndShuffles": "shuffle-unsupported",
    "PartialDecryption": "decryption-before-tally",
    "Result": "result-before-tally",
}


@dataclass(slots=True)
class Found:
    """What the archive holds, as far as it was verified."""

    election: Election | None = None
    trustees: Trustees | None = None
    credentials: Credentials | None = None
    events: int = 0
    head: str = ""
    ballots: int = 0
    closed: bool = False
    tally: EncryptedTally | None = None
    owners: list[int] = field(default_factory=list)
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of the verification of one archive, of one register, or of both together.

    Without an archive, checks 1 to 14 are not there; without a register, checks 15 to 18 are absent.
    """

    checks: tuple[Check, ...]
    found: Found
    register: RegisterState | None = None

    @property
    def alone(self) -> bool:
        """A register was verified without an archive."""
        return self.checks[0].step == Step.REGISTER

    @property
    def fault(self) -> ProtocolError | None:
        """The fault that stopped the verification, or None when the archive is accepted."""
        return next((check.fault for check in self.checks if check.fault is not None), None)


def verify_archive(path: Path | str, *, register: Path | str | None = None, registrar: str | None = None) -> Report:
    """Verify the archive in a file, with its register of keys when there is one.

    Never raises for what the files hold, nor when they cannot be read.
    """
    checked = None if register is None else _checked_register(register, registrar)
    stream = _opened(path)
    if isinstance(stream, ArchiveRefused):
        return _Verification(io.BytesIO(), checked).report(stream)
    with stream:
        return verify_stream(stream, register=checked)


def verify_register_file(path: Path | str, *, registrar: str | None = None) -> Report:
    """Verify the register in a file, without its archive. Never raises for the file."""
    checked = _checked_register(path, registrar)
    checks = (*checked.checks(), Check(Step.LIVE_KEYS, "absent" if checked.fault is None else "not-reached"))
    return Report(checks, Found(), checked.state)


def verify_stream(stream: BinaryIO, *, register: CheckedRegister | None = None) -> Report:
    """Verify an archive read from a seekable binary stream. Raises only what the stream itself raises."""
    return _Verification(stream, register).run()


def _checked_register(path: Path | str, registrar: str | None) -> CheckedRegister:
    stream = _opened(path)
    if isinstance(stream, ArchiveRefused):
        return CheckedRegister(RegisterState(), stream)
    with stream:
        return check_register(stream, registrar=registrar)


def _opened(path: Path | str) -> BinaryIO | ArchiveRefused:
    """Open a file, or say why not."""
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        code = "file-missing"
    except IsADirectoryError:
        code = "file-is-directory"
    except PermissionError:
        code = "file-forbidden"
    except (OSError, ValueError):
        code = "file-unreadable"
    return ArchiveRefused(code)


def _misplaced(phase: Phase, kind: str) -> str:
    """Name the fault of an event that the grammar does not allow in this phase."""
    if phase in _ONLY_FAULT:
        return _ONLY_FAULT[phase]
    if kind == "EncryptedTally":
        return "second-tally" if phase == "tallied" else "tally-before-closing"
    return _MISPLACED[kind]


class _Verification:
    def __init__(self, stream: BinaryIO, register: CheckedRegister | None = None) -> None:
        self._stream = stream
        self._checked_register = register
        self._register = None if register is None else register.verified
        self.found = Found()
        self._step = Step.CONTAINER
        self._phase: Phase = "empty"
        self._passed: set[Step] = set()
        self._ballots: _BallotBox | None = None
        self._shares: dict[int, VerifiedShare] = {}

    def run(self) -> Report:
        try:
            for event in self._events():
                with self._during(Step.ORDER):
                    self._check_order(event)
                self._take(event)
                self.found.events += 1
                self.found.head = event.digest
        except ProtocolError as fault:
            return self.report(fault)
        return self.report(None)

    def _events(self) -> Iterator[Event]:
        try:
            yield from read_events(self._stream)
        except ProtocolError as fault:
            self._step = Step.CHAIN if fault.code in _CHAIN_FAULTS else Step.CONTAINER
            if fault.code == "no-setup":
                self._step = Step.ORDER
            raise

    @contextmanager
    def _during(self, step: Step) -> Iterator[None]:
        """Say which check is under way; it stays so when a fault goes through."""
        self._step = step
        yield
        if step not in _ALL_ALONG | _PER_BALLOT | _SETTLED_LATER:
            self._passed.add(step)

    def _check_order(self, event: Event) -> None:
        """Enforce the grammar of §14.4: without it, ballots could vanish from the walk through the events."""
        following = _GRAMMAR.get((self._phase, event.kind))
        if following is None:
            raise ArchiveRefused(_misplaced(self._phase, event.kind), height=event.height)
        self._phase = following

    def _take(self, event: Event) -> None:
        if event.kind == "Setup":
            self._take_setup(event.records)
        elif event.kind == "Ballot":
            self._take_ballot(event.records[0], event.payload_place)
        elif event.kind == "EndBallots":
            self.found.closed = True
            self._passed |= _PER_BALLOT
            if self._register is not None:
                with self._during(Step.LIVE_KEYS):
                    compare_closing(self._register)
        elif event.kind == "EncryptedTally":
            self._take_tally(event.records)
        elif event.kind == "PartialDecryption":
            self._take_decryption(event.records)
        else:
            self._take_result(event.records[0])

    def _take_setup(self, records: tuple[bytes, ...]) -> None:
        with self._during(Step.ELECTION):
            election = self.found.election = read_election(records[0])
        with self._during(Step.CHAIN):
            if len(records) > 4 and not election.allows_revote:
                # The certificate that Belenios may put there is read by nobody here: a contest has none (§14.2).
                raise ArchiveRefused("wrong-payload", height=0)
        with self._during(Step.TRUSTEES):
            trustees = self.found.trustees = read_trustees(records[1])
        with self._during(Step.PUBLIC_KEY):
            if trustees.public_key != election.public_key:
                raise TrusteesRefused("wrong-public-key")
        with self._during(Step.CREDENTIALS):
            credentials = read_credentials(records[2])
            if not election.allows_revote:
                _check_one_vote_each(credentials)
            self.found.credentials = credentials
        if self._register is not None:
            with self._during(Step.LIVE_KEYS):
                compare_setup(
                    self._register, uuid=election.uuid, fingerprint=election.fingerprint, credentials=records[2]
                )
        self._ballots = _BallotBox(election, credentials, self._stream)

    def _take_ballot(self, text: bytes, place: range) -> None:
        box = self._box()
        with self._during(Step.BALLOTS):
            ballot = verify_ballot(election=box.election, text=text)
        if self._register is not None:
            with self._during(Step.LIVE_KEYS):
                compare_ballot(self._register, ballot.credential.text)
        with self._during(Step.RIGHT_TO_VOTE):
            weight = box.weight_of(ballot)
        with self._during(Step.ONE_BALLOT):
            box.put(ballot, weight, place)
        self.found.ballots += 1

    def _box(self) -> "_BallotBox":
        if self._ballots is None:
            raise ArchiveRefused("no-setup")
        return self._ballots

    def _take_tally(self, records: tuple[bytes, ...]) -> None:
        box = self._box()
        computed = box.counter.tally()
        with self._during(Step.TALLY):
            read_encrypted_tally(election=box.election, text=records[0])
            if encrypted_tally_text(computed).encode("ascii") != records[0]:
                raise TallyRefused("wrong-tally")
        with self._during(Step.TALLY_SIZE):
            sized = read_sized_tally(records[1])
            if sized.num_tallied != computed.num_tallied:
                raise TallyRefused("wrong-num-tallied", published=sized.num_tallied, computed=computed.num_tallied)
            if sized.total_weight != computed.total_weight:
                raise TallyRefused("wrong-total-weight", published=sized.total_weight, computed=computed.total_weight)
        self.found.tally = computed

    def _take_decryption(self, records: tuple[bytes, ...]) -> None:
        tally, trustees = self.found.tally, self.found.trustees
        with self._during(Step.DECRYPTIONS):
            if tally is None or trustees is None:
                raise ArchiveRefused("no-setup")
            owner = int(jsontext.read(records[1])["owner"])
            if not 1 <= owner <= len(trustees.owners):
                raise DecryptionRefused("unknown-owner", owner=owner)
            if owner in self._shares:
                raise DecryptionRefused("duplicate-owner", owner=owner)
            self._shares[owner] = verify_partial_decryption(
                election=self._box().election,
                tally=tally,
                public_share=trustees.owners[owner - 1],
                text=records[0],
            )
        self.found.owners.append(owner)

    def _take_result(self, text: bytes) -> None:
        tally, trustees, election = self.found.tally, self.found.trustees, self._box().election
        with self._during(Step.RESULT):
            read_result(election=election, text=text)
            if tally is None or trustees is None:
                raise ArchiveRefused("no-setup")
            result = compute_result(election=election, tally=tally, trustees=trustees, shares=self._shares)
            if result.text.encode("ascii") != text:
                raise ResultRefused("wrong-result")
        self.found.result = result

    def report(self, fault: ProtocolError | None) -> Report:
        """Tell each check's outcome, given the fault that stopped the verification, if any."""
        if fault is None:
            self._passed |= _ALL_ALONG | _PER_BALLOT
            if self.found.owners:
                self._passed.add(Step.DECRYPTIONS)
            if self._register is not None:
                self._passed.add(Step.LIVE_KEYS)
        archive = tuple(self._outcome(step, fault) for step in ARCHIVE_STEPS)
        checked = self._checked_register
        if checked is None:
            absent = tuple(Check(step, "absent") for step in Step if step not in ARCHIVE_STEPS)
            return Report((*archive, *absent), self.found)
        last = self._outcome(Step.LIVE_KEYS, fault or checked.fault)
        return Report((*archive, *checked.checks(), last), self.found, checked.state)

    def _outcome(self, step: Step, fault: ProtocolError | None) -> Check:
        if fault is not None and step == self._step:
            return Check(step, "failed", fault)
        if step in self._passed:
            return Check(step, "passed")
        return Check(step, "absent" if fault is None else "not-reached")


def _check_one_vote_each(credentials: Credentials) -> None:
    for position, weight in enumerate(credentials.weights.values(), start=1):
        if weight != 1:
            raise CredentialRefused("weighted-credential", position=position)


class _BallotBox:
    """The ballots seen so far: counted, never twice, at most one per credential or the last one when revoting.

    Memory holds the hash of each ballot and, per credential, where its standing ballot is in the stream.
    """

    def __init__(self, election: Election, credentials: Credentials, stream: BinaryIO) -> None:
        self.election = election
        self.counter = BallotCounter(election)
        self._weights = credentials.weights
        self._stream = stream
        self._seen: set[bytes] = set()
        self._standing: dict[str, range] = {}

    def weight_of(self, ballot: VerifiedBallot) -> int:
        """The weight of the ballot's credential. Raises `BallotRefused` (`unknown-credential`)."""
        weight = self._weights.get(ballot.credential.text)
        if weight is None:
            raise BallotRefused("unknown-credential")
        return weight

    def put(self, ballot: VerifiedBallot, weight: int, place: range) -> None:
        """Count a ballot. Raises `BallotRefused` (`duplicate-ballot`, `second-ballot`)."""
        digest = hashlib.sha256(ballot.text).digest()
        if digest in self._seen:
            raise BallotRefused("duplicate-ballot")
        self._seen.add(digest)
        credential = ballot.credential.text
        earlier = self._standing.get(credential)
        if earlier is not None:
            if not self.election.allows_revote:
                raise BallotRefused("second-ballot")
            self.counter.take_off(self._read_again(earlier), weight)
        self._standing[credential] = place
        self.counter.add(ballot, weight)

    def _read_again(self, place: range) -> VerifiedBallot:
        here = self._stream.tell()
        self._stream.seek(place.start)
        text = self._stream.read(len(place))
        self._stream.seek(here)
        return verify_ballot(election=self.election, text=text)
