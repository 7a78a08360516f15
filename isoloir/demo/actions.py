"""Acts of the demonstration: setting it up, and letting its fictional people act."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from isoloir.elections.models import Contest, Election
from isoloir.identity.campaigns import finish_campaign, open_campaign
from isoloir.identity.models import Account, Campaign
from isoloir.messaging.actions import deliver_queued
from isoloir.pollingstation.closing import finish_closings
from isoloir.pollingstation.models import PollingStation
from isoloir.tally.actions import begin_count
from isoloir.trustees.device import KeyHolder, seal_key_file
from isoloir.trustees.models import Trustee

from . import store
from .clock import now
from .desks import open_desks
from .members import decrypt, play_ceremony
from .preparation import ACTOR, give_sign_in, prepare_election, print_all_notices

CONTESTS = 3
_SEED = 2026


def ensure_demonstration(*, directory: Path, voters: int) -> None:
    """Set the demonstration up, unless it is."""
    if Election.objects.exists():
        return
    at = now()
    election = prepare_election(directory=directory, voters=voters, contests=CONTESTS, seed=_SEED, at=at)
    print_all_notices(directory)
    administrator = Account.objects.create_user(
        email="administration@valmorane.example", civility="Mme", first_names="Nadège", last_name="AUBRIET",
        is_administrator=True,
    )  # fmt: skip
    members = [
        account
        for station in election.stations.all()
        for account in Account.objects.filter(memberships__station=station)
    ]
    agents = open_desks(election, actor=ACTOR, at=at)
    give_sign_in([administrator, *members, *agents], password=store.PASSWORD)
    campaign = open_campaign(election=election, kind=Campaign.Kind.OPENING, actor=ACTOR, at=at)
    finish_campaign(campaign, at=at)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let one request at a time play the members: two clicks do not make two keys."""
    with (store.directory() / "members.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def let_members_act(election: Election, *, at: datetime) -> int:
    """Let every member whom the visitor does not play do what is due: ceremony, then decryption. Return how many acts."""
    with _one_at_a_time():
        seeds = store.read_seeds()
        done = 0
        for station in PollingStation.objects.filter(election=election).select_related("ceremony"):
            done += play_ceremony(station, seeds, at=at)
            store.write_seeds(seeds)
            _write_key_files(station, seeds)
            done += _decrypt(station, seeds, at)
    return done


def _write_key_files(station: PollingStation, seeds: dict[int, str]) -> None:
    trustees = Trustee.objects.filter(group__ceremony=station.ceremony).select_related("group", "account")
    for trustee in trustees:
        path = store.key_file_path(trustee.owner)
        if trustee.owner in seeds and not path.exists():
            holder = KeyHolder(
                station=station.code, holder=trustee.account.full_name, group=trustee.group.role, index=trustee.index
            )
            path.write_text(
                seal_key_file(holder=holder, seed=seeds[trustee.owner], passphrase=store.PASSPHRASE, random=os.urandom)
            )


def _decrypt(station: PollingStation, seeds: dict[int, str], at: datetime) -> int:
    done = 0
    for contest in station.contests.filter(state=Contest.State.COUNTING):
        waiting = Trustee.objects.filter(group__ceremony=station.ceremony, owner__in=seeds).exclude(
            partial_decryptions__contest=contest
        )
        for trustee in waiting.select_related("group", "account"):
            decrypt(contest, trustee, seeds[trustee.owner], at=at)
            done += 1
    return done


def do_clock_work(*, at: datetime) -> None:
    """Do at once what the worker does at its next turn, so that the visitor sees it on the next page."""
    finish_closings(actor="horloge", at=at)
    for contest in Contest.objects.filter(state=Contest.State.CLOSED):
        begin_count(contest=contest, actor="horloge", at=at)
    deliver_queued(at=at)
