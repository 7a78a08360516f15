"""Wrong arguments get a sentence and an exit status, never a trace; and nothing is destroyed by mistake."""

import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError

from isoloir.commands import main


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--port", "99999"),
        ("demo", "--port", "-1"),
        ("demo", "--voters", "0"),
        ("rehearse", "--out", "sortie", "--voters", "0"),
        ("rehearse", "--out", "sortie", "--voters", "-5"),
        ("rehearse", "--out", "sortie", "--contests", "0"),
    ],
)
def test_impossible_number_is_wrong_usage(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert f"argument {arguments[-2]}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_more_contests_than_voters_cannot_be_rehearsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sortie"
    assert main(("rehearse", "--out", str(out), "--voters", "2", "--contests", "3")) == 2
    assert "autant d’électeurs que de scrutins" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("command", [("rehearse", "--out"), ("demo", "--port", "0", "--directory")])
def test_file_in_the_place_of_a_folder_is_told(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fichier"
    file.write_text("à garder")
    assert main((*command, str(file))) == 2
    assert "n’est pas un dossier" in capsys.readouterr().err
    assert file.read_text() == "à garder"


def test_reset_spares_a_folder_that_is_no_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "mémoire.odt"
    kept.write_text("à garder")
    assert main(("demo", "--port", "0", "--reset", "--directory", str(tmp_path))) == 2
    assert "n’est pas celui d’une démonstration" in capsys.readouterr().err
    assert kept.read_text() == "à garder"


def test_database_without_its_tables_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OperationalError("no such table: elections_election") from sqlite3.OperationalError()

    monkeypatch.setattr("isoloir.commands.portal._invite", fail)
    assert main(("portal", "invite")) == 1
    assert "base de données" in capsys.readouterr().err
