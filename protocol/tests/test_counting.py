"""The encrypted tally, its decryption by any sufficient trustees, and the bounds of a result."""

import io
import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import archives
from generator.trustees import Group
from isoloir_protocol.archive import ArchiveWriter, build_archive, read_archive
from isoloir_protocol.ballots import create_ballot, verify_ballot
from isoloir_protocol.ciphertexts import Ciphertext
from isoloir_protocol.credentials import public_credential
from isoloir_protocol.election import Question, build_election, read_election
from isoloir_protocol.errors import DecryptionRefused, ResultRefused, TallyRefused
from isoloir_protocol.group import ORDER, generator_power
from isoloir_protocol.tally import (
    BallotCounter,
    EncryptedTally,
    _Logarithms,
    aggregate,
    check_sum,
    compute_result,
    encrypted_tally_text,
    make_partial_decryption,
    read_encrypted_tally,
    read_result,
    read_sized_tally,
    sized_tally_text,
    verify_partial_decryption,
)
from isoloir_protocol.trustees import build_trustees, read_trustees

SECRET = 10**70 % ORDER
PLAYED = archives.play()
ELECTION = read_election(PLAYED.election)
TRUSTEES = read_trustees(PLAYED.trustees)
BALLOTS = [verify_ballot(election=ELECTION, text=text) for text in PLAYED.ballots]


def shares(owners: dict[int, int]) -> dict:
    return {
        owner: verify_partial_decryption(
            election=ELECTION,
            tally=PLAYED.tally,
            public_share=TRUSTEES.owners[owner - 1],
            text=make_partial_decryption(election=ELECTION, tally=PLAYED.tally, secret=secret, random=os.urandom),
        )
        for owner, secret in owners.items()
    }


def encrypted(counts: list[int], total_weight: int) -> EncryptedTally:
    """A tally of chosen totals, under the key of the two trustees."""
    key = ELECTION.public_key
    row = tuple(Ciphertext(generator_power(r), key**r * generator_power(v)) for r, v in enumerate(counts, start=9))
    return EncryptedTally((row,), total_weight, total_weight)


def decrypted(tally: EncryptedTally) -> list[list[int]]:
    verified = {
        owner: verify_partial_decryption(
            election=ELECTION,
            tally=tally,
            public_share=TRUSTEES.owners[owner - 1],
            text=make_partial_decryption(election=ELECTION, tally=tally, secret=secret, random=os.urandom),
        )
        for owner, secret in {1: archives.KEY, 2: archives.SECOND_KEY}.items()
    }
    result = compute_result(election=ELECTION, tally=tally, trustees=TRUSTEES, shares=verified)
    assert read_result(election=ELECTION, text=result.text) == result.counts
    return [list(row) for row in result.counts]


def test_access_rule_opens_with_any_sufficient_members_and_no_fewer() -> None:
    chair, delegates = Group("c", 1, 2), Group("d", 2, 4)
    trustees = read_trustees(build_trustees([("Pedersen", chair.parameters), ("Pedersen", delegates.parameters)]))
    election = read_election(archives.election_record(trustees=trustees.raw))
    tally = aggregate(election, [verify_ballot(election=election, text=archives.ballot(election.raw, 11, [0, 1]))])
    secrets = dict(enumerate([*chair.secrets, *delegates.secrets], start=1))
    all_shares = {
        owner: verify_partial_decryption(
            election=election,
            tally=tally,
            public_share=trustees.owners[owner - 1],
            text=make_partial_decryption(election=election, tally=tally, secret=secret, random=os.urandom),
        )
        for owner, secret in secrets.items()
    }
    for size in range(7):
        for owners in itertools.combinations(range(1, 7), size):
            enough = any(owner <= 2 for owner in owners) and sum(owner > 2 for owner in owners) >= 2
            some = {owner: all_shares[owner] for owner in owners}
            if enough:
                result = compute_result(election=election, tally=tally, trustees=trustees, shares=some)
                assert result.counts == ((0, 1),)
            else:
                with pytest.raises(DecryptionRefused, match="not-enough-shares"):
                    compute_result(election=election, tally=tally, trustees=trustees, shares=some)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=5), st.data())
def test_result_is_the_sum_of_the_votes_with_their_weights(votes: list[int], data: st.DataObject) -> None:
    question = Question("?", ("A", "B"), blank=True)
    election = read_election(
        build_election(
            uuid=archives.UUID,
            name="",
            description="",
            public_key=ELECTION.public_key,
            questions=[question],
            administrator="",
            credential_authority="",
            extra={},
        )
    )
    made = [
        verify_ballot(
            election=election,
            text=create_ballot(
                election=election,
                secret=20 + voter,
                choices=[[int(position == vote) for position in range(3)]],
                random=os.urandom,
            ),
        )
        for voter, vote in enumerate(votes)
    ]
    weights = {ballot.credential.text: data.draw(st.integers(0, 40)) for ballot in made}
    tally = aggregate(election, made, weights)
    expected = [
        sum(weights[ballot.credential.text] for ballot, vote in zip(made, votes, strict=True) if vote == position)
        for position in range(3)
    ]
    row = tally.ciphertexts[0]
    secret = archives.KEY + archives.SECOND_KEY
    assert [one.beta / one.alpha**secret for one in row] == [generator_power(count) for count in expected]
    assert (tally.num_tallied, tally.total_weight) == (len(votes), sum(weights.values()))


def test_taking_a_ballot_off_undoes_counting_it() -> None:
    counter = BallotCounter(ELECTION)
    counter.add(BALLOTS[0], 3)
    before = counter.tally()
    counter.add(BALLOTS[1], 2)
    counter.take_off(BALLOTS[1], 2)
    assert counter.tally() == before


def test_a_credential_is_counted_once() -> None:
    with pytest.raises(TallyRefused, match="ballot-counted-twice"):
        aggregate(ELECTION, [BALLOTS[0], BALLOTS[0]])


def test_a_ballot_without_weight_is_not_counted() -> None:
    with pytest.raises(TallyRefused, match="wrong-weight"):
        aggregate(ELECTION, BALLOTS, {})


def test_a_ballot_of_another_election_is_not_counted() -> None:
    other = read_election(archives.election_record(contest=False))
    with pytest.raises(TallyRefused, match="wrong-fingerprint"):
        aggregate(other, BALLOTS)


def test_tally_texts_come_back() -> None:
    text = encrypted_tally_text(PLAYED.tally)
    assert read_encrypted_tally(election=ELECTION, text=text).ciphertexts == PLAYED.tally.ciphertexts
    sized = read_sized_tally(sized_tally_text(PLAYED.tally).encode())
    assert (sized.num_tallied, sized.total_weight) == (2, 2)


def test_big_counts_are_written_as_texts() -> None:
    big = EncryptedTally(PLAYED.tally.ciphertexts, 2, 2**31)
    text = sized_tally_text(big)
    assert '"total_weight":"2147483648"' in text
    assert read_sized_tally(text.encode()).total_weight == 2**31


@pytest.mark.parametrize("counts", [[0, 0], [1, 1], [0, 7], [7, 0]])
def test_possible_counts_are_found(counts: list[int]) -> None:
    assert decrypted(encrypted(counts, sum(counts))) == [counts]


@pytest.mark.parametrize("counts", [[0, 3], [2, 1], [2 + ORDER, 0], [-1, 3], [10**9, 0]])
def test_count_beyond_the_total_weight_is_refused(counts: list[int]) -> None:
    tally = encrypted(counts, 2)
    if counts == [2 + ORDER, 0]:
        assert decrypted(tally) == [[2, 0]]
        return
    with pytest.raises(ResultRefused, match=r"count-out-of-range|sum-out-of-range"):
        decrypted(tally)


@pytest.mark.parametrize(
    ("question", "counts", "total", "possible"),
    [
        (Question("?", ("A", "B"), blank=True), [1, 1, 1], 3, True),
        (Question("?", ("A", "B"), blank=True), [1, 1, 0], 3, False),
        (Question("?", ("A", "B"), blank=True), [1, 2, 1], 3, False),
        (Question("?", ("A", "B"), minimum=0, maximum=2), [3, 3], 3, True),
        (Question("?", ("A", "B"), minimum=0, maximum=2), [0, 0], 3, True),
        (Question("?", ("A", "B"), minimum=0, maximum=1), [2, 2], 3, False),
        (Question("?", ("A", "B", "C"), minimum=2, maximum=3), [1, 1, 1], 2, False),
        (Question("?", ("A", "B"), blank=True, minimum=1, maximum=2), [2, 2, 0], 3, False),
    ],
)
def test_counts_of_a_question_must_be_possible_together(
    question: Question, counts: list[int], total: int, possible: bool
) -> None:
    if possible:
        check_sum(question, 1, counts, total)
    else:
        with pytest.raises(ResultRefused, match="sum-out-of-range"):
            check_sum(question, 1, counts, total)


@given(st.integers(0, 400), st.integers(-3, 500))
def test_logarithm_is_found_within_its_bound_only(bound: int, value: int) -> None:
    assert _Logarithms(bound).find(generator_power(value)) == (value if 0 <= value <= bound else None)


def test_share_of_another_trustee_or_tally_is_not_combined() -> None:
    verified = shares({1: archives.KEY, 2: archives.SECOND_KEY})
    exchanged = {1: verified[2], 2: verified[1]}
    with pytest.raises(DecryptionRefused, match="wrong-owner"):
        compute_result(election=ELECTION, tally=PLAYED.tally, trustees=TRUSTEES, shares=exchanged)
    other = encrypted([1, 1], 2)
    with pytest.raises(DecryptionRefused, match="wrong-owner"):
        compute_result(election=ELECTION, tally=other, trustees=TRUSTEES, shares=verified)
    with pytest.raises(DecryptionRefused, match="unknown-owner"):
        compute_result(election=ELECTION, tally=PLAYED.tally, trustees=TRUSTEES, shares={3: verified[1]})


def test_archive_comes_back_and_is_written_the_same_at_once_or_event_by_event() -> None:
    texts = (encrypted_tally_text(PLAYED.tally), sized_tally_text(PLAYED.tally))
    raw = build_archive(
        election=PLAYED.election,
        trustees=PLAYED.trustees,
        credentials=PLAYED.credentials,
        ballots=PLAYED.ballots,
        timestamp=archives.TIMESTAMP,
        encrypted_tally=texts,
        partial_decryptions=list(PLAYED.shares.items()),
        result=PLAYED.result,
    )
    assert raw == archives.written(PLAYED.events())
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, timestamp=archives.TIMESTAMP)
    writer.setup(election=PLAYED.election, trustees=PLAYED.trustees, credentials=PLAYED.credentials)
    for ballot in PLAYED.ballots:
        writer.ballot(ballot)
    writer.end_ballots()
    writer.encrypted_tally(*texts)
    for owner, share in PLAYED.shares.items():
        writer.partial_decryption(owner, share)
    writer.result(PLAYED.result)
    assert stream.getvalue() == raw
    read = read_archive(raw)
    assert (read.election, read.trustees, read.credentials) == (PLAYED.election, PLAYED.trustees, PLAYED.credentials)
    assert (read.ballots, read.closed, read.result) == (PLAYED.ballots, True, PLAYED.result.encode())
    assert read.encrypted_tally == tuple(text.encode() for text in texts)
    assert read.partial_decryptions == [(owner, text.encode()) for owner, text in PLAYED.shares.items()]


def test_archive_tells_no_time_but_its_own() -> None:
    raw = archives.written(PLAYED.events())
    headers = [raw[place : place + 512] for place in range(0, len(raw), 512)]
    times = {header[136:147] for header in headers if header[100:107] == b"0000644"}
    assert times == {b"%011o" % archives.TIMESTAMP}
    assert raw.startswith(b"BELENIOS" + bytes(92))


def test_credential_of_a_secret_is_its_public_key() -> None:
    assert BALLOTS[0].credential == public_credential(11)
