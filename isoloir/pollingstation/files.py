"""Importing a whole folder of files at once: bureaux, contests, lists, roll, identifiers, in the order that they need each other."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from isoloir.common.errors import Faults
from isoloir.credentials.identifiers import IDENTIFIERS_FILE
from isoloir.credentials.reissue.identifiers import import_identifiers
from isoloir.elections.imports import CANDIDATES_FILE, CONTESTS_FILE, LISTS_FILE, import_lists
from isoloir.elections.models import Election
from isoloir.roll.imports import VOTERS_FILE, import_voters

from .imports import MEMBERS_FILE, STATIONS_FILE, import_contests, import_stations

# Files that have a meaning of their own; any other is a logo or a statement that lists.csv names.
ELECTION_FILES = (
    STATIONS_FILE,
    MEMBERS_FILE,
    CONTESTS_FILE,
    LISTS_FILE,
    CANDIDATES_FILE,
    VOTERS_FILE,
    IDENTIFIERS_FILE,
)
_TOGETHER = ((STATIONS_FILE, MEMBERS_FILE), (MEMBERS_FILE, STATIONS_FILE), (CANDIDATES_FILE, LISTS_FILE))
MOST_FILES = 5_000
LARGEST_FILES = 512 * 1024 * 1024


@transaction.atomic
def import_files(*, election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> list[str]:
    """Import those of ELECTION_FILES that are there, all or nothing; return one sentence for each import.

    Raises ImportRefused (with the faults of the first import that has some: the next ones depend on it), ElectionSealed,
    NoContest.
    """
    _check_together(files)
    steps: tuple[tuple[str, Callable[[], str]], ...] = (
        (STATIONS_FILE, lambda: _import_stations(election, files, actor, at)),
        (CONTESTS_FILE, lambda: _import_contests(election, files, actor, at)),
        (LISTS_FILE, lambda: _import_lists(election, files, actor, at)),
        (VOTERS_FILE, lambda: _import_voters(election, files, actor, at)),
        (IDENTIFIERS_FILE, lambda: _import_identifiers(election, files, actor, at)),
    )
    return [act() for name, act in steps if name in files]


def read_folder(directory: Path) -> dict[str, bytes]:
    """Return the files under a folder by their relative name with `/`. Raises ValueError when there are too many or too big.

    Links are not followed: a folder gives only what is in it.
    """
    files: dict[str, bytes] = {}
    left = LARGEST_FILES
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        left -= path.stat().st_size
        if left < 0 or len(files) >= MOST_FILES:
            raise ValueError(directory)
        files[path.relative_to(directory).as_posix()] = path.read_bytes()
    return files


def _check_together(files: Mapping[str, bytes]) -> None:
    faults = Faults()
    if not any(name in files for name in ELECTION_FILES):
        names = ", ".join(ELECTION_FILES)
        faults.add("", None, "", _("Aucun fichier à importer. Fichiers attendus : %(names)s.") % {"names": names})
    for name, companion in _TOGETHER:
        if name in files and companion not in files:
            faults.add(name, None, "", _("Ce fichier s’importe avec %(companion)s.") % {"companion": companion})
    faults.refuse_if_any()


def _import_stations(election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> str:
    done = import_stations(
        election=election, stations=files[STATIONS_FILE], members=files[MEMBERS_FILE], actor=actor, at=at
    )
    text = ngettext(
        "%(stations)d bureau de vote, %(members)d membres.",
        "%(stations)d bureaux de vote, %(members)d membres.",
        done.stations,
    )
    if done.ceremonies_begun:
        begun = ngettext(
            "La cérémonie des clés commence pour %(number)d bureau.",
            "La cérémonie des clés commence pour %(number)d bureaux.",
            done.ceremonies_begun,
        )
        text += " " + begun % {"number": done.ceremonies_begun}
    return text % {"stations": done.stations, "members": done.members}


def _import_contests(election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> str:
    done = import_contests(election=election, content=files[CONTESTS_FILE], actor=actor, at=at)
    text = ngettext("%(contests)d scrutin.", "%(contests)d scrutins.", len(done.stations))
    if done.removed:
        text += " " + _("%(removed)d supprimés, avec leurs listes et leurs inscrits.")
    return text % {"contests": len(done.stations), "removed": len(done.removed)}


def _import_lists(election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> str:
    done = import_lists(
        election=election, lists=files[LISTS_FILE], candidates=files.get(CANDIDATES_FILE, b""), files=files,
        actor=actor, at=at,
    )  # fmt: skip
    facts = {"lists": done.lists, "contests": done.contests, "candidates": done.candidates}
    return _("Listes : %(lists)d, dans %(contests)d scrutins ; candidats : %(candidates)d.") % facts


def _import_voters(election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> str:
    done = import_voters(election=election, content=files[VOTERS_FILE], actor=actor, at=at)
    facts = {"voters": done.voters, "entries": done.entries, "removed": done.removed}
    text = _("Électeurs : %(voters)d ; inscriptions : %(entries)d.")
    if done.removed:
        text += " " + _("Électeurs retirés : %(removed)d.")
    return text % facts


def _import_identifiers(election: Election, files: Mapping[str, bytes], actor: str, at: datetime) -> str:
    done = import_identifiers(election=election, content=files[IDENTIFIERS_FILE], actor=actor, at=at)
    facts = {"people": done.people, "without": done.without}
    return _("Identifiants reçus : %(people)d ; électeurs sans identifiant : %(without)d.") % facts
