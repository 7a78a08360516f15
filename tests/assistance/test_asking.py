"""Asking: what is kept, what is sent, what is refused, and how often one may."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from isoloir.assistance.answering import answer_ticket, close_ticket
from isoloir.assistance.asking import Question, new_number, open_ticket, read_ticket, settle_ticket, write_again
from isoloir.assistance.errors import TicketUnknown, WordsRefused
from isoloir.assistance.mails import follow_token
from isoloir.assistance.models import Ticket
from isoloir.elections.models import Election
from isoloir.identity.errors import NetworkCrowded, PortalClosed, SlowedDown
from isoloir.identity.models import Account
from isoloir.journal.models import JournalEntry
from isoloir.uploads.actions import open_upload
from isoloir.uploads.models import StoredFile
from tests.assistance.asked import picture
from tests.electorate import BEFORE, make_voter

QUESTION = Question(category="account", text="Mon lien ne s’ouvre pas.", name="Jo Martin", email="jo@ailleurs.example")
NETWORK = "192.0.2.9"


def ask(election: Election, question: Question = QUESTION, **changes: object) -> Ticket:
    return open_ticket(election=election, question=question, **{"network": NETWORK, "at": BEFORE} | changes)


def kinds() -> list[str]:
    return list(JournalEntry.objects.order_by("sequence").values_list("kind", flat=True))


def test_a_question_is_kept_with_its_files_and_its_link_is_mailed(
    election: Election, outbox: Callable[[], list[tuple[str, str, str]]]
) -> None:
    ticket = ask(election, replace(QUESTION, files=[picture()]))
    assert (ticket.voter, ticket.name, ticket.email, ticket.state) == (
        None,
        "Jo Martin",
        "jo@ailleurs.example",
        "waiting",
    )
    message = ticket.messages.get()
    assert open_upload(message.files.get()).name == "capture.png"
    ((recipient, subject, body),) = outbox()
    assert recipient == "jo@ailleurs.example"
    assert ticket.number in subject
    assert f"/assistance/suivi/{follow_token(ticket.number)}/" in body
    # Whoever owns the address may not be who typed it: nothing of the question is sent there.
    assert QUESTION.text not in body
    assert follow_token(ticket.number) not in ticket.follow_hash


def test_the_journal_holds_neither_words_nor_address(election: Election) -> None:
    ticket = ask(election)
    line = JournalEntry.objects.get(kind="ticket.opened")
    assert line.subject == ticket.number
    assert line.facts == {"category": "account", "academy": "", "files": 0, "signed_in": False}


def test_who_is_signed_in_is_who_the_roll_says(election: Election) -> None:
    voter = make_voter(election)
    ticket = ask(election, replace(QUESTION, voter=voter, academy="Ailleurs", language="en"))
    assert (ticket.voter, ticket.name, ticket.email) == (voter, "Mme Anne Dupont", "anne.dupont@valmont.example")
    assert (ticket.academy, ticket.language) == ("Valmont", "en")


def test_an_address_of_a_voter_names_no_voter(election: Election) -> None:
    voter = make_voter(election)
    assert ask(election, replace(QUESTION, email=voter.email)).voter is None


def test_a_voter_s_address_costs_the_same_queries_as_a_stranger_s(election: Election) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    voter, counts = make_voter(election), []
    ask(election, replace(QUESTION, email="premier@ailleurs.example"))
    for email in (voter.email, "personne@ailleurs.example"):
        with CaptureQueriesContext(connection) as queries:
            ask(election, replace(QUESTION, email=email))
        counts.append(len(queries))
        assert not any("roll_voter" in query["sql"] for query in queries)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "Mon code : 7Kc2m-QXb9Td-4RaZy-pW3sEf"}, "text"), ({"text": "Court"}, "text"), ({"name": ""}, "name"),
        ({"email": "pas une adresse"}, "email"), ({"category": "autre chose"}, "category"),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(election: Election, changes: dict[str, str], field: str) -> None:
    with pytest.raises(WordsRefused) as refused:
        ask(election, replace(QUESTION, files=[picture()], **changes))
    assert list(refused.value.faults) == [field]
    assert not Ticket.objects.exists()
    assert not StoredFile.objects.exists()
    assert kinds() == []


def test_nobody_asks_before_the_portal_opens(election: Election) -> None:
    with pytest.raises(PortalClosed):
        ask(election, at=election.portal_opens_at - timedelta(seconds=1))
    assert ask(election, at=election.portal_opens_at)


def test_one_address_is_slowed_and_never_locked_out(election: Election) -> None:
    for _time in range(4):
        ask(election)
    with pytest.raises(SlowedDown) as slowed:
        ask(election)
    assert "Attendez" in slowed.value.message
    ask(election, at=BEFORE + timedelta(seconds=slowed.value.seconds))
    # Another person of the same network waits for nobody.
    ask(election, replace(QUESTION, email="autre@ailleurs.example"))


def test_a_crowded_network_pays_by_a_captcha_and_voters_signed_in_have_paid(election: Election) -> None:
    for number in range(41):
        ask(election, replace(QUESTION, email=f"p{number}@ailleurs.example"))
    with pytest.raises(NetworkCrowded):
        ask(election, replace(QUESTION, email="encore@ailleurs.example"))
    assert ask(election, replace(QUESTION, voter=make_voter(election)))


def test_writing_again_on_a_closed_ticket_opens_it(election: Election, agent: Account) -> None:
    ticket = ask(election)
    token = follow_token(ticket.number)
    seen = ticket.messages.get().pk
    answer_ticket(ticket=ticket, agent=agent, text="Essayez ceci.", seen=seen, at=BEFORE)
    close_ticket(ticket=ticket, agent=agent, at=BEFORE)
    later = BEFORE + timedelta(hours=1)
    write_again(token=token, text="Cela ne marche toujours pas.", network=NETWORK, at=later)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waiting_since) == ("waiting", later)
    assert kinds()[-1] == "ticket.reopened"


def test_a_second_message_does_not_make_the_first_wait_less(election: Election) -> None:
    ticket = ask(election)
    later = BEFORE + timedelta(hours=1)
    write_again(token=follow_token(ticket.number), text="J’ajoute ceci.  ", network=NETWORK, at=later)
    ticket.refresh_from_db()
    assert ticket.waiting_since == BEFORE


def test_who_asked_settles_it_once(election: Election) -> None:
    token = follow_token(ask(election).number)
    for _time in range(2):
        assert settle_ticket(token=token, at=BEFORE).state == "closed"
    assert kinds() == ["ticket.opened", "ticket.closed"]


@pytest.mark.parametrize("token", ["", "x" * 43, "é"])
def test_a_link_that_follows_nothing_is_unknown(election: Election, token: str) -> None:
    ask(election)
    with pytest.raises(TicketUnknown):
        read_ticket(token)


def test_numbers_hold_no_character_that_is_read_for_another() -> None:
    drawn = "".join(new_number()[2:] for _time in range(200))
    assert set(drawn).isdisjoint("01IO")
    assert len(drawn) == 1600
