"""Keys that wait for their signatures: each sealed to its contest's link key, with the attempt that it is of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.register import reissue_message, verify_new_key
from nacl.exceptions import CryptoError

from isoloir.credentials.errors import CredentialRefused, ReissueRefused
from isoloir.credentials.links import Place, link_box
from isoloir.credentials.models import PendingKey, Reissue, SlotKey
from isoloir.credentials.registrar_client import Entry, portal_signing_key
from isoloir.roll.models import RollEntry


class PendingUnreadable(CredentialRefused):
    """A pending key does not open any more: which attempt it is of, nobody can tell."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One pending key as it was sealed: its entry of the roll, its slot, its attempt (32 hex), and what both sign."""

    roll_entry: int
    slot: int
    attempt: str
    entry: Entry


def new_row(entry: Entry, *, slot: int, contest: int, signature: str) -> SlotKey:
    return SlotKey(
        slot_id=slot, contest_id=contest, generation=entry["generation"], public_key=entry["key"],
        possession=dict(entry["possession"]), portal_signature=entry["portal"], registrar_signature=signature,
    )  # fmt: skip


def sealed_key(roll_entry: RollEntry, place: Place, given: Mapping[str, Any], attempt: str) -> bytes:
    """Check the new key and its proof, sign for the portal, and seal what is pending. Raises ReissueRefused."""
    contest = roll_entry.contest
    try:
        key = Element.parse_key(given["key"])
        message = reissue_message(
            uuid=contest.uuid, slot=place.name, generation=place.generation + 1,
            previous=Element.parse(place.live_key), key=key,
        )  # fmt: skip
        verify_new_key(key=key, message=message, proof=given["possession"])
    except ProtocolError:
        raise ReissueRefused("keys_refused") from None
    if SlotKey.objects.filter(contest=contest, public_key=key.text).exists():
        raise ReissueRefused("keys_refused")
    entry = Entry(
        contest=contest.uuid, slot=place.name, generation=place.generation + 1, previous=place.live_key, key=key.text,
        possession=given["possession"], portal=portal_signing_key().sign(message.encode()).signature.hex(),
    )  # fmt: skip
    content = {"slot": place.slot, "attempt": attempt, "entry": entry}
    return bytes(link_box(contest).encrypt(json.dumps(content).encode()))


def opened_keys(reissue: Reissue) -> list[Pending]:
    """Return the pending keys of the re-issue, opened with the link keys of their contests, in the order of the roll.

    Raises PendingUnreadable.
    """
    opened = []
    for row in PendingKey.objects.filter(reissue=reissue).select_related("entry__contest").order_by("entry"):
        try:
            content = json.loads(link_box(row.entry.contest).decrypt(bytes(row.sealed)))
            sealed = Pending(row.entry_id, content["slot"], content["attempt"], cast("Entry", content["entry"]))
        except (CryptoError, ValueError, LookupError, TypeError):
            raise PendingUnreadable(str(reissue.pk)) from None
        opened.append(sealed)
    return opened
