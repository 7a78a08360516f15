"""What the booth and the portal say to each other."""

import json
import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from isoloir_protocol.credentials import derive_secret, public_credential
from isoloir_protocol.possession import prove_possession

from isoloir.ballotbox.models import Ballot
from isoloir.elections.models import Election
from isoloir.identity.models import VoterAccount
from isoloir.identity.sessions import open_session
from isoloir.roll.models import Voter
from tests.factories import BEFORE, DURING, World, make_voter, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _during_the_vote(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    # The CAPTCHA beside the code has tests of its own (test_reissue_code_entry).
    settings.CAPTCHA_PLACES = set()
    monkeypatch.setattr("isoloir.web.middleware.current_time", lambda: DURING)


def signed_in(voter: Voter, *, at: datetime = DURING) -> Client:
    VoterAccount.objects.get_or_create(
        voter=voter, defaults={"password": "!", "activated_at": BEFORE, "password_set_at": BEFORE}
    )
    client = Client()
    session = client.session
    open_session(session, voter=voter, at=at)
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


def proofs(world: World, voter: Voter, challenge: str, *, code: str | None = None) -> list[dict[str, Any]]:
    given = []
    for contest in world.contests:
        secret = derive_secret(uuid=contest.uuid, code=code or world.codes[voter.reference])
        given.append(
            {
                "contest": contest.uuid,
                "credential": public_credential(secret).text,
                "proof": prove_possession(secret=secret, challenge=challenge, uuid=contest.uuid, random=os.urandom),
            }
        )
    return given


def prove(client: Client, world: World, voter: Voter, **changes: Any) -> Any:
    challenge = client.get("/vote/etat.json").json()["challenge"]
    body = {"challenge": challenge, "proofs": proofs(world, voter, challenge, **changes)}
    return client.post("/vote/possession/", body, content_type="application/json")


def cast(client: Client, world: World, ballot: bytes) -> Any:
    return client.post(f"/vote/scrutins/{world.contest.uuid}/bulletin/", ballot, content_type="application/json")


def test_voter_proves_the_code_and_votes() -> None:
    world = make_world(contests=2)
    voter = world.voters[0]
    client = signed_in(voter)
    assert prove(client, world, voter).json() == {"ok": True}
    ballot = world.ballot(voter, world.contest)
    first = cast(client, world, ballot)
    assert first.status_code == 200, first.content
    assert cast(client, world, ballot).json() == first.json()
    assert cast(client, world, world.ballot(voter, world.contest)).json()["error"] == "already_voted"
    states = {contest["uuid"]: contest["state"] for contest in client.get("/vote/etat.json").json()["contests"]}
    assert states == {world.contests[0].uuid: "voted", world.contests[1].uuid: "to_vote"}


def test_ballot_without_the_code_proved_is_refused() -> None:
    world = make_world()
    client = signed_in(world.voters[0])
    answer = cast(client, world, world.ballot(world.voters[0], world.contest))
    assert (answer.status_code, answer.json()["error"]) == (403, "code_required")
    assert not Ballot.objects.exists()


def test_wrong_code_is_told_then_slowed_and_never_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    voter = world.voters[0]
    client = signed_in(voter)
    answers = [prove(client, world, voter, code="11111-111111-11111-111111") for _ in range(6)]
    assert answers[0].json()["error"] == "wrong_code"
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert slowed
    assert 0 < slowed[0].json()["wait"] <= 300
    monkeypatch.setattr("isoloir.web.middleware.current_time", lambda: DURING + timedelta(minutes=6))
    assert prove(client, world, voter).json() == {"ok": True}


def test_another_voters_code_is_refused() -> None:
    world = make_world()
    first, second = world.voters
    answer = prove(signed_in(first), world, first, code=world.codes[second.reference])
    assert answer.json()["error"] == "wrong_code"


def test_challenge_is_used_once() -> None:
    world = make_world()
    voter = world.voters[0]
    client = signed_in(voter)
    challenge = client.get("/vote/etat.json").json()["challenge"]
    body = {"challenge": challenge, "proofs": proofs(world, voter, challenge)}
    assert client.post("/vote/possession/", body, content_type="application/json").status_code == 200
    again = client.post("/vote/possession/", body, content_type="application/json")
    assert (again.status_code, again.json()["error"]) == (409, "challenge_expired")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"challenge":3}', b"[" * 5000, b'{"challenge":"x","proofs":{}}'])
def test_malformed_possession_is_refused_with_a_sentence(body: bytes) -> None:
    world = make_world()
    answer = signed_in(world.voters[0]).post("/vote/possession/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (409, "challenge_expired")


@pytest.mark.parametrize("proof", [[], [3], [{}], [{"contest": []}], "x", [{"contest": "a"}] * 60])
def test_malformed_proofs_prove_nothing(proof: Any) -> None:
    world = make_world()
    client = signed_in(world.voters[0])
    challenge = client.get("/vote/etat.json").json()["challenge"]
    body = json.dumps({"challenge": challenge, "proofs": proof})
    assert client.post("/vote/possession/", body, content_type="application/json").json()["error"] == "wrong_code"


def test_a_slow_page_in_another_tab_does_not_undo_the_proof_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    voter = world.voters[0]
    client = signed_in(voter, at=DURING - timedelta(minutes=2))
    other_tab = Client()
    other_tab.cookies = client.cookies
    from isoloir.web.voter import views

    unhurried = views._own_contests

    def meanwhile(request: Any) -> Any:
        # The voter is noted as seen by this page; the proof comes before its answer.
        assert prove(client, world, voter).json() == {"ok": True}
        return unhurried(request)

    monkeypatch.setattr(views, "_own_contests", meanwhile)
    assert other_tab.get("/espace/").status_code == 200
    assert client.get("/vote/etat.json").json()["code_proved"]
    assert "vote_began_at" in client.session
    assert cast(client, world, world.ballot(voter, world.contest)).status_code == 200


def test_a_slow_page_is_answered_and_signs_nobody_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    client = signed_in(world.voters[0], at=DURING - timedelta(minutes=2))
    other_tab = Client()
    other_tab.cookies = client.cookies.copy()
    from isoloir.web.voter import views

    unhurried = views._own_contests

    def meanwhile(request: Any) -> Any:
        client.post("/deconnexion/")
        return unhurried(request)

    monkeypatch.setattr(views, "_own_contests", meanwhile)
    assert other_tab.get("/espace/").status_code == 200
    for tab in (client, other_tab):
        assert tab.get("/espace/").status_code == 302


@pytest.mark.parametrize("is_sealed", [True, False])
def test_the_state_of_many_contests_costs_no_more_questions_than_that_of_one(is_sealed: bool) -> None:
    world = make_world(contests=4)
    one, all_of_them = (make_voter(world.election, contests, 70 + len(contests))
                        for contests in (world.contests[:1], world.contests))  # fmt: skip
    if not is_sealed:
        from isoloir.elections.models import Contest

        extra = [Contest.objects.create(election=world.election, code=f"P{n}", uuid=f"{n}" * 22, name="P", seats=2)
                 for n in range(1, 5)]  # fmt: skip
        one, all_of_them = make_voter(world.election, extra[:1], 80), make_voter(world.election, extra, 81)
    counts = []
    for voter, number in ((one, 1), (all_of_them, 4)):
        client = signed_in(voter)
        # A process reads each sealed record once.
        first = client.get("/vote/etat.json").json()
        assert [bool(contest["fingerprint"]) for contest in first["contests"]] == [is_sealed] * number
        with CaptureQueriesContext(connection) as queries:
            client.get("/vote/etat.json")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_candidates_are_not_served_before_the_day_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    shown_at = BEFORE + timedelta(hours=1)
    Election.objects.filter(pk=world.election.pk).update(lists_shown_at=shown_at)
    statuses = []
    for now in (shown_at - timedelta(seconds=1), shown_at):
        monkeypatch.setattr("isoloir.web.middleware.current_time", lambda now=now: now)
        client = signed_in(world.voters[0], at=now)
        statuses.append(client.get(f"/vote/scrutins/{world.contest.uuid}/candidats.json").status_code)
        assert client.get("/vote/etat.json").status_code == 200
    assert statuses == [404, 200]


def test_sealed_documents_are_served_to_their_voters_alone() -> None:
    world = make_world()
    stranger = make_voter(world.election, [], 77)
    for name in ("election.json", "candidats.json"):
        address = f"/vote/scrutins/{world.contest.uuid}/{name}"
        answer = signed_in(world.voters[0]).get(address)
        assert answer.status_code == 200
        assert answer["X-Robots-Tag"] == "noindex"
        assert signed_in(stranger).get(address).status_code == 404
        assert Client().get(address).status_code == 401


@pytest.mark.parametrize("text", [b"", b"{}", b"null", b"\xff", b"[" * 9000, b'{"election_uuid":"x"}', b"0" * 600_000])
def test_malformed_ballots_are_refused_with_a_sentence(text: bytes) -> None:
    world = make_world()
    voter = world.voters[0]
    client = signed_in(voter)
    prove(client, world, voter)
    answer = cast(client, world, text)
    assert (answer.status_code, answer.json()["error"]) == (409, "ballot_refused")
    assert answer.json()["message"]


def test_receipt_is_set_as_a_pdf_only_when_the_portal_signed_it() -> None:
    world = make_world()
    voter = world.voters[0]
    client = signed_in(voter)
    prove(client, world, voter)
    receipt = cast(client, world, world.ballot(voter, world.contest)).json()["receipt"]
    answer = client.post("/vote/recu.pdf", receipt, content_type="application/json")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    forged = {**receipt, "text": receipt["text"].replace("Scrutin S1", "Scrutin S9")}
    refused = client.post("/vote/recu.pdf", forged, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]) == (409, "receipt_invalid")
