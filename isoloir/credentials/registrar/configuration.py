"""What the authority decides once for its registrar: whose requests it hears, what it accepts as proof, its limits."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from isoloir_protocol.register import MOST_REISSUES

from .errors import StoreRefused
from .files import CONFIGURATION, write_private
from .requests import POLICY

# What a person may be asked to prove here; « challenge » is the portal's word, and counts for nothing.
# Which evidence is enough differs from one way (« policy ») to another, and the authority says it: there is no default.
KINDS = frozenset({"numen", "nir", "birth_date", "franceconnect"})
Accepted = tuple[str, tuple[str, ...]]
_ACCEPT_FORM = f"Une preuve acceptée s’écrit VOIE=PREUVES, les preuves jointes par « + » : {', '.join(sorted(KINDS))}."
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PROVIDER_MEMBERS = ("issuer", "client_id", "jwks", "acr")


@dataclass(frozen=True)
class FranceConnect:
    """Whose signed tokens are believed: `jwks` is the https address of its key set, or the path of a file with it."""

    issuer: str
    client_id: str
    jwks: str
    acr: str = "eidas1"


@dataclass(frozen=True)
class Configuration:
    """`portal` is its Ed25519 public key in hex; `limit` is per person.

    `accept` lists pairs: the code of a policy, and kinds of evidence that are together enough for it.
    """

    portal: str
    accept: tuple[Accepted, ...]
    limit: int = 3
    grant_hours: int = 24
    franceconnect: FranceConnect | None = None

    def __post_init__(self) -> None:
        """Raises StoreRefused."""
        if _KEY.fullmatch(self.portal) is None:
            raise StoreRefused("La clé du portail doit être écrite en 64 chiffres hexadécimaux.")
        if not 1 <= self.limit <= MOST_REISSUES:
            raise StoreRefused(f"Le nombre de réassorts doit être compris entre 1 et {MOST_REISSUES}.")
        if not 1 <= self.grant_hours <= 240:
            raise StoreRefused("La durée d’une autorisation doit être comprise entre 1 et 240 heures.")
        for policy, kinds in self.accept:
            if POLICY.fullmatch(policy) is None or not kinds or not KINDS.issuperset(kinds):
                raise StoreRefused(_ACCEPT_FORM)
        if not self.accept:
            raise StoreRefused("Aucune preuve n’est acceptée : aucun code ne pourrait être réassorti.")

    def accepts(self, policy: str, kinds: frozenset[str]) -> bool:
        """Tell whether these kinds of evidence, all of them right, are enough for this policy."""
        return any(policy == accepted and kinds.issuperset(needed) for accepted, needed in self.accept)

    def write(self, directory: Path) -> None:
        """Write the file of a new store."""
        content = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        write_private(directory / CONFIGURATION, content.encode() + b"\n")

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read the file of a store. Raises StoreRefused."""
        try:
            members = json.loads((directory / CONFIGURATION).read_bytes())
            provider = members.pop("franceconnect")
            accept = tuple((policy, tuple(kinds)) for policy, kinds in members.pop("accept"))
            return cls(**members, accept=accept, franceconnect=provider and read_provider(provider))
        except FileNotFoundError:
            raise StoreRefused(f"{directory} n’est pas un magasin du service d’enregistrement.") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise StoreRefused(f"{directory / CONFIGURATION} ne se lit pas.") from None


def read_accept(text: str) -> Accepted:
    """Read what is enough for a policy as the command line writes it: « 2018=numen+birth_date ». Raises StoreRefused."""
    policy, sign, proofs = text.partition("=")
    kinds = tuple(proofs.split("+"))
    if not sign or POLICY.fullmatch(policy) is None or not KINDS.issuperset(kinds):
        raise StoreRefused(_ACCEPT_FORM)
    return policy, kinds


def read_provider(members: Mapping[str, Any]) -> FranceConnect:
    """Read issuer, client_id, jwks and acr. Raises StoreRefused."""
    if not isinstance(members, dict) or not set(_PROVIDER_MEMBERS[:3]) <= set(members) <= set(_PROVIDER_MEMBERS):
        raise StoreRefused(f"FranceConnect se décrit par : {', '.join(_PROVIDER_MEMBERS)}.")
    if not all(isinstance(value, str) and value for value in members.values()):
        raise StoreRefused("Chaque membre de la description de FranceConnect est un texte non vide.")
    jwks = members["jwks"]
    if not jwks.startswith("https://") and not Path(jwks).is_absolute():
        raise StoreRefused("Les clés de FranceConnect se lisent à une adresse https:// ou dans un fichier.")
    return FranceConnect(**members)
