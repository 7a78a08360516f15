"""A whole election by the command, then read by two verifiers: ours, and one that we did not write."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from isoloir_protocol.archive import Archive, build_archive, read_archive
from isoloir_protocol.register import verify_register

from tests.belenios import belenios_tool

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
@pytest.mark.database
def test_rehearsal_ends_with_archives_that_two_verifiers_accept(tmp_path: Path) -> None:
    out = tmp_path / "rehearsal"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
    command = [
        sys.executable,
        "-m",
        "isoloir.commands",
        "rehearse",
        "--voters",
        "12",
        "--contests",
        "3",
        "--out",
        str(out),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    archives = sorted(out.glob("*.bel"))
    assert len(archives) == 3
    assert done.stdout.count("Archive et registre vérifiés.") == 3
    registers = sorted(out.glob("*.register"))
    assert [path.stem for path in registers] == [path.stem for path in archives]
    states = [verify_register(io.BytesIO(path.read_bytes())) for path in registers]
    assert all(state.closed and state.registrar for state in states)
    # Three voters had new codes made, in each of their contests.
    assert sum(state.reissues for state in states) >= 3
    assert {generation for state in states for generation, _ in state.live.values()} == {0, 1}
    results = {result["contest"]: result for result in json.loads((out / "results.json").read_text())}
    assert {path.stem for path in archives} == set(results)
    assert len(list((out / "minutes").glob("*.pdf"))) == 3
    assert list((out / "notices").glob("*.pdf"))
    for path in archives:
        accepted_by_belenios(path, tmp_path)
        archive = read_archive(path)
        counts = json.loads(archive.result or b"{}")["result"][0]
        result = results[path.stem]
        assert counts == [result["blank"], *(entry["votes"] for entry in result["lists"])]
        assert len(archive.ballots) == result["voters"] == sum(counts)


def accepted_by_belenios(path: Path, tmp_path: Path) -> None:
    """Run `election verify` on the archive, then `verify-ballot` for each ballot against the urn without it."""
    tool = belenios_tool()
    folder = tmp_path / f"belenios-{path.stem}"
    folder.mkdir()
    (folder / path.name).write_bytes(path.read_bytes())
    whole = subprocess.run([tool, "election", "verify", "--dir", folder], check=False, capture_output=True, text=True)
    assert whole.returncode == 0, whole.stderr
    assert "all checks passed" in whole.stderr
    archive = read_archive(path)
    (folder / path.name).unlink()
    (folder / path.name).write_bytes(empty_urn(archive))
    for number, ballot in enumerate(archive.ballots):
        file = folder / f"ballot-{number}.json"
        file.write_bytes(ballot)
        one = subprocess.run(
            [tool, "election", "verify-ballot", "--dir", folder, "--ballot", file],
            check=False,
            capture_output=True,
            text=True,
        )
        assert one.returncode == 0, one.stderr


def empty_urn(archive: Archive) -> bytes:
    return build_archive(
        election=archive.election, trustees=archive.trustees, credentials=archive.credentials, ballots=[], timestamp=0
    )
