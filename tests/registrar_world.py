"""A registrar's store made from a real issue of codes, and what a portal and voters' browsers send to it; no database."""

import csv
import json
import os
import secrets
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from isoloir_protocol.credentials import derive_secret, generate_uuid, public_credential
from isoloir_protocol.group import Element, generator_power
from isoloir_protocol.proofs import random_scalar
from isoloir_protocol.register import prove_new_key, reissue_message
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from isoloir.credentials.authority.request import COLUMNS
from isoloir.credentials.registrar.application import Application
from isoloir.credentials.registrar.configuration import Configuration
from isoloir.credentials.registrar.loading import make_store
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Entry, Registrar
from tests.authority import codes_of, issue

# What the tests' registrars accept unless they say otherwise: the real ways, and a few more under the name « 2018 ».
ACCEPT = (
    ("2018", ("numen",)), ("2018", ("nir",)), ("2018", ("numen", "birth_date")), ("2018", ("franceconnect",)),
    ("challenge", ("numen",)), ("challenge", ("nir",)), ("franceconnect", ("franceconnect",)),
)  # fmt: skip
# What the portal draws each time that it notes new keys.
ATTEMPT, OTHER_ATTEMPT = "a" * 32, "b" * 32
IDENTIFIERS_HEADER = "reference;numen;nir;birth_name;birth_first_name;birth_date;birth_place"


@dataclass
class RegistrarWorld:
    """A store in `directory/store`, the portal's key, and what each voter has; voters are V000, V001…"""

    directory: Path
    portal: SigningKey
    key: str
    uuids: list[str]
    codes: dict[str, str]
    slots: dict[tuple[str, str], str]
    _clients: list[Registrar] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.directory / "store"

    def client(self, service: Service | None = None, *, url: str = "http://127.0.0.1", **options: Any) -> Registrar:
        """Return the portal's client, towards this service or this address."""
        if service is not None:
            options["transport"] = httpx.WSGITransport(app=Application(service))
        self._clients.append(Registrar(**{"url": url, "key": self.key, "signing_key": self.portal, **options}))
        return self._clients[-1]

    def close(self) -> None:
        """Let go of the clients' connections."""
        for client in self._clients:
            client.close()

    def places(self, voter: str) -> list[tuple[str, str]]:
        return [(uuid, self.slots[voter, uuid]) for uuid in self.uuids]

    def issued_key(self, voter: str, uuid: str) -> str:
        return public_credential(derive_secret(uuid=uuid, code=self.codes[voter])).text

    def entries(self, voter: str, *, generation: int = 1, previous: Sequence[Entry] = ()) -> list[Entry]:
        """Return what the portal sends for new keys, each with its proofs; they follow `previous`, or the issued ones."""
        before = {entry["contest"]: entry["key"] for entry in previous}
        return [
            self.entry(uuid, slot, generation, before.get(uuid) or self.issued_key(voter, uuid))
            for uuid, slot in self.places(voter)
        ]

    def entry(self, uuid: str, slot: str, generation: int, previous: str) -> Entry:
        secret = random_scalar(os.urandom)
        key = generator_power(secret)
        message = reissue_message(
            uuid=uuid, slot=slot, generation=generation, previous=Element.parse(previous), key=key
        )
        return Entry(
            contest=uuid, slot=slot, generation=generation, previous=previous, key=key.text,
            possession=prove_new_key(secret=secret, message=message, random=os.urandom),
            portal=self.portal.sign(message.encode()).signature.hex(),
        )  # fmt: skip

    def grant(self, client: Registrar, voter: str, **options: Any) -> str:
        """Ask for a grant with the voter's NUMEN; return the request."""
        asked = {"request": secrets.token_hex(16), "policy": "2018", **options, "voter": voter}
        asked["evidence"] = options["evidence"] if "evidence" in options else {"numen": numen_of(voter)}
        asked["places"] = options["places"] if "places" in options else self.places(voter)
        client.ask_grant(**asked)
        return str(asked["request"])

    def reissued(self, client: Registrar, voter: str, **options: Any) -> list[Entry]:
        """Have a voter's keys replaced; return the entries."""
        entries = self.entries(voter, **options)
        client.sign_entries(request=self.grant(client, voter), attempt=ATTEMPT, entries=entries)
        return entries


def numen_of(voter: str) -> str:
    return f"15E88{int(voter[1:]):05d}ABC"


def nir_of(voter: str) -> str:
    return f"2800175{int(voter[1:]):03d}"


def make_registrar_world(directory: Path, *, voters: int = 3, contests: int = 2, **options: Any) -> RegistrarWorld:
    """Issue codes for real, and make the registrar's store from them; `options` are those of Configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    link_keys = {generate_uuid(os.urandom): PrivateKey.generate() for _ in range(contests)}
    request = directory / "request"
    write_request(request, link_keys, voters=voters)
    issue(request, directory / "issue")
    portal = SigningKey.generate()
    identifiers = directory / "identifiers.csv"
    write_identifiers(identifiers, voters)
    options.setdefault("accept", ACCEPT)
    key = make_store(
        directory / "store", issue=directory / "issue/registrar", identifiers=identifiers,
        configuration=Configuration(portal=portal.verify_key.encode().hex(), **options),
    )  # fmt: skip
    slots = {}
    for uuid, link_key in link_keys.items():
        with (directory / f"issue/portal/{uuid}.links.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter=";"):
                opened = SealedBox(link_key).decrypt(b64decode(row["sealed_slot"]))
                slots[row["reference"], uuid] = opened.decode("ascii")
    return RegistrarWorld(directory, portal, key, list(link_keys), codes_of(directory / "issue"), slots)


def write_identifiers(path: Path, voters: int) -> None:
    rows = [
        f"{voter};{numen_of(voter)};{nir_of(voter)};DUPONT-ÉLOI;Anne;1980-01-{number % 28 + 1:02d};75056"
        for number, voter in enumerate(names(voters))
    ]
    path.write_text("\n".join((IDENTIFIERS_HEADER, *rows)) + "\n", encoding="utf-8")


def names(voters: int) -> list[str]:
    return [f"V{number:03d}" for number in range(voters)]


def write_request(directory: Path, link_keys: dict[str, PrivateKey], *, voters: int) -> None:
    """Write what the portal exports for the authority; every voter votes in every contest."""
    directory.mkdir()
    contests = [
        {"uuid": uuid, "code": f"S{number}", "name": f"Scrutin {number}", "link_key": bytes(key.public_key).hex()}
        for number, (uuid, key) in enumerate(link_keys.items())
    ]
    election = {
        "name": "Élections de Valmorane", "portal_url": "https://vote.valmorane.example/",
        "help_line": "01 99 00 12 34", "voting_opens_at": "2026-12-03T07:00:00Z",
        "voting_closes_at": "2026-12-10T16:00:00Z",
        "calendar": [{"label": "Résultats", "text": "vendredi 11 décembre 2026"}],
    }  # fmt: skip
    content = {"format": "isoloir-credential-request", "version": 1, "election": election, "contests": contests}
    (directory / "request.json").write_text(json.dumps(content), encoding="utf-8")
    codes = "|".join(contest["code"] for contest in contests)
    rows = [f"{voter};Mme;DUPONT;Anne;Académie;0990001A;Collège;;{codes}" for voter in names(voters)]
    (directory / "voters.csv").write_text("\n".join((";".join(COLUMNS), *rows)) + "\n", encoding="utf-8")
