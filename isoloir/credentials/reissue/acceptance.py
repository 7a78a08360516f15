"""What the registrar must accept for the ways of an election: of each way, the evidence that it can check by itself."""

from collections.abc import Iterable
from itertools import product

from isoloir.credentials.registrar.configuration import KINDS, Accepted

from .policies import Policy


def accepted_by(policies: Iterable[Policy]) -> tuple[Accepted, ...]:
    """Return, for each way, every set of evidence that a voter who takes it may give.

    A step where the voter chooses gives several sets. The answer to the question counts for nothing at the registrar: a way
    that asks for nothing else cannot be accepted, and is left out.
    """
    found: dict[Accepted, None] = {}
    for policy in policies:
        steps = [[proof.value for proof in step.any_of if proof.value in KINDS] for step in policy.steps]
        for kinds in product(*(step for step in steps if step)):
            if kinds:
                found[policy.code, tuple(dict.fromkeys(kinds))] = None
    return tuple(found)
