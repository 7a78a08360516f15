"""Importing a whole election from one folder: bureaux, contests, candidacies, roll."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from isoloir.elections.imports import import_lists
from isoloir.elections.models import Election
from isoloir.roll.imports import import_voters

from .imports import import_contests, import_stations

_TABLES = ("stations", "members", "contests", "lists", "candidates", "voters")


@transaction.atomic
def import_folder(*, election: Election, directory: Path, actor: str, at: datetime) -> None:
    """Import the six tables (`stations.csv`, …) and the files that they name, all or nothing.

    Raises ImportRefused (every fault of the first table that has some), FileNotFoundError.
    """
    tables = {name: (directory / f"{name}.csv").read_bytes() for name in _TABLES}
    files = {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.suffix != ".csv"
    }
    known = {"election": election, "actor": actor, "at": at}
    import_stations(stations=tables["stations"], members=tables["members"], **known)
    import_contests(content=tables["contests"], **known)
    import_lists(lists=tables["lists"], candidates=tables["candidates"], files=files, **known)
    import_voters(content=tables["voters"], **known)
