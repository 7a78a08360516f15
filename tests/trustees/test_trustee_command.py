"""`isoloir trustee` from the key to the partial decryption, by files alone."""

import argparse
import getpass
import json
import stat

import pytest
from isoloir_protocol.tally import verify_partial_decryption

from isoloir.commands import trustee
from isoloir.trustees.device import open_key_file
from tests.trustees.ceremonies import STEPS, PlayedGroup, counted_election

PASSPHRASE = "la phrase d’activation"


class Desk:
    """A folder with a state, and the command."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "phrase").write_text(PASSPHRASE + "\n")

    def write_state(self, value):
        (self.folder / "etat.json").write_text(json.dumps(value, ensure_ascii=False, indent=1))

    def run(self, command, *more, passphrase_file=True):
        parser = argparse.ArgumentParser()
        trustee.add_parser(parser.add_subparsers())
        words = [
            "trustee",
            command,
            "--state",
            self.folder / "etat.json",
            "--key-file",
            self.folder / "cle.json",
            *more,
        ]
        if passphrase_file:
            words += ["--passphrase-file", self.folder / "phrase"]
        options = parser.parse_args([str(word) for word in words])
        return options.run(options)

    def seed(self):
        return open_key_file((self.folder / "cle.json").read_text(), PASSPHRASE)[1]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_command_plays_a_trustee_from_key_to_decryption(desk, capsys):
    group = PlayedGroup()
    desk.write_state(group.state(2, "certificate"))
    assert desk.run("key") == 0
    assert stat.S_IMODE((desk.folder / "cle.json").stat().st_mode) == 0o600
    group.seeds[1] = desk.seed()
    for step in STEPS:
        desk.write_state(group.state(2, step))
        assert desk.run("step", "--out", desk.folder / f"{step}.json") == 0
        answer = json.loads((desk.folder / f"{step}.json").read_text())
        assert (answer["format"], answer["station"], answer["step"]) == ("isoloir-trustee-answer", "bvec", step)
        group.messages[step] = [
            answer["text"] if index == 2 else group.answer(index, step) for index in range(1, group.size + 1)
        ]
    election, tally = counted_election(group, [1, 2])
    share = group.trustees().owners[1]
    group.decryptions[0] |= {"owner": 2, "public_share": share.text}
    desk.write_state(group.state(2, "ready"))
    assert desk.run("decrypt", "--out", desk.folder / "out") == 0
    answer = json.loads((desk.folder / "out" / f"{election.uuid}.json").read_text())
    verified = verify_partial_decryption(election=election, tally=tally, public_share=share, text=answer["text"])
    assert verified.public_share == share
    shown = capsys.readouterr()
    for secret in (desk.seed(), PASSPHRASE):
        assert secret not in shown.out + shown.err


def test_key_file_is_never_replaced(desk, capsys):
    desk.write_state(PlayedGroup().state(1, "certificate"))
    assert desk.run("key") == 0
    before = (desk.folder / "cle.json").read_bytes()
    assert desk.run("key") == 1
    assert (desk.folder / "cle.json").read_bytes() == before
    assert "cle.json" in capsys.readouterr().err


def test_passphrase_is_asked_twice(desk, monkeypatch, capsys):
    desk.write_state(PlayedGroup().state(1, "certificate"))
    typed = iter([PASSPHRASE, "une autre, tapée de travers"])
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(typed))
    assert desk.run("key", passphrase_file=False) == 1
    assert "différentes" in capsys.readouterr().err
    assert not (desk.folder / "cle.json").exists()


@pytest.mark.parametrize("name", ["etat.json", "cle.json", "phrase"])
def test_missing_file_is_named(desk, capsys, name):
    desk.write_state(PlayedGroup().state(1, "certificate"))
    assert desk.run("key") == 0
    (desk.folder / name).unlink()
    assert desk.run("step", "--out", desk.folder / "reponse.json") == 1
    assert name in capsys.readouterr().err


def test_file_that_is_not_text_is_refused_in_words(desk, capsys):
    (desk.folder / "etat.json").write_bytes(b"\xff\xfe\x00")
    assert desk.run("key") == 1
    assert "UTF-8" in capsys.readouterr().err


def test_key_of_another_member_is_refused(desk, capsys):
    group = PlayedGroup()
    desk.write_state(group.state(1, "certificate"))
    assert desk.run("key") == 0
    desk.write_state(group.state(2, "certificate"))
    assert desk.run("step", "--out", desk.folder / "reponse.json") == 1
    assert "autre personne" in capsys.readouterr().err
    assert not (desk.folder / "reponse.json").exists()


def test_wrong_message_of_another_member_is_refused_in_words(desk, capsys):
    group = PlayedGroup()
    desk.write_state(group.state(1, "certificate"))
    assert desk.run("key") == 0
    group.seeds[0] = desk.seed()
    group.play("certificate")
    group.messages["certificate"][2] = group.messages["certificate"][1]
    desk.write_state(group.state(1, "polynomial"))
    assert desk.run("step", "--out", desk.folder / "reponse.json") == 1
    assert " / " in capsys.readouterr().err
