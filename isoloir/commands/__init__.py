"""The `isoloir` command: one parser, one module per sub-command."""

import argparse
from collections.abc import Sequence

from . import bounces, codes, demo, portal, registrar, rehearse, sms, status, trustee, work


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status (0 done, 1 refused, 2 wrong usage)."""
    parser = argparse.ArgumentParser(
        prog="isoloir", description="Élections professionnelles par internet, de la liste électorale au procès-verbal."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMANDE")
    for module in (demo, rehearse, portal, codes, registrar, trustee, work, bounces, sms, status):
        module.add_parser(subparsers)
    options = parser.parse_args(arguments)
    outcome: int = options.run(options)
    return outcome
