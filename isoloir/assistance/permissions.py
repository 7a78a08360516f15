"""Who may do what at the desk of assistance."""

from django.db.models import QuerySet

from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from isoloir.identity.roles import Desk, desk_of

from .errors import OutOfDesk
from .models import Ticket


def require_desk(agent: Account, *, election: Election | None) -> Desk:
    """Return the desk of assistance at which the account works. Raises OutOfDesk."""
    desk = desk_of(agent, StaffRole.Role.ASSISTANCE, election=election)
    if desk is None:
        raise OutOfDesk
    return desk


def require_ticket(agent: Account, ticket: Ticket) -> Desk:
    """Return the desk at which the account works on this ticket. Raises OutOfDesk."""
    desk = require_desk(agent, election=ticket.election)
    if not desk.covers(ticket.academy):
        raise OutOfDesk
    return desk


def may_edit_canned(agent: Account, desk: Desk) -> bool:
    """Tell whether the agent writes canned answers: those of all académies, and administrators."""
    return not desk.academies or agent.is_administrator


def require_canned_editor(agent: Account, *, election: Election | None) -> Desk:
    """Return the desk of an agent who writes canned answers. Raises OutOfDesk."""
    desk = require_desk(agent, election=election)
    if not may_edit_canned(agent, desk):
        raise OutOfDesk
    return desk


def tickets_of(desk: Desk, *, election: Election) -> QuerySet[Ticket]:
    """Return the tickets that the desk may read: those without académie are for agents of all of them."""
    tickets = Ticket.objects.filter(election=election)
    return tickets.filter(academy__in=desk.academies) if desk.academies else tickets
