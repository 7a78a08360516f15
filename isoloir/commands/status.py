"""`isoloir status watch`: the status page, which stays up when the portal does not."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from isoloir.status.server import make_server
from isoloir.status.watch import watch

from .arguments import count_from, folder_fault

_SHORTEST_PERIOD = 5


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("status", help="écrit la page d’état du portail, à part de lui")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    watching = actions.add_parser("watch", help="vérifie le portail et écrit la page jusqu’à l’interruption")
    watching.add_argument("--portal", required=True, help="adresse du portail (https://…)")
    watching.add_argument("--out", type=Path, required=True, help="dossier où la page est écrite")
    watching.add_argument("--listen", help="sert aussi ce dossier, à cette adresse (HÔTE:PORT)")
    watching.add_argument(
        "--every", type=count_from(_SHORTEST_PERIOD), default=15, help="secondes entre deux vérifications (15)"
    )
    watching.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Watch until SIGINT or SIGTERM."""
    fault = folder_fault(options.out) or _portal_fault(options.portal) or _listen_fault(options.listen)
    if fault:
        print(fault, file=sys.stderr)
        return 2
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    server = None
    try:
        if options.listen:
            host, _colon, port = options.listen.rpartition(":")
            server = make_server(options.out, host=host, port=int(port))
            threading.Thread(target=server.serve_forever, daemon=True).start()
        watch(options.out, portal=options.portal, every=options.every, stopped=stopped)
    except OSError as refused:
        print(f"La page d’état ne peut pas être écrite ou servie : {refused.strerror}.", file=sys.stderr)
        return 1
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()
    return 0


def _portal_fault(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc:
        return ""
    return "L’adresse du portail commence par https:// ou http://, sans nom d’utilisateur."


def _listen_fault(listen: str | None) -> str:
    if listen is None:
        return ""
    host, _colon, port = listen.rpartition(":")
    good = bool(host) and port.isascii() and port.isdigit() and int(port) <= 65535
    return "" if good else "--listen s’écrit HÔTE:PORT, par exemple 127.0.0.1:8081."
