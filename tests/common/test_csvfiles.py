"""Reading CSV files: every encoding that people send, and every fault named with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.common.csvfiles import Column, CsvFile
from isoloir.common.errors import FAULTS_SHOWN, Faults, ImportRefused

COLUMNS = (
    Column("reference", ("référence", "numéro d’agent"), 10),
    Column("name", ("nom",), 20),
    Column("kind", ("type",), 20, may_be_empty=True, choices={"liste": "list", "list": "list", "sigle": "sigle"}),
)
GOOD = "reference;name;kind\nA1;Éloïse;liste\nA2;Noël;\n"


def read(content: bytes) -> tuple[list[tuple[int, tuple[str, ...]]], Faults]:
    faults = Faults()
    file = CsvFile(name="essai.csv", content=content, columns=COLUMNS, faults=faults)
    lines = [(line.number, line.cells) for line in file.lines()]
    assert file.is_complete is not faults.__bool__()
    return lines, faults


def places(content: bytes) -> list[tuple[int | None, str]]:
    _lines, faults = read(content)
    return [(fault.line, fault.column) for fault in faults.kept]


def message(content: bytes) -> str:
    _lines, faults = read(content)
    assert faults.total == 1
    return faults.kept[0].message


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_usual_spreadsheet_file_is_read_alike(encoding: str, line_end: str, delimiter: str) -> None:
    content = GOOD.replace(";", delimiter).replace("\n", line_end).encode(encoding)
    lines, faults = read(content)
    assert lines == [(2, ("A1", "Éloïse", "list")), (3, ("A2", "Noël", ""))]
    assert faults.total == 0


def test_headings_are_known_by_their_other_names_in_any_order() -> None:
    lines, _faults = read("NOM; Type ;Numéro d'agent\nÉloïse;SIGLE;A1\n".encode())
    assert lines == [(2, ("A1", "Éloïse", "sigle"))]


def test_quoted_cells_may_hold_separators_and_quotes() -> None:
    lines, _faults = read('reference;name;kind\n"A;1";"dit ""Zoé""";\n'.encode())
    assert lines == [(2, ("A;1", 'dit "Zoé"', ""))]


def test_spaces_are_made_single_and_letters_composed() -> None:
    lines, _faults = read("reference;name;kind\n A1 ;E\u0301lo\u00a0\u00a0ise ;\n".encode())
    assert lines == [(2, ("A1", "Élo ise", ""))]


def test_blank_lines_are_passed_over_and_keep_the_numbers_of_the_others() -> None:
    lines, faults = read("reference;name;kind\n\nA1;Zoé;\n;;\nA2;Ana;\n\n".encode())
    assert [number for number, _cells in lines] == [3, 5]
    assert faults.total == 0


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n"])
def test_an_empty_file_is_said_to_be_empty(content: bytes) -> None:
    assert "vide" in message(content)


def test_a_file_with_its_headings_only_is_refused() -> None:
    assert places(b"reference;name;kind\n") == [(None, "")]


def test_missing_unknown_and_repeated_columns_are_all_named() -> None:
    assert places("reference;Référence;couleur\nA1;A1;bleu\n".encode()) == [
        (1, "reference"), (1, "couleur"), (1, "name"), (1, "kind"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (GOOD.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 a workbook", "classeur"),
        (b"reference;name;kind\nA1;Zo\0;\n", "ligne 2"),
    ],
)
def test_a_file_of_another_format_is_named_for_what_it_is(content: bytes, word: str) -> None:
    assert word in message(content)


def test_lines_that_are_not_utf8_in_a_utf8_file_are_named() -> None:
    content = "reference;name;kind\nA1;Éloïse;\n".encode() + "A2;Noël;\nA3;Ana;\nA4;Zoé;\n".encode("cp1252")
    assert places(content) == [(3, ""), (5, "")]


def test_a_byte_order_mark_promises_utf8_on_every_line() -> None:
    assert places(b"\xef\xbb\xbf" + "reference;name;kind\nA1;Noël;\n".encode("cp1252")) == [(2, "")]


def test_bytes_that_windows_1252_does_not_have_are_named() -> None:
    assert places(b"reference;name;kind\nA1;No\xebl;\nA2;Zo\x81;\n") == [(3, "")]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ('A1;"Zoé;liste', ""),
        ('A1;"Zoé" Ana;liste', ""),
        ("A1;Zoé", ""),
        ("A1;Zoé;liste;", ""),
        (";Zoé;liste", "reference"),
        ("A1;;liste", "name"),
        ("A1;Zoé;rouge", "kind"),
        ("12345678901;Zoé;", "reference"),
        ("1E+12;Zoé;", "reference"),
        ("1,23E+11;Zoé;", "reference"),
        ("#REF!;Zoé;", "reference"),
        ("########;Zoé;", "reference"),
        ("A1;=A2&B2;", "name"),
        ("A1;Zo\u200bé;", "name"),
        ("A1;Zo\u202eé;", "name"),
        ("A1;Zo\té;", "name"),
        ("A1;ZoÃ©;", "name"),
        ("A1;Zo\ufffd;", "name"),
        ("A1;" + "é" * 40_000 + ";", ""),
    ],
)
def test_each_fault_is_named_with_its_line_and_column(line: str, column: str) -> None:
    content = f"reference;name;kind\nA0;Ana;\n{line}\nA9;Noël;\n".encode()
    lines, faults = read(content)
    assert [(fault.file, fault.line, fault.column) for fault in faults.kept] == [("essai.csv", 3, column)]
    assert [number for number, _cells in lines] == [2, 4]


def test_a_reference_that_looks_like_a_number_with_an_exponent_letter_is_kept() -> None:
    lines, faults = read(b"reference;name;kind\n12E9912345;ANA;\n0750123E;ANA;\n")
    assert [cells[0] for _number, cells in lines] == ["12E9912345", "0750123E"]
    assert not faults


def test_the_faults_shown_are_bounded_and_their_number_is_told() -> None:
    content = "reference;name;kind\n" + ";Zoé;\n" * (FAULTS_SHOWN + 7)
    _lines, faults = read(content.encode())
    with pytest.raises(ImportRefused) as refusal:
        faults.refuse_if_any()
    assert len(refusal.value.faults) == FAULTS_SHOWN
    assert refusal.value.total == FAULTS_SHOWN + 7


def test_the_exception_repeats_nothing_of_the_file() -> None:
    _lines, faults = read(b"reference;name;kind\nA1;SECRET-NAME;rouge\n")
    with pytest.raises(ImportRefused) as refusal:
        faults.refuse_if_any()
    assert "SECRET" not in str(refusal.value)
    assert "SECRET" not in " ".join(map(str, refusal.value.faults))


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    read(content)


@given(st.text(alphabet=st.sampled_from('A;,"\n\r\t é=E+1\u200b'), max_size=80))
def test_no_text_under_a_good_heading_crashes_the_reader(text: str) -> None:
    lines, faults = read(f"reference;name;kind\n{text}".encode())
    assert lines or faults
