"""Arrival from the employer's portal: somebody whom the employer's single sign-on knows, recognised on the roll.

It stands in for the identification page: what is proved is which voter is there, as if the voter had typed the address.
Only where the setting says so (`replaces_password`) does it open a session by itself.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .errors import ArrivalRefused, ArrivalWaits, ProviderFault, SlowedDown
from .oidc import Endpoints, PendingArrival, ProvedIdentity, Provider, RelyingParty
from .permissions import require_open_portal
from .sessions import take_out
from .slowdown import begin_try, forgive_try, network_of
from .voters import find_voter

# Goes with the voter's visit, as every key that begins so (isoloir.identity.sessions).
_PENDING = "vote_arrival"
_ACTION = "arrival"
_LONGEST_CLAIM = 254
# What is said to the person, by code of the fault; all others are the portal's.
_SAID = {"state": "stale", "cancelled": "cancelled", "busy": "busy"}
# Faults by which a visitor has the employer asked for nothing, by inventing codes. The employer's own slow nobody down,
# nor does what is refused before anybody is asked.
_COUNTED = {"code-refused", "nonce"}
# How long an answer waits for a crowded network: then its turn has come, whoever else is there and however fast.
LONGEST_TURN = timedelta(seconds=10)
# How often one answer may be brought back: a minute, at the pace of the page that brings it.
MOST_RETURNS = 30
logger = logging.getLogger("isoloir.identity")


@dataclass(frozen=True)
class SingleSignOn:
    """The setting SINGLE_SIGN_ON, read: `claim` is compared with the voter's addresses, or with the voter's reference."""

    name: str
    provider: Provider
    identifies_by: Literal["address", "reference"]
    claim: str
    replaces_password: bool


@dataclass(frozen=True)
class Arrival:
    """A voter whom the employer's portal has identified, and the address to go on with. `repr` shows neither."""

    voter: Voter
    address: str

    def __repr__(self) -> str:
        return "Arrival(…)"


@dataclass(frozen=True)
class _Taken:
    """What was taken out of a session: the state, how often its answer was put off, and since when."""

    pending: PendingArrival
    returns: int
    waits_since: datetime | None

    def to_session(self, *, at: datetime) -> dict[str, Any]:
        """Return what to keep until the same answer is brought again."""
        since = self.waits_since or at
        return self.pending.to_session() | {"returns": self.returns + 1, "waits_since": since.isoformat()}

    @classmethod
    def from_session(cls, kept: Mapping[str, Any]) -> "_Taken":
        state = dict(kept)
        returns, since = state.pop("returns", 0), state.pop("waits_since", None)
        return cls(PendingArrival.from_session(state), returns, datetime.fromisoformat(since) if since else None)

    def turn_has_come(self, at: datetime) -> bool:
        return self.waits_since is not None and at - self.waits_since >= LONGEST_TURN


def single_sign_on() -> SingleSignOn | None:
    """Return what the settings say, or None where no employer's portal leads here."""
    values: dict[str, Any] | None = settings.SINGLE_SIGN_ON
    if not values:
        return None
    own = {"name", "identifies_by", "claim", "replaces_password", "endpoints"}
    endpoints = values.get("endpoints")
    provider = Provider(
        **{name: value for name, value in values.items() if name not in own},
        endpoints=Endpoints(**endpoints) if endpoints else None,
    )
    return SingleSignOn(
        name=values["name"], provider=provider, identifies_by=values["identifies_by"], claim=values["claim"],
        replaces_password=values["replaces_password"],
    )  # fmt: skip


@lru_cache(maxsize=4)
def relying_party(provider: Provider) -> RelyingParty:
    """Return the one client of this process for a provider: it remembers the provider's keys. Raises ProviderFault."""
    return RelyingParty(provider)


def begin_arrival(
    session: SessionBase, *, configured: SingleSignOn, election: Election | None, redirect_uri: str, at: datetime
) -> str:
    """Return the address of the employer's portal to go to; the session keeps what the way back must fit.

    Raises PortalClosed or ArrivalRefused.
    """
    require_open_portal(election, at=at)
    try:
        address, pending = relying_party(configured.provider).begin(redirect_uri=redirect_uri, at=at)
    except ProviderFault as fault:
        raise _refusal(fault) from None
    session[_PENDING] = pending.to_session()
    return address


def finish_arrival(
    session: SessionBase, *, configured: SingleSignOn, election: Election | None, answer: Mapping[str, str],
    redirect_uri: str, network: str, at: datetime,
) -> Arrival:  # fmt: skip
    """Return the voter whom the answer of the employer's portal proves. What the session kept serves once, whatever comes.

    A try is counted for the network before the portal is asked, and taken back when the fault is not the visitor's: where
    many invented codes come from, an answer waits for its turn, ten seconds at most. Raises PortalClosed or ArrivalRefused;
    ArrivalWaits means that nothing was sent yet, and that the same answer is to be brought again in a moment.
    """
    taken = _take_pending(session)
    election = require_open_portal(election, at=at)
    try:
        provider = relying_party(configured.provider)
        provider.require_awaited(pending=taken.pending, answer=answer, at=at)
        attempt = begin_try(action=_ACTION, subjects=(network_of(network),), at=at, past_crowd=taken.turn_has_come(at))
    except ProviderFault as fault:
        raise _refusal(fault) from None
    except SlowedDown:
        raise _put_off(session, taken, "slowed", at=at) from None
    try:
        proved = provider.finish(pending=taken.pending, answer=answer, redirect_uri=redirect_uri, at=at)
    except ProviderFault as fault:
        if fault.code not in _COUNTED:
            forgive_try(attempt)
        if fault.code == "busy":
            raise _put_off(session, taken, "busy", at=at) from None
        raise _refusal(fault) from None
    forgive_try(attempt)
    return _recognise(proved, configured=configured, election=election)


def _put_off(session: SessionBase, taken: _Taken, code: str, *, at: datetime) -> ArrivalRefused:
    """Keep the state for the same answer, that the browser brings again; return what the person is told."""
    if taken.returns >= MOST_RETURNS:
        return _told(ArrivalRefused(code))
    session[_PENDING] = taken.to_session(at=at)
    return ArrivalWaits(code)


def _take_pending(session: SessionBase) -> _Taken:
    """Take out what the session kept, for this request alone."""
    kept = take_out(session, _PENDING)
    if kept is None:
        raise _refusal(ProviderFault("state"))
    return _Taken.from_session(kept)


def _recognise(proved: ProvedIdentity, *, configured: SingleSignOn, election: Election) -> Arrival:
    """Find the voter of the election whom the claim designates, by either address or by reference."""
    value = proved.claims.get(configured.claim)
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_CLAIM or "\x00" in value:
        raise _told(ArrivalRefused("unknown"))
    value = value.strip()
    if configured.identifies_by == "reference":
        voters = election.voters.select_related("election", "account", "suspension")
        voter = voters.filter(reference=value).first()
    else:
        # Letters that lower case makes equal (ß and ss, the sign kelvin and k) are those of another mailbox, or domain.
        if not value.isascii():
            raise _told(ArrivalRefused("unreadable"))
        # A portal that lets people write their own address says that it did not check it; others say nothing.
        if proved.claims.get("email_verified", True) is not True:
            raise _told(ArrivalRefused("unverified"))
        voter = find_voter(election, value)
    if voter is None:
        raise _told(ArrivalRefused("unknown"))
    return Arrival(voter=voter, address=value if configured.identifies_by == "address" else voter.email)


def _refusal(fault: ProviderFault) -> ArrivalRefused:
    """Turn a fault of the exchange into what the person is told; the log has the code, and nothing that was received."""
    logger.warning("arrival by single sign-on refused: %s", fault.code)
    return ArrivalRefused(_SAID.get(fault.code, "unavailable"))


def _told(refused: ArrivalRefused) -> ArrivalRefused:
    logger.warning("arrival by single sign-on refused: %s", refused.code)
    return refused
