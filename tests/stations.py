"""A bureau seen from its members' devices: signed-in clients, keys made by the protocol's own functions."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from isoloir_protocol.election import read_election
from isoloir_protocol.tally import make_partial_decryption, read_encrypted_tally
from isoloir_protocol.trustees import (
    decryption_key_message,
    generate_seed,
    make_certificate,
    make_polynomial,
    make_share,
    open_decryption_key,
)

from isoloir.demo.members import play_ceremony
from isoloir.elections.models import Contest, StatementFile
from isoloir.identity.models import Account
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.sealing import seal_contests
from tests import electorate
from tests.factories import AFTER, BEFORE, DURING, World, issue_codes, make_world

KEYS = "/bureau/bvec/cles/"
CONTEST = "/bureau/bvec/scrutins/S1/"


def member_client(account: Account) -> Client:
    """Return a client of this member, signed in with the second factor."""
    device = TOTPDevice.objects.create(user=account, name="téléphone")
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


@dataclass
class KeyHolderDevice:
    """A trustee's browser: one seed, and the answers that the contract asks for."""

    client: Client
    seed: str = field(default_factory=lambda: generate_seed(os.urandom))
    url: str = KEYS

    def state(self) -> dict[str, Any]:
        answer = self.client.get(f"{self.url}etat.json")
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()

    def post(self, message: dict[str, str]) -> Any:
        return self.client.post(self.url, json.dumps(message), content_type="application/json")

    def due_message(self, state: dict[str, Any]) -> dict[str, str]:
        me, seed = state["me"], self.seed
        if state["step"] == "certificate":
            text = make_certificate(
                seed=seed, index=me["index"], size=me["size"], threshold=me["threshold"], random=os.urandom
            )
        elif state["step"] == "polynomial":
            text = make_polynomial(seed=seed, certificates=state["certificates"], random=os.urandom)
        else:
            text = make_share(seed=seed, certificates=state["certificates"], vinput=state["vinput"], random=os.urandom)
        return {"step": state["step"], "text": text}

    def do_step(self) -> dict[str, Any]:
        answer = self.post(self.due_message(self.state()))
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()

    def decryption(self, state: dict[str, Any], waiting: dict[str, Any]) -> dict[str, str]:
        election = read_election(waiting["election_record"].encode())
        secret = open_decryption_key(seed=self.seed, message=decryption_key_message(state["voutput"]))
        tally = read_encrypted_tally(election=election, text=waiting["encrypted_tally"])
        text = make_partial_decryption(election=election, tally=tally, secret=secret, random=os.urandom)
        return {"step": "decryption", "contest": waiting["contest"], "text": text}

    def decrypt_all(self) -> None:
        state = self.state()
        for waiting in state["decryptions"]:
            answer = self.post(self.decryption(state, waiting))
            assert answer.status_code == 200, answer.content.decode()


def devices_of(world: World) -> list[KeyHolderDevice]:
    """Return the devices of president, secretary and delegates, in order of owner."""
    return [KeyHolderDevice(member_client(account)) for account in (world.president, world.secretary, *world.delegates)]


def play_by_http(devices: list[KeyHolderDevice]) -> None:
    """Do the whole ceremony, each step by everyone in turn."""
    for _step in ("certificate", "polynomial", "share"):
        for device in devices:
            device.do_step()


def prepared_world(
    *, contest: dict[str, Any] | None = None, candidates: int | None = None, statement: bytes = b"", **options: Any
) -> World:
    """Return a world whose codes are issued and whose ceremony is still to be done.

    `contest` changes the first contest, `candidates` is how many its first list keeps, `statement` is its PDF.
    """
    world = make_world(sealed=False, **options)
    for name, value in (contest or {}).items():
        setattr(world.contest, name, value)
    world.contest.save()
    if candidates is not None:
        world.contest.lists.get(position=1).candidates.filter(rank__gt=candidates).delete()
    if statement:
        digest = hashlib.sha256(statement).hexdigest()
        file = StatementFile.objects.create(sha256=digest, content=statement, size=len(statement), pages=1)
        world.contest.lists.filter(position=1).update(statement_file=file)
    world.codes = issue_codes(world.voters)
    return world


def sealed_world(**options: Any) -> tuple[World, list[KeyHolderDevice]]:
    """Return a sealed world with the devices that hold its keys; the clock stands in the voting hours."""
    world = prepared_world(**options)
    play_ceremony(world.station, world.seeds, at=BEFORE)
    world.station.ceremony.refresh_from_db()
    seal_contests(station=world.station, by=world.president, at=BEFORE)
    devices = devices_of(world)
    for owner, device in enumerate(devices, start=1):
        device.seed = world.seeds[owner]
    electorate.set_clock(DURING)
    return world, devices


def vote(world: World, contest: Contest, choices: list[int]) -> None:
    """Let the first voters vote, each for the choice of the same rank (0 is blank, then list positions)."""
    for voter, choice in zip(world.voters, choices, strict=False):
        ballot = check_ballot(contest=contest, text=world.ballot(voter, contest, choice=choice))
        cast_vote(voter=voter, contest=contest, ballot=ballot, authenticated_at=DURING, at=DURING)


def close_by_http(device: KeyHolderDevice, url: str = CONTEST) -> Any:
    """Let time pass beyond the grace, and close as president or secretary."""
    electorate.set_clock(AFTER)
    return device.client.post(f"{url}cloture/")


def counted_world(choices: list[int], **options: Any) -> tuple[World, list[KeyHolderDevice]]:
    """Return a world whose first contest is counted, by the president's and two delegates' keys."""
    world, devices = sealed_world(voters=max(2, len(choices)), **options)
    vote(world, world.contest, choices)
    assert close_by_http(devices[0]).status_code == 302
    for device in (devices[0], devices[2], devices[3]):
        device.decrypt_all()
    assert devices[0].client.post(f"{CONTEST}resultat/").status_code == 302
    world.contest.refresh_from_db()
    return world, devices


def sign_and_publish(device: KeyHolderDevice, url: str = CONTEST) -> None:
    """Sign the minutes as shown, then publish."""
    shown = device.client.get(f"{url}proces-verbal/signature/").context["confirmation"].hidden
    assert device.client.post(f"{url}proces-verbal/signature/", shown).status_code == 302
    assert device.client.post(f"{url}publication/").status_code == 302
