"""Importing what voters may be asked to prove (identifiers.csv): keyed hashes are kept, the values are not.

Here and not in the room of the roll, which is below that of the forms hashed alike by the portal and the registrar. The file
replaces what was there, wholly or not at all, as long as nothing is sealed (docs/specification/import-files.md).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from isoloir.common.bulkrows import insert_rows
from isoloir.common.csvfiles import Column, CsvFile
from isoloir.common.errors import Faults
from isoloir.common.secretfiles import ensure_secret
from isoloir.credentials.identifiers import COLUMNS, IDENTIFIERS_FILE, KINDS, Person, person_of
from isoloir.elections.actions import lock_unsealed
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.roll.models import VoterIdentifiers

_PEPPER = "identifier-pepper"
_PEOPLE = "people"
_ALIASES = {
    "reference": ("référence", "identifiant", "matricule", "numéro", "voter"),
    "nir": ("numéro de sécurité sociale", "n° de sécurité sociale", "sécurité sociale"),
    "birth_name": ("nom de naissance", "nom de famille", "family name"),
    "birth_first_name": ("prénom de naissance", "premier prénom", "prénom", "prénoms", "given name"),
    "birth_date": ("date de naissance", "né le", "birthdate"),
    "birth_place": ("lieu de naissance", "commune de naissance", "code INSEE de naissance", "birthplace"),
}
IDENTIFIER_COLUMNS = tuple(
    Column(name, _ALIASES.get(name, ()), 100, may_be_empty=name != "reference") for name in COLUMNS
)
# What the cell should have been; never what it is.
_SENTENCES: dict[str, Promise] = {
    "reference": gettext_lazy("Une référence a des lettres sans accent, des chiffres et les signes « . _ : / @ + - »."),
    "nothing_known": gettext_lazy("Rien n’est dit de cet électeur : ôtez la ligne, ou remplissez une cellule."),
    "numen": gettext_lazy("Un NUMEN a 13 lettres et chiffres."),
    "nir": gettext_lazy("Un numéro de sécurité sociale a 10, 13 ou 15 signes ; sa clé, quand elle est là, est vérifiée."),
    "birth_date": gettext_lazy("Une date s’écrit AAAA-MM-JJ ou JJ/MM/AAAA."),
    "birth_place": gettext_lazy("Un lieu de naissance est un code INSEE de cinq signes : commune, ou 99… pour un pays."),
    "birth_name": gettext_lazy("Un nom a au moins une lettre."),
    "birth_first_name": gettext_lazy("Un prénom a au moins une lettre."),
    "identity_incomplete": gettext_lazy("Nom, prénom et date de naissance vont ensemble."),
    "place_alone": gettext_lazy("Un lieu de naissance va avec un nom, un prénom et une date."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IdentifiersImported:
    """What an import did: people in the file, how many of them have each identifier, voters of whom nothing is known."""

    people: int
    known: dict[str, int]
    without: int


def identifier_pepper() -> bytes:
    """Return the key of the portal's hashes of identifiers, made at first use; the registrar has another one."""
    return ensure_secret(_PEPPER)


@transaction.atomic
def import_identifiers(*, election: Election, content: bytes, actor: str, at: datetime) -> IdentifiersImported:
    """Make the voters' identifiers those of the file. Raises ImportRefused, ElectionSealed.

    Who is on the file is on the roll; who is on the roll may be missing from the file, and then proves nothing by it. The
    number of queries does not depend on the number of voters.
    """
    election = lock_unsealed(election)
    voters = dict(election.voters.values_list("reference", "pk"))
    faults = Faults()
    file = CsvFile(name=IDENTIFIERS_FILE, content=content, columns=IDENTIFIER_COLUMNS, faults=faults)
    known = Counter(dict.fromkeys((_PEOPLE, *KINDS), 0))
    VoterIdentifiers.objects.filter(voter__election=election).delete()
    insert_rows(VoterIdentifiers, ("voter", *KINDS), _rows(file, voters, faults, known))
    # Rows were written as they were read, for a million of them to hold in memory: a fault undoes them all.
    faults.refuse_if_any()
    people = known.pop(_PEOPLE)
    done = IdentifiersImported(people, dict(known), len(voters) - people)
    # No fingerprint of the file: it could be found again from a list of names and dates.
    record(
        Kind.IDENTIFIERS_IMPORTED, actor=actor, at=at, subject=election.slug,
        facts={"people": done.people, "known": known, "without": done.without},
    )  # fmt: skip
    return done


def _read_people(file: CsvFile, voters: Mapping[str, int]) -> Iterator[Person]:
    seen: dict[str, int] = {}
    for line in file.lines():
        person = person_of(dict(zip(COLUMNS, line.cells, strict=True)), partial(_fault, file, line.number))
        first = seen.setdefault(person.reference, line.number)
        if first != line.number:
            message = _("Cet électeur est déjà à la ligne %(line)d.") % {"line": first}
            file.fault(line.number, "reference", message)
        if person.reference not in voters:
            file.fault(line.number, "reference", _("Aucun électeur de la liste électorale n’a cette référence."))
        yield person


def _fault(file: CsvFile, line: int, column: str, code: str) -> None:
    file.fault(line, column, str(_SENTENCES[code]))


def _rows(
    file: CsvFile, voters: Mapping[str, int], faults: Faults, known: Counter[str]
) -> Iterator[tuple[object, ...]]:
    """Give the row of each person, and count what is known of them; after the first fault read on for the others alone."""
    pepper = identifier_pepper()
    for person in _read_people(file, voters):
        if faults:
            continue
        hashes = person.hashes(pepper)
        known.update([_PEOPLE, *(kind for kind in KINDS if hashes[kind])])
        yield (voters[person.reference], *(hashes[kind] for kind in KINDS))
