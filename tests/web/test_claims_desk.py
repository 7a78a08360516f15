"""The desk of claims, page by page, and the windows that an administrator chooses."""

from typing import Any

import pytest
from django.test import Client

from isoloir.claims.models import Claim
from isoloir.claims.windows import window_of
from isoloir.elections.models import Contest, Election
from isoloir.identity.models import Account, StaffRole
from isoloir.roll.models import Voter
from tests import electorate
from tests.claims.conftest import Desk, make_desk
from tests.claims.made import REASON, TEXT, made_claims, make_agent, received

pytestmark = pytest.mark.django_db
QUEUE = "/guichet/reclamations/"


@pytest.fixture
def desk(election: Election) -> Desk:
    return make_desk(election)


def signed_in(account: Account) -> Client:
    client = Client()
    electorate.sign_in_member(client, account)
    return client


def test_two_agents_correct_a_name_from_the_queue_to_the_decision(desk: Desk, outbox: Any) -> None:
    claim = received(desk.voter)
    path = f"{QUEUE}{claim.number}/"
    first, second = signed_in(desk.first), signed_in(desk.second)
    assert "1 à traiter" in electorate.text(first.get("/guichet/"))
    assert claim.number in electorate.text(first.get(QUEUE))
    assert "pris cette réclamation en charge" in electorate.text(first.post(path, follow=True))
    form = first.get(f"{path}proposition/")
    assert 'value="Dupont"' in electorate.text(form)
    given = {
        "civility": "Mme", "last_name": "Martin", "first_names": "Anne", "email": desk.voter.email, "second_email": "",
        "establishment_code": "0990001A", "establishment": "Collège des Tilleuls", "reason": REASON,
    }  # fmt: skip
    assert first.post(f"{path}proposition/", given).url == path
    assert Voter.objects.get().last_name == "Dupont"
    claim.refresh_from_db()
    assert claim.proposal["fields"] == {"last_name": "Martin"}
    # Who proposed reads that another must decide, and is refused even by address.
    assert "une autre personne doit la confirmer" in electorate.text(first.get(path))
    page = second.get(f"{path}confirmation/")
    assert "Martin" in electorate.text(page)
    shown = {"shown": page.context["proposal"]["digest"]}
    refused = first.post(f"{path}confirmation/", shown)
    assert refused.status_code == 422
    assert "une autre personne" in electorate.text(refused)
    done = second.post(f"{path}confirmation/", shown, follow=True)
    assert "la liste électorale est modifiée" in electorate.text(done)
    assert Voter.objects.get().last_name == "Martin"
    assert REASON in outbox()[-1][2]
    assert claim.number not in electorate.text(first.get(QUEUE))
    assert claim.number in electorate.text(first.get(f"{QUEUE}?state=granted&kind=personal-data"))


def test_after_sealing_a_confirmation_is_refused_with_words(desk: Desk) -> None:
    claim = received(desk.voter, kind=Claim.Kind.INSCRIPTION)
    path = f"{QUEUE}{claim.number}/"
    first, second = signed_in(desk.first), signed_in(desk.second)
    first.post(f"{path}proposition/", {"add": "CAP", "reason": REASON})
    shown = {"shown": second.get(f"{path}confirmation/").context["proposal"]["digest"]}
    Contest.objects.filter(code="CAP").update(state=Contest.State.SEALED)
    answer = second.post(f"{path}confirmation/", shown)
    assert answer.status_code == 422
    assert "Le scrutin « Scrutin CAP » est scellé" in electorate.text(answer)
    assert not desk.cap.roll.exists()
    # It is sent back, then refused, which changes no roll.
    assert second.post(f"{path}renvoi/", {"reason": REASON}).url == path
    assert first.post(f"{path}refus/", {"reason": "court"}).status_code == 422
    assert first.post(f"{path}refus/", {"reason": REASON}).url == path
    claim.refresh_from_db()
    assert claim.state == Claim.State.REFUSED


def test_an_agent_reads_that_others_must_see_to_their_own_claim(desk: Desk) -> None:
    Voter.objects.filter(pk=desk.voter.pk).update(email=desk.first.email.upper())
    claim = received(desk.voter, kind=Claim.Kind.INSCRIPTION)
    agent = signed_in(desk.first)
    page = electorate.text(agent.get(f"{QUEUE}{claim.number}/"))
    assert "Cette réclamation vous concerne" in page
    assert "Prendre en charge" not in page
    assert "proposition/" not in page
    answer = agent.post(f"{QUEUE}{claim.number}/proposition/", {"add": "CAP", "reason": REASON})
    assert answer.status_code == 422
    assert "Cette réclamation vous concerne" in electorate.text(answer)


def test_a_proposal_made_anew_meanwhile_is_not_confirmed_unread(desk: Desk) -> None:
    claim = received(desk.voter, kind=Claim.Kind.INSCRIPTION)
    path = f"{QUEUE}{claim.number}/"
    signed_in(desk.first).post(f"{path}proposition/", {"add": "CAP", "reason": REASON})
    answer = signed_in(desk.second).post(f"{path}confirmation/", {"shown": "0" * 64}, follow=True)
    assert "a avancé entre-temps" in electorate.text(answer)
    assert not desk.cap.roll.exists()


def test_what_the_roll_refuses_is_told_at_its_field(desk: Desk) -> None:
    claim = received(desk.voter, kind=Claim.Kind.REMOVAL, contest=desk.csa)
    client = signed_in(desk.first)
    answer = client.post(f"{QUEUE}{claim.number}/proposition/", {"remove": "CSA", "reference": "V-0", "reason": REASON})
    assert answer.status_code == 422
    assert "Personne n’a cette référence" in str(answer.context["form"].errors["reference"])


def test_a_question_reaches_the_voter(desk: Desk, outbox: Any) -> None:
    claim = received(desk.voter)
    path = f"{QUEUE}{claim.number}/question/"
    assert signed_in(desk.first).post(path, {"reason": "Depuis quelle date ?"}).status_code == 302
    assert outbox()[0][0] == desk.voter.email


def test_somebody_on_no_roll_is_written_for(desk: Desk) -> None:
    person = {
        "reference": "V-42", "civility": "M.", "last_name": "Ménard", "first_names": "Élie", "email": "elie@valmont.example",
        "second_email": "", "establishment_code": "0990001A", "establishment": "Lycée", "academy": "Valmont", "text": TEXT,
    }  # fmt: skip
    client = signed_in(make_agent(desk.election, "ici@valmont.example", "Valmont"))
    refused = client.post(f"{QUEUE}nouvelle/", person | {"email": desk.voter.email})
    assert "n’identifie qu’un électeur" in str(refused.context["form"].errors["email"])
    assert client.post(f"{QUEUE}nouvelle/", person | {"academy": "Hautmont"}).status_code == 422
    answer = client.post(f"{QUEUE}nouvelle/", person, follow=True)
    assert "sur aucune liste électorale" in electorate.text(answer)
    claim = Claim.objects.get()
    assert claim.person["last_name"] == "Ménard"
    assert client.get(f"{QUEUE}{claim.number}/proposition/").status_code == 200


def test_claims_of_another_academy_do_not_exist(desk: Desk) -> None:
    made = made_claims(desk.voter)
    path = f"{QUEUE}{made['claim']}/"
    elsewhere = signed_in(make_agent(desk.election, "ailleurs@valmont.example", "Hautmont"))
    assert str(made["claim"]) not in electorate.text(elsewhere.get(f"{QUEUE}?state=all"))
    for act in (
        "",
        "question/",
        "refus/",
        "proposition/",
        "confirmation/",
        "renvoi/",
        f"pieces/{made['claim_piece']}/",
    ):
        assert elsewhere.get(f"{path}{act}").status_code == 404
    for act in ("", "question/", "refus/", "proposition/", "confirmation/", "renvoi/"):
        assert elsewhere.post(f"{path}{act}", {"reason": REASON}).status_code == 404
    here = signed_in(make_agent(desk.election, "ici@valmont.example", "Valmont"))
    assert here.get(f"{path}pieces/{made['claim_piece']}/")["Content-Type"] == "image/png"


def test_an_agent_of_assistance_alone_has_no_desk_of_claims(desk: Desk) -> None:
    agent = electorate.make_member("assistance@valmont.example")
    StaffRole.objects.create(account=agent, election=desk.election, role=StaffRole.Role.ASSISTANCE)
    client = signed_in(agent)
    assert client.get(QUEUE).status_code == 404
    assert client.get(f"{QUEUE}nouvelle/").status_code == 404


def test_the_queue_asks_the_same_number_of_queries_whatever_the_claims(
    desk: Desk, django_assert_max_num_queries: Any
) -> None:
    for _claim in range(30):
        received(desk.voter)
    client = signed_in(desk.first)
    assert electorate.text(client.get(f"{QUEUE}?mine=on&state=all")).count("R-") == 0
    with django_assert_max_num_queries(12):
        assert electorate.text(client.get(QUEUE)).count("R-") == 2 * 30


# ---- The console ----

WINDOWS = "/console/calendrier/reclamations/"


def test_an_administrator_chooses_windows_until_the_sealing(desk: Desk) -> None:
    client = signed_in(electorate.make_member("admin@valmont.example", is_administrator=True))
    assert electorate.text(client.get(WINDOWS)).count('type="datetime-local"') == 6
    given = {
        "csa-legal": "on", "cap-opens_at": "2026-11-20T10:00:01", "cap-inscriptions_close_at": "2026-11-22T00:00:00",
        "cap-closes_at": "2026-11-21T00:00:00",
    }  # fmt: skip
    answer = client.post(WINDOWS, given)
    assert answer.status_code == 422
    assert "finissent au plus tôt avec les demandes" in electorate.text(answer)
    assert client.post(WINDOWS, given | {"cap-closes_at": ""}).status_code == 422
    assert client.post(WINDOWS, given | {"cap-closes_at": "2026-11-24T00:00:00"}).url == WINDOWS
    assert f"{window_of('cap', desk.election).opens_at:%H:%M:%S}" == "09:00:01"
    assert set(desk.election.claim_windows.values_list("instance", flat=True)) == {"cap"}
    Contest.objects.filter(code="CSA").update(state=Contest.State.SEALED)
    assert "ces dates ne changent plus" in electorate.text(client.get(WINDOWS))
    assert client.post(WINDOWS, given | {"cap-legal": "on"}).status_code == 422
    assert desk.election.claim_windows.exists()


def test_who_asks_for_codes_reads_how_many_claims_could_no_longer_be_granted(desk: Desk) -> None:
    client = signed_in(electorate.make_member("admin@valmont.example", is_administrator=True))
    received(desk.voter, state=Claim.State.WITHDRAWN)
    page = electorate.text(client.get("/console/codes/demande/"))
    assert "plus aucune réclamation ne modifie une liste électorale" in page
    assert "attend encore une décision" not in page
    received(desk.voter)
    assert "1 réclamation attend encore une décision" in electorate.text(client.get("/console/codes/demande/"))
