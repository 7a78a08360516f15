"""Public data of a threshold group of trustees (§7): certificates, coefficients, verification keys.

Nothing here needs a secret: a trustee, the server and an auditor all run these checks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from isoloir_protocol import jsontext
from isoloir_protocol.channels import check_signed, signed_text
from isoloir_protocol.errors import FormatRefused, SignatureRefused, TrusteesRefused
from isoloir_protocol.group import Element, product
from isoloir_protocol.proofs import Proof, check_knowledge
from isoloir_protocol.signatures import verify_message

GROUP_NAME: Final = "Ed25519"
#: No bureau has as many trustees; the bound keeps hostile data from asking for endless work.
LARGEST_GROUP: Final = 100


@dataclass(frozen=True, slots=True)
class Certificate:
    """The two public keys of a trustee, in the order of the group, and the JSON object that certifies them."""

    verification: Element
    encryption: Element
    written: Any


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of a whole group, all checked, in order of index."""

    threshold: int
    members: tuple[Certificate, ...]

    @property
    def size(self) -> int:
        """Number of trustees in the group."""
        return len(self.members)

    @property
    def written(self) -> list[Any]:
        """The JSON array of the certificates."""
        return [member.written for member in self.members]

    def index_of(self, verification: Element) -> int:
        """The index, from 1, of the trustee with this verification key. Raises `TrusteesRefused`."""
        for index, member in enumerate(self.members, start=1):
            if member.verification == verification:
                return index
        raise TrusteesRefused("not-a-member")


def check_certificates(texts: Sequence[str], *, threshold: int) -> Certificates:
    """Check all the certificates of a group, given in order of index (step 2 of §7.2).

    Raises `FormatRefused`, `ElementRefused`, `TrusteesRefused` (`wrong-certificate`, `wrong-context`,
    `duplicate-certificate`, `wrong-threshold`).
    """
    return read_certificates([jsontext.read(_bytes(text)) for text in texts], threshold)


def check_certificate(text: str, *, index: int, size: int, threshold: int) -> Certificate:
    """Check one certificate for its place in the group, as soon as it is received. Raises as `check_certificates`."""
    return _read_certificate(jsontext.read(_bytes(text)), index, size, threshold)


def read_group(texts: Sequence[str]) -> Certificates:
    """As `check_certificates`, the threshold being that of the first certificate: all must agree with it.

    A trustee whose own certificate is among them knows that it is the threshold it signed.
    """
    values = [jsontext.read(_bytes(text)) for text in texts]
    if not values:
        raise TrusteesRefused("wrong-threshold")
    message = jsontext.read(_bytes(signed_text(values[0])))
    jsontext.members(message, "certificate", ("context", "verification", "encryption"))
    context = jsontext.members(message["context"], "context", ("group", "size", "threshold", "index"))
    return read_certificates(values, jsontext.integer(context["threshold"], "threshold", 1, LARGEST_GROUP))


def read_certificates(values: list[Any], threshold: int) -> Certificates:
    """As `check_certificates`, from JSON objects that were already parsed."""
    size = len(values)
    if not 1 <= threshold <= size <= LARGEST_GROUP:
        raise TrusteesRefused("wrong-threshold")
    members = tuple(_read_certificate(value, index, size, threshold) for index, value in enumerate(values, start=1))
    keys = [member.verification for member in members] + [member.encryption for member in members]
    if len(set(keys)) != len(keys):
        raise TrusteesRefused("duplicate-certificate")
    return Certificates(threshold, members)


def certificate_message(index: int, size: int, threshold: int, verification: Element, encryption: Element) -> Any:
    """The JSON object that a certificate signs; its context ties it to one place in one group (§7.2)."""
    context = {"group": GROUP_NAME, "size": size, "threshold": threshold, "index": index}
    return {"context": context, "verification": verification.text, "encryption": encryption.text}


def _read_certificate(value: Any, index: int, size: int, threshold: int) -> Certificate:
    message = jsontext.read(_bytes(signed_text(value)))
    jsontext.members(message, "certificate", ("context", "verification", "encryption"))
    context = jsontext.members(message["context"], "context", ("group", "size", "threshold", "index"))
    jsontext.text(context["group"], "group")
    for member in ("size", "threshold", "index"):
        jsontext.integer(context[member], member, 1, LARGEST_GROUP)
    if context != {"group": GROUP_NAME, "size": size, "threshold": threshold, "index": index}:
        raise TrusteesRefused("wrong-context", index=index)
    verification = Element.parse_key(message["verification"])
    encryption = Element.parse_key(message["encryption"])
    try:
        check_signed(value, verification)
    except SignatureRefused:
        raise TrusteesRefused("wrong-certificate", index=index) from None
    return Certificate(verification, encryption, value)


def read_coefficients(value: Any, certificates: Certificates, index: int) -> tuple[Element, ...]:
    """Check the signed coefficients A_i0,… of trustee `index`: signature, number and membership.

    Raises `FormatRefused`, `ElementRefused`, `TrusteesRefused` (`wrong-coefficients`).
    """
    message = jsontext.read(_bytes(signed_text(value)))
    texts = jsontext.items(jsontext.members(message, "coefexps", ("coefexps",))["coefexps"], "coefexps")
    if len(texts) != certificates.threshold:
        raise TrusteesRefused("wrong-threshold")
    coefficients = tuple(Element.parse(text) for text in texts)
    try:
        check_signed(value, certificates.members[index - 1].verification)
    except SignatureRefused:
        raise TrusteesRefused("wrong-coefficients", index=index) from None
    return coefficients


def all_certificates_message(certificates: Certificates, coefficients: Sequence[Element]) -> str:
    """The text by which a trustee signs all the certificates it saw, together with its coefficients (§7.2)."""
    texts = [coefficient.text for coefficient in coefficients]
    return "certs_sig|" + jsontext.canonical({"certs": certificates.written, "coefexps": texts})


def check_certificates_signature(
    value: Any, certificates: Certificates, index: int, coefficients: Sequence[Element]
) -> None:
    """Check that trustee `index` signed these certificates. Raises `TrusteesRefused`."""
    message = all_certificates_message(certificates, coefficients)
    try:
        verify_message(public_key=certificates.members[index - 1].verification, message=message, proof=value)
    except SignatureRefused:
        raise TrusteesRefused("wrong-certificates-signature", index=index) from None


def evaluate(coefficients: Sequence[Element], index: int) -> Element:
    """Compute Π_k A_k^(index^k): the public form of a polynomial at `index`, by Horner's rule."""
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = value**index * coefficient
    return value


def expected_share(coefficients: Sequence[Sequence[Element]], index: int) -> Element:
    """Compute g^S_j of trustee `index` from everybody's coefficients."""
    return product(evaluate(one, index) for one in coefficients)


def read_public_key(value: Any, optional: tuple[str, ...] = ()) -> Element:
    """Check a `trustee_public_key`: membership and proof of knowledge (§6.1).

    Raises `FormatRefused`, `ElementRefused`, `TrusteesRefused` (`wrong-key-proof`).
    """
    jsontext.members(value, "trustee_public_key", ("pok", "public_key"), optional)
    if "name" in value:
        jsontext.text(value["name"], "name")
    public_key = Element.parse_key(value["public_key"])
    prefix = f"pok|{GROUP_NAME}|{public_key.text}|"
    check_knowledge(prefix, public_key, Proof.read(value["pok"]), TrusteesRefused("wrong-key-proof"))
    return public_key


def check_verification_key(
    value: Any, certificates: Certificates, index: int, coefficients: Sequence[Sequence[Element]]
) -> Element:
    """Check the key g^S_j of trustee `index`: proof, value and signature (step 6 of §7.2)."""
    public_key = read_public_key(value, ("signature", "name"))
    if "signature" not in value:
        raise FormatRefused("missing-member", member="signature")
    if public_key != expected_share(coefficients, index):
        raise TrusteesRefused("wrong-verification-key", index=index)
    try:
        verify_message(
            public_key=certificates.members[index - 1].verification,
            message=public_key.text,
            proof=value["signature"],
        )
    except SignatureRefused:
        raise TrusteesRefused("wrong-verification-key", index=index) from None
    return public_key


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogatepass")
