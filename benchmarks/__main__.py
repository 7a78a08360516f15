"""`python -m benchmarks`: print machine, figures and ratios."""

import argparse
import sys
from collections.abc import Callable
from multiprocessing import get_context

from . import accounts, ballots, booth, campaign, captcha, casting, home, issue, lists, reissue, rolls
from .report import machine


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Isoloir on this machine.")
    parser.add_argument("--ballots", type=int, default=200, help="ballots made and verified (200)")
    parser.add_argument("--voters", type=int, default=200, help="voters who cast over HTTP (200)")
    parser.add_argument("--seconds", type=float, default=10, help="how long passwords and pages are measured (10)")
    parser.add_argument("--campaign", type=int, default=100_000, help="voters of the opening campaign (100000)")
    parser.add_argument("--issue", type=int, default=20_000, help="voters whose codes are issued (20000; 1100000: all)")
    parser.add_argument("--notices", type=int, default=2_000, help="notices printed (2000)")
    parser.add_argument("--reissue", type=float, default=20, help="how long codes are issued again, in seconds (20)")
    options = parser.parse_args()
    print(machine(), flush=True)
    ballots.measure(options.ballots)
    booth.measure(20)
    _alone(casting.measure, options.voters)
    issue.measure(options.issue, notices=options.notices)
    _alone(reissue.measure, options.reissue)
    _alone(captcha.measure, 200)
    _alone(accounts.measure, options.seconds)
    _alone(home.measure, options.seconds)
    _alone(lists.measure, 5)
    _alone(campaign.measure, options.campaign)
    rolls.measure()


def _alone(measure: Callable[[float], None], amount: float) -> None:
    """Measure in a process of its own: Django takes its database once, and each of these needs an empty one."""
    process = get_context("spawn").Process(target=measure, args=(amount,))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{measure.__module__} failed")


if __name__ == "__main__":
    main()
