"""The draw of the order of lists: the example of RFC 3797, our own vectors, and whatever a record may have wrong."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from isoloir_protocol.draw import (
    DrawRefused,
    canonical_order,
    canonical_seed,
    canonical_shape,
    check_shape,
    contest_key,
    drawn_order,
    select,
)  # fmt: skip
from isoloir_protocol.draw_record import read_announcement, verify_draw
from isoloir_protocol.verify_command import main
from make_draw_vectors import draw_cases

RECORDS = Path(__file__).parents[2] / "vectors" / "draw" / "records"
VECTORS = sorted((Path(__file__).parents[2] / "vectors" / "draw" / "orders").glob("*.json"))
UUID = "2ZZ9ZQ5TRaMvyyCq9ZXUNw"


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_vector_of_the_draw(file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    key = canonical_seed(case["seed_text"])
    if "uuid" in case:
        key = contest_key(case["uuid"], key)
        assert list(drawn_order(case["uuid"], case["pool"], canonical_seed(case["seed_text"]))) == case["selected"]
    assert key == case["key"]
    chosen = select(case["pool"], key, count=len(case["selected"]), digest=getattr(hashlib, case["hash"]))
    assert list(chosen) == case["selected"]


def test_the_example_of_the_rfc_is_among_the_vectors() -> None:
    assert {"rfc3797", "four-lists", "one-list"} <= {file.stem for file in VECTORS}


@pytest.mark.parametrize(
    "text", ["", " ", "/", "abc", "9 a 8", "1//2", "9" * 13, "1 " * 65, "1/" * 9 + "1", "١٢", "1\u202e2", "1:2"]
)
def test_a_seed_that_is_not_plain_numbers_is_refused(text: str) -> None:
    with pytest.raises(DrawRefused):
        canonical_seed(text)


def test_a_seed_has_one_form_however_it_is_typed() -> None:
    assert canonical_seed("45, 9 - 18;26  034 41") == canonical_seed(" 9 18 26 34 41 45/ ") == "9.18.26.34.41.45./"
    assert canonical_seed(canonical_seed("3 1 / 2")) == "1.3./2./"


def test_names_are_announced_in_an_order_that_accents_and_case_do_not_change() -> None:
    names = ["zénith", "Éole", "Ensemble", "eole"]
    assert canonical_order(names) == ("Ensemble", "eole", "Éole", "zénith")


def test_no_position_is_favoured() -> None:
    names = ("A", "B", "C")
    orders = Counter(drawn_order(UUID, names, f"{seed}./") for seed in range(6000))
    assert len(orders) == 6
    # Chi-squared with five degrees of freedom, far beyond its quantile at one in a million.
    assert sum((count - 1000) ** 2 / 1000 for count in orders.values()) < 36


def told() -> dict:
    """The record of the vectors, to be changed."""
    return json.loads((RECORDS / "two-contests.json").read_text(encoding="utf-8"))


def written(told: dict) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def announcing(**changes: object) -> bytes:
    """Return the record with an announcement changed; the rest stays."""
    record = told()
    record["announcement"] = written(json.loads(record["announcement"]) | changes).decode()
    return written(record)


def test_a_shape_has_one_form_however_it_is_typed() -> None:
    assert canonical_shape("5 de 1 à 49 / 1 nombre de 1 à 10") == canonical_shape(" 5:1-49/1:01-10 ") == "5:1-49/1:1-10"


@pytest.mark.parametrize(
    "text", ["", "5", "5 de 1 à 49 /", "0:1-49", "5:49-1", "1:1-9999", "65:1-999999", "49:1-49", "5:1-49/" * 9, "5:1-4٩"]
)  # fmt: skip
def test_a_shape_that_is_unclear_or_leaves_few_seeds_is_refused(text: str) -> None:
    with pytest.raises(DrawRefused):
        canonical_shape(text)


@pytest.mark.parametrize("seed", ["1.2.3.4.5./", "1.2.3.4.5.7./", "1.2.3.4./7./", "1.2.3.4.50./7./", "1.1.2.3.4./7./"])
def test_a_seed_of_another_shape_is_refused(seed: str) -> None:
    check_shape("1.2.3.4.5./7./", "5:1-49/1:1-10")
    with pytest.raises(DrawRefused, match="l’annonce"):
        check_shape(seed, "5:1-49/1:1-10")


@pytest.mark.parametrize("file", sorted(RECORDS.glob("*.json")), ids=lambda file: file.stem)
def test_vector_of_the_record(file: Path) -> None:
    content = file.read_bytes()
    verified = verify_draw(content)
    assert read_announcement(json.loads(content)["announcement"].encode()) == verified.announcement
    assert [list(each.order) for each in verified.drawn] == [each["order"] for each in json.loads(content)["contests"]]


def test_the_vectors_are_those_that_are_made() -> None:
    kept = {f"{file.parent.name}/{file.name}": file.read_bytes() for file in RECORDS.parent.glob("*/*.json")}
    del kept["orders/rfc3797.json"]  # Copied from the RFC.
    assert draw_cases() == kept


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "compte rendu"), (b"[]", "compte rendu"), (b"{}", "compte rendu"), (b"\xff", "compte rendu"),
        (written(told() | {"version": 1}), "compte rendu"), (written(told()) + b"\n", "compte rendu"),
        (written(told() | {"announcement": "{}"}), "annonce"), (written(told() | {"seed": 7}), "compte rendu"),
        (written(told() | {"seed": "8"}), "canonique"), (written(told() | {"seed": "9.18.26.34.41./"}), "sources"),
        (written(told() | {"seed": "9.18.26.34.50./7./"}), "Source 1"),
        (written(told() | {"drawn_at": "2026-11-25T19:29:59Z"}), "précède"),
        (written(told() | {"drawn_at": "2026-11-26"}), "compte rendu"),
        (written(told() | {"not_drawn": []}), "ceux de l’annonce"),
        (written(told() | {"contests": told()["contests"] * 2}), "ceux de l’annonce"),
        (announcing(announced_at="2026-11-25T19:30:00Z"), "ne précède pas"),
        (announcing(seed_shape="5:1-49/1:1-9/1:1-9"), "sources"), (announcing(seed_shape="5 de 1 à 49"), "canonique"),
        (announcing(contests=[]), "aucun scrutin"), (announcing(source=7), "annonce"),
        (announcing(contests=[{"uuid": UUID, "code": "CSA", "name": "", "names": "AB"}]), "annonce"),
        (announcing(contests=[{"uuid": UUID, "code": 7, "name": "", "names": []}]), "annonce"),
        (written(told() | {"contests": [told()["contests"][0] | {"more": 1}]}), "compte rendu"),
        (written(told() | {"not_drawn": [{"uuid": "9ZZ9ZQ5TRaMvyyCq9ZXUNw"}]}), "compte rendu"),
    ],
)  # fmt: skip
def test_a_record_that_does_not_hold_is_refused(content: bytes, words: str, tmp_path: Path, capsys) -> None:
    with pytest.raises(DrawRefused, match=words):
        verify_draw(content)
    file = tmp_path / "tirage.json"
    file.write_bytes(content)
    assert main(["draw", str(file)]) == 1
    assert "REFUSÉ" in capsys.readouterr().out


def test_an_order_that_the_seed_does_not_give_is_refused() -> None:
    record = told()
    record["contests"][0]["order"].reverse()
    with pytest.raises(DrawRefused, match="CSA"):
        verify_draw(written(record))


@pytest.mark.parametrize("names", [["Union", "Ensemble"], ["Ensemble", "Ensemble"], ["Autre", "Ensemble"]])
def test_names_that_were_not_announced_so_are_refused(names: list[str]) -> None:
    contests = json.loads(told()["announcement"])["contests"]
    with pytest.raises(DrawRefused):
        verify_draw(announcing(contests=[contests[0] | {"names": names}, *contests[1:]]))


@pytest.mark.parametrize("uuid", ["0OIl", "9ZZ9ZQ5TRaMvyyCq9ZXUNw", "3ZZ9ZQ5TRaMvyyCq9ZXUNw"])
def test_another_identifier_is_refused(uuid: str) -> None:
    contests = json.loads(told()["announcement"])["contests"]
    with pytest.raises(DrawRefused):
        verify_draw(announcing(contests=[contests[0] | {"uuid": uuid}, *contests[1:]]))


def test_the_command_computes_a_record_again_and_compares_the_announcement_kept(tmp_path: Path, capsys) -> None:
    file, kept = tmp_path / "tirage.json", tmp_path / "annonce.json"
    file.write_bytes(written(told()))
    kept.write_text(told()["announcement"], encoding="utf-8")
    assert main(["draw", str(file), "--announcement", str(kept)]) == 0
    said = capsys.readouterr().out
    for words in (
        "1 tirages recalculés",
        hashlib.sha256(kept.read_bytes()).hexdigest(),
        "CCP : annoncé, mais pas tiré",
    ):
        assert words in said
    kept.write_text(json.loads(announcing(source="Un autre Loto"))["announcement"], encoding="utf-8")
    assert main(["draw", str(file), "--announcement", str(kept)]) == 1
    assert "gardée" in capsys.readouterr().out
    assert main(["draw", str(tmp_path / "absent.json")]) == 1
