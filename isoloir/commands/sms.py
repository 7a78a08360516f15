"""`isoloir sms`: the providers of text messages, and the address of receipts that each is to be given."""

import argparse
from typing import Any

from .setup import start_django

_DESCRIPTION = """\
Liste les fournisseurs de SMS dans l’ordre où ils sont sollicités, avec l’adresse à donner à chacun pour ses accusés de
remise. Cette adresse est un secret : qui la connaît peut déclarer remis, ou non remis, un SMS dont il sait l’identifiant.
"""


def add_parser(subparsers: Any) -> None:
    """Add `sms` to the program's commands."""
    parser = subparsers.add_parser(
        "sms", help="liste les fournisseurs de SMS et l’adresse de leurs accusés", description=_DESCRIPTION
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Print the providers; return 1 when there is none."""
    start_django()
    from django.conf import settings
    from django.urls import reverse

    from isoloir.messaging.receipts import receipt_secret
    from isoloir.messaging.sms import sms_backends

    backends = sms_backends()
    if not backends:
        print("Aucun fournisseur de SMS n’est configuré (ISOLOIR_SMS).")
        return 1
    for backend in backends:
        print(backend.name)
        if backend.gives_receipts:
            path = reverse("public:sms_receipts", args=[backend.name, receipt_secret(backend.name)])
            print(f"  accusés de remise : {settings.PORTAL_URL}{path}")
        else:
            print("  sans accusés de remise")
    return 0
