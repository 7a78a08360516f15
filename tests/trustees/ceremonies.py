"""A group's ceremony played outside any database: the portal's part by the protocol's functions, the members' by devices."""

import json
import os
from dataclasses import dataclass, field
from typing import Any

from isoloir_protocol.ballots import create_ballot, verify_ballot
from isoloir_protocol.ceremony import finish_ceremony, route_polynomials
from isoloir_protocol.credentials import derive_secret, generate_code, generate_uuid
from isoloir_protocol.election import Election, Question, build_election, read_election
from isoloir_protocol.tally import EncryptedTally, aggregate, encrypted_tally_text
from isoloir_protocol.trustees import Trustees, build_trustees, generate_seed, read_trustees

from isoloir.trustees.device import answer_step, read_state


@dataclass
class PlayedGroup:
    """A group of `size` members of whom `threshold` suffice; `messages` are what each member has sent, by step."""

    size: int = 3
    threshold: int = 2
    seeds: list[str] = field(default_factory=list)
    messages: dict[str, list[str]] = field(default_factory=dict)
    decryptions: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seeds = self.seeds or [generate_seed(os.urandom) for _number in range(self.size)]

    def state(self, index: int, step: str) -> dict[str, Any]:
        certificates = self.messages.get("certificate")
        return {
            "format": "isoloir-trustee-state",
            "version": 1,
            "station": {"code": "bvec", "name": "Bureau central"},
            "election": "Élections 2026",
            "me": {
                "name": f"Mme Anne MEMBRE{index}", "group": "delegates", "index": index, "size": self.size,
                "threshold": self.threshold, "owner": index,
            },
            "step": step,
            "steps_done": {},
            "certificates": certificates,
            "vinput": self.routed(index) if step == "share" else None,
            "voutput": self.messages["share"][index - 1] if "share" in self.messages else None,
            "decryptions": self.decryptions,
            "post_url": "/bureau/bvec/cles/",
            "csrf_token": "x",
        }  # fmt: skip

    def routed(self, index: int) -> str:
        return route_polynomials(certificates=self.messages["certificate"], polynomials=self.messages["polynomial"])[
            index - 1
        ]

    def answer(self, index: int, step: str) -> str:
        state = read_state(json.dumps(self.state(index, step)))
        return json.loads(answer_step(state=state, seed=self.seeds[index - 1], random=os.urandom))["text"]

    def play(self, *steps: str) -> "PlayedGroup":
        for step in steps:
            self.messages[step] = [self.answer(index, step) for index in range(1, self.size + 1)]
        return self

    def trustees(self) -> Trustees:
        parameters = finish_ceremony(
            certificates=self.messages["certificate"], polynomials=self.messages["polynomial"],
            shares=self.messages["share"],
        )  # fmt: skip
        return read_trustees(build_trustees([("Pedersen", parameters)]))


STEPS = ("certificate", "polynomial", "share")


def counted_election(group: PlayedGroup, choices: list[int]) -> tuple[Election, EncryptedTally]:
    """Make an election under the group's key, with these votes (0 is blank), and give the group its total to decrypt."""
    trustees = group.trustees()
    uuid = generate_uuid(os.urandom)
    election = read_election(
        build_election(
            uuid=uuid, name="Comité", description="Élections 2026", public_key=trustees.public_key,
            questions=[Question(question="Comité", answers=("A", "B"), blank=True, minimum=1, maximum=1)],
            administrator="Académie", credential_authority="Académie", extra={},
        )
    )  # fmt: skip
    ballots = [
        verify_ballot(
            election=election,
            text=create_ballot(
                election=election,
                secret=derive_secret(uuid=uuid, code=generate_code(os.urandom)),
                choices=[[int(place == choice) for place in range(3)]],
                random=os.urandom,
            ),
        )
        for choice in choices
    ]
    tally = aggregate(election, ballots)
    shares = trustees.owners
    group.decryptions = [
        {
            "contest": uuid, "contest_name": "Comité", "election_record": election.raw.decode(),
            "encrypted_tally": encrypted_tally_text(tally), "owner": 1, "public_share": shares[0].text, "done": False,
        }
    ]  # fmt: skip
    return election, tally
