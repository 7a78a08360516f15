"""One room alone joins names and ballots: no table of the others may point from one side to the other."""

from django.apps import apps
from django.db.models import Field

BALLOT_ROOMS = {"ballotbox", "board", "tally"}
NAME_ROOMS = {"roll", "identity"}
# Who signed the minutes is a member of the bureau, who is no voter of this table.
NAMED_EXCEPTIONS = {"tally.MinutesSignature"}


def relations(room: str) -> set[tuple[str, str]]:
    """Return (model, model it points to) for the models of a room, hidden tables of many-to-many included."""
    return {
        (model._meta.label, field.related_model._meta.label)
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and field.related_model is not None
    }


def room_of(label: str) -> str:
    return label.partition(".")[0]


def test_no_table_of_ballots_points_to_a_name_nor_a_name_to_a_ballot():
    crossing = {
        (model, other)
        for room in BALLOT_ROOMS
        for model, other in relations(room)
        if room_of(other) in NAME_ROOMS and model not in NAMED_EXCEPTIONS
    }
    assert crossing == set()


def test_the_named_exception_points_to_staff_accounts_alone():
    pointed = {
        other for model, other in relations("tally") if model in NAMED_EXCEPTIONS and room_of(other) in NAME_ROOMS
    }
    assert pointed == {"identity.Account"}


def test_the_walk_sees_a_relation_that_exists():
    assert ("roll.RollEntry", "roll.Voter") in relations("roll")


def test_a_ballot_bears_neither_time_nor_voter_nor_slot():
    ballot: list[Field] = apps.get_model("ballotbox", "Ballot")._meta.get_fields()
    assert {field.name for field in ballot} == {"id", "contest", "credential", "tracker", "text"}
