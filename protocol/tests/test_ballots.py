"""Ballots and what is around them: codes, possession, evidence."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import ballots, texts
from generator.cases import Stream
from isoloir_protocol.ballots import VerifiedBallot, create_ballot, tracker_of, verify_ballot
from isoloir_protocol.credentials import derive_secret, generate_code, generate_uuid, normalise_code, public_credential
from isoloir_protocol.election import Question, build_election, read_election
from isoloir_protocol.errors import BallotRefused, CredentialRefused, ElectionRefused, ProtocolError, SignatureRefused
from isoloir_protocol.possession import possession_message, prove_possession, verify_possession

ELECTION = read_election(texts.an_election())


@st.composite
def questions_with_choices(draw: st.DrawFn) -> tuple[Question, list[int]]:
    """A question and a vector that it allows."""
    size = draw(st.integers(1, 4))
    maximum = draw(st.integers(1, size))
    minimum = draw(st.integers(0, maximum))
    blank = draw(st.booleans())
    question = Question("?", tuple("ABCD"[:size]), blank=blank, minimum=minimum, maximum=maximum)
    if blank and draw(st.booleans()):
        return question, [1] + [0] * size
    chosen = draw(st.permutations(range(size)))[: draw(st.integers(minimum, maximum))]
    return question, [0] * blank + [int(position in chosen) for position in range(size)]


@given(questions_with_choices())
def test_every_allowed_choice_makes_a_valid_ballot(drawn: tuple[Question, list[int]]) -> None:
    question, vector = drawn
    election = read_election(texts.an_election(questions=[question]))
    text = create_ballot(election=election, secret=5, choices=[vector], random=os.urandom)
    ballot = verify_ballot(election=election, text=text)
    assert ballot.credential == public_credential(5)
    assert ballot.tracker == tracker_of(text)
    assert len(ballot.ciphertexts[0]) == question.size
    # Encrypted under g^(10^70): the key decrypts each choice.
    for one, value in zip(ballot.ciphertexts[0], vector, strict=True):
        assert one.beta / one.alpha ** (10**70) == texts.generator_power(value)


@given(st.lists(st.integers(-1, 2), max_size=6))
def test_a_vector_is_allowed_or_refused(vector: list[int]) -> None:
    if len(vector) == 4 and sorted(vector) == [0, 0, 0, 1]:
        verify_ballot(
            election=ELECTION,
            text=create_ballot(election=ELECTION, secret=5, choices=[vector], random=os.urandom),
        )
    else:
        with pytest.raises(BallotRefused, match="bad-choice"):
            create_ballot(election=ELECTION, secret=5, choices=[vector], random=os.urandom)


def test_choices_must_answer_every_question() -> None:
    with pytest.raises(BallotRefused, match="wrong-length"):
        create_ballot(election=ELECTION, secret=5, choices=[], random=os.urandom)


def test_two_ballots_of_the_same_choice_share_nothing() -> None:
    made = [create_ballot(election=ELECTION, secret=5, choices=[[1, 0, 0, 0]], random=os.urandom) for _ in range(2)]
    first, second = (verify_ballot(election=ELECTION, text=text) for text in made)
    assert not {one.alpha for one in first.ciphertexts[0]} & {one.alpha for one in second.ciphertexts[0]}


def test_only_verification_makes_evidence() -> None:
    with pytest.raises(TypeError):
        VerifiedBallot(evidence=object(), text=b"", credential=texts.GENERATOR, election_fingerprint="", ciphertexts=())


def test_every_scalar_of_a_ballot_is_checked() -> None:
    election = read_election(ballots.ELECTION)
    answer = json.loads(ballots.GOOD)["answers"][0]
    places = [("individual_proofs", i, j) for i in range(2) for j in range(2)]
    places += [(member, i, None) for member in ("overall_proof", "blank_proof") for i in range(2)]
    for member, i, j in places:
        for scalar in ("challenge", "response"):
            changed = json.loads(json.dumps(answer))
            proof = changed[member][i] if j is None else changed[member][i][j]
            proof[scalar] = str((int(proof[scalar]) + 1) % texts.ORDER)
            ballot = json.loads(ballots.GOOD) | {"answers": [changed]}
            text = ballots.signed(json.dumps(ballot, separators=(",", ":")).encode())
            with pytest.raises(BallotRefused, match="proof"):
                verify_ballot(election=election, text=text)


@given(st.binary(min_size=8, max_size=8))
def test_codes_are_typed_with_any_spacing(seed: bytes) -> None:
    code = generate_code(Stream(seed.hex()))
    assert normalise_code(code) == code
    for typed in (code.replace("-", ""), code.replace("-", "  "), f"\t{code}\n", code.replace("-", "\u2011")):
        assert normalise_code(typed) == code


def test_refused_code_is_not_repeated() -> None:
    with pytest.raises(CredentialRefused) as refused:
        normalise_code("SECRET-SECRET")
    assert "SECRET" not in str(refused.value)


def test_a_code_gives_another_key_in_each_contest() -> None:
    code = generate_code(os.urandom)
    secrets = {derive_secret(uuid=generate_uuid(os.urandom), code=code) for _ in range(5)}
    assert len(secrets) == 5


def test_random_codes_use_every_sign_evenly() -> None:
    drawn = "".join(generate_code(os.urandom).replace("-", "") for _ in range(600))
    counts = [drawn.count(sign) for sign in set(drawn)]
    assert len(counts) == 58
    # 13 200 signs, 228 expected of each: 100 away is more than six standard deviations.
    assert all(128 < count < 328 for count in counts)


def test_possession_is_proved_for_one_challenge_and_contest() -> None:
    secret = derive_secret(uuid=texts.UUID, code=generate_code(os.urandom))
    credential = public_credential(secret)
    proof = prove_possession(secret=secret, challenge="c" * 16, uuid=texts.UUID, random=os.urandom)
    proven = verify_possession(credential=credential, challenge="c" * 16, uuid=texts.UUID, proof=proof)
    assert (proven.credential, proven.challenge, proven.uuid) == (credential, "c" * 16, texts.UUID)
    assert possession_message(challenge="c" * 16, uuid=texts.UUID, credential=credential) == (
        f"isoloir-possession|{'c' * 16}|{texts.UUID}|{credential.text}"
    )
    with pytest.raises(SignatureRefused, match="wrong-possession"):
        verify_possession(credential=credential, challenge="d" * 16, uuid=texts.UUID, proof=proof)


def test_a_contest_takes_one_ballot_and_a_plain_election_the_last() -> None:
    assert not ELECTION.allows_revote
    assert read_election(texts.an_election(extra={})).allows_revote


def test_extra_members_come_last_whatever_the_order_given() -> None:
    extra = {"candidates": {"sha256": "0" * 64}, "contest": texts.CONTEST}
    raw = texts.an_election(extra=extra)
    assert list(json.loads(raw))[-2:] == ["contest", "candidates"]
    assert read_election(raw).extra == extra


def test_unknown_extra_member_is_not_written() -> None:
    with pytest.raises(ElectionRefused, match="unknown-member"):
        texts.an_election(extra={"colour": "blue"})


def test_unfit_question_is_not_written() -> None:
    with pytest.raises(ProtocolError, match="bad-bounds"):
        build_election(
            uuid=texts.UUID,
            name="",
            description="",
            public_key=texts.GENERATOR,
            questions=[Question("?", ("A",), minimum=2, maximum=2)],
            administrator="",
            credential_authority="",
            extra={},
        )
