"""Vectors of the small things: group elements, voting codes, possession, signatures, lists, election records."""

from collections.abc import Callable
from typing import Any

from nacl import bindings

from generator.cases import Cases, Stream, altered, reordered
from isoloir_protocol.credentials import (
    build_credentials,
    derive_secret,
    generate_code,
    generate_uuid,
    public_credential,
)
from isoloir_protocol.election import Question, build_election
from isoloir_protocol.group import GENERATOR, NEUTRAL, ORDER, generator_power
from isoloir_protocol.possession import prove_possession
from isoloir_protocol.signatures import sign_message

PROTOCOL = "Belenios' own data, as described in docs/specification/contest-record.md"
UUID = "NiZ6d4oXcXtPEPaJWrX2bH"
#: The point of order 2, and a point of order 8, in libsodium's bytes.
ORDER_2 = bytes([0xEC]) + bytes([0xFF]) * 30 + bytes([0x7F])
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


def text_of(point: bytes) -> str:
    """The text form of a point given in libsodium's byte order."""
    return point[::-1].hex()


#: A member of the group plus a point of small order: on the curve, canonical, not in the group.
TORSION_2 = text_of(bindings.crypto_core_ed25519_add(generator_power(5).compressed, ORDER_2))
TORSION_8 = text_of(bindings.crypto_core_ed25519_add(generator_power(5).compressed, ORDER_8))


def add_all(cases: Cases) -> None:
    """Add every case of this module."""
    add_elements(cases)
    add_codes(cases)
    add_possession(cases)
    add_credentials(cases)
    add_elections(cases)


def add_elements(cases: Cases) -> None:
    """Elements in and out of the group, and powers."""
    for name, exponent in {
        "neutral": 0,
        "generator": 1,
        "square": 2,
        "inverse": ORDER - 1,
        "other": 10**60 + 7,
    }.items():
        about = f"g raised to {name}"
        cases.add("element", name, "accepted", about, text=generator_power(exponent).text, exponent=str(exponent))
    out = "element-not-in-group"
    cases.add("element", "order-2", out, "The point of order 2.", text=text_of(ORDER_2))
    cases.add("element", "order-8", out, "A point of order 8.", text=text_of(ORDER_8))
    cases.add("element", "torsion-2", out, "A member plus the point of order 2.", text=TORSION_2)
    cases.add("element", "torsion-8", out, "A member plus a point of order 8.", text=TORSION_8)
    cases.add("element", "not-on-curve", out, "No point has y = 2.", text=f"{2:064x}")
    cases.add(
        "element", "neutral-with-sign", out, "The neutral element with the sign of -0.", text="8" + "0" * 62 + "1"
    )
    cases.add(
        "element",
        "y-not-reduced",
        out,
        "y = p + 1, another writing of the neutral element.",
        text=f"{2**255 - 19 + 1:064x}",
    )
    form = "element-not-canonical"
    cases.add("element", "upper-case", form, "Upper-case digits.", text=generator_power(5).text.upper())
    cases.add("element", "too-short", form, "63 digits.", text="1".rjust(63, "0"))
    cases.add("element", "too-long", form, "65 digits.", text="1".rjust(65, "0"))
    cases.add("element", "newline", form, "A newline at the end.", text=GENERATOR.text + "\n")


def add_codes(cases: Cases) -> None:
    """Voting codes and what is derived from them."""
    cases.add(
        "credential",
        "belenios",
        "accepted",
        "The example of the specification.",
        origin=PROTOCOL,
        uuid="ZpMNkgxbX6wNrY",
        code="HfDB6-URcTPR-TTS8a-SPprCh",
        secret="4457946571035048100685699082243525043492187599548611883198464046549357114767",
        public_key="f39a546fc97cba9749dc93045a6268ce95a4f4e0501b032def27a476cbd3ecc8",
    )
    for number in range(1, 4):
        stream = Stream(f"code {number}")
        code, uuid = generate_code(stream), generate_uuid(stream)
        secret = derive_secret(uuid=uuid, code=code)
        cases.add(
            "credential",
            f"code-{number}",
            "accepted",
            "A code and the key derived from it.",
            uuid=uuid,
            code=code,
            secret=str(secret),
            public_key=public_credential(secret).text,
        )
    add_typed_codes(cases)


def add_typed_codes(cases: Cases) -> None:
    """Codes as voters type them."""
    code = generate_code(Stream("code 1"))
    typed = " " + code.replace("-", " ").replace(" ", "\u00a0", 1) + "\t"
    secret = derive_secret(uuid=UUID, code=code)
    cases.add(
        "credential",
        "spaces",
        "accepted",
        "Spaces instead of hyphens are forgiven.",
        uuid=UUID,
        code=typed,
        secret=str(secret),
        public_key=public_credential(secret).text,
    )
    cases.add("credential", "zero", "bad-code", "0 is not in the alphabet.", uuid=UUID, code="0" + code[1:])
    cases.add("credential", "too-short", "bad-code", "21 characters.", uuid=UUID, code=code[:-1])
    cases.add("credential", "too-long", "bad-code", "23 characters.", uuid=UUID, code=code + "A")
    cases.add("credential", "bad-uuid", "bad-uuid", "The identifier has an l.", uuid="l" + UUID[1:], code=code)
    cases.add("credential", "short-uuid", "bad-uuid", "13 characters.", uuid=UUID[:13], code=code)


def add_possession(cases: Cases) -> None:
    """Answers to the server's challenge, and signatures."""
    stream = Stream("possession")
    secret = derive_secret(uuid=UUID, code=generate_code(stream))
    challenge = "Q0hBTExFTkdFLTAwMQ=="
    proof = prove_possession(secret=secret, challenge=challenge, uuid=UUID, random=stream)
    good = {"credential": public_credential(secret).text, "challenge": challenge, "uuid": UUID, "proof": proof}
    refused = "wrong-possession"
    other = public_credential(secret + 1).text
    cases.add("possession", "accepted", "accepted", "The challenge is answered.", **good)
    cases.add(
        "possession", "other-challenge", refused, "Of another challenge.", **good | {"challenge": challenge[::-1]}
    )
    cases.add("possession", "other-contest", refused, "Of another contest.", **good | {"uuid": UUID[::-1]})
    cases.add("possession", "other-credential", refused, "Of another code.", **good | {"credential": other})
    zero = proof | {"challenge": "0" + proof["challenge"]}
    cases.add("possession", "leading-zero", "scalar-not-canonical", "A leading zero.", **good | {"proof": zero})
    cases.add(
        "possession", "separator", "bad-challenge", "A challenge with a |.", **good | {"challenge": challenge + "|"}
    )
    message = "Bonjour | « é »"
    signed = sign_message(secret=secret, message=message, random=stream)
    signature = {"public_key": public_credential(secret).text, "message": message, "proof": signed}
    cases.add("signature", "accepted", "accepted", "A signed text.", **signature)
    wrong = "wrong-message-signature"
    cases.add("signature", "other-message", wrong, "Another text.", **signature | {"message": "Bonsoir"})
    cases.add("signature", "other-key", wrong, "Another key.", **signature | {"public_key": other})


def add_credentials(cases: Cases) -> None:
    """Lists of public credentials."""
    elements = [generator_power(exponent) for exponent in (2, 3, 4)]
    good = build_credentials(elements)
    first, second = elements[0].text, elements[1].text
    cases.add("credentials", "accepted", "accepted", "Three credentials.", credentials=good, total_weight=3)
    cases.add("credentials", "empty", "accepted", "No credential at all.", credentials="[]", total_weight=0)
    weighted = f'["{first},2","{second},0"]'
    cases.add("credentials", "weights", "accepted", "Weights 2 and 0.", credentials=weighted, total_weight=2)
    faults = {
        "duplicate": ("duplicate-credential", "A credential twice.", f'["{first}","{first}"]'),
        "duplicate-weight": ("duplicate-credential", "Twice, with two weights.", f'["{first},1","{first},2"]'),
        "not-in-group": ("bad-credential", "A point out of the group.", f'["{TORSION_8}"]'),
        "neutral": ("bad-credential", "The neutral element: everybody could sign.", f'["{NEUTRAL.text}"]'),
        "leading-zero": ("bad-credential", "A weight with a leading zero.", f'["{first},01"]'),
        "negative": ("bad-credential", "A negative weight.", f'["{first},-1"]'),
        "login": ("bad-credential", "The voter's name is left in the list.", f'["{first},1,v1"]'),
        "upper-case": ("bad-credential", "Upper-case digits.", f'["{first.upper()}"]'),
        "too-heavy": ("total-weight-too-large", "Weights beyond what can be counted.", f'["{first},{10**12 + 1}"]'),
        "not-array": ("wrong-type", "An object.", "{}"),
        "not-text": ("wrong-type", "A number in the list.", "[1]"),
        "spaces": ("not-canonical", "A space after the comma.", f'["{first}", "{second}"]'),
    }
    for name, (expect, about, text) in faults.items():
        cases.add("credentials", name, expect, about, credentials=text)


CONTEST = {"code": "CSA-MIN", "name": "CSA ministériel", "election": "Élections 2026", "seats": 15}


def an_election(**changes: object) -> bytes:
    """An election record: one question, three lists and blank."""
    members = {
        "uuid": UUID,
        "name": "CSA ministériel « MENJ »",
        "description": "Vecteurs d’essai",
        "public_key": generator_power(10**70),
        "questions": [Question("Quelle liste ?", ("Liste A", "Liste B", "Liste “C”"), blank=True)],
        "administrator": "Ministère",
        "credential_authority": "Autorité",
        "extra": {"contest": CONTEST, "candidates": {"sha256": "0123456789abcdef" * 4}},
    }
    return build_election(**members | changes)


#: One change each of a good record.
_ELECTION_FAULTS: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "version": ("unknown-version", "Version 2.", lambda e: e.update(version=2)),
    "version-true": ("unknown-version", "true is not 1.", lambda e: e.update(version=True)),
    "group": ("unknown-group", "Another group.", lambda e: e.update(group="BELENIOS-2048")),
    "uuid": ("bad-uuid", "An identifier with a hyphen.", lambda e: e.update(uuid="-" + UUID)),
    "neutral-key": (
        "neutral-key",
        "The public key is neutral: no secrecy.",
        lambda e: e.update(public_key=NEUTRAL.text),
    ),
    "key-not-in-group": (
        "element-not-in-group",
        "The public key has torsion.",
        lambda e: e.update(public_key=TORSION_2),
    ),
    "no-question": ("wrong-length", "No question.", lambda e: e.update(questions=[])),
    "no-answer": ("wrong-length", "No answer.", lambda e: e["questions"][0].update(answers=[])),
    "min-above-max": ("bad-bounds", "min is above max.", lambda e: e["questions"][0].update(min=2)),
    "max-above-answers": ("bad-bounds", "max is above the answers.", lambda e: e["questions"][0].update(max=4)),
    "max-zero": ("bad-bounds", "Nothing may be chosen.", lambda e: e["questions"][0].update(min=0, max=0)),
    "min-negative": ("out-of-range", "min is negative.", lambda e: e["questions"][0].update(min=-1)),
    "min-float": ("number-not-integer", "min is 1.0.", lambda e: e["questions"][0].update(min=1.0)),
    "min-text": ("wrong-type", "min is a text.", lambda e: e["questions"][0].update(min="1")),
    "max-long": ("number-not-integer", "max has 40 digits.", lambda e: e["questions"][0].update(max=10**39)),
    "shuffled-question": (
        "unknown-question-type",
        "A question for a mix-net.",
        lambda e: e["questions"].insert(0, {"type": "NonHomomorphic", "value": {}}),
    ),
    "unknown-member": ("unknown-member", "A member that nobody knows.", lambda e: e.update(colour="blue")),
    "unknown-question-member": (
        "unknown-member",
        "In the question.",
        lambda e: e["questions"][0].update(colour=""),
    ),
    "missing-member": ("missing-member", "No name.", lambda e: e.pop("name") and None),
    "null-member": ("wrong-type", "A null administrator.", lambda e: e.update(administrator=None)),
    "member-order": ("wrong-member-order", "version at the end.", reordered),
    "candidates-short": ("bad-form", "63 digits of hash.", lambda e: e["candidates"].update(sha256="0" * 63)),
    "contest-member": ("unknown-member", "In the contest.", lambda e: e["contest"].update(colour="")),
    "seats-negative": ("out-of-range", "Seats are negative.", lambda e: e["contest"].update(seats=-1)),
    "not-object": ("wrong-type", "An array.", lambda e: [e]),
}


def add_elections(cases: Cases) -> None:
    """Election records."""
    good = an_election()
    plain = an_election(extra={})
    cases.add("election", "contest", "accepted", "A French contest.", election=good)
    cases.add("election", "plain", "accepted", "Without our own members.", election=plain)
    several = [Question("Une ?", ("A",)), Question("", ("", "B"), blank=True, minimum=0, maximum=2)]
    cases.add("election", "questions", "accepted", "Two questions.", election=an_election(questions=several))
    explicit = plain.replace(b'"blank":true', b'"blank":false')
    cases.add("election", "blank-false", "accepted", "blank is written though false.", election=explicit)
    for name, (expect, about, change) in _ELECTION_FAULTS.items():
        cases.add("election", name, expect, about, election=altered(good, change))
    _add_writings(cases, good)


def _add_writings(cases: Cases, good: bytes) -> None:
    """Other writings of the same election, which a lenient reader would accept."""
    faults = {
        "space": ("not-canonical", "A space.", good.replace(b'"version":1', b'"version": 1')),
        "newline": ("not-canonical", "A newline at the end.", good + b"\n"),
        "escape": ("not-canonical", "An escape that is not needed.", good.replace(b"Liste A", b"Liste \\u0041")),
        "escaped-slash": ("not-canonical", "An escaped slash.", good.replace(b"MENJ", b"M\\/J")),
        "lone-surrogate": ("not-canonical", "Half of a surrogate pair.", good.replace(b"MENJ", b"\\ud800")),
        "duplicate-member": ("duplicate-member", "name twice.", good.replace(b',"group"', b',"name":"X","group"')),
        "nan": ("number-not-integer", "NaN.", good.replace(b'"min":1', b'"min":NaN')),
        "exponent": ("number-not-integer", "1e0.", good.replace(b'"min":1', b'"min":1e0')),
        "minus-zero": ("not-canonical", "-0.", good.replace(b'"min":1', b'"min":-0')),
        "leading-zero": ("not-json", "01.", good.replace(b'"min":1', b'"min":01')),
        "byte-order-mark": ("not-json", "A byte order mark.", b"\xef\xbb\xbf" + good),
        "latin-1": ("not-utf8", "In Latin-1.", good.replace("é".encode(), b"\xe9")),
        "overlong": ("not-utf8", "An overlong slash.", good.replace(b"MENJ", b"\xc0\xaf")),
        "utf-16": ("not-utf8", "In UTF-16.", good.decode().encode("utf-16")),
        "truncated": ("not-json", "Cut.", good[:-1]),
        "empty": ("not-json", "Nothing.", b""),
        "too-deep": ("too-deep", "Arrays in arrays.", b"[" * 3000 + b"]" * 3000),
    }
    for name, (expect, about, text) in faults.items():
        cases.add("election", name, expect, about, election=text)
