"""Arrival from the employer's portal: somebody whom the employer's single sign-on knows, recognised on the roll.

It stands in for the identification page: what is proved is which voter is there, as if the voter had typed the address.
Only where the setting says so (`replaces_password`) does it open a session by itself.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError

from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .errors import ArrivalRefused, ProviderFault, SlowedDown
from .oidc import Endpoints, PendingArrival, ProvedIdentity, Provider, RelyingParty
from .permissions import require_open_portal
from .slowdown import begin_try, forgive_try, network_of
from .voters import find_voter

# Goes with the voter's visit, as every key that begins so (isoloir.identity.sessions).
_PENDING = "vote_arrival"
_ACTION = "arrival"
_LONGEST_CLAIM = 254
# What is said to the person, by code of the fault; all others are the portal's.
_SAID = {"state": "stale", "cancelled": "cancelled", "busy": "busy"}
# Faults that a visitor can make, by inventing answers; the employer's own slow nobody down.
_COUNTED = {"state", "issuer", "code-missing", "code-refused", "nonce"}
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

    A try is counted for the network before the portal is asked, and taken back when the fault is not the visitor's: who
    sends invented answers waits. Raises PortalClosed or ArrivalRefused; `busy` means that nothing was sent yet, and that
    the same answer may be brought again in a moment.
    """
    pending = _take_pending(session)
    election = require_open_portal(election, at=at)
    try:
        attempt = begin_try(action=_ACTION, subjects=(network_of(network),), at=at)
    except SlowedDown:
        raise ArrivalRefused("slowed") from None
    try:
        proved = relying_party(configured.provider).finish(
            pending=pending, answer=answer, redirect_uri=redirect_uri, at=at
        )
    except ProviderFault as fault:
        if fault.code not in _COUNTED:
            forgive_try(attempt)
        if fault.code == "busy":
            session[_PENDING] = pending.to_session()
        raise _refusal(fault) from None
    forgive_try(attempt)
    return _recognise(proved, configured=configured, election=election)


def _take_pending(session: SessionBase) -> PendingArrival:
    kept = session.pop(_PENDING, None)
    if kept is None:
        raise _refusal(ProviderFault("state"))
    try:
        # Now, and not with the answer: a second request with the same state must find nothing, even while this one waits.
        session.save()
    except UpdateError:
        raise _refusal(ProviderFault("state")) from None
    return PendingArrival.from_session(kept)


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
