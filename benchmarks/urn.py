"""An urn of ballots for a contest of twelve lists and blank, sealed with one trustee's key."""

import os
from dataclasses import dataclass

from isoloir_protocol.archive import build_archive
from isoloir_protocol.ballots import create_ballot
from isoloir_protocol.credentials import (
    build_credentials,
    derive_secret,
    generate_code,
    generate_uuid,
    public_credential,
)
from isoloir_protocol.election import Election, Question, build_election, read_election
from isoloir_protocol.trustees import build_trustees, make_single_key, read_trustees

LISTS = 12


@dataclass
class Urn:
    """The election, the voters' secrets and their ballots; `archive()` is the public file before closing."""

    election: Election
    trustees: bytes
    secrets: list[int]
    ballots: list[bytes]

    def archive(self, ballots: list[bytes]) -> bytes:
        credentials = build_credentials(public_credential(secret) for secret in self.secrets)
        return build_archive(
            election=self.election.raw, trustees=self.trustees, credentials=credentials, ballots=ballots,
            timestamp=1_795_000_000,
        )  # fmt: skip


def make_urn(ballots: int) -> Urn:
    uuid = generate_uuid(os.urandom)
    _secret, key = make_single_key(os.urandom)
    trustees = build_trustees([("Single", key)])
    question = Question("Bench", tuple(f"Liste {number}" for number in range(1, LISTS + 1)), blank=True)
    raw = build_election(
        uuid=uuid, name="Bench", description="Bench", public_key=read_trustees(trustees).public_key,
        questions=[question], administrator="", credential_authority="", extra={},
    )  # fmt: skip
    election = read_election(raw)
    secrets = [derive_secret(uuid=uuid, code=generate_code(os.urandom)) for _ in range(ballots)]
    return Urn(election, trustees, secrets, [make_ballot(election, secret) for secret in secrets])


def make_ballot(election: Election, secret: int) -> bytes:
    choice = [0] * (LISTS + 1)
    choice[3] = 1
    return create_ballot(election=election, secret=secret, choices=[choice], random=os.urandom)
