"""What an agent would change on the rolls to grant a claim: read, checked, and done once a second agent confirms."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from isoloir.elections.models import Contest, Election
from isoloir.roll.changes import CORRECTABLE, add_entry, add_voter, correct_voter, remove_entry, voter_faults
from isoloir.roll.errors import ChangeRefused
from isoloir.roll.models import RollEntry, Voter

from .errors import ProposalRefused
from .models import Claim


@dataclass(frozen=True, slots=True)
class Proposal:
    """The exact change: a contest (its code) whose roll is entered, one that is left, and fields that are corrected.

    `reference` names the voter concerned where that is not who claims: somebody who should not be on a roll.
    """

    add: str = ""
    remove: str = ""
    reference: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"add": self.add, "remove": self.remove, "reference": self.reference, "fields": dict(self.fields)}

    @classmethod
    def of(cls, claim: Claim) -> "Proposal":
        """Return what was proposed on a claim."""
        return cls(**claim.proposal)


# The parts that a proposal of each kind has, no more and no less.
PARTS = {
    Claim.Kind.INSCRIPTION: {"add"},
    Claim.Kind.REMOVAL: {"remove"},
    Claim.Kind.WRONG_CONTEST: {"add", "remove"},
    Claim.Kind.PERSONAL_DATA: {"fields"},
}


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom and what a proposal touches: the voter (None for somebody on no roll), and the contests."""

    voter: Voter | None
    contests: dict[str, Contest]

    def keys(self) -> list[int]:
        return [contest.pk for contest in self.contests.values()]


def concerned_by(proposal: Proposal, claim: Claim, election: Election) -> Concerned:
    """Return whom and what the proposal touches. Raises ProposalRefused: nobody, no such contest, nothing to change."""
    _check_parts(proposal, claim)
    voter = _voter_of(proposal, claim, election)
    if proposal.fields and voter is not None:
        contests = Contest.objects.filter(roll__voter=voter)
    else:
        contests = election.contests.filter(code__in=[code for code in (proposal.add, proposal.remove) if code])
    found = {contest.code: contest for contest in contests}
    for part in ("add", "remove"):
        code = getattr(proposal, part)
        if code and code not in found:
            raise ProposalRefused({part: _("Aucun scrutin n’a ce code.")})
    return Concerned(voter, found)


def _check_parts(proposal: Proposal, claim: Claim) -> None:
    given = {part for part in ("add", "remove", "fields") if getattr(proposal, part)}
    for part in PARTS[Claim.Kind(claim.kind)] - given:
        raise ProposalRefused({part: _("Dites ce qui serait modifié.")})
    if given - PARTS[Claim.Kind(claim.kind)] or set(proposal.fields) - set(CORRECTABLE):
        raise ValueError("a proposal of another kind")
    if proposal.add and proposal.add == proposal.remove:
        raise ProposalRefused({"add": _("Les deux scrutins sont le même.")})


def _voter_of(proposal: Proposal, claim: Claim, election: Election) -> Voter | None:
    if proposal.reference:
        voter = voter_named(proposal, election)
        if voter is None:
            raise ProposalRefused({"reference": _("Personne n’a cette référence sur la liste électorale.")})
        return voter
    if claim.voter is None and (not claim.person or proposal.remove or proposal.fields):
        raise ProposalRefused({"reference": _("Cette personne n’est plus sur aucune liste électorale.")})
    return claim.voter


def voter_named(proposal: Proposal, election: Election) -> Voter | None:
    """Return the voter whom a proposal names by reference, None where it names none who is on the roll."""
    return election.voters.filter(reference=proposal.reference).first() if proposal.reference else None


def check_proposal(proposal: Proposal, claim: Claim, concerned: Concerned) -> None:
    """Refuse what could not be done as the roll is now. Raises ProposalRefused; changes nothing."""
    voter = concerned.voter
    if voter is None:
        faults = voter_faults(claim.election, claim.person)
    elif proposal.fields:
        faults = _correction_faults(proposal, voter)
    else:
        held = set(voter.entries.values_list("contest__code", flat=True))
        faults = {}
        if proposal.add in held:
            faults["add"] = _("Cette personne est déjà sur la liste de ce scrutin.")
        if proposal.remove and proposal.remove not in held:
            faults["remove"] = _("Cette personne n’est pas sur la liste de ce scrutin.")
    if faults:
        raise ProposalRefused(faults)


def _correction_faults(proposal: Proposal, voter: Voter) -> dict[str, str]:
    now = {name: str(getattr(voter, name)) for name in CORRECTABLE}
    if now == now | dict(proposal.fields):
        return {"fields": _("Rien ne serait modifié.")}
    return voter_faults(voter.election, now | dict(proposal.fields), voter=voter)


def apply_proposal(proposal: Proposal, claim: Claim, concerned: Concerned) -> dict[str, object]:
    """Change the roll, and return what the journal keeps: fingerprints of the voter's lines before and after.

    The caller holds the election, the contests and the claim. Raises ProposalRefused.
    """
    check_proposal(proposal, claim, concerned)
    voter = concerned.voter
    before = _lines(voter)
    try:
        if voter is None:
            voter = add_voter(election=claim.election, fields=claim.person)
            claim.voter = voter
        if proposal.fields:
            voter = correct_voter(voter=voter, fields=proposal.fields)
        if proposal.add:
            add_entry(voter=voter, contest=concerned.contests[proposal.add])
        if proposal.remove and _remove(voter, concerned.contests[proposal.remove], claim):
            voter = None
    except ChangeRefused as refused:
        raise ProposalRefused(refused.faults) from None
    return {"before": _fingerprint(before), "after": _fingerprint(_lines(voter))}


def _remove(voter: Voter, contest: Contest, claim: Claim) -> bool:
    """Remove the entry; tell whether the voter went away with it, whose claims then keep whom they were from."""
    entry = RollEntry.objects.select_related("voter").get(voter=voter, contest=contest)
    if not voter.entries.exclude(pk=entry.pk).exists():
        person = {name: str(getattr(voter, name)) for name in ("reference", *CORRECTABLE, "academy")}
        voter.claims.update(person=person)
        if claim.voter_id == voter.pk:
            claim.person, claim.voter = person, None
    return remove_entry(entry=entry)


def _lines(voter: Voter | None) -> list[object]:
    """Return the voter as the rolls have it: what identifies, and the codes of the contests."""
    if voter is None:
        return []
    person = [voter.reference, *(str(getattr(voter, name)) for name in CORRECTABLE), voter.academy]
    return [person, sorted(voter.entries.values_list("contest__code", flat=True))]


def _fingerprint(lines: list[object]) -> str:
    """Return the SHA-256 (hex) of the lines as JSON, which whoever has both rolls computes again."""
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
