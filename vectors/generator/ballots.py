"""Vectors of ballots: accepted ones, and one fault each."""

import json
from collections.abc import Callable
from typing import Any

from generator.cases import Cases, Stream, altered, reordered
from generator.texts import TORSION_2, TORSION_8, UUID, an_election
from isoloir_protocol import ballot_making
from isoloir_protocol.ballot_making import create_ballot
from isoloir_protocol.ballots import tracker_of
from isoloir_protocol.credentials import derive_secret, generate_code, public_credential
from isoloir_protocol.election import Question, read_election
from isoloir_protocol.group import NEUTRAL, ORDER, Element, generator_power
from isoloir_protocol.jsontext import canonical
from isoloir_protocol.proofs import base64_hash, prove_knowledge

SECRET = derive_secret(uuid=UUID, code=generate_code(Stream("voter")))
#: Faults are shown on the smallest ballot that has every kind of proof: one list and blank.
ELECTION = an_election(questions=[Question("Quelle liste ?", ("Liste A",), blank=True)])
GOOD = create_ballot(election=read_election(ELECTION), secret=SECRET, choices=[[0, 1]], random=Stream("ballot"))

_LISTS = ("A", "B", "C")
#: Elections and choices of valid ballots.
_ACCEPTED = {
    "first-list": (an_election(), [[0, 1, 0, 0]]),
    "last-list": (an_election(), [[0, 0, 0, 1]]),
    "blank": (an_election(), [[1, 0, 0, 0]]),
    "single-list": (ELECTION, [[0, 1]]),
    "without-blank": (an_election(questions=[Question("?", _LISTS)]), [[0, 1, 0]]),
    "none-of-0-to-2": (an_election(questions=[Question("?", _LISTS, minimum=0, maximum=2)]), [[0, 0, 0]]),
    "two-of-0-to-2": (an_election(questions=[Question("?", _LISTS, minimum=0, maximum=2)]), [[1, 0, 1]]),
    "blank-of-0-to-3": (
        an_election(questions=[Question("?", _LISTS, blank=True, minimum=0, maximum=3)]),
        [[1, 0, 0, 0]],
    ),
    "none-of-0-to-3": (
        an_election(questions=[Question("?", _LISTS, blank=True, minimum=0, maximum=3)]),
        [[0, 0, 0, 0]],
    ),
    "all-of-0-to-3": (
        an_election(questions=[Question("?", _LISTS, blank=True, minimum=0, maximum=3)]),
        [[0, 1, 1, 1]],
    ),
    "two-questions": (
        an_election(questions=[Question("1", ("A",), blank=True), Question("2", ("A", "B"))]),
        [[0, 1], [0, 1]],
    ),
}


def add_all(cases: Cases) -> None:
    """Add every case of this module."""
    add_accepted(cases)
    add_choices(cases)
    add_outer_faults(cases)
    add_answer_faults(cases)
    add_proof_faults(cases)


def add_accepted(cases: Cases) -> None:
    """Valid ballots, with what they were made from: made again from it, they have the same bytes."""
    for name, (election, choices) in _ACCEPTED.items():
        seed = f"accepted {name}"
        text = create_ballot(election=read_election(election), secret=SECRET, choices=choices, random=Stream(seed))
        cases.add(
            "ballot",
            name,
            "accepted",
            "A valid ballot.",
            election=election,
            ballot=text,
            tracker=tracker_of(text),
            made_from={"secret": str(SECRET), "choices": choices, "stream": seed},
        )


def add_choices(cases: Cases) -> None:
    """Choices that a question does not allow: no ballot is made."""
    faults = {
        "none": ("Nothing chosen.", [[0, 0, 0, 0]]),
        "two": ("Two lists.", [[0, 1, 1, 0]]),
        "blank-and-list": ("Blank and a list.", [[1, 1, 0, 0]]),
        "too-short": ("A vector too short.", [[0, 1, 0]]),
        "too-long": ("A vector too long.", [[0, 1, 0, 0, 0]]),
        "worth-two": ("A choice worth two.", [[0, 2, 0, 0]]),
        "negative": ("Two and minus one.", [[0, 2, -1, 0]]),
        "empty": ("An empty vector.", [[]]),
    }
    for name, (about, choices) in faults.items():
        cases.add("choice", name, "bad-choice", about, election=an_election(), choices=choices)


def signed(text: bytes, secret: int = SECRET) -> bytes:
    """Sign a ballot again after a change, as its voter could: the signature alone is then right."""
    ballot = json.loads(text)
    del ballot["signature"]
    digest = base64_hash(canonical(ballot).encode())
    proof = prove_knowledge(f"sig|{digest}|", secret, Stream("sign again"))
    return canonical({**ballot, "signature": {"hash": digest, "proof": proof.written()}}).encode()


def _add(cases: Cases, name: str, expect: str, about: str, change: Callable[[Any], Any]) -> None:
    cases.add("ballot", name, expect, about, election=ELECTION, ballot=signed(altered(GOOD, change)))


Change = Callable[[Any], Any]

#: Faults that break the signature, or that nobody could sign.
_UNSIGNED: dict[str, tuple[str, str, Change]] = {
    "hash": ("wrong-hash", "Another hash is signed.", lambda b: b["signature"].update(hash=base64_hash(b"?"))),
    "signature": ("wrong-signature", "A wrong response.", lambda b: b["signature"]["proof"].update(response="1")),
    "signature-member": ("unknown-member", "In the signature.", lambda b: b["signature"].update(colour="")),
    "signature-order": ("wrong-member-order", "In the signature.", lambda b: reordered(b["signature"])),
    "outer-order": ("wrong-member-order", "Outer members.", reordered),
    "unknown-member": ("unknown-member", "An extra outer member.", lambda b: b.update(colour="")),
    "no-signature": ("missing-member", "Not signed.", lambda b: b.pop("signature") and None),
    "not-object": ("wrong-type", "An array.", lambda b: [b]),
    "no-answer": ("wrong-length", "No answer.", lambda b: b.update(answers=[])),
    "two-answers": ("wrong-length", "Two answers.", lambda b: b["answers"].append(b["answers"][0])),
    "null-answers": ("wrong-type", "null answers.", lambda b: b.update(answers=None)),
}


def add_outer_faults(cases: Cases) -> None:
    """Faults of the ballot itself."""
    other = "wrong-election", "wrong-fingerprint"
    _add(cases, "other-election", other[0], "Of another election.", lambda b: b.update(election_uuid=UUID[::-1]))
    _add(
        cases, "other-fingerprint", other[1], "Of another record.", lambda b: b.update(election_hash=base64_hash(b"?"))
    )
    for name, (expect, about, change) in _UNSIGNED.items():
        cases.add("ballot", name, expect, about, election=ELECTION, ballot=altered(GOOD, change))
    add_credential_faults(cases)
    spaced = GOOD.replace(b'","election_hash', b'", "election_hash')
    cases.add("ballot", "space", "not-canonical", "A space.", election=ELECTION, ballot=spaced)
    cases.add("ballot", "newline", "not-canonical", "A newline at the end.", election=ELECTION, ballot=GOOD + b"\n")
    cases.add("ballot", "not-json", "not-json", "Cut.", election=ELECTION, ballot=GOOD[:-2])
    doubled = GOOD.replace(b'"answers"', b'"credential":"","answers"', 1)
    cases.add("ballot", "duplicate-member", "duplicate-member", "credential twice.", election=ELECTION, ballot=doubled)


def add_credential_faults(cases: Cases) -> None:
    """Ballots under credentials that are none, or under somebody else's."""
    neutral = signed(altered(GOOD, lambda b: b.update(credential=NEUTRAL.text)), 0)
    cases.add(
        "ballot", "neutral-credential", "neutral-key", "Everybody knows this secret.", election=ELECTION, ballot=neutral
    )
    torsion = altered(GOOD, lambda b: b.update(credential=TORSION_8))
    cases.add("ballot", "torsion-credential", "element-not-in-group", "Torsion.", election=ELECTION, ballot=torsion)
    upper = altered(GOOD, lambda b: b.update(credential=b["credential"].upper()))
    cases.add(
        "ballot", "upper-case-credential", "element-not-canonical", "Upper case.", election=ELECTION, ballot=upper
    )
    stolen = signed(altered(GOOD, lambda b: b.update(credential=public_credential(SECRET + 1).text)), SECRET + 1)
    cases.add(
        "ballot",
        "copied",
        "wrong-individual-proof",
        "Another voter's choices, signed by a second voter.",
        election=ELECTION,
        ballot=stolen,
    )


def _answer(ballot: Any) -> Any:
    return ballot["answers"][0]


def _proof(ballot: Any) -> Any:
    return _answer(ballot)["individual_proofs"][1][0]


def _choice(ballot: Any) -> Any:
    return _answer(ballot)["choices"][1]


_IN_ANSWERS: dict[str, tuple[str, str, Change]] = {
    "answer-member": ("unknown-member", "An extra member in an answer.", lambda b: _answer(b).update(colour="")),
    "answer-order": ("wrong-member-order", "In an answer.", lambda b: reordered(_answer(b))),
    "choice-member": ("unknown-member", "In a choice.", lambda b: _choice(b).update(colour="")),
    "choice-order": ("wrong-member-order", "In a choice.", lambda b: reordered(_choice(b))),
    "proof-member": ("unknown-member", "In a proof.", lambda b: _proof(b).update(colour="")),
    "proof-order": ("wrong-member-order", "In a proof.", lambda b: reordered(_proof(b))),
    "leading-zero": (
        "scalar-not-canonical",
        "A leading zero.",
        lambda b: _proof(b).update(challenge="0" + _proof(b)["challenge"]),
    ),
    "hexadecimal": (
        "scalar-not-canonical",
        "0x….",
        lambda b: _proof(b).update(challenge=hex(int(_proof(b)["challenge"]))),
    ),
    "plus-sign": (
        "scalar-not-canonical",
        "A plus sign.",
        lambda b: _proof(b).update(response="+" + _proof(b)["response"]),
    ),
    "minus-sign": ("scalar-not-canonical", "A negative scalar.", lambda b: _proof(b).update(response="-1")),
    "empty-scalar": ("scalar-not-canonical", "An empty scalar.", lambda b: _proof(b).update(response="")),
    "arabic-digits": ("scalar-not-canonical", "Other digits.", lambda b: _proof(b).update(response="\u0661\u0662")),
    "number-scalar": ("scalar-not-canonical", "A JSON number.", lambda b: _proof(b).update(response=12)),
    "scalar-is-order": ("scalar-out-of-range", "q itself.", lambda b: _proof(b).update(response=str(ORDER))),
    "scalar-above-order": (
        "scalar-out-of-range",
        "A response plus q.",
        lambda b: _proof(b).update(response=str(int(_proof(b)["response"]) + ORDER)),
    ),
    "upper-case-element": (
        "element-not-canonical",
        "Upper case.",
        lambda b: _choice(b).update(alpha=_choice(b)["alpha"].upper()),
    ),
    "number-element": ("element-not-canonical", "A number.", lambda b: _choice(b).update(alpha=1)),
    "torsion-alpha": ("element-not-in-group", "Torsion in alpha.", lambda b: _choice(b).update(alpha=TORSION_2)),
    "torsion-beta": ("element-not-in-group", "Torsion in beta.", lambda b: _choice(b).update(beta=TORSION_8)),
    "one-choice-less": ("wrong-length", "A choice is missing.", lambda b: _answer(b)["choices"].pop() and None),
    "one-proof-less": (
        "wrong-length",
        "A proof is missing.",
        lambda b: _answer(b)["individual_proofs"].pop() and None,
    ),
    "three-cases": (
        "wrong-length",
        "A proof of three cases.",
        lambda b: _answer(b)["individual_proofs"][0].append(_proof(b)),
    ),
    "overall-too-long": (
        "wrong-length",
        "One case too many.",
        lambda b: _answer(b)["overall_proof"].append(_proof(b)),
    ),
    "blank-too-short": ("wrong-length", "One case too few.", lambda b: _answer(b)["blank_proof"].pop() and None),
    "no-blank-proof": ("missing-member", "No blank proof.", lambda b: _answer(b).pop("blank_proof") and None),
}


def add_answer_faults(cases: Cases) -> None:
    """Faults inside an answer: what a lenient reader would let pass is a hidden channel."""
    for name, (expect, about, change) in _IN_ANSWERS.items():
        _add(cases, name, expect, about, change)

    def torsion_and_zero(ballot: Any) -> None:
        _choice(ballot).update(alpha=TORSION_8)
        _proof(ballot).update(challenge="0")

    _add(
        cases,
        "torsion-zero-challenge",
        "element-not-in-group",
        "Torsion under a challenge of 0, by which nothing is multiplied.",
        torsion_and_zero,
    )


def add_proof_faults(cases: Cases) -> None:
    """Ballots in the right form whose proofs are wrong, each signed by its voter."""

    def other(member: str, position: int) -> Callable[[Any], None]:
        def change(ballot: Any) -> None:
            proofs = ballot["answers"][0][member]
            proof = proofs[position][0] if member == "individual_proofs" else proofs[position]
            proof["response"] = str((int(proof["response"]) + 1) % ORDER)

        return change

    def swap(ballot: Any) -> None:
        choices = ballot["answers"][0]["choices"]
        choices[0], choices[1] = choices[1], choices[0]

    individual = "wrong-individual-proof"
    _add(cases, "individual-proof", individual, "A wrong response.", other("individual_proofs", 0))
    _add(cases, "overall-proof", "wrong-overall-proof", "A wrong response.", other("overall_proof", 1))
    _add(cases, "blank-proof", "wrong-blank-proof", "A wrong response.", other("blank_proof", 0))
    _add(cases, "swapped-choices", individual, "Two choices are exchanged.", swap)
    _add(cases, "ten-votes", individual, "A choice worth ten votes.", ten_votes)
    _add(
        cases,
        "neutral-choice",
        individual,
        "A choice replaced by neutral elements.",
        lambda b: b["answers"][0]["choices"][1].update(alpha=NEUTRAL.text, beta=NEUTRAL.text),
    )
    _add_sum(cases, "two-lists", "wrong-overall-proof", ("A", "B"), [0, 1, 1])
    _add_sum(cases, "no-list", "wrong-overall-proof", ("A",), [0, 0])
    _add_sum(cases, "blank-and-list", "wrong-blank-proof", ("A",), [1, 1])


def ten_votes(ballot: Any) -> None:
    """Make the choice of the list encrypt nine more than it did."""
    choice = ballot["answers"][0]["choices"][1]
    choice["beta"] = (Element.parse(choice["beta"]) * generator_power(9)).text


def _add_sum(cases: Cases, name: str, expect: str, answers: tuple[str, ...], choices: list[int]) -> None:
    """A ballot whose choices are each 0 or 1 with right proofs, but which are not allowed together."""
    record = an_election(questions=[Question("?", answers, blank=True)])
    election = read_election(record)
    # A cheater's program: under bounds that allow anything the other proofs are right; the list of cases is then cut.
    loose = Question("?", answers, blank=True, minimum=0, maximum=len(answers))
    context = f"{election.fingerprint}|{public_credential(SECRET).text}"
    answer = ballot_making._answer(loose, choices, election.public_key, context, Stream(f"sum {name}"))
    answer["overall_proof"] = answer["overall_proof"][:2]
    head = {"election_uuid": election.uuid, "election_hash": election.fingerprint}
    ballot = head | {"credential": public_credential(SECRET).text, "answers": [answer], "signature": {}}
    text = signed(canonical(ballot).encode())
    cases.add("ballot", name, expect, f"The choices {choices}, each proved.", election=record, ballot=text)
