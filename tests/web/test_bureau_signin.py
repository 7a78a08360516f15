"""Members of bureaux and administrators sign in with what they know and what they have."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.identity.sessionstore import row_key
from isoloir.journal.models import JournalEntry
from tests import electorate
from tests.electorate import (
    STAFF_PASSWORD,
    activate,
    current_code,
    make_contest,
    make_member,
    make_voter,
    sign_in,
    sign_in_member,
    text,
)

pytestmark = pytest.mark.django_db
LOGIN, CODE, OUT = "/bureau/connexion/", "/bureau/connexion/code/", "/bureau/deconnexion/"


@pytest.fixture
def member(election):
    return make_member("paul.durand@valmont.example")


def give_password(client, email="paul.durand@valmont.example", password=STAFF_PASSWORD, at=LOGIN):
    return client.post(at, {"email": email, "password": password})


def test_member_enters_by_password_then_code_and_it_is_journaled(client, member):
    answer = give_password(client, email=" Paul.DURAND@valmont.example ")
    assert answer.url == CODE
    answer = client.post(CODE, {"code": current_code(member)[:3] + " " + current_code(member)[3:]})
    assert answer.url == "/bureau/"
    line = JournalEntry.objects.get(kind="account.signed-in")
    assert line.actor == member.email


def test_password_alone_opens_nothing(client, member):
    give_password(client)
    assert client.get("/bureau/").url == "/bureau/connexion/?next=%2Fbureau%2F"
    assert client.get("/console/").url == "/bureau/connexion/?next=%2Fconsole%2F"
    assert not JournalEntry.objects.exists()


def test_code_page_without_password_goes_back(client, member):
    assert client.get(CODE).url == LOGIN
    assert client.post(CODE, {"code": current_code(member)}).url == LOGIN


@pytest.mark.parametrize("email", ["paul.durand@valmont.example", "personne@valmont.example"])
def test_wrong_password_and_unknown_address_get_the_same_words(client, member, email):
    answer = give_password(client, email=email, password="Autre-Chose-1")
    assert answer.status_code == 200
    assert "L’adresse et le mot de passe ne correspondent pas." in text(answer)
    assert "Autre-Chose-1" not in text(answer)


def test_wrong_code_is_said_and_slowed(client, member):
    give_password(client)
    wrong = f"{(int(current_code(member)) + 1) % 1_000_000:06d}"
    assert "Ce code n’est pas le bon" in text(client.post(CODE, {"code": wrong}))
    answer = client.post(CODE, {"code": current_code(member)})
    assert "Trop d’essais. Attendez" in text(answer)
    TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(minutes=1))
    assert client.post(CODE, {"code": current_code(member)}).url == "/bureau/"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５"])
def test_code_that_is_no_code_is_refused_at_the_field(client, member, code):
    give_password(client)
    answer = client.post(CODE, {"code": code})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in text(answer)


def test_code_serves_once(client, member):
    sign_in_member(client, member)
    client.post(OUT)
    give_password(client)
    assert "il a déjà servi" in text(client.post(CODE, {"code": current_code(member)}))


def test_many_wrong_passwords_are_slowed_not_locked(client, member):
    for _time in range(7):
        assert give_password(client, password="Autre-Chose-1").status_code == 200
    slowed = give_password(client, password="Autre-Chose-1")
    assert slowed.status_code == 429
    assert "Attendez un quart d’heure" in text(slowed)
    assert give_password(client).status_code == 429
    from axes.models import AccessAttempt

    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert give_password(client).url == CODE


def test_member_comes_back_to_the_page_that_was_asked(client, member):
    administrator = make_member("chef@valmont.example", is_administrator=True)
    wanted = client.get("/console/?page=2").url
    # The form is sent to the address that it is shown at, also after a fault.
    faulty = give_password(client, administrator.email, password="Autre-Chose-1", at=wanted)
    for page in (client.get(wanted), faulty):
        assert '<form method="post" novalidate>' in text(page)
    give_password(client, administrator.email, at=wanted)
    assert client.post(CODE, {"code": current_code(administrator)}).url == "/console/?page=2"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_to_no_other_site(client, member, wanted):
    give_password(client, at=LOGIN + "?" + urlencode({"next": wanted}))
    assert client.post(CODE, {"code": current_code(member)}).url == "/bureau/"


def test_visitor_whom_nobody_knows_writes_no_session(client, member):
    client.get("/console/", follow=True)
    client.get(LOGIN + "?next=" + "a" * 2000)
    give_password(client, password="Autre-Chose-1", at=LOGIN + "?next=/console/")
    assert not Session.objects.exists()


def test_administrator_without_a_seat_lands_in_the_console(client, election):
    administrator = make_member("chef@valmont.example", is_administrator=True)
    give_password(client, administrator.email)
    assert client.post(CODE, {"code": current_code(administrator)}).url == "/console/"


def test_first_visit_enrols_a_device_and_the_next_does_not(client, member):
    TOTPDevice.objects.all().delete()
    give_password(client)
    page = text(client.get(CODE))
    assert "data:image/svg+xml" in page
    device = TOTPDevice.objects.get()
    assert not device.confirmed
    client.post(CODE, {"code": "000000"})
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert TOTPDevice.objects.get() == device
    assert client.post(CODE, {"code": current_code(member)}).url == "/bureau/"
    assert TOTPDevice.objects.get().confirmed
    assert JournalEntry.objects.get().facts == {"device_enrolled": True}
    client.post(OUT)
    give_password(client)
    assert "data:image" not in text(client.get(CODE))


def test_device_waiting_beside_a_confirmed_one_opens_nothing(client, member):
    sneaky = TOTPDevice.objects.create(user=member, name="autre", confirmed=False)
    give_password(client)
    from django_otp.oath import TOTP

    code = f"{TOTP(sneaky.bin_key).token():06d}"
    assert "Ce code n’est pas le bon" in text(client.post(CODE, {"code": code}))


def test_sign_out_ends_the_session(client, member):
    sign_in_member(client, member)
    assert client.post(OUT).url == LOGIN
    assert client.get("/bureau/").status_code == 302
    assert client.get(OUT).status_code == 405


def test_voter_and_member_in_one_browser_are_not_mixed(client, election, member):
    activate(make_voter(election, make_contest(election)))
    sign_in(client, "anne.dupont@valmont.example")
    assert client.get("/bureau/").status_code == 302
    assert "Anne Dupont" not in text(client.get(LOGIN))
    sign_in_member(client, member)
    assert "Mme Anne Dupont" in text(client.get("/espace/"))
    client.post("/deconnexion/")
    assert client.get("/bureau/").status_code == 200
    assert client.get("/espace/").status_code == 302


# ---- Limits ----


def move_back(client, *, since=timedelta(), seen=timedelta()):
    """Let a member's session be older than it is."""
    session = client.session
    for entry, age in (("staff_since", since), ("staff_seen_at", seen)):
        session[entry] = (datetime.fromisoformat(session[entry]) - age).isoformat()
    session.save()


@pytest.mark.parametrize(
    ("minutes", "status"), [({"seen": 59}, 200), ({"seen": 60}, 302), ({"since": 719}, 200), ({"since": 720}, 302)]
)
def test_members_session_has_an_idle_and_an_absolute_limit(client, member, minutes, status):
    sign_in_member(client, member)
    move_back(client, **{name: timedelta(minutes=count) for name, count in minutes.items()})
    assert client.get("/bureau/").status_code == status
    # Neither factor is left over.
    assert ("_auth_user_id" in client.session) is (status == 200)


def test_password_alone_waits_no_longer_than_a_session(client, member):
    give_password(client)
    move_back(client, seen=timedelta(minutes=60))
    assert client.post(CODE, {"code": current_code(member)}).url == LOGIN


def test_being_seen_prolongs_a_members_session(client, member):
    sign_in_member(client, member)
    for _time in range(3):
        move_back(client, seen=timedelta(minutes=50), since=timedelta(minutes=50))
        assert client.get("/bureau/").status_code == 200


def test_row_of_a_members_session_outlives_the_idle_limit(client, member, settings):
    settings.STAFF_IDLE_MINUTES = 200
    sign_in_member(client, member)
    kept = Session.objects.get(pk=row_key(client.session.session_key)).expire_date - timezone.now()
    assert kept > timedelta(minutes=200)


def test_session_that_does_not_say_since_when_is_over(client, member):
    sign_in_member(client, member)
    session = client.session
    del session["staff_since"]
    session.save()
    assert client.get("/bureau/").status_code == 302


def test_voter_seen_in_the_same_browser_prolongs_no_members_session(client, election, member):
    activate(make_voter(election, make_contest(election)))
    sign_in_member(client, member)
    sign_in(client, "anne.dupont@valmont.example")
    for _time in range(6):
        electorate.pass_time(timedelta(minutes=10))
        move_back(client, seen=timedelta(minutes=10), since=timedelta(minutes=10))
        client.post("/session/")
        client.get("/")
    assert client.get("/bureau/").status_code == 302


def test_member_signs_out_or_is_followed_by_another_and_the_voter_stays(client, election, member):
    activate(make_voter(election, make_contest(election)))
    sign_in(client, "anne.dupont@valmont.example")
    sign_in_member(client, member)
    other = make_member("autre@valmont.example")
    key = client.session.session_key
    sign_in_member(client, other)
    assert client.get("/espace/").status_code == 200
    assert client.post(OUT).url == LOGIN
    assert client.get("/espace/").status_code == 200
    assert client.get("/bureau/").status_code == 302
    assert not [entry for entry in client.session.keys() if entry.startswith(("_auth", "otp", "staff"))]  # noqa: SIM118
    assert client.session.session_key != key
    assert not Session.objects.filter(pk=key).exists()
