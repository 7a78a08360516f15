"""Issuing codes: for each voter one code, for each of the voter's contests a slot and a public credential.

Memory: the request's eight bytes for each voter, and 54 bytes (public key and slot) for each voter of each contest,
kept until the public keys can be sorted, contest by contest; sorting takes about 100 bytes more for each voter of the
contest being sorted.  Everything else is streamed.  Sorting is what separates the two sides: the order of slots.csv is
that of random-looking keys, while links.csv follows the roll and names slots under the portal's link key only.
"""

import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from isoloir_protocol.base58 import random_base58
from isoloir_protocol.credentials import derive_secret, generate_code, public_credential
from nacl.public import PublicKey, SealedBox

from isoloir.credentials.authority.errors import AuthorityError
from isoloir.credentials.authority.exchange import PRIVATE_DIRECTORY, WrittenFile, new_directory, write_json
from isoloir.credentials.authority.invitation import RequestedContest
from isoloir.credentials.authority.request import CredentialRequest, Progress, unseen

SLOT_LENGTH = 22
_KEY_BYTES = 32
_RECORD = _KEY_BYTES + SLOT_LENGTH
Random = Callable[[int], bytes]


class _ContestIssue:
    """The slots and sealed links of one contest while codes are issued."""

    def __init__(self, contest: RequestedContest, portal: Path) -> None:
        self.contest = contest
        self._portal = portal
        self._box = SealedBox(PublicKey(contest.link_key))
        self._links = WrittenFile(portal / f"{contest.uuid}.links.csv", "reference;sealed_slot")
        self._records = bytearray()

    def add(self, *, reference: str, code: str, random: Random) -> None:
        """Give the voter a fresh slot: its public key is derived from the code, its name sealed to the link key."""
        slot = random_base58(SLOT_LENGTH, random).encode("ascii")
        credential = public_credential(derive_secret(uuid=self.contest.uuid, code=code))
        self._records += bytes.fromhex(credential.text) + slot
        self._links.add_row(reference, b64encode(self._box.encrypt(slot)).decode("ascii"))

    def close(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Write the slots sorted by public key; return the contest's and the files' lines of the manifest."""
        slots = WrittenFile(self._portal / f"{self.contest.uuid}.slots.csv", "slot;public_key")
        records = sorted(
            bytes(self._records[start : start + _RECORD]) for start in range(0, len(self._records), _RECORD)
        )
        self._records.clear()
        previous = b""
        for record in records:
            key = record[:_KEY_BYTES]
            if key == previous:
                # 128 random bits do not repeat: the source of randomness is broken.
                raise AuthorityError("deux électeurs ont la même clé publique", "two voters have the same public key")
            previous = key
            slots.add_row(record[_KEY_BYTES:].decode("ascii"), key.hex())
        count = {"uuid": self.contest.uuid, "code": self.contest.code, "slots": len(records)}
        return count, [slots.close(), self._links.close()]


def issue_codes(
    request: CredentialRequest,
    out: Path,
    *,
    random: Random = os.urandom,
    progress: Progress = unseen,
) -> None:
    """Write `out/portal` (slots, sealed links, manifest) and `out/private` (codes), all or nothing.

    Directories are 0700 and files 0600.  `progress` receives voters done and voters in all.  Raises OutputRefused
    when `out` is in use, AuthorityError when the request changes meanwhile.
    """
    with new_directory(out) as working:
        portal, private = working / "portal", working / "private"
        for directory in (portal, private):
            directory.mkdir(mode=PRIVATE_DIRECTORY)
        codes = WrittenFile(private / "codes.csv", "reference;code")
        issues = {code: _ContestIssue(contest, portal) for code, contest in request.contests.items()}
        total = len(request.offsets)
        for done, voter in enumerate(request.voters(), start=1):
            code = generate_code(random)
            codes.add_row(voter.reference, code)
            for contest in voter.contests:
                issues[contest].add(reference=voter.reference, code=code, random=random)
            progress(done, total)
        _write_manifests(request, portal, private, codes, issues)


def _write_manifests(
    request: CredentialRequest, portal: Path, private: Path, codes: WrittenFile, issues: dict[str, _ContestIssue]
) -> None:
    contests, files = [], []
    for issue in issues.values():
        count, written = issue.close()
        contests.append(count)
        files += written
    source = {"request_sha256": request.request_sha256, "voters_sha256": request.voters_sha256}
    common = {"version": 1, "election": request.invitation.election.name, "voters": len(request.offsets), **source}
    write_json(
        portal / "manifest.json",
        {"format": "isoloir-credential-issue", **common, "contests": contests, "files": files},
    )
    write_json(private / "manifest.json", {"format": "isoloir-credential-codes", **common, "files": [codes.close()]})
