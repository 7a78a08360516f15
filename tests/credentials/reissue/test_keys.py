"""Replacing keys: both signatures or nothing, once, for the contests that are still to be voted."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from isoloir_protocol.credentials import derive_secret, public_credential
from isoloir_protocol.possession import prove_possession

from isoloir.credentials.errors import ReissueRefused, ReplacedCode, WrongCode
from isoloir.credentials.links import live_key
from isoloir.credentials.models import PendingKey, Reissue, SlotKey
from isoloir.credentials.possession import check_possession
from isoloir.credentials.registrar_client import Registrar, RegistrarAway, RegistrarRefused
from isoloir.credentials.reissue.keys import begin_change, change_keys, reissue_contests, settle_change, settle_pending
from isoloir.elections.models import Election
from isoloir.identity.models import OneTimeLink
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.messaging.models import Message
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.closing import close_poll
from isoloir.pollingstation.errors import BallotRefused, ClosingRefused, CodeChanging, DeadKey
from isoloir.roll.models import Voter
from tests.factories import AFTER, CLOSES_AT, DURING
from tests.reissue_world import ReissueWorld, make_reissue_world, new_keys, serve_in_process, use_registrar

pytestmark = pytest.mark.django_db


@pytest.fixture
def reissue_world(tmp_path: Path) -> Iterator[ReissueWorld]:
    made = make_reissue_world(tmp_path, voters=2, contests=2)
    with serve_in_process(made):
        yield made


def cast(world: ReissueWorld, voter: Voter, number: int = 0, *, code: str | None = None) -> None:
    contest = world.contests[number]
    ballot = check_ballot(contest=contest, text=world.world.ballot(voter, contest, code=code))
    cast_vote(voter=voter, contest=contest, ballot=ballot, authenticated_at=DURING, at=DURING)


class Away:
    """A registrar that signs, and whose answer is lost; then that does not answer at all."""

    def __init__(self, registrar: Registrar, *, signs: bool) -> None:
        self._registrar = registrar
        self._signs = signs

    @property
    def key(self) -> str:
        return self._registrar.key

    def sign_entries(self, **asked: object) -> list[str]:
        if self._signs:
            self._registrar.sign_entries(**asked)  # type: ignore[arg-type]
        raise RegistrarAway("lost")

    def cancel(self, **asked: object) -> list[str]:
        raise RegistrarAway("lost")


def test_new_keys_live_in_every_contest_and_the_link_is_used(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    before = {entry.pk: live_key(entry) for entry in voter.entries.select_related("contest")}
    reissue = reissue_world.granted(voter)
    code, keys = new_keys(voter)
    done = change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING)
    assert (done.state, done.live_at) == (Reissue.State.LIVE, DURING)
    after = {entry.contest.uuid: live_key(entry) for entry in voter.entries.select_related("contest")}
    assert after == {item["contest"]: item["key"] for item in keys}
    assert not set(after.values()) & set(before.values())
    assert not PendingKey.objects.exists()
    link = OneTimeLink.objects.get(pk=reissue.link_id)
    assert (link.used_at, link.outcome) == (DURING, OneTimeLink.Outcome.CODE_REISSUED)
    assert code not in str(list(SlotKey.objects.values()))


def test_voter_is_told_at_both_addresses_and_the_journal_names_neither_slot_nor_key(
    reissue_world: ReissueWorld,
) -> None:
    voter = reissue_world.voter()
    Voter.objects.filter(pk=voter.pk).update(second_email="autre@essai.example")
    reissue_world.reissued(reissue_world.voter())
    assert Message.objects.filter(kind="code-replaced").count() == 2
    line = JournalEntry.objects.get(kind=Kind.CODE_REISSUED)
    # The register tells how often each slot was issued again: the journal must not tell it of each voter.
    assert (line.subject, line.facts) == (f"codes {voter.election.slug}", {"policy": "2018"})
    written = str(line.facts)
    assert not any(row["slot"] in written or row["previous"] in written for row in reissue_contests(voter, DURING))


def test_same_keys_again_change_nothing_more(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    reissue = reissue_world.granted(voter)
    _code, keys = new_keys(voter)
    for _time in range(2):
        assert change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING).state == Reissue.State.LIVE
    assert SlotKey.objects.filter(generation=1).count() == 2
    assert Message.objects.filter(kind="code-replaced").count() == 1


def test_used_link_makes_no_other_code(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    reissue = reissue_world.granted(voter)
    _code, keys = new_keys(voter)
    change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING)
    _other, keys = new_keys(voter)
    assert refusal(voter, reissue, keys) == "link_expired"


def refusal(voter: Voter, reissue: Reissue, keys: list[dict[str, object]], **options: object) -> str:
    at = options.get("at", DURING)
    with pytest.raises(ReissueRefused) as refused:
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=at)  # type: ignore[arg-type]
    return refused.value.code


def test_fourth_code_is_refused_by_the_portal_and_by_the_registrar(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    fourth = reissue_world.granted(voter)
    for _time in range(3):
        OneTimeLink.objects.filter(pk=fourth.link_id).update(used_at=None, outcome="")
        reissue_world.reissued(voter)
    Reissue.objects.filter(pk=fourth.pk).update(state=Reissue.State.LINKED)
    OneTimeLink.objects.filter(pk=fourth.link_id).update(used_at=None, outcome="")
    _code, keys = new_keys(voter)
    assert refusal(voter, fourth, keys) == "limit_reached"
    # A portal that counts wrong finds the registrar counting too.
    Election.objects.update(reissue_limit=3)
    Reissue.objects.filter(voter=voter, state=Reissue.State.LIVE).update(state=Reissue.State.ABANDONED, live_at=None)
    assert refusal(voter, fourth, keys) == "limit_reached"
    assert SlotKey.objects.filter(generation=4).count() == 0
    with pytest.raises(RegistrarRefused, match="limit-reached"):
        reissue_world.granted(voter)


def test_contest_already_voted_keeps_its_key(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    old = reissue_world.world.codes[voter.reference]
    cast(reissue_world, voter, 0)
    rows = reissue_contests(voter, DURING)
    assert [(row["change"], row["reason"]) for row in rows] == [(False, "voted"), (True, "")]
    assert (rows[0]["slot"], rows[0]["previous"]) == ("", "")
    new = reissue_world.reissued(voter)
    assert [key.generation for key in SlotKey.objects.filter(generation=1)] == [1]
    with pytest.raises(DeadKey):
        cast(reissue_world, voter, 1, code=old)
    cast(reissue_world, voter, 1, code=new)
    with pytest.raises(ReissueRefused, match="nothing_to_change"):
        change_keys(voter=voter, reissue_pk=_linked(voter).pk, keys=[], at=DURING)


def _linked(voter: Voter) -> Reissue:
    link = OneTimeLink.objects.create(
        voter=voter, purpose="reissue", token_hash="a" * 64, created_at=DURING, expires_at=DURING + timedelta(hours=1)
    )
    return Reissue.objects.create(voter=voter, policy="2018", channel="sms", grant="f" * 32, link=link, asked_at=DURING)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda keys: keys[:1], "keys_refused"),
        (lambda keys: [*keys, keys[0]], "keys_refused"),
        (lambda keys: [{**keys[0], "possession": keys[1]["possession"]}, keys[1]], "keys_refused"),
        (lambda keys: [{**keys[0], "key": "00" * 32}, keys[1]], "keys_refused"),
        (lambda keys: [{**keys[0], "contest": keys[1]["contest"]}, {**keys[1], "contest": keys[0]["contest"]}], "keys_refused"),
        (lambda keys: ["nothing", 1], "keys_refused"),
    ],
)  # fmt: skip
def test_wrong_keys_change_nothing(reissue_world: ReissueWorld, spoil: object, code: str) -> None:
    voter = reissue_world.voter()
    reissue = reissue_world.granted(voter)
    _code, keys = new_keys(voter)
    assert refusal(voter, reissue, spoil(keys)) == code  # type: ignore[operator]
    reissue.refresh_from_db()
    assert (reissue.state, PendingKey.objects.count()) == (Reissue.State.LINKED, 0)
    assert change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING).state == Reissue.State.LIVE


def test_calendar_and_links_life_are_kept(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    reissue = reissue_world.granted(voter)
    _code, keys = new_keys(voter)
    assert refusal(voter, reissue, keys, at=CLOSES_AT) == "not_open"
    assert refusal(voter, reissue, keys, at=DURING + timedelta(hours=24)) == "link_expired"
    assert refusal(reissue_world.voter(1), reissue, keys) == "link_expired"
    with use_registrar(None):
        assert refusal(voter, reissue, keys) == "registrar_away"


@pytest.mark.parametrize("signs", [True, False])
def test_lost_answer_stops_ballots_until_the_registrar_says_how_it_ended(
    reissue_world: ReissueWorld, *, signs: bool
) -> None:
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    new, keys = new_keys(voter)
    with use_registrar(Away(client, signs=signs)):
        assert refusal(voter, reissue, keys) == "registrar_away"
        for code in (new, None):
            with pytest.raises(CodeChanging):
                cast(reissue_world, voter, code=code)
        with pytest.raises(ClosingRefused, match="nouveau code"):
            close_poll(contest=reissue_world.contests[0], actor="", at=AFTER)
        with pytest.raises(RegistrarAway):
            settle_pending(at=DURING + timedelta(minutes=1))
    assert settle_pending(at=DURING + timedelta(seconds=10)) == 0
    assert settle_pending(at=DURING + timedelta(minutes=1)) == 1
    reissue.refresh_from_db()
    assert reissue.state == (Reissue.State.LIVE if signs else Reissue.State.LINKED)
    alive, dead = (new, None) if signs else (None, new)
    with pytest.raises((DeadKey, BallotRefused)):
        cast(reissue_world, voter, code=dead)
    cast(reissue_world, voter, code=alive)


@pytest.mark.parametrize("signs", [True, False])
def test_page_opened_again_after_a_lost_answer_makes_one_code_live(reissue_world: ReissueWorld, *, signs: bool) -> None:
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    first, keys = new_keys(voter)
    with use_registrar(Away(client, signs=signs)):
        assert refusal(voter, reissue, keys) == "registrar_away"
    second, others = new_keys(voter)
    if signs:
        # The keys of the first page live: the second one cannot have the same link serve twice.
        assert refusal(voter, reissue, others) == "link_expired"
    else:
        change_keys(voter=voter, reissue_pk=reissue.pk, keys=others, at=DURING)
    assert SlotKey.objects.filter(generation=1).count() == 2
    cast(reissue_world, voter, code=first if signs else second)


def test_same_keys_after_a_lost_answer_go_live(reissue_world: ReissueWorld) -> None:
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    code, keys = new_keys(voter)
    with use_registrar(Away(client, signs=True)):
        assert refusal(voter, reissue, keys) == "registrar_away"
    assert change_keys(voter=voter, reissue_pk=reissue.pk, keys=keys, at=DURING).state == Reissue.State.LIVE
    cast(reissue_world, voter, code=code)


def test_keys_cancelled_by_another_page_are_not_confirmed(reissue_world: ReissueWorld) -> None:
    voter, client = reissue_world.voter(), reissue_world.registrar()
    reissue = reissue_world.granted(voter)
    _first, keys = new_keys(voter)
    begin_change(reissue=reissue, keys=keys, at=DURING)
    second, others = new_keys(voter)

    class Overtaken(Away):
        def sign_entries(self, **asked: object) -> list[str]:
            with use_registrar(client):
                change_keys(voter=voter, reissue_pk=reissue.pk, keys=others, at=DURING)
            return self._registrar.sign_entries(**asked)  # type: ignore[arg-type]

    with use_registrar(Overtaken(client, signs=True)), pytest.raises(ReissueRefused, match="keys_refused"):
        settle_change(reissue=reissue, at=DURING)
    cast(reissue_world, voter, code=second)


def test_former_code_is_told_to_its_voter_alone(reissue_world: ReissueWorld) -> None:
    voter = reissue_world.voter()
    old = reissue_world.world.codes[voter.reference]
    new = reissue_world.reissued(voter)
    with pytest.raises(ReplacedCode):
        check_possession(voter=voter, challenge="c" * 32, proofs=proofs(reissue_world, old))
    check_possession(voter=voter, challenge="c" * 32, proofs=proofs(reissue_world, new))
    for code in (old, new):
        with pytest.raises(WrongCode) as refused:
            check_possession(voter=reissue_world.voter(1), challenge="c" * 32, proofs=proofs(reissue_world, code))
        assert type(refused.value) is WrongCode
    # The public keys alone, without the secret, tell nothing either.
    bare = [{**proof, "proof": {"challenge": "1", "response": "1"}} for proof in proofs(reissue_world, old)]
    with pytest.raises(WrongCode) as refused:
        check_possession(voter=voter, challenge="c" * 32, proofs=bare)
    assert type(refused.value) is WrongCode


def proofs(world: ReissueWorld, code: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for contest in world.contests:
        secret = derive_secret(uuid=contest.uuid, code=code)
        proof = prove_possession(secret=secret, challenge="c" * 32, uuid=contest.uuid, random=os.urandom)
        found.append({"contest": contest.uuid, "credential": public_credential(secret).text, "proof": proof})
    return found
