"""Improbable rates of re-issue: exact tails, simulated attackers, and how often an honest election raises an alarm."""

import math
import random
import secrets
import time
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from django.core.cache.backends.locmem import LocMemCache

from isoloir.credentials.models import Reissue
from isoloir.credentials.reissue import rates
from isoloir.credentials.reissue.rates import (
    busiest_establishments,
    improbable_establishments,
    improbable_networks,
    improbable_shares,
    reissue_counts,
    watch_reissues,
)
from isoloir.credentials.reissue.tails import Unit, binomial_tail, negative_binomial_tail
from isoloir.elections.models import Election
from isoloir.journal.models import JournalEntry
from isoloir.messaging.models import Alert
from isoloir.roll.models import Voter
from tests.factories import DURING, make_contest, make_election

ELECTIONS = 12
ESTABLISHMENTS = 900


# ---- Tails ----


@pytest.mark.parametrize(
    ("count", "trials", "chance"),
    [
        (1, 1, Fraction(1, 2)),
        (5, 80, Fraction(1, 50)),
        (40, 60, Fraction(1, 3)),
        (9, 300, Fraction(1, 1024)),
        (300, 300, Fraction(1023, 1024)),
    ],
)
def test_binomial_tail_is_that_of_whole_numbers(count: int, trials: int, chance: Fraction) -> None:
    exact = sum(
        math.comb(trials, number) * chance**number * (1 - chance) ** (trials - number)
        for number in range(count, trials + 1)
    )
    assert binomial_tail(count, trials=trials, chance=float(chance)) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(("count", "mean"), [(1, 0.1), (7, 0.1), (12, 3.0), (60, 40.0)])
def test_without_dispersion_the_tail_is_that_of_poisson(count: int, mean: float) -> None:
    below = math.fsum(math.exp(-mean) * mean**number / math.factorial(number) for number in range(count))
    expected = pytest.approx(1 - below, rel=1e-6, abs=1e-15)
    if count < 10:
        above = math.fsum(
            math.exp(-mean) * mean**number / math.factorial(number) for number in range(count, count + 60)
        )
        expected = pytest.approx(above, rel=1e-9)
    assert negative_binomial_tail(count, mean=mean, dispersion=0.0) == expected


def test_negative_binomial_of_shape_one_is_geometric() -> None:
    # Variance mean + mean²: P(X ≥ k) = (m / (1 + m))^k.
    for count in (1, 5, 40):
        assert negative_binomial_tail(count, mean=3.0, dispersion=1.0) == pytest.approx(0.75**count, rel=1e-9)


def test_tails_have_ends() -> None:
    assert (binomial_tail(0, trials=5, chance=0.5), binomial_tail(6, trials=5, chance=0.5)) == (1.0, 0.0)
    assert (binomial_tail(5, trials=5, chance=1.0), binomial_tail(1, trials=5, chance=0.0)) == (1.0, 0.0)
    assert (negative_binomial_tail(0, mean=2, dispersion=0), negative_binomial_tail(3, mean=0, dispersion=1)) == (
        1.0,
        0.0,
    )


# ---- Honest elections ----


def honest(seed: int, rate: float, *, kind: str = "gamma") -> list[Unit]:
    """Return 900 establishments of 5 to 3,000 voters, whose rates differ twofold from one to the next."""
    dice = random.Random(seed)
    units = []
    for number in range(ESTABLISHMENTS):
        size = min(3000, max(5, int(dice.lognormvariate(4.3, 0.9))))
        factor = {"equal": 1.0, "gamma": dice.gammavariate(4, 0.25), "wild": dice.lognormvariate(-0.18, 0.6)}[kind]
        count = sum(dice.random() < rate * factor for _voter in range(size))
        units.append(Unit(f"{number:07d}A", size, count))
    return units


@pytest.mark.parametrize("kind", ["equal", "gamma", "wild"])
@pytest.mark.parametrize("rate", [0.0005, 0.005, 0.03])
def test_honest_elections_raise_fewer_than_one_alarm_in_four(kind: str, rate: float) -> None:
    alarms = sum(len(improbable_establishments(honest(seed, rate, kind=kind))) for seed in range(ELECTIONS))
    assert alarms <= ELECTIONS // 4


def homes_schools_and_operators(seed: int, *, voters: int) -> list[Unit]:
    """Return the networks of honest voters: homes of one or two, schools, and twenty addresses that operators share."""
    dice = random.Random(seed)
    counts: dict[str, int] = {}
    for voter in range(voters):
        place = dice.random()
        if place < 0.7:
            network = f"home {voter if dice.random() < 0.95 else voter - 1}"
        elif place < 0.9:
            network = f"school {min(int(dice.expovariate(1 / 150)), 899)}"
        else:
            network = f"operator {dice.choices(range(20), [20 + number for number in range(20)])[0]}"
        counts[network] = counts.get(network, 0) + 1
    return [Unit(network, 1, count) for network, count in counts.items()]


@pytest.mark.parametrize("voters", [50, 500, 2000])
def test_shared_networks_raise_fewer_than_one_alarm_in_four_elections(voters: int) -> None:
    alarms = sum(
        len(improbable_networks(homes_schools_and_operators(seed, voters=voters))) for seed in range(ELECTIONS)
    )
    assert alarms <= ELECTIONS // 4


def test_ways_that_keep_their_shares_raise_no_alarm() -> None:
    dice = random.Random(1)
    ways = ["challenge sms", "challenge email", "franceconnect email", "2018 sms"]
    before = dict.fromkeys(ways, 0)
    for _hour in range(14 * 24):
        lately = dict.fromkeys(ways, 0)
        for way in dice.choices(ways, [5, 3, 4, 1], k=dice.randrange(60)):
            lately[way] += 1
        assert improbable_shares(before, lately) == []
        before = {way: before[way] + lately[way] for way in ways}


# ---- Attackers ----


def attacked(units: list[Unit], *, voters: int, size: int = 80) -> tuple[list[Unit], str]:
    """Let somebody take the codes of so many voters of an establishment of about that size."""
    target = min(units, key=lambda unit: abs(unit.size - size))
    changed = Unit(target.subject, target.size, min(target.size, target.count + voters))
    return [changed if unit is target else unit for unit in units], target.subject


@pytest.mark.parametrize(("rate", "voters"), [(0.0005, 6), (0.005, 15), (0.03, 30)])
def test_colleague_with_a_staff_file_is_seen(rate: float, voters: int) -> None:
    seen = 0
    for seed in range(ELECTIONS):
        units, target = attacked(honest(seed, rate), voters=voters)
        seen += target in [found.unit.subject for found in improbable_establishments(units)]
    assert seen >= ELECTIONS - 1


def test_several_attacked_establishments_do_not_hide_each_other() -> None:
    units, targets = honest(1, 0.005), set()
    for size in (40, 60, 80, 100, 120):
        units, target = attacked(units, voters=20, size=size)
        targets.add(target)
    assert targets <= {found.unit.subject for found in improbable_establishments(units)}


def test_first_requests_of_an_election_raise_no_alarm_until_five_voters_of_one_place_have_asked() -> None:
    silent = [Unit(f"{number:07d}A", 100, 0) for number in range(ESTABLISHMENTS)]
    outcomes = [len(improbable_establishments([Unit("9999999Z", 100, count), *silent])) for count in (1, 4, 5, 8)]
    assert outcomes == [0, 0, 0, 1]


def test_small_counts_are_never_called_improbable() -> None:
    silent = [Unit(str(number), 100_000, 0) for number in range(9)]
    assert improbable_establishments([Unit("tiny", 4, 4), *silent]) == []
    assert improbable_establishments([]) == []


def test_one_address_that_asks_for_many_is_seen() -> None:
    units = [*homes_schools_and_operators(3, voters=500), Unit("attacker", 1, 60)]
    assert [found.unit.subject for found in improbable_networks(units)] == ["attacker"]


def test_way_that_is_suddenly_asked_for_is_seen() -> None:
    before = {"challenge sms": 500, "2018 sms": 40}
    assert improbable_shares(before, {"challenge sms": 20, "2018 sms": 30}) == [
        ("2018 sms", 30, pytest.approx(3.8, abs=0.2))
    ]
    assert improbable_shares(before, {"challenge sms": 100, "2018 sms": 19}) == []


# ---- In the database ----


def ask(
    voters: list[Voter],
    *,
    at: datetime = DURING,
    network: str = "",
    policy: str = "challenge",
    channel: str = "sms",
    live: int = 0,
) -> None:
    Reissue.objects.bulk_create(
        Reissue(
            voter=voter, policy=policy, channel=channel, network=network or f"{voter.pk:064d}",
            grant=f"{random.getrandbits(128):032x}", asked_at=at, state="live" if index < live else "linked",
            live_at=at if index < live else None,
        )
        for index, voter in enumerate(voters)
    )  # fmt: skip


@pytest.fixture
def voters(db: None) -> dict[str, list[Voter]]:
    """Return an election of ten establishments of a hundred voters each."""
    election = make_election()
    Voter.objects.bulk_create(
        Voter(
            election=election, reference=f"E{number:05d}", last_name="N", first_names="P", email=f"v{number}@essai.example",
            academy="Essai", establishment_code=f"{number % 10:07d}A", establishment=f"Lycée {number % 10}",
        )
        for number in range(1000)
    )  # fmt: skip
    groups: dict[str, list[Voter]] = {}
    for voter in Voter.objects.order_by("reference"):
        groups.setdefault(voter.establishment_code, []).append(voter)
    return groups


def test_establishment_is_told_once_and_the_journal_does_not_name_it(voters: dict[str, list[Voter]]) -> None:
    for group in voters.values():
        ask(group[:2], at=DURING - timedelta(hours=5))
    ask(voters["0000003A"][10:50], at=DURING - timedelta(hours=3))
    assert [watch_reissues(DURING + timedelta(minutes=minute)) for minute in range(3)] == [1, 0, 0]
    alert = Alert.objects.get()
    assert (alert.code, alert.subject, alert.facts["voters"], alert.facts["roll"]) == (
        "reissue-establishment", "0000003A election", 42, 100,
    )  # fmt: skip
    (line,) = JournalEntry.objects.filter(kind="reissue.alerted")
    assert (line.subject, line.facts) == ("reissue-establishment", {"voters": 42, "window": "election"})


def test_burst_of_one_hour_and_of_one_network_is_told(voters: dict[str, list[Voter]]) -> None:
    for group in voters.values():
        ask(group[:20], at=DURING - timedelta(hours=5))
    quiet = watch_reissues(DURING)
    ask(voters["0000004A"][30:60], at=DURING - timedelta(minutes=10), network="f" * 64)
    assert quiet == 0
    watch_reissues(DURING)
    subjects = set(Alert.objects.values_list("code", "subject"))
    assert {("reissue-establishment", "0000004A hour"), ("reissue-network", "ffffffffffff election")} <= subjects


def test_voter_who_asks_three_times_counts_once(voters: dict[str, list[Voter]]) -> None:
    for _time in range(3):
        ask(voters["0000005A"][:4])
    assert watch_reissues(DURING) == 0
    assert busiest_establishments(Voter.objects.first().election) == []


def test_bureau_sees_no_count_of_fewer_than_five(voters: dict[str, list[Voter]]) -> None:
    everyone = [voter for group in voters.values() for voter in group]
    ask(everyone[:12], live=9)
    ask(everyone[20:26], live=2, channel="email")
    ask(everyone[30:32], policy="2018")
    ask(everyone[40:42], policy="franceconnect")
    shown = [(way.policy, way.channel, way.asked, way.live) for way in reissue_counts(everyone[0].election)]
    assert shown == [("challenge", "email", 6, None), ("challenge", "sms", 12, 9), ("", "", None, 0)]


def test_roll_is_read_only_when_an_establishment_could_stand_out(
    voters: dict[str, list[Voter]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Election] = []
    monkeypatch.setattr(rates, "_sizes", lambda election: read.append(election) or {"0000001A": 100})
    ask(voters["0000001A"][:4])
    watch_reissues(DURING)
    assert read == []
    ask(voters["0000001A"][4:5])
    watch_reissues(DURING + timedelta(minutes=1))
    assert len(read) == 1, "once, for both windows"


@pytest.mark.parametrize(("states", "times"), [(["sealed", "prepared"], 2), ([], 2), (["sealed", "closed"], 1)])
def test_roll_is_read_again_within_the_hour_unless_every_contest_is_sealed(
    voters: dict[str, list[Voter]], monkeypatch: pytest.MonkeyPatch, states: list[str], times: int
) -> None:
    monkeypatch.setattr(rates, "cache", LocMemCache(secrets.token_hex(), {}))
    read: list[Election] = []
    monkeypatch.setattr(rates, "_sizes", lambda election: read.append(election) or {"0000001A": 100})
    election = Voter.objects.first().election
    for number, state in enumerate(states):
        make_contest(election, code=f"C{number}", state=state)
    ask(voters["0000001A"][:5])
    watch_reissues(DURING)
    watch_reissues(DURING + timedelta(minutes=1))
    assert len(read) == times


def test_sizes_of_establishments_are_kept_an_hour_and_no_more(
    voters: dict[str, list[Voter]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = time.time()
    monkeypatch.setattr(rates, "cache", LocMemCache(secrets.token_hex(), {}))
    election = Voter.objects.first().election
    make_contest(election, "C1", state="sealed")
    assert rates._lasting_sizes(election)["0000001A"] == 100
    voters["0000001A"][0].delete()
    monkeypatch.setattr(time, "time", lambda: clock + 3500)
    assert rates._lasting_sizes(election)["0000001A"] == 100
    monkeypatch.setattr(time, "time", lambda: clock + 3700)
    assert rates._lasting_sizes(election)["0000001A"] == 99


def test_cell_sees_the_busiest_establishments(voters: dict[str, list[Voter]]) -> None:
    ask(voters["0000001A"][:7])
    ask(voters["0000002A"][:5])
    ask(voters["0000003A"][:4])
    shown = busiest_establishments(Voter.objects.first().election)
    assert [(each.code, each.voters, each.asked, each.rate) for each in shown] == [
        ("0000001A", 100, 7, 7.0), ("0000002A", 100, 5, 5.0),
    ]  # fmt: skip


def test_without_an_election_or_a_request_nothing_is_looked_at(db: None) -> None:
    assert watch_reissues(DURING) == 0
    make_election()
    assert watch_reissues(DURING) == 0
