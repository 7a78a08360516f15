"""The numbered checks of `isoloir-verify`, and what can come of one."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from isoloir_protocol.errors import ProtocolError

Status = Literal["passed", "failed", "absent", "not-reached"]


class Step(IntEnum):
    """The numbered checks, in the order in which they are told: 1 to 14 of the archive, 15 to 18 of the register."""

    CONTAINER = 1
    CHAIN = 2
    ORDER = 3
    ELECTION = 4
    TRUSTEES = 5
    PUBLIC_KEY = 6
    CREDENTIALS = 7
    BALLOTS = 8
    RIGHT_TO_VOTE = 9
    ONE_BALLOT = 10
    TALLY = 11
    TALLY_SIZE = 12
    DECRYPTIONS = 13
    RESULT = 14
    REGISTER = 15
    REGISTER_SIGNATURES = 16
    GENERATIONS = 17
    LIVE_KEYS = 18


#: The checks of a register by itself; `LIVE_KEYS` compares it with its archive.
REGISTER_STEPS = (Step.REGISTER, Step.REGISTER_SIGNATURES, Step.GENERATIONS)
ARCHIVE_STEPS = tuple(step for step in Step if step < Step.REGISTER)


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one numbered check; `fault` is there when it failed."""

    step: Step
    status: Status
    fault: ProtocolError | None = None
