"""Demonstrations served for whole modules, and people with a browser each."""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.demonstration import Demonstration, Identity, Visitor
from tests.browser.inspection import Inspector, Traffic
from tests.browser.member import President
from tests.browser.milestones import Calendar, WalkingVoter
from tests.browser.reissue_steps import (
    Elector,
    ReissueVote,
    ReissueVoter,
    count_and_verify,
    electors_of,
    open_reissue_vote,
)
from tests.browser.seed_steps import RealCaptchaDemonstration, SeedVoter
from tests.browser.voter import Voter
from tests.surroundings import private_folder

# Enough for six of them to have three contests, each of which one test or another votes in.
_VOTERS = 80
_SEED_VOTERS = 40
# Thousandths of a second that a sentence may take to come, on a machine that does much else.
_PAGE_PATIENCE = 20_000
# What a page waits for at most: two loaded cores make a key in a few seconds.
_PATIENCE = 60_000

# Fixtures that make a demonstration for the whole run: the tests of each stay with one worker, which makes it once.
_MADE_ONCE = ("reissue_vote", "served", "open_vote")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, for pytest-xdist, the tests that share a demonstration."""
    for item in items:
        for shared in _MADE_ONCE:
            if shared in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(shared))
                break


def _demonstration(name: str) -> Iterator[Demonstration]:
    served = Demonstration(private_folder() / name, voters=_VOTERS)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Each browser context has the address of its own demonstration; the plugin's fixture is a method, refused here."""


@pytest.fixture(scope="module")
def demonstration() -> Iterator[Demonstration]:
    """A demonstration at its beginning: nothing is done but the import and the notices."""
    yield from _demonstration("demonstration")


@dataclass
class OpenVote:
    """A demonstration in which everybody may vote, and its voters."""

    served: Demonstration
    # Nobody else takes this voter, whose account is not open yet.
    newcomer: Identity
    _electors: deque[Identity]
    _signed_in: dict[str, StorageState] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.served.address

    def elector(self) -> Identity:
        """Return the next voter in turn; each has three contests, and the same account at each turn."""
        self._electors.rotate()
        return self._electors[0]

    def remember(self, identity: Identity, state: StorageState) -> None:
        self._signed_in[identity.address] = state

    def session_of(self, identity: Identity) -> StorageState | None:
        return self._signed_in.get(identity.address)


@pytest.fixture(scope="session")
def open_vote(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[OpenVote]:
    """A demonstration whose keys are made, whose contests are sealed and open; one for every test that only votes."""
    for served in _demonstration("open-vote"):
        context = browser.new_context(**browser_context_args, base_url=served.address)
        context.set_default_timeout(_PATIENCE)
        visitor = Visitor(context.new_page())
        visitor.lets_the_other_members_act()
        president = President(context.new_page(), None, folder=served.directory)
        president.signs_in(visitor.finds(visitor.finds_people("président")[0]))
        president.seals()
        visitor.moves_the_clock_to_the_opening()
        newcomer, *electors = [visitor.finds(name) for name in visitor.finds_people("3 scrutins")]
        context.close()
        yield OpenVote(served, newcomer, deque(electors))


@pytest.fixture(scope="session")
def reissue_vote(
    browser: Browser, browser_context_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReissueVote]:
    """A demonstration whose vote is open with every way of re-issue; at the end it is counted, and all of it verified."""
    for served in _demonstration("reissue"):
        context = browser.new_context(**browser_context_args, base_url=served.address)
        context.set_default_timeout(_PATIENCE)
        vote = open_reissue_vote(served, context.new_page(), tmp_path_factory.mktemp("reissue"))
        yield vote
        count_and_verify(vote, tmp_path_factory.mktemp("published"))
        context.close()
        with ThreadPoolExecutor() as both:
            looks = [vote.inspector.findings_of_vnu, vote.inspector.findings_of_pa11y]
            readings = [both.submit(reading) for reading in looks]
        faults = [*vote.inspector.faults, *(finding for reading in readings for finding in reading.result())]
        assert not faults, "\n".join(faults)
        assert "Traceback" not in served.log()


@pytest.fixture
def person_page(new_context: Callable[..., BrowserContext]) -> Callable[..., tuple[Page, Traffic]]:
    """Return what opens a page in a browser context of its own, on the demonstration at this address, with its traffic."""

    def open_page(address: str, **options: Any) -> tuple[Page, Traffic]:
        context = new_context(base_url=address, **options)
        context.set_default_timeout(_PATIENCE)
        traffic = Traffic(context, address=address)
        return context.new_page(), traffic

    return open_page


@dataclass
class AtTheBooth:
    """A voter whose code is accepted, in front of her contests."""

    voter: Voter
    page: Page
    traffic: Traffic


@pytest.fixture
def at_the_booth(open_vote: OpenVote, person_page: Callable[..., tuple[Page, Traffic]]) -> AtTheBooth:
    """Bring a voter up to the list of her contests, from which every test casts in one that is left."""
    identity = open_vote.elector()
    state = open_vote.session_of(identity)
    page, traffic = person_page(open_vote.address, **({"storage_state": state} if state else {}))
    voter = Voter(page).is_given(identity)
    if state is None:
        voter.opens_her_account()
        open_vote.remember(identity, page.context.storage_state())
    voter.enters_the_booth()
    voter.types_her_code()
    return AtTheBooth(voter, page, traffic)


@pytest.fixture
def elector(
    reissue_vote: ReissueVote, person_page: Callable[..., tuple[Page, Traffic]]
) -> Iterator[Callable[..., ReissueVoter]]:
    """Return what brings a voter with an account, a browser and no notice; nothing may go wrong in these browsers."""
    brought: list[ReissueVoter] = []

    def bring(identity: Elector | None = None, *, has_account: bool = False, **options: Any) -> ReissueVoter:
        page, traffic = person_page(reissue_vote.address, **options)
        voter = ReissueVoter(page, traffic, reissue_vote)
        voter.is_given(identity or reissue_vote.others.popleft())
        brought.append(voter)
        if not has_account:
            voter.opens_her_account()
        return voter

    yield bring
    assert [fault for each in brought for fault in each.traffic.faults] == []


@pytest.fixture(scope="session")
def served() -> Iterator[RealCaptchaDemonstration]:
    demonstration = RealCaptchaDemonstration(private_folder() / "seeds", voters=_SEED_VOTERS)
    demonstration.start()
    yield demonstration
    demonstration.stop()
    assert "Traceback" not in demonstration.log()


@pytest.fixture(scope="session")
def inspector(served, tmp_path_factory) -> Iterator[Inspector]:
    """Look at each page once, whichever seed crosses it first; then have all of them read by vnu and pa11y."""
    looking = Inspector(tmp_path_factory.mktemp("seeds"), address=served.address)
    yield looking
    with ThreadPoolExecutor() as both:
        readings = [both.submit(reading) for reading in (looking.findings_of_vnu, looking.findings_of_pa11y)]
    faults = [*looking.faults, *(finding for reading in readings for finding in reading.result())]
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def roll(served) -> Iterator[str]:
    """Return addresses from the end of the roll, one after the other; the employer's portal knows those of its beginning."""
    with (served.directory / "fiction" / "voters.csv").open(encoding="utf-8", newline="") as lines:
        rows = sorted(csv.DictReader(lines, delimiter=";"), key=lambda row: row["reference"])
    walking = {elector.address for elector in electors_of(served.directory)[:3]}
    return iter([row["email"] for row in reversed(rows) if row["email"] not in walking])


@pytest.fixture
def patience() -> Iterator[None]:
    """Let pages take their time, on a machine that does much else."""
    expect.set_options(timeout=_PAGE_PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def voter(served, inspector, roll, patience, person_page) -> Iterator[Callable[..., SeedVoter]]:
    """Return what brings a voter with a browser of her own; nothing may go wrong in any of these browsers."""
    brought: list[SeedVoter] = []
    known = len(inspector.faults)

    def bring(address: str = "") -> SeedVoter:
        page, traffic = person_page(served.address)
        brought.append(SeedVoter(page, traffic, inspector, served=served, address=address or next(roll)))
        return brought[-1]

    yield bring
    assert [fault for each in brought for fault in each.traffic.faults] == []
    assert inspector.faults[known:] == []


@pytest.fixture(scope="session")
def calendar(
    served: RealCaptchaDemonstration,
    inspector: Inspector,
    browser: Browser,
    browser_context_args: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Calendar]:
    """The calendar of the walks, on the demonstration that the other tests of the account have before them."""
    context = browser.new_context(**browser_context_args, base_url=served.address)
    context.set_default_timeout(_PATIENCE)
    yield Calendar(served, inspector, context.new_page(), tmp_path_factory.mktemp("calendar"))
    context.close()


@pytest.fixture
def walker(
    calendar: Calendar, patience: None, person_page: Callable[..., tuple[Page, Traffic]]
) -> Iterator[Callable[[str], WalkingVoter]]:
    """Return what brings one of the three voters of the calendar, with a browser of her own, in which nothing goes wrong."""
    brought: list[WalkingVoter] = []
    known = len(calendar.inspector.faults)

    def bring(who: str) -> WalkingVoter:
        page, traffic = person_page(calendar.served.address)
        brought.append(WalkingVoter(page, traffic, calendar, getattr(calendar, who)))
        return brought[-1]

    yield bring
    assert [fault for each in brought for fault in each.traffic.faults] == []
    assert calendar.inspector.faults[known:] == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where people keep what they download."""
    return tmp_path
