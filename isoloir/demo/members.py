"""The fictional members of the bureau, acting by program: key ceremony and partial decryptions with their own keys.

Each member's seed is made here from the operating system's randomness, as on a member's own device, and kept by the caller.
"""

import os
from collections.abc import MutableMapping
from datetime import datetime

from isoloir_protocol.base58 import random_base58
from isoloir_protocol.ceremony import (
    decryption_key_message,
    make_certificate,
    make_polynomial,
    make_share,
    open_decryption_key,
)
from isoloir_protocol.tally import make_partial_decryption, read_encrypted_tally

from isoloir.board.records import election_record
from isoloir.elections.models import Contest
from isoloir.pollingstation.models import PollingStation
from isoloir.tally.actions import encrypted_tally_of, receive_partial_decryption
from isoloir.trustees.actions import due_step, routed_message, submit_step
from isoloir.trustees.models import Trustee

SEED_LENGTH = 22
# By number (owner) of the trustee in the ceremony.
Seeds = MutableMapping[int, str]


def play_ceremony(station: PollingStation, seeds: Seeds, *, at: datetime) -> int:
    """Do every step that is due of the members who are not acting by themselves; return how many steps were done.

    A member whose certificate was made elsewhere (a visitor's browser) has no seed here, and is left to act.
    """
    done = 0
    while True:
        steps = sum(_play_group(list(group.trustees.all()), seeds, at) for group in station.ceremony.groups.all())
        if not steps:
            return done
        done += steps


def _play_group(members: list[Trustee], seeds: Seeds, at: datetime) -> int:
    done = 0
    for trustee in members:
        acts_elsewhere = bool(trustee.certificate) and trustee.owner not in seeds
        step = due_step(trustee, members)
        if acts_elsewhere or step in ("wait", "ready"):
            continue
        text = _message(trustee, members, step, seeds)
        submit_step(trustee=trustee, step=step, text=text, by=trustee.account, at=at)
        trustee.refresh_from_db()
        done += 1
    return done


def _message(trustee: Trustee, members: list[Trustee], step: str, seeds: Seeds) -> str:
    if step == "certificate":
        seed = seeds.setdefault(trustee.owner, random_base58(SEED_LENGTH, os.urandom))
        return make_certificate(
            seed=seed, index=trustee.index, size=len(members), threshold=trustee.group.threshold, random=os.urandom
        )
    seed = seeds[trustee.owner]
    certificates = [member.certificate for member in members]
    if step == "polynomial":
        return make_polynomial(seed=seed, certificates=certificates, random=os.urandom)
    vinput = routed_message(trustee, members)
    return make_share(seed=seed, certificates=certificates, vinput=vinput, random=os.urandom)


def decrypt(contest: Contest, trustee: Trustee, seed: str, *, at: datetime) -> None:
    """Make and send one member's partial decryption of one contest."""
    election = election_record(contest)
    tally = read_encrypted_tally(election=election, text=encrypted_tally_of(contest))
    secret = open_decryption_key(seed=seed, message=decryption_key_message(trustee.share))
    text = make_partial_decryption(election=election, tally=tally, secret=secret, random=os.urandom)
    receive_partial_decryption(contest=contest, trustee=trustee, text=text, by=trustee.account, at=at)
