"""A strict simulator of FranceConnect, version 2, for the demonstration and the tests.

It refuses what FranceConnect refuses: no acr_values, a state or a nonce shorter than 22 characters, a parameter that it
does not know (hence no PKCE), a scope that is not granted, another address of return, a code used twice or after thirty
seconds, a secret in a header. Claims and forms are those of its partner documentation: all first names, the birth name in
capitals, the birthplace by its INSEE code. It guards nothing: whoever visits the demonstration says who they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .fiction.civil import CivilIdentity, civil_identity
from .grants import (
    TOKEN_LIVES,
    RequestRefused,
    check_secret,
    give_code,
    give_token,
    person_of,
    public_keys,
    sign,
    subject_of,
    take_code,
)

_PROVIDER = "franceconnect"
# Somebody whom no roll knows.
STRANGER = "inconnue"
_SHORTEST_STATE = 22
_PEOPLE_SHOWN = 6
_PARAMETERS = {
    "response_type", "client_id", "redirect_uri", "scope", "acr_values", "state", "nonce", "claims", "prompt",
}  # fmt: skip
_SCOPES = {"openid", "identite_pivot", "email", "profile", "birth", "given_name", "family_name", "birthdate"}
_LEVELS = ("eidas1",)


@dataclass(frozen=True)
class Citizen:
    """Somebody who has an account at FranceConnect; `number` is the reference on the roll, or STRANGER."""

    number: str
    civil: CivilIdentity


def issuer() -> str:
    """Return the name of this provider: the beginning of all its addresses."""
    return f"{settings.PORTAL_URL}/demo/franceconnect/api/v2"


def return_address() -> str:
    """Return the one address of return that is registered."""
    return f"{settings.PORTAL_URL}{reverse('voter:franceconnect_return')}"


def return_address_of_logout() -> str:
    """Return the one address that is registered for the way back from signing out."""
    return f"{settings.PORTAL_URL}{reverse('voter:reissue_sent')}"


def citizens() -> list[Citizen]:
    """Return whom the visitor may be: the first voters of the identities' page, and somebody whom the roll does not know."""
    voters = Voter.objects.filter(election=Election.objects.current()).annotate(count=Count("entries"))
    known = [_citizen(voter) for voter in voters.order_by("-count", "reference")[:_PEOPLE_SHOWN]]
    stranger = civil_identity(reference=STRANGER, civility="Mme", last_name="Inconnue", first_names="Camille Alix")
    return [*known, Citizen(STRANGER, stranger)]


def find_citizen(number: str) -> Citizen | None:
    """Return the citizen of a reference of the current roll, whether or not the page shows it."""
    voter = Voter.objects.filter(election=Election.objects.current(), reference=number).first()
    if voter is not None:
        return _citizen(voter)
    return next((one for one in citizens() if one.number == number), None)


def _citizen(voter: Voter) -> Citizen:
    civil = civil_identity(
        reference=voter.reference, civility=voter.civility, last_name=voter.last_name, first_names=voter.first_names
    )
    return Citizen(voter.reference, civil)


# ---- The authorization endpoint ----


def check_client(asked: Mapping[str, str]) -> None:
    """Check who asks and where to return: a fault here is said on a page, for there is no safe place to send it to."""
    if asked.get("client_id") != settings.FRANCECONNECT_SIMULATOR["client_id"]:
        raise RequestRefused("invalid_client")
    if asked.get("redirect_uri") != return_address():
        raise RequestRefused("invalid_redirect_uri")


def check_request(asked: Mapping[str, str]) -> None:
    """Check all that is asked of a known client; a fault is sent back to it. Raises RequestRefused."""
    scopes = set(asked.get("scope", "").split())
    if set(asked) - _PARAMETERS:
        raise RequestRefused("Y000400")
    if asked.get("response_type") != "code":
        raise RequestRefused("unsupported_response_type")
    if "openid" not in scopes or scopes - _SCOPES:
        raise RequestRefused("invalid_scope")
    if asked.get("acr_values") not in _LEVELS:
        raise RequestRefused("invalid_acr")
    if min(len(asked.get("state", "")), len(asked.get("nonce", ""))) < _SHORTEST_STATE:
        raise RequestRefused("Y000400")


def grant_code(asked: Mapping[str, str], citizen: Citizen, *, at: datetime) -> str:
    """Return a code that serves once, within thirty seconds."""
    return give_code(_PROVIDER, person=citizen.number, nonce=asked["nonce"], at=at)


# ---- Tokens ----


def redeem_code(form: Mapping[str, str], *, authorization: str, at: datetime) -> dict[str, Any]:
    """Return the tokens for a code; the secret comes in the form (client_secret_post). Raises RequestRefused."""
    if authorization:
        raise RequestRefused("invalid_client")
    registered = settings.FRANCECONNECT_SIMULATOR
    check_secret(registered, client_id=form.get("client_id", ""), secret=form.get("client_secret", ""))
    if form.get("grant_type") != "authorization_code":
        raise RequestRefused("unsupported_grant_type")
    if form.get("redirect_uri") != return_address():
        raise RequestRefused("invalid_grant")
    grant = take_code(_PROVIDER, form.get("code", ""), at=at)
    now = int(at.timestamp())
    claims = {
        "iss": issuer(), "aud": registered["client_id"], "sub": _subject(grant.person), "nonce": grant.nonce,
        "acr": _LEVELS[0], "iat": now, "exp": now + int(TOKEN_LIVES.total_seconds()),
    }  # fmt: skip
    return {"access_token": give_token(grant), "token_type": "Bearer", "expires_in": 60, "id_token": signed(claims)}


def told_about(header: str, *, at: datetime) -> str:
    """Return the claims of the person for whom a token was given, as a signed token. Raises RequestRefused."""
    citizen = find_citizen(person_of(_PROVIDER, header, at=at))
    if citizen is None:
        raise RequestRefused("invalid_token")
    civil, now = citizen.civil, int(at.timestamp())
    return signed(
        {
            "iss": issuer(), "aud": settings.FRANCECONNECT_SIMULATOR["client_id"], "sub": _subject(citizen.number),
            "iat": now, "exp": now + int(TOKEN_LIVES.total_seconds()), "given_name": civil.first_names,
            "family_name": civil.birth_name, "birthdate": civil.birth_date.isoformat(),
            "gender": "female" if civil.is_woman else "male", "birthplace": civil.birth_place, "birthcountry": "99100",
            "email": civil.private_address,
        }
    )  # fmt: skip


def published_keys() -> dict[str, Any]:
    """Return the key set in force."""
    return public_keys(_PROVIDER, settings.FRANCECONNECT_SIMULATOR["algorithm"])


def signed(claims: Mapping[str, Any]) -> str:
    """Return claims as a signed token (setting FRANCECONNECT_SIMULATOR)."""
    return sign(_PROVIDER, settings.FRANCECONNECT_SIMULATOR["algorithm"], claims)


def _subject(number: str) -> str:
    # FranceConnect's subjects are per service, and end so since its version 1.
    return f"{subject_of(_PROVIDER, number)}v1"


# ---- Signing out ----


def check_logout(asked: Mapping[str, str]) -> str:
    """Return where to send the browser once signed out: all three parameters are there. Raises RequestRefused."""
    if not asked.get("id_token_hint") or not asked.get("state"):
        raise RequestRefused("Y000400")
    if asked.get("post_logout_redirect_uri") != return_address_of_logout():
        raise RequestRefused("invalid_redirect_uri")
    return return_address_of_logout()


def describe(citizen: Citizen) -> str:
    """Return a person as the page shows her."""
    civil = citizen.civil
    names = f"{civil.first_names} {civil.birth_name}"
    if citizen.number == STRANGER:
        return _("%(names)s, absente de la liste électorale") % {"names": names}
    return f"{names} ({civil.birth_date:%d/%m/%Y})"
