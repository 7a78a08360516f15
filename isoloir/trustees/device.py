"""What a trustee does on a device of their own: key file, messages of the ceremony, partial decryptions.

No Django, no database, no network: the state file and the answers travel by any means. The browser's page does the same
with the same key files (docs/specification/trustee-page.md).
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from isoloir_protocol import jsontext
from isoloir_protocol.channels import keys_of_seed
from isoloir_protocol.election import read_election
from isoloir_protocol.errors import FormatRefused, ProtocolError
from isoloir_protocol.group import generator_power
from isoloir_protocol.pedersen import check_certificates
from isoloir_protocol.proofs import Random, base64_hash
from isoloir_protocol.tally import make_partial_decryption, read_encrypted_tally
from isoloir_protocol.trustees import (
    decryption_key_message,
    generate_seed,
    make_certificate,
    make_polynomial,
    make_share,
    open_decryption_key,
)

#: Fewest characters of an activation passphrase, counted after NFKC.
PASSPHRASE_LENGTH: Final = 12
_KEY_FORMAT: Final = "isoloir-trustee-key"
_STATE_FORMAT: Final = "isoloir-trustee-state"
ANSWER_FORMAT: Final = "isoloir-trustee-answer"
# scrypt (RFC 7914) needs 128·n·r bytes, a little over 64 MiB: OpenSSL refuses more than 32 MiB unless told.
_COST: Final = {"n": 65536, "r": 8, "p": 1}
_MEMORY: Final = 160 * 1024 * 1024
_LONGEST_FILE: Final = 64 * 1024 * 1024
_SALT, _NONCE, _SEALED = (re.compile(f"[0-9a-f]{{{2 * size}}}", re.ASCII) for size in (16, 12, 38))
_SEED = re.compile(r"[1-9A-HJ-NP-Za-km-z]{22}", re.ASCII)


class DeviceRefused(Exception):
    """The device will not do what was asked. `code` is for machines; the sentence is in French and in English."""

    def __init__(self, code: str, french: str, english: str) -> None:
        super().__init__(f"{french} / {english}")
        self.code = code


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key a file holds. Station, group and index are bound to the sealed seed."""

    station: str
    holder: str
    group: str
    index: int

    @property
    def bound(self) -> bytes:
        return f"{self.station}|{self.group}|{self.index}".encode()


def normalise_passphrase(passphrase: str) -> str:
    """Return the passphrase that every keyboard gives (NFKC). Raises DeviceRefused (`passphrase-short`)."""
    normalised = unicodedata.normalize("NFKC", passphrase)
    if len(normalised) < PASSPHRASE_LENGTH:
        raise DeviceRefused(
            "passphrase-short",
            f"La phrase d’activation a au moins {PASSPHRASE_LENGTH} caractères.",
            f"An activation passphrase has at least {PASSPHRASE_LENGTH} characters.",
        )
    return normalised


def seal_key_file(*, holder: KeyHolder, seed: str, passphrase: str, random: Random) -> str:
    """Return the text of the key file: the seed under AES-256-GCM, its key from the passphrase by scrypt."""
    salt, nonce = random(16), random(12)
    cipher = AESGCM(_derived(normalise_passphrase(passphrase), salt))
    return jsontext.canonical(
        {
            "format": _KEY_FORMAT, "version": 1, "station": holder.station, "holder": holder.holder,
            "group": holder.group, "index": holder.index,
            "kdf": {"name": "scrypt", **_COST, "salt": salt.hex()},
            "cipher": {"name": "AES-256-GCM", "nonce": nonce.hex()},
            "sealed": cipher.encrypt(nonce, seed.encode("ascii"), holder.bound).hex(),
        }
    )  # fmt: skip


def open_key_file(text: str, passphrase: str) -> tuple[KeyHolder, str]:
    """Return whose key it is, and the seed. Raises DeviceRefused (`key-file-form`, `passphrase-wrong`)."""
    holder, salt, nonce, sealed = _read_key_file(text)
    cipher = AESGCM(_derived(unicodedata.normalize("NFKC", passphrase), salt))
    try:
        seed = cipher.decrypt(nonce, sealed, holder.bound).decode("ascii", errors="replace")
    except InvalidTag:
        raise DeviceRefused(
            "passphrase-wrong",
            "Le fichier de clé ne s’ouvre pas avec cette phrase d’activation.",
            "The key file does not open with this passphrase.",
        ) from None
    if _SEED.fullmatch(seed) is None:
        raise _not_a_key_file()
    return holder, seed


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, **_COST, maxmem=_MEMORY, dklen=32)


def _read_key_file(text: str) -> tuple[KeyHolder, bytes, bytes, bytes]:
    names = ("format", "version", "station", "holder", "group", "index", "kdf", "cipher", "sealed")
    try:
        file = jsontext.members(jsontext.read(text.rstrip().encode(), limit=16 * 1024), "key file", names)
        kdf = jsontext.members(file["kdf"], "kdf", ("name", "n", "r", "p", "salt"))
        cipher = jsontext.members(file["cipher"], "cipher", ("name", "nonce"))
        holder = KeyHolder(
            station=jsontext.text(file["station"], "station"),
            holder=jsontext.text(file["holder"], "holder"),
            group=jsontext.text(file["group"], "group"),
            index=jsontext.integer(file["index"], "index", 1, 100),
        )
        salt, nonce, sealed = (
            bytes.fromhex(jsontext.text(value, "hexadecimal", pattern))
            for value, pattern in ((kdf["salt"], _SALT), (cipher["nonce"], _NONCE), (file["sealed"], _SEALED))
        )
    except (ProtocolError, UnicodeEncodeError):
        raise _not_a_key_file() from None
    known = (_KEY_FORMAT, 1, {"name": "scrypt", **_COST}, "AES-256-GCM")
    written = {name: value for name, value in kdf.items() if name != "salt"}
    if (file["format"], file["version"], written, cipher["name"]) != known:
        raise _not_a_key_file()
    return holder, salt, nonce, sealed


def _not_a_key_file() -> DeviceRefused:
    return DeviceRefused(
        "key-file-form",
        "Ce fichier n’est pas un fichier de clé d’Isoloir, ou il est abîmé.",
        "This file is not an Isoloir key file, or it is damaged.",
    )


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The trustee's state as the portal exports it (`etat.json`), its outer form checked.

    What is inside (certificates, messages, tallies) is checked by the steps that use it: the portal is not believed.
    """

    holder: KeyHolder
    size: int
    threshold: int
    step: str
    certificates: tuple[str, ...]
    vinput: str
    voutput: str
    decryptions: tuple[dict[str, Any], ...]

    def require_own_key(self, holder: KeyHolder) -> None:
        """Check that the key file belongs to this place of this bureau. Raises DeviceRefused (`other-key`)."""
        mine = self.holder
        if (holder.station, holder.group, holder.index) != (mine.station, mine.group, mine.index):
            raise DeviceRefused(
                "other-key",
                "Ce fichier de clé est celui d’un autre bureau ou d’une autre personne.",
                "This key file belongs to another station or to somebody else.",
            )


def read_state(text: str) -> DeviceState:
    """Read the state file. Raises DeviceRefused (`state-form`)."""
    try:
        if len(text) > _LONGEST_FILE:
            raise FormatRefused("too-long", limit=_LONGEST_FILE)
        # A person may have opened and saved the file again: spaces are forgiven here, as nothing is signed by its bytes.
        return _state_of(jsontext.read(jsontext.canonical(json.loads(text.lstrip("\ufeff"))).encode()))
    except (ProtocolError, ValueError, RecursionError, KeyError, TypeError):
        raise DeviceRefused(
            "state-form",
            "Ce fichier n’est pas un état de détenteur de clé (etat.json).",
            "This file is not a trustee state (etat.json).",
        ) from None


def _state_of(value: Any) -> DeviceState:
    if (value["format"], value["version"]) != (_STATE_FORMAT, 1):
        raise FormatRefused("bad-form", member="format")
    me = value["me"]
    size = jsontext.integer(me["size"], "size", 1, 100)
    certificates = jsontext.items(value["certificates"] or [], "certificates")
    decryptions = jsontext.items(value["decryptions"], "decryptions")
    return DeviceState(
        holder=KeyHolder(
            station=jsontext.text(value["station"]["code"], "code"),
            holder=jsontext.text(me["name"], "name"),
            group=jsontext.text(me["group"], "group"),
            index=jsontext.integer(me["index"], "index", 1, size),
        ),
        size=size,
        threshold=jsontext.integer(me["threshold"], "threshold", 1, size),
        step=jsontext.text(value["step"], "step"),
        certificates=tuple(jsontext.text(one, "certificate") for one in certificates),
        vinput=jsontext.text(value["vinput"] or "", "vinput"),
        voutput=jsontext.text(value["voutput"] or "", "voutput"),
        decryptions=tuple(_decryption_of(one) for one in decryptions),
    )


def _decryption_of(value: Any) -> dict[str, Any]:
    names = ("contest", "contest_name", "election_record", "encrypted_tally", "public_share")
    texts: dict[str, Any] = {name: jsontext.text(value[name], name) for name in names}
    return {**texts, "done": jsontext.boolean(value["done"], "done")}


def make_key_file(*, state: DeviceState, passphrase: str, random: Random) -> str:
    """Draw a seed and return its key file, opened once to be sure that it opens. Raises DeviceRefused."""
    seed = generate_seed(random)
    text = seal_key_file(holder=state.holder, seed=seed, passphrase=passphrase, random=random)
    if open_key_file(text, passphrase) != (state.holder, seed):
        raise _not_a_key_file()
    return text


def answer_step(*, state: DeviceState, seed: str, random: Random) -> str:
    """Do the step that is due, with all its checks; return the answer file. Raises DeviceRefused, ProtocolError."""
    if state.step == "certificate":
        text = make_certificate(
            seed=seed, index=state.holder.index, size=state.size, threshold=state.threshold, random=random
        )
    elif state.step == "polynomial":
        _require_my_certificate(state, seed)
        text = make_polynomial(seed=seed, certificates=state.certificates, random=random)
    elif state.step == "share":
        _require_my_certificate(state, seed)
        text = make_share(seed=seed, certificates=state.certificates, vinput=state.vinput, random=random)
    else:
        raise DeviceRefused(
            "nothing-due",
            "Rien n’est attendu de vous maintenant : téléchargez de nouveau l’état quand les autres auront agi.",
            "Nothing is due from you now: download the state again once the others have acted.",
        )
    return _answer(state, {"step": state.step, "text": text})


def _require_my_certificate(state: DeviceState, seed: str) -> None:
    """Check that the group is the one that this key certified: same size and threshold, and my place in it is mine."""
    checked = check_certificates(state.certificates, threshold=state.threshold)
    mine = keys_of_seed(seed).verification
    if checked.size != state.size or checked.members[state.holder.index - 1].verification != mine:
        raise DeviceRefused(
            "other-group",
            "Le certificat présenté à votre place n’est pas le vôtre : arrêtez-vous et prévenez le bureau.",
            "The certificate shown at your place is not yours: stop and tell the polling station.",
        )


def own_fingerprint(seed: str) -> str:
    """Return the fingerprint of the verification key that this seed certifies, to be read aloud (43 characters)."""
    return base64_hash(keys_of_seed(seed).verification.text.encode("ascii"))


def group_fingerprints(state: DeviceState) -> list[str]:
    """Return every member's fingerprint in order of index, to be compared from screen to screen; none before step 2.

    A portal that showed other certificates to some members would be found out here. Raises ProtocolError.
    """
    if not state.certificates:
        return []
    checked = check_certificates(state.certificates, threshold=state.threshold)
    return [base64_hash(member.verification.text.encode("ascii")) for member in checked.members]


def answer_decryptions(*, state: DeviceState, seed: str, random: Random) -> dict[str, str]:
    """Decrypt the total of every contest that awaits it; return the answer file of each, by contest.

    Raises DeviceRefused (`nothing-due`, `other-share`), ProtocolError.
    """
    waiting = [one for one in state.decryptions if not one["done"]]
    if not waiting or not state.voutput:
        raise DeviceRefused(
            "nothing-due", "Aucun dépouillement n’attend votre clé.", "No count is waiting for your key."
        )
    secret = open_decryption_key(seed=seed, message=decryption_key_message(state.voutput))
    return {one["contest"]: _answer(state, _decrypted(one, secret, random)) for one in waiting}


def _decrypted(one: dict[str, Any], secret: int, random: Random) -> dict[str, str]:
    election = read_election(one["election_record"].encode())
    if generator_power(secret).text != one["public_share"] or election.uuid != one["contest"]:
        raise DeviceRefused(
            "other-share",
            "Votre part de clé n’est pas celle que l’élection attend : arrêtez-vous et prévenez le bureau.",
            "Your share of the key is not the one that the election expects: stop and tell the polling station.",
        )
    tally = read_encrypted_tally(election=election, text=one["encrypted_tally"])
    text = make_partial_decryption(election=election, tally=tally, secret=secret, random=random)
    return {"step": "decryption", "contest": one["contest"], "text": text}


def _answer(state: DeviceState, message: dict[str, str]) -> str:
    return jsontext.canonical({"format": ANSWER_FORMAT, "version": 1, "station": state.holder.station, **message})
