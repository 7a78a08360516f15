"""The credential authority: codes, slots and public credentials that go together, and nothing that leaks."""

import csv
import json
import os
import stat
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from isoloir_protocol.credentials import derive_secret, generate_uuid, normalise_code, public_credential
from nacl.public import PrivateKey, SealedBox

from isoloir.credentials.authority.errors import AuthorityError, OutputRefused
from isoloir.credentials.authority.issue import issue_codes
from isoloir.credentials.authority.request import COLUMNS, folder_name, read_request
from tests.authority import RECIPIENT, codes_of, issue

ROWS = (
    "R1;Mme;ÉLOÏSE;Anne;Académie de Valmorane;0990001A;Collège des Ormes;1 rue des Ormes|99100 ORMES;CSA|CAP",
    'R2;M.;"D;UPONT";Luc;Académie de Valmorane;0990001A;"Collège ""des"" Ormes";;CSA',
    "R3;;ABADIE;;Académie de Valmorane;0990002B;Lycée du Cap;2 quai du Cap;CAP",
)


@pytest.fixture
def link_keys() -> dict[str, PrivateKey]:
    return {"CSA": PrivateKey.generate(), "CAP": PrivateKey.generate()}


@pytest.fixture
def uuids() -> dict[str, str]:
    return {"CSA": generate_uuid(os.urandom), "CAP": generate_uuid(os.urandom)}


@pytest.fixture
def request_directory(tmp_path: Path, link_keys: dict[str, PrivateKey], uuids: dict[str, str]) -> Path:
    directory = tmp_path / "request"
    directory.mkdir()
    contests = [
        {"uuid": uuids[code], "code": code, "name": f"Scrutin {code}", "link_key": bytes(key.public_key).hex()}
        for code, key in link_keys.items()
    ]
    election = {
        "name": "Élections de Valmorane",
        "portal_url": "https://vote.valmorane.example/",
        "help_line": "01 99 00 12 34",
        "voting_opens_at": "2026-12-03T07:00:00Z",
        "voting_closes_at": "2026-12-10T16:00:00Z",
        "calendar": [{"label": "Résultats", "text": "vendredi 11 décembre 2026"}],
    }
    content = {"format": "isoloir-credential-request", "version": 1, "election": election, "contests": contests}
    (directory / "request.json").write_text(json.dumps(content), encoding="utf-8")
    (directory / "voters.csv").write_text("\n".join((";".join(COLUMNS), *ROWS)) + "\n", encoding="utf-8")
    return directory


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def _tree(directory: Path) -> Iterator[Path]:
    yield directory
    yield from directory.rglob("*")


def test_slots_links_and_codes_go_together(request_directory, tmp_path, link_keys, uuids):
    issue(request_directory, tmp_path / "out")
    codes = codes_of(tmp_path / "out")
    # In the order of distribution: establishments, then names.
    assert list(codes) == ["R2", "R1", "R3"]
    assert len(set(codes.values())) == 3
    for contest, voters in (("CSA", ["R2", "R1"]), ("CAP", ["R1", "R3"])):
        uuid = uuids[contest]
        slots = {row["slot"]: row["public_key"] for row in _rows(tmp_path / f"out/portal/{uuid}.slots.csv")}
        links = {row["reference"]: row["sealed_slot"] for row in _rows(tmp_path / f"out/portal/{uuid}.links.csv")}
        assert list(links) == voters
        assert len(slots) == len(voters)
        for reference, sealed in links.items():
            slot = SealedBox(link_keys[contest]).decrypt(b64decode(sealed, validate=True)).decode("ascii")
            assert len(slot) == 22
            assert slots[slot] == public_credential(derive_secret(uuid=uuid, code=codes[reference])).text


def test_slots_are_sorted_by_public_key_so_that_order_tells_nothing(request_directory, tmp_path, uuids):
    many = [f"V{number:03d};;NOM;;Académie;E1;École;;CSA" for number in range(60)]
    (request_directory / "voters.csv").write_text("\n".join((";".join(COLUMNS), *many)), encoding="utf-8")
    issue(request_directory, tmp_path / "out")
    keys = [row["public_key"] for row in _rows(tmp_path / f"out/portal/{uuids['CSA']}.slots.csv")]
    assert len(keys) == 60
    assert keys == sorted(keys)


def test_manifest_counts_and_hashes_every_file_of_the_portal(request_directory, tmp_path, uuids):
    issue(request_directory, tmp_path / "out")
    portal = tmp_path / "out/portal"
    manifest = json.loads((portal / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "isoloir-credential-issue"
    assert manifest["voters"] == 3
    assert manifest["contests"] == [{"uuid": uuids[code], "code": code, "slots": 2} for code in ("CSA", "CAP")]
    assert manifest["voters_sha256"] == sha256((request_directory / "voters.csv").read_bytes()).hexdigest()
    assert {entry["name"] for entry in manifest["files"]} == {path.name for path in portal.glob("*.csv")}
    for entry in manifest["files"]:
        content = (portal / entry["name"]).read_bytes()
        assert entry["sha256"] == sha256(content).hexdigest()
        assert entry["size"] == len(content)
        assert entry["rows"] == content.count(b"\n") - 1


def test_everything_is_private_to_its_owner(request_directory, tmp_path):
    before = os.umask(0)
    try:
        issue(request_directory, tmp_path / "out")
    finally:
        os.umask(before)
    for path in _tree(tmp_path / "out"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_no_code_and_no_clear_slot_goes_to_the_portal(request_directory, tmp_path):
    issue(request_directory, tmp_path / "out")
    codes = list(codes_of(tmp_path / "out").values())
    assert all(normalise_code(code) == code for code in codes)
    sent = b"".join(path.read_bytes() for path in (tmp_path / "out/portal").iterdir())
    assert not any(code.encode() in sent for code in codes)
    for links in (tmp_path / "out/portal").glob("*.links.csv"):
        slots = _rows(links.with_name(links.name.replace(".links.", ".slots.")))
        assert not any(row["slot"] in links.read_text(encoding="ascii") for row in slots)


def test_used_output_directory_is_refused_and_left_alone(request_directory, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "kept").write_text("codes printed yesterday", encoding="utf-8")
    with pytest.raises(OutputRefused, match="exists already"):
        issue(request_directory, out)
    assert [path.name for path in out.iterdir()] == ["kept"]
    assert not list(tmp_path.glob(".out*"))


def test_empty_output_directory_is_used(request_directory, tmp_path):
    (tmp_path / "out").mkdir(mode=0o755)
    issue(request_directory, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_second_issue_gives_other_codes(request_directory, tmp_path):
    issue(request_directory, tmp_path / "first")
    issue(request_directory, tmp_path / "second")
    first, second = (set(codes_of(tmp_path / each).values()) for each in ("first", "second"))
    assert len(first) == len(second) == 3
    assert not first & second


def test_roll_that_changes_meanwhile_is_refused_and_nothing_is_issued(request_directory, tmp_path):
    request = read_request(request_directory)
    voters = request_directory / "voters.csv"
    voters.write_text(voters.read_text(encoding="utf-8").replace("ABADIE", "ABADIF"), encoding="utf-8")
    with pytest.raises(AuthorityError, match="changed while it was read"):
        issue_codes(request, tmp_path / "out", recipients=[RECIPIENT])
    assert not (tmp_path / "out").exists()


def test_broken_randomness_is_noticed(request_directory, tmp_path):
    with pytest.raises(AuthorityError, match="same public key"):
        issue(request_directory, tmp_path / "out", random=lambda size: b"\x07" * size)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("academy", "folder"),
    [("Académie d’Ys", "academie-d-ys"), ("  Île-&-Æther 2 ", "ile-ther-2"), ("../../etc", "etc"), ("東京", "")],
)
def test_academies_become_plain_folder_names(academy, folder):
    assert folder_name(academy) == folder
