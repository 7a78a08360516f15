"""The fictional authority's registrar: its store, from the real issue, and how the portal finds it."""

import json
import os
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from nacl.signing import SigningKey

from isoloir.credentials.identifiers import IDENTIFIERS_FILE
from isoloir.credentials.registrar.configuration import Configuration, FranceConnect
from isoloir.credentials.registrar.files import CONFIGURATION, SIGNING_KEY, read_secret
from isoloir.credentials.registrar.loading import make_store
from isoloir.credentials.registrar_client import portal_signing_key
from isoloir.credentials.reissue.acceptance import accepted_by
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES

from .franceconnect import issuer, published_keys

STORE = "registrar"
_KEY_SET = "franceconnect-keys.json"


def make_registrar(directory: Path) -> None:
    """Make the store of the election prepared in `directory`: who may be issued new keys, and what they must prove."""
    portal = portal_signing_key().verify_key.encode().hex()
    accept = accepted_by(DEFAULT_POLICIES.values())
    make_store(
        directory / STORE, issue=directory / "authority" / "registrar",
        configuration=Configuration(portal=portal, accept=accept),
        identifiers=directory / "fiction" / IDENTIFIERS_FILE,
    )  # fmt: skip


def connect_registrar(directory: Path, *, port: int) -> Path:
    """Have this process and those that it starts ask the registrar on this port of the loopback; return its store.

    The simulator of FranceConnect has the portal's address, which may change from one run to the next: the registrar is told.
    """
    store = directory / STORE
    _believe_simulator(store)
    key = SigningKey(read_secret(store, SIGNING_KEY)).verify_key.encode().hex()
    found = {"REGISTRAR_URL": f"http://127.0.0.1:{port}", "REGISTRAR_KEY": key}
    for name, value in found.items():
        setattr(settings, name, value)
        os.environ[f"ISOLOIR_{name}"] = value
    return store


def _believe_simulator(store: Path) -> None:
    key_set = (store / _KEY_SET).resolve()
    key_set.write_text(json.dumps(published_keys()))
    provider = FranceConnect(
        issuer=issuer(), client_id=settings.FRANCECONNECT_SIMULATOR["client_id"], jwks=str(key_set)
    )
    configuration = replace(Configuration.read(store), franceconnect=provider)
    (store / CONFIGURATION).unlink()
    configuration.write(store)
