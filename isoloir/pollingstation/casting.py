"""cast_vote(): the one place where the roll and the ballot box meet. docs/mechanisms/casting.md writes down the crash order."""

import logging
from datetime import datetime

from django.db import transaction
from isoloir_protocol.ballots import VerifiedBallot, verify_ballot
from isoloir_protocol.errors import ProtocolError

from isoloir.ballotbox.actions import drop_ballot, holds
from isoloir.board.errors import BoardRefused
from isoloir.board.records import election_record
from isoloir.common.locks import hold_row
from isoloir.credentials.errors import (
    CodeNotIssued,
    KeyChanging,
    KeyNotSigned,
    LinkKeyDestroyed,
    ReplacedCode,
    WrongCode,
)
from isoloir.credentials.links import require_live_key
from isoloir.elections.models import Contest
from isoloir.identity.mails import moment_in, write_letter
from isoloir.identity.voters import language_of
from isoloir.messaging.actions import queue_email
from isoloir.roll.models import RollEntry, Turnout, Voter

from .errors import (
    AlreadyVoted,
    BallotRefused,
    CodeChanging,
    DeadKey,
    KeyUnsigned,
    NotOnRoll,
    PollClosed,
    PollNotOpen,
    PollSuspended,
)
from .receipts import Receipt, sign_receipt

logger = logging.getLogger("isoloir.pollingstation")


def check_ballot(*, contest: Contest, text: bytes) -> VerifiedBallot:
    """Check every proof of a ballot, outside any transaction. Raises BallotRefused, PollNotOpen (not sealed yet)."""
    try:
        return verify_ballot(election=election_record(contest), text=text)
    except BoardRefused:
        raise PollNotOpen from None
    except ProtocolError as error:
        raise BallotRefused(error.code) from None


@transaction.atomic
def cast_vote(
    *, voter: Voter, contest: Contest, ballot: VerifiedBallot, authenticated_at: datetime, at: datetime
) -> Receipt:
    """Put the ballot in the box, the line on the signature list, and sign the receipt: all or nothing (CNIL 1-02).

    The same ballot sent again gives the same receipt, byte for byte. `authenticated_at` is when the voter signed in:
    it opens the grace after closing (R211-563). Raises a PollingStationRefused.
    """
    entry = (
        RollEntry.objects.select_for_update(of=("self",))
        .select_related("contest__election", "voter__account")
        .filter(voter=voter, contest=contest)
        .first()
    )
    if entry is None:
        raise NotOnRoll
    hold_row(entry.contest)
    # Read again under the hold: closing waits for us, and whatever it did before is seen now.
    entry.contest.refresh_from_db(fields=("state",))
    _require_open(entry.contest, authenticated_at=authenticated_at, at=at)
    record = election_record(entry.contest)
    if ballot.election_fingerprint != record.fingerprint:
        raise BallotRefused("other-election")
    _require_own_key(entry, ballot)
    turnout = Turnout.objects.filter(entry=entry).first()
    if turnout is None:
        turnout = Turnout.objects.create(entry=entry, voted_at=at.replace(microsecond=0))
        drop_ballot(contest=entry.contest, ballot=ballot)
        receipt = _receipt(entry, record.fingerprint, ballot, turnout)
        _queue_receipt(entry, receipt, at)
        return receipt
    if not holds(contest=entry.contest, ballot=ballot):
        raise AlreadyVoted
    return _receipt(entry, record.fingerprint, ballot, turnout)


def _require_open(contest: Contest, *, authenticated_at: datetime, at: datetime) -> None:
    state = contest.voting_state(at=at)
    if state == "not_open":
        raise PollNotOpen
    if state == "suspended":
        raise PollSuspended
    if state == "closed" or (state == "grace" and authenticated_at >= contest.election.voting_closes_at):
        raise PollClosed


def _require_own_key(entry: RollEntry, ballot: VerifiedBallot) -> None:
    try:
        require_live_key(entry, ballot.credential.text)
    except LinkKeyDestroyed:
        raise PollClosed from None
    except KeyChanging:
        raise CodeChanging from None
    except KeyNotSigned:
        logger.error("contest %s: a key issued again is not signed, its ballot is refused", entry.contest.code)  # noqa: TRY400
        raise KeyUnsigned from None
    except ReplacedCode:
        raise DeadKey from None
    except (WrongCode, CodeNotIssued):
        raise BallotRefused("not-this-voters-key") from None


def _receipt(entry: RollEntry, fingerprint: str, ballot: VerifiedBallot, turnout: Turnout) -> Receipt:
    return sign_receipt(
        contest=entry.contest, fingerprint=fingerprint, tracker=ballot.tracker, cast_at=turnout.voted_at
    )


def _queue_receipt(entry: RollEntry, receipt: Receipt, at: datetime) -> None:
    language = language_of(entry.voter)
    context = {
        "voter": entry.voter, "contest": entry.contest, "receipt": receipt, "fields": receipt.fields,
        "cast_at": moment_in(language, receipt.cast_at),
    }  # fmt: skip
    subject, body = write_letter("pollingstation", "receipt", language=language, context=context)
    queue_email(kind="receipt", recipient=entry.voter.email, subject=subject, body=body, at=at)
