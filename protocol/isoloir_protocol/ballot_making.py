"""Making a ballot (§8). A voter's browser does the same in TypeScript; this one serves tests, rehearsals and audits.

Whoever encrypts knows the randomness, so every commitment of the proofs, real or simulated, is computed from the two
fixed bases g and y alone: for alpha = g^ρ and beta = y^ρ·g^e, the simulated commitment alpha^c·g^s is g^(s+ρc), and
beta^c·y^s is y^(s+ρc)·g^(ec). The bytes are those of the textbook formulas, for a third less work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isoloir_protocol import jsontext
from isoloir_protocol.ciphertexts import Ciphertext
from isoloir_protocol.credentials import public_credential
from isoloir_protocol.election import Election, Question
from isoloir_protocol.errors import BallotRefused
from isoloir_protocol.group import ORDER, Element, generator_power
from isoloir_protocol.proofs import Proof, Random, base64_hash, challenge, prove_knowledge, random_scalar


@dataclass(frozen=True, slots=True)
class _Opened:
    """A ciphertext with its randomness and the number it encrypts."""

    randomness: int
    value: int
    key: Element

    @property
    def ciphertext(self) -> Ciphertext:
        return Ciphertext(generator_power(self.randomness), self.commitment_beta(self.randomness, self.value))

    def commitment_beta(self, exponent: int, offset: int) -> Element:
        power = self.key**exponent
        return power if offset % ORDER == 0 else power * generator_power(offset)

    def without(self, value: int) -> "_Opened":
        return _Opened(self.randomness, self.value - value, self.key)

    def __add__(self, other: "_Opened") -> "_Opened":
        return _Opened((self.randomness + other.randomness) % ORDER, self.value + other.value, self.key)


def create_ballot(*, election: Election, secret: int, choices: Sequence[Sequence[int]], random: Random) -> bytes:
    """Make a ballot: `choices` has one vector of 0 and 1 per question, blank first where it is allowed.

    Raises `BallotRefused` (`bad-choice`) when a vector is not allowed by its question.
    """
    if len(choices) != len(election.questions):
        raise BallotRefused("wrong-length", member="choices")
    credential = public_credential(secret).text
    context = f"{election.fingerprint}|{credential}"
    ballot: dict[str, Any] = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": credential,
        "answers": [
            _answer(question, check_choice(question, number, vector), election.public_key, context, random)
            for number, (question, vector) in enumerate(zip(election.questions, choices, strict=True), start=1)
        ],
    }
    digest = base64_hash(jsontext.canonical(ballot).encode("ascii"))
    proof = prove_knowledge(f"sig|{digest}|", secret, random)
    ballot["signature"] = {"hash": digest, "proof": proof.written()}
    return jsontext.canonical(ballot).encode("ascii")


def check_choice(question: Question, number: int, vector: Sequence[int]) -> list[int]:
    """Check that a choice vector is allowed. Raises `BallotRefused` (`bad-choice`)."""
    values = list(vector)
    blank, chosen = (values[0], sum(values[1:])) if question.blank and values else (0, sum(values))
    allowed = chosen == 0 if blank else question.minimum <= chosen <= question.maximum
    if len(values) != question.size or any(value not in (0, 1) for value in values) or not allowed:
        raise BallotRefused("bad-choice", question=number)
    return values


def _answer(question: Question, vector: list[int], key: Element, context: str, random: Random) -> dict[str, Any]:
    opened = [_Opened(random_scalar(random), value, key) for value in vector]
    choices = [one.ciphertext.written() for one in opened]
    texts = [f"{choice['alpha']},{choice['beta']}" for choice in choices]
    proofs = [
        _prove_one_of([one, one.without(1)], one.value, f"prove|{context}|{text}|", random)
        for one, text in zip(opened, texts, strict=True)
    ]
    whole = f"{context}|{','.join(texts)}"
    return {"choices": choices, "individual_proofs": proofs, **_sum_proofs(question, opened, whole, random)}


def _sum_proofs(question: Question, opened: list[_Opened], whole: str, random: Random) -> dict[str, Any]:
    real = opened[int(question.blank) :]
    chosen = real[0]
    for one in real[1:]:
        chosen = chosen + one
    cases = [chosen.without(value) for value in range(question.minimum, question.maximum + 1)]
    if not question.blank:
        pair = chosen.ciphertext
        prefix = f"prove|{whole}|{pair.alpha.text},{pair.beta.text}|"
        return {"overall_proof": _prove_one_of(cases, chosen.value - question.minimum, prefix, random)}
    blank = opened[0]
    is_blank = blank.value == 1
    true_case = 0 if is_blank else 1 + chosen.value - question.minimum
    overall = _prove_one_of([blank.without(1), *cases], true_case, f"bproof1|{whole}|", random)
    return {
        "overall_proof": overall,
        "blank_proof": _prove_one_of([blank, chosen], int(is_blank), f"bproof0|{whole}|", random),
    }


def _prove_one_of(cases: list[_Opened], true_case: int, prefix: str, random: Random) -> list[dict[str, str]]:
    """Prove that one of the cases encrypts 0, without saying which (§8, the OR proof)."""
    proofs: list[Proof] = []
    commitments: list[Element] = []
    witness = random_scalar(random)
    for number, case in enumerate(cases):
        if number == true_case:
            proofs.append(Proof(0, 0))
            exponent, offset = witness, 0
        else:
            proof = Proof(random_scalar(random), random_scalar(random))
            proofs.append(proof)
            exponent = (proof.response + case.randomness * proof.challenge) % ORDER
            offset = case.value * proof.challenge % ORDER
        commitments += [generator_power(exponent), case.commitment_beta(exponent, offset)]
    true_challenge = (challenge(prefix, commitments) - sum(proof.challenge for proof in proofs)) % ORDER
    response = (witness - cases[true_case].randomness * true_challenge) % ORDER
    proofs[true_case] = Proof(true_challenge, response)
    return [proof.written() for proof in proofs]
