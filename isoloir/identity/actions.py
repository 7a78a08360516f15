"""Acts by which a voter comes to prove who they are, and by which an administrator suspends an access."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F

from isoloir.captcha.actions import PassedChallenge
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_emails
from isoloir.roll.models import Voter, address_key

from . import mails, sessions
from .challenge import check_answer_rules, hash_answer, require_offered
from .errors import LinkRefused, LinkUsed, SignInRefused, SuspensionRefused
from .links import consume_link, lock_link, read_link
from .models import ChallengeQuestion, OneTimeLink, Suspension, VoterAccount
from .passwords import check_password_hash, check_voter_password, hash_password, normalise_password
from .permissions import require_not_suspended, require_open_portal
from .slowdown import SIGN_IN, begin_try, forgive_try, household_of, network_of
from .voters import account_of, find_voter, known_language

_LONGEST_REASON = 200
_ACTIVATION, _PASSWORD = OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD


@dataclass(frozen=True)
class NewSession:
    """Who has just proved who they are, and when: what `open_session` needs."""

    voter: Voter
    at: datetime


def activate_account(
    *, token: str, password_hash: str, question: ChallengeQuestion, answer: str, at: datetime, language: str = "fr"
) -> NewSession:
    """Make the voter's account with this password, question and answer, and consume the activation link.

    `password_hash` is that of a password that `check_voter_password` has accepted; `language` is that of the page, in which
    the portal will write. Raises PortalClosed, LinkRefused and its kinds, AccountSuspended, or AnswerRefused, which leaves
    the link as it was.
    """
    voter = _voter_of(token, purpose=_ACTIVATION, at=at)
    # Hashing takes long on purpose: it is done before the transaction, which then holds nobody back.
    answer_hash = hash_answer(check_answer_rules(answer, question=question))
    with transaction.atomic():
        link = _lock_activation(token, at=at)
        require_offered(question, election=voter.election)
        link.voter.account = VoterAccount.objects.create(
            voter=link.voter, password=password_hash, question=question, answer=answer_hash,
            activated_at=at, password_set_at=at, last_signed_in_at=at, language=known_language(language),
        )  # fmt: skip
        consume_link(link, outcome=OneTimeLink.Outcome.ACTIVATED, at=at)
    return NewSession(voter=link.voter, at=at)


@transaction.atomic
def enter_without_activation(*, token: str, at: datetime) -> NewSession:
    """Let the voter in by an activation link, which is consumed, and keep nothing: the next visit begins anew.

    Raises PortalClosed, LinkRefused and its kinds, or AccountSuspended.
    """
    _voter_of(token, purpose=_ACTIVATION, at=at)
    link = _lock_activation(token, at=at)
    consume_link(link, outcome=OneTimeLink.Outcome.WITHOUT_ACTIVATION, at=at)
    return NewSession(voter=link.voter, at=at)


def replace_password(*, token: str, password: str, at: datetime) -> NewSession:
    """Give the account another password, end its other sessions, tell the voter, and consume the link.

    The question and the answer stay as they were: who holds the mailbox must not be able to change the second secret.
    Raises PortalClosed, LinkRefused and its kinds, AccountSuspended, or PasswordRefused, which leaves the link as it was.
    """
    voter = _voter_of(token, purpose=_PASSWORD, at=at)
    password_hash = hash_password(check_voter_password(password, voter=voter))
    with transaction.atomic():
        link = lock_link(token, purpose=_PASSWORD, at=at)
        require_not_suspended(link.voter)
        account = account_of(link.voter)
        if account is None:
            raise LinkRefused
        account.password, account.password_set_at = password_hash, at
        account.previous_sign_in_at, account.last_signed_in_at = account.last_signed_in_at, at
        account.save(update_fields=("password", "password_set_at", "previous_sign_in_at", "last_signed_in_at"))
        consume_link(link, outcome=OneTimeLink.Outcome.PASSWORD_CHANGED, at=at)
        queue_emails(kind="password-changed", messages=mails.password_changed(link.voter, at=at), at=at)
    return NewSession(voter=link.voter, at=at)


def authenticate_voter(
    *,
    election: Election | None,
    address: str,
    password: str,
    network: str,
    at: datetime,
    captcha: PassedChallenge | None = None,
) -> NewSession:
    """Prove who the voter is by address and password; an unknown address costs the same work and gets the same answer.

    Slowed by address-and-network together, so that nobody can slow a voter down from elsewhere. A network over its pace
    slows nobody, but nothing is checked then without `captcha`. That an access is suspended is said to who knows the
    password. `network` is the visitor's IP address.
    Raises PortalClosed, NetworkCrowded, SlowedDown, SignInRefused or AccountSuspended.
    """
    election = require_open_portal(election, at=at)
    subjects = (f"address {address_key(address)} {household_of(network)}", network_of(network))
    attempt = begin_try(action=SIGN_IN, subjects=subjects, at=at, past_crowd=captcha is not None)
    voter = find_voter(election, address)
    account = account_of(voter) if voter else None
    if not check_password_hash(normalise_password(password), account) or voter is None:
        raise SignInRefused(attempt.seconds)
    forgive_try(attempt)
    require_not_suspended(voter)
    _note_sign_in(voter, at=at)
    return NewSession(voter=voter, at=at)


def enter_by_single_sign_on(*, voter: Voter, at: datetime) -> NewSession:
    """Let in, without a password, a voter whom the employer's portal has just identified.

    For callers whose configuration says that the arrival replaces the password. Raises PortalClosed or AccountSuspended.
    """
    require_open_portal(voter.election, at=at)
    require_not_suspended(voter)
    _note_sign_in(voter, at=at)
    return NewSession(voter=voter, at=at)


def open_session(session: SessionBase, proved: NewSession) -> None:
    """Sign in the voter who has just proved who they are; nothing but a proof opens a session."""
    sessions.open_session(session, voter=proved.voter, at=proved.at)


def sign_out(session: SessionBase) -> None:
    """End the voter's session."""
    sessions.close_session(session)


@transaction.atomic
def suspend_account(*, voter: Voter, reason: str, actor: str, at: datetime) -> Suspension:
    """Let nobody enter as this voter until `restore_account`; sessions end, the roll is not touched.

    `actor` is the administrator's address. Raises SuspensionRefused.
    """
    reason = _require_reason(reason)
    voter = Voter.objects.select_for_update(of=("self",)).get(pk=voter.pk)
    if Suspension.objects.filter(voter=voter).exists():
        raise SuspensionRefused("suspended")
    suspension = Suspension.objects.create(voter=voter, since=at, reason=reason)
    record(Kind.ACCOUNT_SUSPENDED, actor=actor, at=at, subject=voter.reference, facts={"reason": reason})
    return suspension


@transaction.atomic
def restore_account(*, voter: Voter, reason: str, actor: str, at: datetime) -> None:
    """Lift the suspension of this voter's access. Raises SuspensionRefused."""
    reason = _require_reason(reason)
    voter = Voter.objects.select_for_update(of=("self",)).get(pk=voter.pk)
    lifted, _by_model = Suspension.objects.filter(voter=voter).delete()
    if not lifted:
        raise SuspensionRefused("not-suspended")
    record(Kind.ACCOUNT_RESTORED, actor=actor, at=at, subject=voter.reference, facts={"reason": reason})


def _voter_of(token: str, *, purpose: OneTimeLink.Purpose, at: datetime) -> Voter:
    """Return the voter of a live link, whose portal is open."""
    voter = read_link(token, purpose=purpose, at=at).voter
    require_open_portal(voter.election, at=at)
    require_not_suspended(voter)
    return voter


def _lock_activation(token: str, *, at: datetime) -> OneTimeLink:
    """Return the activation link with its voter locked. One that was made while the account was, serves no more."""
    link = lock_link(token, purpose=_ACTIVATION, at=at)
    require_not_suspended(link.voter)
    if account_of(link.voter) is not None:
        raise LinkUsed
    return link


def _note_sign_in(voter: Voter, *, at: datetime) -> None:
    """Remember this visit and the one before, in the database and in the account that `voter` carries."""
    account = account_of(voter)
    if account is None:
        return
    VoterAccount.objects.filter(pk=account.pk).update(previous_sign_in_at=F("last_signed_in_at"), last_signed_in_at=at)
    account.previous_sign_in_at, account.last_signed_in_at = account.last_signed_in_at, at


def _require_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise SuspensionRefused("no-reason")
    return reason
