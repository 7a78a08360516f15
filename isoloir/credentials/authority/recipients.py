"""Encrypting the private part with age (https://age-encryption.org/v1), whose files the printer's own tools open too.

Codes exist in clear in the memory of one process only.  What is written is encrypted to every recipient: the printer
and, when there is one, the escrow, each of which opens it with its own identity.
"""

from collections.abc import Sequence
from pathlib import Path

import pyrage
from pyrage.x25519 import Identity, Recipient

from isoloir.credentials.authority.errors import CodesRefused, RecipientRefused
from isoloir.credentials.authority.exchange import write_durably

_LARGEST_IDENTITY_FILE = 64 * 1024


def read_recipients(texts: Sequence[str]) -> list[Recipient]:
    """Read age recipients (`age1…`), each once.  Raises RecipientRefused."""
    if not texts:
        raise RecipientRefused("aucun destinataire age", "no age recipient")
    try:
        return [Recipient.from_str(text) for text in sorted(set(texts))]
    except pyrage.RecipientError:
        raise RecipientRefused(
            "un destinataire n’est pas une clé publique age (age1…)", "a recipient is not an age public key (age1…)"
        ) from None


def encrypt(content: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Return an age file that any of the recipients opens."""
    return bytes(pyrage.encrypt(content, recipients))


def decrypt(content: bytes, identities: Sequence[Identity]) -> bytes:
    """Open an age file in memory.  Raises CodesRefused, whose words never tell what is inside."""
    try:
        return bytes(pyrage.decrypt(content, identities))
    except pyrage.DecryptError:
        pass
    # Outside the handler: no traceback shows what the library was given.
    raise CodesRefused("cette identité n’ouvre pas ces fichiers", "this identity does not open these files")


def make_identity(path: Path) -> str:
    """Write a new age identity into a file that its owner alone reads; return its recipient, which is public.

    Raises RecipientRefused when the file exists: an identity may be the only one that opens what was encrypted to it.
    """
    if path.exists() or path.is_symlink():
        raise RecipientRefused(f"{path} existe déjà", f"{path} exists already")
    identity = Identity.generate()
    recipient = str(identity.to_public())
    write_durably(path, f"# public key: {recipient}\n{identity}\n".encode("ascii"))
    return recipient


def read_identities(path: Path) -> list[Identity]:
    """Read an identity file as age writes it: one identity a line, `#` begins a comment.  Raises RecipientRefused."""
    try:
        with path.open("rb") as stream:
            lines = stream.read(_LARGEST_IDENTITY_FILE).decode("ascii").splitlines()
        texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        identities = [Identity.from_str(text) for text in texts]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError):
        identities = []
    if not identities:
        raise RecipientRefused(
            f"{path} n’est pas un fichier d’identités age lisible", f"{path} is not a readable file of age identities"
        )
    return identities
