#!/usr/bin/env python3
"""Writes every vector that needs no other program: `python vectors/make_vectors.py [DIRECTORY]`.

The same bytes come out at each run; a test compares them with the files that are committed.
"""

import sys
from pathlib import Path

from generator import archives, ballots, registers, texts, trustees
from generator.cases import Cases


def all_cases() -> Cases:
    """Make every deterministic case."""
    cases = Cases()
    for module in (texts, ballots, trustees, archives, registers):
        module.add_all(cases)
    return cases


if __name__ == "__main__":
    made = all_cases()
    made.write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
    print(f"{len(made.files)} vectors")
