"""Claims in a real browser, as the voter and as the agent: nothing for axe, pa11y nor the HTML checker to say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from isoloir.claims.decisions import ask_question, propose_change
from isoloir.claims.models import Claim
from isoloir.claims.proposals import Proposal
from isoloir.elections.models import Contest, Election
from isoloir.identity.models import Account
from tests import electorate
from tests.browser.inspection import Inspector
from tests.claims.conftest import Desk, make_desk
from tests.claims.made import REASON, TEXT, made_claims, received


@pytest.fixture
def desk(transactional_db: None, clock: None) -> Desk:
    election: Election = electorate.make_election()
    made = make_desk(election)
    electorate.activate(made.voter)
    return made


def arrive(page: Any, live_server: Any, client: Client) -> None:
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def voter_claims(page: Any, look: Callable[[str, str], None], inspector: Inspector, first: Account) -> None:
    """Write a claim as its voter does, faults included, to the question of the desk."""
    look("/espace/reclamations/", "claims")
    look("/espace/reclamations/nouvelle/", "kinds")
    page.get_by_label("je ne suis pas dans le bon scrutin", exact=False).check()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Envoyer la réclamation").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Scrutin concerné").select_option("Scrutin CSA")
    page.get_by_label("Ce qui est inexact").fill(TEXT)
    inspector.look(page, "form")
    page.get_by_role("button", name="Envoyer la réclamation").click()
    expect(page.locator("h1")).to_have_text("Votre réclamation est reçue")
    inspector.look(page, "received")
    claim = Claim.objects.get()
    ask_question(claim=claim, by=first, text="Depuis quelle date ?", at=electorate.BEFORE)
    look(f"/espace/reclamations/{claim.number}/", "question")
    look(f"/espace/reclamations/{claim.number}/retrait/", "withdrawal")


def test_pages_of_claims_have_no_fault_that_the_checkers_find(
    desk: Desk, live_server: Any, page: Any, tmp_path: Path
) -> None:
    inspector = Inspector(tmp_path / "seen", address=live_server.url)

    def look(path: str, name: str) -> None:
        page.goto(f"{live_server.url}{path}")
        expect(page.locator("h1")).to_have_count(1)
        inspector.look(page, name)

    voter, agent, other = Client(), Client(), Client()
    electorate.sign_in(voter, desk.voter.email)
    arrive(page, live_server, voter)
    voter_claims(page, look, inspector, desk.first)

    made = made_claims(desk.voter)
    proposed = received(desk.voter, kind=Claim.Kind.INSCRIPTION)
    propose_change(claim=proposed, by=desk.second, proposal=Proposal(add="CAP"), reason=REASON, at=electorate.BEFORE)
    electorate.sign_in_member(agent, desk.first)
    arrive(page, live_server, agent)
    look("/guichet/reclamations/", "queue")
    look("/guichet/reclamations/nouvelle/", "person")
    look(f"/guichet/reclamations/{made['claim']}/", "desk-claim")
    look(f"/guichet/reclamations/{made['claim']}/proposition/", "proposal")
    look(f"/guichet/reclamations/{proposed.number}/confirmation/", "confirmation")
    electorate.sign_in_member(other, electorate.make_member("admin@valmont.example", is_administrator=True))
    arrive(page, live_server, other)
    look("/console/calendrier/reclamations/", "windows")
    Contest.objects.update(state=Contest.State.SEALED)
    arrive(page, live_server, voter)
    look("/espace/reclamations/", "claims-sealed")
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []
    assert inspector.findings_of_pa11y() == []
