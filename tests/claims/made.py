"""Claims for tests, and agents who decide them."""

from datetime import datetime
from typing import Any

from isoloir.claims.models import Claim, ClaimStep
from isoloir.claims.steps import new_number
from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from isoloir.roll.models import Voter
from isoloir.uploads.actions import CheckedFile, Purpose, check_upload, store_upload
from tests import electorate

TEXT = "Je suis arrivée le 1er septembre, et ce scrutin n’est pas le mien."
REASON = "L’arrêté de nomination est joint."
# The smallest picture there is: one grey dot.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b"
    "550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


def evidence() -> CheckedFile:
    return check_upload(DOT, name="arrete.png", purpose=Purpose.EVIDENCE)


def make_agent(election: Election, email: str, *academies: str) -> Account:
    """An agent of the desk of claims, of these académies or of all."""
    agent = electorate.make_member(email)
    for academy in academies or ("",):
        StaffRole.objects.create(account=agent, election=election, role=StaffRole.Role.CLAIMS, academy=academy)
    return agent


def received(voter: Voter, *, at: datetime | None = None, **changes: Any) -> Claim:
    """A claim as it was received, whatever the calendar says."""
    at = at or electorate.read_clock()
    values = {"kind": Claim.Kind.PERSONAL_DATA, "text": TEXT, "academy": voter.academy, "received_at": at}
    claim = Claim.objects.create(election=voter.election, number=new_number(), voter=voter, **values | changes)
    ClaimStep.objects.create(claim=claim, act=ClaimStep.Act.RECEIVED, at=at, text=claim.text)
    return claim


def made_claims(voter: Voter) -> dict[str, object]:
    """A claim with a file; return what leads to both."""
    claim = received(voter)
    stored = store_upload(checked=evidence(), at=claim.received_at)
    claim.steps.get().files.add(stored)
    return {"claim": claim.number, "claim_piece": stored.pk}


def foreign_claim(voter: Voter) -> str:
    return received(voter).number
