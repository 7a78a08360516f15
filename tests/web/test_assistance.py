"""The pages of assistance: who asks, who follows, who answers, and what a page never tells."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from isoloir.assistance.asking import Question, open_ticket
from isoloir.assistance.canned import write_canned
from isoloir.assistance.mails import follow_token
from isoloir.assistance.models import Ticket, TicketMessage
from isoloir.credentials.models import NoticeSheet
from isoloir.elections.models import Election
from isoloir.identity.links import draft_link, new_token
from isoloir.identity.models import Account, OneTimeLink, StaffRole
from isoloir.messaging.models import Message
from isoloir.roll.models import Turnout, Voter
from isoloir.uploads.models import StoredFile
from tests.assistance.asked import DOT, picture
from tests.electorate import (
    BEFORE,
    DURING,
    activate,
    captcha,
    make_contest,
    make_member,
    make_voter,
    set_clock,
    sign_in,
    sign_in_member,
    text,
)

ASK = "/assistance/"
TYPED = {"category": "account", "name": "Jo Martin", "email": "jo@ailleurs.example", "text": "Mon lien ne s’ouvre pas."}


@pytest.fixture
def voter(election: Election) -> Voter:
    return make_voter(election, make_contest(election))


def make_agent(election: Election, *, academy: str = "") -> Client:
    account = make_member(f"guichet{academy}@valmont.example")
    StaffRole.objects.create(account=account, election=election, role=StaffRole.Role.ASSISTANCE, academy=academy)
    return signed_in(account)


def signed_in(account: Account) -> Client:
    client = Client()
    sign_in_member(client, account)
    return client


def ask(election: Election, **changes: Any) -> Ticket:
    question = Question(**{**TYPED, **changes})
    return open_ticket(election=election, question=question, network="192.0.2.9", at=BEFORE)


def masked(answer: Any) -> str:
    """Return a page without the marks that protect its forms, which change each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())


def test_a_visitor_asks_with_a_file_and_is_led_to_the_follow_up(election: Election, client: Client) -> None:
    page = text(client.get(ASK))
    assert "N’écrivez jamais votre mot de passe ni votre code de vote" in page
    assert "Les agents répondent" not in page
    file = SimpleUploadedFile("capture.png", DOT, content_type="image/png")
    answer = client.post(ASK, {**TYPED, **captcha(), "attachments": [file]})
    ticket = Ticket.objects.get()
    assert answer.url == reverse("public:ticket", args=(follow_token(ticket.number),))
    page = client.get(answer.url)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]
    assert TYPED["text"] in text(page)
    assert ticket.number in text(page)
    taken = client.get(f"{answer.url}fichiers/{StoredFile.objects.get().pk}/")
    assert taken.headers["Content-Disposition"].startswith("attachment")


def test_the_visitor_must_copy_the_code(election: Election, client: Client) -> None:
    assert client.post(ASK, TYPED).status_code == 422
    assert not Ticket.objects.exists()


def test_the_answer_is_the_same_for_a_voter_s_address_and_for_a_stranger_s(
    election: Election, voter: Voter, settings: LazySettings
) -> None:
    settings.CAPTCHA_PLACES = set()
    pages = []
    for email in (voter.email, "jean.nemo@valmont.example"):
        client = Client()
        answer = client.post(ASK, {**TYPED, "email": email})
        assert answer.status_code == 302
        ticket = Ticket.objects.latest("pk")
        assert ticket.voter is None
        page = masked(client.get(answer.url))
        token = follow_token(ticket.number)
        pages.append(page.replace(ticket.number, "NUMBER").replace(token, "TOKEN"))
    assert pages[0] == pages[1]


def test_a_voting_code_is_refused_with_words_and_not_kept(election: Election, client: Client) -> None:
    answer = client.post(ASK, {**TYPED, **captcha(), "text": "Mon code est 7Kc2m-QXb9Td-4RaZy-pW3sEf, merci."})
    assert answer.status_code == 422
    assert "ressemble à un code de vote" in text(answer)
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()


def test_a_zip_renamed_pdf_is_refused_with_words(election: Election, client: Client) -> None:
    file = SimpleUploadedFile("preuve.pdf", b"PK\x03\x04" + b"\0" * 100)
    answer = client.post(ASK, {**TYPED, **captcha(), "attachments": [file]})
    assert answer.status_code == 422
    assert "preuve.pdf" in text(answer)
    assert not StoredFile.objects.exists()


def test_who_is_signed_in_is_asked_neither_name_nor_code(election: Election, voter: Voter, client: Client) -> None:
    activate(voter)
    sign_in(client, voter.email)
    page = text(client.get(ASK))
    assert voter.email in page
    assert 'name="email"' not in page
    answer = client.post(ASK, {"category": "vote", "text": TYPED["text"], "email": "pirate@ailleurs.example"})
    assert answer.status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.voter, ticket.email, ticket.academy) == (voter, voter.email, voter.academy)


def test_who_is_signed_in_finds_their_own_tickets_and_no_other(
    election: Election, voter: Voter, client: Client, django_assert_num_queries: Any
) -> None:
    other = make_voter(election, email="paul@valmont.example")
    # Somebody who typed the voter's address is not the voter.
    hidden = [ask(election, voter=other), ask(election, email=voter.email)]
    activate(voter)
    sign_in(client, voter.email)
    assert "Vos demandes" not in text(client.get(ASK))
    with CaptureQueriesContext(connection) as before:
        client.get(ASK)
    own = [ask(election, voter=voter, category=category) for category in ("vote", "code")]
    Ticket.objects.filter(pk=own[0].pk).update(state=Ticket.State.CLOSED)
    with django_assert_num_queries(len(before)):
        page = text(client.get(ASK))
    assert page.index(own[1].number) < page.index(own[0].number)
    for words in ("Ma notice ou mon code de vote", "En attente d’un agent", "Clos"):
        assert words.lower() in page.lower()
    assert all(reverse("public:ticket", args=(follow_token(ticket.number),)) in page for ticket in own)
    assert not any(ticket.number in page for ticket in hidden)
    assert own[0].number not in text(Client().get(ASK))


def test_reading_the_follow_up_changes_nothing_and_writing_does(election: Election, client: Client) -> None:
    ticket = ask(election)
    url = reverse("public:ticket", args=(follow_token(ticket.number),))
    client.head(url)
    client.get(url)
    assert TicketMessage.objects.count() == 1
    assert client.post(url, {"act": "write", "text": "Court"}).status_code == 422
    assert client.post(url, {"act": "write", "text": "J’ajoute une précision."}).status_code == 302
    assert client.post(url, {"act": "settle"}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "closed"
    assert "Rouvrir la demande" in text(client.get(url))


def test_a_link_that_follows_nothing_says_so(election: Election, client: Client) -> None:
    answer = client.get(reverse("public:ticket", args=("x" * 43,)))
    assert answer.status_code == 404
    assert "coupé par votre messagerie" in text(answer)


def test_notes_between_agents_are_not_shown_to_who_asked(election: Election, client: Client) -> None:
    agent, ticket = make_agent(election), ask(election)
    url = reverse("desk:ticket", args=(ticket.number,))
    agent.post(url, {"act": "note", "note": "Personne pressée."})
    assert "Personne pressée." in text(agent.get(url))
    shown = text(client.get(reverse("public:ticket", args=(follow_token(ticket.number),))))
    assert "Personne pressée." not in shown


def test_a_file_of_another_ticket_is_absent(election: Election, client: Client) -> None:
    other = ask(election, files=[picture()])
    stored = other.messages.get().files.get().pk
    mine = ask(election)
    for number, status in ((other.number, 200), (mine.number, 404)):
        url = reverse("public:ticket_file", args=(follow_token(number), stored))
        assert client.get(url).status_code == status


def test_an_agent_answers_from_a_canned_answer_without_script(election: Election) -> None:
    agent, ticket = make_agent(election), ask(election, language="en")
    words = {"title": "Lien", "text_fr": "Demandez un autre lien.", "text_en": "Ask for another link."}
    editor = Account.objects.get(email="guichet@valmont.example")
    canned = write_canned(election=election, agent=editor, at=BEFORE, **words)
    url = reverse("desk:ticket", args=(ticket.number,))
    page = text(agent.get(url, {"reponse": canned.pk}))
    assert "Ask for another link.</textarea>" in page
    seen = ticket.messages.get().pk
    assert agent.post(url, {"act": "answer", "text": words["text_en"], "seen": seen}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "answered"
    assert agent.post(url, {"act": "answer", "text": "", "seen": seen}).status_code == 422
    assert agent.get(url, {"reponse": "x" * 99}).status_code == 200


def test_a_local_agent_sees_one_academy(election: Election, voter: Voter) -> None:
    agent = make_agent(election, academy="Valmont")
    here, elsewhere, nowhere = (ask(election, academy=academy) for academy in ("Valmont", "Ailleurs", ""))
    page = text(agent.get(reverse("desk:tickets")))
    assert here.number in page
    for ticket in (elsewhere, nowhere):
        assert ticket.number not in page
        for method in (agent.get, agent.post):
            assert method(reverse("desk:ticket", args=(ticket.number,))).status_code == 404
    # Moved away, the ticket is no longer theirs: the list comes back.
    move = {"act": "move", "category": "vote", "academy": ""}
    assert agent.post(reverse("desk:ticket", args=(here.number,)), move).url == reverse("desk:tickets")
    assert agent.get(reverse("desk:canned_add")).status_code == 404


def test_an_agent_of_claims_alone_has_no_desk_of_assistance(election: Election) -> None:
    account = make_member("reclamations@valmont.example")
    StaffRole.objects.create(account=account, election=election, role=StaffRole.Role.CLAIMS)
    agent = signed_in(account)
    assert agent.get(reverse("desk:tickets")).status_code == 404
    assert reverse("desk:tickets") not in text(agent.get(reverse("desk:home")))


def test_the_list_is_filtered_and_costs_few_queries(election: Election, django_assert_max_num_queries: Any) -> None:
    agent = make_agent(election)
    shown = [ask(election, email=f"p{number}@a.example", category="vote") for number in range(4)]
    other = ask(election, category="code")
    with django_assert_max_num_queries(14):
        page = text(agent.get(reverse("desk:tickets"), {"category": "vote", "state": "open"}))
    assert all(ticket.number in page for ticket in shown)
    assert other.number not in page


@pytest.fixture
def known_account(election: Election, voter: Voter) -> Ticket:
    """A ticket of a voter who has an account, a link that came back, and a notice that was delivered."""
    activate(voter)
    message = Message.objects.create(
        channel="email", kind="activation", sealed=b"", state="bounced", reason="5.1.1", queued_at=BEFORE,
        next_attempt_at=BEFORE,
    )  # fmt: skip
    link = draft_link(
        voter_id=voter.pk,
        purpose=OneTimeLink.Purpose.ACTIVATION,
        token=new_token(),
        at=BEFORE,
        hours=24,
        message=message,
    )
    link.save()
    NoticeSheet.objects.create(election=election, voter=voter, number="0990001A-1", state="delivered", since=BEFORE)
    return ask(election, voter=voter)


def test_the_agent_sees_where_the_messages_are_and_no_secret(
    election: Election, voter: Voter, known_account: Ticket, django_assert_max_num_queries: Any
) -> None:
    agent = make_agent(election)
    with django_assert_max_num_queries(24):
        page = text(agent.get(reverse("desk:ticket", args=(known_account.number,))))
    for words in ("Activé", "revenu sans être remis", "5.1.1", "0990001A-1", "Livrée"):
        assert words in page
    link = OneTimeLink.objects.get()
    for secret in (
        voter.account.password,
        link.token_hash,
        known_account.follow_hash,
        follow_token(known_account.number),
    ):
        assert secret not in page


def test_the_page_is_the_same_for_who_voted_and_who_did_not(
    election: Election, voter: Voter, known_account: Ticket
) -> None:
    agent, url = make_agent(election), reverse("desk:ticket", args=(known_account.number,))
    set_clock(DURING)
    agent.get(url)
    before = masked(agent.get(url))
    Turnout.objects.create(entry=voter.entries.get(), voted_at=DURING)
    account = voter.account
    account.last_signed_in_at = account.previous_sign_in_at = DURING - timedelta(hours=1)
    account.save()
    assert masked(agent.get(url)) == before
    assert "Ouvert" in before


def test_an_agent_sends_a_link_that_nobody_sees(election: Election, known_account: Ticket) -> None:
    agent, url = make_agent(election), reverse("desk:ticket", args=(known_account.number,))
    for _time in range(4):
        assert agent.post(url, {"act": "link", "address": "first"}).status_code == 302
    slowed = agent.post(url, {"act": "link", "address": "first"})
    assert slowed.status_code == 422
    assert "Attendez" in text(slowed)


def test_canned_answers_are_written_changed_and_deleted(election: Election) -> None:
    agent = make_agent(election)
    add = reverse("desk:canned_add")
    assert agent.post(add, {"title": "Lien", "text_fr": "Oui."}).status_code == 422
    words = {"title": "Lien", "text_fr": "Demandez un lien.", "text_en": "Ask for a link."}
    assert agent.post(add, words).url == reverse("desk:canned_answers")
    assert agent.post(add, words).status_code == 422
    row = election.canned_answers.get()
    assert agent.post(reverse("desk:canned", args=(row.pk,)), words | {"title": "Autre"}).status_code == 302
    assert "Autre" in text(agent.get(reverse("desk:canned_answers")))
    agent.get(reverse("desk:canned_delete", args=(row.pk,)))
    assert election.canned_answers.exists()
    agent.post(reverse("desk:canned_delete", args=(row.pk,)))
    assert not election.canned_answers.exists()
