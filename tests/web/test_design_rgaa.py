"""The RGAA grid holds each of the 106 criteria once, with a state and its evidence, and counts them right."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GRID = (ROOT / "docs" / "accessibility" / "rgaa.md").read_text(encoding="utf-8")
# Criteria of each theme of RGAA 4.1.
THEMES = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
STATES = ("conforming", "not conforming", "not applicable", "needs a human")
ROWS = re.findall(r"^\| (\d+\.\d+) \| (.+?) \| ([a-z ]+) \| (.+) \|$", GRID, re.MULTILINE)


def test_every_criterion_is_in_the_grid_once_and_in_order() -> None:
    expected = [f"{theme}.{number}" for theme, most in enumerate(THEMES, 1) for number in range(1, most + 1)]
    assert len(expected) == 106
    assert [number for number, *_rest in ROWS] == expected


def test_every_criterion_has_a_state_and_a_line_of_evidence() -> None:
    for number, title, state, evidence in ROWS:
        assert state in STATES, number
        assert len(title) > 20, number
        assert evidence.endswith((".", "`).")), number


def test_the_summary_counts_what_the_grid_says() -> None:
    counted = Counter(state for _number, _title, state, _evidence in ROWS)
    summary = dict(re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", GRID, re.MULTILINE))
    assert summary == {state: str(counted[state]) for state in STATES}


def test_the_tests_that_the_grid_names_exist() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for name in set(re.findall(r"`(test_\w+)`", GRID)):
        assert f"def {name}(" in sources, name
    for name in set(re.findall(r"`((?:[\w*]+/)*test_[\w*]+\.py)`", GRID)):
        assert list((ROOT / "tests").rglob(Path(name).name)), name
    for name in set(re.findall(r"`((?:components|bureau)/\w+\.html)`", GRID)):
        assert (ROOT / "isoloir" / "web" / "templates" / name).is_file(), name
