"""What who asks does: open a ticket, read it by its link, write again, say that it is settled."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.captcha.actions import PassedChallenge
from isoloir.elections.models import Election
from isoloir.identity.links import token_hash
from isoloir.identity.permissions import require_open_portal
from isoloir.identity.slowdown import begin_try, network_of
from isoloir.identity.voters import known_language
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import queue_emails
from isoloir.roll.models import Voter, address_key
from isoloir.uploads.actions import CheckedFile, store_upload

from . import mails
from .errors import TicketUnknown, WordsRefused
from .models import Ticket, TicketMessage
from .words import name_faults, plain, text_faults

ACTION = "assistance"
# No character that is read for another.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_NUMBER_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks. `name`, `email` and `academy` are not read when `voter` is signed in: they are the roll's."""

    category: str
    text: str
    name: str = ""
    email: str = ""
    academy: str = ""
    language: str = "fr"
    voter: Voter | None = None
    files: Sequence[CheckedFile] = ()


def new_number() -> str:
    """Return a ticket's number: `A-` and eight characters, 40 bits from the operating system."""
    return "A-" + "".join(secrets.choice(_ALPHABET) for _character in range(_NUMBER_LENGTH))


@transaction.atomic
def open_ticket(
    *, election: Election | None, question: Question, network: str, at: datetime, captcha: PassedChallenge | None = None
) -> Ticket:
    """Open a ticket, and queue the e-mail with the link that follows it. Nothing of the roll is looked up.

    `network` is the visitor's IP address: one over its pace is asked for a CAPTCHA, which a voter signed in has no need of.
    Raises PortalClosed, WordsRefused (`name`, `email`, `text`), NetworkCrowded, or SlowedDown when this address, or this
    voter, has asked too often lately.
    """
    election = require_open_portal(election, at=at)
    ticket = _draft(election, question, at=at)
    text = plain(question.text)
    _refuse_faults(ticket, text)
    subject = f"voter {ticket.voter_id}" if ticket.voter_id else f"address {address_key(ticket.email)}"
    past_crowd = captcha is not None or ticket.voter_id is not None
    begin_try(action=ACTION, subjects=(subject, network_of(network)), at=at, past_crowd=past_crowd)
    ticket.save()
    _write(ticket, text, question.files, at=at)
    queue_emails(kind="ticket-opened", messages=[mails.opened(ticket)], at=at)
    facts: dict[str, object] = {
        "category": ticket.category, "academy": ticket.academy, "files": len(question.files),
        "signed_in": ticket.voter_id is not None,
    }  # fmt: skip
    record(Kind.TICKET_OPENED, actor=_actor(ticket), at=at, subject=ticket.number, facts=facts)
    return ticket


def read_ticket(token: str) -> Ticket:
    """Return the ticket that this link follows, with its election. Consumes nothing. Raises TicketUnknown."""
    ticket = Ticket.objects.select_related("election").filter(follow_hash=token_hash(token)).first()
    if ticket is None:
        raise TicketUnknown
    return ticket


@transaction.atomic
def write_again(
    *, token: str, text: str, files: Sequence[CheckedFile] = (), network: str, at: datetime
) -> TicketMessage:
    """Add a message of who asked; a ticket that was closed opens again.

    The link is what pays: a crowded network holds nobody back here.
    Raises TicketUnknown, WordsRefused (`text`), or SlowedDown when this ticket was written to too often lately.
    """
    ticket = _lock(token)
    text = plain(text)
    if faults := text_faults(text):
        raise WordsRefused({"text": faults})
    begin_try(action=ACTION, subjects=(f"ticket {ticket.number}", network_of(network)), at=at, past_crowd=True)
    message = _write(ticket, text, files, at=at)
    was_closed = ticket.state == Ticket.State.CLOSED
    ticket.state, ticket.waiting_since = Ticket.State.WAITING, ticket.waiting_since or at
    ticket.save(update_fields=("state", "waiting_since"))
    if was_closed:
        record(Kind.TICKET_REOPENED, actor=_actor(ticket), at=at, subject=ticket.number)
    return message


@transaction.atomic
def settle_ticket(*, token: str, at: datetime) -> Ticket:
    """Close the ticket because who asked says that it is settled; closing twice changes nothing. Raises TicketUnknown."""
    ticket = _lock(token)
    if ticket.state != Ticket.State.CLOSED:
        ticket.state, ticket.waiting_since = Ticket.State.CLOSED, None
        ticket.save(update_fields=("state", "waiting_since"))
        record(Kind.TICKET_CLOSED, actor=_actor(ticket), at=at, subject=ticket.number, facts={"settled": True})
    return ticket


def _draft(election: Election, question: Question, *, at: datetime) -> Ticket:
    voter = question.voter
    number = new_number()
    return Ticket(
        election=election, number=number, category=question.category, voter=voter,
        name=voter.full_name if voter else plain(question.name),
        email=voter.email if voter else question.email.strip(),
        academy=voter.academy if voter else question.academy,
        language=known_language(question.language),
        follow_hash=token_hash(mails.follow_token(number)), asked_at=at, waiting_since=at,
    )  # fmt: skip


def _refuse_faults(ticket: Ticket, text: str) -> None:
    """Raise WordsRefused for what was typed; what comes from the roll was checked with it."""
    faults = {"text": text_faults(text)}
    if ticket.voter_id is None:
        faults["name"] = name_faults(ticket.name)
        try:
            validate_email(ticket.email)
        except ValidationError:
            faults["email"] = [_("Cette adresse n’est pas complète. Exemple : prenom.nom@academie.example")]
    if ticket.category not in Ticket.Category.values:
        faults["category"] = [_("Choisissez ce sur quoi porte votre demande.")]
    if any(faults.values()):
        raise WordsRefused({field: sentences for field, sentences in faults.items() if sentences})


def _lock(token: str) -> Ticket:
    found = read_ticket(token)
    return Ticket.objects.select_for_update(of=("self",)).select_related("election").get(pk=found.pk)


def _write(ticket: Ticket, text: str, files: Sequence[CheckedFile], *, at: datetime) -> TicketMessage:
    message = TicketMessage.objects.create(ticket=ticket, text=text, at=at)
    message.files.set([store_upload(checked=checked, at=at) for checked in files])
    return message


def _actor(ticket: Ticket) -> str:
    return "électeur" if ticket.voter_id else "visiteur"
