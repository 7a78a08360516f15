"""What `isoloir-verify` says of registers of keys, alone and beside their archives."""

import json
from pathlib import Path

import pytest

from generator.registers import FIRST
from isoloir_protocol.checks import ARCHIVE_STEPS, REGISTER_STEPS, Step
from isoloir_protocol.faults import SENTENCES
from isoloir_protocol.register_checks import _GENERATION_FAULTS, _SIGNATURE_FAULTS
from isoloir_protocol.verify import verify_archive, verify_register_file
from isoloir_protocol.verify_command import main
from vector_runner import archive_bytes, raw

VECTORS = Path(__file__).parents[2] / "vectors" / "register"
CASES = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in VECTORS.glob("*.json")}
REFUSED = sorted(name for name, case in CASES.items() if case["expect"] != "accepted")


def written(directory: Path, name: str, stem: str = "contest") -> list[str]:
    """The files of a vector, as one would name them on the command line."""
    case = CASES[name]
    register = directory / f"{stem}.register"
    register.write_bytes(raw(case, "register"))
    if "archive" not in case:
        return [str(register)]
    archive = directory / f"{stem}.bel"
    archive.write_bytes(archive_bytes(case))
    return [str(archive), str(register)]


def the_step(code: str, *, with_archive: bool) -> Step:
    """The check at which a fault of the vectors is told."""
    if with_archive:
        return Step.RIGHT_TO_VOTE if code == "unknown-credential" else Step.LIVE_KEYS
    if code in _SIGNATURE_FAULTS:
        return Step.REGISTER_SIGNATURES
    return Step.GENERATIONS if code in _GENERATION_FAULTS else Step.REGISTER


def filled(sentence: str) -> list[str]:
    """The parts of a sentence between its facts."""
    parts, rest = [], sentence
    while "{" in rest:
        before, rest = rest.split("{", 1)
        rest = rest.split("}", 1)[1]
        parts.append(before)
    return [*parts, rest]


@pytest.mark.parametrize("name", REFUSED)
def test_forged_register_is_refused_with_its_own_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths, code = written(tmp_path, name), CASES[name]["expect"]
    step = the_step(code, with_archive=len(paths) == 2)
    for language, sentence in zip(("fr", "en"), SENTENCES[code], strict=True):
        assert main([*paths, "--lang", language]) == 1
        said = capsys.readouterr().out
        assert f"{step.value:2}. [{'NON' if language == 'fr' else 'NO'}]" in said
        (told,) = (line for line in said.splitlines() if "→" in line)
        assert told.endswith(f"({code})")
        assert all(part in told for part in filled(sentence))
        assert "{" not in told
    assert main([*paths, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [check["number"] for check in report["checks"] if check["status"] == "failed"] == [step.value]
    assert report["accepted"] is False
    if len(paths) == 1:
        assert not any(check["status"] == "passed" for check in report["checks"])


def test_the_forgeries_that_matter_most_are_all_there() -> None:
    """Two live keys, a generation skipped, a dead key, a signature missing, an entry removed or altered."""
    expected = {
        "two-live-keys": "two-live-keys",
        "generation-skipped": "generation-skipped",
        "dead-key": "ballot-under-dead-key",
        "portal-missing": "portal-signature-missing",
        "registrar-missing": "registrar-signature-missing",
        "entry-removed": "line-portal-signature-wrong",
        "entry-removed-by-portal": "line-registrar-signature-wrong",
        "entry-altered": "portal-signature-wrong",
        "line-removed": "register-wrong-parent",
        "limit-exceeded": "reissue-limit-exceeded",
        "archive-dead-keys": "archive-not-live-keys",
    }
    assert {name: CASES[name]["expect"] for name in expected} == expected


def test_archive_and_register_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = written(tmp_path, "archive")
    assert main(paths) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == " + ".join(paths)
    assert said.count("[oui]") == len(Step)
    for line in (
        "Places au registre des clés : 3",
        "Codes réassortis : 2",
        "Clés en vigueur : génération 0 : 1, génération 1 : 2",
        "Double signature du service d’enregistrement : oui",
    ):
        assert line in said
    assert said.rstrip().endswith("Archive et registre vérifiés.")
    assert main([*paths, "--lang", "en", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["archive"], report["register"]) == tuple(paths)
    register = report["summary"]["register"]
    assert (register["slots"], register["reissues"], register["generations"]) == (3, 2, [1, 2])
    assert (register["registrar"], register["closed"], register["lines"], register["limit"]) == (True, True, 5, 3)
    assert {check["status"] for check in report["checks"]} == {"passed"}


def test_dead_key_is_told_by_its_slot_and_generation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(written(tmp_path, "dead-key")) == 1
    said = capsys.readouterr().out
    assert f"Un bulletin est fait sous une clé remplacée (place {FIRST}, génération 0)." in said
    assert said.rstrip().endswith("ARCHIVE REFUSÉE.")


def test_register_alone_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While the election is under way there is no archive yet."""
    assert main(written(tmp_path, "under-way")) == 0
    said = capsys.readouterr().out
    assert said.count("[oui]") == len(REGISTER_STEPS)
    assert "18. [non fourni]" in said
    assert said.rstrip().endswith("Tout ce qui est présent est vérifié ; le registre n’est pas encore clos.")
    assert main(written(tmp_path, "no-registrar")) == 0
    said = capsys.readouterr().out
    assert "Double signature du service d’enregistrement : non" in said
    assert said.rstrip().endswith("Registre vérifié.")
    assert main([*written(tmp_path, "voters"), "--lang", "en"]) == 1
    assert capsys.readouterr().out.rstrip().endswith("REGISTER REFUSED.")


def test_a_register_goes_with_the_archive_of_its_name_or_of_its_contest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, register = written(tmp_path, "archive")
    renamed = tmp_path / "le-registre.register"
    Path(register).rename(renamed)
    (tmp_path / "empty.register").write_bytes(b"")
    (tmp_path / "empty.bel").write_bytes(b"")
    assert main([str(renamed), archive, "--json"]) == 0
    (report,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (report["archive"], report["register"]) == (archive, str(renamed))
    others = [str(tmp_path / "empty.bel"), str(tmp_path / "empty.register")]
    assert main([*others, archive, str(renamed), "--json"]) == 1
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["archive"], one["register"]) for one in reports] == [tuple(others), (archive, str(renamed))]
    assert [one["accepted"] for one in reports] == [False, True]


def test_register_of_another_contest_is_told_alone_unless_the_name_says_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = written(tmp_path, "other-contest")
    renamed = tmp_path / "autre.register"
    Path(paths[1]).rename(renamed)
    assert main([paths[0], str(renamed), "--json"]) == 0
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["archive"], one["register"]) for one in reports] == [(paths[0], None), (None, str(renamed))]


def test_a_faulty_register_does_not_hide_what_the_archive_is(tmp_path: Path) -> None:
    archive, register = written(tmp_path, "archive")
    Path(register).write_bytes(raw(CASES["voters"], "register"))
    report = verify_archive(archive, register=register)
    assert report.found.result is not None
    statuses = {check.step: check.status for check in report.checks}
    assert {statuses[step] for step in ARCHIVE_STEPS} == {"passed"}
    assert [statuses[step] for step in Step if step not in ARCHIVE_STEPS] == [
        "not-reached",
        "not-reached",
        "failed",
        "not-reached",
    ]
    assert report.fault is not None
    assert report.fault.code == "register-wrong-voters"


@pytest.mark.parametrize(("path", "code"), [("nowhere.register", "file-missing"), (".", "file-is-directory")])
def test_register_that_cannot_be_read_is_told(tmp_path: Path, path: str, code: str) -> None:
    for report in (
        verify_register_file(tmp_path / path),
        verify_archive(written(tmp_path, "archive")[0], register=tmp_path / path),
    ):
        assert report.fault is not None
        assert report.fault.code == code


def test_a_register_made_with_another_registrars_key_is_refused_once_that_key_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A portal alone can write a whole register with a second key of its own: only its name in the file betrays it."""
    paths = written(tmp_path, "archive")
    assert main([*paths, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["summary"]["register"]
    key = told["registrar_key"]
    assert told["portal_key"] != key
    assert main([*paths, "--registrar-key", key.upper()]) == 0
    said = capsys.readouterr().out
    assert f"Clé du portail : {told['portal_key']}" in said
    assert f"Clé du service d’enregistrement (à comparer avec la sienne) : {key}" in said
    for files in (paths, paths[1:]):
        for language, sentence in zip(("fr", "en"), SENTENCES["register-other-registrar"], strict=True):
            assert main([*files, "--registrar-key", told["portal_key"], "--lang", language]) == 1
            assert f"→ {sentence} (register-other-registrar)" in capsys.readouterr().out
    for bad in (key[1:], "g" * 64):
        with pytest.raises(SystemExit):
            main([*paths, "--registrar-key", bad])
    capsys.readouterr()


def test_a_register_without_registrar_is_not_that_of_a_known_registrar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*written(tmp_path, "no-registrar"), "--registrar-key", "0" * 64]) == 1
    assert "register-other-registrar" in capsys.readouterr().out
