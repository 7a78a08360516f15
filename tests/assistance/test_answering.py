"""The desk: what agents do, on whose tickets, and what they never see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from isoloir.assistance.answering import (
    answer_ticket,
    close_ticket,
    move_ticket,
    note_on_ticket,
    send_link,
    take_ticket,
)
from isoloir.assistance.asking import Question, open_ticket, write_again
from isoloir.assistance.canned import delete_canned, write_canned
from isoloir.assistance.errors import NoVoterBehind, OutOfDesk, TicketClosed, TitleTaken, WordsCrossed, WordsRefused
from isoloir.assistance.mails import follow_token
from isoloir.assistance.models import CannedAnswer, Ticket
from isoloir.assistance.permissions import require_desk
from isoloir.assistance.queues import queues_of, typical_wait, wait_words
from isoloir.elections.models import Election
from isoloir.identity.models import Account, LinkRequest
from isoloir.identity.requests import answer_requests
from isoloir.journal.models import JournalEntry
from tests.electorate import BEFORE, activate, make_member, make_voter

QUESTION = Question(category="account", text="Mon lien ne s’ouvre pas.", name="Jo Martin", email="jo@ailleurs.example")
LATER = BEFORE + timedelta(hours=2)


def ask(election: Election, question: Question = QUESTION, **changes: object) -> Ticket:
    return open_ticket(election=election, question=question, **{"network": "192.0.2.9", "at": BEFORE} | changes)


def last(ticket: Ticket) -> int:
    return ticket.messages.order_by("-pk").first().pk


def test_an_answer_is_mailed_in_the_language_of_the_question(
    election: Election, agent: Account, outbox: Callable[[], list[tuple[str, str, str]]]
) -> None:
    ticket = ask(election, replace(QUESTION, language="en"))
    answer_ticket(ticket=ticket, agent=agent, text="Ask for another link.", seen=last(ticket), at=LATER)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waiting_since, ticket.first_answered_at) == ("answered", None, LATER)
    assert ticket.assigned_to == agent
    recipient, subject, body = outbox()[-1]
    assert (recipient, subject) == ("jo@ailleurs.example", f"Answer to your request for assistance {ticket.number}")
    assert "Ask for another link." in body
    assert follow_token(ticket.number) in body
    line = JournalEntry.objects.latest("sequence")
    assert (line.kind, line.actor, line.subject, line.facts) == ("ticket.answered", agent.email, ticket.number, {})


def test_an_answer_is_given_to_what_was_read(election: Election, agent: Account) -> None:
    ticket = ask(election)
    seen = last(ticket)
    write_again(token=follow_token(ticket.number), text="En fait, c’est réparé.", network="192.0.2.9", at=BEFORE)
    with pytest.raises(WordsCrossed):
        answer_ticket(ticket=ticket, agent=agent, text="Essayez ceci.", seen=seen, at=LATER)
    assert ticket.messages.filter(agent=agent).count() == 0


def test_a_note_is_neither_mailed_nor_an_answer(
    election: Election, agent: Account, outbox: Callable[[], list[tuple[str, str, str]]]
) -> None:
    ticket = ask(election)
    before = len(outbox())
    note_on_ticket(ticket=ticket, agent=agent, text="À rappeler demain.", at=LATER)
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
    assert len(outbox()) == before


def test_what_is_of_another_academy_is_out_of_reach_of_every_act(election: Election, local_agent: Account) -> None:
    for academy in ("Ailleurs", ""):
        ticket = ask(election, replace(QUESTION, academy=academy))
        by = {"ticket": ticket, "agent": local_agent, "at": LATER}
        acts = [
            lambda by=by: take_ticket(**by),
            lambda by=by, ticket=ticket: answer_ticket(**by, text="Bonjour.", seen=last(ticket)),
            lambda by=by: note_on_ticket(**by, text="Bonjour."),
            lambda by=by: move_ticket(**by, category="vote", academy="Valmont"),
            lambda by=by: close_ticket(**by),
            lambda by=by: send_link(**by, second_address=False),
        ]
        for act in acts:
            with pytest.raises(OutOfDesk):
                act()


def test_who_works_at_no_desk_of_assistance_does_nothing(election: Election) -> None:
    with pytest.raises(OutOfDesk):
        take_ticket(ticket=ask(election), agent=make_member("autre@valmont.example"), at=LATER)


def test_a_ticket_moved_to_another_academy_is_nobody_s_there(election: Election, agent: Account) -> None:
    ticket = ask(election)
    take_ticket(ticket=ticket, agent=agent, at=LATER)
    move_ticket(ticket=ticket, agent=agent, category="vote", academy="Valmont", at=LATER)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.academy, ticket.assigned_to) == ("vote", "Valmont", None)


def test_a_closed_ticket_is_answered_no_more(election: Election, agent: Account) -> None:
    ticket = ask(election)
    close_ticket(ticket=ticket, agent=agent, at=LATER)
    for act in (
        lambda: answer_ticket(ticket=ticket, agent=agent, text="Bonjour.", seen=last(ticket), at=LATER),
        lambda: close_ticket(ticket=ticket, agent=agent, at=LATER),
        lambda: take_ticket(ticket=ticket, agent=agent, at=LATER),
    ):
        with pytest.raises(TicketClosed):
            act()


def test_a_link_goes_to_the_address_of_the_roll_alone(
    election: Election, agent: Account, outbox: Callable[[], list[tuple[str, str, str]]]
) -> None:
    voter = make_voter(election, second_email="anne.martin@valmont.example")
    activate(voter)
    ticket = ask(election, replace(QUESTION, voter=voter))
    # What the roll said when the ticket was opened no longer counts.
    Ticket.objects.filter(pk=ticket.pk).update(email="pirate@ailleurs.example")
    send_link(ticket=ticket, agent=agent, second_address=False, at=LATER)
    send_link(ticket=ticket, agent=agent, second_address=True, at=LATER)
    answer_requests(at=LATER)
    assert [mail[0] for mail in outbox()[-2:]] == [voter.email, voter.second_email]
    lines = JournalEntry.objects.filter(kind="link.sent-by-agent").order_by("sequence")
    assert [(line.subject, line.facts) for line in lines] == [
        (ticket.number, {"address": "first"}), (ticket.number, {"address": "second"}),
    ]  # fmt: skip


def test_no_link_is_sent_for_who_was_not_signed_in(election: Election, agent: Account) -> None:
    voter = make_voter(election)
    ticket = ask(election, replace(QUESTION, email=voter.email))
    with pytest.raises(NoVoterBehind):
        send_link(ticket=ticket, agent=agent, second_address=False, at=LATER)
    assert not LinkRequest.objects.exists()


def test_queues_count_what_waits_and_since_when(election: Election, agent: Account, local_agent: Account) -> None:
    first = ask(election, replace(QUESTION, academy="Valmont"))
    ask(election, replace(QUESTION, academy="Valmont"), at=LATER)
    ask(election, replace(QUESTION, academy="Ailleurs"), at=LATER)
    answered = ask(election, replace(QUESTION, academy="Ailleurs", email="b@ailleurs.example"), at=BEFORE)
    answer_ticket(ticket=answered, agent=agent, text="Voilà.", seen=last(answered), at=LATER)
    everywhere = queues_of(require_desk(agent, election=election), election=election)
    assert [(queue.academy, queue.waiting, queue.oldest, queue.answered) for queue in everywhere] == [
        ("Ailleurs", 1, LATER, 1), ("Valmont", 2, first.asked_at, 0),
    ]  # fmt: skip
    local = queues_of(require_desk(local_agent, election=election), election=election)
    assert [queue.academy for queue in local] == ["Valmont"]


def answered_after(election: Election, academy: str, hours: list[float], *, at: object = BEFORE) -> None:
    for number, hour in enumerate(hours):
        Ticket.objects.create(
            election=election, number=f"{academy[:2]}{number}", category="vote", name="x", email="x@a.example",
            academy=academy, follow_hash=f"{academy}{number}", asked_at=at, first_answered_at=at + timedelta(hours=hour),
        )  # fmt: skip


def test_the_wait_is_the_median_of_the_academy_or_of_all(election: Election) -> None:
    now = BEFORE + timedelta(days=2)
    answered_after(election, "Valmont", [1, 1, 2, 30, 40])
    answered_after(election, "Ailleurs", [5, 5, 5, 5])
    assert typical_wait(election, academy="Valmont", at=now) == timedelta(hours=2)
    # Four answers there measure nothing: those of all are the nearest thing known.
    assert typical_wait(election, academy="Ailleurs", at=now) == timedelta(hours=5)
    assert typical_wait(election, academy="", at=now) == timedelta(hours=5)
    assert typical_wait(election, academy="Valmont", at=BEFORE + timedelta(days=9)) is None


def test_the_wait_is_measured_once_in_five_minutes(election: Election, django_assert_num_queries: Any) -> None:
    now = BEFORE + timedelta(days=2)
    answered_after(election, "Valmont", [1, 1, 2, 30, 40])
    typical_wait(election, academy="Valmont", at=now)
    answered_after(election, "Hautmont", [9] * 20)
    with django_assert_num_queries(0):
        soon = now + timedelta(minutes=4, seconds=59)
        assert typical_wait(election, academy="Valmont", at=soon) == timedelta(hours=2)
    Ticket.objects.filter(academy="Valmont").update(first_answered_at=BEFORE + timedelta(hours=7))
    with django_assert_num_queries(1):
        later = now + timedelta(minutes=5)
        assert typical_wait(election, academy="Valmont", at=later) == timedelta(hours=7)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(minutes=3), "en moins de 1 heure."),
        (timedelta(hours=2), "en moins de 2 heures."), (timedelta(hours=2, seconds=1), "en moins de 4 heures."),
        (timedelta(hours=24, seconds=1), "en moins de 2 jours."), (timedelta(days=6, hours=1), "en moins de 7 jours."),
    ],
)  # fmt: skip
def test_a_wait_is_never_said_shorter_than_it_is(wait: timedelta, words: str) -> None:
    assert words in wait_words(wait)


CANNED = {"title": "Lien expiré", "text_fr": "Demandez-en un autre.", "text_en": "Ask for another one."}


def test_canned_answers_are_written_by_agents_of_all_academies(
    election: Election, agent: Account, local_agent: Account
) -> None:
    canned = write_canned(election=election, agent=agent, at=BEFORE, **CANNED)
    with pytest.raises(TitleTaken):
        write_canned(election=election, agent=agent, at=BEFORE, **CANNED)
    write_canned(election=election, agent=agent, at=BEFORE, canned=canned, **CANNED | {"text_en": "Ask again."})
    for act in (
        lambda: write_canned(election=election, agent=local_agent, at=BEFORE, **CANNED | {"title": "Autre"}),
        lambda: delete_canned(canned=canned, agent=local_agent, at=BEFORE),
    ):
        with pytest.raises(OutOfDesk):
            act()
    delete_canned(canned=canned, agent=agent, at=BEFORE)
    assert not CannedAnswer.objects.exists()
    lines = JournalEntry.objects.filter(kind="canned-answer.changed").order_by("sequence")
    assert [line.facts["change"] for line in lines] == ["added", "changed", "deleted"]


@pytest.mark.parametrize("field", ["title", "text_fr", "text_en"])
def test_a_canned_answer_needs_both_languages(election: Election, agent: Account, field: str) -> None:
    with pytest.raises(WordsRefused) as refused:
        write_canned(election=election, agent=agent, at=BEFORE, **CANNED | {field: "  "})
    assert list(refused.value.faults) == [field]
