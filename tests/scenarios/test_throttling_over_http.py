"""A flood of passwords, over HTTP: it slows who sends it, and never keeps a voter out who comes from elsewhere."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.http import HttpResponse
from django.test import Client

from isoloir.identity.models import VoterAccount
from isoloir.identity.slowdown import NETWORK_PACE, PERSON_PACE, counters
from isoloir.roll.models import Voter, VoterAddress
from isoloir.web.voter import account
from tests import electorate
from tests.electorate import BEFORE, PASSWORD, make_contest, make_voter, text
from tests.electorate_fixtures import clock, election

__all__ = ("clock", "election")

pytestmark = pytest.mark.django_db

WRONG_PASSWORD = "Corneille-Noire-13"
REFUSED = "Le mot de passe ne correspond pas à cette adresse, ou le compte n’est pas encore activé."
TRIES = 1000
# A thousand tries in fifty seconds: the clock moves by less than a minute.
EVERY = timedelta(milliseconds=50)
OFFICE, HOME = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def _no_captcha(settings):
    """Leave the slow-down alone: a CAPTCHA at each identification would slow a flood too."""
    settings.CAPTCHA_PLACES = set()


@pytest.fixture
def voters(election):
    """A thousand activated voters and one more, Anne Dupont, the last; they share one hash, which is not what is tried."""
    hashed = make_password(PASSWORD)
    contest = make_contest(election)
    made = Voter.objects.bulk_create(
        Voter(
            election=election, reference=f"V{number:04d}", civility="M.", last_name="Martin", first_names="Bruno",
            email=f"voter{number:04d}@valmont.example", academy="Valmont", establishment_code="0990001A",
            establishment="Collège des Tilleuls",
        )
        for number in range(TRIES)
    )  # fmt: skip
    VoterAddress.objects.bulk_create(VoterAddress(election=election, voter=voter, key=voter.email) for voter in made)
    everybody = [*made, make_voter(election, contest)]
    VoterAccount.objects.bulk_create(
        VoterAccount(voter=voter, password=hashed, activated_at=BEFORE, password_set_at=BEFORE) for voter in everybody
    )
    return everybody


def at_the_password(email: str, *, network: str) -> Client:
    """Return a browser of this address that has typed the e-mail address, and stands before the password page."""
    browser = Client(REMOTE_ADDR=network)
    gives(browser, email)
    return browser


def gives(browser: Client, email: str) -> None:
    answer = browser.post("/identification/", {"email": email})
    assert (answer.status_code, answer.url) == (302, "/mot-de-passe/"), text(answer)


def tries(browser: Client, password: str = WRONG_PASSWORD):
    return browser.post("/mot-de-passe/", {"password": password})


def enters(answer) -> bool:
    return (answer.status_code, answer.get("Location")) == (302, "/espace/")


def shown_wait(answer) -> int:
    """Return the seconds that the page counts down, 0 when it counts none; the sentence of the error says the same."""
    page = text(answer)
    counted = re.search(r'class="wait" data-seconds="(\d+)"', page)
    said = re.search(r"Attendez (\d+) secondes?", page)
    assert (counted and counted[1]) == (said and said[1]), page
    return int(counted[1]) if counted else 0


@contextmanager
def bare_pages() -> Iterator[None]:
    """Write, of a refused password's page, its error and its wait: whole pages would take longer than the flood itself."""

    def render(_request, _template, context):
        said = " ".join(sentence for sentences in context["form"].errors.values() for sentence in sentences)
        return HttpResponse(f'{said} <p class="wait" data-seconds="{context["wait"]}">' if context["wait"] else said)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account, "render", render)
        yield


def test_thousand_wrong_passwords_from_fifty_addresses_do_not_stop_the_right_voter(voters):
    voter = voters[-1]
    attackers = [at_the_password(voter.email, network=f"192.0.2.{number}") for number in range(50)]
    answers = []
    with bare_pages():
        for number in range(TRIES - len(attackers)):
            answers.append(tries(attackers[number % len(attackers)]))
            electorate.pass_time(EVERY)
    for attacker in attackers:
        answers.append(tries(attacker))
        assert 'id="erreurs"' in text(answers[-1])
        electorate.pass_time(EVERY)
    assert len(answers) == TRIES
    assert not any(enters(answer) for answer in answers)
    checked = [answer for answer in answers if REFUSED in text(answer)]
    # Each address had its three free tries, the fourth, and what waits of 1, 2, 4, 8 and 16 s leave in 50 s.
    assert len(checked) <= 50 * (PERSON_PACE.free + 6)
    assert all(shown_wait(answer) > 0 for answer in answers[-50:])
    assert electorate.read_clock() - BEFORE < timedelta(minutes=1)

    assert enters(tries(at_the_password(voter.email, network=HOME), PASSWORD))


def test_voter_behind_a_proxy_is_not_slowed_by_who_shares_the_proxy(voters, settings):
    settings.CLIENT_ADDRESS_HEADER = "X-Client-Address"
    voter, browsers = voters[-1], {}
    for network in (OFFICE, HOME):
        browsers[network] = browser = Client(REMOTE_ADDR="127.0.0.1", headers={"X-Client-Address": network})
        gives(browser, voter.email)
    waits = [shown_wait(tries(browsers[OFFICE])) for _time in range(30)]
    assert waits[:3] == [0, 0, 0]
    assert all(waits[3:])
    assert enters(tries(browsers[HOME], PASSWORD))


def test_thousand_accounts_tried_once_from_one_address_are_slowed(voters):
    waits, checked = [], 0
    browser = Client(REMOTE_ADDR=OFFICE)
    with bare_pages():
        for voter in voters[:TRIES]:
            gives(browser, voter.email)
            answer = tries(browser)
            waits.append(shown_wait(answer))
            checked += REFUSED in text(answer)
            electorate.pass_time(EVERY)
    seconds = (TRIES * EVERY).total_seconds()
    # The free tries, then one at the end of each wait of 1, 2, 4, 5, 5… seconds.
    assert NETWORK_PACE.free < checked <= NETWORK_PACE.free + 4 + seconds / NETWORK_PACE.cap
    slowed = sum(wait > 0 for wait in waits)
    assert slowed >= 950, slowed
    assert max(waits) == NETWORK_PACE.cap
    [counter] = [counter for counter in counters(electorate.read_clock()) if counter.action == "sign-in"]
    assert counter.waiting >= 1

    # Another network's voters feel nothing of it, even those whose accounts were tried.
    assert enters(tries(at_the_password(voters[0].email, network=HOME), PASSWORD))
    assert enters(tries(at_the_password(voters[-1].email, network=HOME), PASSWORD))
    # Nor does who works at that address wait for longer than the page says.
    late = at_the_password(voters[-1].email, network=OFFICE)
    wait = shown_wait(tries(late, PASSWORD))
    assert 0 < wait <= NETWORK_PACE.cap
    electorate.pass_time(timedelta(seconds=wait))
    assert enters(tries(late, PASSWORD))


def test_page_says_the_wait_which_ends_to_the_second_and_never_becomes_a_lock(voters):
    browser = at_the_password(voters[-1].email, network=HOME)
    waits = []
    for _time in range(40):
        answer = tries(browser)
        assert REFUSED in text(answer)
        waits.append(shown_wait(answer))
        if waits[-1]:
            electorate.pass_time(timedelta(seconds=waits[-1] - 1))
            refused = tries(browser, PASSWORD)
            assert "Attendez 1 seconde, puis recommencez." in text(refused)
            assert shown_wait(refused) == 1
            electorate.pass_time(timedelta(seconds=1))
    assert waits[:5] == [0, 0, 0, 1, 2]
    assert waits == sorted(waits)
    assert waits[-20:] == [PERSON_PACE.cap] * 20

    assert enters(tries(browser, PASSWORD))
    # Who has entered begins anew.
    browser.post("/deconnexion/")
    again = at_the_password(voters[-1].email, network=HOME)
    assert shown_wait(tries(again)) == 0
