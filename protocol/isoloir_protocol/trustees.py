"""The trustees of an election (§6): single keys and threshold groups, all needed together, in any mixture.

The functions of the key ceremony are in `ceremony.py` and can be had from here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from isoloir_protocol import jsontext
from isoloir_protocol.ceremony import (
    check_polynomial,
    check_share,
    decryption_key_message,
    finish_ceremony,
    make_certificate,
    make_polynomial,
    make_share,
    open_decryption_key,
    public_key_of,
    route_polynomials,
)
from isoloir_protocol.channels import generate_seed
from isoloir_protocol.errors import TrusteesRefused
from isoloir_protocol.group import ORDER, Element, product
from isoloir_protocol.pedersen import (
    Certificates,
    check_certificates,
    check_certificates_signature,
    check_verification_key,
    read_certificates,
    read_coefficients,
    read_public_key,
)
from isoloir_protocol.proofs import Random, random_scalar

__all__ = [
    "Certificates",
    "TrusteeItem",
    "Trustees",
    "build_trustees",
    "check_certificates",
    "check_polynomial",
    "check_share",
    "decryption_key_message",
    "finish_ceremony",
    "generate_seed",
    "make_certificate",
    "make_polynomial",
    "make_share",
    "make_single_key",
    "open_decryption_key",
    "read_trustees",
    "route_polynomials",
]

Kind = Literal["Single", "Pedersen"]


@dataclass(frozen=True, slots=True)
class TrusteeItem:
    """One mandatory key: that of a single trustee, or of a group of which `threshold` members suffice.

    `public_shares` are the keys under which the partial decryptions of the members are checked; the numbers of the
    members among all trustees (`owner`) begin at `first_owner`.
    """

    kind: Kind
    threshold: int
    public_key: Element
    public_shares: tuple[Element, ...]
    first_owner: int

    @property
    def owners(self) -> range:
        """The numbers of the members among all trustees."""
        return range(self.first_owner, self.first_owner + len(self.public_shares))


@dataclass(frozen=True, slots=True)
class Trustees:
    """The trustees of an election, all checked. Trustee number n has the public share `owners[n - 1]`."""

    raw: bytes
    items: tuple[TrusteeItem, ...]

    @property
    def public_key(self) -> Element:
        """The key of the election: the product of the keys of all items."""
        return product(item.public_key for item in self.items)

    @property
    def owners(self) -> list[Element]:
        """The public share of each trustee, in order of number."""
        return [share for item in self.items for share in item.public_shares]


def make_single_key(random: Random) -> tuple[int, str]:
    """Draw the key of a single trustee; gives the secret and the text of its `trustee_public_key`."""
    secret = random_scalar(random) or ORDER - 1
    return secret, jsontext.canonical(public_key_of(secret, random))


def build_trustees(items: Sequence[tuple[Kind, str]]) -> bytes:
    """Write the trustees' record from texts of public keys and threshold parameters. Raises as `read_trustees`."""
    record = [[kind, jsontext.read(text.encode("utf-8", errors="surrogatepass"))] for kind, text in items]
    return read_trustees(jsontext.canonical(record).encode("utf-8")).raw


def read_trustees(raw: bytes) -> Trustees:
    """Read and check the trustees' record, every signature and proof in it.

    Raises `FormatRefused`, `ElementRefused`, `TrusteesRefused`.
    """
    record = jsontext.items(jsontext.read(raw, limit=16 * 1024 * 1024), "trustees")
    if not record:
        raise TrusteesRefused("no-trustee")
    items: list[TrusteeItem] = []
    first_owner = 1
    for entry in record:
        item = _read_item(entry, first_owner)
        items.append(item)
        first_owner += len(item.public_shares)
    return Trustees(raw, tuple(items))


def _read_item(entry: Any, first_owner: int) -> TrusteeItem:
    kind, value = jsontext.items(entry, "trustee", 2)
    if kind == "Single":
        public_key = read_public_key(value, ("name",))
        return TrusteeItem("Single", 1, public_key, (public_key,), first_owner)
    if kind == "Pedersen":
        return _read_threshold(value, first_owner)
    raise TrusteesRefused("bad-form", member="trustee")


def _read_threshold(value: Any, first_owner: int) -> TrusteeItem:
    names = ("threshold", "certs", "coefexps", "signatures", "verification_keys")
    jsontext.members(value, "threshold_parameters", names)
    certs = jsontext.items(value["certs"], "certs")
    certificates = read_certificates(certs, jsontext.integer(value["threshold"], "threshold", 1, 100))
    size = certificates.size
    coefexps, signatures, keys = (jsontext.items(value[name], name, size) for name in names[2:])
    coefficients = [read_coefficients(one, certificates, index) for index, one in enumerate(coefexps, start=1)]
    for index, signature in enumerate(signatures, start=1):
        check_certificates_signature(signature, certificates, index, coefficients[index - 1])
    shares = [check_verification_key(key, certificates, index, coefficients) for index, key in enumerate(keys, start=1)]
    public_key = product(one[0] for one in coefficients)
    return TrusteeItem("Pedersen", certificates.threshold, public_key, tuple(shares), first_owner)
