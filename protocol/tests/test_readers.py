"""No input makes a reader do anything but accept it or refuse it with a `ProtocolError`."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import archives, ballots, texts, trustees
from generator.cases import Stream
from isoloir_protocol import jsontext
from isoloir_protocol.archive import read_archive
from isoloir_protocol.ballots import LONGEST_BALLOT, verify_ballot
from isoloir_protocol.ceremony import finish_ceremony, make_share, open_decryption_key, route_polynomials
from isoloir_protocol.credentials import check_uuid, normalise_code, read_credentials
from isoloir_protocol.election import read_election
from isoloir_protocol.errors import FormatRefused, ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.pedersen import check_certificates
from isoloir_protocol.possession import verify_possession
from isoloir_protocol.proofs import Proof
from isoloir_protocol.signatures import verify_message
from isoloir_protocol.tally import (
    encrypted_tally_text,
    read_encrypted_tally,
    read_result,
    read_sized_tally,
    sized_tally_text,
    verify_partial_decryption,
)
from isoloir_protocol.trustees import read_trustees
from isoloir_protocol.verify import verify_stream

PLAYED = archives.play()
ELECTION = read_election(PLAYED.election)
BALLOT_ELECTION = read_election(ballots.ELECTION)
GROUP = trustees.GROUP


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="surrogateescape")


def _share(raw: bytes) -> None:
    make_share(seed=GROUP.seeds[0], certificates=GROUP.certificates, vinput=_text(raw), random=Stream("x"))


READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "election": (read_election, PLAYED.election),
    "credentials": (read_credentials, PLAYED.credentials),
    "trustees": (read_trustees, trustees.build_trustees([("Pedersen", GROUP.parameters)])),
    "ballot": (lambda raw: verify_ballot(election=BALLOT_ELECTION, text=raw), ballots.GOOD),
    "tally": (
        lambda raw: read_encrypted_tally(election=ELECTION, text=raw),
        encrypted_tally_text(PLAYED.tally).encode(),
    ),
    "sized tally": (read_sized_tally, sized_tally_text(PLAYED.tally).encode()),
    "partial decryption": (
        lambda raw: verify_partial_decryption(
            election=ELECTION, tally=PLAYED.tally, public_share=texts.generator_power(archives.KEY), text=raw
        ),
        PLAYED.shares[1].encode(),
    ),
    "result": (lambda raw: read_result(election=ELECTION, text=raw), PLAYED.result.encode()),
    "certificate": (
        lambda raw: check_certificates([GROUP.certificates[0], _text(raw)], threshold=2),
        GROUP.certificates[1].encode(),
    ),
    "polynomial": (
        lambda raw: route_polynomials(certificates=GROUP.certificates, polynomials=[GROUP.polynomials[0], _text(raw)]),
        GROUP.polynomials[1].encode(),
    ),
    "vinput": (_share, GROUP.vinputs[0].encode()),
    "voutput": (
        lambda raw: finish_ceremony(
            certificates=GROUP.certificates, polynomials=GROUP.polynomials, shares=[GROUP.shares[0], _text(raw)]
        ),
        GROUP.shares[1].encode(),
    ),
    "decryption key": (
        lambda raw: open_decryption_key(seed=GROUP.seeds[0], message=_text(raw)),
        trustees.decryption_key_message(GROUP.shares[0]).encode(),
    ),
}
#: Names, lists of credentials, tallies and counts are not signed by themselves: other values of them may be valid. What
#: trustees encrypt in a polynomial or a voutput, the server passes on; only its recipient can tell.
NOT_BOUND = {"election", "credentials", "sized tally", "result", "tally", "polynomial", "voutput"}
reader_names = st.sampled_from(sorted(READERS))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("1") | st.just(texts.TORSION_8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def accepted_or_refused(name: str, raw: bytes) -> bool:
    try:
        READERS[name][0](raw)
    except ProtocolError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(READERS))
def test_reader_accepts_what_was_made(name: str) -> None:
    assert accepted_or_refused(name, READERS[name][1])


@given(reader_names, st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(name: str, raw: bytes) -> None:
    assert not accepted_or_refused(name, raw) or raw == b"[]"


@given(reader_names, json_values)
def test_arbitrary_json_crashes_no_reader(name: str, value: Any) -> None:
    raw = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
    accepted_or_refused(name, raw)


@given(reader_names, st.data())
def test_one_changed_byte_is_refused(name: str, data: st.DataObject) -> None:
    raw = bytearray(READERS[name][1])
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    accepted = accepted_or_refused(name, bytes(raw))
    assert not accepted or name in NOT_BOUND


@given(reader_names, json_values, st.data())
def test_any_value_at_any_place_crashes_no_reader(name: str, value: Any, data: st.DataObject) -> None:
    whole = json.loads(READERS[name][1])
    where = whole
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(where[key], dict | list) and data.draw(st.booleans()):
            where = where[key]
            continue
        where[key] = value
        break
    raw = json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
    accepted_or_refused(name, raw)


@given(st.binary(max_size=1200))
def test_arbitrary_file_is_reported(raw: bytes) -> None:
    assert verify_stream(io.BytesIO(raw)).fault is not None


@given(st.data())
def test_one_changed_byte_of_an_archive_is_reported(data: st.DataObject) -> None:
    raw = bytearray(archives.written(PLAYED.events()))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    assert verify_stream(io.BytesIO(bytes(raw))).fault is not None
    try:
        read_archive(bytes(raw))
    except ProtocolError:
        return
    pytest.fail("the container holds a hash of every record")


@given(st.text())
def test_small_texts_crash_nothing(text: str) -> None:
    for read in (Element.parse, Element.parse_key, normalise_code, check_uuid, Proof.read):
        try:
            read(text)
        except ProtocolError:
            continue


@given(json_values, st.text())
def test_odd_proofs_are_refused(proof: Any, text: str) -> None:
    key = texts.generator_power(3)
    with pytest.raises(ProtocolError):
        verify_possession(credential=key, challenge=text, uuid=texts.UUID, proof=proof)
    with pytest.raises(ProtocolError):
        verify_message(public_key=key, message=text, proof=proof)


def test_too_long_ballot_is_refused_before_parsing() -> None:
    with pytest.raises(FormatRefused, match="too-long"):
        verify_ballot(election=BALLOT_ELECTION, text=b" " * (LONGEST_BALLOT + 1))


def test_reading_deep_in_the_stack_is_refused_too() -> None:
    def deeper(levels: int) -> Any:
        return deeper(levels - 1) if levels else jsontext.read(b"[" * 900 + b'{"a": 1}' + b"]" * 900)

    for levels in range(0, 100, 3):
        with pytest.raises(FormatRefused):
            deeper(levels)


@given(json_values.filter(lambda value: value == value))
def test_canonical_text_comes_back(value: Any) -> None:
    try:
        raw = jsontext.canonical(value).encode()
        assert jsontext.read(raw) == value
    except (FormatRefused, ValueError):
        assert "float" in _types(value) or _has_long_number(value) or _has_surrogate(value)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [one for item in value for one in _flat(item)]
    if isinstance(value, dict):
        return [one for pair in value.items() for item in pair for one in _flat(item)]
    return [value]


def _types(value: Any) -> set[str]:
    return {type(one).__name__ for one in _flat(value)}


def _has_long_number(value: Any) -> bool:
    return any(type(one) is int and len(str(one)) > 10 for one in _flat(value))


def _has_surrogate(value: Any) -> bool:
    return any(type(one) is str and any("\ud800" <= sign <= "\udfff" for sign in one) for one in _flat(value))
