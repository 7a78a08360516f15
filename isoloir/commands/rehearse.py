"""`isoloir rehearse`: a whole election without a browser, ended by the verifier."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from isoloir.commands.progress import ProgressBar

from .arguments import count_from, folder_fault
from .server import free_port, running, running_registrar
from .setup import collect_static, migrate, start_django


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("rehearse", help="joue une élection entière, sans navigateur, et la vérifie")
    parser.add_argument("--voters", type=count_from(1), default=300, help="nombre d’électeurs (300)")
    parser.add_argument("--contests", type=count_from(1), default=3, help="nombre de scrutins (3)")
    parser.add_argument("--out", type=Path, required=True, help="dossier des résultats, à créer")
    parser.add_argument(
        "--seed", type=int, default=1, help="graine de la fiction (les secrets sont toujours tirés au hasard)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play the election; return 0 when every archive verifies and every result equals what was cast."""
    if fault := _fault(options):
        print(fault, file=sys.stderr)
        return 2
    begun = time.monotonic()
    _start(options.out)
    from isoloir.demo.rehearsal import play
    from isoloir.demo.rehearsal.voters import RehearsalFailed

    try:
        archives = _play(play, options)
    except RehearsalFailed as failure:
        print(f"La répétition a échoué : {failure}", file=sys.stderr)
        return 1
    print(f"Élection jouée en {time.monotonic() - begun:.0f} s ; vérification des archives :", flush=True)
    return _verify(archives)


def _fault(options: argparse.Namespace) -> str:
    """Say why the election cannot be played; nothing when it can."""
    if options.voters < options.contests:
        return "Il faut au moins autant d’électeurs que de scrutins : rien n’a été fait."
    if not folder_fault(options.out) and options.out.exists() and any(options.out.iterdir()):
        return f"{options.out} n’est pas vide : rien n’a été fait."
    return folder_fault(options.out)


def _start(directory: Path) -> None:
    # Nobody reads pictures here: the server that voters reach over HTTP takes one code for all. Production refuses it.
    os.environ["ISOLOIR_CAPTCHA"] = "test"
    start_django(settings="config.settings.dev", directory=directory)
    migrate()
    collect_static()


def _play(play: Any, options: argparse.Namespace) -> list[Path]:
    out: Path = options.out
    _say(f"Import, codes et notices de {options.voters} électeurs")
    election = play.prepare(out, voters=options.voters, contests=options.contests, seed=options.seed)
    from isoloir.demo.registrar import connect_registrar

    port = free_port()
    with running_registrar(connect_registrar(out, port=port), port=port, log=out / "registrar.log"):
        return _play_served(play, election, out)


def _play_served(play: Any, election: Any, out: Path) -> list[Path]:
    """Play what needs the registrar: from the opening of the registers to their closing."""
    _say("Cérémonie des clés, scellement, campagne d’ouverture")
    seeds = play.make_keys_and_seal(election)
    links = play.invite(election)
    with running(port=free_port(), log=out / "server.log") as address, ProgressBar("Votes") as bar:
        begun = time.monotonic()
        casts = play.vote(election, links, address=address, progress=bar.show)
    seconds = time.monotonic() - begun
    _say(f"{len(casts)} bulletins déposés en {seconds:.0f} s ({len(casts) / seconds:.1f} par seconde)")
    results = list(play.close_and_count(election, seeds))
    play.check_counts(casts, results)
    _say("Résultats égaux aux bulletins déposés ; bulletins = émargements = accusés de réception")
    _say(f"{play.check_reissues()} clés réassorties, toutes dans les registres des clés")
    files: list[Path] = play.write_files(out, results)
    return files


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _verify(archives: list[Path]) -> int:
    from isoloir_protocol.verify_command import main

    return main([str(archive) for archive in archives])
