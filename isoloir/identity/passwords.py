"""What a voter's password must be, and its hash. A policy is a value that the election names (product §3.4)."""

import base64
import gzip
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import argon2
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext as _

from isoloir.elections.models import Election
from isoloir.roll.models import Voter

from .errors import PasswordRefused
from .hashers import ExplicitArgon2PasswordHasher
from .models import VoterAccount
from .voters import addresses_of

# Words that French voters reach for first; Django's list is mostly English.
_FRENCH_COMMON = frozenset(
    {
        "motdepasse", "monmotdepasse", "azertyuiop", "azertyuiopqs", "bonjour", "bonjourbonjour", "bienvenue", "soleil",
        "vacances", "education", "educationnationale", "election", "elections", "electionsprofessionnelles", "syndicat",
        "professeur", "enseignant", "portail", "marseille", "toulouse", "printemps", "automne", "chocolat", "jetaime",
        "doudou", "loulou", "nicolas", "camille",
    }
)  # fmt: skip


@dataclass(frozen=True)
class PasswordPolicy:
    """Bounds of the length, in characters after NFKC, and the classes of which one character each is needed."""

    minimum: int
    maximum: int
    lower: bool = True
    upper: bool = True
    digit: bool = True
    special: bool = True


POLICIES = {
    "2022": PasswordPolicy(minimum=12, maximum=256),
    "2018": PasswordPolicy(minimum=8, maximum=24, special=False),
}
# A shorter part of an address or of a name is found in too many words.
_TELLING_LENGTH = 6
_SHORTEST_NAME = 3


def policy_of(election: Election) -> PasswordPolicy:
    """Return the policy that the election names."""
    return POLICIES[election.password_policy]


def normalise_password(password: str) -> str:
    """Return the NFKC form: the same keys pressed on two systems give the same password."""
    return unicodedata.normalize("NFKC", password)


def check_password_rules(
    password: str, *, addresses: Sequence[str], policy: PasswordPolicy, names: Sequence[str] = ()
) -> str:
    """Return the normalised password that satisfies every rule. Raises PasswordRefused with all faults at once.

    `addresses` and `names` are those of the voter, which the password must not hold.
    """
    normalised = normalise_password(password)
    faults = [*_length_faults(normalised, policy), *_class_faults(normalised, policy)]
    if any(_holds_address(normalised, address) for address in addresses):
        faults.append(_("Le mot de passe ne doit pas contenir votre adresse électronique."))
    if any(_holds_name(normalised, name) for name in names):
        faults.append(_("Le mot de passe ne doit contenir ni votre nom ni votre prénom."))
    if _is_common(normalised):
        faults.append(_("Ce mot de passe est trop courant : il serait essayé parmi les premiers."))
    if faults:
        raise PasswordRefused(faults)
    return normalised


def check_voter_password(password: str, *, voter: Voter) -> str:
    """Apply to a new password the election's policy, with the voter's own addresses and names; as check_password_rules."""
    return check_password_rules(
        password,
        addresses=addresses_of(voter),
        policy=policy_of(voter.election),
        names=(voter.last_name, voter.first_names),
    )


def hash_password(normalised: str) -> str:
    """Return the Argon2id hash of a normalised password. Takes long on purpose: never inside a transaction."""
    return make_password(normalised)


def check_password_hash(normalised: str, account: VoterAccount | None) -> bool:
    """Tell whether the password is the account's; without account compute as much, against nobody's hash.

    In both cases one Argon2id for each set of parameters that hashes in use may have, outside of any transaction: whatever
    an account's hash was made with, the time is the same. A hash made with other parameters than today's is made again,
    unless the password was changed meanwhile.
    """
    own = _costs_of(account.password) if account else None
    for costs in dict.fromkeys((_costs_today(), *settings.ARGON2_FORMER_COSTS)):
        if costs != own:
            check_password(normalised, _nobodys_hash(costs))
    if account is None:
        return False
    known = account.password

    def renew(raw: str) -> None:
        VoterAccount.objects.filter(pk=account.pk, password=known).update(password=make_password(raw))

    return check_password(normalised, known, setter=renew)


def _costs_today() -> tuple[int, int]:
    """Return passes and memory (KiB), as ARGON2_FORMER_COSTS has them."""
    return settings.ARGON2_TIME_COST, settings.ARGON2_MEMORY_KIB


def _costs_of(password_hash: str) -> tuple[int, int]:
    parameters = argon2.extract_parameters(password_hash.removeprefix("argon2"))
    return parameters.time_cost, parameters.memory_cost


def _nobodys_hash(costs: tuple[int, int]) -> str:
    """Return a hash of these costs that no password has: its digest is random, so that nothing is computed."""
    salt, digest = (
        base64.b64encode(part).decode().rstrip("=")
        for part in (secrets.token_hex(16).encode(), secrets.token_bytes(32))
    )
    passes, memory = costs
    version = ExplicitArgon2PasswordHasher().params().version
    return f"argon2$argon2id$v={version}$m={memory},t={passes},p=1${salt}${digest}"


def _length_faults(password: str, policy: PasswordPolicy) -> list[str]:
    if len(password) < policy.minimum:
        return [_("Il faut au moins %(count)d caractères.") % {"count": policy.minimum}]
    if len(password) > policy.maximum:
        return [_("Il faut au plus %(count)d caractères.") % {"count": policy.maximum}]
    return []


def _class_faults(password: str, policy: PasswordPolicy) -> list[str]:
    faults = []
    if policy.lower and not any("a" <= character <= "z" for character in password):
        faults.append(_("Il faut au moins une lettre minuscule sans accent."))
    if policy.upper and not any("A" <= character <= "Z" for character in password):
        faults.append(_("Il faut au moins une lettre majuscule sans accent."))
    if policy.digit and not any("0" <= character <= "9" for character in password):
        faults.append(_("Il faut au moins un chiffre."))
    if policy.special and not any(_is_special(character) for character in password):
        faults.append(_("Il faut au moins un caractère spécial, par exemple # ! , ? ou -."))
    return faults


def _is_special(character: str) -> bool:
    return not character.isalnum() and not character.isspace() and character.isprintable()


def _holds_address(password: str, address: str) -> bool:
    lowered, address = password.casefold(), address.strip().casefold()
    local_part = address.partition("@")[0]
    return bool(address) and (address in lowered or (len(local_part) >= _TELLING_LENGTH and local_part in lowered))


def _holds_name(password: str, name: str) -> bool:
    """Look for each word of the name, whatever accents and case; a short one counts only when it stands by itself."""
    letters = _letters(password)
    alone, whole = set(letters.split()), letters.replace(" ", "")
    words = [word for word in _letters(name).split() if len(word) >= _SHORTEST_NAME]
    return any(word in alone or (len(word) >= _TELLING_LENGTH and word in whole) for word in words)


def _letters(text: str) -> str:
    """Return the letters in lower case without accents; whatever else is a space."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    kept = (character for character in bare if not unicodedata.combining(character))
    return "".join(character if character.isalpha() else " " for character in kept)


def _is_common(password: str) -> bool:
    lowered = password.casefold()
    if lowered in _common_passwords():
        return True
    # « Motdepasse2026! » is « motdepasse » with the ornaments that the rules ask for.
    core = "".join(character for character in lowered if character.isalpha())
    return len(core) * 2 >= len(lowered) and core in _common_passwords()


@cache
def _common_passwords() -> frozenset[str]:
    path = Path(password_validation.__file__).with_name("common-passwords.txt.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return _FRENCH_COMMON | {line.strip() for line in lines}
