"""`isoloir registrar`: the credential authority's on-line service (docs/runbooks/registrar.md).

Nothing secret is ever written on the standard output or on the standard error: counts, public keys and faults only.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from isoloir.credentials.registrar.configuration import (
    Configuration,
    FranceConnect,
    read_accept,
    read_provider,
)
from isoloir.credentials.registrar.errors import StoreRefused, Unavailable
from isoloir.credentials.registrar.loading import make_store
from isoloir.credentials.registrar.status import erase_for_good, read_status

from .arguments import count_from
from .progress import ProgressBar
from .setup import start_django

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
_STORE_VARIABLE = "ISOLOIR_REGISTRAR_STORE"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def add_parser(subparsers: Any) -> None:
    """Add `registrar` and its sub-commands to the program's commands."""
    parser = subparsers.add_parser("registrar", help="service d’enregistrement de l’autorité de codes")
    commands = parser.add_subparsers(required=True, metavar="ACTION")
    _add_init(commands)
    serving = _command(commands, "serve", _serve, "répond au portail jusqu’à l’interruption")
    serving.add_argument("--listen", required=True, metavar="HÔTE:PORT", help="adresse où écouter")
    serving.add_argument("--certificate", type=Path, metavar="FICHIER", help="certificat TLS (PEM)")
    serving.add_argument("--certificate-key", type=Path, metavar="FICHIER", help="clé du certificat TLS (PEM)")
    _command(commands, "status", _status, "affiche les comptes et la fin de chaque registre, sans aucun nom")
    text = "affiche la clé publique du portail, sur la machine du portail"
    portal_key = commands.add_parser("portal-key", help=text, description=text)
    portal_key.set_defaults(run=_print_portal_key)
    text = "affiche les options --accept qui conviennent aux voies de l’élection, sur la machine du portail"
    proofs = commands.add_parser("accept-options", help=text, description=text)
    proofs.set_defaults(run=_print_accept_options)
    _command(commands, "close", _close, "efface ce qui relie places et personnes, une fois tout clos")


def _command(commands: Any, name: str, act: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--store", type=Path, required=True, metavar="DIR", help="magasin du service")
    parser.set_defaults(run=lambda options: _guarded(act, options))
    return parser


def _add_init(commands: Any) -> None:
    parser = _command(commands, "init", _init, "crée le magasin et la clé à partir d’une émission de codes")
    parser.add_argument("--issue", type=Path, required=True, metavar="DIR", help="dossier « registrar » de l’émission")
    parser.add_argument("--portal-key", required=True, metavar="HEX", help="clé publique du portail pour les registres")
    parser.add_argument(
        "--identifiers", type=Path, metavar="FICHIER", help="identifiers.csv : seules des empreintes en sont gardées"
    )
    parser.add_argument(
        "--accept", action="append", required=True, metavar="VOIE=PREUVES",
        help="preuves suffisantes pour une voie, à répéter : 2018=numen+birth_date",
    )  # fmt: skip
    parser.add_argument("--limit", type=count_from(1), default=3, metavar="N", help="réassorts par personne (3)")
    parser.add_argument("--grant-hours", type=count_from(1), default=24, metavar="N", help="durée d’une autorisation (24)")  # fmt: skip
    parser.add_argument(
        "--franceconnect",
        type=Path,
        metavar="FICHIER",
        help="JSON : issuer, client_id, jwks (https:// ou fichier), acr",
    )


def _guarded(act: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> int:
    try:
        act(options)
    except StoreRefused as refusal:
        print(refusal, file=sys.stderr)
    except Unavailable:
        print("Le magasin est occupé ou illisible : recommencez.", file=sys.stderr)
    except OSError as trouble:
        # The system's own sentence names a path, never what is in the file.
        print(f"{trouble.strerror} : {trouble.filename}", file=sys.stderr)
    else:
        return 0
    return 1


def _print_portal_key(_options: argparse.Namespace) -> int:
    """Print the key that `init --portal-key` takes; made at first use, it stays in the portal's folder of secrets."""
    start_django()
    from isoloir.credentials.registrar_client import portal_signing_key

    print(portal_signing_key().verify_key.encode().hex())
    return 0


def _print_accept_options(_options: argparse.Namespace) -> int:
    """Print what `init` takes for each way of the newest election: the authority reads it, and decides."""
    start_django()
    from isoloir.credentials.reissue.acceptance import accepted_by
    from isoloir.credentials.reissue.policies import policies_of
    from isoloir.elections.models import Election

    election = Election.objects.order_by("pk").last()
    if election is None:
        print("Aucune élection n’est préparée.", file=sys.stderr)
        return 1
    for code, kinds in accepted_by(policies_of(election)):
        print(f"--accept {code}={'+'.join(kinds)}")
    return 0


def _init(options: argparse.Namespace) -> None:
    configuration = Configuration(
        portal=options.portal_key.lower(), limit=options.limit, grant_hours=options.grant_hours,
        accept=tuple(map(read_accept, options.accept)),
        franceconnect=_provider(options.franceconnect),
    )  # fmt: skip
    with ProgressBar("Magasin") as bar:
        key = make_store(
            options.store, issue=options.issue, configuration=configuration, identifiers=options.identifiers,
            progress=bar.show,
        )  # fmt: skip
    print(f"Clé publique du service, à donner au portail (ISOLOIR_REGISTRAR_KEY) : {key}")
    print(f"Détruisez maintenant {options.issue} et le fichier des identifiants : le service n’en a plus besoin.")


def _provider(path: Path | None) -> FranceConnect | None:
    if path is None:
        return None
    try:
        return read_provider(json.loads(path.read_bytes()))
    except ValueError:
        raise StoreRefused(f"{path} n’est pas du JSON.") from None


def _serve(options: argparse.Namespace) -> None:
    found = _ADDRESS.fullmatch(options.listen)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise StoreRefused("L’adresse d’écoute s’écrit HÔTE:PORT, par exemple 127.0.0.1:8100.")
    if (options.certificate is None) != (options.certificate_key is None):
        raise StoreRefused("Le certificat et sa clé vont ensemble.")
    if options.certificate is None and found[1] not in _LOOPBACK:
        raise StoreRefused("Hors de la machine elle-même, un certificat est nécessaire (--certificate).")
    Configuration.read(options.store)
    # One process serves a store. granian takes the place of this program, so that stopping it stops the service.
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", found[1].strip("[]"), "--port", found[2],
        "--workers", "1", "--blocking-threads", "8", "--no-access-log", "--log-level", "warning", "--no-ws",
        "--respawn-failed-workers",
    ]  # fmt: skip
    if options.certificate is not None:
        command += ["--ssl-certificate", str(options.certificate), "--ssl-keyfile", str(options.certificate_key)]
    os.environ[_STORE_VARIABLE] = str(options.store.resolve())
    os.execv(sys.executable, [*command, "isoloir.credentials.registrar.wsgi:application"])  # noqa: S606  # No shell.


def _status(options: argparse.Namespace) -> None:
    status = read_status(options.store)
    print(f"Clé publique           {status.key}")
    print(f"Personnes              {status.people}, dont {status.provable} avec une preuve enregistrée")
    print(f"Réassorts signés       {status.used}")
    print(f"Autorisations          {status.grants} ouvertes")
    print(f"Personnes ralenties    {status.slowed}")
    for contest in status.contests:
        state = "clos" if contest.is_closed else "ouvert"
        print(
            f"Scrutin {contest.uuid}  {state}, {contest.places} places, {contest.entries} réassorts"
            f" dont {contest.waiting} à publier"
        )
        head = f"ligne {contest.height}  {contest.head}" if contest.height >= 0 else "aucune ligne"
        print(f"  {head}")


def _close(options: argparse.Namespace) -> None:
    erase_for_good(options.store)
    print("Étiquettes, clé des étiquettes, poivre et personnes : effacés. Le magasin ne relie plus rien à personne.")
