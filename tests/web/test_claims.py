"""The voter's pages of claims: what is open, the way to a claim, its trace, and nothing of anybody else's."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from isoloir.claims.decisions import ask_question, propose_change
from isoloir.claims.models import Claim
from isoloir.claims.proposals import Proposal
from isoloir.claims.windows import legal_window
from isoloir.elections.models import Contest, Election
from tests import electorate
from tests.claims.conftest import Desk, make_desk
from tests.claims.made import DOT, REASON, TEXT, received

pytestmark = pytest.mark.django_db
CLAIMS = "/espace/reclamations/"
KIND = Claim.Kind


@pytest.fixture
def desk(election: Election) -> Desk:
    made = make_desk(election)
    electorate.activate(made.voter, at=electorate.BEFORE - timedelta(days=1))
    return made


@pytest.fixture
def voter(desk: Desk, client: Client) -> Client:
    electorate.sign_in(client, desk.voter.email)
    return client


def evidence() -> BytesIO:
    file = BytesIO(DOT)
    file.name = "arrete.png"
    return file


def test_the_way_from_the_question_to_the_acknowledgement(voter: Client, desk: Desk, outbox: Any) -> None:
    page = electorate.text(voter.get(CLAIMS))
    assert "Formuler une réclamation" in page
    assert "Ouvert jusqu’au mardi 1er décembre 2026 à 10 h 00 (heure de Paris)" in page
    assert electorate.text(voter.get(f"{CLAIMS}nouvelle/")).count('type="radio"') == 4
    form = voter.get(f"{CLAIMS}nouvelle/?sujet=wrong-contest")
    assert "Scrutin CSA" in electorate.text(form)
    assert "Scrutin CAP" not in electorate.text(form)
    given = {"contest": desk.csa.uuid, "text": TEXT, "attachments": evidence()}
    answer = voter.post(f"{CLAIMS}nouvelle/?sujet=wrong-contest", given)
    claim = Claim.objects.get()
    assert answer.url == f"{CLAIMS}{claim.number}/accuse/"
    assert claim.number in electorate.text(voter.get(answer.url))
    assert (claim.kind, claim.contest, claim.academy) == ("wrong-contest", desk.csa, "Valmont")
    piece = claim.steps.get().files.get()
    file = voter.get(f"{CLAIMS}{claim.number}/pieces/{piece.pk}/")
    assert file["Content-Disposition"].startswith('attachment; filename="arrete.png"')
    assert [recipient for recipient, _subject, _body in outbox()] == [desk.voter.email]


def test_a_link_about_a_subject_leads_to_its_form(voter: Client) -> None:
    answer = voter.get(f"{CLAIMS}?sujet=personal-data")
    assert answer.url == f"{CLAIMS}nouvelle/?sujet=personal-data"
    assert "informations personnelles" in electorate.text(voter.get(answer.url))
    assert voter.get(f"{CLAIMS}?sujet=autre").status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": TEXT}, "Choisissez l’un de vos scrutins"),
        ({"contest": "foreign", "text": TEXT}, "choix"),
        ({"contest": "own", "text": "court"}, "au moins 20 caractères"),
        ({"contest": "own", "text": TEXT + "\u200b"}, "invisible"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(voter: Client, desk: Desk, given: dict[str, Any], said: str) -> None:
    uuids = {"own": desk.csa.uuid, "foreign": desk.cap.uuid}
    given = given | {name: uuids[value] for name, value in given.items() if value in uuids}
    answer = voter.post(f"{CLAIMS}nouvelle/?sujet=removal", given)
    assert answer.status_code == 422
    assert said in electorate.text(answer)
    assert not Claim.objects.exists()


def test_a_hostile_file_is_refused_and_nothing_is_kept(voter: Client) -> None:
    file = BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    file.name = "image.png"
    answer = voter.post(f"{CLAIMS}nouvelle/?sujet=personal-data", {"text": TEXT, "attachments": file})
    assert answer.status_code == 422
    assert "image.png" in electorate.text(answer)
    assert not Claim.objects.exists()


def visit(desk: Desk, at: datetime) -> tuple[Client, str]:
    """Sign in at this instant; return the client and the page of claims."""
    electorate.set_clock(at)
    client = Client()
    electorate.sign_in(client, desk.voter.email)
    return client, electorate.text(client.get(CLAIMS))


def test_each_window_is_told_to_the_second(desk: Desk) -> None:
    window, second = legal_window(desk.election), timedelta(seconds=1)
    _client, page = visit(desk, window.opens_at - second)
    assert "seront reçues à partir du" in page
    assert "Formuler une réclamation" not in page
    ends = (window.inscriptions_close_at - second, window.inscriptions_close_at, window.closes_at - second)
    assert [visit(desk, end)[1].count("Ouvert jusqu’au") for end in ends] == [4, 3, 3]
    client, page = visit(desk, window.closes_at)
    assert "Ouvert jusqu’au" not in page
    assert client.get(f"{CLAIMS}nouvelle/").url == CLAIMS
    assert client.post(f"{CLAIMS}nouvelle/?sujet=removal", {}).url == CLAIMS


def test_after_sealing_the_page_says_why_nothing_is_corrected(voter: Client, desk: Desk) -> None:
    Contest.objects.update(state=Contest.State.SEALED)
    page = electorate.text(voter.get(CLAIMS))
    assert "Aucune correction n’est plus possible" in page
    assert "annulée par un tribunal" in page
    assert "Formuler une réclamation" not in page
    answer = voter.post(f"{CLAIMS}nouvelle/?sujet=personal-data", {"text": TEXT})
    assert answer.url == CLAIMS
    assert not Claim.objects.exists()


def test_a_question_is_answered_on_the_page_and_agents_stay_unnamed(voter: Client, desk: Desk) -> None:
    claim = received(desk.voter)
    ask_question(claim=claim, by=desk.first, text="Depuis quelle date ?", at=electorate.BEFORE)
    page = electorate.text(voter.get(f"{CLAIMS}{claim.number}/"))
    assert "Depuis quelle date" in page
    assert desk.first.email not in page
    answer = voter.post(f"{CLAIMS}{claim.number}/", {"text": "Le 3 septembre.", "attachments": evidence()}, follow=True)
    assert "Votre réponse est enregistrée" in electorate.text(answer)
    assert "Envoyer la réponse" not in electorate.text(answer)
    claim.refresh_from_db()
    assert claim.state == Claim.State.ASSIGNED


def test_what_agents_prepare_is_not_shown_before_the_decision(voter: Client, desk: Desk) -> None:
    claim = received(desk.voter)
    change = Proposal(fields={"last_name": "Martin"})
    propose_change(claim=claim, by=desk.first, proposal=change, reason=REASON, at=electorate.BEFORE)
    page = electorate.text(voter.get(f"{CLAIMS}{claim.number}/"))
    assert REASON not in page
    assert "Martin" not in page


def test_a_claim_is_withdrawn_after_one_more_question(voter: Client, desk: Desk) -> None:
    claim = received(desk.voter)
    assert "Elle ne sera pas examinée" in electorate.text(voter.get(f"{CLAIMS}{claim.number}/retrait/"))
    answer = voter.post(f"{CLAIMS}{claim.number}/retrait/", follow=True)
    assert "Votre réclamation est retirée" in electorate.text(answer)
    assert voter.get(f"{CLAIMS}{claim.number}/retrait/").status_code == 302


def test_a_claim_of_somebody_else_does_not_exist(voter: Client, desk: Desk) -> None:
    other = electorate.make_voter(desk.election, desk.csa, email="paul@valmont.example")
    claim = received(other)
    for path in ("", "accuse/", "retrait/", "pieces/1/"):
        assert voter.get(f"{CLAIMS}{claim.number}/{path}").status_code == 404
    assert voter.post(f"{CLAIMS}{claim.number}/retrait/").status_code == 404
    assert claim.number not in electorate.text(voter.get(CLAIMS))


def test_the_list_asks_the_same_number_of_queries_whatever_the_claims(
    voter: Client, desk: Desk, django_assert_max_num_queries: Any
) -> None:
    for _claim in range(20):
        received(desk.voter)
    with django_assert_max_num_queries(26):
        voter.get(CLAIMS)
