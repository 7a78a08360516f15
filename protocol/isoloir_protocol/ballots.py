"""Ballots (§8): reading one strictly and checking every proof in it.

`verify_ballot` is the only maker of `VerifiedBallot`: whoever holds one knows that the text was checked whole.
"""

from dataclasses import dataclass
from typing import Any, Final

from isoloir_protocol import jsontext
from isoloir_protocol.ballot_making import create_ballot
from isoloir_protocol.ciphertexts import Ciphertext, total
from isoloir_protocol.election import Election, Question
from isoloir_protocol.errors import BallotRefused
from isoloir_protocol.group import ORDER, Claimed, Element, generator_power
from isoloir_protocol.proofs import Proof, base64_hash, challenge, check_knowledge

__all__ = ["LONGEST_BALLOT", "VerifiedBallot", "create_ballot", "tracker_of", "verify_ballot"]

#: No ballot is longer, in bytes; the server may refuse a longer one before reading it.
LONGEST_BALLOT: Final = 1024 * 1024

_MEMBERS = ("election_uuid", "election_hash", "credential", "answers", "signature")
_EVIDENCE = object()


class VerifiedBallot:
    """A ballot whose form, membership, signature and proofs were all checked for one election.

    It does not say that the credential is in the list of that election: the list is not the ballot's.
    """

    __slots__ = ("ciphertexts", "credential", "election_fingerprint", "text", "tracker")

    def __init__(
        self,
        *,
        evidence: object,
        text: bytes,
        credential: Element,
        election_fingerprint: str,
        ciphertexts: tuple[tuple[Ciphertext, ...], ...],
    ) -> None:
        if evidence is not _EVIDENCE:
            raise TypeError("only verify_ballot makes a VerifiedBallot")
        self.text = text
        self.tracker = tracker_of(text)
        self.credential = credential
        self.election_fingerprint = election_fingerprint
        self.ciphertexts = ciphertexts


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer to one question: right form, nothing computed yet."""

    choices: list[tuple[Claimed, Claimed]]
    individual_proofs: list[list[Proof]]
    overall_proof: list[Proof]
    blank_proof: list[Proof]


def tracker_of(text: bytes) -> str:
    """The tracker of a ballot: the hash of its whole text, 43 characters of Base64 (§8)."""
    return base64_hash(text)


def verify_ballot(*, election: Election, text: bytes) -> VerifiedBallot:
    """Check everything that a ballot says of itself (§8).

    Raises `FormatRefused`, `ElementRefused` or `BallotRefused`.
    """
    ballot = jsontext.members(jsontext.read(text, limit=LONGEST_BALLOT), "ballot", _MEMBERS)
    if jsontext.text(ballot["election_uuid"], "election_uuid") != election.uuid:
        raise BallotRefused("wrong-election")
    if jsontext.text(ballot["election_hash"], "election_hash") != election.fingerprint:
        raise BallotRefused("wrong-fingerprint")
    answers = jsontext.items(ballot["answers"], "answers", len(election.questions))
    read = [_read_answer(question, answer) for question, answer in zip(election.questions, answers, strict=True)]
    credential = Element.parse_key(ballot["credential"])
    _check_signature(ballot, credential)
    context = f"{election.fingerprint}|{credential.text}"
    ciphertexts = tuple(
        _AnswerCheck(election.public_key, context, question, number).run(answer)
        for number, (question, answer) in enumerate(zip(election.questions, read, strict=True), start=1)
    )
    return VerifiedBallot(
        evidence=_EVIDENCE,
        text=text,
        credential=credential,
        election_fingerprint=election.fingerprint,
        ciphertexts=ciphertexts,
    )


def _check_signature(ballot: dict[str, Any], credential: Element) -> None:
    signature = jsontext.members(ballot["signature"], "signature", ("hash", "proof"))
    proof = Proof.read(signature["proof"])
    unsigned = jsontext.canonical({member: ballot[member] for member in _MEMBERS[:-1]})
    digest = base64_hash(unsigned.encode("utf-8"))
    if jsontext.text(signature["hash"], "hash") != digest:
        raise BallotRefused("wrong-hash")
    check_knowledge(f"sig|{digest}|", credential, proof, BallotRefused("wrong-signature"))


def _read_answer(question: Question, value: Any) -> _Answer:
    blank = ("blank_proof",) if question.blank else ()
    jsontext.members(value, "answer", ("choices", "individual_proofs", "overall_proof", *blank))
    choices = jsontext.items(value["choices"], "choices", question.size)
    individual = jsontext.items(value["individual_proofs"], "individual_proofs", question.size)
    cases = question.maximum - question.minimum + 1 + int(question.blank)
    return _Answer(
        choices=[_read_choice(choice) for choice in choices],
        individual_proofs=[_read_proofs(proofs, "individual_proofs", 2) for proofs in individual],
        overall_proof=_read_proofs(value["overall_proof"], "overall_proof", cases),
        blank_proof=_read_proofs(value["blank_proof"], "blank_proof", 2) if question.blank else [],
    )


def _read_choice(value: Any) -> tuple[Claimed, Claimed]:
    jsontext.members(value, "choice", ("alpha", "beta"))
    return Claimed.read(value["alpha"]), Claimed.read(value["beta"])


def _read_proofs(value: Any, name: str, length: int) -> list[Proof]:
    return [Proof.read(proof) for proof in jsontext.items(value, name, length)]


@dataclass(frozen=True, slots=True)
class _AnswerCheck:
    """Checks the proofs of the answer to one question."""

    key: Element
    context: str
    question: Question
    number: int

    def run(self, answer: _Answer) -> tuple[Ciphertext, ...]:
        ciphertexts = [
            self._individual(position, choice, proofs)
            for position, (choice, proofs) in enumerate(
                zip(answer.choices, answer.individual_proofs, strict=True), start=1
            )
        ]
        texts = ",".join(f"{alpha.text},{beta.text}" for alpha, beta in answer.choices)
        self._sums(ciphertexts, f"{self.context}|{texts}", answer)
        return tuple(ciphertexts)

    def _individual(self, position: int, choice: tuple[Claimed, Claimed], proofs: list[Proof]) -> Ciphertext:
        """Check that a ciphertext encrypts 0 or 1; the first powers also prove that it is made of group members."""
        zero, one = proofs
        alpha, alpha_power = choice[0].proved_with_power(zero.challenge)
        beta, beta_power = choice[1].proved_with_power(zero.challenge)
        ciphertext = Ciphertext(alpha, beta)
        commitments = [
            generator_power(zero.response) * alpha_power,
            self.key**zero.response * beta_power,
            *self._commitments(ciphertext.without(1), one),
        ]
        prefix = f"prove|{self.context}|{choice[0].text},{choice[1].text}|"
        if not _adds_up(prefix, commitments, proofs):
            raise BallotRefused("wrong-individual-proof", question=self.number, choice=position)
        return ciphertext

    def _sums(self, ciphertexts: list[Ciphertext], whole: str, answer: _Answer) -> None:
        """Check that the number of answers chosen is allowed, or that the ballot is blank and chooses none."""
        chosen = total(ciphertexts[int(self.question.blank) :])
        values = range(self.question.minimum, self.question.maximum + 1)
        cases = [chosen.without(value) for value in values]
        if not self.question.blank:
            prefix = f"prove|{whole}|{chosen.alpha.text},{chosen.beta.text}|"
            self._one_of(cases, answer.overall_proof, prefix, "wrong-overall-proof")
            return
        blank = ciphertexts[0]
        self._one_of([blank, chosen], answer.blank_proof, f"bproof0|{whole}|", "wrong-blank-proof")
        self._one_of([blank.without(1), *cases], answer.overall_proof, f"bproof1|{whole}|", "wrong-overall-proof")

    def _one_of(self, cases: list[Ciphertext], proofs: list[Proof], prefix: str, code: str) -> None:
        commitments = [
            commitment
            for case, proof in zip(cases, proofs, strict=True)
            for commitment in self._commitments(case, proof)
        ]
        if not _adds_up(prefix, commitments, proofs):
            raise BallotRefused(code, question=self.number)

    def _commitments(self, case: Ciphertext, proof: Proof) -> tuple[Element, Element]:
        return (
            generator_power(proof.response) * case.alpha**proof.challenge,
            self.key**proof.response * case.beta**proof.challenge,
        )


def _adds_up(prefix: str, commitments: list[Element], proofs: list[Proof]) -> bool:
    return challenge(prefix, commitments) == sum(proof.challenge for proof in proofs) % ORDER
