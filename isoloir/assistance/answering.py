"""What agents do with a ticket. Each act asks whether the ticket is of the agent's desk."""

from datetime import datetime

from django.db import transaction

from isoloir.identity.models import Account, OneTimeLink
from isoloir.identity.requests import request_link
from isoloir.identity.voters import addresses_of
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_emails

from . import mails
from .errors import NoVoterBehind, TicketClosed, WordsCrossed, WordsRefused
from .models import Ticket, TicketMessage
from .permissions import require_ticket
from .words import plain, text_faults


@transaction.atomic
def take_ticket(*, ticket: Ticket, agent: Account, at: datetime) -> Ticket:
    """Say that this agent sees to the ticket, whoever did before. Raises OutOfDesk, TicketClosed."""
    ticket = _lock_open(ticket, agent)
    if ticket.assigned_to_id != agent.pk:
        ticket.assigned_to = agent
        ticket.save(update_fields=("assigned_to",))
        record(Kind.TICKET_TAKEN, actor=agent.email, at=at, subject=ticket.number)
    return ticket


@transaction.atomic
def answer_ticket(*, ticket: Ticket, agent: Account, text: str, seen: int, at: datetime) -> TicketMessage:
    """Answer, and queue the answer as an e-mail. `seen` is the key of the last message that the agent was shown.

    The agent takes the ticket if nobody has. Raises OutOfDesk, TicketClosed, WordsRefused (`text`), or WordsCrossed when
    somebody wrote meanwhile: an answer is given to what was read.
    """
    ticket = _lock_open(ticket, agent)
    text = _checked(text)
    if ticket.messages.filter(pk__gt=seen, is_internal=False).exists():
        raise WordsCrossed
    message = TicketMessage.objects.create(ticket=ticket, agent=agent, text=text, at=at)
    ticket.state, ticket.waiting_since = Ticket.State.ANSWERED, None
    ticket.first_answered_at = ticket.first_answered_at or at
    ticket.assigned_to = ticket.assigned_to or agent
    ticket.save(update_fields=("state", "waiting_since", "first_answered_at", "assigned_to"))
    queue_emails(kind="ticket-answered", messages=[mails.answered(ticket, text)], at=at)
    record(Kind.TICKET_ANSWERED, actor=agent.email, at=at, subject=ticket.number)
    return message


@transaction.atomic
def note_on_ticket(*, ticket: Ticket, agent: Account, text: str, at: datetime) -> TicketMessage:
    """Write for the other agents alone. Raises OutOfDesk, WordsRefused (`note`)."""
    ticket = _lock(ticket, agent)
    text = _checked(text, field="note")
    message = TicketMessage.objects.create(ticket=ticket, agent=agent, text=text, at=at, is_internal=True)
    record(Kind.TICKET_NOTED, actor=agent.email, at=at, subject=ticket.number)
    return message


@transaction.atomic
def move_ticket(*, ticket: Ticket, agent: Account, category: str, academy: str, at: datetime) -> Ticket:
    """Put the ticket in another category, or in the queue of another académie; then no agent has taken it.

    The caller gives a category and an académie of its lists. Raises OutOfDesk.
    """
    ticket = _lock(ticket, agent)
    facts: dict[str, object] = {
        "category": [ticket.category, category], "academy": [ticket.academy, academy],
    }  # fmt: skip
    if (ticket.category, ticket.academy) == (category, academy):
        return ticket
    if academy != ticket.academy:
        ticket.assigned_to = None
    ticket.category, ticket.academy = category, academy
    ticket.save(update_fields=("category", "academy", "assigned_to"))
    record(Kind.TICKET_MOVED, actor=agent.email, at=at, subject=ticket.number, facts=facts)
    return ticket


@transaction.atomic
def close_ticket(*, ticket: Ticket, agent: Account, at: datetime) -> Ticket:
    """Close the ticket and tell who asked, who may open it again. Raises OutOfDesk, TicketClosed."""
    ticket = _lock_open(ticket, agent)
    ticket.state, ticket.waiting_since = Ticket.State.CLOSED, None
    ticket.save(update_fields=("state", "waiting_since"))
    queue_emails(kind="ticket-closed", messages=[mails.closed(ticket)], at=at)
    facts: dict[str, object] = {"settled": False, "answered": ticket.first_answered_at is not None}
    record(Kind.TICKET_CLOSED, actor=agent.email, at=at, subject=ticket.number, facts=facts)
    return ticket


@transaction.atomic
def send_link(*, ticket: Ticket, agent: Account, second_address: bool, at: datetime) -> None:
    """Ask for a link as the voter behind the ticket would: of activation, or of a new password where there is an account.

    It goes to an address of the roll, never to one that the agent or the ticket gives, and the agent never sees it.
    Raises OutOfDesk, NoVoterBehind, PortalClosed, or SlowedDown when this address has been asked for too often lately.
    """
    ticket = _lock(ticket, agent)
    if ticket.voter is None:
        raise NoVoterBehind
    addresses = addresses_of(ticket.voter)
    address = addresses[-1] if second_address else addresses[0]
    request_link(election=ticket.election, address=address, purpose=OneTimeLink.Purpose.PASSWORD, at=at)
    facts: dict[str, object] = {"address": "second" if second_address and len(addresses) > 1 else "first"}
    record(Kind.LINK_SENT_BY_AGENT, actor=agent.email, at=at, subject=ticket.number, facts=facts)


def _lock(ticket: Ticket, agent: Account) -> Ticket:
    locked = Ticket.objects.select_for_update(of=("self",)).select_related("election", "voter").get(pk=ticket.pk)
    require_ticket(agent, locked)
    return locked


def _lock_open(ticket: Ticket, agent: Account) -> Ticket:
    locked = _lock(ticket, agent)
    if locked.state == Ticket.State.CLOSED:
        raise TicketClosed
    return locked


def _checked(text: str, *, field: str = "text") -> str:
    text = plain(text)
    if faults := text_faults(text, fewest=1):
        raise WordsRefused({field: faults})
    return text
