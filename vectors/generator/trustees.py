"""Vectors of trustees: records of keys, the key ceremony, partial decryptions."""

import json
from collections.abc import Callable
from typing import Any

from generator.cases import Cases, Stream, altered, reordered
from generator.texts import TORSION_8, an_election
from isoloir_protocol.ballot_making import create_ballot
from isoloir_protocol.ballots import verify_ballot
from isoloir_protocol.channels import keys_of_seed, send, signed_message
from isoloir_protocol.election import read_election
from isoloir_protocol.group import NEUTRAL, ORDER, generator_power
from isoloir_protocol.tally import aggregate, encrypted_tally_text, make_partial_decryption
from isoloir_protocol.trustees import (
    build_trustees,
    decryption_key_message,
    finish_ceremony,
    generate_seed,
    make_certificate,
    make_polynomial,
    make_share,
    make_single_key,
    open_decryption_key,
    read_trustees,
    route_polynomials,
)


class Group:
    """A group of trustees whose ceremony was played, with all its messages."""

    def __init__(self, name: str, threshold: int, size: int) -> None:
        random = Stream(name)
        self.threshold = threshold
        self.seeds = [generate_seed(random) for _ in range(size)]
        self.certificates = [
            make_certificate(seed=seed, index=index, size=size, threshold=threshold, random=random)
            for index, seed in enumerate(self.seeds, start=1)
        ]
        common = {"certificates": self.certificates}
        self.polynomials = [make_polynomial(seed=seed, **common, random=random) for seed in self.seeds]
        self.vinputs = route_polynomials(**common, polynomials=self.polynomials)
        self.shares = [
            make_share(seed=seed, **common, vinput=vinput, random=random)
            for seed, vinput in zip(self.seeds, self.vinputs, strict=True)
        ]
        self.parameters = finish_ceremony(**common, polynomials=self.polynomials, shares=self.shares)
        self.secrets = [
            open_decryption_key(seed=seed, message=decryption_key_message(share))
            for seed, share in zip(self.seeds, self.shares, strict=True)
        ]


GROUP = Group("two of two", 2, 2)
#: Somebody who is in no group.
OUTSIDER = keys_of_seed(generate_seed(Stream("outsider")))
SINGLE_SECRET, SINGLE = make_single_key(Stream("single"))


def add_all(cases: Cases) -> None:
    """Add every case of this module."""
    add_records(cases)
    add_threshold_faults(cases)
    add_ceremony(cases)
    add_decryptions(cases)


def add_records(cases: Cases) -> None:
    """Trustees' records, and faults of single keys."""
    mixed = build_trustees([("Single", SINGLE), ("Pedersen", GROUP.parameters)])
    for name, record in {"single": build_trustees([("Single", SINGLE)]), "mixed": mixed}.items():
        read = read_trustees(record)
        owners = [owner.text for owner in read.owners]
        about = "A trustees' record."
        cases.add("trustees", name, "accepted", about, trustees=record, public_key=read.public_key.text, owners=owners)
    single = build_trustees([("Single", SINGLE)])
    faults: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
        "empty": ("no-trustee", "No trustee.", lambda t: t.clear()),
        "unknown-kind": ("bad-form", "Neither Single nor Pedersen.", lambda t: t[0].__setitem__(0, "Shamir")),
        "three-items": ("wrong-length", "Three items in a trustee.", lambda t: t[0].append(1)),
        "key-proof": ("wrong-key-proof", "A wrong response.", lambda t: t[0][1]["pok"].update(response="1")),
        "other-key": ("wrong-key-proof", "Another key.", lambda t: t[0][1].update(public_key=generator_power(7).text)),
        "neutral": ("neutral-key", "A neutral key.", lambda t: t[0][1].update(public_key=NEUTRAL.text)),
        "torsion": ("element-not-in-group", "A key with torsion.", lambda t: t[0][1].update(public_key=TORSION_8)),
        "member": ("unknown-member", "An extra member.", lambda t: t[0][1].update(colour="")),
        "order": ("wrong-member-order", "Another order.", lambda t: reordered(t[0][1])),
    }
    for name, (expect, about, change) in faults.items():
        cases.add("trustees", f"single-{name}", expect, about, trustees=altered(single, change))


def resigned(index: int, change: Callable[[Any], Any], value: dict[str, Any]) -> None:
    """Change the message of a `signed_msg` and sign it again with the key of trustee `index`."""
    message = json.loads(value["message"])
    change(message)
    keys = keys_of_seed(GROUP.seeds[index - 1])
    value.update(signed_message(keys.signing, message, Stream("sign again")))


Add = Callable[[str, str, str, Callable[[Any], Any]], None]


def add_threshold_faults(cases: Cases) -> None:
    """Faults of the parameters of a group."""
    record = build_trustees([("Pedersen", GROUP.parameters)])

    def add(name: str, expect: str, about: str, change: Callable[[Any], Any]) -> None:
        def change_group(trustees: Any) -> None:
            change(trustees[0][1])

        text = altered(record, change_group)
        cases.add("trustees", f"group-{name}", expect, about, trustees=text)

    _add_certificate_faults(add)
    _add_coefficient_faults(add)
    _add_key_faults(add)
    add("order", "wrong-member-order", "Another order.", reordered)
    _add_same_keys(cases)


def _add_certificate_faults(add: Add) -> None:
    def certificate(name: str, expect: str, about: str, change: Callable[[Any], Any]) -> None:
        add(f"certificate-{name}", expect, about, lambda p: resigned(2, change, p["certs"][1]))

    context = "wrong-context"
    certificate("index", context, "Another rank is certified.", lambda c: c["context"].update(index=1))
    certificate("size", context, "Another size is certified.", lambda c: c["context"].update(size=3))
    certificate("threshold", context, "Another threshold is certified.", lambda c: c["context"].update(threshold=1))
    certificate("group", context, "Another group is certified.", lambda c: c["context"].update(group="BELENIOS-2048"))
    certificate("no-context", "missing-member", "The old form, without context.", lambda c: c.pop("context"))
    certificate("neutral", "neutral-key", "A neutral key.", lambda c: c.update(verification=NEUTRAL.text))
    certificate("torsion", "element-not-in-group", "ek with torsion.", lambda c: c.update(encryption=TORSION_8))
    add(
        "certificate-signature",
        "wrong-certificate",
        "Badly signed.",
        lambda p: p["certs"][0]["signature"].update(response="1"),
    )
    add("same-certificate", context, "The same certificate twice.", lambda p: p["certs"].__setitem__(1, p["certs"][0]))
    add("threshold", context, "A lower threshold than certified.", lambda p: p.update(threshold=1))
    add("threshold-zero", "out-of-range", "A threshold of 0.", lambda p: p.update(threshold=0))
    add("threshold-high", "wrong-threshold", "A threshold above the size.", lambda p: p.update(threshold=3))


def _add_coefficient_faults(add: Add) -> None:
    add(
        "coefficients-signature",
        "wrong-coefficients",
        "Badly signed.",
        lambda p: p["coefexps"][0]["signature"].update(response="1"),
    )
    add(
        "coefficients-number",
        "wrong-threshold",
        "One coefficient too many.",
        lambda p: resigned(1, lambda c: c["coefexps"].append(c["coefexps"][0]), p["coefexps"][0]),
    )
    add(
        "coefficients-torsion",
        "element-not-in-group",
        "A_ik with torsion.",
        lambda p: resigned(1, lambda c: c["coefexps"].__setitem__(1, TORSION_8), p["coefexps"][0]),
    )
    add(
        "other-coefficients",
        "wrong-certificates-signature",
        "Other coefficients than signed with the certificates.",
        lambda p: resigned(1, lambda c: c["coefexps"].reverse(), p["coefexps"][0]),
    )
    add(
        "certificates-signature",
        "wrong-certificates-signature",
        "Signatures exchanged.",
        lambda p: p["signatures"].reverse(),
    )
    add("no-signatures", "missing-member", "The old form, without signatures.", lambda p: p.pop("signatures"))


def _add_key_faults(add: Add) -> None:
    add("keys-exchanged", "wrong-verification-key", "Keys exchanged.", lambda p: p["verification_keys"].reverse())
    add(
        "key-signature",
        "wrong-verification-key",
        "A key badly signed.",
        lambda p: p["verification_keys"][0]["signature"].update(response="1"),
    )
    add("key-unsigned", "missing-member", "A key not signed.", lambda p: p["verification_keys"][0].pop("signature"))
    add(
        "key-proof",
        "wrong-key-proof",
        "A wrong proof.",
        lambda p: p["verification_keys"][1]["pok"].update(response="1"),
    )
    add("key-missing", "wrong-length", "A key is missing.", lambda p: p["verification_keys"].pop())


def _add_same_keys(cases: Cases) -> None:
    """Two certificates over one seed, each with its own rank."""
    texts = [
        make_certificate(seed=GROUP.seeds[0], index=index, size=2, threshold=1, random=Stream("same"))
        for index in (1, 2)
    ]
    cases.add(
        "certificates", "same-keys", "duplicate-certificate", "One person, two ranks.", certificates=texts, threshold=1
    )
    cases.add("certificates", "accepted", "accepted", "A group.", certificates=GROUP.certificates, threshold=2)
    wrong = "wrong-context"
    cases.add(
        "certificates", "threshold", wrong, "Not the threshold asked.", certificates=GROUP.certificates, threshold=1
    )
    cases.add("certificates", "order", wrong, "Out of order.", certificates=GROUP.certificates[::-1], threshold=2)
    cases.add("certificates", "missing", wrong, "One is missing.", certificates=GROUP.certificates[:1], threshold=1)


def add_ceremony(cases: Cases) -> None:
    """What a trustee receives in step 5, and opens at the end."""
    seed, vinput = GROUP.seeds[1], GROUP.vinputs[1].encode()
    given = {"seed": seed, "certificates": GROUP.certificates}
    public_share = read_trustees(build_trustees([("Pedersen", GROUP.parameters)])).owners[1].text
    cases.add("share", "accepted", "accepted", "Step 5.", **given, vinput=vinput, public_share=public_share)
    sender, receiver = (keys_of_seed(one) for one in GROUP.seeds)

    def add(name: str, expect: str, about: str, change: Callable[[Any], Any], **other: Any) -> None:
        cases.add("share", name, expect, about, **(given | other), vinput=altered(vinput, change))

    def secret(text: str) -> Callable[[Any], None]:
        return lambda v: v["secrets"].__setitem__(0, text)

    random = Stream("wrong secrets")
    wrong = send(sender, receiver.encryption, {"secret": "12345"}, random)
    add("wrong-secret", "wrong-secret-share", "A secret that does not follow.", secret(wrong))
    to_outsider = send(sender, OUTSIDER.encryption, {"secret": "12345"}, random)
    add("sent-to-outsider", "message-not-opened", "A message for somebody else.", secret(to_outsider))
    from_outsider = send(OUTSIDER, receiver.encryption, {"secret": "12345"}, random)
    add("sent-by-outsider", "wrong-message-signature", "A message by somebody else.", secret(from_outsider))
    add("forwarded", "wrong-recipient", "Signed for somebody else.", secret(_forwarded(random)))
    old = altered(wrong.encode(), lambda m: m.update(algorithm="AES-CCM")).decode()
    add("algorithm", "unknown-algorithm", "Another algorithm.", secret(old))
    add(
        "no-algorithm",
        "missing-member",
        "The form of belenios-tool 3.0 and before.",
        secret(altered(wrong.encode(), lambda m: m.pop("algorithm") and None).decode()),
    )
    cut = altered(wrong.encode(), lambda m: m.update(data=m["data"][:-2])).decode()
    add("cut", "message-not-opened", "A byte is missing.", secret(cut))
    add("not-a-member", "not-a-member", "Another seed.", lambda _: None, seed=generate_seed(random))
    add("bad-seed", "bad-seed", "Not a seed.", lambda _: None, seed="0" * 22)
    _add_public_faults(add)
    message = decryption_key_message(GROUP.shares[0])
    key = {"seed": GROUP.seeds[0], "message": message}
    secret_key = str(GROUP.secrets[0])
    cases.add("decryption-key", "accepted", "accepted", "The key kept for oneself.", **key, secret=secret_key)
    cases.add("decryption-key", "other-seed", "message-not-opened", "Another seed.", **key | {"seed": seed})


def _add_public_faults(add: Add) -> None:
    receiver, random = keys_of_seed(GROUP.seeds[1]), Stream("public faults")
    add(
        "other-polynomial",
        "wrong-own-polynomial",
        "Another polynomial is shown as ours.",
        lambda v: v.update(polynomial=send(receiver, receiver.encryption, {"polynomial": ["1", "2"]}, random)),
    )
    add(
        "coefficients",
        "wrong-coefficients",
        "Coefficients badly signed.",
        lambda v: v["coefexps"][0]["signature"].update(response="1"),
    )
    add("signatures", "wrong-certificates-signature", "Signatures exchanged.", lambda v: v["signatures"].reverse())


def _forwarded(random: Stream) -> str:
    """A message that the first trustee signed for an outsider, encrypted for the second."""
    sender, receiver = (keys_of_seed(one) for one in GROUP.seeds)

    class Disguised:
        """The second trustee's encryption key, under the outsider's name."""

        text = OUTSIDER.encryption.text

        def __pow__(self, exponent: int) -> Any:
            return receiver.encryption**exponent

    return send(sender, Disguised(), {"secret": "12345"}, random)  # type: ignore[arg-type]


def add_decryptions(cases: Cases) -> None:
    """Partial decryptions of a small tally."""
    election = read_election(an_election())
    random = Stream("decryption")
    texts = [
        create_ballot(election=election, secret=secret, choices=[[0, 1, 0, 0]], random=random) for secret in (2, 3)
    ]
    tally = aggregate(election, [verify_ballot(election=election, text=text) for text in texts])
    good = make_partial_decryption(election=election, tally=tally, secret=10**70 % ORDER, random=random).encode()
    inputs = {"election": election.raw, "tally": encrypted_tally_text(tally), "public_share": election.public_key.text}
    cases.add("partial-decryption", "accepted", "accepted", "A partial decryption.", **inputs, text=good)

    def add(name: str, expect: str, about: str, change: Callable[[Any], Any]) -> None:
        cases.add("partial-decryption", name, expect, about, **inputs, text=altered(good, change))

    wrong = "wrong-decryption-proof"
    add("proof", wrong, "A wrong response.", lambda d: d["decryption_proofs"][0][0].update(response="1"))
    add("factor", wrong, "Factors exchanged.", lambda d: d["decryption_factors"][0].reverse())
    add(
        "torsion",
        "element-not-in-group",
        "A factor with torsion.",
        lambda d: d["decryption_factors"][0].__setitem__(0, TORSION_8),
    )
    add("too-short", "wrong-length", "A factor is missing.", lambda d: d["decryption_factors"][0].pop() and None)
    add("member", "unknown-member", "An extra member.", lambda d: d.update(colour=""))
    add("order", "wrong-member-order", "Another order.", reordered)
    other = inputs | {"public_share": generator_power(3).text}
    cases.add("partial-decryption", "other-trustee", wrong, "Of another trustee.", **other, text=good)
    foreign = make_partial_decryption(
        election=read_election(an_election(extra={})), tally=tally, secret=10**70 % ORDER, random=random
    )
    cases.add("partial-decryption", "other-election", wrong, "For another election.", **inputs, text=foreign)
