"""What every act on a claim writes: its line of the trace, its line of the journal, and the message to who claims."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from isoloir.common.characters import plain_text_faults, with_plain_breaks
from isoloir.identity.models import Account
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.uploads.actions import CheckedFile, store_upload

from .errors import TextRefused
from .mails import write_to_claimant
from .models import Claim, ClaimStep

# Who acts, as the journal names somebody who has no staff account.
VOTER = "voter"
TEXT_BOUNDS = range(20, 3001)
REASON_BOUNDS = range(10, 2001)
# Neither I, L, O, U nor 0 and 1: a number is read aloud and copied by hand.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIGNS_OF_A_NUMBER = 8
_KINDS = {
    ClaimStep.Act.RECEIVED: Kind.CLAIM_RECEIVED,
    ClaimStep.Act.ASSIGNED: Kind.CLAIM_ASSIGNED,
    ClaimStep.Act.ASKED: Kind.CLAIM_ASKED,
    ClaimStep.Act.ANSWERED: Kind.CLAIM_ANSWERED,
    ClaimStep.Act.PROPOSED: Kind.CLAIM_PROPOSED,
    ClaimStep.Act.SENT_BACK: Kind.CLAIM_SENT_BACK,
    ClaimStep.Act.GRANTED: Kind.CLAIM_GRANTED,
    ClaimStep.Act.REFUSED: Kind.CLAIM_REFUSED,
    ClaimStep.Act.WITHDRAWN: Kind.CLAIM_WITHDRAWN,
}
# Acts inside the desk: the person is not written to for each.
_SILENT = frozenset({ClaimStep.Act.ASSIGNED, ClaimStep.Act.PROPOSED, ClaimStep.Act.SENT_BACK})


def new_number() -> str:
    """Return the number of a new claim: `R-` and eight signs, some 39 bits, so that none is found by trying."""
    return "R-" + "".join(secrets.choice(_SIGNS) for _sign in range(_SIGNS_OF_A_NUMBER))


def checked_text(text: str, bounds: range) -> str:
    """Return what somebody wrote, with plain line breaks. Raises TextRefused: its length, hidden characters."""
    text = with_plain_breaks(text).strip()
    faults = plain_text_faults(text, bounds.stop - 1)
    if len(text) < bounds.start:
        faults.append(_("Écrivez au moins %(minimum)d caractères.") % {"minimum": bounds.start})
    if faults:
        raise TextRefused(faults)
    return text


def write_step(
    claim: Claim, act: ClaimStep.Act, *, at: datetime, by: Account | None = None, text: str = "",
    files: Sequence[CheckedFile] = (), facts: dict[str, object] | None = None,
) -> ClaimStep:  # fmt: skip
    """Write one step of the trace with its files, its line of the journal, and the e-mail that goes with it.

    `facts` are counts and fingerprints. Inside the caller's transaction.
    """
    actor = by.email if by else ""
    step = ClaimStep.objects.create(claim=claim, act=act, at=at, actor=actor, text=text)
    if files:
        step.files.set([store_upload(checked=checked, at=at) for checked in files])
    told = {"kind": claim.kind, **({"files": len(files)} if files else {}), **(facts or {})}
    record(_KINDS[act], actor=actor or VOTER, at=at, subject=claim.number, facts=told)
    if act not in _SILENT:
        write_to_claimant(claim, act, at=at)
    return step
