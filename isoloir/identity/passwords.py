"""What a voter's password must be. A policy is a value, so that an election may have another one (product §3.4)."""

import gzip
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.contrib.auth import password_validation
from django.utils.translation import gettext as _

from .errors import PasswordRefused

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


POLICY_2022 = PasswordPolicy(minimum=12, maximum=256)


def normalise_password(password: str) -> str:
    """Return the NFKC form: the same keys pressed on two systems give the same password."""
    return unicodedata.normalize("NFKC", password)


def check_password_rules(password: str, *, email: str, policy: PasswordPolicy = POLICY_2022) -> str:
    """Return the normalised password that satisfies every rule. Raises PasswordRefused with all faults at once."""
    normalised = normalise_password(password)
    faults = [*_length_faults(normalised, policy), *_class_faults(normalised, policy)]
    if _holds_address(normalised, email):
        faults.append(_("Le mot de passe ne doit pas contenir votre adresse électronique."))
    if _is_common(normalised):
        faults.append(_("Ce mot de passe est trop courant : il serait essayé parmi les premiers."))
    if faults:
        raise PasswordRefused(faults)
    return normalised


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


def _holds_address(password: str, email: str) -> bool:
    lowered, address = password.casefold(), email.strip().casefold()
    local_part = address.partition("@")[0]
    return bool(address) and (address in lowered or (len(local_part) >= 6 and local_part in lowered))


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
