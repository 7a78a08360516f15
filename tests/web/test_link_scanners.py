"""One-time links in the hands of mail scanners, of mail programs that spoil them, and of people who come too late.

A scanner opens every link of a mail, several times and from several places, before its reader does: that must cost nothing.
A link that cannot serve leads to one clear page, which names nobody and says the way forward.
"""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client

from isoloir.common.clock import paris_text
from isoloir.identity.challenge import install_default_questions
from isoloir.identity.models import OneTimeLink, VoterAccount
from isoloir.identity.requests import answer_requests, request_link
from tests import electorate
from tests.electorate import BEFORE, PASSWORD, activate, captcha, identify, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "Sittelle-Torchepot-88"
Purpose = OneTimeLink.Purpose
DOORS = {Purpose.ACTIVATION: "/activation/", Purpose.PASSWORD: "/nouveau-mot-de-passe/"}
# What opens links before people: scanners of mail, previews of messengers, browsers that run ahead.
SCANNERS = (
    "Mozilla/5.0 (compatible; Microsoft-Office365-SafeLinks/1.0)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36 Edg/124.0",
    "BarracudaCentral/1.0",
    "Mozilla/5.0 (compatible; proofpoint-urldefense)",
    "Mimecast-URL-Protect/2.1",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; ms-office; MSOffice 16)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20 A",
    "curl/8.5.0",
    "",
)
# How browsers and mail programs say that nobody is looking yet.
AHEAD = (
    {"sec-purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
    {"x-purpose": "preview, prefetch"},
    {"x-moz": "prefetch"},
)
_TOKEN = re.compile(r"/(?:activation|nouveau-mot-de-passe)/([\w-]{43})/")


@pytest.fixture
def election(db: None):
    """An election whose portal is open all year."""
    made = electorate.make_election(portal_opens_at=datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
    install_default_questions(made)
    return made


@pytest.fixture
def voter(election):
    return make_voter(election, make_contest(election))


@pytest.fixture(params=list(DOORS))
def purpose(request, voter):
    """Each of the two purposes that the identification page mails; a new password needs an account."""
    if request.param == Purpose.PASSWORD:
        activate(voter, at=electorate.read_clock())
    return request.param


@pytest.fixture
def mailed(outbox):
    """Return what asks for a link as people do, and reads its token in the e-mail."""

    def ask(voter, purpose: OneTimeLink.Purpose) -> str:
        at = electorate.read_clock()
        request_link(election=voter.election, address=voter.email, purpose=purpose, at=at)
        answer_requests(at=at)
        found = _TOKEN.search(outbox()[-1][2])
        assert found
        return found[1]

    return ask


def passwords(password: str = NEW_PASSWORD) -> dict[str, str]:
    return {"password": password, "confirmation": password, **captcha()}


def uses(browser: Client, path: str) -> str:
    """Go through all the pages behind a link, from the mail to the voter space; return that page."""
    page = text(browser.get(path))
    assert page.count('type="password"') == 2
    answer = browser.post(path, passwords())
    if answer.url != "/espace/":
        second = text(browser.get(answer.url))
        question = re.search(r'<option value="(\d+)"', second)
        assert question
        answer = browser.post(
            answer.url, {"question": question[1], "answer": "Saint-Étienne", "answer_again": "Saint-Étienne"}
        )
    assert (answer.status_code, answer.url) == (302, "/espace/"), text(answer)
    return text(browser.get("/espace/"))


def title(answer) -> str:
    found = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", text(answer), re.DOTALL)
    return found[1] if found else ""


def assert_leads_on(answer, status: int, said: str, voter) -> None:
    """Check that a page of fault is the right one, names nobody, and leads to an identification page that works."""
    page = unescape(text(answer))
    assert (answer.status_code, title(answer)) == (status, said), page
    for private in (voter.email, voter.last_name, voter.last_name.upper(), voter.first_names, voter.reference):
        assert private not in page, private
    assert 'type="password"' not in page
    assert "no-store" in answer["Cache-Control"]
    buttons = re.findall(r'<a class="button" href="([^"]+)"', page[page.index("<main") :])
    assert buttons == ["/identification/"]
    door = Client().get(buttons[0])
    assert door.status_code == 200
    assert 'name="email"' in text(door)


# ---- Scanners ----


def test_link_opened_by_ten_scanners_serves_its_voter(voter, purpose, mailed):
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    for agent in SCANNERS:
        scanner = Client(headers={"user-agent": agent})
        for _time in range(10):
            assert scanner.get(path).status_code == 200
            assert scanner.head(path).status_code == 200
        for ahead in AHEAD:
            assert scanner.get(path, headers=ahead).status_code == 200
        assert scanner.options(path).status_code == 405
    link = OneTimeLink.objects.get()
    assert (link.used_at, link.outcome) == (None, "")

    assert "Bienvenue" in uses(Client(), path)
    link.refresh_from_db()
    assert link.used_at == electorate.read_clock()
    sign_in(Client(), voter.email, NEW_PASSWORD)


def test_scanner_that_runs_ahead_is_no_opening_and_the_voter_is(voter, purpose, mailed):
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    for agent in SCANNERS:
        scanner = Client(headers={"user-agent": agent})
        scanner.head(path)
        for ahead in AHEAD:
            scanner.get(path, headers=ahead)
    assert OneTimeLink.objects.get().opened_at is None
    opened_at = electorate.pass_time(timedelta(minutes=7))
    Client().get(path)
    electorate.pass_time(timedelta(minutes=1))
    Client().get(path)
    assert OneTimeLink.objects.get().opened_at == opened_at


def test_scanner_that_sends_forms_uses_no_link(voter, purpose, mailed):
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    for agent in SCANNERS:
        stranger = Client(enforce_csrf_checks=True, headers={"user-agent": agent})
        for fields in ({}, passwords()):
            assert stranger.post(path, fields).status_code == 403
        # Some programs take the page's own mark, and send its form back as it is.
        page = text(stranger.get(path))
        mark = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        code = re.search(r'name="captcha_0" value="([^"]+)"', page)
        assert mark
        assert code
        filled = {"csrfmiddlewaretoken": mark[1], "captcha_0": code[1], "captcha_1": "", "captcha_2": ""}
        for more in ({}, {"new-captcha": "1"}, {"password": "", "confirmation": ""}):
            answer = stranger.post(path, filled | more)
            assert answer.status_code == 200
        # The buttons of the second page ask for a password made on the first.
        for fields in ({}, {"without-activation": "1"}):
            answer = stranger.post(f"{path}question/", fields | {"csrfmiddlewaretoken": mark[1]})
            assert answer.get("Location", "") != "/espace/"
    assert OneTimeLink.objects.get().used_at is None
    assert not VoterAccount.objects.filter(password_set_at__gt=BEFORE).exists()
    assert "Bienvenue" in uses(Client(), path)


def test_scanner_that_opens_the_second_page_is_shown_the_first(voter, mailed):
    path = f"/activation/{mailed(voter, Purpose.ACTIVATION)}/"
    browser = Client()
    assert browser.post(path, passwords()).url == f"{path}question/"
    for agent in SCANNERS:
        answer = Client(headers={"user-agent": agent}).get(f"{path}question/", follow=True)
        assert answer.redirect_chain == [(path, 302)]
    answer = browser.post(f"{path}question/", {"without-activation": "1"})
    assert answer.url == "/espace/"


def test_newer_link_leaves_the_older_one_in_flight_until_one_is_used(voter, purpose, mailed):
    older, newer = (f"{DOORS[purpose]}{mailed(voter, purpose)}/" for _time in range(2))
    assert [Client().get(path).status_code for path in (older, newer)] == [200, 200]
    assert "Bienvenue" in uses(Client(), older)
    for path in (older, newer):
        assert_leads_on(Client().get(path), 410, "Ce lien a déjà servi", voter)


# ---- Too late ----


@pytest.mark.parametrize(
    ("asked_at", "said"),
    [
        (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), "samedi 21 novembre 2026 à 10 h 00 (heure de Paris)"),
        (datetime(2026, 7, 1, 9, 0, tzinfo=UTC), "jeudi 2 juillet 2026 à 11 h 00 (heure de Paris)"),
        # A day of 25 hours, then one of 23: a link lives 24.
        (datetime(2026, 10, 24, 10, 0, tzinfo=UTC), "dimanche 25 octobre 2026 à 11 h 00 (heure de Paris)"),
        (datetime(2026, 3, 28, 11, 0, tzinfo=UTC), "dimanche 29 mars 2026 à 13 h 00 (heure de Paris)"),
    ],
)
def test_link_lives_to_the_second_in_winter_and_in_summer(asked_at, said, voter, purpose, mailed, outbox):
    electorate.set_clock(asked_at)
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    ends = asked_at + timedelta(hours=24)
    assert paris_text(ends).replace("\u00a0", " ").replace("\u202f", " ") == said
    assert said in outbox()[-1][2].replace("\u00a0", " ").replace("\u202f", " ")

    electorate.set_clock(ends)
    for late in (ends, ends + timedelta(seconds=1), ends + timedelta(days=30)):
        electorate.set_clock(late)
        assert Client().head(path).status_code == 410
        assert_leads_on(Client().get(path), 410, "Ce lien a expiré", voter)
        assert_leads_on(Client().post(path, passwords()), 410, "Ce lien a expiré", voter)
    assert OneTimeLink.objects.get().used_at is None

    electorate.set_clock(ends - timedelta(seconds=1))
    assert "Bienvenue" in uses(Client(), path)


def test_expired_link_tells_how_long_a_link_of_this_election_lives(voter, mailed):
    voter.election.link_hours = 1
    voter.election.save()
    path = f"/activation/{mailed(voter, Purpose.ACTIVATION)}/"
    electorate.pass_time(timedelta(minutes=59, seconds=59))
    assert Client().get(path).status_code == 200
    electorate.pass_time(timedelta(seconds=1))
    answer = Client().get(path)
    assert_leads_on(answer, 410, "Ce lien a expiré", voter)
    assert "Un lien sert pendant 1 heure après son envoi." in text(answer)


def test_link_that_expires_between_its_two_pages_says_so(voter, mailed):
    path = f"/activation/{mailed(voter, Purpose.ACTIVATION)}/"
    electorate.pass_time(timedelta(hours=24) - timedelta(minutes=1))
    browser = Client()
    assert browser.post(path, passwords()).url == f"{path}question/"
    electorate.pass_time(timedelta(minutes=1))
    for send in (browser.get, browser.post):
        assert_leads_on(send(f"{path}question/"), 410, "Ce lien a expiré", voter)
    assert not VoterAccount.objects.exists()


def test_way_forward_of_an_expired_link_leads_to_another_that_works(voter, purpose, mailed, outbox):
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    electorate.pass_time(timedelta(hours=25))
    browser = Client()
    assert_leads_on(browser.get(path), 410, "Ce lien a expiré", voter)
    assert identify(browser, voter.email).url == "/mot-de-passe/"
    if purpose == Purpose.PASSWORD:
        browser.post("/mot-de-passe-perdu/", captcha())
    answer_requests(at=electorate.read_clock())
    another = f"{DOORS[purpose]}{_TOKEN.search(outbox()[-1][2])[1]}/"
    assert another != path
    assert "Bienvenue" in uses(browser, another)


# ---- Already used ----


def test_used_link_says_so_to_whoever_sends_it(voter, purpose, mailed):
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    browser = Client()
    assert "Bienvenue" in uses(browser, path)
    for send in (Client().get, Client().post):
        assert_leads_on(send(path), 410, "Ce lien a déjà servi", voter)
    assert Client().head(path).status_code == 410
    # The voter herself, still signed in, is not shown a form that would fail.
    assert (browser.get(path).status_code, title(browser.get(path))) == (410, "Ce lien a déjà servi")
    answer = Client().post(path, passwords("Autre-Sittelle-99"))
    assert_leads_on(answer, 410, "Ce lien a déjà servi", voter)
    sign_in(Client(), voter.email, NEW_PASSWORD)


def test_link_used_long_ago_is_used_rather_than_expired(voter, purpose, mailed):
    path = f"{DOORS[purpose]}{mailed(voter, purpose)}/"
    uses(Client(), path)
    electorate.pass_time(timedelta(days=3))
    assert_leads_on(Client().get(path), 410, "Ce lien a déjà servi", voter)


# ---- Spoiled on the way ----


def altered(token: str):
    """Yield the token with one character after another replaced by one of each kind, and a few whole changes."""
    kinds = ("a", "Z", "5", "-", "_", "é", "ﬀ", "\u200b", " ", ".", "+", "=", "%", "&", '"', "<", "\\", "\x7f")
    for place in range(len(token)):
        for kind in kinds if place in (0, 21, 42) else (kinds[place % len(kinds)],):
            if token[place] != kind:
                yield f"{token[:place]}{kind}{token[place + 1 :]}"
    yield from (token.swapcase(), token[::-1], token.lower(), token.upper(), token + token, "a" * 4000)


def test_altered_link_is_not_recognised(voter, purpose, mailed):
    token = mailed(voter, purpose)
    count = 0
    for other in {*altered(token)} - {token}:
        path = f"{DOORS[purpose]}{quote(other, safe='')}/"
        assert_leads_on(Client().get(path), 404, "Ce lien n’est pas reconnu", voter)
        count += 1
    assert count > 80
    answer = Client().post(f"{DOORS[purpose]}{token[:-1]}/", passwords())
    assert_leads_on(answer, 404, "Ce lien n’est pas reconnu", voter)
    assert "Bienvenue" in uses(Client(), f"{DOORS[purpose]}{token}/")


def test_link_cut_by_a_mail_program_says_what_happened_to_it(voter, purpose, mailed):
    token = mailed(voter, purpose)
    for length in range(1, len(token)):
        for end in ("", "/"):
            answer = Client().get(f"{DOORS[purpose]}{token[:length]}{end}", follow=True)
            assert_leads_on(answer, 404, "Ce lien n’est pas reconnu", voter)
            assert "certaines messageries coupent les liens longs" in text(answer)
    # Without its last stroke the link is still whole.
    assert Client().get(f"{DOORS[purpose]}{token}", follow=True).redirect_chain == [(f"{DOORS[purpose]}{token}/", 301)]


def spoiled(token: str, purpose: OneTimeLink.Purpose, *, before: str):
    """Yield the address of a link with what a mail program took for a part of it, as a browser sends it."""
    for after in (".", ",", ";", ":", "!", ")", "]", ">", "»", "\u00a0»", "…", "'", '"', "*", "=20", "&"):
        yield quote(f"{DOORS[purpose]}{token}{before}{after}", safe="/-_.~!'()*,;:&=")


def test_link_that_took_the_punctuation_after_it_leads_on(voter, purpose, mailed):
    token = mailed(voter, purpose)
    for address in spoiled(token, purpose, before=""):
        assert_leads_on(Client().get(address, follow=True), 404, "Ce lien n’est pas reconnu", voter)
    # A question mark begins a query, which no page of links reads.
    for address in (
        f"{DOORS[purpose]}{token}?",
        f"{DOORS[purpose]}{token}/?",
        f"{DOORS[purpose]}{token}/?utm_source=mail",
    ):
        assert text(Client().get(address, follow=True)).count('type="password"') == 2
    assert OneTimeLink.objects.get().used_at is None


def test_link_that_took_the_punctuation_after_its_last_stroke_leads_on(voter, purpose, mailed):
    token = mailed(voter, purpose)
    for address in spoiled(token, purpose, before="/"):
        answer = Client().get(address, follow=True)
        if answer.status_code == 200:
            assert answer.request["PATH_INFO"] == f"{DOORS[purpose]}{token}/"
            assert text(answer).count('type="password"') == 2
        else:
            assert_leads_on(answer, 404, "Ce lien n’est pas reconnu", voter)
    assert OneTimeLink.objects.get().used_at is None


def test_door_of_links_without_any_token_leads_on(voter, purpose):
    for path in (DOORS[purpose], DOORS[purpose].rstrip("/")):
        assert_leads_on(Client().get(path, follow=True), 404, "Ce lien n’est pas reconnu", voter)


# ---- Somebody else's, or for something else ----


@pytest.fixture
def other(election):
    """Another voter, whose name is in no page of the first one."""
    return make_voter(
        election, email="bruno.lefebvre@valmont.example", civility="M.", last_name="Lefebvre", first_names="Bruno"
    )


def test_link_of_another_voter_is_refused_to_who_is_signed_in_and_names_nobody(voter, other, purpose, mailed):
    if purpose == Purpose.PASSWORD:
        activate(other)
    else:
        activate(voter)
    path = f"{DOORS[purpose]}{mailed(other, purpose)}/"
    browser = Client()
    sign_in(browser, voter.email)
    for send in (browser.get, browser.head, browser.post):
        assert send(path).status_code == 409
    for answer in (browser.get(path), browser.post(path, passwords())):
        page = text(answer)
        assert title(answer) == "Ce lien n’est pas le vôtre"
        for private in (other.email, "Lefebvre", "LEFEBVRE", "Bruno", other.reference):
            assert private not in page
        assert 'action="/deconnexion/"' in page[page.index("<main") :]
    link = OneTimeLink.objects.get()
    assert (link.used_at, link.opened_at) == (None, None)

    # The way forward: sign out, and the link is its owner's again.
    browser.post("/deconnexion/")
    assert "Bienvenue, M. Bruno Lefebvre" in uses(browser, path)


def test_link_that_serves_something_else_says_so_both_ways(voter, other, mailed):
    activate(other)
    tokens = {Purpose.ACTIVATION: mailed(voter, Purpose.ACTIVATION), Purpose.PASSWORD: mailed(other, Purpose.PASSWORD)}
    for purpose, owner in ((Purpose.ACTIVATION, voter), (Purpose.PASSWORD, other)):
        [elsewhere] = {*DOORS.values()} - {DOORS[purpose]}
        misplaced = f"{elsewhere}{tokens[purpose]}/"
        for answer in (Client().get(misplaced), Client().post(misplaced, passwords())):
            assert_leads_on(answer, 409, "Ce lien sert à autre chose", owner)
        assert Client().head(misplaced).status_code == 409
        assert "Bienvenue" in uses(Client(), f"{DOORS[purpose]}{tokens[purpose]}/")


def test_activation_link_serves_no_more_once_the_account_exists(voter, mailed):
    """Two links in flight, the second one opened meanwhile: the account is made once, and keeps its first password."""
    first, second = (f"/activation/{mailed(voter, Purpose.ACTIVATION)}/" for _time in range(2))
    browsers = Client(), Client()
    for browser, path in zip(browsers, (first, second), strict=True):
        assert browser.post(path, passwords(PASSWORD if path == first else NEW_PASSWORD)).url == f"{path}question/"
    assert browsers[0].post(f"{first}question/", {"without-activation": "1"}).url == "/espace/"
    answer = browsers[1].post(f"{second}question/", {"without-activation": "1"})
    assert_leads_on(answer, 410, "Ce lien a déjà servi", voter)
    assert not VoterAccount.objects.exists()
