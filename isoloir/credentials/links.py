"""The link key: what joins a roll entry and its slot, outside the database, until closing destroys it.

Each contest has an X25519 key pair. The credential authority seals every slot to the public half (libsodium sealed box),
the portal keeps the private half in a file of its own (docs/mechanisms/link-key.md).
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from isoloir_protocol.credentials import build_credentials
from isoloir_protocol.group import Element
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from isoloir.common.secretfiles import SecretMissing, create_secret, destroy_secret, read_secret
from isoloir.elections.models import Contest
from isoloir.roll.models import RollEntry

from .errors import CodeNotIssued, KeyChanging, KeyNotSigned, LinkKeyDestroyed, ReplacedCode, WrongCode
from .models import PendingKey, SlotKey, SlotLink
from .signedkeys import STEP_FIELDS, Step, require_signed, signed_live_keys


def _secret_name(contest: Contest) -> str:
    return f"link-keys/{contest.uuid}"


def ensure_link_key(contest: Contest) -> str:
    """Make the contest's link key at first use; return its public half in hexadecimal."""
    create_secret(_secret_name(contest), bytes(PrivateKey.generate()))
    return bytes(_link_key(contest).public_key).hex()


def destroy_link_key(contest: Contest) -> None:
    """Destroy the private half: from then on no roll entry can be joined with a slot."""
    destroy_secret(_secret_name(contest))


def has_link_key(contest: Contest) -> bool:
    try:
        read_secret(_secret_name(contest))
    except SecretMissing:
        return False
    return True


def _link_key(contest: Contest) -> PrivateKey:
    try:
        return PrivateKey(read_secret(_secret_name(contest)))
    except SecretMissing:
        raise LinkKeyDestroyed(contest.uuid) from None


def link_box(contest: Contest) -> SealedBox[PrivateKey]:
    """Return the box that opens the contest's links. Raises LinkKeyDestroyed."""
    return SealedBox(_link_key(contest))


def open_slot(contest: Contest, link: SlotLink) -> str:
    """Return the name of the slot that `link` seals. Raises LinkKeyDestroyed, CodeNotIssued (a box that does not open)."""
    try:
        return link_box(contest).decrypt(bytes(link.sealed_slot)).decode("ascii")
    except (CryptoError, UnicodeDecodeError):
        raise CodeNotIssued(contest.uuid) from None


@dataclass(frozen=True, slots=True)
class Place:
    """A voter's place in one contest, opened: its slot, and its keys from the issued one to the live one, not verified."""

    slot: int
    name: str
    steps: tuple[Step, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The public keys, 64 hex each."""
        return tuple(step.public_key for step in self.steps)

    @property
    def live_key(self) -> str:
        return self.steps[-1].public_key

    @property
    def generation(self) -> int:
        """The generation of the live key."""
        return self.steps[-1].generation


def places_of(entries: list[RollEntry]) -> dict[int, Place]:
    """Return the place of each entry, in two queries however many contests a voter has (1 to 7).

    Raises CodeNotIssued, LinkKeyDestroyed.
    """
    links = SlotLink.objects.in_bulk([entry.pk for entry in entries])
    slots: dict[tuple[int, str], int] = {}
    for entry in entries:
        if entry.pk not in links:
            raise CodeNotIssued(entry.contest.uuid)
        slots[entry.contest_id, open_slot(entry.contest, links[entry.pk])] = entry.pk
    rows = (
        SlotKey.objects.filter(slot__name__in={name for _contest, name in slots}, contest__in={key for key, _ in slots})
        .order_by("generation")
        .values_list("contest", "slot", "slot__name", *STEP_FIELDS)
    )
    places: dict[int, Place] = {}
    for contest, slot, name, *step in rows:
        former = places[slots[contest, name]].steps if slots[contest, name] in places else ()
        places[slots[contest, name]] = Place(slot, name, (*former, Step(*step)))
    if len(places) != len(entries):
        raise CodeNotIssued(entries[0].contest.uuid)
    return places


def live_key(entry: RollEntry) -> str:
    """Return the live public key (64 hex) of the voter's place in the contest. Raises CodeNotIssued, LinkKeyDestroyed."""
    return places_of([entry])[entry.pk].live_key


def require_live_key(entry: RollEntry, credential: str) -> None:
    """Refuse a ballot under any key but the live one of the voter's own place.

    Raises KeyChanging while a new key of that place waits for its signatures, KeyNotSigned when its keys are not worth
    anything, ReplacedCode under a former key of it, WrongCode under any other.
    """
    if PendingKey.objects.filter(entry=entry).exists():
        raise KeyChanging(entry.contest.uuid)
    place = places_of([entry])[entry.pk]
    require_signed(uuid=entry.contest.uuid, slot=place.name, steps=place.steps)
    # Public keys are public: there is nothing secret to compare in constant time here.
    if credential in place.keys[:-1]:
        raise ReplacedCode(entry.contest.uuid)
    if place.live_key != credential:
        raise WrongCode(entry.contest.uuid)


def live_credentials(contest: Contest) -> bytes:
    """Return the record of the live keys of every place of the contest, sorted (belenios-protocol §5), in two queries.

    Those issued again are verified, at half a millisecond each. Raises KeyNotSigned.
    """
    signed = signed_live_keys(contest)
    superseded = SlotKey.objects.filter(slot=OuterRef("slot"), generation__gt=OuterRef("generation"))
    live = SlotKey.objects.filter(~Exists(superseded), contest=contest)
    rows = live.values_list("slot", "generation", "public_key").iterator(chunk_size=10_000)
    return build_credentials(Element.parse(_verified(contest, signed, *row)) for row in rows)


def _verified(contest: Contest, signed: dict[int, tuple[int, str]], slot: int, generation: int, key: str) -> str:
    # What lives by now must be what was verified just before.
    if generation and signed.get(slot) != (generation, key):
        raise KeyNotSigned(contest.uuid)
    return key
