"""Every vector says what it expects, and the vectors together show every fault."""

import json
from pathlib import Path

import pytest

from generator.cases import ORIGIN
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.faults import SENTENCES
from make_vectors import all_cases
from vector_runner import archive_bytes, verdict

VECTORS = Path(__file__).parents[2] / "vectors"
FILES = sorted(VECTORS.glob("*/*.json"))
#: Faults that no text shows: of files, of too long texts, of functions called with the wrong values.
SHOWN_ELSEWHERE = {
    "bad-slot",
    "ballot-counted-twice",
    "file-forbidden",
    "file-is-directory",
    "file-missing",
    "file-unreadable",
    "register-other-registrar",
    "sum-out-of-range",
    "too-long",
    "wrong-owner",
    "wrong-weight",
}


def read(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_vector_has_its_verdict(file: Path) -> None:
    case = read(file)
    assert case["case"] == f"{file.parent.name}/{file.stem}"
    assert verdict(case) == case["expect"]


def test_every_fault_has_a_vector() -> None:
    shown = {read(file)["expect"] for file in FILES}
    assert shown - {"accepted"} == set(SENTENCES) - SHOWN_ELSEWHERE


def test_vectors_are_those_that_the_generator_makes() -> None:
    made = {path: json.loads(text) for path, text in all_cases().files.items()}
    committed = {f"{file.parent.name}/{file.name}": case for file in FILES if (case := read(file))["origin"] == ORIGIN}
    own = {path for path, case in made.items() if case["origin"] == ORIGIN}
    assert own == set(committed)
    for path, case in made.items():
        kept = read(VECTORS / path)
        if "archive" in case:
            # The bytes of gzip depend on the version of zlib; those of the archive do not.
            assert archive_bytes(case) == archive_bytes(kept), path
            del case["archive"], kept["archive"]
        assert case == kept, path


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_fault_says_itself_in_two_languages(code: str) -> None:
    class AnyFact(dict):
        def __missing__(self, key: str) -> str:
            return "7"

    french, english = (sentence.format_map(AnyFact()) for sentence in SENTENCES[code])
    assert french != english
    assert all(sentence[-1] == "." and "{" not in sentence for sentence in (french, english))


def test_error_bears_its_code_and_sentence() -> None:
    error = ProtocolError("wrong-weight")
    assert str(error) == "wrong-weight: A weight is negative or missing."
    assert error.sentence() == "Un poids est négatif ou absent."
