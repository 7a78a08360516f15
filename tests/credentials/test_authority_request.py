"""A bad request is refused whole, with every bad line named in both languages."""

import json
from pathlib import Path

import pytest
from isoloir_protocol.credentials import generate_uuid
from nacl.public import PrivateKey

from isoloir.credentials.authority.errors import RequestRefused
from isoloir.credentials.authority.request import COLUMNS, read_request

UUID = generate_uuid(lambda size: bytes(range(size)))
LINK_KEY = bytes(PrivateKey(b"\x11" * 32).public_key).hex()
GOOD = "R1;Mme;DURAND;Anne;Académie de Valmorane;0990001A;Collège des Ormes;1 rue|99100 ORMES;CSA"


def _content() -> dict:
    return {
        "format": "isoloir-credential-request",
        "version": 1,
        "election": {
            "name": "Élections de Valmorane",
            "portal_url": "https://vote.valmorane.example/",
            "help_line": "01 99 00 12 34",
            "voting_opens_at": "2026-12-03T07:00:00Z",
            "voting_closes_at": "2026-12-10T16:00:00Z",
            "calendar": [{"label": "Résultats", "text": "vendredi 11 décembre 2026"}],
        },
        "contests": [{"uuid": UUID, "code": "CSA", "name": "CSA académique", "link_key": LINK_KEY}],
    }


def _write(directory: Path, *, rows: list[str] | None = None, content: dict | None = None, header: str | None = None):
    lines = [";".join(COLUMNS) if header is None else header, *([GOOD] if rows is None else rows)]
    (directory / "voters.csv").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
    (directory / "request.json").write_text(json.dumps(_content() if content is None else content), encoding="utf-8")
    return directory


def _faults(directory: Path) -> list:
    with pytest.raises(RequestRefused) as refusal:
        read_request(directory)
    return refusal.value.faults


def test_good_request_is_read_as_written(tmp_path):
    request = read_request(_write(tmp_path, rows=[GOOD, 'R2;;"A ""B""; C";;Académie de Valmorane;E-2;École;;CSA']))
    first, second = request.voters()
    assert first.recipient == "Mme Anne DURAND"
    assert first.delivery_lines == ("1 rue", "99100 ORMES")
    assert (second.recipient, second.delivery_lines, second.contests) == ('A "B"; C', (), ("CSA",))
    assert request.contests["CSA"].uuid == UUID
    assert request.invitation.election.portal_url == "https://vote.valmorane.example/"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("", "0 columns instead of 9"),
        (GOOD + ";x", "10 columns instead of 9"),
        (GOOD.replace("R1", ""), "missing or wrong reference"),
        (GOOD.replace("R1", "R 1"), "missing or wrong reference"),
        (GOOD.replace("DURAND", ""), "missing last name"),
        (GOOD.replace("DURAND", '"DU"RAND'), "a quote is misplaced"),
        (GOOD.replace("DURAND", '"DURAND'), "a quote is misplaced"),
        (GOOD.replace("DURAND", "D\x07"), "control or invisible character"),
        (GOOD.replace("DURAND", "D\u202eA"), "control or invisible character"),
        (GOOD.replace("DURAND", "D\udce9"), "the line is not UTF-8"),
        (GOOD.replace("DURAND", "D" * 121), "name too long for the notice"),
        (GOOD.replace("DURAND", "D" * 32_000), "line too long"),
        (GOOD.replace("0990001A", "../x"), "wrong establishment code"),
        (GOOD.replace("0990001A", ""), "wrong establishment code"),
        (GOOD.replace("Collège des Ormes", ""), "missing or too long establishment"),
        (GOOD.replace("Académie de Valmorane", ""), "missing or too long academy"),
        (GOOD.replace("Académie de Valmorane", "東京"), "folder name of its own"),
        (GOOD.replace("Académie de Valmorane", "academie de valmorane"), "folder name of its own"),
        (GOOD.replace("1 rue", "1|2|3|4|5"), "more than 5 delivery lines"),
        (GOOD.replace("1 rue", "x" * 81), "delivery line too long"),
        (GOOD.replace("CSA", ""), "no contest"),
        (GOOD.replace("CSA", "CSA|CSA"), "contest there twice"),
        (GOOD.replace("CSA", "CSA|CAP"), "unknown contest: CAP"),
    ],
)
def test_each_fault_of_a_line_is_named_with_its_line(tmp_path, row, words):
    good = GOOD.replace("R1", "R0")
    faults = _faults(_write(tmp_path, rows=[good, row, good.replace("R0", "R2")]))
    assert any(words in fault.english for fault in faults)
    assert {fault.line for fault in faults} == {3}
    assert all(fault.french and str(fault).startswith("voters.csv, ligne 3 : ") for fault in faults)


def test_every_bad_line_is_named_at_once(tmp_path):
    rows = [GOOD.replace("R1", f"R{number}").replace("CSA", "XXX") for number in range(40)]
    assert [fault.line for fault in _faults(_write(tmp_path, rows=rows))] == list(range(2, 42))


def test_duplicate_voter_names_both_lines(tmp_path):
    (fault,) = _faults(_write(tmp_path, rows=[GOOD, GOOD.replace("R1", "R2"), GOOD]))
    assert (fault.line, fault.english) == (4, "reference already on line 2")


def test_faults_never_repeat_a_name_or_an_address(tmp_path):
    row = GOOD.replace("CSA", "XXX").replace("0990001A", "!")
    assert not any(
        secret in str(fault) for fault in _faults(_write(tmp_path, rows=[row])) for secret in ("DURAND", "rue")
    )


def test_wrong_header_is_one_fault(tmp_path):
    faults = _faults(_write(tmp_path, header=";".join(COLUMNS[:-1])))
    assert [fault.line for fault in faults] == [1]


def test_byte_order_mark_is_a_wrong_header(tmp_path):
    assert _faults(_write(tmp_path, header="\ufeff" + ";".join(COLUMNS)))[0].line == 1


@pytest.mark.parametrize("rows", [[], None])
def test_request_without_voters_or_without_file_is_refused(tmp_path, rows):
    _write(tmp_path, rows=[])
    if rows is None:
        (tmp_path / "voters.csv").unlink()
    assert _faults(tmp_path)[0].file == "voters.csv"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format":"isoloir-credential-request"}', "\x00", "null"])
def test_unreadable_request_file_is_a_fault(tmp_path, text):
    _write(tmp_path)
    (tmp_path / "request.json").write_text(text, encoding="utf-8")
    assert _faults(tmp_path)[0].file == "request.json"


@pytest.mark.parametrize(
    ("part", "name", "value", "words"),
    [
        (None, "format", "other", "not a code request"),
        (None, "version", 2, "not a code request"),
        (None, "version", True, "not a code request"),
        (None, "extra", 1, "exactly"),
        (None, "contests", [], "no contest"),
        ("election", "name", "", "election.name"),
        ("election", "name", "x" * 251, "no notice can be printed"),
        ("election", "portal_url", "javascript:alert(1)", "no notice can be printed"),
        ("election", "voting_opens_at", "2026-12-03T07:00:00", "instant in UTC"),
        ("election", "voting_opens_at", "2026-12-11T07:00:00Z", "closes before"),
        ("election", "calendar", {}, "must be a list"),
        ("election", "calendar", [{"label": "x"}], "exactly"),
        ("contest", "uuid", "short", "not an identifier"),
        ("contest", "uuid", "../../../../etc/passwd", "not an identifier"),
        ("contest", "code", "A|B", "not a contest code"),
        ("contest", "name", 5, "must be a text"),
        ("contest", "link_key", "ab", "not an X25519 key"),
        ("contest", "link_key", "0" * 64, "not an X25519 key"),
        ("contest", "link_key", LINK_KEY.upper(), "not an X25519 key"),
    ],
)
def test_each_fault_of_the_request_file_is_named(tmp_path, part, name, value, words):
    content = _content()
    {None: content, "election": content["election"], "contest": content["contests"][0]}[part][name] = value
    assert any(words in fault.english for fault in _faults(_write(tmp_path, content=content)))


@pytest.mark.parametrize("same", ["uuid", "code"])
def test_contest_there_twice_is_refused(tmp_path, same):
    content = _content()
    other = {**content["contests"][0], "uuid": generate_uuid(lambda size: b"\x05" * size), "code": "CAP"}
    other[same] = content["contests"][0][same]
    content["contests"].append(other)
    assert _faults(_write(tmp_path, content=content))[0].english == "contests[2] is there twice"
