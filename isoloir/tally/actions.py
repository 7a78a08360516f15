"""The count: ballots to the board in random order, partial decryptions, result, seats, minutes signed, publication.

Crash order (docs/mechanisms/closing.md): each function below is one transaction, and may be called again.
"""

import json
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Count
from isoloir_protocol.ballots import verify_ballot
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.proofs import hex_hash
from isoloir_protocol.tally import (
    PublishedTally,
    aggregate,
    encrypted_tally_text,
    read_encrypted_tally,
    sized_tally_text,
    verify_partial_decryption,
)
from isoloir_protocol.trustees import read_trustees

from isoloir.ballotbox.actions import ballots_in_random_order
from isoloir.board.actions import append_entries
from isoloir.board.records import credentials_record, election_record, records_of, setup_records
from isoloir.elections.models import Contest
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.pollingstation.errors import NotAllowed
from isoloir.pollingstation.permissions import can_preside, membership
from isoloir.trustees.errors import DecryptionRefused
from isoloir.trustees.models import PartialDecryption, Trustee

from .errors import MinutesChanged, NotThere, SharesMissing, SignaturesMissing
from .minutes import results_minutes
from .models import ContestResult, MinutesSignature
from .quorums import count_with
from .seats import LIST_TIES, SIGLE_TIES, DrawNeeded, attribute_seats


def _locked(contest: Contest, *states: Contest.State) -> Contest:
    locked = Contest.objects.select_for_update(of=("self",)).select_related("election").get(pk=contest.pk)
    if locked.state not in states:
        raise NotThere(locked.state)
    return locked


@transaction.atomic
def begin_count(*, contest: Contest, actor: str, at: datetime) -> Contest:
    """Check every ballot again, put them on the board in random order, and publish the encrypted tally. Raises NotThere."""
    locked = _locked(contest, Contest.State.CLOSED)
    election = election_record(locked)
    texts = ballots_in_random_order(locked)
    tally = aggregate(election, (verify_ballot(election=election, text=text.encode()) for text in texts))
    append_entries(contest=locked, kind="Ballot", records=([text] for text in texts))
    append_entries(contest=locked, kind="EndBallots", records=[[]])
    encrypted = encrypted_tally_text(tally)
    append_entries(contest=locked, kind="EncryptedTally", records=[[encrypted, sized_tally_text(tally)]])
    locked.state = Contest.State.COUNTING
    locked.save(update_fields=("state",))
    record(
        Kind.COUNT_BEGUN, actor=actor, at=at, subject=locked.code,
        facts={"ballots": len(texts), "encrypted_tally": hex_hash(encrypted.encode())},
    )  # fmt: skip
    return locked


def encrypted_tally_of(contest: Contest) -> str:
    """Return the exact text of the published encrypted tally. Raises NotThere."""
    found = records_of(contest, "EncryptedTally")
    if not found:
        raise NotThere(contest.state)
    return found[0][0]


@transaction.atomic
def receive_partial_decryption(
    *, contest: Contest, trustee: Trustee, text: str, by: AbstractBaseUser, at: datetime
) -> PartialDecryption:
    """Check one trustee's partial decryption and keep it. Raises NotThere, DecryptionRefused, NotAllowed.

    Receiving the trustee's partial decryption again changes nothing. It enters the board with the result, which alone
    tells whether it is right (`tally.quorums`): a wrong one on an append-only board would spoil the contest for ever.
    """
    # A browser may try again after a lost answer, when the result has been established meanwhile.
    locked = _locked(contest, Contest.State.COUNTING, Contest.State.COUNTED, Contest.State.PUBLISHED)
    if trustee.account_id != by.pk or not locked.stations.filter(ceremony__groups=trustee.group_id).exists():
        raise NotAllowed
    known = PartialDecryption.objects.filter(contest=locked, trustee=trustee).first()
    if known is not None:
        return known
    if locked.state != Contest.State.COUNTING:
        raise NotThere(locked.state)
    election, tally = election_record(locked), _published_tally(locked)
    share = read_trustees(setup_records(locked)[1].encode()).owners[trustee.owner - 1]
    try:
        verify_partial_decryption(election=election, tally=tally, public_share=share, text=text)
    except ProtocolError as error:
        raise DecryptionRefused(error.code) from None
    record(
        Kind.PARTIAL_DECRYPTION_RECEIVED,
        actor=by.get_username(),
        at=at,
        subject=locked.code,
        facts={"owner": trustee.owner},
    )
    return PartialDecryption.objects.create(contest=locked, trustee=trustee, text=text, received_at=at)


def _published_tally(contest: Contest) -> PublishedTally:
    return read_encrypted_tally(election=election_record(contest), text=encrypted_tally_of(contest))


def shares_suffice(contest: Contest) -> bool:
    """Tell whether president or secretary, and at least two delegates, have decrypted (R211-573)."""
    received = set(contest.partial_decryptions.values_list("trustee__owner", flat=True))
    trustees = read_trustees(setup_records(contest)[1].encode())
    return all(len(received.intersection(item.owners)) >= item.threshold for item in trustees.items)


@transaction.atomic
def establish_result(*, contest: Contest, actor: str, at: datetime, draws: tuple[int, ...] = ()) -> ContestResult:
    """Combine the shares into the counts, attribute the seats. Raises NotThere, SharesMissing, CountImpossible."""
    locked = _locked(contest, Contest.State.COUNTING)
    if not shares_suffice(locked):
        raise SharesMissing
    election = election_record(locked)
    trustees = read_trustees(setup_records(locked)[1].encode())
    ballots = [verify_ballot(election=election, text=texts[0].encode()) for texts in records_of(locked, "Ballot")]
    tally = aggregate(election, ballots)
    shares = {
        row.trustee.owner: verify_partial_decryption(
            election=election, tally=tally, public_share=trustees.owners[row.trustee.owner - 1], text=row.text
        )
        for row in locked.partial_decryptions.select_related("trustee")
    }
    count = count_with(election=election, tally=tally, trustees=trustees, shares=shares)
    for owner in count.right:
        append_entries(contest=locked, kind="PartialDecryption", records=[_owned(owner, shares[owner].text)])
    blank, *votes = count.result.counts[0]
    result = ContestResult(
        contest=locked, registered=_registered(locked), voters=len(ballots), blank=blank, votes=votes,
        seats=_seats(locked, votes, draws), computed_at=at,
    )  # fmt: skip
    append_entries(contest=locked, kind="Result", records=[[count.result.text]])
    result.save()
    locked.state = Contest.State.COUNTED
    locked.save(update_fields=("state",))
    record(
        Kind.RESULT_COMPUTED, actor=actor, at=at, subject=locked.code,
        facts={
            "voters": result.voters, "blank": blank, "votes": votes, "result": hex_hash(count.result.text.encode()),
            "decryptions": list(count.right), "wrong_decryptions": list(count.wrong),
        },
    )  # fmt: skip
    return result


def _owned(owner: int, text: str) -> list[str]:
    """Return the two records of a partial decryption on the board (belenios-protocol §11)."""
    return [text, json.dumps({"owner": owner, "payload": hex_hash(text.encode())}, separators=(",", ":"))]


def _registered(contest: Contest) -> int:
    """Electors registered: one credential each in the record."""
    return len(json.loads(credentials_record(contest)))


def _seats(contest: Contest, votes: list[int], draws: tuple[int, ...]) -> dict[str, object]:
    on_lists = contest.kind == Contest.Kind.LIST
    presented = contest.lists.order_by("position").annotate(presented=Count("candidates"))
    candidates = list(presented.values_list("presented", flat=True)) if on_lists else None
    ties = LIST_TIES if on_lists and contest.instance != Contest.Instance.CCM else SIGLE_TIES
    try:
        return attribute_seats(
            votes=votes, seats=contest.seats, ties=ties, candidates=candidates, draws=draws
        ).as_json()
    except DrawNeeded as needed:
        # The counts are established all the same: the bureau draws lots, then records the draw.
        return {"draw_needed": list(needed.positions), "draws": list(draws)}


@transaction.atomic
def record_draw(*, contest: Contest, winner: int, by: AbstractBaseUser, at: datetime) -> ContestResult:
    """Record the list (index from 0) that the bureau's draw by lot gave a seat to. Raises NotAllowed, NotThere, DrawRefused."""
    locked = _locked(contest, Contest.State.COUNTED)
    if not _presides(by, locked):
        raise NotAllowed
    result = ContestResult.objects.select_for_update(of=("self",)).get(contest=locked)
    if winner not in result.seats.get("draw_needed", []):
        raise NotThere("no draw is awaited for this list")
    result.seats = _seats(locked, result.votes, (*result.seats["draws"], winner))
    result.save(update_fields=("seats",))
    record(Kind.DRAW_RECORDED, actor=by.get_username(), at=at, subject=locked.code, facts={"winner": winner})
    return result


@transaction.atomic
def draw_up_minutes(*, contest: Contest) -> bytes:
    """Return the results minutes (PDF), composed at the first call and the same bytes ever after. Raises NotThere."""
    locked = _locked(contest, Contest.State.COUNTED, Contest.State.PUBLISHED)
    result = (
        ContestResult.objects.select_for_update(of=("self",)).select_related("contest__election").get(contest=locked)
    )
    if "draw_needed" in result.seats:
        raise NotThere("a draw by lot is awaited")
    if not result.minutes:
        result.minutes = results_minutes(result, locked.stations.get())
        result.save(update_fields=("minutes",))
    return bytes(result.minutes)


def _presides(account: AbstractBaseUser, contest: Contest) -> bool:
    station = contest.stations.first()
    return station is not None and can_preside(account, station)


@transaction.atomic
def sign_minutes(
    *, contest: Contest, minutes_sha256: str, shown_sha256: str, by: AbstractBaseUser, at: datetime
) -> MinutesSignature:
    """Sign the results minutes that the member was shown (R211-576). Raises NotAllowed, NotThere, MinutesChanged."""
    # A browser may try again after a lost answer, when the results have been published meanwhile.
    locked = _locked(contest, Contest.State.COUNTED, Contest.State.PUBLISHED)
    station = locked.stations.first()
    member = membership(by, station) if station else None
    if member is None:
        raise NotAllowed
    signed = locked.minutes_signatures.filter(account_id=by.pk, minutes_sha256=shown_sha256).first()
    if signed is not None:
        return signed
    if locked.state != Contest.State.COUNTED:
        raise NotThere(locked.state)
    if "draw_needed" in locked.result.seats:
        raise NotThere("a draw by lot is awaited")
    if minutes_sha256 != shown_sha256:
        raise MinutesChanged
    signature, made = MinutesSignature.objects.get_or_create(
        contest=locked, account_id=by.pk,
        defaults={"role": member.role, "minutes_sha256": minutes_sha256, "signed_at": at},
    )  # fmt: skip
    if made:
        record(
            Kind.MINUTES_SIGNED, actor=by.get_username(), at=at, subject=locked.code, facts={"minutes": minutes_sha256}
        )
    return signature


@transaction.atomic
def publish_result(*, contest: Contest, by: AbstractBaseUser, at: datetime) -> Contest:
    """Publish results and archive, once the minutes bear the signature of the president or the secretary (R211-543)."""
    locked = _locked(contest, Contest.State.COUNTED)
    if not _presides(by, locked):
        raise NotAllowed
    if not locked.minutes_signatures.filter(role__in=("president", "secretary")).exists():
        raise SignaturesMissing
    locked.state = Contest.State.PUBLISHED
    locked.save(update_fields=("state",))
    record(Kind.RESULT_PUBLISHED, actor=by.get_username(), at=at, subject=locked.code)
    return locked
