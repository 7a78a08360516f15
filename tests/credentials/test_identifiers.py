"""What people type, in the one form that the portal and the registrar hash alike."""

import pytest

from isoloir.credentials.identifiers import (
    COLUMNS,
    KINDS,
    IdentifiersRefused,
    IdentifierUnreadable,
    identity_of_claims,
    keyed_hash,
    normalise_birth_date,
    normalise_identity,
    normalise_nir,
    normalise_numen,
    read_identifiers_file,
)

HEADER = ";".join(COLUMNS)


def file_of(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


@pytest.mark.parametrize("typed", ["15E8800001ABC", "15e8800001abc", " 15 E 88 00001 ABC ", "15E-88.00001-ABC"])
def test_numen_is_one_whatever_its_grouping(typed: str) -> None:
    assert normalise_numen(typed) == "15E8800001ABC"


@pytest.mark.parametrize("typed", ["", "15E8800001AB", "15E8800001ABCD", "15E8800001AB/", "é5E8800001ABC"])
def test_what_has_not_the_form_of_a_numen_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(IdentifierUnreadable) as refusal:
        normalise_numen(typed)
    assert str(refusal.value) == "numen"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2550814168", "2550814168"),
        ("2 55 08 14 168 025 38", "2550814168"),
        ("2550814168025", "2550814168"),
        ("1 80 01 2a 004", "180012A004"),
        ("180012B033002", "180012B033"),
    ],
)
def test_nir_is_its_first_ten_signs(typed: str, expected: str) -> None:
    assert normalise_nir(typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "255081416", "25508141680", "2 55 08 14 168 025 39", "9550814168", "180012C004", "25508141680253"]
)
def test_wrong_nir_or_wrong_key_is_refused(typed: str) -> None:
    with pytest.raises(IdentifierUnreadable):
        normalise_nir(typed)


def test_key_of_a_corsican_number_is_checked_by_its_own_rule() -> None:
    number = 1800119004001
    key = 97 - number % 97
    assert normalise_nir(f"180012A004001{key:02d}") == "180012A004"
    with pytest.raises(IdentifierUnreadable):
        normalise_nir(f"180012A004001{key % 97 + 1:02d}")


@pytest.mark.parametrize("typed", ["1980-12-03", "03/12/1980", "3.12.1980", "03 12 1980", "03-12-1980"])
def test_birth_date_is_read_as_the_french_write_it(typed: str) -> None:
    assert normalise_birth_date(typed) == "1980-12-03"


@pytest.mark.parametrize(
    "typed", ["", "31/02/1980", "12/31/1980", "80-12-03", "03/12/80", "1850-01-01", "1980-12-03T00:00"]
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(IdentifierUnreadable):
        normalise_birth_date(typed)


def test_identity_forgets_accents_case_and_hyphens_but_not_the_compound_name() -> None:
    first = normalise_identity("L’Hérault-Œuvré", "Jean-Pierre, Paul", "03/12/1980", "2a004")
    assert first == normalise_identity("LHERAULT OEUVRE", "JEAN-PIERRE PAUL", "1980-12-03", "2A004")
    assert first == "LHERAULTOEUVRE|JEANPIERRE|1980-12-03|2A004"
    assert normalise_identity("Martin", "Jean-Paul", "1980-12-03") != normalise_identity(
        "Martin", "Jean-Pierre", "1980-12-03"
    )


def test_claims_give_the_place_of_birth_or_the_country() -> None:
    claims = {"family_name": "MARTIN", "given_name": "Anne Lucie", "birthdate": "1980-12-03"}
    born_here = identity_of_claims(claims | {"birthplace": "75056", "birthcountry": "99100"})
    assert born_here == ("MARTIN|ANNE|1980-12-03", "MARTIN|ANNE|1980-12-03|75056")
    assert identity_of_claims(claims | {"birthplace": "", "birthcountry": "99134"})[1].endswith("|99134")
    assert identity_of_claims(claims | {"birthplace": "", "birthcountry": "99100"})[1] == ""
    with pytest.raises(IdentifierUnreadable):
        identity_of_claims({"family_name": "MARTIN", "birthdate": "1980-12-03"})


def test_hash_depends_on_pepper_kind_person_and_value() -> None:
    base = {"kind": "numen", "reference": "A1", "text": "15E8800001ABC"}
    hashes = {
        keyed_hash(b"one", **base), keyed_hash(b"two", **base), keyed_hash(b"one", **base | {"kind": "nir"}),
        keyed_hash(b"one", **base | {"reference": "A2"}), keyed_hash(b"one", **base | {"text": "15E8800001ABD"}),
    }  # fmt: skip
    assert len(hashes) == 5
    assert all(len(each) == 64 for each in hashes)


def test_file_gives_people_and_empty_hashes_where_it_says_nothing() -> None:
    people = read_identifiers_file(
        file_of("A1;15E8800001ABC;2550814168;Du Bois;Anne;03/12/1980;75056", "", "A2;;;;;1981-01-02;")
    )
    hashes = people[0].hashes(b"pepper")
    assert set(hashes) == set(KINDS)
    assert all(len(each) == 64 for each in hashes.values())
    second = people[1].hashes(b"pepper")
    assert [kind for kind in KINDS if second[kind]] == ["birth_date"]
    assert "15E88" not in repr(people[0])


def test_columns_come_in_any_order_and_with_commas() -> None:
    content = "\ufeffnumen,reference,nir,birth_date,birth_name,birth_first_name,birth_place\n15E8800001ABC,A1,,,,,\n"
    assert read_identifiers_file(content.encode())[0].numen == "15E8800001ABC"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("A 1;15E8800001ABC;;;;;", "reference", "reference"),
        ("A1;15E88;;;;;", "numen", "numen"),
        ("A1;;123;;;;", "nir", "nir"),
        ("A1;;;;;31/02/1980;", "birth_date", "birth_date"),
        ("A1;;;Martin;;1980-01-02;", "birth_first_name", "identity_incomplete"),
        ("A1;;;Martin;Anne;;", "birth_date", "identity_incomplete"),
        ("A1;;;123;Anne;1980-01-02;", "birth_name", "birth_name"),
        ("A1;;;Martin;Anne;1980-01-02;Paris", "birth_place", "birth_place"),
        ("A1;15E8800001ABC;;;;;75056", "birth_place", "place_alone"),
        ("A1;;;;;;", "reference", "nothing_known"),
        ("A1;15E8800001ABC", "", "line_unreadable"),
        ('A1;"15E8800001ABC;;;;;', "", "line_unreadable"),
    ],
)
def test_each_fault_is_named_by_line_and_column(row: str, column: str, code: str) -> None:
    with pytest.raises(IdentifiersRefused) as refusal:
        read_identifiers_file(file_of("A0;15E8800001ABC;;;;;", row))
    found = [(fault.line, fault.column, fault.code) for fault in refusal.value.faults]
    assert found == [(3, column, code)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (f"{HEADER}\n".encode(), "no_line"),
        (b"reference;numen\nA1;15E8800001ABC\n", "column_missing"),
        (f"{HEADER};age\n".encode(), "unknown_column"),
        (f"{HEADER}\nA1;;;H\u00e9;Anne;1980-01-02;\n".encode("latin-1"), "not_utf8"),
        (file_of("A1;15E8800001ABC;;;;;", "a1;15E8800002ABC;;;;;"), "reference_twice"),
    ],
)
def test_file_that_is_wrong_as_a_whole_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(IdentifiersRefused) as refusal:
        read_identifiers_file(content)
    assert code in {fault.code for fault in refusal.value.faults}
