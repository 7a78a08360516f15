"""`isoloir registrar`: a store from an issue, its state without a name, its end."""

import sqlite3
from pathlib import Path

import pytest

from isoloir.commands import main
from isoloir.credentials.registrar.configuration import Configuration
from isoloir.credentials.registrar.errors import StoreRefused
from isoloir.credentials.registrar.loading import make_store
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import portal_signing_key
from tests.registrar_world import ACCEPT, IDENTIFIERS_HEADER, RegistrarWorld, make_registrar_world, nir_of

PORTAL = "11" * 32


@pytest.fixture
def world(tmp_path: Path) -> RegistrarWorld:
    return make_registrar_world(tmp_path / "world")


def init(world: RegistrarWorld, store: Path, *more: str) -> int:
    issue = str(world.directory / "issue/registrar")
    accept = ["--accept", "2018=numen+birth_date"]
    return main(["registrar", "init", "--store", str(store), "--issue", issue, "--portal-key", PORTAL, *accept, *more])


def test_nothing_is_accepted_unless_it_is_said(world: RegistrarWorld, capsys: pytest.CaptureFixture[str]) -> None:
    issue, store = str(world.directory / "issue/registrar"), world.directory / "other"
    with pytest.raises(SystemExit):
        main(["registrar", "init", "--store", str(store), "--issue", issue, "--portal-key", PORTAL])
    assert "--accept" in capsys.readouterr().err
    assert not store.exists()


def test_init_makes_a_private_store_and_tells_its_public_key(
    world: RegistrarWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    identifiers = str(world.directory / "identifiers.csv")
    assert init(world, store, "--identifiers", identifiers, "--accept", "challenge=nir+birth_date", "--limit", "2") == 0
    assert {oct(path.stat().st_mode & 0o777) for path in store.iterdir()} == {"0o600"}
    assert oct(store.stat().st_mode & 0o777) == "0o700"
    service = Service(store)
    assert service.key in capsys.readouterr().out
    assert (service.configuration.limit, service.configuration.accept) == (2, (
        ("2018", ("numen", "birth_date")), ("challenge", ("nir", "birth_date")),
    ))  # fmt: skip
    assert not (tmp_path / f".{store.name}").exists()


def test_store_is_never_made_twice(world: RegistrarWorld, capsys: pytest.CaptureFixture[str]) -> None:
    before = (world.store / "registrar-key").read_bytes()
    assert init(world, world.store) == 1
    assert "n’est pas vide" in capsys.readouterr().err
    assert (world.store / "registrar-key").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--accept", "2018=shoe"), "preuve"),
        (("--accept", "numen"), "preuve"),
        (("--accept", "2018="), "preuve"),
        (("--accept", ""), "preuve"),
        (("--limit", "10"), "réassorts"),
        (("--grant-hours", "1000"), "heures"),
        (("--portal-key", "x"), "hexadécimaux"),
        (("--franceconnect", "nowhere.json"), "nowhere.json"),
    ],
)
def test_wrong_settings_make_nothing(
    world: RegistrarWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert init(world, tmp_path / "store", *more) == 1
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["world"]


@pytest.mark.parametrize("name", ["rights", "people.csv", "manifest.json", "tag-key"])
def test_issue_that_was_altered_is_refused_whole(world: RegistrarWorld, tmp_path: Path, name: str) -> None:
    issue = world.directory / "issue/registrar"
    path = next(issue.glob("rights-*.csv")) if name == "rights" else issue / name
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]) if len(lines) > 1 else "nothing")
    with pytest.raises(StoreRefused):
        make_store(
            tmp_path / "store", issue=issue, configuration=Configuration(portal=PORTAL, accept=ACCEPT), identifiers=None
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["world"]


@pytest.mark.parametrize(
    "lines",
    [["V000;x;;;;;"], [f"V000;;{nir_of('V000')};;;;", f"V000;;{nir_of('V001')};;;;"], [], ["V000;;;;;;"]],
)
def test_identifiers_with_a_fault_are_refused_by_line_without_what_they_hold(
    world: RegistrarWorld, tmp_path: Path, lines: list[str]
) -> None:
    path = tmp_path / "identifiers.csv"
    path.write_text("\n".join([IDENTIFIERS_HEADER, *lines]) + "\n")
    with pytest.raises(StoreRefused) as refused:
        make_store(
            tmp_path / "store", issue=world.directory / "issue/registrar", identifiers=path,
            configuration=Configuration(portal=PORTAL, accept=ACCEPT),
        )  # fmt: skip
    assert nir_of("V001") not in str(refused.value)
    assert "identifiers.csv" in str(refused.value)


def test_status_counts_and_names_nobody(world: RegistrarWorld, capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(world.store)
    world.reissued(world.client(service), "V000")
    assert main(["registrar", "status", "--store", str(world.store)]) == 0
    said = capsys.readouterr().out
    assert "3, dont 3 avec une preuve" in said
    assert said.count("3 places, 1 réassorts dont 1 à publier") == 2
    assert "aucune ligne" in said
    assert not any(slot in said for slot in world.slots.values())


def test_close_waits_for_every_contest(world: RegistrarWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrar", "close", "--store", str(world.store)]) == 1
    assert "2 scrutin(s)" in capsys.readouterr().err
    assert (world.store / "tag-key").exists()
    with sqlite3.connect(world.store / "store.sqlite3") as database:
        database.execute("UPDATE contests SET closed = 1")
    assert main(["registrar", "close", "--store", str(world.store)]) == 0
    assert not (world.store / "tag-key").exists()
    assert not (world.store / "evidence-pepper").exists()
    assert main(["registrar", "status", "--store", str(world.store)]) == 0


@pytest.mark.parametrize("listen", ["8100", "127.0.0.1:0", "0.0.0.0:8100", "registrar.example:443"])
def test_serving_elsewhere_than_on_the_machine_needs_a_certificate(
    world: RegistrarWorld, capsys: pytest.CaptureFixture[str], listen: str
) -> None:
    assert main(["registrar", "serve", "--store", str(world.store), "--listen", listen]) == 1
    assert capsys.readouterr().err


def test_portal_tells_the_key_that_init_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["registrar", "portal-key"]) == 0
    assert capsys.readouterr().out.strip() == portal_signing_key().verify_key.encode().hex()


def test_folder_that_is_no_store_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("status", "close"):
        assert main(["registrar", action, "--store", str(tmp_path)]) == 1
    assert "n’est pas un magasin" in capsys.readouterr().err
