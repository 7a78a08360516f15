"""Which of the received decryptions give the result, when a trustee may have sent a wrong one.

The proof of a partial decryption does not bind its factor (belenios-protocol §11): a wrong factor can carry a proof that
holds, and spoils every count it enters. It cannot aim at a plausible total: that would take about 2^255 hashes divided by
the number of ballots. So whatever quorum gives a possible result gives the right one, and tells the others apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from isoloir_protocol.election import Election as ElectionRecord
from isoloir_protocol.errors import ResultRefused
from isoloir_protocol.tally import EncryptedTally, Result, VerifiedShare, compute_result
from isoloir_protocol.trustees import TrusteeItem, Trustees

from .errors import CountImpossible

Shares = Mapping[int, VerifiedShare]


@dataclass(frozen=True)
class Count:
    """The result, the owners whose decryptions agree with it, and those whose decryptions are set aside as wrong."""

    result: Result
    right: tuple[int, ...]
    wrong: tuple[int, ...]


def count_with(*, election: ElectionRecord, tally: EncryptedTally, trustees: Trustees, shares: Shares) -> Count:
    """Return the count that some quorum of `shares` gives, and judge every other share by it. Raises CountImpossible."""
    for quorum in _quorums(trustees, shares):
        result = _result(election, tally, trustees, shares, quorum)
        if result is not None:
            others = [owner for owner in sorted(shares) if owner not in quorum]
            right = {
                owner
                for owner in others
                if _result(election, tally, trustees, shares, _with_owner(quorum, owner, trustees)) == result
            }
            wrong = tuple(owner for owner in others if owner not in right)
            return Count(result, tuple(sorted({*quorum, *right})), wrong)
    raise CountImpossible


def _quorums(trustees: Trustees, shares: Shares) -> Iterator[tuple[int, ...]]:
    """Give each way of taking just enough shares of each item."""
    choices = [
        combinations([owner for owner in item.owners if owner in shares], item.threshold) for item in trustees.items
    ]
    for chosen in product(*choices):
        yield tuple(owner for group in chosen for owner in group)


def _with_owner(quorum: tuple[int, ...], owner: int, trustees: Trustees) -> tuple[int, ...]:
    """Return the quorum in which `owner` stands in for the first member of the same item."""
    item: TrusteeItem = next(item for item in trustees.items if owner in item.owners)
    replaced = next(member for member in quorum if member in item.owners)
    return tuple(owner if member == replaced else member for member in quorum)


def _result(
    election: ElectionRecord, tally: EncryptedTally, trustees: Trustees, shares: Shares, quorum: tuple[int, ...]
) -> Result | None:
    taken = {owner: shares[owner] for owner in quorum}
    try:
        return compute_result(election=election, tally=tally, trustees=trustees, shares=taken)
    except ResultRefused:
        return None
