"""The rolls that members of a bureau read: delegates, those of the contests where their organisation has a list (R211-529)."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests import electorate
from tests.electorate import BEFORE, STAFF_PASSWORD, sign_in_member, text
from tests.factories import make_contest, make_station, make_voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(election):
    own = make_contest(election, "S1", lists=2)
    # Of another bureau: Organisation 1 has a list there, Organisation 2 has none.
    other = make_contest(election, "S2", lists=1)
    make_station(election, [other], code="autre")
    make_voter(election, [own, other], 1)
    return make_station(election, [own])


def answers(client, station, role, index=0):
    account = list(station.members.filter(role=role).order_by("pk"))[index].account
    account.password = make_password(STAFF_PASSWORD)
    account.save(update_fields=("password",))
    TOTPDevice.objects.create(user=account, name="téléphone")
    electorate.set_clock(BEFORE)
    sign_in_member(client, account)
    contests = station.election.contests.order_by("code")
    return [client.get(f"/bureau/listes-electorales/{contest.uuid}/").status_code for contest in contests]


@pytest.mark.parametrize(
    ("role", "index", "expected"),
    [
        ("president", 0, [200, 404]),
        ("secretary", 0, [200, 404]),
        ("delegate", 0, [200, 200]),
        ("delegate", 1, [200, 404]),
    ],
)
def test_members_read_the_rolls_that_concern_them_and_no_other_exists(client, station, role, index, expected):
    assert answers(client, station, role, index) == expected
    index_page = text(client.get("/bureau/listes-electorales/"))
    shown = [
        f"/bureau/listes-electorales/{contest.uuid}/" in index_page
        for contest in station.election.contests.order_by("code")
    ]
    assert shown == [status == 200 for status in expected]


def test_a_delegate_of_a_bureau_reads_no_roll_without_a_list_there(client, station):
    contest = station.contests.get()
    contest.lists.filter(organisations__name="Organisation 2").delete()
    assert answers(client, station, "delegate", 1) == [404, 404]


def test_a_delegate_searches_as_a_voter_does(client, station):
    answers(client, station, "delegate")
    path = f"/bureau/listes-electorales/{station.contests.get().uuid}/"
    answer = client.post(path, {"name": "fatou dupont1"})
    assert ">DUPONT1 Fatou<" in text(answer)
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert answer["Cache-Control"] == "no-store"


def test_members_read_no_roll_before_voters_do(client, station):
    election = station.election
    election.rolls_shown_at = BEFORE + timedelta(minutes=5)
    election.save()
    assert answers(client, station, "president") == [200, 404]
    path = f"/bureau/listes-electorales/{station.contests.get().uuid}/"
    page = text(client.post(path, {"name": "dupont"}))
    assert "à partir du" in page
    assert "DUPONT1" not in page
    electorate.set_clock(election.rolls_shown_at)
    assert "DUPONT1" in text(client.get(path))
