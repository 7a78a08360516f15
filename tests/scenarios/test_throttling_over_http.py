"""A flood of passwords, over HTTP: it slows who sends it, and keeps no voter out, not even behind the same address."""

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
from tests.electorate import BEFORE, PASSWORD, captcha, make_contest, make_voter, text
from tests.electorate_fixtures import clock, election

__all__ = ("clock", "election")

pytestmark = pytest.mark.django_db

WRONG_PASSWORD = "Corneille-Noire-13"
REFUSED = "Le mot de passe ne correspond pas à cette adresse, ou le compte n’est pas encore activé."
CROWDED = "Beaucoup d’essais viennent de votre réseau. Recopiez ce code pour continuer."
TRIES = 1000
# A thousand tries in fifty seconds: the clock moves by less than a minute.
EVERY = timedelta(milliseconds=50)
OFFICE, HOME = "198.51.100.7", "203.0.113.9"


@pytest.fixture(autouse=True)
def _no_captcha(settings):
    """Leave the slow-down alone: a CAPTCHA at each identification would slow a flood too.

    That of a crowded network is asked whatever this setting says.
    """
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


def tries(browser: Client, password: str = WRONG_PASSWORD, **code: str):
    return browser.post("/mot-de-passe/", {"password": password, **code})


def enters(answer) -> bool:
    return (answer.status_code, answer.get("Location")) == (302, "/espace/")


def shown_wait(answer) -> int:
    """Return the seconds that the page counts down, 0 when it counts none; the sentence of the error says the same."""
    page = text(answer)
    counted = re.search(r'class="wait" data-seconds="(\d+)"', page)
    said = re.search(r"Attendez (\d+) secondes?", page)
    assert (counted and counted[1]) == (said and said[1]), page
    return int(counted[1]) if counted else 0


def asks_code(answer) -> bool:
    """Tell whether the page asks for a CAPTCHA, and says why."""
    page = text(answer)
    asks = 'name="captcha_1"' in page
    assert asks == (CROWDED in page), page
    return asks


@contextmanager
def bare_pages() -> Iterator[None]:
    """Write, of a refused password's page, its errors, its wait and whether it asks for a CAPTCHA.

    Whole pages would take longer than the flood itself.
    """

    def render(_request, _template, context):
        said = " ".join(sentence for sentences in context["form"].errors.values() for sentence in sentences)
        said += f' <p class="wait" data-seconds="{context["wait"]}">' if context["wait"] else ""
        said += f' {CROWDED} <input name="captcha_1">' if context["form"].asks_captcha else ""
        return HttpResponse(said)

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


def test_thousand_accounts_tried_once_from_one_address_are_not_checked_without_a_code(voters):
    asked = checked = 0
    browser = Client(REMOTE_ADDR=OFFICE)
    with bare_pages():
        for voter in voters[:TRIES]:
            gives(browser, voter.email)
            answer = tries(browser)
            # Nobody waits for the network: it asks for a code, or nothing.
            assert shown_wait(answer) == 0
            asked += asks_code(answer)
            checked += REFUSED in text(answer)
            electorate.pass_time(EVERY)
    seconds = (TRIES * EVERY).total_seconds()
    # The free tries, then one at the end of each crowd of 1, 2, 4, 5, 5… seconds.
    assert NETWORK_PACE.free < checked <= NETWORK_PACE.free + 4 + seconds / NETWORK_PACE.cap
    assert asked >= 950, asked
    [counter] = [counter for counter in counters(electorate.read_clock()) if counter.action == "sign-in"]
    assert counter.waiting >= 1

    # Another network's voters feel nothing of it, even those whose accounts were tried.
    assert enters(tries(at_the_password(voters[0].email, network=HOME), PASSWORD))
    assert enters(tries(at_the_password(voters[-1].email, network=HOME), PASSWORD))
    # Who works at that address copies a code, and is in.
    assert enters(tries(at_the_password(voters[1].email, network=OFFICE), PASSWORD, **captcha()))


def test_accounts_tried_with_a_code_each_are_checked_and_the_code_is_asked_to_the_end(voters):
    browser = Client(REMOTE_ADDR=OFFICE)
    with bare_pages():
        for number, voter in enumerate(voters[:200]):
            gives(browser, voter.email)
            answer = tries(browser, **captcha())
            assert REFUSED in text(answer)
            assert asks_code(answer) or number < NETWORK_PACE.free
            gives(browser, voter.email)
            assert (REFUSED not in text(tries(browser))) == (number >= NETWORK_PACE.free // 2)
            electorate.pass_time(EVERY)


def test_voter_with_the_right_password_enters_at_once_behind_an_address_that_floods(voters):
    """Seventy sessions of invented addresses poll as fast as they can, each waiting only for what is its own."""
    floods = [(at_the_password(f"nobody{number}@nowhere.example", network=OFFICE), BEFORE) for number in range(70)]
    entered = []
    with bare_pages():
        for turn in range(300):
            now = electorate.read_clock()
            polling = [place for place, (_browser, free_at) in enumerate(floods) if free_at <= now]
            if polling:
                browser, _free_at = floods.pop(polling[0])
                floods.append((browser, now + timedelta(seconds=shown_wait(tries(browser)))))
            if turn >= 50 and turn % 10 == 0:
                entered.append(enters_as_a_person_does(voters[turn]))
            electorate.pass_time(timedelta(milliseconds=200))
    assert len(entered) == 25
    # A page that was asked for in the moment when no crowd was there is sent twice at most.
    assert max(entered) <= 2
    assert entered.count(1) >= 20


def enters_as_a_person_does(voter: Voter) -> int:
    """Sign in from the office, copying the code where the page shows one; return how often the form was sent."""
    browser = at_the_password(voter.email, network=OFFICE)
    code = captcha() if asks_code(browser.get("/mot-de-passe/")) else {}
    for sent in (1, 2, 3):
        answer = tries(browser, PASSWORD, **code)
        if enters(answer):
            return sent
        assert asks_code(answer)
        code = captcha()
    pytest.fail("a voter with the right password and the right code does not enter")


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
