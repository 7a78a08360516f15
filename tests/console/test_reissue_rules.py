"""The console's pages of re-issue: ways in words, warnings to acknowledge, ways composed, identifiers imported."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from isoloir.credentials.identifiers import COLUMNS
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES, policies_of
from isoloir.elections.models import Election
from isoloir.journal.models import JournalEntry
from isoloir.roll.models import VoterIdentifiers
from tests.electorate import OPENS, make_contest, make_voter, text
from tests.importing import csv_file

RULES = {
    "policies": ["challenge", "franceconnect"],
    "requests_a_day": "5",
    "link_minutes": "",
    "limit": "3",
    "opens_at": "",
}
KIND = "reissue-rules.changed"
PAGES = ("reissue_rules", "reissue_policies", "identifiers")


def main_of(answer: HttpResponse) -> str:
    return text(answer).split("<main")[1]


def journaled() -> JournalEntry:
    return JournalEntry.objects.get(kind=KIND)


def choose(client: Client, page: str = "reissue_rules", **changes: Any) -> HttpResponse:
    values = RULES | changes if page == "reissue_rules" else changes
    return client.post(reverse(f"console:{page}"), values)


def acknowledgement_in(answer: HttpResponse) -> str:
    found = re.search(r'name="acknowledged" value="([^"]+)"', text(answer))
    assert found
    return found[1]


def chosen(client: Client, page: str = "reissue_rules", **changes: Any) -> HttpResponse:
    """Choose, read the warnings, acknowledge them."""
    return choose(client, page, **changes, acknowledged=acknowledgement_in(choose(client, page, **changes)))


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_shown_and_marks_its_tab(administrator: Client, election: Election, page: str) -> None:
    answer = administrator.get(reverse(f"console:{page}"))
    assert answer.status_code == 200
    assert f'href="{reverse(f"console:{page}")}" aria-current="page"' in main_of(answer)


def test_choice_is_first_warned_of_then_saved_once_acknowledged(administrator: Client, election: Election) -> None:
    answer = choose(administrator)
    assert answer.status_code == 422
    page = main_of(answer)
    assert "Ce choix appelle des avertissements" in page
    assert "R211-555" in page
    assert "437989" in page
    election.refresh_from_db()
    assert election.reissue_policies == []
    assert choose(administrator, acknowledged=acknowledgement_in(answer)).status_code == 302
    election.refresh_from_db()
    assert [policy.code for policy in policies_of(election)] == ["challenge", "franceconnect"]
    assert "challenge:nir-derivable" in journaled().facts["warnings"]


def test_acknowledgement_of_other_warnings_does_not_serve(administrator: Client, election: Election) -> None:
    given = acknowledgement_in(choose(administrator))
    answer = choose(administrator, policies=["2018"], acknowledged=given)
    assert answer.status_code == 422
    assert "2018:no-own-secret" in acknowledgement_in(answer)


def test_ways_are_then_shown_in_words_with_their_warnings(administrator: Client, election: Election) -> None:
    assert chosen(administrator).status_code == 302
    page = main_of(administrator.get(reverse("console:reissue_rules")))
    assert "Prouver : la réponse secrète à la question défi." in page
    assert "Le lien part à l’adresse électronique que donne FranceConnect." in page
    assert "Avertissements" in page
    assert "se déduisent du sexe" in page
    assert "Aucun service d’enregistrement n’est configuré" in page


def test_options_reach_the_policies(administrator: Client, election: Election) -> None:
    changes = {
        "accepts_work_domain": "on", "replaces_password": "on", "requests_a_day": "2", "link_minutes": "60", "limit": "1",
        "opens_at": "2026-12-01T09:00:00",
    }  # fmt: skip
    assert chosen(administrator, **changes).status_code == 302
    election.refresh_from_db()
    challenge, franceconnect = policies_of(election)
    assert (challenge.refuses_work_domain, challenge.replaces_password) == (False, False)
    assert franceconnect.replaces_password
    assert {(policy.requests_a_day, policy.link_minutes) for policy in (challenge, franceconnect)} == {(2, 60)}
    assert election.reissue_limit == 1
    assert election.reissue_opens_at is not None
    assert election.reissue_opens_at.isoformat() == "2026-12-01T08:00:00+00:00"
    page = text(administrator.get(reverse("console:reissue_rules")))
    assert re.search(r'name="accepts_work_domain"[^>]*checked', page)


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"limit": "4"}, "au plus"),
        ({"requests_a_day": "11"}, "vingt-quatre heures"),
        ({"link_minutes": "5"}, "Validité du lien"),
        ({"policies": ["unknown"]}, "Façons d’obtenir"),
        ({"policies": [], "opens_at": "2027-01-01T09:00:00"}, "Ouverture du réassort"),
    ],
)
def test_value_out_of_bounds_is_refused_at_its_field(
    administrator: Client, election: Election, changes: dict[str, Any], label: str
) -> None:
    answer = choose(administrator, **changes)
    assert answer.status_code == 422
    assert label in main_of(answer).split("error-summary")[1].split("</div>")[0]


def test_composed_way_is_read_strictly_and_judged(administrator: Client, election: Election) -> None:
    own = DEFAULT_POLICIES["2018"].as_json() | {
        "code": "own",
        "title": "La nôtre",
        "steps": [["session"], ["birth_date"]],
    }
    answer = choose(administrator, "reissue_policies", described=json.dumps([own | {"colour": "red"}]))
    assert answer.status_code == 422
    assert "Voie 1, colour" in main_of(answer)
    assert chosen(administrator, "reissue_policies", described=json.dumps([own])).status_code == 302
    election.refresh_from_db()
    assert [policy.title for policy in policies_of(election)] == ["La nôtre"]
    assert "own:civil-identity" in journaled().facts["warnings"]
    assert "Des voies ont été composées" in main_of(administrator.get(reverse("console:reissue_rules")))
    assert "La nôtre" in main_of(administrator.get(reverse("console:reissue_policies")))


@pytest.mark.parametrize("described", ["", "[", "{}", "3", "[[]]", "[" * 3000, '[{"code": "x"}]', "null"])
def test_what_is_no_description_is_refused(administrator: Client, election: Election, described: str) -> None:
    assert choose(administrator, "reissue_policies", described=described).status_code == 422
    assert not JournalEntry.objects.filter(kind=KIND).exists()


def test_rules_are_fixed_once_the_register_has_begun(administrator: Client, election: Election) -> None:
    make_contest(election, has_register=True)
    page = main_of(administrator.get(reverse("console:reissue_rules")))
    assert "ne changent plus" in page
    assert "<form" not in page
    assert choose(administrator, policies=[]).status_code == 422
    assert not JournalEntry.objects.filter(kind=KIND).exists()


def test_ways_that_cannot_be_read_are_said_and_replaced(administrator: Client, election: Election) -> None:
    election.reissue_policies = ["2018"]
    election.save()
    assert "ne sont pas admises" in main_of(administrator.get(reverse("console:reissue_rules")))
    assert chosen(administrator).status_code == 302


def test_opening_is_that_of_the_vote_where_nothing_is_said(administrator: Client, election: Election) -> None:
    chosen(administrator)
    election.refresh_from_db()
    assert election.reissue_opens_at is None
    assert not election.is_reissue_open(at=OPENS.replace(hour=6))
    assert election.is_reissue_open(at=OPENS)


# ---- Identifiers ----


def post_identifiers(client: Client, rows: list[list[str]]) -> HttpResponse:
    file = SimpleUploadedFile("identifiants.csv", csv_file(COLUMNS, rows))
    return client.post(reverse("console:identifiers"), {"identifiers": file})


def test_identifiers_are_imported_and_counted(administrator: Client, election: Election) -> None:
    make_voter(election, reference="E1")
    assert post_identifiers(administrator, [["E1", "15E8800001ABC", "", "", "", "", ""]]).status_code == 302
    assert VoterIdentifiers.objects.count() == 1
    assert "Identifiants reçus : 1 ; électeurs sans identifiant : 0" in text(
        administrator.get(reverse("console:identifiers"))
    )


def test_every_bad_line_is_named_and_no_cell_is_shown(administrator: Client, election: Election) -> None:
    make_voter(election, reference="E1")
    rows = [["E1", "15E88ZZZ", "", "", "", "", ""], ["E2", "", "", "", "", "1980-02-31", ""]]
    answer = post_identifiers(administrator, rows)
    assert answer.status_code == 422
    page = main_of(answer)
    assert "15E88ZZZ" not in page
    assert "1980-02-31" not in page
    assert "3 fautes sont à corriger" in page
    assert not VoterIdentifiers.objects.exists()
