"""A trustee's device: the key file opens with its passphrase alone, and each step is refused when something is wrong."""

import itertools
import json
import os
import unicodedata

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.tally import compute_result, verify_partial_decryption

from isoloir.trustees.device import (
    DeviceRefused,
    KeyHolder,
    answer_decryptions,
    answer_step,
    make_key_file,
    normalise_passphrase,
    open_key_file,
    read_state,
    seal_key_file,
)
from tests.trustees.ceremonies import STEPS, PlayedGroup, counted_election

HOLDER = KeyHolder(station="bvec", holder="Mme Anne L’ÉCUYER", group="delegates", index=2)
SEED = "3vQB7B6MrGQZaxCuFg4oHk"
PASSPHRASE = "cheval agrafe île"


def counting_random():
    """Bytes that are known beforehand, for vectors."""
    numbers = itertools.count()
    return lambda size: bytes(next(numbers) % 256 for _byte in range(size))


def state_of(group: PlayedGroup, index: int, step: str):
    return read_state(json.dumps(group.state(index, step)))


def test_key_file_is_the_one_of_the_contract_byte_for_byte():
    text = seal_key_file(holder=HOLDER, seed=SEED, passphrase=PASSPHRASE, random=counting_random())
    salt, nonce = bytes(range(16)), bytes(range(16, 28))
    # Derived a second time by another implementation of RFC 7914.
    key = Scrypt(salt=salt, length=32, n=65536, r=8, p=1).derive(unicodedata.normalize("NFKC", PASSPHRASE).encode())
    sealed = AESGCM(key).encrypt(nonce, SEED.encode(), b"bvec|delegates|2")
    assert text == (
        '{"format":"isoloir-trustee-key","version":1,"station":"bvec","holder":"Mme Anne L’ÉCUYER","group":"delegates",'
        f'"index":2,"kdf":{{"name":"scrypt","n":65536,"r":8,"p":1,"salt":"{salt.hex()}"}},'
        f'"cipher":{{"name":"AES-256-GCM","nonce":"{nonce.hex()}"}},"sealed":"{sealed.hex()}"}}'
    )


def test_key_file_opens_however_the_accents_were_typed():
    text = seal_key_file(
        holder=HOLDER, seed=SEED, passphrase=unicodedata.normalize("NFD", PASSPHRASE), random=os.urandom
    )
    assert open_key_file(text + "\n", unicodedata.normalize("NFC", PASSPHRASE)) == (HOLDER, SEED)


def test_wrong_passphrase_is_refused_without_a_word_of_it():
    text = seal_key_file(holder=HOLDER, seed=SEED, passphrase=PASSPHRASE, random=os.urandom)
    with pytest.raises(DeviceRefused) as refused:
        open_key_file(text, "une autre phrase secrète")
    assert refused.value.code == "passphrase-wrong"
    assert "une autre" not in str(refused.value)


@pytest.mark.parametrize("phrase", ["", "onze lettre", "é" * 11, "e\u0301" * 11])
def test_short_passphrase_is_refused(phrase):
    with pytest.raises(DeviceRefused) as refused:
        normalise_passphrase(phrase)
    assert refused.value.code == "passphrase-short"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("station", "autre"),
        ("group", "chair"),
        ("index", 3),
        ("sealed", "00" * 38),
        ("version", 2),
        ("sealed", "AB" * 38),
    ],
)
def test_changed_key_file_does_not_open(member, value):
    file = json.loads(seal_key_file(holder=HOLDER, seed=SEED, passphrase=PASSPHRASE, random=os.urandom))
    changed = json.dumps({**file, member: value}, ensure_ascii=False, separators=(",", ":"))
    with pytest.raises(DeviceRefused):
        open_key_file(changed, PASSPHRASE)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", "\ud800", "{" * 3000, '{"format":"isoloir-trustee-key"}'])
def test_what_is_not_a_key_file_is_refused(text):
    with pytest.raises(DeviceRefused) as refused:
        open_key_file(text, PASSPHRASE)
    assert refused.value.code == "key-file-form"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "[" * 5000, '{"format":"isoloir-trustee-state","version":1}', "1e999"]
)
def test_what_is_not_a_state_is_refused(text):
    with pytest.raises(DeviceRefused) as refused:
        read_state(text)
    assert refused.value.code == "state-form"


def test_made_key_file_names_its_holder():
    state = state_of(PlayedGroup(), 2, "certificate")
    holder, _seed = open_key_file(make_key_file(state=state, passphrase=PASSPHRASE, random=os.urandom), PASSPHRASE)
    assert holder == state.holder
    state.require_own_key(holder)


def test_key_of_another_place_is_refused():
    group = PlayedGroup()
    with pytest.raises(DeviceRefused) as refused:
        state_of(group, 1, "certificate").require_own_key(state_of(group, 2, "certificate").holder)
    assert refused.value.code == "other-key"


def test_devices_make_a_key_and_decrypt_a_total_together():
    group = PlayedGroup().play(*STEPS)
    election, tally = counted_election(group, [0, 1, 1, 2, 1])
    trustees = group.trustees()
    shares = {}
    for owner in (1, 3):
        group.decryptions[0] |= {"owner": owner, "public_share": trustees.owners[owner - 1].text}
        answers = answer_decryptions(
            state=state_of(group, owner, "ready"), seed=group.seeds[owner - 1], random=os.urandom
        )
        text = json.loads(answers[election.uuid])["text"]
        shares[owner] = verify_partial_decryption(
            election=election, tally=tally, public_share=trustees.owners[owner - 1], text=text
        )
    assert compute_result(election=election, tally=tally, trustees=trustees, shares=shares).counts == ((1, 3, 1),)


@pytest.mark.parametrize("step", ["wait", "ready", "something"])
def test_nothing_is_done_when_nothing_is_due(step):
    with pytest.raises(DeviceRefused) as refused:
        answer_step(state=state_of(PlayedGroup(), 1, step), seed=SEED, random=os.urandom)
    assert refused.value.code == "nothing-due"


def test_polynomial_is_not_made_when_my_certificate_was_replaced():
    group = PlayedGroup().play("certificate")
    impostor = PlayedGroup().play("certificate")
    group.messages["certificate"][0] = impostor.messages["certificate"][0]
    with pytest.raises(DeviceRefused) as refused:
        group.answer(1, "polynomial")
    assert refused.value.code == "other-group"


def test_polynomial_is_not_made_for_a_lower_threshold_than_certified():
    group = PlayedGroup(size=3, threshold=2).play("certificate")
    group.threshold = 1
    with pytest.raises(ProtocolError):
        group.answer(1, "polynomial")


def test_share_is_not_made_from_a_wrong_secret():
    group = PlayedGroup().play("certificate", "polynomial")
    vinput = json.loads(group.routed(1))
    vinput["secrets"][1], vinput["secrets"][2] = vinput["secrets"][2], vinput["secrets"][1]
    state = group.state(1, "share") | {"vinput": json.dumps(vinput, separators=(",", ":"))}
    with pytest.raises(ProtocolError):
        answer_step(state=read_state(json.dumps(state)), seed=group.seeds[0], random=os.urandom)


def test_total_is_not_decrypted_with_another_share_than_the_one_published():
    group = PlayedGroup().play(*STEPS)
    counted_election(group, [1])
    group.decryptions[0]["public_share"] = group.trustees().owners[1].text
    with pytest.raises(DeviceRefused) as refused:
        answer_decryptions(state=state_of(group, 1, "ready"), seed=group.seeds[0], random=os.urandom)
    assert refused.value.code == "other-share"


def test_total_of_another_contest_than_named_is_not_decrypted():
    group = PlayedGroup().play(*STEPS)
    counted_election(group, [1])
    group.decryptions[0]["contest"] = "../../etc/passwd"
    with pytest.raises(DeviceRefused) as refused:
        answer_decryptions(state=state_of(group, 1, "ready"), seed=group.seeds[0], random=os.urandom)
    assert refused.value.code == "other-share"
