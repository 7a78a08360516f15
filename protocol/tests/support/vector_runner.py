"""Runs one vector, whatever its kind: returns what the package says of it, `accepted` or the code of a fault."""

import base64
import gzip
import io
from collections.abc import Callable
from typing import Any

from generator.cases import Stream
from isoloir_protocol.ballots import create_ballot, verify_ballot
from isoloir_protocol.ceremony import decryption_key_message, make_share, open_decryption_key
from isoloir_protocol.credentials import derive_secret, public_credential, read_credentials
from isoloir_protocol.election import read_election
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element, generator_power
from isoloir_protocol.pedersen import check_certificates
from isoloir_protocol.possession import verify_possession
from isoloir_protocol.register import verify_register
from isoloir_protocol.register_checks import CheckedRegister, check_register
from isoloir_protocol.signatures import verify_message
from isoloir_protocol.tally import read_encrypted_tally, verify_partial_decryption
from isoloir_protocol.trustees import read_trustees
from isoloir_protocol.verify import verify_stream

Case = dict[str, Any]


def verdict(case: Case) -> str:
    """Run a vector; an accepted one must also give the values that it tells."""
    try:
        RUNNERS[case["kind"]](case)
    except ProtocolError as fault:
        return fault.code
    return "accepted"


def raw(case: Case, member: str) -> bytes:
    """The bytes of an input."""
    if member in case:
        return str(case[member]).encode("utf-8", errors="surrogatepass")
    return base64.b64decode(case[f"{member}_base64"])


def _same(case: Case, **values: object) -> None:
    for member, value in values.items():
        if member in case:
            assert value == case[member], member


def _element(case: Case) -> None:
    element = Element.parse(case["text"])
    _same(case, text=element.text)
    if "exponent" in case:
        assert generator_power(int(case["exponent"])) == element


def _credential(case: Case) -> None:
    secret = derive_secret(uuid=case["uuid"], code=case["code"])
    _same(case, secret=str(secret), public_key=public_credential(secret).text)


def _possession(case: Case) -> None:
    verify_possession(
        credential=Element.parse(case["credential"]),
        challenge=case["challenge"],
        uuid=case["uuid"],
        proof=case["proof"],
    )


def _signature(case: Case) -> None:
    verify_message(public_key=Element.parse(case["public_key"]), message=case["message"], proof=case["proof"])


def _credentials(case: Case) -> None:
    _same(case, total_weight=read_credentials(raw(case, "credentials")).total_weight)


def _election(case: Case) -> None:
    election = read_election(raw(case, "election"))
    _same(case, fingerprint=election.fingerprint, uuid=election.uuid)


def _ballot(case: Case) -> None:
    election = read_election(raw(case, "election"))
    _same(case, tracker=verify_ballot(election=election, text=raw(case, "ballot")).tracker)
    if "made_from" in case:
        made = case["made_from"]
        again = create_ballot(
            election=election, secret=int(made["secret"]), choices=made["choices"], random=Stream(made["stream"])
        )
        assert again == raw(case, "ballot")


def _choice(case: Case) -> None:
    election = read_election(raw(case, "election"))
    create_ballot(election=election, secret=2, choices=case["choices"], random=Stream("choice"))


def _trustees(case: Case) -> None:
    trustees = read_trustees(raw(case, "trustees"))
    _same(case, public_key=trustees.public_key.text, owners=[owner.text for owner in trustees.owners])


def _certificates(case: Case) -> None:
    check_certificates(case["certificates"], threshold=case["threshold"])


def _share(case: Case) -> None:
    share = make_share(
        seed=case["seed"], certificates=case["certificates"], vinput=case["vinput"], random=Stream("share")
    )
    secret = open_decryption_key(seed=case["seed"], message=decryption_key_message(share))
    _same(case, public_share=generator_power(secret).text)


def _decryption_key(case: Case) -> None:
    secret = open_decryption_key(seed=case["seed"], message=case["message"])
    _same(case, secret=str(secret), public_share=generator_power(secret).text)


def _partial_decryption(case: Case) -> None:
    election = read_election(raw(case, "election"))
    verify_partial_decryption(
        election=election,
        tally=read_encrypted_tally(election=election, text=case["tally"]),
        public_share=Element.parse(case["public_share"]),
        text=raw(case, "text"),
    )


def archive_bytes(case: Case) -> bytes:
    """The bytes of the archive of a vector."""
    return gzip.decompress(base64.b64decode(case["archive"]))


def _archive(case: Case, register: CheckedRegister | None = None) -> None:
    report = verify_stream(io.BytesIO(archive_bytes(case)), register=register)
    if report.fault is not None:
        assert [check.fault for check in report.checks if check.fault is not None] == [report.fault]
        raise report.fault
    result = report.found.result
    _same(case, result=None if result is None else [list(row) for row in result.counts])
    assert ("result" in case) == (result is not None)


def _register(case: Case) -> None:
    if "archive" in case:
        checked = check_register(io.BytesIO(raw(case, "register")))
        assert checked.fault is None
        _archive(case, checked)
        return
    state = verify_register(io.BytesIO(raw(case, "register")))
    live = {slot: list(key) for slot, key in state.live.items()}
    _same(case, live=live, reissues=state.reissues, closed=state.closed)


RUNNERS: dict[str, Callable[[Case], None]] = {
    "archive": _archive,
    "ballot": _ballot,
    "certificates": _certificates,
    "choice": _choice,
    "credential": _credential,
    "credentials": _credentials,
    "decryption-key": _decryption_key,
    "election": _election,
    "element": _element,
    "partial-decryption": _partial_decryption,
    "possession": _possession,
    "register": _register,
    "share": _share,
    "signature": _signature,
    "trustees": _trustees,
}
