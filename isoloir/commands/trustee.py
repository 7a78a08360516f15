"""`isoloir trustee`: a key holder's part of the ceremony and of the count, on a device without network.

Nothing secret is written on the standard output or on the standard error, nor anywhere but in the key file, sealed.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from isoloir_protocol.errors import ProtocolError

from isoloir.trustees.device import (
    PASSPHRASE_LENGTH,
    DeviceRefused,
    DeviceState,
    answer_decryptions,
    answer_step,
    group_fingerprints,
    make_key_file,
    normalise_passphrase,
    open_key_file,
    own_fingerprint,
    read_state,
)

_DESCRIPTION = """\
Détenteur de clé : fabrique la clé, fait les étapes de la cérémonie, déchiffre le total, sur un appareil hors ligne.
(Trustee: makes the key, does the steps of the ceremony, decrypts the total, on a device without network.)
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `trustee key`, `trustee step` and `trustee decrypt` to the program's commands."""
    parser = subparsers.add_parser(
        "trustee", help="faire hors ligne la part d’un détenteur de clé", description=_DESCRIPTION
    )
    commands = parser.add_subparsers(dest="trustee_command", required=True, metavar="key|step|decrypt")
    key = commands.add_parser("key", help="fabriquer la clé et la protéger par une phrase d’activation")
    step = commands.add_parser("step", help="faire l’étape attendue de la cérémonie des clés")
    decrypt = commands.add_parser("decrypt", help="déchiffrer le total de chaque scrutin en dépouillement")
    for command, run in ((key, run_key), (step, run_step), (decrypt, run_decrypt)):
        command.add_argument(
            "--state", type=Path, required=True, metavar="FICHIER", help="état téléchargé sur la page « Ma clé »"
        )
        command.add_argument("--key-file", type=Path, required=True, metavar="FICHIER", help="fichier de clé")
        command.add_argument(
            "--passphrase-file", type=Path, metavar="FICHIER",
            help="lire la phrase d’activation sur la première ligne de ce fichier, au lieu de la demander",
        )  # fmt: skip
        command.set_defaults(run=run)
    step.add_argument("--out", type=Path, required=True, metavar="FICHIER", help="réponse à déposer, à créer")
    decrypt.add_argument("--out", type=Path, required=True, metavar="DIR", help="dossier des réponses à déposer")


def run_key(arguments: argparse.Namespace) -> int:
    """Make the key file; return the exit status: 0, or 1 when something was refused and nothing was written."""
    return _guarded(_make_key, arguments)


def run_step(arguments: argparse.Namespace) -> int:
    """Write the answer to the step that is due; return the exit status."""
    return _guarded(_do_step, arguments)


def run_decrypt(arguments: argparse.Namespace) -> int:
    """Write one partial decryption for each contest that waits for it; return the exit status."""
    return _guarded(_decrypt, arguments)


def _guarded(work: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    try:
        work(arguments)
    except DeviceRefused as refusal:
        print(refusal, file=sys.stderr)
    except ProtocolError as refusal:
        # What the others sent does not hold: the sentence names the place at fault, never what was sent.
        print(f"{refusal.sentence('fr')} / {refusal.sentence('en')}", file=sys.stderr)
    except OSError as trouble:
        print(f"{trouble.strerror} : {trouble.filename}", file=sys.stderr)
    except UnicodeDecodeError:
        print("Un des fichiers n’est pas un texte en UTF-8. / One of the files is not UTF-8 text.", file=sys.stderr)
    else:
        return 0
    return 1


def _make_key(arguments: argparse.Namespace) -> None:
    state = _state(arguments)
    if arguments.key_file.exists():
        # Said before the passphrase is asked; the file itself is created exclusively.
        raise FileExistsError(17, os.strerror(17), str(arguments.key_file))
    passphrase = _new_passphrase(arguments)
    text = make_key_file(state=state, passphrase=passphrase, random=os.urandom)
    _write_private(arguments.key_file, text)
    print(f"Clé fabriquée et relue : {arguments.key_file}. Gardez-en deux copies.")
    print(f"Empreinte de votre clé, à lire à voix haute : {own_fingerprint(open_key_file(text, passphrase)[1])}")


def _do_step(arguments: argparse.Namespace) -> None:
    state = _state(arguments)
    seed = _seed(arguments, state)
    for number, fingerprint in enumerate(group_fingerprints(state), start=1):
        mine = " (vous)" if number == state.holder.index else ""
        print(f"Empreinte du détenteur {number}{mine}, à comparer à voix haute : {fingerprint}")
    _write_private(arguments.out, answer_step(state=state, seed=seed, random=os.urandom))
    print(f"Étape faite : déposez {arguments.out} sur la page « Ma clé ».")


def _decrypt(arguments: argparse.Namespace) -> None:
    state = _state(arguments)
    answers = answer_decryptions(state=state, seed=_seed(arguments, state), random=os.urandom)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for contest, answer in answers.items():
        # The contest was compared with the identifier in the election's record: it is Base58, and safe as a name.
        _write_private(arguments.out / f"{contest}.json", answer)
    print(f"{len(answers)} déchiffrement(s) à déposer sur la page « Ma clé » : {arguments.out}")


def _state(arguments: argparse.Namespace) -> DeviceState:
    return read_state(arguments.state.read_text(encoding="utf-8"))


def _seed(arguments: argparse.Namespace, state: DeviceState) -> str:
    text = arguments.key_file.read_text(encoding="utf-8")
    holder, seed = open_key_file(text, _passphrase(arguments, "Phrase d’activation : "))
    state.require_own_key(holder)
    return seed


def _passphrase(arguments: argparse.Namespace, prompt: str) -> str:
    if arguments.passphrase_file is None:
        return getpass.getpass(prompt)
    lines = arguments.passphrase_file.read_text(encoding="utf-8").splitlines()
    return str(lines[0]) if lines else ""


def _new_passphrase(arguments: argparse.Namespace) -> str:
    passphrase = _passphrase(arguments, f"Phrase d’activation ({PASSPHRASE_LENGTH} caractères au moins) : ")
    normalise_passphrase(passphrase)
    if arguments.passphrase_file is None and getpass.getpass("La même, encore une fois : ") != passphrase:
        raise DeviceRefused(
            "passphrases-differ", "Les deux saisies sont différentes.", "The two entries are different."
        )
    return passphrase


def _write_private(path: Path, text: str) -> None:
    """Create a file that only its owner reads, and never replace one: a lost key cannot be made again."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
