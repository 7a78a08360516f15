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
    contest_key,
    drawn_order,
    select,
    verify_draw,
)  # fmt: skip
from isoloir_protocol.verify_command import main

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


def record(**changes: object) -> bytes:
    names = ["Ensemble", "Union"]
    contest = {"uuid": UUID, "code": "CSA", "names": names, "order": list(drawn_order(UUID, names, "7./"))} | changes
    return json.dumps({"version": 1, "seed": "7./", "contests": [contest]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b'{"seed":1,"contests":[{}]}', b"\xff", b'{"seed":"7./","contests":[1]}',
        record(names=["Union", "Ensemble"]), record(names=["Ensemble", "Ensemble"]), record(uuid="0OIl"),
        record(order=[]), record(order=list(reversed(json.loads(record())["contests"][0]["order"]))),
        record().replace(b'"7./"', b'"8"'), record().replace(b'"7./"', b'"07./"'),
    ],
)  # fmt: skip
def test_a_record_that_does_not_hold_is_refused(content: bytes, tmp_path: Path, capsys) -> None:
    with pytest.raises(DrawRefused):
        verify_draw(content)
    file = tmp_path / "tirage.json"
    file.write_bytes(content)
    assert main(["draw", str(file)]) == 1
    assert "REFUSÉ" in capsys.readouterr().out


def test_the_command_computes_a_record_again(tmp_path: Path, capsys) -> None:
    file = tmp_path / "tirage.json"
    file.write_bytes(record())
    assert main(["draw", str(file)]) == 0
    assert "1 tirages recalculés" in capsys.readouterr().out
    assert main(["draw", str(tmp_path / "absent.json")]) == 1
