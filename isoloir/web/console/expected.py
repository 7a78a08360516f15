"""What each file of the import holds, as the page tells it."""

from django.utils.translation import gettext as _

from isoloir.elections import imports as elections
from isoloir.pollingstation import imports as stations
from isoloir.roll import imports as roll


def expected_files() -> list[dict[str, str]]:
    """Return the name, the purpose and the columns of each file."""
    files = (
        (stations.STATIONS_FILE, _("Bureaux de vote, avec leurs membres"), stations.STATION_COLUMNS),
        (stations.MEMBERS_FILE, _("Président, secrétaire et délégués de chaque bureau"), stations.MEMBER_COLUMNS),
        (elections.CONTESTS_FILE, _("Scrutins, avec le bureau de chacun"), elections.CONTEST_COLUMNS),
        (elections.LISTS_FILE, _("Listes et sigles, dans leur ordre"), elections.LIST_COLUMNS),
        (elections.CANDIDATES_FILE, _("Candidats de chaque liste, dans l’ordre"), elections.CANDIDATE_COLUMNS),
        (roll.VOTERS_FILE, _("Électeurs, avec les scrutins de chacun séparés par « | »"), roll.VOTER_COLUMNS),
    )
    return [
        {"name": name, "purpose": purpose, "columns": " ; ".join(column.name for column in columns)}
        for name, purpose, columns in files
    ]
