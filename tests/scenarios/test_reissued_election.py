"""A whole election in which codes were issued again, then read with its registers by two verifiers: ours, and another."""

import subprocess
from pathlib import Path

import pytest
from isoloir_protocol.archive import read_archive
from isoloir_protocol.verify_command import main as isoloir_verify

from isoloir.board.archive import write_archive
from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.models import Reissue, SlotKey
from isoloir.credentials.registrar_client import RegistrarRefused
from isoloir.credentials.reissue.keys import change_keys
from isoloir.demo.members import decrypt
from isoloir.elections.models import Contest
from isoloir.identity.models import OneTimeLink
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.closing import finish_closings
from isoloir.pollingstation.errors import DeadKey
from isoloir.pollingstation.register import close_registers, publish_batches, register_chunks
from isoloir.roll.models import Voter
from isoloir.tally.actions import begin_count, establish_result
from isoloir.trustees.models import Trustee
from tests.belenios import belenios_tool
from tests.factories import AFTER, BEFORE, DURING
from tests.reissue_world import ReissueWorld, make_reissue_world, new_keys, serve_in_process

pytestmark = pytest.mark.django_db


def cast(world: ReissueWorld, voter: Voter, contest: Contest, *, choice: int = 1, code: str | None = None) -> None:
    ballot = check_ballot(contest=contest, text=world.world.ballot(voter, contest, choice=choice, code=code))
    cast_vote(voter=voter, contest=contest, ballot=ballot, authenticated_at=DURING, at=DURING)


def count(world: ReissueWorld) -> None:
    for contest in finish_closings(actor="horloge", at=AFTER):
        begin_count(contest=contest, actor="horloge", at=AFTER)
        trustees = Trustee.objects.filter(group__ceremony=world.world.station.ceremony).select_related("account")
        for trustee in trustees.order_by("owner"):
            decrypt(contest, trustee, world.world.seeds[trustee.owner], at=AFTER)
        establish_result(contest=contest, actor="horloge", at=AFTER)


def published(world: ReissueWorld, folder: Path) -> list[Path]:
    files = []
    for contest in world.contests:
        archive, register = folder / f"{contest.uuid}.bel", folder / f"{contest.uuid}.register"
        with archive.open("wb") as stream:
            write_archive(contest, stream)
        register.write_bytes(b"".join(register_chunks(contest)))
        files += [archive, register]
    return files


@pytest.mark.timeout(300)
def test_archives_and_registers_are_accepted_and_hold_the_live_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_reissue_world(tmp_path, voters=5, contests=2, sealed=False)
    early, late, split, patient, faithful = (world.voter(number) for number in range(5))
    first, second = world.contests
    with serve_in_process(world):
        world.reissued(early, at=BEFORE)
        publish_batches(at=BEFORE)
        world.seal()
        dead = world.world.codes[late.reference]
        world.reissued(late)
        cast(world, split, first)
        kept = world.world.codes[split.reference]
        world.reissued(split)
        for _time in range(3):
            world.reissued(patient)
        with pytest.raises(RegistrarRefused, match="limit-reached"):
            world.granted(patient)
        for contest in world.contests:
            with pytest.raises(DeadKey):
                cast(world, late, contest, code=dead)
            for number, voter in enumerate((early, late, patient, faithful)):
                cast(world, voter, contest, choice=number % 3)
        with pytest.raises(DeadKey):
            cast(world, split, second, code=kept)
        cast(world, split, second)
        count(world)
        # One line for the two contests' last batches each, then their closings.
        assert close_registers(at=AFTER) == 4
    files = published(world, tmp_path)
    assert isoloir_verify([str(path) for path in files]) == 0, capsys.readouterr().out
    for contest in world.contests:
        contest.refresh_from_db()
        accepted_by_belenios(tmp_path / f"{contest.uuid}.bel", tmp_path)
    reissued = SlotKey.objects.filter(generation__gt=0)
    assert reissued.filter(contest=first).count() == 1 + 1 + 0 + 3
    assert reissued.filter(contest=second).count() == 1 + 1 + 1 + 3


def accepted_by_belenios(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / f"belenios-{path.stem}"
    folder.mkdir()
    (folder / path.name).write_bytes(path.read_bytes())
    command = [belenios_tool(), "election", "verify", "--dir", folder]
    whole = subprocess.run(command, check=False, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stderr
    assert "all checks passed" in whole.stderr
    assert len(read_archive(path).ballots) == 5


def test_voter_who_was_refused_a_fourth_code_still_votes_with_the_third(tmp_path: Path) -> None:
    world = make_reissue_world(tmp_path, voters=1)
    voter = world.voter()
    with serve_in_process(world):
        fourth = world.granted(voter)
        for _time in range(3):
            Reissue.objects.filter(pk=fourth.pk).update(state=Reissue.State.ABANDONED)
            world.reissued(voter)
        Reissue.objects.filter(pk=fourth.pk).update(state=Reissue.State.LINKED)
        OneTimeLink.objects.filter(pk=fourth.link_id).update(used_at=None, outcome="")
        _code, keys = new_keys(voter)
        with pytest.raises(ReissueRefused, match="limit_reached"):
            change_keys(voter=voter, reissue_pk=fourth.pk, keys=keys, at=DURING)
        cast(world, voter, world.contests[0])
