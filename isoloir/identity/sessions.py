"""A voter's session: who, since when, seen when; apart from the staff's accounts, which Django's own sign-in serves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase

from isoloir.roll.models import Voter

# Whatever a voter's visit leaves in a session (here and in the booth's views) has a key that begins so, and goes with it.
_PREFIX = "vote"
_VOTER = "voter"
_AUTHENTICATED_AT = "voter_authenticated_at"
_SEEN_AT = "voter_seen_at"
_ENDED = "voter_session_ended"
# Being seen is written once a minute at most: a session row is not rewritten at each request.
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedInVoter:
    """A voter whose session is live, with the instant of the authentication (R211-563 asks for it at closing)."""

    voter: Voter
    authenticated_at: datetime


def open_session(session: SessionBase, *, voter: Voter, at: datetime) -> None:
    """Sign the voter in under a new session key, so that a key known before serves nobody."""
    close_session(session)
    session[_VOTER] = voter.pk
    session[_AUTHENTICATED_AT] = session[_SEEN_AT] = at.isoformat()


def close_session(session: SessionBase) -> None:
    """Sign the voter out; what else the session holds (a staff member's own sign-in) stays, under a new key."""
    for key in [key for key in session.keys() if key.startswith(_PREFIX)]:  # noqa: SIM118  a session is no dictionary
        del session[key]
    session.cycle_key()


def read_session(session: SessionBase, *, at: datetime) -> SignedInVoter | None:
    """Return who is signed in at `at`, and note that they were seen; None when nobody is, or no longer."""
    if _VOTER not in session:
        return None
    voter = Voter.objects.select_related("election", "account").filter(pk=session[_VOTER]).first()
    authenticated_at = datetime.fromisoformat(session[_AUTHENTICATED_AT])
    seen_at = datetime.fromisoformat(session[_SEEN_AT])
    if voter is None or _is_over(voter, authenticated_at=authenticated_at, seen_at=seen_at, at=at):
        close_session(session)
        session[_ENDED] = True
        return None
    if abs(at - seen_at) >= _SEEN_EVERY:
        session[_SEEN_AT] = at.isoformat()
    return SignedInVoter(voter=voter, authenticated_at=authenticated_at)


def session_has_ended(session: SessionBase) -> bool:
    """Tell, once, that a voter's session was ended by its limits, so that the identification page says why it is there."""
    return bool(session.pop(_ENDED, False))


def _is_over(voter: Voter, *, authenticated_at: datetime, seen_at: datetime, at: datetime) -> bool:
    account = getattr(voter, "account", None)
    if account is None or account.password_set_at > authenticated_at:
        # A new password ends the sessions that were opened with the old one.
        return True
    election = voter.election
    if election.voting_closes_at <= at < election.grace_ends_at:
        # R211-563: who was authenticated at closing finishes within the grace; limits are judged as at closing.
        at = election.voting_closes_at
    idle = timedelta(minutes=voter.election.idle_minutes)
    absolute = timedelta(minutes=voter.election.session_minutes)
    return at - seen_at >= idle or at - authenticated_at >= absolute
