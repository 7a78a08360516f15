"""Agents of the desks: their accounts and roles, brought in a file, all or nothing.

An agent sees to claims or to assistance, in one académie or in all of them. No member of a bureau is one: who watches the
vote does not change the roll before it, and who answers voters does not hold a share of the key.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.csvfiles import Column, CsvFile, Line, folded
from isoloir.common.errors import Faults
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .models import Account, StaffRole

AGENTS_FILE = "agents.csv"
Role = StaffRole.Role
# Words of the file, not labels of the page: they do not change with the language of who imports.
_BOTH = "both"
_ROLES = {
    folded(word): role
    for role, words in {
        Role.CLAIMS.value: ("claims", "réclamations", "réclamation"),
        Role.ASSISTANCE.value: ("assistance",),
        _BOTH: (
            "réclamations et assistance", "assistance et réclamations", "réclamations, assistance",
            "assistance, réclamations", "claims and assistance",
        ),
    }.items()
    for word in words
}  # fmt: skip
AGENT_COLUMNS = (
    Column("civility", ("civilité", "title"), 10, may_be_empty=True),
    Column("last_name", ("nom", "nom de famille", "surname"), 100),
    Column("first_names", ("prénom", "prénoms", "first name"), 100),
    Column("email", ("courriel", "e-mail", "mail", "adresse électronique", "adresse e-mail"), 254),
    Column("role", ("rôle", "rôles", "roles", "fonction"), 60, choices=_ROLES),
    Column("academy", ("académie",), 100, may_be_empty=True),
)


@dataclass(frozen=True, slots=True)
class AgentsImported:
    """What an import did: people of the file, accounts made for them, roles that they had not before."""

    agents: int
    accounts: int
    roles: int


@dataclass(frozen=True, slots=True)
class _ReadAgent:
    line: int
    names: tuple[str, str, str]
    email: str
    roles: tuple[str, ...]
    academy: str


@transaction.atomic
def import_agents(*, election: Election, content: bytes, actor: str, at: datetime) -> AgentsImported:
    """Give the roles of the file to its people, whose accounts are made if need be. Raises ImportRefused.

    Nothing is taken from anybody: roles are removed one by one, on purpose. Accounts are made without a password: nobody
    signs in before `identity.staff.issue_access`. The names of an account that was there already stay.
    """
    Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    faults = Faults()
    file = CsvFile(name=AGENTS_FILE, content=content, columns=AGENT_COLUMNS, faults=faults)
    academies = frozenset(election.voters.order_by().values_list("academy", flat=True).distinct())
    read = _read(file, academies)
    members = set(
        Account.objects.filter(email__in={agent.email for agent in read}, memberships__isnull=False).values_list(
            "email", flat=True
        )
    )
    for agent in read:
        if agent.email in members:
            file.fault(
                agent.line, "email",
                _("Cette personne est membre d’un bureau de vote : elle ne peut pas être agent d’un guichet."),
            )  # fmt: skip
    faults.refuse_if_any()
    imported = _write(election, read)
    facts: dict[str, object] = {
        "sha256": hashlib.sha256(content).hexdigest(), "agents": imported.agents, "accounts": imported.accounts,
        "roles": imported.roles,
    }  # fmt: skip
    record(Kind.AGENTS_IMPORTED, actor=actor, at=at, subject=election.slug, facts=facts)
    return imported


@transaction.atomic
def remove_role(*, role: StaffRole, actor: str, at: datetime) -> None:
    """Take a role from an agent, whose next page says so. The account, and what it did, stay."""
    removed, _by_model = StaffRole.objects.filter(pk=role.pk).delete()
    if removed:
        facts: dict[str, object] = {"role": role.role, "academy": role.academy, "account": role.account_id}
        record(Kind.AGENT_ROLE_REMOVED, actor=actor, at=at, subject=role.election.slug, facts=facts)


def _read(file: CsvFile, academies: Collection[str]) -> list[_ReadAgent]:
    """Return the agents of the file; an académie is checked as soon as a roll says which there are."""
    read: list[_ReadAgent] = []
    people: dict[str, _ReadAgent] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for line in file.lines():
        agent = _agent(line)
        try:
            validate_email(agent.email)
        except ValidationError:
            file.fault(line.number, "email", _("Ce n’est pas une adresse de courriel valable."))
        if agent.academy and academies and agent.academy not in academies:
            file.fault(line.number, "academy", _("Aucun électeur n’est de cette académie, écrite ainsi."))
        same = people.setdefault(agent.email, agent)
        if same.names != agent.names:
            facts = {"line": same.line}
            file.fault(line.number, "email", _("Cette adresse a un autre nom à la ligne %(line)d.") % facts)
        for role in agent.roles:
            first = seen.setdefault((agent.email, role, agent.academy), line.number)
            if first != line.number:
                file.fault(line.number, "role", _("Ce rôle est déjà à la ligne %(line)d.") % {"line": first})
        read.append(agent)
    return read


def _agent(line: Line) -> _ReadAgent:
    civility, last_name, first_names, email, role, academy = line.cells
    roles = (Role.CLAIMS.value, Role.ASSISTANCE.value) if role == _BOTH else (role,)
    return _ReadAgent(line.number, (civility, last_name, first_names), email.lower(), roles, academy)


def _write(election: Election, read: list[_ReadAgent]) -> AgentsImported:
    named = {agent.email: agent for agent in read}
    known = set(Account.objects.filter(email__in=named).values_list("email", flat=True))
    new = [
        Account(
            email=email, civility=agent.names[0], last_name=agent.names[1], first_names=agent.names[2],
            password=make_password(None),
        )
        for email, agent in named.items()
        if email not in known
    ]  # fmt: skip
    Account.objects.bulk_create(new)
    accounts = {account.email: account for account in Account.objects.filter(email__in=named)}
    held = set(StaffRole.objects.filter(election=election).values_list("account_id", "role", "academy"))
    wanted = {(accounts[agent.email].pk, role, agent.academy) for agent in read for role in agent.roles}
    StaffRole.objects.bulk_create(
        StaffRole(account_id=account, election=election, role=role, academy=academy)
        for account, role, academy in sorted(wanted - held)
    )
    return AgentsImported(agents=len(named), accounts=len(new), roles=len(wanted - held))
