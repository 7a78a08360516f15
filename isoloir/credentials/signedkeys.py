"""Keys that were issued again, verified before they count: whoever only writes into the database makes none of them live.

A key of generation 1 or more is worth its chain: each key of the slot since the issued one proved, and signed by the portal
and by the registrar, for that slot and in place of the key before (docs/specification/reissue.md R3). The public keys that
judge are not in the database: the portal's comes from its secret file, the registrar's from the setting REGISTRAR_KEY.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.register import is_signed, reissue_message, verify_new_key
from isoloir_protocol.register_lines import SIGNATURE

from isoloir.elections.models import Contest

from .errors import KeyNotSigned
from .models import SlotKey
from .registrar_client import portal_signing_key

STEP_FIELDS = ("pk", "generation", "public_key", "possession", "portal_signature", "registrar_signature")


@dataclass(frozen=True, slots=True)
class Step:
    """A key of a slot as the database has it, in the order of STEP_FIELDS; keys and signatures in hex."""

    pk: int
    generation: int
    public_key: str
    possession: Any
    portal: str
    registrar: str


def signed_steps(*, uuid: str, slot: str, steps: Sequence[Step]) -> int:
    """Return how many of the slot's keys, from the issued one on, follow each other and bear all that they must."""
    if not steps or steps[0].generation != 0:
        return 0
    signers = None
    for number, step in enumerate(steps[1:], start=1):
        signers = signers or (portal_signing_key().verify_key.encode().hex(), settings.REGISTRAR_KEY)
        previous = steps[number - 1].public_key
        if step.generation != number or not _is_right(step, uuid, slot, previous, signers):
            return number
    return len(steps)


def require_signed(*, uuid: str, slot: str, steps: Sequence[Step]) -> None:
    """Raises KeyNotSigned unless every key of the slot is worth something; a slot never re-issued costs nothing."""
    if not steps or signed_steps(uuid=uuid, slot=slot, steps=steps) != len(steps):
        raise KeyNotSigned(uuid)


def _is_right(step: Step, uuid: str, slot: str, previous: str, signers: tuple[str, str]) -> bool:
    try:
        key = Element.parse_key(step.public_key)
        message = reissue_message(
            uuid=uuid, slot=slot, generation=step.generation, previous=Element.parse_key(previous), key=key
        )
        verify_new_key(key=key, message=message, proof=ordered_proof(step.possession))
    except ProtocolError:
        return False
    signatures = (step.portal, step.registrar)
    return all(
        SIGNATURE.fullmatch(signature) is not None and is_signed(key=signer, message=message, signature=signature)
        for signer, signature in zip(signers, signatures, strict=True)
    )


def ordered_proof(possession: Any) -> Any:
    """Return the members of a proof in their one order: PostgreSQL keeps those of its JSON in an order of its own.

    Whatever is not made of these two members is returned as it is, for the reader to refuse.
    """
    if isinstance(possession, dict) and set(possession) == {"challenge", "response"}:
        return {member: possession[member] for member in ("challenge", "response")}
    return possession


def signed_live_keys(contest: Contest) -> dict[int, tuple[int, str]]:
    """Return the generation and live key of every slot of the contest issued again, by slot, in one query.

    Raises KeyNotSigned at the first that is not worth its place.
    """
    reissued = SlotKey.objects.filter(contest=contest, generation__gt=0).values("slot")
    found = {}
    for slot, name, steps in _chains(contest, reissued):
        require_signed(uuid=contest.uuid, slot=name, steps=steps)
        found[slot] = (steps[-1].generation, steps[-1].public_key)
    return found


def unsigned_keys(contest: Contest, keys: "QuerySet[SlotKey]") -> list[int]:
    """Return which rows of the slots of `keys` are worth nothing: the first of a slot that fails, and those after it."""
    return [
        step.pk
        for _slot, name, steps in _chains(contest, keys.values("slot"))
        for step in steps[signed_steps(uuid=contest.uuid, slot=name, steps=steps) :]
    ]


def _chains(contest: Contest, slots: Any) -> Iterator[tuple[int, str, list[Step]]]:
    rows: Iterable[tuple[Any, ...]] = (
        SlotKey.objects.filter(contest=contest, slot__in=slots)
        .order_by("slot", "generation")
        .values_list("slot", "slot__name", *STEP_FIELDS)
        .iterator(chunk_size=2_000)
    )
    for (slot, name), steps in groupby(rows, key=lambda row: row[:2]):
        yield slot, name, [Step(*row[2:]) for row in steps]
