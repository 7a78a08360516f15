"""The exchange with the credential authority: what the portal asks, and what it accepts in return."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from isoloir_protocol.credentials import derive_secret, public_credential
from nacl.public import PublicKey, SealedBox

from isoloir.common.errors import ImportRefused
from isoloir.common.secretfiles import read_secret
from isoloir.credentials.authority.request import read_request
from isoloir.credentials.errors import RequestRefused
from isoloir.credentials.imports import import_slots, load_slots
from isoloir.credentials.links import ensure_link_key, live_key
from isoloir.credentials.models import Slot, SlotKey, SlotLink
from isoloir.credentials.request import export_credential_request
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.models import Contest, Election
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files
from isoloir.roll.models import RollEntry
from tests import importing
from tests.authority import codes_of, issue
from tests.factories import make_election
from tests.importing import ACTOR, AT, places

pytestmark = pytest.mark.django_db
Files = dict[str, bytes]


@pytest.fixture
def election() -> Election:
    election = make_election()
    import_files(election=election, files=importing.election_files(), actor=ACTOR, at=AT)
    return election


@pytest.fixture
def issued(election: Election, tmp_path: Path) -> Path:
    """What the credential authority makes of the request: the directories `portal` and `private`."""
    export_credential_request(election=election, directory=tmp_path / "request", actor=ACTOR, at=AT)
    issue(tmp_path / "request", tmp_path / "issued")
    return tmp_path / "issued"


@pytest.fixture
def files(issued: Path) -> Files:
    return {path.name: path.read_bytes() for path in (issued / "portal").iterdir()}


def contest_of(election: Election, code: str = "CSA-MIN") -> Contest:
    return election.contests.get(code=code)


def rehashed(files: Files) -> Files:
    """Return the files with a manifest that fits them, as an authority that erred would have written it."""
    manifest = json.loads(files["manifest.json"])
    for file in manifest["files"]:
        file["sha256"] = hashlib.sha256(files.get(file["name"], b"")).hexdigest()
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def refused(election: Election, files: Files) -> list[tuple[int | None, str]]:
    with pytest.raises(ImportRefused) as refusal:
        load_slots(election=election, files=files, actor=ACTOR, at=AT)
    assert not Slot.objects.exists()
    assert not SlotKey.objects.exists()
    assert not SlotLink.objects.exists()
    assert not JournalEntry.objects.filter(kind="slots.imported").exists()
    return places(refusal.value)


# ---- The request ----


def test_the_authority_accepts_what_the_portal_asks(election: Election, tmp_path: Path) -> None:
    directory = tmp_path / "request"
    digests = export_credential_request(election=election, directory=directory, actor=ACTOR, at=AT)
    request = read_request(directory)
    assert {voter.reference for voter in request.voters()} == set(election.voters.values_list("reference", flat=True))
    assert set(request.contests) == {"CSA-MIN", "CAP-1", "CCP-S"}
    assert JournalEntry.objects.get(kind="credential-request.exported").facts == digests


def test_the_request_has_no_address_of_e_mail_and_its_owner_alone_reads_it(election: Election, tmp_path: Path) -> None:
    directory = tmp_path / "request"
    export_credential_request(election=election, directory=directory, actor=ACTOR, at=AT)
    assert all(b"valmont.example" not in path.read_bytes() for path in directory.iterdir())
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_link_keys_are_made_once_and_stay_outside_the_database(election: Election, tmp_path: Path) -> None:
    keys = []
    for name in ("first", "second"):
        export_credential_request(election=election, directory=tmp_path / name, actor=ACTOR, at=AT)
        request = json.loads((tmp_path / name / "request.json").read_bytes())
        keys.append([contest["link_key"] for contest in request["contests"]])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 3
    assert len(read_secret(f"link-keys/{contest_of(election).uuid}")) == 32


def test_a_directory_in_use_is_left_alone(election: Election, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(FileExistsError):
        export_credential_request(election=election, directory=tmp_path, actor=ACTOR, at=AT)
    assert not JournalEntry.objects.filter(kind="credential-request.exported").exists()


def test_a_request_waits_for_the_roll_and_the_help_line(election: Election, tmp_path: Path) -> None:
    with pytest.raises(RequestRefused):
        export_credential_request(election=make_election(slug="b"), directory=tmp_path / "b", actor=ACTOR, at=AT)
    Election.objects.filter(pk=election.pk).update(help_line="")
    with pytest.raises(RequestRefused):
        export_credential_request(election=election, directory=tmp_path / "a", actor=ACTOR, at=AT)


def test_nothing_is_asked_nor_received_once_sealed(election: Election, files: Files, tmp_path: Path) -> None:
    election.contests.update(state=Contest.State.SEALED)
    with pytest.raises(ElectionSealed):
        export_credential_request(election=election, directory=tmp_path / "late", actor=ACTOR, at=AT)
    with pytest.raises(ElectionSealed):
        load_slots(election=election, files=files, actor=ACTOR, at=AT)


# ---- The answer ----


def test_every_voter_of_every_contest_gets_the_slot_of_the_code(election: Election, issued: Path) -> None:
    done = import_slots(election=election, directory=issued / "portal", actor=ACTOR, at=AT)
    assert done.slots_by_contest == {"CSA-MIN": 6, "CAP-1": 3, "CCP-S": 3}
    assert done.slots == Slot.objects.count() == SlotKey.objects.count() == SlotLink.objects.count() == 12
    codes = codes_of(issued)
    for entry in RollEntry.objects.select_related("contest", "voter"):
        secret = derive_secret(uuid=entry.contest.uuid, code=codes[entry.voter.reference])
        assert live_key(entry) == public_credential(secret).text


def test_importing_again_replaces_the_slots(election: Election, issued: Path) -> None:
    for _time in range(2):
        import_slots(election=election, directory=issued / "portal", actor=ACTOR, at=AT)
    assert Slot.objects.count() == SlotKey.objects.count() == SlotLink.objects.count() == 12
    assert JournalEntry.objects.filter(kind="slots.imported").count() == 2


def test_the_order_of_the_slots_is_drawn_anew_at_each_import(election: Election, files: Files) -> None:
    orders = set()
    for _time in range(8):
        load_slots(election=election, files=files, actor=ACTOR, at=AT)
        orders.add(tuple(Slot.objects.filter(contest__code="CSA-MIN").order_by("pk").values_list("name", flat=True)))
    # Six slots have 720 orders: the same one eight times would be no order at all.
    assert len(orders) > 1


@pytest.mark.parametrize("name", ["manifest.json", "slots", "links"])
def test_a_missing_file_is_named(election: Election, files: Files, name: str) -> None:
    del files[name if name == "manifest.json" else f"{contest_of(election).uuid}.{name}.csv"]
    assert refused(election, files) == [(None, "")]


def test_a_file_that_the_manifest_did_not_hash_is_refused(election: Election, files: Files) -> None:
    files[f"{contest_of(election).uuid}.slots.csv"] += b"\n"
    assert refused(election, files) == [(None, "")]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff", b'{"format":"other"}', b"[" * 100_000])
def test_a_manifest_of_another_kind_is_refused(election: Election, files: Files, content: bytes) -> None:
    assert refused(election, {**files, "manifest.json": content}) == [(None, "")]


def test_an_issue_for_another_election_is_refused(election: Election, files: Files) -> None:
    Contest.objects.filter(code="CAP-1").update(uuid="1" * 22)
    assert refused(election, files) == [(None, "contests")]


def edit(files: Files, name: str, change: Callable[[list[str]], None]) -> Files:
    """Return the files with one of them changed by lines, and a manifest that fits."""
    lines = files[name].decode().split("\n")
    change(lines)
    return rehashed({**files, name: "\n".join(lines).encode()})


def set_cell(line: int, cell: int, value: str) -> Callable[[list[str]], None]:
    def change(lines: list[str]) -> None:
        cells = lines[line - 1].split(";")
        cells[cell] = value
        lines[line - 1] = ";".join(cells)

    return change


NOT_IN_GROUP = "00" * 31 + "02"
NEUTRAL = "00" * 31 + "01"


@pytest.mark.parametrize("key", [NOT_IN_GROUP, NEUTRAL, "F" * 64, "ab", "zz" * 32])
def test_a_public_key_that_is_not_in_the_group_is_named(election: Election, files: Files, key: str) -> None:
    name = f"{contest_of(election).uuid}.slots.csv"
    assert (3, "public_key") in refused(election, edit(files, name, set_cell(3, 1, key)))


def test_a_slot_or_a_key_there_twice_is_named(election: Election, files: Files) -> None:
    name = f"{contest_of(election).uuid}.slots.csv"
    found = refused(election, edit(files, name, lambda lines: lines.insert(4, lines[1])))
    assert {(5, "slot"), (5, "public_key")} <= set(found)


def test_a_slot_of_another_form_is_named(election: Election, files: Files) -> None:
    name = f"{contest_of(election).uuid}.slots.csv"
    assert (2, "slot") in refused(election, edit(files, name, set_cell(2, 0, "0" * 22)))


def test_a_link_for_nobody_is_named(election: Election, files: Files) -> None:
    name = f"{contest_of(election).uuid}.links.csv"
    assert (2, "reference") in refused(election, edit(files, name, set_cell(2, 0, "NOBODY")))


def test_a_voter_linked_twice_is_named(election: Election, files: Files) -> None:
    name = f"{contest_of(election).uuid}.links.csv"
    reference = files[name].decode().split("\n")[1].split(";")[0]
    assert (3, "reference") in refused(election, edit(files, name, set_cell(3, 0, reference)))


def test_two_voters_on_one_slot_are_named(election: Election, files: Files) -> None:
    name = f"{contest_of(election).uuid}.links.csv"
    sealed = files[name].decode().split("\n")[1].split(";")[1]
    assert (3, "sealed_slot") in refused(election, edit(files, name, set_cell(3, 1, sealed)))


def test_a_voter_without_a_slot_is_told(election: Election, files: Files) -> None:
    name = f"{contest_of(election).uuid}.links.csv"
    assert refused(election, edit(files, name, lambda lines: lines.pop(2))) == [(None, "")]


@pytest.mark.parametrize("text", ["AAAA", "é", "====", "not base64 !"])
def test_a_link_that_does_not_open_is_named(election: Election, files: Files, text: str) -> None:
    name = f"{contest_of(election).uuid}.links.csv"
    assert (2, "sealed_slot") in refused(election, edit(files, name, set_cell(2, 1, text)))


def test_a_link_to_the_slot_of_another_contest_is_named(election: Election, files: Files) -> None:
    contest, other = contest_of(election), contest_of(election, "CAP-1")
    foreign = files[f"{other.uuid}.slots.csv"].decode().split("\n")[1].split(";")[0]
    request_key = PublicKey(bytes.fromhex(ensure_link_key(contest)))
    sealed = base64.b64encode(SealedBox(request_key).encrypt(foreign.encode())).decode()
    found = refused(election, edit(files, f"{contest.uuid}.links.csv", set_cell(2, 1, sealed)))
    assert (2, "sealed_slot") in found
