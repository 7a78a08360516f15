"""FranceConnect, version 2: a voter who is signed in proves her civil identity to the portal, for one act.

OpenID Connect as its partner documentation has it: ES256 or RS256, signed userinfo, acr, state, nonce, no PKCE (a parameter
that it does not know is refused), and a sign-out that must follow at once, for computers are shared. Nothing that it
tells is kept: the caller compares it, uses it for its act, and forgets it.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from isoloir.roll.models import Voter

from .errors import FranceConnectRefused, ProviderFault, SlowedDown
from .oidc import Endpoints, PendingArrival, ProvedIdentity, Provider
from .sessions import take_out
from .single_sign_on import relying_party
from .slowdown import begin_try, forgive_try

# Goes with the voter's visit, as every key that begins so (isoloir.identity.sessions).
_PENDING = "vote_franceconnect"
_SAID = {"state": "stale", "cancelled": "cancelled", "busy": "busy"}
_LONGEST_CLAIM = 254
# What the comparison needs; the address is where the link goes.
_CLAIMS = ("given_name", "family_name", "birthdate", "email")
logger = logging.getLogger("isoloir.identity")


@dataclass(frozen=True)
class FranceConnectIdentity:
    """Who FranceConnect says is there. `tokens` (id_token, userinfo, nonce) let the registrar check it by itself.

    `logout_url` is where the browser goes next: the session at FranceConnect ends with the act. `repr` shows nothing.
    """

    identity: ProvedIdentity = field(repr=False)
    email: str = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)
    logout_url: str = field(repr=False)


def franceconnect() -> Provider | None:
    """Return FranceConnect as the settings say we are registered there, or None where the election does without."""
    values: dict[str, Any] | None = settings.FRANCECONNECT
    if not values:
        return None
    endpoints = values.get("endpoints")
    return Provider(**{**values, "endpoints": Endpoints(**endpoints) if endpoints else None})


def begin(session: SessionBase, *, voter: Voter, redirect_uri: str, at: datetime) -> str:
    """Return the address of FranceConnect to go to; the session keeps what the way back must fit.

    Raises FranceConnectRefused.
    """
    try:
        address, pending = relying_party(_configured()).begin(redirect_uri=redirect_uri, at=at)
    except ProviderFault as fault:
        raise _refusal(fault) from None
    session[_PENDING] = {**pending.to_session(), "voter": voter.pk}
    return address


def finish(
    session: SessionBase, *, voter: Voter, answer: Mapping[str, str], redirect_uri: str, return_uri: str, at: datetime
) -> FranceConnectIdentity:
    """Return who FranceConnect says is there, for the voter who had asked. What the session kept serves once.

    `return_uri` is where FranceConnect sends the browser once signed out there. Raises FranceConnectRefused.
    """
    kept = take_out(session, _PENDING)
    if kept is None or kept.pop("voter", None) != voter.pk:
        raise _refusal(ProviderFault("state"))
    pending = PendingArrival.from_session(kept)
    try:
        provider = relying_party(_configured())
        provider.require_awaited(pending=pending, answer=answer, at=at)
        attempt = begin_try(action="franceconnect", subjects=(f"voter {voter.pk}",), at=at)
        identity = provider.finish(pending=pending, answer=answer, redirect_uri=redirect_uri, at=at)
        forgive_try(attempt)
        logout_url = provider.logout_url(id_token=identity.id_token, return_uri=return_uri, state=secrets.token_hex(32))
    except ProviderFault as fault:
        raise _refusal(fault) from None
    except SlowedDown as slowed:
        raise FranceConnectRefused("slowed", seconds=slowed.seconds) from None
    for name in _CLAIMS:
        if not _is_plain(identity.claims.get(name)):
            logger.warning("FranceConnect refused: claim %s", name)
            raise FranceConnectRefused("unreadable", logout_url=logout_url)
    tokens = {"id_token": identity.id_token, "userinfo": identity.userinfo_token, "nonce": identity.nonce}
    return FranceConnectIdentity(identity, str(identity.claims["email"]).strip(), tokens, logout_url)


def _configured() -> Provider:
    provider = franceconnect()
    if provider is None:
        raise ProviderFault("discovery")
    return provider


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_CLAIM and value.isprintable()


def _refusal(fault: ProviderFault) -> FranceConnectRefused:
    """Turn a fault of the exchange into what the person is told; the log has the code, and nothing that was received."""
    logger.warning("FranceConnect refused: %s", fault.code)
    return FranceConnectRefused(_SAID.get(fault.code, "unavailable"))
