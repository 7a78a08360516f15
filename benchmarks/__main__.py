"""`python -m benchmarks`: print machine, figures and ratios."""

import argparse

from . import ballots, booth, casting
from .report import machine


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Isoloir on this machine.")
    parser.add_argument("--ballots", type=int, default=200, help="ballots made and verified (200)")
    parser.add_argument("--voters", type=int, default=200, help="voters who cast over HTTP (200)")
    options = parser.parse_args()
    print(machine())
    ballots.measure(options.ballots)
    booth.measure(20)
    casting.measure(options.voters)


if __name__ == "__main__":
    main()
