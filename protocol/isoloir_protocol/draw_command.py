"""The command `isoloir-verify draw FILE`: computes again the order of the lists from the public seed."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from isoloir_protocol.draw import DrawRefused, verify_draw

LARGEST = 16 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the orders computed again; 0 when the published ones are the same, else 1."""
    parser = argparse.ArgumentParser(
        prog="isoloir-verify draw", description="Recalcule l’ordre des listes tiré au sort. Code de sortie : 0 s’il est juste, 1 sinon."
    )  # fmt: skip
    parser.add_argument("file", metavar="FICHIER", help="tirage.json, publié par le portail", type=Path)
    path: Path = parser.parse_args(arguments).file
    try:
        with path.open("rb") as stream:
            drawn = verify_draw(stream.read(LARGEST))
    except OSError:
        print("REFUSÉ : le fichier ne se lit pas.")
        return 1
    except DrawRefused as refusal:
        print(f"REFUSÉ : {refusal}")
        return 1
    for contest in drawn:
        print("".join(filter(str.isprintable, contest.code)))
        for position, name in enumerate(contest.order, start=1):
            print(f"  {position}. {''.join(filter(str.isprintable, name))}")
    print(f"ACCEPTÉ : {len(drawn)} tirages recalculés.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
