"""Sealing: what voters will be held to is fixed, hashed, and put on the board (R211-541 1°, 550)."""

import hashlib
import json
import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from isoloir_protocol.election import Question, build_election
from isoloir_protocol.proofs import hex_hash
from isoloir_protocol.trustees import read_trustees

from isoloir.ballotbox.models import Ballot
from isoloir.board.actions import seal_record
from isoloir.common.clock import utc_text
from isoloir.credentials.links import has_link_key
from isoloir.credentials.models import Slot, SlotKey, SlotLink
from isoloir.credentials.registrar_client import RegistrarAway
from isoloir.elections.bundle import bundle_hash, candidate_bundle
from isoloir.elections.models import CandidateList, Contest
from isoloir.identity.models import Account
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.roll.models import RollEntry, Turnout

from .errors import NotAllowed, RegisterRefused, SealRefused
from .models import PollingStation, Seal
from .permissions import can_preside
from .register import extend_register, opening_keys, register_faults

logger = logging.getLogger("isoloir.pollingstation")

# Below this many voters, totals alone may tell votes: the organiser is warned before sealing (product §7).
SMALL_ROLL = 20


def secrecy_warnings(station: PollingStation) -> list[Contest]:
    """Return the contests so small that their totals may tell votes."""
    contests = Contest.objects.filter(stations=station).annotate(voters=Count("roll"))
    return list(contests.filter(voters__lt=SMALL_ROLL).order_by("code"))


def seal_contests(*, station: PollingStation, by: Account, at: datetime) -> list[Seal]:
    """Seal every contest of the bureau, or none. Raises NotAllowed, SealRefused (the detail says which part is missing).

    Where voting codes may be issued again, the registers of keys are opened first, which shows that the registrar is
    there and holds the same keys. Their line of sealing follows the sealing: at once, or from the worker.
    """
    if not can_preside(by, station):
        raise NotAllowed
    contests = list(station.contests.select_related("election").order_by("code"))
    faults = seal_faults(station, contests, at=at) or register_faults(contests, at=at)
    if faults:
        raise SealRefused(" ; ".join(faults))
    seals = _seal_all(station=station, by=by, at=at)
    for contest in contests:
        try:
            extend_register(contest=contest, at=at)
        except (RegistrarAway, RegisterRefused) as trouble:
            logger.warning("the register of %s is to be continued: %s", contest.code, type(trouble).__name__)
    return seals


@transaction.atomic
def _seal_all(*, station: PollingStation, by: Account, at: datetime) -> list[Seal]:
    contests = list(station.contests.select_for_update(of=("self",)).select_related("election").order_by("code"))
    faults = seal_faults(station, contests, at=at)
    if faults:
        raise SealRefused(" ; ".join(faults))
    seals = [_seal(station, contest, by, at) for contest in contests]
    record(
        Kind.CONTESTS_SEALED, actor=by.email, at=at, subject=station.code,
        facts={seal.contest.code: seal.digest for seal in seals},
    )  # fmt: skip
    return seals


def seal_faults(station: PollingStation, contests: list[Contest], *, at: datetime) -> list[str]:
    """Return, in sentences, all that forbids sealing now."""
    faults = [] if station.ceremony.completed_at else [_("la cérémonie des clés n’est pas terminée")]
    if not contests:
        faults.append(_("ce bureau n’a aucun scrutin"))
    counts = {
        name: dict(model.objects.filter(**{f"{path}__in": contests}).values_list(path).annotate(Count("pk")))
        for name, model, path in (
            ("roll", RollEntry, "contest"), ("links", SlotLink, "entry__contest"), ("slots", Slot, "contest"),
            ("turnout", Turnout, "entry__contest"), ("ballots", Ballot, "contest"),
            ("lists", CandidateList, "contest"),
        )
    }  # fmt: skip
    issued = SlotKey.objects.filter(contest__in=contests, generation=0)
    counts["keys"] = dict(issued.values_list("contest").annotate(Count("pk")))
    for contest in contests:
        count = {name: found.get(contest.pk, 0) for name, found in counts.items()}
        faults += [f"{contest.code} : {fault}" for fault in _contest_faults(contest, count, at)]
    return faults


def _contest_faults(contest: Contest, count: dict[str, int], at: datetime) -> list[str]:
    checks = (
        (contest.state == Contest.State.PREPARED, _("déjà scellé")),
        (at < contest.election.voting_opens_at, _("l’heure d’ouverture est passée")),
        (count["lists"] > 0, _("aucune candidature")),
        (count["roll"] > 0, _("la liste électorale est vide")),
        (
            count["roll"] == count["links"] == count["slots"] == count["keys"] and has_link_key(contest),
            _("%(roll)d inscrits mais %(keys)d clés publiques reçues") % count,
        ),
        (count["ballots"] == 0, _("l’urne n’est pas vide")),
        (count["turnout"] == 0, _("la liste d’émargement n’est pas vierge")),
    )
    return [sentence for passed, sentence in checks if not passed]


def _seal(station: PollingStation, contest: Contest, by: Account, at: datetime) -> Seal:
    bundle = candidate_bundle(contest)
    trustees = station.ceremony.trustees_record
    election = _election_text(contest, trustees, bundle)
    seal_record(contest=contest, election=election.decode(), trustees=trustees)
    contest.state = Contest.State.SEALED
    contest.save(update_fields=("state",))
    parts = seal_parts(contest, station)
    return Seal.objects.create(
        contest=contest, sealed_at=at, sealed_by=by, parts=parts, digest=_digest(parts), bundle=bundle
    )


def _election_text(contest: Contest, trustees: str, bundle: bytes) -> bytes:
    names = list(contest.lists.order_by("position").values_list("name", flat=True))
    return build_election(
        uuid=contest.uuid,
        name=contest.name,
        description=contest.election.name,
        public_key=read_trustees(trustees.encode()).public_key,
        questions=[Question(question=contest.name, answers=tuple(names), blank=True, minimum=1, maximum=1)],
        administrator=contest.election.organiser,
        credential_authority=contest.election.organiser,
        extra={
            "contest": {
                "code": contest.code, "name": contest.name, "election": contest.election.name, "seats": contest.seats
            },
            "candidates": {"sha256": bundle_hash(bundle)},
        },
    )  # fmt: skip


def seal_parts(contest: Contest, station: PollingStation) -> dict[str, str]:
    """Return the SHA-256 (hex) of each sealed part as it is now: roll, lists, hours, bureau, keys (R211-541 1°); the
    registrar's key too, as the register of keys names it, where voting codes may be issued again.
    """
    election = contest.election
    roll = hashlib.sha256()
    entries = contest.roll.order_by("voter__reference").values_list("voter__reference", flat=True)
    for reference in entries.iterator(chunk_size=10_000):
        roll.update(reference.encode() + b"\n")
    keys = hashlib.sha256()
    rows = SlotKey.objects.filter(contest=contest, generation=0).order_by("public_key")
    for key in rows.values_list("public_key", flat=True).iterator(chunk_size=10_000):
        keys.update(key.encode() + b"\n")
    hours = [utc_text(election.voting_opens_at), utc_text(election.voting_closes_at), str(election.grace)]
    members = sorted(station.members.values_list("account__email", "role"))
    parts = {
        "roll": roll.hexdigest(),
        "lists": bundle_hash(candidate_bundle(contest)),
        "hours": _hash(hours),
        "bureau": _hash(members),
        "trustees": hex_hash(station.ceremony.trustees_record.encode()),
        "credentials": keys.hexdigest(),
        "seats": _hash([contest.seats, contest.kind, contest.instance]),
    }
    registrar = opening_keys(contest).get("registrar")
    if registrar is not None:
        parts["registrar"] = _hash(registrar)
    return parts


def broken_seals(seal: Seal, station: PollingStation) -> list[str]:
    """Recompute every part; return the names of those that no longer fit what was sealed (R211-542)."""
    now = seal_parts(seal.contest, station)
    return [name for name, digest in seal.parts.items() if now.get(name) != digest]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _digest(parts: dict[str, str]) -> str:
    return _hash(sorted(parts.items()))
