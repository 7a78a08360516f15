"""Nobody learns from the pages, nor from how long they take, whether an address is a voter's."""

import gc
import itertools
import math
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from isoloir.captcha.actions import issue_challenge
from isoloir.elections.models import Election
from isoloir.identity.models import Suspension, VoterAccount
from isoloir.identity.sessions import keep_address
from isoloir.roll.models import Voter, VoterAddress
from tests.electorate import BEFORE

KINDS = ("activated", "waiting", "suspended", "unknown")
OF_EACH = 500
# The whole number once: the other database answers through the same code.
_ASKED = 150 if "ISOLOIR_POSTGRES" in os.environ else OF_EACH
WARM_UP = 40
LEVEL = 0.01
PASSWORD = "Cerise-Ambre-Granit-31"
# The token of a CAPTCHA, the target of its proof of work, the mark that protects a form.
_TOKENS = re.compile(rb"[\w-]{64,}")

pytestmark = pytest.mark.django_db


# ---- The statistics ----


def kolmogorov_smirnov(first: list[float], second: list[float]) -> float:
    """Return the asymptotic p-value of the two-sample test of Kolmogorov and Smirnov: it sees any difference of shape."""
    first, second = sorted(first), sorted(second)
    place_1 = place_2 = 0
    distance = 0.0
    while place_1 < len(first) and place_2 < len(second):
        value = min(first[place_1], second[place_2])
        while place_1 < len(first) and first[place_1] <= value:
            place_1 += 1
        while place_2 < len(second) and second[place_2] <= value:
            place_2 += 1
        distance = max(distance, abs(place_1 / len(first) - place_2 / len(second)))
    size = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    scaled = (size + 0.12 + 0.11 / size) * distance
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return 1.0 if scaled < 0.2 else min(1.0, max(0.0, sum(terms)))


def least_likely(times: dict[str, list[float]]) -> float:
    """Return the p-value of « all kinds take the same time », by the worst of all pairs (Bonferroni)."""
    pairs = list(itertools.combinations(times.values(), 2))
    return min(1.0, len(pairs) * min(kolmogorov_smirnov(*pair) for pair in pairs))


def test_the_statistics_see_a_difference_of_a_fifth_of_the_spread() -> None:
    drawn = random.Random(20261203)
    same = {kind: [drawn.gauss(10, 1) for _ in range(OF_EACH)] for kind in KINDS}
    assert least_likely(same) > LEVEL
    assert least_likely(same | {"unknown": [drawn.gauss(10.3, 1) for _ in range(OF_EACH)]}) < LEVEL


# ---- The people ----


@pytest.fixture
def people(election: Election) -> dict[str, list[str]]:
    """Addresses of the four kinds, all of the same length; those of voters are on the roll."""
    addresses = {
        kind: [f"{place}{number:04d}@valmont.example" for number in range(OF_EACH + WARM_UP)]
        for place, kind in enumerate(KINDS)
    }
    hashed, at = make_password(PASSWORD), BEFORE
    for kind in KINDS[:3]:
        voters = Voter.objects.bulk_create(
            Voter(
                election=election, reference=address.partition("@")[0], civility="Mme", last_name="Dupont", first_names="Anne",
                email=address, academy="Valmont", establishment_code="0990001A", establishment="Collège",
            )
            for address in addresses[kind]
        )  # fmt: skip
        VoterAddress.objects.bulk_create(
            VoterAddress(election=election, voter=voter, key=voter.email) for voter in voters
        )
        if kind != "waiting":
            VoterAccount.objects.bulk_create(
                VoterAccount(voter=voter, password=hashed, activated_at=at, password_set_at=at) for voter in voters
            )
        if kind == "suspended":
            Suspension.objects.bulk_create(Suspension(voter=voter, since=at, reason="essai") for voter in voters)
    return addresses


def captcha() -> dict[str, str]:
    return {"captcha_0": issue_challenge(at=BEFORE), "captcha_1": "00000"}


Answer = tuple[int, str, bytes]


def identify(client: Client, address: str) -> Callable[[], Answer]:
    """Return the request that gives the address."""
    return _request(client, "/identification/", {"email": address, **captcha()})


def lose_the_password(client: Client, address: str) -> Callable[[], Answer]:
    """Return the request that confirms the loss."""
    _remember(client, address)
    return _request(client, "/mot-de-passe-perdu/", captcha())


def try_a_password(client: Client, address: str) -> Callable[[], Answer]:
    """Return the request that tries a wrong password."""
    _remember(client, address)
    return _request(client, "/mot-de-passe/", {"password": "Jamais-La-Bonne-77"})


def _remember(client: Client, address: str) -> None:
    """Put the address where the identification page puts it."""
    session = client.session
    keep_address(session, address)
    session.save()


def _request(client: Client, path: str, form: dict[str, str]) -> Callable[[], Answer]:
    # Each request comes from elsewhere: a network that asks often is slowed, whoever it asks for.
    network = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"

    def ask() -> Answer:
        answer = client.post(path, form, REMOTE_ADDR=network)
        return answer.status_code, answer.get("Location", ""), answer.content

    return ask


Act = Callable[[Client, str], Callable[[], Answer]]
ACTS: list[tuple[Act, int]] = [(identify, _ASKED), (lose_the_password, _ASKED), (try_a_password, 100)]


# Status and redirect: a form that was refused for another reason would prove nothing.
EXPECTED = {
    identify: (302, "/mot-de-passe/"),
    lose_the_password: (302, "/mot-de-passe-perdu/envoye/"),
    try_a_password: (200, ""),
}


# ---- What is seen ----


def seen(client: Client, act: Act, address: str) -> list[tuple[int, str, bytes]]:
    """Return every byte that the person sees, but for tokens and for the address that they typed."""
    first = act(client, address)()
    pages = [first]
    for path in ("/mot-de-passe/", "/mot-de-passe-perdu/", "/mot-de-passe-perdu/envoye/"):
        page = client.get(path)
        pages.append((page.status_code, page.get("Location", ""), page.content))
    return [
        (status, where, _TOKENS.sub(b"TOKEN", content).replace(address.encode(), b"ADDRESS"))
        for status, where, content in pages
    ]


@pytest.mark.parametrize("act", [act for act, _number in ACTS])
def test_every_kind_of_address_sees_the_same_bytes(people: dict[str, list[str]], act: Act) -> None:
    pages = {kind: seen(Client(), act, people[kind][0]) for kind in KINDS}
    assert pages["activated"][0][:2] == EXPECTED[act]
    for kind in KINDS[1:]:
        assert pages[kind] == pages["activated"], kind


# ---- How long it takes ----


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def measured(people: dict[str, list[str]], act: Act, of_each: int) -> dict[str, list[float]]:
    """Return the seconds of each request, kinds drawn in random order, after the warm-up."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    order = [(number, kind) for number in range(of_each + WARM_UP) for kind in random.sample(KINDS, len(KINDS))]
    with _no_collection():
        for number, kind in order:
            ask = act(Client(), people[kind][number])
            begun = time.perf_counter()
            answer = ask()
            elapsed = time.perf_counter() - begun
            assert answer[:2] == EXPECTED[act]
            if number >= WARM_UP:
                times[kind].append(elapsed)
    return times


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("act", "of_each"), ACTS)
def test_no_kind_of_address_can_be_told_by_the_time_of_the_answer(
    people: dict[str, list[str]], act: Act, of_each: int
) -> None:
    # One run in a hundred would be refused by chance alone: a difference that is there is there three times.
    likely = [least_likely(measured(people, act, of_each))]
    while likely[-1] < LEVEL and len(likely) < 3:
        likely.append(least_likely(measured(people, act, of_each)))
    assert likely[-1] >= LEVEL, likely
