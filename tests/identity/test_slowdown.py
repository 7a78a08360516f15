"""Slow-downs: counted before the check, longer and longer, never a lock, and telling nobody's address."""

import hashlib
import re
from datetime import timedelta

import pytest

from isoloir.captcha.actions import check_answer, issue_challenge
from isoloir.identity import slowdown
from isoloir.identity.errors import NetworkCrowded, SignInRefused, SlowedDown
from isoloir.identity.models import Slowdown
from isoloir.identity.slowdown import (
    NETWORK_PACE,
    PERSON_PACE,
    Counter,
    begin_try,
    counters,
    forgive_try,
    household_of,
    is_crowded,
    network_of,
    prune_slowdowns,
)
from tests.account_acts import ELSEWHERE, HOME, WRONG, at_once, try_password
from tests.electorate import BEFORE, PASSWORD, activate, make_voter

pytestmark = pytest.mark.django_db
ANNE = "anne.dupont@valmont.example"
A_SECOND = timedelta(seconds=1)


def try_once(*subjects, action="code", at=BEFORE):
    return begin_try(action=action, subjects=subjects, at=at)


def waits_of(subject, count, at=BEFORE):
    """Fail `count` times, waiting each time as told; return the waits, those of a network being how long it is crowded."""
    waits = []
    for _time in range(count):
        attempt = try_once(subject, at=at)
        ends = [after for _before, after in attempt.clocks.values()]
        waits.append(max([attempt.seconds, *(round((end - at).total_seconds()) for end in ends)]))
        at += timedelta(seconds=waits[-1])
    return waits


def paid(at=BEFORE):
    """Answer a CAPTCHA right; return the evidence."""
    return check_answer(token=issue_challenge(at=at), answer="00000", at=at)


# ---- The pace ----


def test_a_person_waits_longer_and_longer_to_a_cap_and_is_never_locked():
    waits = waits_of("voter 1", 16)
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]


def test_a_network_is_free_for_long_and_crowded_for_little():
    waits = waits_of(network_of(HOME), 48)
    assert waits == [0] * 40 + [1, 2, 4, 5, 5, 5, 5, 5]


def test_a_try_during_the_wait_is_refused_with_what_is_left_and_not_counted():
    waits_of("voter 1", 6)
    end = BEFORE + timedelta(seconds=1 + 2)
    for moment, left in ((end, 4), (end + timedelta(seconds=2.5), 2), (end + timedelta(seconds=3.999), 1)):
        with pytest.raises(SlowedDown) as slowed:
            try_once("voter 1", at=moment)
        assert slowed.value.seconds == left
    assert Slowdown.objects.get().failures == 6
    assert try_once("voter 1", at=end + timedelta(seconds=4)).seconds == 8


def test_one_subject_that_waits_holds_back_the_try_and_leaves_the_other_uncounted():
    waits_of("voter 1", 4)
    with pytest.raises(SlowedDown):
        try_once("voter 1", network_of(HOME))
    assert Slowdown.objects.count() == 1
    assert try_once("voter 2", network_of(HOME)).seconds == 0


def test_requests_of_one_moment_are_not_slowed_by_the_order_in_which_they_are_counted():
    try_once("voter 1", network_of(HOME))
    assert try_once("voter 2", network_of(HOME), at=BEFORE - timedelta(milliseconds=10)).seconds == 0


def test_the_longest_wait_is_told():
    waits_of("voter 1", 5, at=BEFORE - timedelta(seconds=3))
    assert try_once("voter 1", "voter 2").seconds == 4


def test_acts_are_counted_apart():
    waits_of("voter 1", 4)
    assert try_once("voter 1", action="sign-in").seconds == 0


def test_quiet_time_forgives_one_try_after_another():
    waits_of("voter 1", 6)
    last_wait_ends = BEFORE + timedelta(seconds=1 + 2 + 4)
    assert try_once("voter 1", at=last_wait_ends + 3 * PERSON_PACE.forgiven_after).seconds == 1
    assert Slowdown.objects.get().failures == 4


def test_free_tries_do_not_hold_forgiveness_back():
    # One failure in three seconds, with successes in between, as behind the address of a rectorat.
    at = BEFORE
    for number in range(240):
        at += A_SECOND
        attempt = try_once(network_of(HOME), at=at)
        assert attempt.seconds == 0
        if number % 3:
            forgive_try(attempt)
    assert Slowdown.objects.get().failures < NETWORK_PACE.free / 2


def test_a_long_attack_is_not_remembered_for_longer_than_a_short_one():
    waits_of("voter 1", 60)
    row = Slowdown.objects.get()
    assert row.failures == PERSON_PACE.most == 13
    assert try_once("voter 1", at=row.waits_until + PERSON_PACE.longest_memory).seconds == 0
    assert Slowdown.objects.get().failures == 1


# ---- A crowded network ----


def test_a_crowded_network_lets_through_who_paid_and_counts_nothing_of_who_did_not():
    waits_of(network_of(HOME), 40)
    try_once("voter 1", network_of(HOME), action="code")
    before = list(Slowdown.objects.values_list("subject", "failures", "waits_until").order_by("subject"))
    for _time in range(100):
        with pytest.raises(NetworkCrowded) as crowded:
            try_once("voter 1", network_of(HOME))
    assert crowded.value.seconds == 1
    assert crowded.value.message == ("Beaucoup d’essais viennent de votre réseau. Recopiez ce code pour continuer.")
    assert list(Slowdown.objects.values_list("subject", "failures", "waits_until").order_by("subject")) == before
    attempt = begin_try(action="code", subjects=("voter 1", network_of(HOME)), at=BEFORE, past_crowd=True)
    # What the person waits is the person's own, whatever the network does.
    assert attempt.seconds == 0


def test_who_paid_for_the_crowd_still_waits_for_themselves():
    waits_of("voter 1", 6)
    waits_of(network_of(HOME), 41)
    with pytest.raises(SlowedDown) as slowed:
        begin_try(action="code", subjects=("voter 1", network_of(HOME)), at=BEFORE, past_crowd=True)
    assert not isinstance(slowed.value, NetworkCrowded)
    assert slowed.value.seconds == 7


def test_success_of_who_paid_leaves_the_crowd_as_it_was():
    waits_of(network_of(HOME), 42)
    row = Slowdown.objects.get()
    attempt = begin_try(action="code", subjects=("voter 1", network_of(HOME)), at=BEFORE, past_crowd=True)
    assert Slowdown.objects.get(subject=row.subject).failures == 43
    forgive_try(attempt)
    after = Slowdown.objects.get(subject=row.subject)
    assert (after.failures, after.waits_until) == (row.failures, row.waits_until)


def test_whether_a_network_is_crowded_is_asked_without_counting(django_assert_num_queries):
    at = BEFORE
    for _time in range(41):
        assert not is_crowded(action="code", address=HOME, at=at)
        try_once(network_of(HOME), at=at)
    with django_assert_num_queries(1):
        assert is_crowded(action="code", address=HOME, at=at)
    assert not is_crowded(action="sign-in", address=HOME, at=at)
    assert not is_crowded(action="code", address=ELSEWHERE, at=at)
    assert not is_crowded(action="code", address=HOME, at=at + A_SECOND)
    assert Slowdown.objects.get().failures == 41


# ---- A success ----


def test_a_success_takes_the_try_back_for_a_person_wholly_and_for_a_network_alone():
    for _time in range(3):
        try_once("voter 1", network_of(HOME))
    forgive_try(try_once("voter 1", network_of(HOME)))
    assert waits_of("voter 1", 4) == [0, 0, 0, 1]
    assert Slowdown.objects.get(subject__startswith="n").failures == 3


def test_a_success_after_a_wait_leaves_the_network_uncrowded():
    waits_of(network_of(HOME), 42)
    at = BEFORE + timedelta(seconds=1 + 2)
    attempt = try_once("voter 1", network_of(HOME), at=at)
    with pytest.raises(NetworkCrowded):
        try_once("voter 2", network_of(HOME), at=at)
    forgive_try(attempt)
    again = try_once("voter 2", network_of(HOME), at=at)
    assert [after - at for _before, after in again.clocks.values()] == [timedelta(seconds=4)]


def test_a_success_leaves_what_another_counted_meanwhile():
    first = try_once("voter 1", network_of(HOME))
    waits_of(network_of(HOME), 42, at=BEFORE + A_SECOND)
    before = Slowdown.objects.get(subject__startswith="n")
    forgive_try(first)
    after = Slowdown.objects.get(subject__startswith="n")
    assert (after.failures, after.waits_until) == (before.failures - 1, before.waits_until)


# ---- Sign-in ----


def test_a_thousand_wrong_passwords_from_fifty_addresses_do_not_stop_the_right_voter(election):
    voter = make_voter(election)
    activate(voter)
    at, refused = BEFORE, {SignInRefused: 0, SlowedDown: 0}
    for number in range(1000):
        at += timedelta(milliseconds=10)
        with pytest.raises((SignInRefused, SlowedDown)) as refusal:
            try_password(election, ANNE, WRONG, at=at, network=f"198.51.100.{number % 50}")
        refused[refusal.type] += 1
    assert refused[SlowedDown] > 500
    assert try_password(election, ANNE, PASSWORD, at=at, network=HOME).voter == voter


def test_even_from_one_of_the_attackers_addresses_the_voter_waits_and_then_enters(election):
    voter = make_voter(election)
    activate(voter)
    for _time in range(4):
        with pytest.raises(SignInRefused):
            try_password(election, ANNE, WRONG, network=ELSEWHERE)
    with pytest.raises(SlowedDown) as slowed:
        try_password(election, ANNE, PASSWORD, network=ELSEWHERE)
    assert slowed.value.message == "Trop d’essais en peu de temps. Attendez 1 seconde, puis recommencez."
    assert try_password(election, ANNE, PASSWORD, network=ELSEWHERE, at=BEFORE + A_SECOND).voter == voter


def test_a_thousand_accounts_tried_once_from_one_address_are_not_checked_without_a_captcha(election):
    voter = make_voter(election)
    activate(voter)
    at, refused = BEFORE, {SignInRefused: 0, NetworkCrowded: 0}
    for number in range(1000):
        at += timedelta(milliseconds=50)
        with pytest.raises((SignInRefused, NetworkCrowded)) as refusal:
            try_password(election, f"voter-{number}@valmont.example", WRONG, at=at)
        refused[refusal.type] += 1
        if refusal.type is NetworkCrowded and number % 100 == 0:
            # A neighbour of the attacker waits for nothing: a code let her in at once, and forgave the attacker nothing.
            entered = try_password(election, ANNE, PASSWORD, at=at, captcha=paid(at))
            assert entered.voter == voter
    assert refused[SignInRefused] <= NETWORK_PACE.free + 14
    # With a code each time, each is checked, and the network stays crowded.
    for number in range(60):
        with pytest.raises(SignInRefused) as refusal:
            try_password(election, f"voter-{number}@else.example", WRONG, at=at, captcha=paid(at))
        assert refusal.value.seconds == 0
    assert is_crowded(action="sign-in", address=HOME, at=at)


def test_a_refusal_says_how_long_to_wait(election):
    for _time in range(3):
        with pytest.raises(SignInRefused):
            try_password(election, ANNE, WRONG)
    with pytest.raises(SignInRefused) as refusal:
        try_password(election, ANNE, WRONG)
    assert refusal.value.message.endswith("Attendez 1 seconde avant de recommencer.")


@pytest.mark.django_db(transaction=True)
def test_a_hundred_tries_at_once_are_not_a_hundred_guesses(election):
    activate(make_voter(election))
    results = at_once(lambda _number: try_password(election, ANNE, WRONG), range(20))
    assert results.count(SignInRefused) == 4
    assert results.count(SlowedDown) == 16
    assert sorted(Slowdown.objects.values_list("failures", flat=True)) == [4, 4]


@pytest.mark.parametrize(("place", "free"), [("2001:db8:77:{:x}::1", 40), ("2001:db8:{:x}::1", 1000)])
def test_a_site_in_ipv6_is_one_network_however_many_addresses_it_has(place, free):
    let_through = 0
    for number in range(100):
        address = place.format(number << 8)
        for _time in range(2):
            try:
                try_once(f"address {number} {household_of(address)}", network_of(address))
            except NetworkCrowded:
                continue
            let_through += 1
    assert let_through == min(free + 1, 200)


# ---- What the table tells ----


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.10", "192.0.2.11", False),
        ("2001:db8:1:2::a", "2001:db8:1:ff02:ffff::b", True),
        ("2001:db8:1:2::a", "2001:db8:2:2::a", False),
        ("::ffff:192.0.2.10", "192.0.2.10", True),
        ("::ffff:192.0.2.10", "::ffff:198.51.100.1", False),
        ("not an address", "neither", True),
    ],
)
def test_network_is_the_address_in_ipv4_and_the_site_in_ipv6(first, second, same):
    assert (network_of(first) == network_of(second)) is same


def test_a_household_is_less_than_a_site():
    # Who waits by address and place waits for nobody else of the site.
    one, same, neighbour = (household_of(f"2001:db8:1:{place}::a") for place in ("2", "ff", "102"))
    assert one == same
    assert one != neighbour
    assert household_of("::ffff:192.0.2.10") == household_of("192.0.2.10") != household_of("192.0.2.11")


def test_the_table_tells_neither_address_nor_network(election):
    with pytest.raises(SignInRefused):
        try_password(election, ANNE, WRONG)
    subjects = sorted(Slowdown.objects.values_list("subject", flat=True))
    assert re.fullmatch(r"[0-9a-f]{64}", subjects[0])
    assert re.fullmatch(r"n[0-9a-f]{63}", subjects[1])
    assert subjects[1][1:] != hashlib.sha256(f"network {HOME}/32".encode()).hexdigest()[1:]


def test_support_sees_counters_without_subjects():
    waits_of("voter 1", 5)
    try_once("voter 2")
    try_once("address a", network_of(HOME), action="sign-in")
    at = BEFORE + timedelta(seconds=1)
    assert counters(at) == [
        Counter(action="code", waiting=1, tries=6),
        Counter(action="sign-in", waiting=0, tries=2),
    ]
    assert counters(at + timedelta(hours=1))[0].waiting == 0


def test_pruning_removes_what_forgave_everything_and_nothing_else(django_assert_max_num_queries):
    waits_of("old", 20)
    waits_of(network_of(HOME), 50, at=BEFORE)
    forgive_try(try_once("forgiven"))
    late = BEFORE + PERSON_PACE.longest_memory - timedelta(minutes=1)
    try_once("young", at=late)
    try_once(network_of(ELSEWHERE), at=late)
    assert prune_slowdowns(at=BEFORE) == 1
    # The network has forgiven; the first subject, whose waits were long, has not.
    assert prune_slowdowns(at=late + timedelta(seconds=30)) == 1
    assert Slowdown.objects.count() == 3
    end = Slowdown.objects.order_by("-waits_until").first().waits_until + PERSON_PACE.longest_memory
    with django_assert_max_num_queries(4):
        assert prune_slowdowns(at=end) == 3
    assert waits_of("old", 4, at=end) == [0, 0, 0, 1]


def test_a_row_pruned_between_its_making_and_its_locking_is_made_again(monkeypatch):
    really, calls = Slowdown.objects.bulk_create, []

    def pruned(rows, **options):
        made = really(rows, **options)
        calls.append(len(rows))
        if len(calls) == 1:
            Slowdown.objects.all().delete()
        return made

    monkeypatch.setattr(slowdown.Slowdown.objects, "bulk_create", pruned)
    assert try_once("voter 1").seconds == 0
    assert calls == [1, 1]
    assert Slowdown.objects.get().failures == 1
