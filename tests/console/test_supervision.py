"""The supervision pages: the cell's, with what each alert is about, and the bureau's, with counts alone."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.credentials.models import Reissue
from isoloir.messaging.models import Alert, Message, Provider
from tests import electorate
from tests.electorate import STAFF_PASSWORD
from tests.factories import DURING, World, make_voter, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    electorate.set_clock(DURING)
    world = make_world(voters=1)
    voters = [make_voter(world.election, [], number) for number in range(10, 20)]
    Reissue.objects.bulk_create(
        Reissue(
            voter=voter, policy="challenge" if index < 7 else "2018", channel="sms", grant=f"{index:032x}", asked_at=DURING,
            state="live" if index < 2 else "linked", live_at=DURING if index < 2 else None,
        )
        for index, voter in enumerate(voters)
    )  # fmt: skip
    for subject, age in (
        ("first Orange FR", timedelta()),
        ("first SFR RE", timedelta(hours=5)),
        ("gone", timedelta(hours=25)),
    ):
        Alert.objects.create(
            code="undelivered", subject=subject, facts={"messages": 40, "delivered": 17}, raised_at=DURING - age,
            seen_at=DURING - age,
        )  # fmt: skip
    return world


@pytest.fixture
def administrator() -> Client:
    client = Client()
    electorate.sign_in_member(client, electorate.make_member("administration@essai.example", is_administrator=True))
    return client


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def queue(number: int, **members: object) -> None:
    values = {"channel": "sms", "kind": "link", "sealed": b"", "state": "sent", "queued_at": DURING, "next_attempt_at": DURING,
              "carrier": "Orange", "country": "FR", "sent_at": DURING + timedelta(seconds=3)}  # fmt: skip
    Message.objects.bulk_create(Message(**{**values, **members}) for _message in range(number))


def test_cell_sees_alerts_queues_providers_and_reissues(world: World, administrator: Client) -> None:
    queue(3, state="queued", sent_at=None, queued_at=DURING - timedelta(minutes=7))
    Provider.objects.create(
        name="mailbox", failures=3, code="status-402", away_until=timezone.now() + timedelta(minutes=1)
    )
    page = words(administrator, "/console/supervision/")
    assert "first Orange FR messages : 40, remis : 17" in page
    assert "gone" not in page
    assert (page.count("En cours"), page.count("Passée")) == (1, 1)
    assert "SMS 3 0 7 min" in page
    assert "mailbox Mis de côté une minute status-402 oui" in page
    assert "Lycée d’essai 0990001A 11 10" in page
    assert "challenge SMS 7 moins de 5" in page


def test_bureau_sees_counts_and_not_what_an_alert_is_about(world: World) -> None:
    account, member = world.delegates[0], Client()
    account.password = make_password(STAFF_PASSWORD)
    account.save(update_fields=("password",))
    TOTPDevice.objects.create(user=account, name="téléphone")
    electorate.sign_in_member(member, account)
    page = words(member, f"/bureau/{world.station.code}/supervision/")
    assert page.count("Trop de SMS sans accusé de remise") == 2
    assert "challenge SMS 7 moins de 5" in page
    assert "autres moins de 5" in page
    assert not any(word in page for word in ("Orange", "0990001A", "messages : 40"))


def test_deliveries_are_shown_by_operator_and_small_groups_together(world: World, administrator: Client) -> None:
    queue(5, delivered_at=DURING + timedelta(seconds=10))
    queue(2)
    queue(4, carrier="Rare Telecom")
    queue(6, channel="email", carrier="ac-essai.example", country="")
    page = words(administrator, "/console/supervision/remises/")
    assert "Orange SMS FR 0 7 5 0 2 3 s – 3 s 7 s – 7 s" in page
    assert "ac-essai.example courriel 0 6 – 0 – 3 s – 3 s" in page
    assert "autres SMS moins de 5 messages" in page
    assert "Rare Telecom" not in page


def test_span_is_chosen_among_three(world: World, administrator: Client) -> None:
    queue(5, queued_at=DURING - timedelta(hours=3))
    address = "/console/supervision/remises/"
    shown = {span: "Orange" in words(administrator, f"{address}?depuis={span}") for span in ("1h", "24h", "7j", "x")}
    assert shown == {"1h": False, "24h": True, "7j": True, "x": True}


def test_page_without_an_alert_a_message_or_a_provider_says_so(administrator: Client, settings: LazySettings) -> None:
    electorate.set_clock(DURING)
    make_world(voters=1)
    settings.SMS_BACKENDS = []
    page = words(administrator, "/console/supervision/")
    assert "Aucune alerte." in page
    assert "Aucun réassort n’a été demandé." in page
    assert "Aucun fournisseur de SMS n’est configuré" in page
    assert "Aucun message n’a été mis en file" in words(administrator, "/console/supervision/remises/")
