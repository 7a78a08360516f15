"""The rehearsal, act by act: import, codes, keys, votes over HTTP, closing, count, minutes.

Everything that voters do goes over HTTP to the real server; members of the bureau act through the same actions as
their pages. The clock is the demonstration's, so that a week of voting takes minutes.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from pathlib import Path

from django.db import connection

from isoloir.ballotbox.models import Ballot
from isoloir.board.archive import write_archive
from isoloir.credentials.models import SlotKey
from isoloir.demo.clock import advance_to, now
from isoloir.demo.fiction.civil import civil_identity
from isoloir.demo.members import Seeds, decrypt, play_ceremony
from isoloir.demo.models import DeliveredMessage
from isoloir.demo.preparation import ACTOR, prepare_election, print_all_notices
from isoloir.demo.store import codes
from isoloir.elections.models import Contest, Election
from isoloir.identity.campaigns import finish_campaign, open_campaign
from isoloir.identity.models import Account, Campaign
from isoloir.messaging.actions import deliver_queued
from isoloir.pollingstation.closing import finish_closings
from isoloir.pollingstation.models import Member, PollingStation
from isoloir.pollingstation.register import close_registers, register_chunks
from isoloir.pollingstation.sealing import seal_contests
from isoloir.roll.models import Turnout, Voter
from isoloir.tally.actions import (
    begin_count,
    draw_up_minutes,
    establish_result,
    publish_result,
    record_draw,
    sign_minutes,
)
from isoloir.tally.minutes import machine_readable_result, minutes_hash
from isoloir.tally.models import ContestResult
from isoloir.trustees.models import Trustee

from .voters import Cast, HttpVoter, RehearsalFailed, Renewal

Progress = Callable[[int, int], None]
_LINK = re.compile(r"https?://\S+/(?:lien|activation)/\S+")
_A_MINUTE = timedelta(minutes=1)
# How many voters vote at the same time.
_AT_ONCE = 8
# How many voters lost their codes, and how long one waits for a link.
REISSUED = 3
_LINK_WITHIN_SECONDS = 60.0
_NEW_CODE_LINK = re.compile(r"https?://\S+/reassort/\S+")


def prepare(directory: Path, *, voters: int, contests: int, seed: int) -> Election:
    """Import a fictional election, issue codes, print notices, make keys (1 of 2, and 2 of 4), seal, invite."""
    election = prepare_election(directory=directory, voters=voters, contests=contests, seed=seed, at=now())
    print_all_notices(directory)
    return election


def make_keys_and_seal(election: Election) -> dict[str, Seeds]:
    """Play every station's ceremony and seal it; return the members' seeds by station."""
    seeds: dict[str, Seeds] = {}
    for station in election.stations.select_related("ceremony"):
        seeds[station.code] = {}
        play_ceremony(station, seeds[station.code], at=now())
        station.ceremony.refresh_from_db()
        seal_contests(station=station, by=_president(station), at=now())
    return seeds


def _president(station: PollingStation) -> Account:
    return station.members.select_related("account").get(role=Member.Role.PRESIDENT).account


def invite(election: Election) -> dict[str, str]:
    """At the opening, send the opening e-mail to all; return each voter's one-time link, by address, from the mailbox."""
    advance_to(election.voting_opens_at + _A_MINUTE)
    campaign = open_campaign(election=election, kind=Campaign.Kind.OPENING, actor=ACTOR, at=now())
    finish_campaign(campaign, at=now())
    while deliver_queued(at=now(), limit=500):
        pass
    links = {}
    for message in DeliveredMessage.objects.iterator():
        found = _LINK.search(message.body)
        if found:
            links[message.recipient] = found[0]
    return links


def vote(election: Election, links: dict[str, str], *, address: str, progress: Progress) -> list[Cast]:
    """Let every voter open an account and vote, several at once; return all that the portal acknowledged.

    The first of them lost their codes, and have new ones made before.
    """
    known = codes()
    voters = list(Voter.objects.filter(election=election).order_by("reference"))
    renewals = {voter.pk: _renewal(voter, number) for number, voter in enumerate(voters[:REISSUED])}
    casts: list[Cast] = []
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        tasks = [
            pool.submit(_one_voter, address, links[each.email], known[each.reference], renewals.get(each.pk))
            for each in voters
        ]
        for done, task in enumerate(as_completed(tasks), start=1):
            casts += task.result()
            progress(done, len(tasks))
    return casts


def _renewal(voter: Voter, number: int) -> Renewal:
    """Return how a voter gets a new code: by turns a text message and an e-mail, to a number or an address of one's own."""
    civil = civil_identity(
        reference=voter.reference, civility=voter.civility, last_name=voter.last_name, first_names=voter.first_names
    )
    channel = ("sms", "email")[number % 2]
    # The number of the page's own hint; those kept for fiction are refused as not in service. Nothing leaves the machine.
    contact = f"+3361234{number:04d}" if channel == "sms" else civil.private_address
    return Renewal(civil.numen, channel, contact, lambda: _awaited_link(contact))


def _awaited_link(contact: str) -> str:
    """Return the link that a contact receives, once the worker has sent it. Raises RehearsalFailed."""
    deadline = time.monotonic() + _LINK_WITHIN_SECONDS
    while time.monotonic() < deadline:
        for message in DeliveredMessage.objects.filter(recipient=contact):
            if found := _NEW_CODE_LINK.search(message.body):
                return found[0]
        time.sleep(0.2)
    raise RehearsalFailed("the link to a new code did not come")


def _one_voter(address: str, link: str, code: str, renewal: Renewal | None) -> list[Cast]:
    voter = HttpVoter(address, code=code)
    try:
        voter.open_account(link)
        if renewal is not None:
            voter.renew_code(renewal)
        return voter.vote()
    finally:
        voter.close()
        # This thread's own, which waited for the link.
        connection.close()


def close_and_count(election: Election, seeds: dict[str, Seeds]) -> Iterator[ContestResult]:
    """Close every contest, decrypt with the secretary and two delegates, establish, sign and publish each result."""
    advance_to(election.grace_ends_at + _A_MINUTE)
    finish_closings(actor=ACTOR, at=now())
    for contest in election.contests.order_by("code"):
        station = contest.stations.get()
        begin_count(contest=contest, actor=ACTOR, at=now())
        for trustee in _enough(station):
            decrypt(contest, trustee, seeds[station.code][trustee.owner], at=now())
        yield _conclude(contest, station)
    close_registers(at=now())


def _enough(station: PollingStation) -> list[Trustee]:
    """Return the last members of each group, as many as the rule needs: here the secretary and two delegates."""
    chosen: list[Trustee] = []
    for group in station.ceremony.groups.order_by("position"):
        members = list(group.trustees.select_related("group", "account").order_by("index"))
        chosen += members[-group.threshold :]
    return chosen


def _conclude(contest: Contest, station: PollingStation) -> ContestResult:
    result = establish_result(contest=contest, actor=ACTOR, at=now())
    president = _president(station)
    while "draw_needed" in result.seats:
        result = record_draw(contest=contest, winner=result.seats["draw_needed"][0], by=president, at=now())
    document = minutes_hash(draw_up_minutes(contest=contest))
    for member in station.members.select_related("account"):
        sign_minutes(contest=contest, minutes_sha256=document, shown_sha256=document, by=member.account, at=now())
    publish_result(contest=contest, by=president, at=now())
    return result


def check_counts(casts: list[Cast], results: list[ContestResult]) -> None:
    """Compare results with what was cast, and ballots with signature lines and receipts. Raises RehearsalFailed."""
    for result in results:
        contest = result.contest
        mine = [cast for cast in casts if cast.contest == contest.uuid]
        counted = Counter(cast.choice for cast in mine)
        expected = [counted[position] for position in range(len(result.votes) + 1)]
        if [result.blank, *result.votes] != expected:
            raise RehearsalFailed(f"{contest.code}: the result is not what was cast")
        trackers = set(Ballot.objects.filter(contest=contest).values_list("tracker", flat=True))
        lines = Turnout.objects.filter(entry__contest=contest).count()
        if trackers != {cast.tracker for cast in mine} or lines != len(mine):
            raise RehearsalFailed(f"{contest.code}: ballots, signature lines and receipts differ")


def check_reissues() -> int:
    """Return how many keys were issued again; all are in the registers, and as many as were asked. Raises RehearsalFailed."""
    keys = SlotKey.objects.filter(generation__gt=0)
    if keys.filter(line=None).exists() or keys.values("slot").distinct().count() != keys.count():
        raise RehearsalFailed("a new key is not in its register, or was issued twice")
    return keys.count()


def write_files(directory: Path, results: list[ContestResult]) -> list[Path]:
    """Write an archive and a register of keys per contest, the results and the minutes; return what can be verified."""
    archives: list[Path] = []
    registers: list[Path] = []
    (directory / "minutes").mkdir(exist_ok=True)
    for result in results:
        contest = result.contest
        archives.append(directory / f"{contest.uuid}.bel")
        with archives[-1].open("wb") as stream:
            write_archive(contest, stream)
        registers.append(directory / f"{contest.uuid}.register")
        registers[-1].write_bytes(b"".join(register_chunks(contest)))
        minutes = draw_up_minutes(contest=contest)
        (directory / "minutes" / f"{contest.code}.pdf").write_bytes(minutes)
    texts = [json.loads(machine_readable_result(result)) for result in results]
    (directory / "results.json").write_text(json.dumps(texts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return [*archives, *registers]
