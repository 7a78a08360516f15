"""The console's page of agents: a file with every fault named, a list, and roles taken off after a question."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from isoloir.elections.models import Election
from isoloir.identity.models import StaffRole
from tests.electorate import make_member, sign_in_member, text

GOOD = "civility;last_name;first_names;email;role;academy\nMme;Roy;Zoé;zoe@valmont.example;assistance;\n"


@pytest.fixture
def administrator(election: Election) -> Client:
    client = Client()
    sign_in_member(client, make_member("administration@valmont.example", is_administrator=True))
    return client


def send(client: Client, content: str):
    return client.post(reverse("console:agents"), {"agents": SimpleUploadedFile("agents.csv", content.encode())})


def test_agents_are_imported_listed_and_removed(administrator: Client) -> None:
    url = reverse("console:agents")
    assert "Aucun agent" in text(administrator.get(url))
    assert send(administrator, GOOD).url == url
    page = text(administrator.get(url))
    assert "zoe@valmont.example" in page
    assert "À remettre" in page
    # Nobody sees to claims everywhere.
    assert "Il en manque pour" in page
    remove = reverse("console:agent_role_remove", args=(StaffRole.objects.get().pk,))
    assert "Zoé Roy" in text(administrator.get(remove))
    assert StaffRole.objects.exists()
    administrator.post(remove)
    assert not StaffRole.objects.exists()
    assert administrator.post(remove).status_code == 404


def test_every_bad_line_is_named(administrator: Client) -> None:
    answer = send(administrator, GOOD + "M.;Bec;Léo;leo@;assistance;\nM.;Bec;Léo;leo@valmont.example;chef;\n")
    assert answer.status_code == 422
    page = text(answer)
    assert "agents.csv" in page
    assert page.count('<th scope="row">agents.csv</th>') == 2
    assert not StaffRole.objects.exists()


def test_no_file_is_said_at_the_field(administrator: Client) -> None:
    answer = administrator.post(reverse("console:agents"))
    assert answer.status_code == 422
    assert 'id="id_agents_error"' in text(answer)
