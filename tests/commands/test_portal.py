"""`isoloir portal`: an election prepared from the command line."""

import csv
import stat
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.commands import main
from isoloir.commands.portal import paris_instant
from isoloir.credentials.models import Slot
from isoloir.elections.models import Election
from isoloir.identity.models import Account
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter
from tests import electorate, importing
from tests.authority import issue
from tests.electorate_fixtures import clock

__all__ = ("clock",)
pytestmark = pytest.mark.django_db

CREATION = (
    "portal", "create-election", "--slug", "valmont-2026", "--name", "Élections 2026", "--organiser", "Valmont",
    "--help-line", "01 99 00 12 34", "--portal-opens", "2026-10-13T09:00", "--lists-shown", "2026-11-05T09:00",
    "--voting-opens", "2026-12-03T08:00", "--voting-closes", "2026-12-10T17:00", "--lists-drawn-on", "2026-11-04",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    for name, content in importing.election_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_an_election_is_prepared_from_end_to_end(folder: Path, tmp_path: Path) -> None:
    assert main(CREATION) == 0
    assert Election.objects.get().voting_opens_at.isoformat() == "2026-12-03T07:00:00+00:00"
    assert main(("portal", "import", str(folder))) == 0
    assert main(("portal", "export-request", str(tmp_path / "request"))) == 0
    issue(tmp_path / "request", tmp_path / "issued")
    assert main(("portal", "import-slots", str(tmp_path / "issued" / "portal"))) == 0
    assert main(("portal", "invite")) == 0
    assert (Voter.objects.count(), Slot.objects.count(), Message.objects.count()) == (6, 12, 6)


def test_faults_are_told_line_by_line_and_the_status_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(CREATION)
    with (folder / "voters.csv").open("a") as stream:
        stream.write("E9;;;;;;;;;\n")
    assert main(("portal", "import", str(folder))) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "voters.csv, ligne 8, last_name : Cette cellule est vide."
    assert told[-1] == "Rien n’a été importé : 7 faute(s)."
    assert not Voter.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("portal", "import", "missing-folder"),
        ("portal", "export-request", "somewhere"),
        ("portal", "invite"),
        ("portal", "invite", "--election", "unknown"),
    ],
)
def test_without_an_election_the_command_says_so(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    assert capsys.readouterr().err.strip()


def test_a_calendar_out_of_order_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*CREATION]
    arguments[arguments.index("2026-12-10T17:00")] = "2026-12-01T17:00"
    assert main(arguments) == 1
    assert "ferme après" in capsys.readouterr().err
    assert not Election.objects.exists()


def test_the_same_election_is_not_made_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(CREATION) == 0
    assert main(CREATION) == 1
    assert "porte déjà ce nom" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["2026-10-25T02:30", "2026-03-29T02:30", "2026-12-03T08:00Z", "demain"])
def test_an_hour_that_is_not_one_hour_of_paris_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        paris_instant(text)


# ---- Accesses ----


def test_members_get_a_password_and_a_device_in_a_private_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(CREATION)
    main(("portal", "import", str(folder)))
    path = tmp_path / "access.csv"
    assert main(("portal", "invite-members", str(path))) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open() as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert len(rows) == 10
    for row in rows:
        account = Account.objects.get(email=row["email"])
        assert check_password(row["password"], account.password)
        assert TOTPDevice.objects.get(user=account).config_url == row["totp"]
    told = capsys.readouterr()
    assert not any(row["password"] in told.out + told.err for row in rows)


def test_members_who_have_an_access_keep_it(folder: Path, tmp_path: Path) -> None:
    main(CREATION)
    main(("portal", "import", str(folder)))
    main(("portal", "invite-members", str(tmp_path / "first.csv")))
    before = dict(Account.objects.values_list("email", "password"))
    main(("portal", "invite-members", str(tmp_path / "second.csv")))
    assert dict(Account.objects.values_list("email", "password")) == before
    assert main(("portal", "invite-members", str(tmp_path / "third.csv"), "--again", "president@bvec.example")) == 0
    changed = {
        email for email, password in Account.objects.values_list("email", "password") if before[email] != password
    }
    assert changed == {"president@bvec.example"}
    assert TOTPDevice.objects.filter(user__email="president@bvec.example").count() == 1


def test_a_file_that_exists_is_never_overwritten_and_nothing_changes(folder: Path, tmp_path: Path) -> None:
    main(CREATION)
    main(("portal", "import", str(folder)))
    path = tmp_path / "access.csv"
    path.write_text("kept")
    assert main(("portal", "invite-members", str(path))) == 1
    assert path.read_text() == "kept"
    assert not TOTPDevice.objects.exists()


def test_the_first_administrator_signs_in_at_the_console(tmp_path: Path, client: object) -> None:
    main(CREATION)
    path = tmp_path / "admin.csv"
    arguments = (
        "portal",
        "add-administrator",
        "--email",
        "Root@valmont.example",
        "--last-name",
        "DUBOIS",
        "--first-names",
        "Ana",
    )
    assert main((*arguments, str(path))) == 0
    with path.open() as stream:
        row = next(csv.DictReader(stream, delimiter=";"))
    client.post("/bureau/connexion/", {"email": row["email"], "password": row["password"]})
    code = electorate.current_code(Account.objects.get(email="root@valmont.example"))
    answer = client.post("/bureau/connexion/code/", {"code": code})
    assert (answer.status_code, answer.url) == (302, "/console/")
    other = tmp_path / "other.csv"
    assert main((*arguments, str(other))) == 1
    assert not other.exists()


def test_reminder_by_the_command_is_refused_twice_in_a_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(CREATION)
    main(("portal", "import", str(folder)))
    assert main(("portal", "invite", "--remind")) == 0
    assert "Courriels mis en file : 6" in capsys.readouterr().out
    assert main(("portal", "invite", "--remind")) == 1
    assert "moins de vingt-quatre heures" in capsys.readouterr().err
    assert Message.objects.count() == 6


def test_no_link_is_sent_before_the_portal_opens(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(CREATION)
    main(("portal", "import", str(folder)))
    electorate.set_clock(Election.objects.get().portal_opens_at.replace(year=2025))
    assert main(("portal", "invite")) == 1
    assert "Le portail ouvre le" in capsys.readouterr().err
    assert not Message.objects.exists()


def test_rules_of_passwords_are_chosen_when_the_election_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main((*CREATION, "--password-policy", "1999")) == 1
    assert "2022, 2018" in capsys.readouterr().err
    assert main((*CREATION, "--password-policy", "2018")) == 0
    assert Election.objects.get().password_policy == "2018"


def test_agents_are_brought_by_a_file_and_given_an_access_of_their_own(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(CREATION)
    main(("portal", "import", str(folder)))
    agents, path = tmp_path / "agents.csv", tmp_path / "access.csv"
    head = "civility;last_name;first_names;email;role;academy\n"
    agents.write_text(f"{head}Mme;Roy;Zoé;president@bvec.example;assistance;\n")
    assert main(("portal", "import-agents", str(agents))) == 1
    assert main(("portal", "import-agents", str(tmp_path / "absent.csv"))) == 1
    agents.write_text(f"{head}Mme;Roy;Zoé;zoe@guichet.example;assistance;\n")
    assert main(("portal", "import-agents", str(agents))) == 0
    assert main(("portal", "invite-agents", str(path))) == 0
    with path.open() as stream:
        assert [row["email"] for row in csv.DictReader(stream, delimiter=";")] == ["zoe@guichet.example"]
    # An agent is not made a member of a bureau by a later import.
    with (folder / "members.csv").open("a") as stream:
        stream.write("bvec;delegate;zoe@guichet.example;Roy;Zoé;Mme;\n")
    capsys.readouterr()
    assert main(("portal", "import", str(folder))) == 1
    assert "est agent d’un guichet" in capsys.readouterr().err
