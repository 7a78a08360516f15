"""The import of a roll and the change of one voter follow one set of rules, and say the same."""

from datetime import UTC, datetime

import pytest

from isoloir.common.errors import ImportRefused
from isoloir.elections.models import Election
from isoloir.roll.changes import voter_faults
from isoloir.roll.imports import VOTER_COLUMNS, import_voters
from tests import electorate

pytestmark = pytest.mark.django_db
AT = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)


def of_import(election: Election, fields: dict[str, str]) -> dict[str, str]:
    """Import a roll of this one voter; return the sentence of each column at fault."""
    names = [column.name for column in VOTER_COLUMNS]
    cells = {"delivery_lines": "", "contests": "CSA"} | fields
    lines = [";".join(names), ";".join(cells[name] for name in names)]
    with pytest.raises(ImportRefused) as refusal:
        import_voters(election=election, content="\n".join(lines).encode(), actor="test", at=AT)
    return {fault.column: fault.message for fault in refusal.value.faults}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", "V 42"), ("reference", "é"), ("establishment_code", "09 90"), ("email", "pas une adresse"),
        ("email", f"anne@{'é' * 61}.{'é' * 61}.example"), ("second_email", "elie@"), ("last_name", "M" * 100),
    ],
)  # fmt: skip
def test_what_the_import_refuses_a_change_refuses_in_the_same_words(field: str, value: str) -> None:
    election = electorate.make_election()
    electorate.make_contest(election)
    fields = {
        "reference": "V-42", "civility": "M.", "last_name": "Ménard", "first_names": "Élie Marie Alphonse Théodore",
        "email": "elie@valmont.example",
        "second_email": "", "establishment_code": "0990001A", "establishment": "Collège des Tilleuls", "academy": "Valmont",
        field: value,
    }  # fmt: skip
    faults = voter_faults(election, fields)
    assert set(faults) == {field}
    assert of_import(election, fields) == faults
