"""The key ceremony of a threshold group (§7.2), step by step.

A trustee runs `make_certificate`, `make_polynomial`, `make_share` and at the end `open_decryption_key`, from a seed
that never leaves the trustee's device. The server runs `check_certificates`, `route_polynomials` and
`finish_ceremony`, and sees no secret. Every step checks all that it is given before it answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isoloir_protocol import jsontext
from isoloir_protocol.channels import (
    TrusteeKeys,
    check_encrypted,
    keys_of_seed,
    receive,
    send,
    signed_message,
)
from isoloir_protocol.errors import TrusteesRefused
from isoloir_protocol.group import ORDER, Element, generator_power
from isoloir_protocol.pedersen import (
    GROUP_NAME,
    LARGEST_GROUP,
    Certificates,
    all_certificates_message,
    certificate_message,
    check_certificates_signature,
    check_verification_key,
    evaluate,
    read_coefficients,
    read_group,
)
from isoloir_protocol.proofs import Random, prove_knowledge, random_scalar, read_scalar
from isoloir_protocol.signatures import sign_message


@dataclass(frozen=True, slots=True)
class _Polynomial:
    """What a trustee sent in step 3, as far as the server can read it."""

    own: str
    secrets: list[str]
    coefexps: Any
    signature: Any
    coefficients: tuple[Element, ...]


def make_certificate(*, seed: str, index: int, size: int, threshold: int, random: Random) -> str:
    """Step 1: certify one's two public keys for place `index` of a group; gives the text of a `signed_msg`."""
    if not (1 <= index <= size <= LARGEST_GROUP and 1 <= threshold <= size):
        raise TrusteesRefused("wrong-threshold")
    keys = keys_of_seed(seed)
    message = certificate_message(index, size, threshold, keys.verification, keys.encryption)
    return jsontext.canonical(signed_message(keys.signing, message, random))


def make_polynomial(*, seed: str, certificates: Sequence[str], random: Random) -> str:
    """Step 3: draw a secret polynomial, commit to it, and send each trustee its value there."""
    checked = read_group(certificates)
    keys = keys_of_seed(seed)
    checked.index_of(keys.verification)
    polynomial = [random_scalar(random) for _ in range(checked.threshold)]
    coefficients = [generator_power(coefficient) for coefficient in polynomial]
    own = {"polynomial": [str(coefficient) for coefficient in polynomial]}
    secrets = [
        send(keys, member.encryption, {"secret": str(_value_at(polynomial, index))}, random)
        for index, member in enumerate(checked.members, start=1)
    ]
    message = all_certificates_message(checked, coefficients)
    return jsontext.canonical(
        {
            "polynomial": send(keys, keys.encryption, own, random),
            "secrets": secrets,
            "coefexps": signed_message(keys.signing, {"coefexps": [one.text for one in coefficients]}, random),
            "signature": sign_message(secret=keys.signing, message=message, random=random),
        }
    )


def _value_at(polynomial: Sequence[int], index: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * index + coefficient) % ORDER
    return value


def check_polynomial(*, certificates: Sequence[str], index: int, text: str) -> tuple[Element, ...]:
    """Check, as the server, what trustee `index` sent in step 3, as soon as it is received; gives its coefficients.

    What is encrypted in it, only its recipients can check.
    """
    return _read_polynomial(text, read_group(certificates), index).coefficients


def route_polynomials(*, certificates: Sequence[str], polynomials: Sequence[str]) -> list[str]:
    """Step 4: check what the trustees sent and hand each of them its input for step 5 (`vinput`)."""
    checked = read_group(certificates)
    sent = _read_polynomials(polynomials, checked)
    return [
        jsontext.canonical(
            {
                "polynomial": mine.own,
                "secrets": [one.secrets[position] for one in sent],
                "coefexps": [one.coefexps for one in sent],
                "signatures": [one.signature for one in sent],
            }
        )
        for position, mine in enumerate(sent)
    ]


def _read_polynomials(texts: Sequence[str], certificates: Certificates) -> list[_Polynomial]:
    jsontext.items(list(texts), "polynomials", certificates.size)
    return [_read_polynomial(text, certificates, index) for index, text in enumerate(texts, start=1)]


def _read_polynomial(text: str, certificates: Certificates, index: int) -> _Polynomial:
    value = jsontext.read(text.encode("utf-8", errors="surrogatepass"))
    jsontext.members(value, "polynomial", ("polynomial", "secrets", "coefexps", "signature"))
    coefficients = read_coefficients(value["coefexps"], certificates, index)
    check_certificates_signature(value["signature"], certificates, index, coefficients)
    secrets = jsontext.items(value["secrets"], "secrets", certificates.size)
    return _Polynomial(
        own=check_encrypted(value["polynomial"]),
        secrets=[check_encrypted(secret) for secret in secrets],
        coefexps=value["coefexps"],
        signature=value["signature"],
        coefficients=coefficients,
    )


def make_share(*, seed: str, certificates: Sequence[str], vinput: str, random: Random) -> str:
    """Step 5: check the secret received from each trustee, and prove one's share of the key (`voutput`).

    Raises `TrusteesRefused` and names the trustee whose message is wrong.
    """
    checked = read_group(certificates)
    keys = keys_of_seed(seed)
    index = checked.index_of(keys.verification)
    value = jsontext.read(vinput.encode("utf-8", errors="surrogatepass"))
    jsontext.members(value, "vinput", ("polynomial", "secrets", "coefexps", "signatures"))
    coefficients = _read_all_coefficients(value, checked)
    _check_own_polynomial(keys, value["polynomial"], coefficients[index - 1])
    secrets = jsontext.items(value["secrets"], "secrets", checked.size)
    share = 0
    for sender, secret in enumerate(secrets, start=1):
        share += _open_secret(keys, checked, secret, coefficients[sender - 1], sender=sender, index=index)
    return _written_share(keys, share % ORDER, random)


def _read_all_coefficients(value: Any, certificates: Certificates) -> list[tuple[Element, ...]]:
    coefexps = jsontext.items(value["coefexps"], "coefexps", certificates.size)
    signatures = jsontext.items(value["signatures"], "signatures", certificates.size)
    read = [read_coefficients(one, certificates, index) for index, one in enumerate(coefexps, start=1)]
    for index, (signature, coefficients) in enumerate(zip(signatures, read, strict=True), start=1):
        check_certificates_signature(signature, certificates, index, coefficients)
    return read


def _check_own_polynomial(keys: TrusteeKeys, text: Any, coefficients: Sequence[Element]) -> None:
    """Check that the coefficients shown as ours are those we drew."""
    message = receive(keys, keys.verification, jsontext.text(text, "polynomial"))
    values = jsontext.items(jsontext.members(message, "polynomial", ("polynomial",))["polynomial"], "polynomial")
    if [generator_power(read_scalar(value)) for value in values] != list(coefficients):
        raise TrusteesRefused("wrong-own-polynomial")


def _open_secret(
    keys: TrusteeKeys,
    certificates: Certificates,
    text: Any,
    coefficients: Sequence[Element],
    *,
    sender: int,
    index: int,
) -> int:
    message = receive(keys, certificates.members[sender - 1].verification, jsontext.text(text, "secret"))
    secret = read_scalar(jsontext.members(message, "secret", ("secret",))["secret"])
    if generator_power(secret) != evaluate(coefficients, index):
        raise TrusteesRefused("wrong-secret-share", index=sender)
    return secret


def _written_share(keys: TrusteeKeys, share: int, random: Random) -> str:
    public_key = public_key_of(share, random)
    signature = sign_message(secret=keys.signing, message=public_key["public_key"], random=random)
    return jsontext.canonical(
        {
            "private_key": send(keys, keys.encryption, {"decryption_key": str(share)}, random),
            "public_key": {**public_key, "signature": signature},
        }
    )


def public_key_of(secret: int, random: Random) -> dict[str, Any]:
    """Write the `trustee_public_key` of a secret, with its proof of knowledge (§6.1)."""
    text = generator_power(secret).text
    return {"pok": prove_knowledge(f"pok|{GROUP_NAME}|{text}|", secret, random).written(), "public_key": text}


def check_share(*, certificates: Sequence[str], polynomials: Sequence[str], index: int, text: str) -> Element:
    """Check, as the server, what trustee `index` sent in step 5, as soon as it is received; gives g^S_j."""
    checked = read_group(certificates)
    coefficients = [one.coefficients for one in _read_polynomials(polynomials, checked)]
    return check_verification_key(_read_share(text)["public_key"], checked, index, coefficients)


def _read_share(text: str) -> dict[str, Any]:
    value = jsontext.read(text.encode("utf-8", errors="surrogatepass"))
    jsontext.members(value, "voutput", ("private_key", "public_key"))
    check_encrypted(value["private_key"])
    return value  # type: ignore[no-any-return]


def finish_ceremony(*, certificates: Sequence[str], polynomials: Sequence[str], shares: Sequence[str]) -> str:
    """Step 6: check all the shares; gives the text of the `threshold_parameters`."""
    checked = read_group(certificates)
    sent = _read_polynomials(polynomials, checked)
    jsontext.items(list(shares), "shares", checked.size)
    keys = [_read_share(share)["public_key"] for share in shares]
    for index, key in enumerate(keys, start=1):
        check_verification_key(key, checked, index, [one.coefficients for one in sent])
    return jsontext.canonical(
        {
            "threshold": checked.threshold,
            "certs": checked.written,
            "coefexps": [one.coefexps for one in sent],
            "signatures": [one.signature for one in sent],
            "verification_keys": keys,
        }
    )


def decryption_key_message(share: str) -> str:
    """The encrypted message in a `voutput` by which a trustee keeps its share of the key, for itself."""
    return str(_read_share(share)["private_key"])


def open_decryption_key(*, seed: str, message: str) -> int:
    """Open one's share S_j of the key, from the message that `decryption_key_message` gives.

    Raises `FormatRefused`, `ElementRefused`, `SignatureRefused`, `TrusteesRefused`.
    """
    keys = keys_of_seed(seed)
    value = receive(keys, keys.verification, message)
    return read_scalar(jsontext.members(value, "decryption_key", ("decryption_key",))["decryption_key"])
