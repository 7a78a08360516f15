"""From ballots to totals (§10, §11, §12): the encrypted tally, partial decryptions, the result.

No ballot is ever decrypted: ballots are multiplied together, and only the totals are.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from isoloir_protocol import jsontext
from isoloir_protocol.ballots import VerifiedBallot
from isoloir_protocol.ciphertexts import NOTHING, Ciphertext
from isoloir_protocol.election import Election, Question
from isoloir_protocol.errors import DecryptionRefused, ResultRefused, TallyRefused
from isoloir_protocol.group import GENERATOR, NEUTRAL, ORDER, Element, generator_power, product
from isoloir_protocol.proofs import Proof, Random, challenge, hex_hash, random_scalar
from isoloir_protocol.trustees import TrusteeItem, Trustees

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublishedTally:
    """The encrypted totals: for each question, one ciphertext per position of its choice vector."""

    ciphertexts: tuple[tuple[Ciphertext, ...], ...]


@dataclass(frozen=True, slots=True)
class EncryptedTally(PublishedTally):
    """Encrypted totals that were computed from ballots, with how many ballots and how much weight they hold."""

    num_tallied: int
    total_weight: int


@dataclass(frozen=True, slots=True)
class SizedTally:
    """The record that names an encrypted tally by its hash and says what it holds, as published."""

    num_tallied: int
    total_weight: int
    encrypted_tally: str


@dataclass(frozen=True, slots=True)
class VerifiedShare:
    """A partial decryption whose proofs were all checked under this public share, for this election's tally."""

    text: str
    public_share: Element
    tally: tuple[tuple[Ciphertext, ...], ...]
    factors: tuple[tuple[Element, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """Counts per question and position of the choice vector (blank first where it is allowed), and their record."""

    counts: tuple[tuple[int, ...], ...]
    text: str


class BallotCounter:
    """Adds verified ballots up, one by one, and can take one back off when its voter votes again."""

    def __init__(self, election: Election) -> None:
        self._fingerprint = election.fingerprint
        self._totals = [[NOTHING] * question.size for question in election.questions]
        self._num_tallied = 0
        self._total_weight = 0

    def add(self, ballot: VerifiedBallot, weight: int = 1) -> None:
        """Count a ballot. Raises `TallyRefused` (`wrong-fingerprint`, `wrong-weight`)."""
        self._check(ballot, weight)
        self._totals = [
            [total * one**weight for total, one in zip(totals, choices, strict=True)]
            for totals, choices in zip(self._totals, ballot.ciphertexts, strict=True)
        ]
        self._num_tallied += 1
        self._total_weight += weight

    def take_off(self, ballot: VerifiedBallot, weight: int = 1) -> None:
        """Undo `add` of the same ballot with the same weight."""
        self._check(ballot, weight)
        self._totals = [
            [total / one**weight for total, one in zip(totals, choices, strict=True)]
            for totals, choices in zip(self._totals, ballot.ciphertexts, strict=True)
        ]
        self._num_tallied -= 1
        self._total_weight -= weight

    def _check(self, ballot: VerifiedBallot, weight: int) -> None:
        if ballot.election_fingerprint != self._fingerprint:
            raise TallyRefused("wrong-fingerprint")
        if weight < 0:
            raise TallyRefused("wrong-weight")

    def tally(self) -> EncryptedTally:
        """The encrypted tally of the ballots counted so far."""
        totals = tuple(tuple(question) for question in self._totals)
        return EncryptedTally(totals, self._num_tallied, self._total_weight)


def aggregate(
    election: Election, ballots: Iterable[VerifiedBallot], weights: Mapping[str, int] | None = None
) -> EncryptedTally:
    """Add up ballots, at most one per credential; `weights` is by text of the credential, all 1 when it is None.

    Raises `TallyRefused` (`ballot-counted-twice`, `wrong-weight`, `wrong-fingerprint`).
    """
    counter = BallotCounter(election)
    seen: set[str] = set()
    for ballot in ballots:
        credential = ballot.credential.text
        if credential in seen:
            raise TallyRefused("ballot-counted-twice")
        seen.add(credential)
        counter.add(ballot, 1 if weights is None else weights.get(credential, -1))
    return counter.tally()


def encrypted_tally_text(tally: PublishedTally) -> str:
    """Write the encrypted tally (§10)."""
    return jsontext.canonical([[one.written() for one in question] for question in tally.ciphertexts])


def sized_tally_text(tally: EncryptedTally) -> str:
    """Write the record that names the encrypted tally and says what it holds (§10)."""
    return jsontext.canonical(
        {
            "num_tallied": tally.num_tallied,
            "total_weight": jsontext.written_count(tally.total_weight),
            "encrypted_tally": hex_hash(encrypted_tally_text(tally).encode("ascii")),
        }
    )


def read_sized_tally(raw: bytes) -> SizedTally:
    """Read the record written by `sized_tally_text`. Raises `FormatRefused`."""
    value = jsontext.members(
        jsontext.read(raw, limit=4096), "sized_tally", ("num_tallied", "total_weight", "encrypted_tally")
    )
    return SizedTally(
        num_tallied=jsontext.integer(value["num_tallied"], "num_tallied", 0, jsontext.LARGEST_NUMBER),
        total_weight=jsontext.count(value["total_weight"], "total_weight"),
        encrypted_tally=jsontext.text(value["encrypted_tally"], "encrypted_tally", _HASH),
    )


def read_encrypted_tally(*, election: Election, text: str | bytes) -> PublishedTally:
    """Read an encrypted tally of this election. Raises `FormatRefused`, `ElementRefused`."""
    value = _read(text, "encrypted_tally", election)
    return PublishedTally(
        tuple(
            tuple(_read_ciphertext(one) for one in jsontext.items(choices, "encrypted_tally", question.size))
            for question, choices in zip(election.questions, value, strict=True)
        )
    )


def _read(text: str | bytes, name: str, election: Election) -> list[Any]:
    raw = text.encode("utf-8", errors="surrogatepass") if isinstance(text, str) else text
    return jsontext.items(jsontext.read(raw, limit=64 * 1024 * 1024), name, len(election.questions))


def _read_ciphertext(value: Any) -> Ciphertext:
    jsontext.members(value, "ciphertext", ("alpha", "beta"))
    return Ciphertext(Element.parse(value["alpha"]), Element.parse(value["beta"]))


def make_partial_decryption(*, election: Election, tally: PublishedTally, secret: int, random: Random) -> str:
    """Decrypt the totals with one trustee's secret, and prove that it was done right (§11)."""
    public_share = generator_power(secret)
    prefix = _decryption_prefix(election, public_share)
    factors: list[list[str]] = []
    proofs: list[list[dict[str, str]]] = []
    for question in tally.ciphertexts:
        factors.append([(one.alpha**secret).text for one in question])
        proofs.append([_prove_factor(prefix, one.alpha, secret, random) for one in question])
    return jsontext.canonical({"decryption_factors": factors, "decryption_proofs": proofs})


def _decryption_prefix(election: Election, public_share: Element) -> str:
    return f"decrypt|{election.fingerprint}|{public_share.text}|"


def _prove_factor(prefix: str, alpha: Element, secret: int, random: Random) -> dict[str, str]:
    witness = random_scalar(random)
    c = challenge(prefix, [generator_power(witness), alpha**witness])
    return Proof(c, (witness - secret * c) % ORDER).written()


def verify_partial_decryption(
    *, election: Election, tally: PublishedTally, public_share: Element, text: str | bytes
) -> VerifiedShare:
    """Check a partial decryption of this tally under a trustee's public share (§11).

    Raises `FormatRefused`, `ElementRefused`, `DecryptionRefused` (`wrong-decryption-proof`).
    """
    raw = text.encode("utf-8", errors="surrogatepass") if isinstance(text, str) else text
    names = ("decryption_factors", "decryption_proofs")
    value = jsontext.members(jsontext.read(raw, limit=64 * 1024 * 1024), "partial_decryption", names)
    all_factors, all_proofs = (jsontext.items(value[name], name, len(tally.ciphertexts)) for name in names)
    prefix = _decryption_prefix(election, public_share)
    factors: list[tuple[Element, ...]] = []
    for number, question in enumerate(tally.ciphertexts):
        texts = jsontext.items(all_factors[number], names[0], len(question))
        proofs = jsontext.items(all_proofs[number], names[1], len(question))
        read = tuple(Element.parse(factor) for factor in texts)
        for position, (one, factor, proof) in enumerate(zip(question, read, proofs, strict=True)):
            if not _factor_holds(prefix, public_share, one.alpha, factor, Proof.read(proof)):
                raise DecryptionRefused("wrong-decryption-proof", question=number + 1, choice=position + 1)
        factors.append(read)
    return VerifiedShare(raw.decode("utf-8"), public_share, tally.ciphertexts, tuple(factors))


def _factor_holds(prefix: str, public_share: Element, alpha: Element, factor: Element, proof: Proof) -> bool:
    commitments = [
        generator_power(proof.response) * public_share**proof.challenge,
        alpha**proof.response * factor**proof.challenge,
    ]
    return challenge(prefix, commitments) == proof.challenge


def compute_result(
    *, election: Election, tally: EncryptedTally, trustees: Trustees, shares: Mapping[int, VerifiedShare]
) -> Result:
    """Combine partial decryptions, by number of their trustee, into counts (§12).

    Each count is sought between 0 and the total weight, and the counts of a question must be possible together.
    Raises `DecryptionRefused` (`unknown-owner`, `wrong-owner`, `not-enough-shares`), `ResultRefused`
    (`count-out-of-range`, `sum-out-of-range`).
    """
    _check_owners(tally, trustees, shares)
    chosen = [_enough_shares(number, item, shares) for number, item in enumerate(trustees.items, start=1)]
    logarithms = _Logarithms(tally.total_weight)
    counts: list[tuple[int, ...]] = []
    for number, question in enumerate(election.questions):
        row: list[int] = []
        for position, ciphertext in enumerate(tally.ciphertexts[number]):
            factor = product(
                share.factors[number][position] ** coefficient for item in chosen for share, coefficient in item
            )
            count = logarithms.find(ciphertext.beta / factor)
            if count is None:
                raise ResultRefused(
                    "count-out-of-range", question=number + 1, choice=position + 1, limit=tally.total_weight
                )
            row.append(count)
        check_sum(question, number + 1, row, tally.total_weight)
        counts.append(tuple(row))
    written = [[jsontext.written_count(count) for count in row] for row in counts]
    return Result(tuple(counts), jsontext.canonical({"result": written}))


def _check_owners(tally: EncryptedTally, trustees: Trustees, shares: Mapping[int, VerifiedShare]) -> None:
    owners = trustees.owners
    for owner, share in shares.items():
        if not 1 <= owner <= len(owners):
            raise DecryptionRefused("unknown-owner", owner=owner)
        if share.public_share != owners[owner - 1] or share.tally != tally.ciphertexts:
            raise DecryptionRefused("wrong-owner", owner=owner)


def _enough_shares(
    number: int, item: TrusteeItem, shares: Mapping[int, VerifiedShare]
) -> list[tuple[VerifiedShare, int]]:
    """Take the first shares that suffice, each with its Lagrange coefficient at 0 (1 for a single trustee)."""
    present = [owner for owner in item.owners if owner in shares][: item.threshold]
    if len(present) < item.threshold:
        raise DecryptionRefused("not-enough-shares", item=number)
    if item.kind == "Single":
        return [(shares[present[0]], 1)]
    ranks = [owner - item.first_owner + 1 for owner in present]
    return [(shares[owner], _lagrange(rank, ranks)) for owner, rank in zip(present, ranks, strict=True)]


def _lagrange(rank: int, ranks: list[int]) -> int:
    coefficient = 1
    for other in ranks:
        if other != rank:
            coefficient = coefficient * other * pow(other - rank, -1, ORDER) % ORDER
    return coefficient


def check_sum(question: Question, number: int, counts: list[int], total_weight: int) -> None:
    """Check that counts are possible: each ballot is blank, or chooses between min and max answers, each once.

    Raises `ResultRefused` (`sum-out-of-range`).
    """
    blank, real = (counts[0], counts[1:]) if question.blank else (0, counts)
    expressed = total_weight - blank
    if not question.minimum * expressed <= sum(real) <= question.maximum * expressed or max(real) > expressed:
        raise ResultRefused("sum-out-of-range", question=number, limit=total_weight)


class _Logarithms:
    """Finds v in g^v between 0 and a bound, by baby steps and giant steps: time and memory √bound."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._step = math.isqrt(bound) + 1
        self._baby_steps: dict[Element, int] = {}
        power = NEUTRAL
        for exponent in range(self._step):
            self._baby_steps[power] = exponent
            power = power * GENERATOR
        self._giant_step = power

    def find(self, element: Element) -> int | None:
        """The logarithm of `element`, or None when it is not between 0 and the bound."""
        for giant in range(self._step):
            baby = self._baby_steps.get(element)
            if baby is not None:
                value = giant * self._step + baby
                return value if value <= self._bound else None
            element = element / self._giant_step
        return None


def read_result(*, election: Election, text: str | bytes) -> tuple[tuple[int, ...], ...]:
    """Read a published result of this election: the counts, not yet compared with anything. Raises `FormatRefused`."""
    raw = text.encode("utf-8", errors="surrogatepass") if isinstance(text, str) else text
    value = jsontext.members(jsontext.read(raw, limit=4 * 1024 * 1024), "result", ("result",))
    rows = jsontext.items(value["result"], "result", len(election.questions))
    return tuple(
        tuple(jsontext.count(one, "result") for one in jsontext.items(row, "result", question.size))
        for question, row in zip(election.questions, rows, strict=True)
    )
