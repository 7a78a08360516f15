"""Ballots made and verified per second and per core, beside belenios-tool on the same ballots."""

import subprocess
import tempfile
import time
from pathlib import Path

from isoloir_protocol.ballots import verify_ballot

from .report import belenios_tool, line, seconds_each, title
from .urn import LISTS, Urn, make_ballot, make_urn


def measure(ballots: int) -> None:
    title(f"Ballots of {LISTS} lists and blank (one core)")
    begun = time.perf_counter()
    urn = make_urn(ballots)
    making = seconds_each(lambda: make_ballot(urn.election, urn.secrets[0]), times=20)
    line("made in Python", f"{1 / making:.0f} /s")
    begun = time.perf_counter()
    for ballot in urn.ballots:
        verify_ballot(election=urn.election, text=ballot)
    ours = ballots / (time.perf_counter() - begun)
    line("verified by isoloir_protocol", f"{ours:.0f} /s")
    one_by_one, whole = _belenios(urn)
    line("verified by belenios-tool election verify-ballot", f"{one_by_one:.1f} /s", f"ratio {ours / one_by_one:.1f}")
    line(
        "read by belenios-tool election verify",
        f"{whole:.0f} /s",
        "not like for like: compare verify-ballot",
    )


def _belenios(urn: Urn) -> tuple[float, float]:
    """Return ballots per second by verify-ballot (a process each) and by verify (whole archive, its fixed cost taken off)."""
    tool = belenios_tool()
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        (Path(empty) / f"{urn.election.uuid}.bel").write_bytes(urn.archive([]))
        (Path(full) / f"{urn.election.uuid}.bel").write_bytes(urn.archive(urn.ballots))
        ballot = Path(empty) / "ballot.json"
        ballot.write_bytes(urn.ballots[0])
        verify_one = [tool, "election", "verify-ballot", "--dir", empty, "--ballot", str(ballot)]
        one = seconds_each(lambda: _run(verify_one), times=10)
        fixed = seconds_each(lambda: _run([tool, "election", "verify", "--dir", empty]), times=3)
        whole = seconds_each(lambda: _run([tool, "election", "verify", "--dir", full]), times=3)
    return 1 / one, len(urn.ballots) / max(whole - fixed, 1e-9)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
