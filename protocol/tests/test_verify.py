"""What `isoloir-verify` says, and its exit status."""

import gzip
import io
import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from generator import archives
from isoloir_protocol.checks import ARCHIVE_STEPS, Step
from isoloir_protocol.verify import verify_archive, verify_stream
from isoloir_protocol.verify_command import main

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="module")
def played() -> archives.Played:
    return archives.play()


@pytest.fixture
def archive(tmp_path: Path, played: archives.Played) -> Path:
    path = tmp_path / "archive.bel"
    path.write_bytes(archives.written(played.events()))
    return path


def faulty(tmp_path: Path, name: str) -> Path:
    case = json.loads((VECTORS / "archive" / f"{name}.json").read_text())
    path = tmp_path / f"{name}.bel"
    path.write_bytes(gzip.decompress(b64decode(case["archive"])))
    return path


def test_good_archive_is_told_in_french(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(archive)]) == 0
    said = capsys.readouterr().out
    assert said.count("[oui]") == len(ARCHIVE_STEPS)
    assert said.count("[non fourni]") == len(Step) - len(ARCHIVE_STEPS)
    for line in ("Clés de vote (électeurs) : 3", "Bulletins dans l’urne : 2", "1  Blanc", "1  Liste A"):
        assert line in said
    assert said.rstrip().endswith("Archive vérifiée.")


def test_good_archive_is_told_in_english(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(archive), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "Credentials (voters): 3" in said
    assert said.rstrip().endswith("Archive verified.")
    assert not set("éèàçÉ") & set(
        said.replace("Archive d’essai", "").replace("ministériel", "").replace("Élections", "")
    )


def test_json_tells_the_same(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(archive), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["accepted"], report["complete"]) == (True, True)
    assert [check["number"] for check in report["checks"]] == list(range(1, 19))
    assert {check["status"] for check in report["checks"][:14]} == {"passed"}
    assert {check["status"] for check in report["checks"][14:]} == {"absent"}
    assert report["register"] is None
    summary = report["summary"]
    assert (summary["voters"], summary["ballots"], summary["counted"], summary["decryptions"]) == (3, 2, 2, [1, 2])
    assert summary["result"][0]["counts"] == [
        {"label": None, "blank": True, "count": 1},
        {"label": "Liste A", "blank": False, "count": 1},
    ]


@pytest.mark.parametrize(
    ("name", "step", "code"),
    [
        ("padding", Step.CONTAINER, "bad-padding"),
        ("record-hash", Step.CHAIN, "wrong-record-hash"),
        ("vanished", Step.ORDER, "ballot-after-closing"),
        ("election-group", Step.ELECTION, "unknown-group"),
        ("trustee-proof", Step.TRUSTEES, "wrong-key-proof"),
        ("public-key", Step.PUBLIC_KEY, "wrong-public-key"),
        ("credential-twice", Step.CREDENTIALS, "duplicate-credential"),
        ("ten-votes", Step.BALLOTS, "wrong-individual-proof"),
        ("unknown-credential", Step.RIGHT_TO_VOTE, "unknown-credential"),
        ("second-ballot", Step.ONE_BALLOT, "second-ballot"),
        ("other-tally", Step.TALLY, "wrong-tally"),
        ("num-tallied", Step.TALLY_SIZE, "wrong-num-tallied"),
        ("owner-twice", Step.DECRYPTIONS, "duplicate-owner"),
        ("other-result", Step.RESULT, "wrong-result"),
    ],
)
def test_fault_is_told_at_its_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, step: Step, code: str
) -> None:
    path = faulty(tmp_path, name)
    assert main([str(path)]) == 1
    said = capsys.readouterr().out
    assert said.count("[NON]") == 1
    assert f"{step.value:2}. [NON]" in said
    assert f"({code})" in said
    assert said.rstrip().endswith("ARCHIVE REFUSÉE.")
    assert main([str(path), "--json", "--lang", "en"]) == 1
    report = json.loads(capsys.readouterr().out)
    (failed,) = (check for check in report["checks"] if check["status"] == "failed")
    assert (failed["number"], failed["fault"]["code"], report["accepted"]) == (step.value, code, False)
    # Nothing that comes after the fault is said to hold.
    reached = [check["status"] == "passed" for check in report["checks"][step.value :]]
    assert step < Step.ELECTION or not any(reached)


def test_every_check_can_fail() -> None:
    """Each numbered check has at least one vector that it refuses."""
    failed = set()
    for file in (VECTORS / "archive").glob("*.json"):
        case = json.loads(file.read_text())
        if case["expect"] != "accepted":
            report = verify_stream(io.BytesIO(gzip.decompress(b64decode(case["archive"]))))
            failed |= {check.step for check in report.checks if check.status == "failed"}
    assert failed == set(ARCHIVE_STEPS)


def test_election_under_way_says_what_is_not_there_yet(
    tmp_path: Path, played: archives.Played, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.bel"
    path.write_bytes(archives.written(played.events()[:3]))
    assert main([str(path)]) == 0
    said = capsys.readouterr().out
    assert said.count("[à venir]") == 4
    for sentence in (
        "L’archive ne contient pas encore le total chiffré.",
        "L’archive ne contient encore aucun déchiffrement partiel.",
        "L’archive ne contient pas encore le résultat.",
        "Tout ce qui est présent est vérifié ; le résultat n’y est pas encore.",
    ):
        assert sentence in said


def test_one_bad_archive_among_good_ones_gives_exit_status_1(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(archive), str(faulty(tmp_path, "other-result")), str(archive)]) == 1
    assert capsys.readouterr().out.count("Archive vérifiée.") == 2


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("nowhere.bel", "Il n’y a pas de fichier à cet endroit."),
        (".", "C’est un dossier, non une archive."),
        ("a\0b", "Le fichier ne peut pas être lu."),
        ("x" * 5000, "Le fichier ne peut pas être lu."),
    ],
)
def test_unreadable_path_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([path]) == 1
    assert sentence in capsys.readouterr().out


def test_forbidden_file_is_told(monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    fault = verify_archive(archive).fault
    assert fault is not None
    assert fault.code == "file-forbidden"


@pytest.mark.parametrize("arguments", [[], ["--lang", "de", "a.bel"], ["--unknown"]])
def test_wrong_usage_gives_exit_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_names_in_an_archive_cannot_drive_the_terminal(
    tmp_path: Path, played: archives.Played, capsys: pytest.CaptureFixture[str]
) -> None:
    election = played.election.replace("Archive d’essai".encode(), b"\\u001b[2Jfaux")
    path = tmp_path / "a.bel"
    path.write_bytes(archives.written([archives.setup(election, played.trustees, played.credentials)]))
    assert main([str(path)]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\ufffd[2Jfaux" in said


def test_command_runs_in_a_plain_terminal(archive: Path) -> None:
    command = [sys.executable, "-m", "isoloir_protocol.verify_command", str(archive)]
    run = subprocess.run(
        command, check=False, capture_output=True, env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    )
    assert run.returncode == 0, run.stderr
    assert b"Archive v?rifi?e." in run.stdout


def test_a_contest_has_no_record_that_nobody_reads(tmp_path: Path, played: archives.Played) -> None:
    (_, records), *rest = played.events()
    hidden = b"anything at all"
    payload = json.loads(records[3]) | {"credentials_certificate": archives.hex_hash(hidden)}
    setup = ("Setup", (*records[:3], hidden, archives.canonical(payload).encode()))
    report = verify_stream(io.BytesIO(archives.written([setup, *rest])))
    assert report.fault is not None
    assert report.fault.code == "wrong-payload"


def test_a_reader_that_stops_early_is_no_crash(archive: Path) -> None:
    command = (
        f"'{sys.executable}' -m isoloir_protocol.verify_command '{archive}' '{archive}' | true; echo ${{PIPESTATUS[0]}}"
    )
    run = subprocess.run(["bash", "-c", command], check=False, capture_output=True)
    assert run.stderr == b""
    assert run.stdout == b"1\n"
