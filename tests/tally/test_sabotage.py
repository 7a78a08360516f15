"""A trustee who wants to spoil the count: a wrong factor whose proof holds, for the challenge does not bind it (§11)."""

import io
import json

import pytest
from isoloir_protocol.archive import read_archive
from isoloir_protocol.group import ORDER, generator_power
from isoloir_protocol.proofs import challenge
from isoloir_protocol.tally import make_partial_decryption, read_encrypted_tally
from isoloir_protocol.trustees import decryption_key_message, open_decryption_key

from isoloir.board.archive import write_archive
from isoloir.board.records import election_record, records_of
from isoloir.demo.members import decrypt
from isoloir.elections.models import Contest
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.closing import close_poll
from isoloir.tally.actions import begin_count, encrypted_tally_of, establish_result, receive_partial_decryption
from isoloir.tally.errors import CountImpossible
from isoloir.trustees.models import Trustee
from tests.factories import AFTER, DURING, World, make_world

pytestmark = pytest.mark.django_db


def counting_world() -> World:
    world = make_world(voters=2)
    for voter in world.voters:
        ballot = check_ballot(contest=world.contest, text=world.ballot(voter, world.contest))
        cast_vote(voter=voter, contest=world.contest, ballot=ballot, authenticated_at=DURING, at=DURING)
    begin_count(contest=close_poll(contest=world.contest, actor="", at=AFTER), actor="", at=AFTER)
    return world


def trustees_of(world: World) -> list[Trustee]:
    rows = Trustee.objects.filter(group__ceremony=world.station.ceremony).select_related("group", "account")
    return list(rows.order_by("owner"))


def spoiled(contest: Contest, trustee: Trustee, seed: str) -> str:
    """Return a partial decryption with a wrong factor that passes the check of its proof."""
    election = election_record(contest)
    tally = read_encrypted_tally(election=election, text=encrypted_tally_of(contest))
    secret = open_decryption_key(seed=seed, message=decryption_key_message(trustee.share))
    right = make_partial_decryption(election=election, tally=tally, secret=secret, random=lambda size: b"\7" * size)
    share = json.loads(right)
    alpha = tally.ciphertexts[0][0].alpha
    commitments = [generator_power(1234), alpha**4321]
    c = challenge(f"decrypt|{election.fingerprint}|{generator_power(secret).text}|", commitments)
    r = (1234 - secret * c) % ORDER
    share["decryption_factors"][0][0] = ((commitments[1] / alpha**r) ** pow(c, -1, ORDER)).text
    share["decryption_proofs"][0][0] = {"challenge": str(c), "response": str(r)}
    return json.dumps(share, separators=(",", ":"))


def test_spoiled_decryptions_are_told_and_no_result_is_established() -> None:
    world = counting_world()
    president, _secretary, first, second = trustees_of(world)
    text = spoiled(world.contest, president, world.seeds[president.owner])
    receive_partial_decryption(contest=world.contest, trustee=president, text=text, by=president.account, at=AFTER)
    for delegate in (first, second):
        decrypt(world.contest, delegate, world.seeds[delegate.owner], at=AFTER)
    with pytest.raises(CountImpossible):
        establish_result(contest=world.contest, actor="", at=AFTER)
    world.contest.refresh_from_db()
    assert world.contest.state == Contest.State.COUNTING


def test_spoiled_decryption_is_set_aside_when_others_suffice() -> None:
    world = counting_world()
    president, secretary, first, second = trustees_of(world)
    text = spoiled(world.contest, president, world.seeds[president.owner])
    receive_partial_decryption(contest=world.contest, trustee=president, text=text, by=president.account, at=AFTER)
    for trustee in (secretary, first, second):
        decrypt(world.contest, trustee, world.seeds[trustee.owner], at=AFTER)
    result = establish_result(contest=world.contest, actor="", at=AFTER)
    assert (result.blank, result.votes) == (0, [2, 0])
    owners = [json.loads(texts[1])["owner"] for texts in records_of(world.contest, "PartialDecryption")]
    assert owners == [secretary.owner, first.owner, second.owner]
    facts = JournalEntry.objects.get(kind=Kind.RESULT_COMPUTED).facts
    assert facts["wrong_decryptions"] == [president.owner]
    stream = io.BytesIO()
    write_archive(world.contest, stream)
    assert read_archive(stream.getvalue()).result == json.dumps({"result": [[0, 2, 0]]}, separators=(",", ":")).encode()
