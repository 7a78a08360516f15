"""`isoloir bounces`: a Maildir, an mbox, a message, the standard input; nothing that is not authentic changes anything."""

import io
import mailbox
from pathlib import Path

import pytest
from django.db import OperationalError

from isoloir.commands import main
from isoloir.messaging.actions import queue_email
from isoloir.messaging.identifiers import identifier_key, message_id
from isoloir.messaging.models import Message
from tests.factories import DURING
from tests.messaging.test_bounces import report

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> list[Message]:
    """Make three messages that have left."""
    messages = [
        queue_email(kind="link", recipient="voter1@essai.example", subject="s", body="b", at=DURING)
        for _number in range(3)
    ]
    Message.objects.update(state=Message.State.SENT, sealed=b"")
    return messages


def report_of(message: Message) -> bytes:
    return report(message_id(message.pk, key=identifier_key()))


def bounced() -> set[int]:
    return set(Message.objects.filter(state=Message.State.BOUNCED).values_list("pk", flat=True))


def test_maildir_is_read_once(sent: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = mailbox.Maildir(tmp_path / "mail")
    for message in sent[:2]:
        folder.add(report_of(message))
    folder.add(b"From: somebody@else.example\n\nhello")
    assert main(("bounces", str(tmp_path / "mail"))) == 0
    assert bounced() == {message.pk for message in sent[:2]}
    told = capsys.readouterr().out
    assert "2 messages marqués comme revenus" in told
    assert "1 sans rapport avec nos messages" in told
    assert "3 avis lus" in told
    assert main(("bounces", str(tmp_path / "mail"))) == 0
    assert "0 avis lus" in capsys.readouterr().out
    assert len(list((tmp_path / "mail" / "cur").iterdir())) == 3


def test_mbox_is_read_message_by_message(sent: list[Message], tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for message in sent:
        box.add(report_of(message))
    box.close()
    assert main(("bounces", str(tmp_path / "box"))) == 0
    assert bounced() == {message.pk for message in sent}


def test_one_message_is_read_from_a_file_or_from_the_standard_input(
    sent: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.eml").write_bytes(report_of(sent[0]))
    assert main(("bounces", str(tmp_path / "one.eml"))) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(report_of(sent[1]))))
    assert main(("bounces",)) == 0
    assert bounced() == {sent[0].pk, sent[1].pk}


HOSTILE = b"""Content-Type: multipart/report; boundary=b

--b
Content-Type: text/rfc822-headers; charset*=zz''a

Message-ID: \xe9
--b--
"""


def make_maildir(folder: Path, *letters: bytes) -> Path:
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for number, letter in enumerate(letters):
        (folder / "new" / f"{number}.example").write_bytes(letter)
    return folder


def test_one_hostile_mail_stops_no_other(
    sent: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_maildir(tmp_path / "mail", HOSTILE, report_of(sent[0]))
    assert main(("bounces", str(folder))) == 0
    assert bounced() == {sent[0].pk}
    assert "1 illisibles" in capsys.readouterr().out
    assert sorted(path.name for path in folder.glob("*/*")) == ["0.example:2,S", "1.example:2,S"]


def test_mail_that_kills_the_reader_is_never_met_again(
    sent: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_maildir(tmp_path / "mail", HOSTILE, report_of(sent[0]))

    def die(raw: bytes, *, key: bytes) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("isoloir.messaging.bounces.verify_report", die)
        with pytest.raises(SystemExit):
            main(("bounces", str(folder)))
    # It lies among the messages that were taken, and nobody has marked it as seen.
    assert [path.name for path in (folder / "cur").iterdir()] == ["0.example:2,"]
    assert main(("bounces", str(folder))) == 0
    assert bounced() == {sent[0].pk}


def test_report_that_the_database_did_not_hear_of_is_read_again(
    sent: list[Message], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_maildir(tmp_path / "mail", report_of(sent[0]))

    def fail(primary_key: int) -> str:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr("isoloir.messaging.bounces._record", fail)
        assert main(("bounces", str(folder))) == 1
    assert [path.name for path in folder.glob("*/*")] == ["0.example"]
    assert main(("bounces", str(folder))) == 0
    assert bounced() == {sent[0].pk}


def test_message_that_is_too_long_hides_no_other(
    sent: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = b"From: a\n\n" + b"x" * 3_000_000 + b"\n"
    (tmp_path / "box").write_bytes(
        b"From a Fri\n" + long + b"\nFrom b Fri\n" + report_of(sent[0]) + b"\nFrom c Fri\n" + long
    )
    assert main(("bounces", str(tmp_path / "box"))) == 0
    assert bounced() == {sent[0].pk}
    assert "2 sans rapport avec nos messages" in capsys.readouterr().out


def test_forged_report_is_counted_and_changes_nothing(
    sent: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.eml").write_bytes(report(message_id(sent[0].pk, key=b"guess" * 7)))
    assert main(("bounces", str(tmp_path / "one.eml"))) == 0
    assert bounced() == set()
    assert "1 sans notre marque" in capsys.readouterr().out


def test_path_that_is_not_there_is_told_before_anything_is_read(
    sent: list[Message], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.eml").write_bytes(report_of(sent[0]))
    assert main(("bounces", str(tmp_path / "one.eml"), str(tmp_path / "absent"))) == 1
    assert "Ce chemin n’existe pas" in capsys.readouterr().err
    assert bounced() == set()
