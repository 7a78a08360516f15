"""The command `isoloir-verify draw FILE`: computes again the order of the lists from the public seed."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from isoloir_protocol.draw import DrawRefused
from isoloir_protocol.draw_record import VerifiedDraw, read_announcement, verify_draw

LARGEST = 16 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the orders computed again; 0 when the published ones are the same, else 1."""
    parser = argparse.ArgumentParser(
        prog="isoloir-verify draw", description="Recalcule l’ordre des listes tiré au sort. Code de sortie : 0 s’il est juste, 1 sinon."
    )  # fmt: skip
    parser.add_argument("file", metavar="FICHIER", help="tirage.json, publié par le portail", type=Path)
    kept = "annonce.json, téléchargé avant que la source soit publique : doit être celui du tirage"
    parser.add_argument("--announcement", metavar="FICHIER", help=kept, type=Path)
    options = parser.parse_args(arguments)
    try:
        verified = verify_draw(_content(options.file))
        if options.announcement is not None:
            _compare(verified, _content(options.announcement))
    except OSError:
        print("REFUSÉ : un fichier ne se lit pas.")
        return 1
    except DrawRefused as refusal:
        print(f"REFUSÉ : {refusal}")
        return 1
    _print(verified)
    print(f"ACCEPTÉ : {len(verified.drawn)} tirages recalculés.")
    return 0


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LARGEST)


def _compare(verified: VerifiedDraw, kept: bytes) -> None:
    if read_announcement(kept).sha256 != verified.announcement.sha256:
        raise DrawRefused("L’annonce que vous avez gardée n’est pas celle de ce tirage.")


def _print(verified: VerifiedDraw) -> None:
    announcement = verified.announcement
    print(f"Source : {_plain(announcement.source)}, {announcement.source_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"Annonce : {announcement.announced_at:%Y-%m-%d %H:%M:%S} UTC, SHA-256 {announcement.sha256}")
    print(
        f"Graine : {verified.seed}, de la forme {announcement.seed_shape} (comparez-la avec ce que la source a publié)"
    )
    for contest in verified.drawn:
        print(_plain(contest.code))
        for position, name in enumerate(contest.order, start=1):
            print(f"  {position}. {_plain(name)}")
    for code in verified.not_drawn:
        print(f"{_plain(code)} : annoncé, mais pas tiré")


def _plain(text: str) -> str:
    return "".join(filter(str.isprintable, text))


if __name__ == "__main__":
    sys.exit(main())
