"""The register as the portal and the registrar use it: line after line, checked before it is signed."""

import io
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import registers
from generator.cases import Stream
from generator.registers import FIRST, SECOND, batch, closing, entry, good, opening, published, sealing, written
from generator.texts import UUID
from isoloir_protocol import jsontext, register
from isoloir_protocol.base58 import random_base58
from isoloir_protocol.credentials import read_credentials
from isoloir_protocol.errors import FormatRefused, ProtocolError, RegisterRefused
from isoloir_protocol.group import generator_power
from isoloir_protocol.jsontext import canonical
from isoloir_protocol.register import (
    MOST_ENTRIES,
    RegisterReader,
    closing_line,
    is_signed,
    line_hash,
    line_message,
    opening_line,
    reissue_message,
    reissues_line,
    signed_text,
    unsigned_text,
    verify_register,
)


def read(*texts: str) -> RegisterReader:
    reader = RegisterReader()
    for text in texts:
        reader.take(text.encode())
    return reader


def test_messages_are_those_of_the_specification() -> None:
    first, second = generator_power(11), generator_power(21)
    message = reissue_message(uuid=UUID, slot=FIRST, generation=1, previous=first, key=second)
    assert message == f"isoloir-reissue|{UUID}|{FIRST}|1|{first.text}|{second.text}"
    digest = "a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e"
    assert line_message(uuid=UUID, unsigned="Hello World") == f"isoloir-register|{UUID}|{digest}"
    with pytest.raises(RegisterRefused, match="bad-slot"):
        reissue_message(uuid=UUID, slot="a|b", generation=1, previous=first, key=second)


def test_lines_have_the_members_of_the_specification() -> None:
    texts = published(good())
    assert texts[0].startswith(f'{{"height":0,"type":"Opening","contest":"{UUID}","limit":3,"portal":"')
    assert texts[1].startswith(f'{{"parent":"{line_hash(texts[0])}","height":1,"type":"Reissues","entries":[{{"slot":"')
    assert texts[2].startswith(f'{{"parent":"{line_hash(texts[1])}","height":2,"type":"Sealing","fingerprint":"')
    assert texts[4].startswith(f'{{"parent":"{line_hash(texts[3])}","height":4,"type":"Closing","credentials":"')
    assert all(text.endswith('"}}') and '"signatures":{"portal":"' in text for text in texts)


def test_builders_sort_and_unsigned_text_leaves_the_signatures_out() -> None:
    pairs = [("b" * 22, "1"), ("a" * 22, "2")]
    line = opening_line(uuid=UUID, limit=3, portal="00", registrar=None, slots=pairs)
    assert line["slots"] == [["a" * 22, "2"], ["b" * 22, "1"]]
    assert "registrar" not in line
    signed = signed_text(line, portal="11", registrar=None)
    assert unsigned_text(jsontext.read(signed.encode())) == unsigned_text(line) == canonical(line)
    both = batch(entry(SECOND, 1, 12, 22), entry(FIRST, 1, 11, 21))
    assert [one["slot"] for one in both["entries"]] == [FIRST, SECOND]
    for wrong in ([], [entry(FIRST, 1, 11, 21)] * (MOST_ENTRIES + 1)):
        with pytest.raises(ValueError, match="1 to 10000"):
            reissues_line(parent="", height=1, entries=wrong)


def test_state_gives_the_credentials_record_of_the_archive() -> None:
    state = verify_register(io.BytesIO(written(published(good()))))
    assert state.closed
    assert state.credentials_record() == registers.credentials(registers.LIVE)
    assert set(read_credentials(state.credentials_record()).weights) == {key for _, key in state.live.values()}
    assert state.dead == {generator_power(11).text: (FIRST, 0), generator_power(12).text: (SECOND, 0)}


def test_a_line_is_checked_before_it_is_signed_and_leaves_the_state() -> None:
    texts = published(good())
    reader = read(*texts[:3])
    before = deepcopy(reader.state)
    line = jsontext.read(texts[3].encode())
    reader.check_unsigned(unsigned_text(line).encode())
    assert reader.state == before
    with pytest.raises(FormatRefused, match="unknown-member"):
        reader.check_unsigned(texts[3].encode())
    line["entries"][0]["generation"] = 2
    with pytest.raises(RegisterRefused, match="generation-skipped"):
        reader.check_unsigned(unsigned_text(line).encode())
    early = closing_line(
        parent=reader.state.head, height=3, credentials=registers.credentials((21, 12, 13)), reissues=2
    )
    with pytest.raises(RegisterRefused, match="register-wrong-count"):
        reader.check_unsigned(unsigned_text(early).encode())


def test_a_refused_line_changes_nothing() -> None:
    texts = published(good())
    reader = read(*texts[:3])
    before = deepcopy(reader.state)
    two = published([*good()[:3], batch(entry(SECOND, 1, 12, 22), entry(FIRST, 2, 21, 31, proved_by=32))])
    with pytest.raises(ProtocolError, match="wrong-reissue-possession"):
        reader.take(two[3].encode())
    wrong = published(good(), forge=3, registrar=registers.STRANGER)
    with pytest.raises(RegisterRefused, match="line-registrar-signature-wrong"):
        reader.take(wrong[3].encode())
    assert reader.state == before
    # Nor does the reader remember keys of what it refused.
    for text in texts[3:]:
        reader.take(text.encode())
    assert reader.finish().closed


def test_a_reader_goes_on_from_a_state() -> None:
    lines = [opening(), batch(entry(FIRST, 1, 11, 21)), sealing(), batch(entry(SECOND, 1, 12, 11))]
    texts = published(lines)
    state = read(*texts[:3]).state
    with pytest.raises(RegisterRefused, match="key-used-twice"):
        RegisterReader(state).take(texts[3].encode())
    again = RegisterReader(state)
    for text in published(good())[3:]:
        again.take(text.encode())
    assert again.finish().reissues == 2


def test_only_the_right_signature_is_one() -> None:
    key, message = registers.public(registers.PORTAL), "texte"
    signature = registers.sign(registers.PORTAL, message)
    assert is_signed(key=key, message=message, signature=signature)
    assert not is_signed(key=key, message="texts", signature=signature)
    assert not is_signed(key=registers.public(registers.REGISTRAR), message=message, signature=signature)
    assert not is_signed(key="01" + "00" * 31, message=message, signature="01" + "00" * 63)


@pytest.mark.parametrize(("lines", "limit"), [([], "LONGEST_OPENING"), (good()[:1], "LONGEST_LINE")])
def test_a_line_that_is_too_long_is_not_read(lines: list[Any], limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "LONGEST_LINE", 4000)
    if not lines:
        monkeypatch.setattr(register, "LONGEST_OPENING", 4000)
    raw = written(published(lines)) + b'"' + b"x" * 5000
    for end in (b'"\n', b""):
        with pytest.raises(FormatRefused, match="longer than 4000 bytes"):
            verify_register(io.BytesIO(raw + end))


def test_an_opening_of_200_000_slots_is_read_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 19 MB. Membership of keys is checked elsewhere; here it is the size that matters."""
    monkeypatch.setattr(register.Element, "parse_key", staticmethod(lambda text: text))
    random = Stream("many slots")
    slots = [(random_base58(22, random), random(32).hex()) for _ in range(200_000)]
    portal = registers.public(registers.PORTAL)
    (text,) = published(
        [opening_line(uuid=UUID, limit=3, portal=portal, registrar=registers.public(registers.REGISTRAR), slots=slots)]
    )
    assert 18_000_000 < len(text) < register.LONGEST_OPENING
    state = verify_register(io.BytesIO(written([text])))
    assert len(state.live) == 200_000
    # Two million slots fit as well.
    assert len(text) * 10 < register.LONGEST_OPENING


def test_the_longest_batch_fits_in_a_line() -> None:
    longest = len(canonical(entry("z" * 22, 3, 11, 21) | {"generation": register.MOST_REISSUES})) + 10
    assert longest * MOST_ENTRIES < register.LONGEST_LINE


@given(position=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
def test_no_byte_of_a_register_can_be_changed(position: int, byte: int) -> None:
    place = position % len(GOOD)
    changed = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    if changed == GOOD:
        return
    with pytest.raises(ProtocolError):
        verify_register(io.BytesIO(changed))


@given(end=st.integers(min_value=0))
def test_a_shorter_register_is_never_closed(end: int) -> None:
    shorter = GOOD[: end % len(GOOD)]
    if shorter and shorter.endswith(b"\n"):
        assert not verify_register(io.BytesIO(shorter)).closed
    else:
        with pytest.raises(RegisterRefused, match="register-truncated" if shorter else "register-empty"):
            verify_register(io.BytesIO(shorter))


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda s: (
            st.lists(s)
            | st.dictionaries(
                st.sampled_from(["height", "type", "contest", "limit", "slots", "signatures", "portal"]), s
            )
        ),
    )
)
def test_any_value_is_refused_and_never_crashes(value: Any) -> None:
    with pytest.raises(ProtocolError):
        RegisterReader().take(canonical(value).encode("utf-8", errors="surrogatepass"))


def test_members_of_another_type_are_refused_and_never_crash() -> None:
    """Each member of each line in turn becomes each other kind of value."""
    texts = published([opening(), batch(entry(FIRST, 1, 11, 21)), sealing(), closing((21, 12, 13), 1)])
    for height, text in enumerate(texts):
        reader = read(*texts[:height])
        line = jsontext.read(text.encode())
        targets = [line, *(one for one in line.get("entries", []))]
        for target in targets:
            for member, kept in list(target.items()):
                for other in (None, True, -1, 7, "x", [], [[]], {}, {"portal": 1}):
                    target[member] = other
                    with pytest.raises(ProtocolError):
                        reader.take(canonical(line).encode())
                target[member] = kept
        reader.take(canonical(line).encode())


GOOD = written(published(good()))
