"""The command `isoloir-verify ARCHIVE… [--json] [--lang fr|en]`."""

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence

from isoloir_protocol.report import json_report, written_report
from isoloir_protocol.verify import verify_archive

_DESCRIPTION = (
    "Vérifie entièrement des archives d’élection Belenios (Ed25519). "
    "Code de sortie : 0 si toutes sont acceptées, 1 sinon, 2 si la commande est mal écrite."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify each archive named on the command line and print its report; 0 when all are accepted, else 1."""
    parser = argparse.ArgumentParser(prog="isoloir-verify", description=_DESCRIPTION)
    parser.add_argument("archives", nargs="+", metavar="ARCHIVE", help="fichier .bel")
    parser.add_argument("--json", action="store_true", help="un objet JSON par archive, un par ligne")
    parser.add_argument("--lang", choices=("fr", "en"), default="fr", help="langue des phrases (fr)")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without some French sign must not stop the verification.
        sys.stdout.reconfigure(errors="replace")
    try:
        return _verify(options)
    except BrokenPipeError:
        # Whoever read the report has had enough; what Python writes at its exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _verify(options: argparse.Namespace) -> int:
    accepted = True
    for path in options.archives:
        report = verify_archive(path)
        accepted = accepted and report.fault is None
        if options.json:
            print(json.dumps(json_report(path, report, options.lang), ensure_ascii=False))
        else:
            print(written_report(path, report, options.lang))
        sys.stdout.flush()
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main())
