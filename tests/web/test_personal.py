"""« Mes informations personnelles »: what is known, whence and why, and nothing in clear that a passer-by could use."""

import pytest

from isoloir.roll.models import VoterIdentifiers
from tests import electorate
from tests.electorate import BEFORE, activate, make_contest, make_voter, sign_in, text

pytestmark = pytest.mark.django_db
PATH = "/espace/mes-informations/"


@pytest.fixture
def voter(client, election):
    voter = make_voter(election, make_contest(election, "CSA"), second_email="anne.martin@valmont.example")
    make_contest(election, "CAP")
    activate(voter)
    electorate.set_clock(BEFORE)
    sign_in(client, voter.email)
    return voter


def test_what_is_known_is_said_with_its_source_and_its_purpose(client, voter):
    page = text(client.get(PATH))
    for words in (
        "Mme Anne Dupont", "Collège des Tilleuls (Valmont)", "fichier du personnel de l’employeur",
        "vous identifier et vous écrire", "Scrutin CSA", "Vous êtes inscrit·e sur la liste électorale de ce scrutin",
        "activé le", "Connexion précédente",
    ):  # fmt: skip
        assert words in page
    assert "Scrutin CAP" not in page


def test_addresses_and_references_are_masked(client, voter):
    page = text(client.get(PATH))
    for address in (voter.email, voter.second_email, voter.reference):
        assert address not in page
    assert "a***t@valmont.example" in page
    assert "a***n@valmont.example" in page


def test_identifiers_are_said_to_be_kept_as_fingerprints_and_never_shown(client, voter):
    assert "NUMEN" not in text(client.get(PATH))
    VoterIdentifiers.objects.create(voter=voter, numen="a1" * 32, birth_date="b2" * 32)
    page = text(client.get(PATH))
    assert page.count("enregistré sous forme d’empreinte, jamais en clair") == 2
    assert "NUMEN" in page
    assert "Date de naissance" in page
    assert "sécurité sociale" not in page
    assert "a1a1" not in page


def test_each_error_leads_to_its_claim(client, voter):
    page = text(client.get(PATH))
    for kind in ("personal-data", "wrong-contest", "inscription"):
        assert f'href="/espace/reclamations/?sujet={kind}"' in page


def test_a_code_is_said_to_be_issued_once_it_is(client, voter):
    from isoloir.credentials.models import SlotLink

    assert "n’est pas encore émis" in text(client.get(PATH))
    SlotLink.objects.create(entry=voter.entries.get(), sealed_slot=b"x")
    page = text(client.get(PATH))
    assert "un code de vote a été émis pour vous" in page
    assert "Collège des Tilleuls" in page


def test_the_page_takes_the_same_queries_whatever_the_contests(client, election, django_assert_max_num_queries):
    contests = [make_contest(election, f"C{number}") for number in range(1, 8)]
    voter = make_voter(election, *contests)
    activate(voter)
    sign_in(client, voter.email)
    with django_assert_max_num_queries(8):
        client.get(PATH)
