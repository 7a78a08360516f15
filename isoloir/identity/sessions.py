"""A voter's session: who, since when, seen when; apart from the staff's, whose limits `staffsessions` keeps."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.roll.models import Voter

from .models import OneTimeLink
from .voters import account_of, is_suspended

if TYPE_CHECKING:
    from .sessionstore import SessionStore

# Whatever a voter's visit leaves in a session (here and in the booth's views) has a key that begins so, and goes with it.
_PREFIX = "vote"
_VOTER = "voter"
_AUTHENTICATED_AT = "voter_authenticated_at"
_SEEN_AT = "voter_seen_at"
# When the password was set with which the session was opened; empty for an access without activation.
_PASSWORD_SET_AT = "voter_password_set_at"  # noqa: S105
_VOTE_BEGAN_AT = "vote_began_at"
_HELD_PASSWORD = "vote_held_password"  # noqa: S105
_ENDED = "voter_session_ended"
_ADDRESS = "vote_identification"
_ADDRESS_KEY = "session-address-key"
# An address that mail can carry is no longer (RFC 5321, 4.5.3.1.3): below that, all leave as many bytes.
_PADDED_LENGTH = 254
# Being seen is written once a minute at most: a session row is not rewritten at each request.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SessionLimits:
    """When a session ends: without a sign of the voter, and in any case. `activated`: the voter has an account."""

    idle_ends_at: datetime
    ends_at: datetime
    activated: bool

    @property
    def first(self) -> datetime:
        """Return the nearer of the two ends."""
        return min(self.idle_ends_at, self.ends_at)


@dataclass(frozen=True)
class SignedInVoter:
    """A voter whose session is live, with the instant of the authentication (R211-563 asks for it at closing)."""

    voter: Voter
    authenticated_at: datetime


def open_session(session: SessionBase, *, voter: Voter, at: datetime) -> None:
    """Sign the voter in under a new session key, so that a key known before serves nobody.

    The account that `voter` carries is the one that was proved: if another password is set meanwhile, the session is over.
    """
    close_session(session)
    session[_VOTER] = voter.pk
    session[_AUTHENTICATED_AT] = session[_SEEN_AT] = at.isoformat()
    session[_PASSWORD_SET_AT] = _password_set_at(voter)


def close_session(session: SessionBase) -> None:
    """Sign the voter out; what else the session holds (a staff member's own sign-in) stays, under a new key."""
    for key in [key for key in session.keys() if key.startswith(_PREFIX)]:  # noqa: SIM118  a session is no dictionary
        del session[key]
    session.cycle_key()


def read_session(session: SessionBase, *, at: datetime, noting: bool = True) -> SignedInVoter | None:
    """Return who is signed in at `at`, and note that they were seen; None when nobody is, or no longer.

    Without `noting` a live session is left as it is: for the script of the pages, which asks, or calls `note_seen`.
    """
    if _VOTER not in session:
        return None
    voters = Voter.objects.select_related("election", "account", "suspension")
    voter = voters.filter(pk=session[_VOTER]).first()
    if voter is None or _is_over(session, voter, at=at):
        close_session(session)
        session[_ENDED] = True
        return None
    if noting and abs(at - _instant(session, _SEEN_AT)) >= SEEN_EVERY and not is_open(note_seen(session, at=at)):
        # Signed out in another tab since this request came.
        return None
    return SignedInVoter(voter=voter, authenticated_at=_instant(session, _AUTHENTICATED_AT))


def note_seen(session: SessionBase, *, at: datetime) -> SessionBase:
    """Write that the voter is there, and nothing else; return the session as it is now, in which nobody may be signed in.

    The script of a page says so at any moment, also while the proof of a code or a sign-out is being written.
    """
    return write_at_once(session, whose=_VOTER, entry=_SEEN_AT, value=at.isoformat())


def write_at_once(session: SessionBase, *, whose: str, entry: str, value: str) -> SessionBase:
    """Write one entry of who is signed in under the key `whose`, without waiting for the answer to the request.

    Returns the session as it is now. It is locked and read again: who signed out meanwhile is not signed in anew, and
    the slow page that only looked has nothing left to save.
    """
    store = cast("SessionStore", session)
    with transaction.atomic():
        store.lock_row()
        current = type(store)(store.session_key)
        if current.get(whose) == store[whose]:
            current[entry] = value
            current.save()
    was_modified = store.modified
    store[entry] = value
    store.modified = was_modified
    return current


def is_open(session: SessionBase) -> bool:
    """Tell whether a voter is signed in, whatever the time; `read_session` judges the limits."""
    return _VOTER in session


def session_has_ended(session: SessionBase) -> bool:
    """Tell, once, that a voter's session was ended by its limits, so that the identification page says why it is there."""
    return bool(session.pop(_ENDED, False))


def limits_of(session: SessionBase, *, voter: Voter, at: datetime) -> SessionLimits:
    """Return when the live session of `voter` ends if nothing happens after `at`, by the durations of the election.

    R211-563: who was there at closing finishes within the grace; a limit that falls after closing waits for its end.
    """
    election = voter.election
    began_at = max(
        _instant(session, _AUTHENTICATED_AT),
        datetime.fromisoformat(session.get(_VOTE_BEGAN_AT, session[_AUTHENTICATED_AT])),
    )

    def extended(limit: datetime) -> datetime:
        in_grace = limit > election.voting_closes_at and at < election.grace_ends_at
        return max(limit, election.grace_ends_at) if in_grace else limit

    return SessionLimits(
        idle_ends_at=extended(_instant(session, _SEEN_AT) + timedelta(minutes=election.idle_minutes)),
        ends_at=extended(began_at + timedelta(minutes=election.session_minutes)),
        activated=account_of(voter) is not None,
    )


def begin_vote(session: SessionBase, *, at: datetime) -> None:
    """Let the absolute limit run anew, once in a session, now that the voting code is proved.

    Nobody is then cut in the middle of a vote; the idle limit, of which the page warns, stays as it is.
    """
    if _VOTE_BEGAN_AT not in session:
        session[_VOTE_BEGAN_AT] = at.isoformat()


def hold_password(session: SessionBase, *, link: OneTimeLink, password_hash: str, at: datetime) -> None:
    """Keep the hash of a password between the two pages of an activation, for this link alone."""
    session[_HELD_PASSWORD] = {"link": link.pk, "hash": password_hash, "at": at.isoformat()}


def held_password(session: SessionBase, *, link: OneTimeLink, at: datetime) -> str | None:
    """Return the hash kept for this link, for as long as the idle limit of the election; after that None."""
    held = session.get(_HELD_PASSWORD)
    if held is None or held["link"] != link.pk:
        return None
    if at - datetime.fromisoformat(held["at"]) >= timedelta(minutes=link.voter.election.idle_minutes):
        del session[_HELD_PASSWORD]
        return None
    return str(held["hash"])


def keep_address(session: SessionBase, address: str) -> None:
    """Keep the address that somebody typed, for the pages that follow the identification; it goes with their visit.

    Sessions are rows of the database, which must not tell whose addresses were typed: it is sealed under a file's key.
    """
    padded = address.encode("utf-8", "replace").ljust(_PADDED_LENGTH, b"\0")
    session[_ADDRESS] = base64.b64encode(SecretBox(ensure_secret(_ADDRESS_KEY)).encrypt(padded)).decode()


def kept_address(session: SessionBase) -> str | None:
    """Return the address that was typed; None when there is none, or none that opens with our key."""
    sealed = session.get(_ADDRESS)
    try:
        padded = SecretBox(ensure_secret(_ADDRESS_KEY)).decrypt(base64.b64decode(sealed or "", validate=True))
    except (CryptoError, binascii.Error, ValueError, TypeError):
        return None
    return padded.rstrip(b"\0").decode()


def _is_over(session: SessionBase, voter: Voter, *, at: datetime) -> bool:
    # A new password ends the sessions opened with the old one; an activation, those that were opened without.
    if is_suspended(voter) or session.get(_PASSWORD_SET_AT) != _password_set_at(voter):
        return True
    return at >= limits_of(session, voter=voter, at=at).first


def _password_set_at(voter: Voter) -> str:
    account = account_of(voter)
    return account.password_set_at.isoformat() if account is not None else ""


def _instant(session: SessionBase, key: str) -> datetime:
    return datetime.fromisoformat(session[key])


def take_out(session: SessionBase, name: str) -> Any:
    """Take out of a session what serves once; return it, or None when another request took it, or nothing was there.

    The row is locked, read again and written now, and not with the answer: of two requests that bring the same thing the
    second finds nothing, even while the first one waits for somebody else.
    """
    store = cast("SessionStore", session)
    with transaction.atomic():
        store.lock_row()
        current = type(store)(store.session_key)
        kept = current.pop(name, None)
        if kept is not None:
            current.save()
    # What this request read before must not be written again with its answer.
    session.pop(name, None)
    return kept
