"""What we make, belenios-tool accepts; what belenios-tool makes, we accept. It is a program that we did not write."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from generator.cases import Stream
from generator.trustees import Group
from isoloir_protocol.archive import build_archive, read_archive
from isoloir_protocol.ballots import create_ballot, verify_ballot
from isoloir_protocol.credentials import (
    build_credentials,
    derive_secret,
    generate_code,
    generate_uuid,
    public_credential,
)
from isoloir_protocol.election import Question, build_election, read_election
from isoloir_protocol.tally import (
    aggregate,
    compute_result,
    encrypted_tally_text,
    make_partial_decryption,
    read_encrypted_tally,
    sized_tally_text,
    verify_partial_decryption,
)
from isoloir_protocol.trustees import (
    build_trustees,
    decryption_key_message,
    finish_ceremony,
    generate_seed,
    make_certificate,
    make_polynomial,
    make_share,
    make_single_key,
    open_decryption_key,
    read_trustees,
    route_polynomials,
)
from isoloir_protocol.verify import verify_archive
from vector_runner import archive_bytes

REPOSITORY = Path(__file__).parents[2]
QUESTIONS = [
    Question("Quelle liste ?", ("Liste A", "Liste « B »", "Liste C"), blank=True),
    Question("Et encore ?", ("Oui", "Non", "Autre"), minimum=0, maximum=2),
    Question("Enfin ?", ("Un", "Deux"), blank=True, minimum=1, maximum=2),
]
VOTES = [
    [[1, 0, 0, 0], [0, 1, 1], [0, 1, 1]],
    [[0, 1, 0, 0], [0, 0, 0], [1, 0, 0]],
    [[0, 0, 0, 1], [1, 0, 0], [0, 0, 1]],
]
RESULT = ((1, 1, 0, 1), (1, 1, 1), (1, 1, 2))
EXTRA = {
    "contest": {"code": "CSA-MIN", "name": "CSA ministériel", "election": "Élections 2026", "seats": 15},
    "candidates": {"sha256": hashlib.sha256(b"bundle").hexdigest()},
}


def run(program: str, directory: Path, *arguments: str, text: str = "") -> str:
    """Run belenios-tool in a directory; give what it prints."""
    done = subprocess.run(
        [program, *arguments],
        cwd=directory,
        input=text,
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "BELENIOS_USE_URANDOM": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


class OurElection:
    """An election made wholly by us: the access rule of French law, and a single trustee besides."""

    def __init__(self) -> None:
        self.chair, self.delegates = Group("chair", 1, 2), Group("delegates", 2, 4)
        self.single, single = make_single_key(os.urandom)
        parts = [("Pedersen", self.chair.parameters), ("Pedersen", self.delegates.parameters), ("Single", single)]
        self.trustees = read_trustees(build_trustees(parts))
        self.uuid = generate_uuid(os.urandom)
        self.election = read_election(
            build_election(
                uuid=self.uuid,
                name="Né « l’été » 🗳",
                description="",
                public_key=self.trustees.public_key,
                questions=QUESTIONS,
                administrator="Ministère",
                credential_authority="Autorité",
                extra=EXTRA,
            )
        )
        secrets = [derive_secret(uuid=self.uuid, code=generate_code(os.urandom)) for _ in range(4)]
        self.credentials = build_credentials(public_credential(secret) for secret in secrets)
        self.ballots = [
            create_ballot(election=self.election, secret=secret, choices=votes, random=os.urandom)
            for secret, votes in zip(secrets, VOTES, strict=False)
        ]

    def archive(self, *, ballots: int = 3, counted: bool = True) -> bytes:
        texts = self.ballots[:ballots]
        common = {
            "election": self.election.raw,
            "trustees": self.trustees.raw,
            "credentials": self.credentials,
            "ballots": texts,
            "timestamp": 1796000000,
        }
        if not counted:
            return build_archive(**common)
        tally = aggregate(self.election, [verify_ballot(election=self.election, text=text) for text in texts])
        secrets = {2: self.chair.secrets[1], 3: self.delegates.secrets[0], 6: self.delegates.secrets[3], 7: self.single}
        shares = {
            owner: verify_partial_decryption(
                election=self.election,
                tally=tally,
                public_share=self.trustees.owners[owner - 1],
                text=make_partial_decryption(election=self.election, tally=tally, secret=secret, random=os.urandom),
            )
            for owner, secret in secrets.items()
        }
        result = compute_result(election=self.election, tally=tally, trustees=self.trustees, shares=shares)
        assert result.counts == RESULT
        return build_archive(
            **common,
            encrypted_tally=(encrypted_tally_text(tally), sized_tally_text(tally)),
            partial_decryptions=[(owner, share.text) for owner, share in shares.items()],
            result=result.text,
        )


@pytest.fixture(scope="module")
def ours() -> OurElection:
    return OurElection()


def test_our_archive_is_accepted_by_belenios_tool(belenios: str, ours: OurElection, tmp_path: Path) -> None:
    (tmp_path / f"{ours.uuid}.bel").write_bytes(ours.archive())
    assert "all checks passed" in run(belenios, tmp_path, "election", "verify")
    assert verify_archive(tmp_path / f"{ours.uuid}.bel").fault is None


def test_each_of_our_ballots_is_accepted_by_belenios_tool(belenios: str, ours: OurElection, tmp_path: Path) -> None:
    """Each one by itself, against an archive that does not hold it yet."""
    (tmp_path / f"{ours.uuid}.bel").write_bytes(ours.archive(ballots=0, counted=False))
    for ballot in ours.ballots:
        (tmp_path / "ballot.json").write_bytes(ballot + b"\n")
        said = run(belenios, tmp_path, "election", "verify-ballot", "--ballot", "ballot.json")
        assert "ballot is valid" in said


def test_wrong_ballot_is_refused_by_belenios_tool_too(belenios: str, ours: OurElection, tmp_path: Path) -> None:
    (tmp_path / f"{ours.uuid}.bel").write_bytes(ours.archive(ballots=0, counted=False))
    ballot = json.loads(ours.ballots[0])
    ballot["signature"]["proof"]["response"] = "1"
    (tmp_path / "ballot.json").write_text(json.dumps(ballot, separators=(",", ":")) + "\n")
    with pytest.raises(AssertionError):
        run(belenios, tmp_path, "election", "verify-ballot", "--ballot", "ballot.json")


def test_belenios_tool_counts_our_ballots_as_we_do(belenios: str, ours: OurElection, tmp_path: Path) -> None:
    (tmp_path / f"{ours.uuid}.bel").write_bytes(ours.archive(counted=False))
    run(belenios, tmp_path, "archive", "add-event", "--type=EndBallots")
    printed = run(belenios, tmp_path, "election", "compute-encrypted-tally").splitlines()
    tally = aggregate(ours.election, [verify_ballot(election=ours.election, text=text) for text in ours.ballots])
    assert encrypted_tally_text(tally) in printed
    assert sized_tally_text(tally) in printed


def test_our_single_trustee_decrypts_with_belenios_tool(belenios: str, tmp_path: Path) -> None:
    archive = made_by_belenios(belenios, tmp_path / "theirs", "--single", "1")
    read = read_archive(archive)
    election = read_election(read.election)
    tally = read_encrypted_tally(election=election, text=read.encrypted_tally[0])
    secret = int(json.loads((archive.parent / "trustee-1" / "private.json").read_text()))
    text = make_partial_decryption(election=election, tally=tally, secret=secret, random=os.urandom)
    # Their archive up to the tally, then our decryption, then their result.
    texts = tuple(one.decode() for one in read.encrypted_tally)
    raw = build_archive(
        election=read.election,
        trustees=read.trustees,
        credentials=read.credentials,
        ballots=read.ballots,
        timestamp=1796000000,
        encrypted_tally=texts,
        partial_decryptions=[(1, text)],
    )
    (tmp_path / f"{election.uuid}.bel").write_bytes(raw)
    assert read.result.decode() in run(belenios, tmp_path, "election", "compute-result").splitlines()


def election_with_reissues(directory: Path, name: str) -> Path:
    """The archive of a vector of registers; its list of credentials is that of the live keys, unless it says so."""
    case = json.loads((REPOSITORY / "vectors" / "register" / f"{name}.json").read_text(encoding="utf-8"))
    raw = archive_bytes(case)
    directory.mkdir()
    path = directory / f"{read_election(read_archive(raw).election).uuid}.bel"
    path.write_bytes(raw)
    return path


def test_ballot_under_a_reissued_key_is_accepted_by_belenios_tool(belenios: str, tmp_path: Path) -> None:
    archive = election_with_reissues(tmp_path / "live", "archive")
    assert "all checks passed" in run(belenios, archive.parent, "election", "verify")
    read = read_archive(archive)
    empty = build_archive(
        election=read.election, trustees=read.trustees, credentials=read.credentials, ballots=(), timestamp=1796000000
    )
    archive.write_bytes(empty)
    reissued = public_credential(21).text
    (ballot,) = (text for text in read.ballots if json.loads(text)["credential"] == reissued)
    (archive.parent / "ballot.json").write_bytes(ballot + b"\n")
    said = run(belenios, archive.parent, "election", "verify-ballot", "--ballot", "ballot.json")
    assert "ballot is valid" in said


def test_ballot_under_a_dead_key_is_refused_by_belenios_tool_too(belenios: str, tmp_path: Path) -> None:
    """Ballot by ballot against the list of live keys: the same voter's two codes, then another voter's."""
    archive = election_with_reissues(tmp_path / "dead", "dead-key")
    read = read_archive(archive)
    assert len(read.ballots) == 2
    election = read_election(read.election)
    live = create_ballot(election=election, secret=21, choices=[[0, 1]], random=os.urandom)
    archive.write_bytes(
        build_archive(
            election=read.election,
            trustees=read.trustees,
            credentials=read.credentials,
            ballots=(),
            timestamp=1796000000,
        )
    )
    for ballot in (*read.ballots, live):
        (archive.parent / "ballot.json").write_bytes(ballot + b"\n")
        verify = ("election", "verify-ballot", "--ballot", "ballot.json")
        if json.loads(ballot)["credential"] == public_credential(11).text:
            with pytest.raises(AssertionError, match=r"invalid|credential"):
                run(belenios, archive.parent, *verify)
        else:
            assert "ballot is valid" in run(belenios, archive.parent, *verify)


def made_by_belenios(program: str, directory: Path, *options: str) -> Path:
    """Play an election with belenios-tool alone."""
    command = [REPOSITORY / "tools" / "make-belenios-election", directory, *options]
    done = subprocess.run(
        command, text=True, capture_output=True, check=False, env={**os.environ, "BELENIOS_TOOL": program}
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "options",
    [
        ("--single", "2"),
        ("--group", "2/3"),
        ("--group", "1/2", "--group", "2/4"),
        ("--single", "1", "--group", "1/2", "--revote", "--weights"),
    ],
    ids=" ".join,
)
def test_election_made_by_belenios_tool_is_accepted(belenios: str, tmp_path: Path, options: tuple[str, ...]) -> None:
    archive = made_by_belenios(belenios, tmp_path / "election", *options)
    report = verify_archive(archive)
    assert report.fault is None
    assert report.found.result is not None
    assert report.found.result.text.encode() == read_archive(archive).result
    # Written again from its parts, it is the same file.
    read = read_archive(archive)
    again = build_archive(
        election=read.election,
        trustees=read.trustees,
        credentials=read.credentials,
        ballots=read.ballots,
        timestamp=int(archive.read_bytes()[136:147], 8),
        encrypted_tally=tuple(one.decode() for one in read.encrypted_tally),
        partial_decryptions=[(owner, one.decode()) for owner, one in read.partial_decryptions],
        result=read.result.decode(),
    )
    assert again == archive.read_bytes()


STEP = ("setup", "generate-trustee-key-threshold", "--group", "Ed25519", "--step")


def test_public_part_of_our_ceremony_is_accepted_by_belenios_tool(belenios: str, tmp_path: Path) -> None:
    """Step 2 takes our certificates; step 6 takes our coefficients and keys, and computes the same parameters."""
    group = Group("public part", 2, 3)
    (tmp_path / "certs.jsons").write_text("".join(text + "\n" for text in group.certificates))
    (tmp_path / "polynomials.jsons").write_text("".join(text + "\n" for text in group.polynomials))
    run(belenios, tmp_path, *STEP, "2", "--certs", "certs.jsons")
    shares = "".join(text + "\n" for text in group.shares)
    files = ("--certs", "certs.jsons", "--polynomials", "polynomials.jsons")
    assert group.parameters in run(belenios, tmp_path, *STEP, "6", *files, text=shares).splitlines()


class TheirTrustee:
    """A trustee who runs belenios-tool, in a directory of its own."""

    def __init__(self, program: str, directory: Path, index: int, threshold: int, size: int) -> None:
        self.program, self.directory = program, directory
        self.context = ("--threshold-context", f"{index}/{threshold}/{size}")
        directory.mkdir()
        self._run("1", *self.context)
        (certificate,) = directory.glob("*.cert")
        (self.key,) = directory.glob("*.key")
        self.certificate = certificate.read_text().strip()
        self.seed = self.key.read_text().strip()

    def _run(self, *arguments: str, text: str = "") -> str:
        return run(self.program, self.directory, *STEP, *arguments, text=text)

    def polynomial(self, certificates: list[str]) -> str:
        (self.directory / "certs.jsons").write_text("".join(text + "\n" for text in certificates))
        said = self._run("3", *self.context, "--certs", "certs.jsons", "--key", self.key.name)
        return next(line for line in said.splitlines() if line.startswith("{"))

    def share(self, vinput: str) -> str:
        said = self._run("5", "--certs", "certs.jsons", "--key", self.key.name, text=vinput + "\n")
        return next(line for line in said.splitlines() if line.startswith("{"))


def test_a_group_of_both_kinds_of_trustees_finishes_its_ceremony(belenios_with_gcm: str, tmp_path: Path) -> None:
    """Trustees 1 and 3 use our program, 2 and 4 use belenios-tool; each opens what the others sent."""
    random = Stream("both kinds")
    theirs = {index: TheirTrustee(belenios_with_gcm, tmp_path / str(index), index, 2, 4) for index in (2, 4)}
    seeds = {index: generate_seed(random) for index in (1, 3)}
    certificates = [
        theirs[index].certificate
        if index in theirs
        else make_certificate(seed=seeds[index], index=index, size=4, threshold=2, random=random)
        for index in range(1, 5)
    ]
    polynomials = [
        theirs[index].polynomial(certificates)
        if index in theirs
        else make_polynomial(seed=seeds[index], certificates=certificates, random=random)
        for index in range(1, 5)
    ]
    vinputs = route_polynomials(certificates=certificates, polynomials=polynomials)
    shares = [
        theirs[index].share(vinput)
        if index in theirs
        else make_share(seed=seeds[index], certificates=certificates, vinput=vinput, random=random)
        for index, vinput in enumerate(vinputs, start=1)
    ]
    parameters = finish_ceremony(certificates=certificates, polynomials=polynomials, shares=shares)
    trustees = read_trustees(build_trustees([("Pedersen", parameters)]))
    for index, share in enumerate(shares, start=1):
        seed = theirs[index].seed if index in theirs else seeds[index]
        secret = open_decryption_key(seed=seed, message=decryption_key_message(share))
        assert public_credential(secret) == trustees.owners[index - 1]
