#!/usr/bin/env python3
"""Makes the vectors whose origin is belenios-tool: `python vectors/make_belenios_vectors.py`.

Each run plays new elections, so its output differs from the committed files; run it only to renew them.
Elections come from belenios-tool 3.0. The messages of the key ceremony come from 3.3, the first releases to encrypt
them as version 1 of the data now has it (AES-GCM).
"""

import argparse
import base64
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from generator.cases import Cases
from isoloir_protocol.archive import read_archive
from isoloir_protocol.ballots import tracker_of
from isoloir_protocol.credentials import derive_secret, public_credential
from isoloir_protocol.election import read_election
from isoloir_protocol.trustees import read_trustees

TOOLS = Path(__file__).parent.parent / "tools"
ELECTIONS = {
    "single": ("One mandatory trustee.", ("--single", "1")),
    "threshold": ("A group of 2 of 3.", ("--group", "2/3")),
    "access-rule": ("Groups 1 of 2 and 2 of 4.", ("--group", "1/2", "--group", "2/4")),
    "revote-weights": ("Weights, and a voter who votes again.", ("--single", "1", "--revote", "--weights")),
}


def play(suite: str, directory: Path, options: tuple[str, ...]) -> tuple[Path, str]:
    """Play an election; gives its archive and what to say of its origin."""
    getter = subprocess.run([TOOLS / "get-belenios-tool", suite], check=True, text=True, stdout=subprocess.PIPE)
    program = getter.stdout.splitlines()[-1]
    version = subprocess.run([program, "--version"], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0]
    command = [TOOLS / "make-belenios-election", directory, *options]
    subprocess.run(command, check=True, env={**os.environ, "BELENIOS_TOOL": program}, stdout=subprocess.DEVNULL)
    (archive,) = directory.glob("*.bel")
    return archive, f"belenios-tool {version}, tools/make-belenios-election {' '.join(options)}"


def add_election(cases: Cases, name: str, about: str, archive: Path, origin: str) -> None:
    """The whole archive, its first ballot, its trustees, its first code."""
    read = read_archive(archive)
    result = json.loads(read.result or b"{}")["result"]
    packed = base64.b64encode(gzip.compress(archive.read_bytes(), 9, mtime=0)).decode("ascii")
    cases.add("archive", f"belenios-{name}", "accepted", about, origin=origin, archive=packed, result=result)
    election = read_election(read.election)
    text = read.ballots[0]
    cases.add(
        "ballot",
        f"belenios-{name}",
        "accepted",
        "A ballot.",
        origin=origin,
        election=read.election,
        ballot=text,
        tracker=tracker_of(text),
    )
    cases.add(
        "election",
        f"belenios-{name}",
        "accepted",
        "An election record.",
        origin=origin,
        election=read.election,
        fingerprint=election.fingerprint,
    )
    add_code(cases, name, archive, origin)


def add_code(cases: Cases, name: str, archive: Path, origin: str) -> None:
    """A voter's code, which must be one of this election."""
    read = read_archive(archive)
    election = read_election(read.election)
    code = json.loads((archive.parent / "codes.json").read_text())[0]
    secret = derive_secret(uuid=election.uuid, code=code)
    public_key = public_credential(secret).text
    if not any(entry.startswith(public_key) for entry in json.loads(read.credentials)):
        sys.exit("the code is not of this election")
    cases.add(
        "credential",
        f"belenios-{name}",
        "accepted",
        "A code of this election.",
        origin=origin,
        uuid=election.uuid,
        code=code,
        secret=str(secret),
        public_key=public_key,
    )


def add_ceremony(cases: Cases, directory: Path, origin: str) -> None:
    """What the second of two trustees received in step 5, and the key that it kept."""
    trustee = directory / "trustee-2"
    seed = (trustee / "seed.key").read_text().strip()
    (archive,) = directory.glob("*.bel")
    public_share = read_trustees(read_archive(archive).trustees).owners[1].text
    certificates = [(directory / f"trustee-{index}" / "certificate.json").read_text().strip() for index in (1, 2)]
    cases.add("certificates", "belenios", "accepted", "A group.", origin=origin, certificates=certificates, threshold=1)
    vinput = (trustee / "vinput.json").read_text().strip()
    cases.add(
        "share",
        "belenios",
        "accepted",
        "Step 5.",
        origin=origin,
        seed=seed,
        certificates=certificates,
        vinput=vinput,
        public_share=public_share,
    )
    message = (trustee / "decryption.key").read_text().strip()
    cases.add(
        "decryption-key",
        "belenios",
        "accepted",
        "The key kept for oneself.",
        origin=origin,
        seed=seed,
        message=message,
        public_share=public_share,
    )


def main() -> None:
    """Play the elections and write the vectors beside this file, or in DIRECTORY."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    cases = Cases()
    with tempfile.TemporaryDirectory() as temporary:
        for name, (about, arguments) in ELECTIONS.items():
            archive, origin = play("trixie", Path(temporary) / name, arguments)
            add_election(cases, name, about, archive, origin)
        archive, origin = play("sid", Path(temporary) / "ceremony", ("--group", "1/2"))
        add_ceremony(cases, archive.parent, origin)
    cases.write(options.directory)
    print(f"{len(cases.files)} vectors")


if __name__ == "__main__":
    main()
