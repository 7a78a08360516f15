"""`isoloir demo`: a fictional académie on loopback, from the key ceremony to the published results."""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from .arguments import count_from, folder_fault, port_number
from .server import PortTaken, free_port, require_free_port, running, running_registrar, running_status
from .setup import collect_static, migrate, start_django

_DIRECTORY = Path(__file__).resolve().parent.parent.parent / "var" / "demo"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("demo", help="sert une élection de démonstration sur cette machine")
    parser.add_argument("--port", type=port_number, default=8000, help="port (8000 ; 0 : un port libre)")
    parser.add_argument("--voters", type=count_from(3), default=300, help="nombre d’électeurs fictifs (3 au moins)")
    parser.add_argument("--directory", type=Path, default=_DIRECTORY, help="où la démonstration garde ses fichiers")
    parser.add_argument("--reset", action="store_true", help="recommence à zéro")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prepare the demonstration at the first run, then serve until interrupted."""
    begun = time.monotonic()
    if fault := folder_fault(options.directory) or (_reset_fault(options.directory) if options.reset else ""):
        print(fault, file=sys.stderr)
        return 2
    _stop_as_by_ctrl_c()
    port = options.port or free_port()
    try:
        require_free_port(port)
    except PortTaken:
        print(f"Le port {port} est déjà pris : choisissez-en un autre avec --port (0 : un port libre).", flush=True)
        return 1
    if options.reset:
        shutil.rmtree(options.directory, ignore_errors=True)
    address = f"http://127.0.0.1:{port}"
    if (options.directory / "isoloir.sqlite3").is_file() and not (options.directory / "registrar").is_dir():
        print("Cette démonstration est d’avant le réassort : recommencez avec --reset.", file=sys.stderr)
        return 2
    registrar_port = free_port()
    store = prepare(options.directory, voters=options.voters, address=address, registrar_port=registrar_port)
    with (
        running_registrar(store, port=registrar_port, log=options.directory / "registrar.log"),
        running(port=port, log=options.directory / "server.log") as served,
        running_status(served, folder=options.directory / "status", log=options.directory / "status.log") as status,
    ):
        print(_banner(served, status, time.monotonic() - begun), flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print("\nDémonstration arrêtée.", flush=True)
    return 0


def _reset_fault(directory: Path) -> str:
    """Say why the folder must not be emptied: it holds files, and is not a demonstration's."""
    if directory.is_dir() and any(directory.iterdir()) and not (directory / "isoloir.sqlite3").is_file():
        return f"{directory} n’est pas celui d’une démonstration : rien n’a été effacé."
    return ""


def _stop_as_by_ctrl_c() -> None:
    """Let `kill` and a closed terminal end the server and the worker too: neither may outlive the demonstration."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def prepare(directory: Path, *, voters: int, address: str, registrar_port: int) -> Path:
    """Make the database and the fictional election, unless they are there; return the store of its registrar."""
    os.environ["ISOLOIR_PORTAL_URL"] = address
    start_django(settings="config.settings.dev", directory=directory)
    migrate()
    collect_static()

    from isoloir.demo.actions import ensure_demonstration

    ensure_demonstration(directory=directory, voters=voters)
    from isoloir.demo.registrar import connect_registrar

    return connect_registrar(directory, port=registrar_port)


def _banner(address: str, status: str, seconds: float) -> str:
    return f"""
Isoloir : démonstration prête en {seconds:.0f} s. Toutes les personnes et organisations sont fictives.

  Portail des électeurs      {address}/
  Guide, identités, horloge  {address}/demo/
  Boîte aux lettres          {address}/demo/courrier/
  Bureau de vote             {address}/bureau/
  Guichets                   {address}/guichet/
  Administration             {address}/console/
  Résultats                  {address}/resultats/
  État du portail (à part)   {status}/

Ctrl-C arrête ; « make demo » reprend là où vous en étiez ; « make demo ARGS=--reset » recommence.
"""
