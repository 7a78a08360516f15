"""Acts by which a voter comes to prove who they are."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import Exists, OuterRef

from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_email, queue_emails
from isoloir.roll.models import Voter, VoterAddress, address_key

from . import mails, sessions
from .errors import SignInRefused
from .links import consume_links, draft_link, new_token, read_link
from .models import Campaign, OneTimeLink, VoterAccount
from .passwords import check_password_rules, normalise_password
from .permissions import require_open_portal
from .slowdown import forget_failures, network_of, record_failure, require_patience

_INVITATIONS_AT_ONCE = 1000
_SIGN_IN = "sign-in"
_LINK = "link"
# No voter has this key: a row drafted for it is never committed.
_NOBODY = 0


@dataclass(frozen=True)
class NewSession:
    """Who has just proved who they are, and when: what `open_session` needs."""

    voter: Voter
    at: datetime


def queue_invitations(*, election: Election, at: datetime, actor: str) -> int:
    """Send the opening e-mail to every voter who was not invited yet; return how many were queued by this call.

    Works by batches, each committed with its line of the journal: a campaign that is killed goes on where it stood, and
    the constraint `identity_invited_once` keeps two campaigns at once from inviting anyone twice.
    `actor` is the e-mail address of the administrator, or the role that runs the command.
    """
    queued = 0
    while batch := _invite_some(election=election, at=at, actor=actor):
        queued += batch
    return queued


@transaction.atomic
def _invite_some(*, election: Election, at: datetime, actor: str) -> int:
    # Two campaigns wait for each other here; a voter who signs in meanwhile does not (no_key leaves foreign keys alone).
    Election.objects.select_for_update(of=("self",), no_key=True).get(pk=election.pk)
    campaign, _made = Campaign.objects.get_or_create(
        election=election, kind=Campaign.Kind.OPENING, defaults={"opened_at": at, "actor": actor}
    )
    invited = OneTimeLink.objects.filter(voter=OuterRef("pk"), campaign=campaign)
    waiting = election.voters.filter(~Exists(invited)).order_by("pk")
    voters = list(waiting[:_INVITATIONS_AT_ONCE])
    if not voters:
        return 0
    tokens = [new_token() for _voter in voters]
    OneTimeLink.objects.bulk_create(
        draft_link(
            voter_id=voter.pk,
            purpose=OneTimeLink.Purpose.ACTIVATION,
            token=token,
            at=at,
            hours=election.link_hours,
            campaign=campaign,
        )
        for voter, token in zip(voters, tokens, strict=True)
    )
    messages = [
        mails.invitation(voter, election=election, token=token) for voter, token in zip(voters, tokens, strict=True)
    ]
    queue_emails(kind="invitation", messages=messages, at=at)
    record(Kind.INVITATIONS_QUEUED, actor=actor, at=at, subject=election.slug, facts={"voters": len(voters)})
    return len(voters)


def request_link(*, election: Election | None, address: str, at: datetime, only_if_not_activated: bool = False) -> None:
    """Send a link to the voter of this address, if there is one, and tell nobody whether there is.

    The same rows are written for a known and for an unknown address, then taken back for the unknown one inside the
    transaction that counts the request: same work, one commit. Requests are slowed by address alone: behind one network
    a whole rectorat may open its accounts in the same minute.
    Raises PortalClosed, or SlowedDown when this address has asked too often lately.
    """
    election = require_open_portal(election, at=at)
    subjects = (f"address {address_key(address)}",)
    require_patience(action=_LINK, subjects=subjects, at=at)
    voter = _find_voter(election, address)
    activated = voter is not None and _account(voter) is not None
    wanted = voter is not None and not (only_if_not_activated and activated)
    token = new_token()
    recipient = voter or Voter(election=election, last_name="X", email=address[:254])
    message = (mails.lost_password if activated else mails.activation)(recipient, election=election, token=token)
    with transaction.atomic():
        record_failure(action=_LINK, subjects=subjects, at=at)
        attempt = transaction.savepoint()
        draft_link(
            voter_id=voter.pk if voter else _NOBODY,
            purpose=OneTimeLink.Purpose.PASSWORD,
            token=token,
            at=at,
            hours=election.link_hours,
        ).save(force_insert=True)
        queue_email(kind="link", recipient=message[0], subject=message[1], body=message[2], at=at)
        if wanted:
            transaction.savepoint_commit(attempt)
        else:
            transaction.savepoint_rollback(attempt)


def set_password(*, token: str, password: str, at: datetime) -> NewSession:
    """Give the voter of a live link this password, activate the account, and consume the voter's links.

    Raises LinkRefused, LinkExpired, LinkUsed, or PasswordRefused, which leaves the link as it was.
    """
    link = read_link(token, at=at)
    require_open_portal(link.voter.election, at=at)
    normalised = check_password_rules(password, email=link.voter.email)
    # Hashing takes long on purpose: it is done before the transaction, which then holds nobody back.
    hashed = make_password(normalised)
    with transaction.atomic():
        # Two links of one voter used at once wait for each other here; the second then finds itself consumed.
        Voter.objects.select_for_update(of=("self",)).get(pk=link.voter_id)
        voter = read_link(token, at=at).voter
        changed = _account(voter) is not None
        account = _account(voter) or VoterAccount(voter=voter, activated_at=at)
        account.password, account.password_set_at = hashed, at
        account.previous_sign_in_at, account.last_signed_in_at = account.last_signed_in_at, at
        account.save()
        consume_links(voter, at=at)
        if changed:
            recipient, subject, body = mails.password_changed(voter, election=voter.election, at=at)
            queue_email(kind="password-changed", recipient=recipient, subject=subject, body=body, at=at)
    return NewSession(voter=voter, at=at)


def authenticate_voter(
    *, election: Election | None, address: str, password: str, network: str, at: datetime
) -> NewSession:
    """Prove who the voter is by address and password; an unknown address costs the same work and gets the same answer.

    Slowed by address-and-network together, so that nobody can slow a voter down from elsewhere, and by network.
    Raises PortalClosed, SlowedDown or SignInRefused.
    """
    election = require_open_portal(election, at=at)
    subjects = (f"address {address_key(address)} {network_of(network)}", network_of(network))
    require_patience(action=_SIGN_IN, subjects=subjects, at=at)
    voter = _find_voter(election, address)
    account = _account(voter) if voter else None
    fits = _password_fits(account, normalise_password(password))
    if voter is None or account is None or not fits:
        raise SignInRefused(record_failure(action=_SIGN_IN, subjects=subjects, at=at))
    # Only the voter's own count: a success must not clear what others do from the same network.
    forget_failures(action=_SIGN_IN, subjects=subjects[:1])
    account.previous_sign_in_at, account.last_signed_in_at = account.last_signed_in_at, at
    account.save(update_fields=("previous_sign_in_at", "last_signed_in_at"))
    return NewSession(voter=voter, at=at)


def open_session(session: SessionBase, proved: NewSession) -> None:
    """Sign in the voter who has just proved who they are; nothing but a proof opens a session."""
    sessions.open_session(session, voter=proved.voter, at=proved.at)


def sign_out(session: SessionBase) -> None:
    """End the voter's session."""
    sessions.close_session(session)


def _find_voter(election: Election, address: str) -> Voter | None:
    addresses = VoterAddress.objects.select_related("voter__account", "voter__election")
    found = addresses.filter(election=election, key=address_key(address)).first()
    return found.voter if found else None


def _account(voter: Voter) -> VoterAccount | None:
    return getattr(voter, "account", None)


def _password_fits(account: VoterAccount | None, password: str) -> bool:
    """Check against the account, or against nobody's hash: one Argon2id in both cases."""
    dummy = _dummy_hash()
    if account is None:
        check_password(password, dummy)
        return False

    def renew(raw: str) -> None:
        account.password = make_password(raw)
        account.save(update_fields=("password",))

    return check_password(password, account.password, setter=renew)


@cache
def _dummy_hash() -> str:
    """A hash of something nobody knows: checking against it takes the time that a real check takes."""
    return make_password(secrets.token_urlsafe(32))
