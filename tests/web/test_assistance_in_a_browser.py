"""The pages of assistance and of agents in a real browser: nothing for the checkers to say; a link and a reply work."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from isoloir.assistance.mails import follow_token
from isoloir.assistance.models import Ticket
from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from tests.assistance.asked import ask_for_help
from tests.browser.inspection import Inspector
from tests.electorate import BEFORE, activate, make_election, make_member, make_voter, sign_in_member
from tests.web.test_assistance import ask


def make_agent(election: Election) -> Account:
    account = make_member("guichet@valmont.example", is_administrator=True)
    for role in StaffRole.Role:
        StaffRole.objects.create(account=account, election=election, role=role)
    return account


def arrive(page: Any, agent: Account, live_server: Any) -> None:
    """Have the browser be that of an agent who has signed in."""
    client = Client()
    sign_in_member(client, agent)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


def fill_in(page: Any) -> None:
    """Fill the form in, and be led to the page that follows the question."""
    page.get_by_label("Sur quoi porte votre demande ?").select_option("vote")
    page.get_by_label("Prénom et nom").fill("Jo Martin")
    page.get_by_label("Adresse électronique à laquelle vous répondre").fill("jo@ailleurs.example")
    page.get_by_role("textbox", name="Votre demande").fill("Quand le vote ouvre-t-il ?")
    page.get_by_label("Chiffres de l’image ou du son").fill("00000")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.locator("h1")).to_have_text(re.compile("Demande A-"))
    assert Ticket.objects.latest("pk").name == "Jo Martin"


def answer_with_canned(page: Any) -> None:
    """Insert the canned answer, and send it."""
    page.get_by_role("button", name="Insérer cette réponse").click()
    expect(page.get_by_label("Votre réponse")).to_have_value("Demandez un autre lien.")
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_text("La réponse est envoyée.")).to_be_visible()


def test_no_page_of_assistance_has_a_fault_that_the_checkers_find(
    transactional_db: None, clock: None, live_server: Any, page: Any, tmp_path: Path
) -> None:
    election = make_election()
    voter = make_voter(election)
    activate(voter)
    agent = make_agent(election)
    made = ask_for_help(election, agent)
    known = ask(election, voter=voter, text="Le texte d’une ligne.\nPuis " + "d’un mot-très-long" * 20)
    inspector = Inspector(tmp_path / "seen", address=live_server.url)

    def look(path: str, name: str) -> None:
        page.goto(f"{live_server.url}{path}")
        expect(page.locator("h1")).to_have_count(1)
        inspector.look(page, name)

    look(reverse("public:assistance"), "ask")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("alert")).to_be_visible()
    inspector.look(page, "ask-faults")
    fill_in(page)
    look(reverse("public:ticket", args=(made["ticket_token"],)), "ticket")
    arrive(page, agent, live_server)
    for name in ("tickets", "canned_answers", "canned_add", "home"):
        look(reverse(f"desk:{name}"), f"desk-{name}")
    look(reverse("desk:ticket", args=(known.number,)), "desk-ticket")
    look(reverse("desk:canned_delete", args=(made["canned"],)), "desk-canned-delete")
    page.goto(f"{live_server.url}{reverse('desk:ticket', args=(known.number,))}")
    answer_with_canned(page)
    known.refresh_from_db()
    assert known.state == "answered"
    assert known.first_answered_at == BEFORE
    look(reverse("console:agents"), "agents")
    look(reverse("console:agent_role_remove", args=(made["agent_role"],)), "agent-role-remove")
    page.goto(f"{live_server.url}{reverse('public:ticket', args=(follow_token(known.number),))}")
    page.get_by_role("button", name="Mon problème est réglé").click()
    expect(page.get_by_text("Votre demande est close.")).to_be_visible()
    assert inspector.faults == []
    assert inspector.findings_of_vnu() == []
    assert inspector.findings_of_pa11y() == []
