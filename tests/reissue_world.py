"""An election whose voting codes can be issued again: a real registrar's store, and what a voter's browser does."""

import hashlib
import hmac
import io
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from isoloir_protocol.credentials import derive_secret, generate_code, public_credential
from isoloir_protocol.group import Element
from isoloir_protocol.register import prove_new_key, reissue_message

from isoloir.credentials import registrar_client
from isoloir.credentials.links import places_of
from isoloir.credentials.models import Reissue
from isoloir.credentials.registrar.application import Application
from isoloir.credentials.registrar.configuration import Configuration
from isoloir.credentials.registrar.loading import make_store
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Registrar, portal_signing_key
from isoloir.credentials.reissue.keys import change_keys, reissue_contests
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES
from isoloir.demo.members import play_ceremony
from isoloir.elections.models import Contest
from isoloir.identity.models import OneTimeLink
from isoloir.pollingstation.sealing import seal_contests
from isoloir.roll.models import Voter
from tests.factories import BEFORE, DURING, World, issue_codes, make_world
from tests.registrar_world import ACCEPT

POLICIES = [DEFAULT_POLICIES["2018"].as_json()]
BIRTH_DATE = "1980-01-31"


def nir_of(voter: Voter) -> str:
    return f"2800175{voter.pk % 1000:03d}"


def numen_of(voter: Voter) -> str:
    return f"17E{voter.pk:07d}ABC"


@dataclass
class ReissueWorld:
    """An election with its registrar's store, and the codes that voters hold: the newest one of each."""

    world: World
    store: Path
    key: str
    service: Service | None = None
    numbers: dict[int, int] = field(default_factory=dict)

    @property
    def contests(self) -> list[Contest]:
        return self.world.contests

    def voter(self, number: int = 0) -> Voter:
        return Voter.objects.select_related("election").get(pk=self.world.voters[number].pk)

    def registrar(self) -> Registrar:
        """Return a client of the registrar, served in this process."""
        self.service = self.service or Service(self.store)
        return Registrar(
            url="http://127.0.0.1", key=self.key, signing_key=portal_signing_key(),
            transport=httpx.WSGITransport(app=Application(self.service)),
        )  # fmt: skip

    def seal(self, *, at: datetime = BEFORE) -> None:
        play_ceremony(self.world.station, self.world.seeds, at=at)
        self.world.station.ceremony.refresh_from_db()
        self.seal_again(at=at)

    def seal_again(self, *, at: datetime = BEFORE) -> None:
        seal_contests(station=self.world.station, by=self.world.president, at=at)
        for contest in self.world.contests:
            contest.refresh_from_db()

    def granted(self, voter: Voter, *, at: datetime = DURING, client: Registrar | None = None) -> Reissue:
        """Return a re-issue of the voter that was proved to the registrar, with its link."""
        grant = secrets.token_hex(16)
        places = [(row["uuid"], row["slot"]) for row in reissue_contests(voter, at) if row["change"]]
        service = client or registrar_client.registrar()
        assert service is not None
        service.ask_grant(
            request=grant, voter=voter.reference, policy="2018", evidence={"nir": nir_of(voter)}, places=places
        )
        link = OneTimeLink.objects.create(
            voter=voter, purpose=OneTimeLink.Purpose.REISSUE, token_hash=secrets.token_hex(32), created_at=at,
            expires_at=at + timedelta(hours=24),
        )  # fmt: skip
        return Reissue.objects.create(
            voter=voter, policy="2018", channel="sms", grant=grant, link=link, asked_at=at, state=Reissue.State.LINKED
        )

    def reissued(self, voter: Voter, *, at: datetime = DURING) -> str:
        """Have the voter's code issued again; return the new code."""
        code, keys = new_keys(voter, at=at)
        change_keys(voter=voter, reissue_pk=self.granted(voter, at=at).pk, keys=keys, at=at)
        self.world.codes[voter.reference] = code
        return code


def new_keys(voter: Voter, *, at: datetime = DURING) -> tuple[str, list[dict[str, Any]]]:
    """Do what the browser does: a new code, and for each contest to change a key and its proof."""
    code = generate_code(os.urandom)
    keys = []
    for row in reissue_contests(voter, at):
        if row["change"]:
            secret = derive_secret(uuid=row["uuid"], code=code)
            key = public_credential(secret)
            message = reissue_message(
                uuid=row["uuid"], slot=row["slot"], generation=row["generation"],
                previous=Element.parse(row["previous"]), key=key,
            )  # fmt: skip
            proof = prove_new_key(secret=secret, message=message, random=os.urandom)
            keys.append({"contest": row["uuid"], "key": key.text, "possession": proof})
    return code, keys


def make_reissue_world(
    tmp_path: Path, *, voters: int = 2, contests: int = 1, sealed: bool = True, opens_at: datetime | None = None
) -> ReissueWorld:
    """Make an election, its codes and its registrar's store; in the process, unless `serve_registrar` is told otherwise."""
    options = {} if opens_at is None else {"opens_at": opens_at}
    world = make_world(voters=voters, contests=contests, sealed=False, **options)
    world.codes = issue_codes(world.voters)
    world.election.reissue_policies = POLICIES
    world.election.reissue_opens_at = world.election.portal_opens_at
    world.election.save()
    store = tmp_path / "registrar"
    issue = tmp_path / "issue-for-registrar"
    write_issue(world, issue)
    identifiers = tmp_path / "identifiers.csv"
    lines = ["reference;numen;nir;birth_name;birth_first_name;birth_date;birth_place"]
    lines += [f"{voter.reference};{numen_of(voter)};{nir_of(voter)};;;{BIRTH_DATE};" for voter in world.voters]
    identifiers.write_text("\n".join(lines) + "\n")
    portal = portal_signing_key().verify_key.encode().hex()
    key = make_store(
        store, issue=issue, configuration=Configuration(portal=portal, accept=ACCEPT), identifiers=identifiers
    )
    made = ReissueWorld(world, store, key)
    if sealed:
        with serve_in_process(made):
            made.seal(at=world.election.voting_opens_at - timedelta(days=1))
    return made


def serve_in_process(world: ReissueWorld) -> "use_registrar":
    """Return a context in which the portal's registrar is the one of this world, in this process."""
    return use_registrar(world.registrar())


class use_registrar:  # noqa: N801  # Read as a verb: `with use_registrar(…)`.
    """A context in which the portal finds this registrar, or none."""

    _PLACES = (
        "isoloir.credentials.registrar_client.registrar", "isoloir.credentials.reissue.keys.registrar",
        "isoloir.pollingstation.register.registrar", "isoloir.pollingstation.registrar_loss.registrar",
    )  # fmt: skip

    def __init__(self, service: Any) -> None:
        self._service = service
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Any:
        for place in self._PLACES:
            self._patch.setattr(place, lambda: self._service)
        if hasattr(self._service, "key"):
            self._patch.setattr(settings, "REGISTRAR_KEY", self._service.key)
        return self._service

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


def write_issue(world: World, directory: Path) -> None:
    """Write the directory `registrar` of an issue, for the codes that the tests' factories issued."""
    directory.mkdir()
    tag_key = secrets.token_bytes(32)
    (directory / "tag-key").write_text(tag_key.hex())
    files = []
    for contest in world.contests:
        rights = io.StringIO("slot;public_key;tag\n")
        rights.seek(0, io.SEEK_END)
        entries = list(contest.roll.select_related("voter", "contest"))
        places = places_of(entries)
        for entry in sorted(entries, key=lambda entry: places[entry.pk].name):
            place = places[entry.pk]
            text = f"{entry.voter.reference}|{contest.uuid}|{place.name}"
            tag = hmac.digest(tag_key, text.encode(), "sha256").hex()
            rights.write(f"{place.name};{place.keys[0]};{tag}\n")
        files.append(_written(directory, f"rights-{contest.uuid}.csv", rights.getvalue()))
    people = [hmac.digest(tag_key, f"person|{voter.reference}".encode(), "sha256").hex() for voter in world.voters]
    files.append(_written(directory, "people.csv", "\n".join(["person", *sorted(people)]) + "\n"))
    manifest = {
        "format": "isoloir-credential-rights", "version": 1, "files": files,
        "contests": [{"uuid": contest.uuid} for contest in world.contests],
    }  # fmt: skip
    (directory / "manifest.json").write_text(json.dumps(manifest))


def _written(directory: Path, name: str, content: str) -> dict[str, Any]:
    (directory / name).write_text(content)
    return {"name": name, "rows": content.count("\n") - 1, "sha256": hashlib.sha256(content.encode()).hexdigest()}
