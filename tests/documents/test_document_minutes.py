"""Results minutes: exact numbers, accessible and archivable, with the machine-readable result inside."""

import hashlib
import io
from datetime import timedelta, timezone
from fractions import Fraction

import pikepdf
import pytest

from isoloir.documents.errors import DocumentRefused
from isoloir.documents.minutes import AverageSeat, ListResult, compose_minutes, fraction_text, percent, whole

RESULT = '{"résultat":[1,2]}'.encode()


def test_minutes_are_accessible_archivable_and_carry_the_result(make_minutes, check_accessibility):
    pdf = compose_minutes(make_minutes(), machine_readable=RESULT)
    check_accessibility(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.attachments["resultat.json"].get_file().read_bytes() == RESULT
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["pdfaid:part"] == "3"
            assert metadata["pdfaid:conformance"] == "A"


def test_same_minutes_give_the_same_bytes(make_minutes):
    first = compose_minutes(make_minutes(), machine_readable=RESULT)
    assert first == compose_minutes(make_minutes(), machine_readable=RESULT)
    assert first != compose_minutes(make_minutes(), machine_readable=b"{}")


def test_minutes_say_every_number_and_step(make_minutes, read_text):
    text = " ".join(read_text(compose_minutes(make_minutes(), machine_readable=RESULT)).replace("\xa0", " ").split())
    for expected in (
        "106/7 ≈ 15,1428",
        "41 ÷ 3 ≈ 13,6666",
        "34 ÷ 3 ≈ 11,3333",
        "Siège n° 6 : Passerelles",
        "Siège n° 7 : Rivages",
        "36,67 % des inscrits",
        "Mme Ève UN",
        "jeudi 10 décembre 2026 à 18 h 12 (heure de Paris)",
        "Ordre tiré au sort le 12 novembre 2026",
        "Conforme",
    ):
        assert expected in text
    digest = hashlib.sha256(RESULT).hexdigest()
    assert " ".join(digest[each : each + 4] for each in range(0, 64, 4)) in text


def test_sigle_minutes_name_no_one(make_minutes, read_text, check_accessibility):
    pdf = compose_minutes(make_minutes(ballot_kind="sigle"), machine_readable=RESULT)
    check_accessibility(pdf)
    assert "R211-127" in read_text(pdf)
    assert "Ève" not in read_text(pdf)


def test_vacant_seats_and_ties_are_said(make_minutes, read_text):
    lists = (ListResult(1, "Seule", (), 4, 1, 2, ("A", "B")),)
    averages = (AverageSeat(2, ((1, Fraction(2)),), 1, "la liste a obtenu le plus de voix"),)
    few = make_minutes(lists=lists, average_seats=averages, voters=4, blank=0, seats=3)
    text = " ".join(read_text(compose_minutes(few, machine_readable=RESULT)).split())
    assert "Sièges vacants : 1" in text
    assert "Départage : la liste a obtenu le plus de voix." in text


def test_seats_won_without_a_candidate_stay_vacant(make_minutes, read_text):
    lists = (ListResult(1, "Seule", (), 4, 3, 3, ("A", "B")),)
    short = make_minutes(lists=lists, average_seats=(), voters=4, blank=0, seats=3)
    text = " ".join(read_text(compose_minutes(short, machine_readable=RESULT)).split())
    assert "Sièges pourvus : 2 sur 3. Sièges vacants : 1, une liste ne pouvant" in text


def test_time_zone_in_which_an_instant_is_given_changes_no_byte(make_minutes):
    elsewhere = make_minutes().drawn_up_at.astimezone(timezone(timedelta(hours=9)))
    first, second = (
        compose_minutes(make_minutes(drawn_up_at=at), machine_readable=RESULT)
        for at in (make_minutes().drawn_up_at, elsewhere)
    )
    assert first == second


def test_contest_without_any_expressed_vote_has_minutes(make_minutes, check_accessibility):
    lists = (ListResult(1, "Une", (), 0, 0, 0), ListResult(2, "Deux", (), 0, 0, 0))
    check_accessibility(
        compose_minutes(make_minutes(lists=lists, average_seats=(), voters=0, blank=0), machine_readable=RESULT)
    )


def test_markup_in_minutes_is_printed_as_text(make_minutes, hostile, check_accessibility):
    lists = (ListResult(1, hostile, (hostile, "x"), 106, 7, 7, (hostile,) * 7, (hostile,)),)
    trap = make_minutes(
        election=hostile, contest=hostile, contest_code=hostile, station=hostile, order=hostile, lists=lists,
        average_seats=(), observations=(hostile,),
    )  # fmt: skip
    check_accessibility(compose_minutes(trap, machine_readable=RESULT))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"blank": 5}, "do not make the number of voters"),
        ({"registered": 109}, "more voters than registered"),
        ({"seats": 0}, "at least one seat"),
        ({"average_seats": ()}, "seats of list 2"),
        ({"average_seats": (AverageSeat(6, ((9, Fraction(1)),), 2),)}, "unknown list"),
        ({"seats": 6}, "more seats are given"),
        ({"lists": (ListResult(1, "Une", (), 106, 0, 0, ("A",)),), "average_seats": ()}, "more titulaires than seats"),
    ],
)
def test_numbers_that_do_not_agree_are_refused(make_minutes, changes, words):
    with pytest.raises(DocumentRefused, match=words):
        compose_minutes(make_minutes(**changes), machine_readable=RESULT)


def test_numbers_are_written_exactly():
    assert whole(1234567) == "1\xa0234\xa0567"
    assert percent(1, 3) == "33,33\xa0%"
    assert percent(1, 0) == "—"
    assert percent(1, 16) == "6,25\xa0%"
    assert percent(1, 32) == "3,13\xa0%"
    assert fraction_text(Fraction(7, 2)) == "7/2 = 3,5000"
    assert fraction_text(Fraction(2, 3)) == "2/3 ≈ 0,6666"
    assert fraction_text(Fraction(349339, 15)) == "349\xa0339/15 ≈ 23\xa0289,2666"
