"""The command `isoloir-verify FILE… [--registrar-key HEX] [--json] [--lang fr|en]`: archives `.bel` and registers of keys `.register`."""

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Sequence

from isoloir_protocol import draw_command
from isoloir_protocol.pairing import pair
from isoloir_protocol.report import json_report, written_report
from isoloir_protocol.verify import Report, verify_archive, verify_register_file

_DESCRIPTION = (
    "Vérifie entièrement des archives d’élection Belenios (Ed25519) et, s’ils sont donnés, leurs registres de clés. "
    "Code de sortie : 0 si toutes sont acceptées, 1 sinon, 2 si la commande est mal écrite."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the files named on the command line and print a report of each; 0 when all are accepted, else 1.

    `draw FILE` verifies the draw of the order of lists instead.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["draw"]:
        return draw_command.main(given[1:])
    parser = argparse.ArgumentParser(prog="isoloir-verify", description=_DESCRIPTION)
    parser.add_argument("files", nargs="+", metavar="FICHIER", help="archive .bel ou registre .register")
    text = "clé publique du service d’enregistrement, apprise autrement que par le portail : 64 chiffres hexadécimaux"
    parser.add_argument("--registrar-key", metavar="HEX", type=_public_key, help=text)
    parser.add_argument("--json", action="store_true", help="un objet JSON par archive ou registre, un par ligne")
    parser.add_argument("--lang", choices=("fr", "en"), default="fr", help="langue des phrases (fr)")
    options = parser.parse_args(given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without some French sign must not stop the verification.
        sys.stdout.reconfigure(errors="replace")
    try:
        return _verify(options)
    except BrokenPipeError:
        # Whoever read the report has had enough; what Python writes at its exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _public_key(text: str) -> str:
    key = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", key, re.ASCII):
        raise argparse.ArgumentTypeError("64 chiffres hexadécimaux attendus")
    return key


def _verify(options: argparse.Namespace) -> int:
    accepted = True
    for archive, register in pair(options.files):
        report = _report(archive, register, options.registrar_key)
        accepted = accepted and report.fault is None
        if options.json:
            told = json_report(archive, report, options.lang, register=register)
            print(json.dumps(told, ensure_ascii=False))
        else:
            title = " + ".join(path for path in (archive, register) if path is not None)
            print(written_report(title, report, options.lang))
        sys.stdout.flush()
    return 0 if accepted else 1


def _report(archive: str | None, register: str | None, registrar: str | None) -> Report:
    if archive is not None:
        return verify_archive(archive, register=register, registrar=registrar)
    if register is None:
        raise ValueError("neither an archive nor a register")
    return verify_register_file(register, registrar=registrar)


if __name__ == "__main__":
    sys.exit(main())
