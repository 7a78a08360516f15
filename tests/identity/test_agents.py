"""Agents of the desks: a file that is taken whole or not at all, and roles taken off one by one."""

import pytest

from isoloir.common.errors import ImportRefused
from isoloir.elections.models import Election
from isoloir.identity.agents import import_agents, remove_role
from isoloir.identity.models import Account, StaffRole
from isoloir.identity.roles import desk_of
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.models import Member, PollingStation
from isoloir.trustees.models import Ceremony
from tests.electorate import BEFORE, make_member, make_voter

BY = {"actor": "admin@valmont.example", "at": BEFORE}
HEAD = "civilité;nom;prénoms;courriel;rôle;académie\n"


def load(election: Election, *lines: str):
    return import_agents(election=election, content=(HEAD + "\n".join(lines)).encode(), **BY)


def roles() -> set[tuple[str, str, str]]:
    return set(StaffRole.objects.values_list("account__email", "role", "academy"))


def test_agents_get_their_roles_and_accounts_without_access(election: Election) -> None:
    make_voter(election)
    done = load(election, "Mme;Roy;Zoé;Zoe.Roy@valmont.example;réclamations;Valmont", "M.;Bec;Léo;leo@valmont.example;Réclamations|Assistance;")  # fmt: skip
    assert (done.agents, done.accounts, done.roles) == (2, 2, 3)
    assert roles() == {
        ("zoe.roy@valmont.example", "claims", "Valmont"), ("leo@valmont.example", "claims", ""),
        ("leo@valmont.example", "assistance", ""),
    }  # fmt: skip
    assert not any(account.has_usable_password() for account in Account.objects.all())
    line = JournalEntry.objects.get(kind="agents.imported")
    assert {name: line.facts[name] for name in ("agents", "accounts", "roles")} == {
        "agents": 2,
        "accounts": 2,
        "roles": 3,
    }


def test_importing_again_takes_nothing_away_and_keeps_accounts(election: Election) -> None:
    known = make_member("zoe@valmont.example")
    load(election, "Mme;Roy;Zoé;zoe@valmont.example;assistance;")
    done = load(election, "Mme;Roy;Zoé;zoe@valmont.example;réclamations;")
    assert (done.accounts, done.roles, len(roles())) == (0, 1, 2)
    known.refresh_from_db()
    assert known.has_usable_password()


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Mme;Roy;Zoé;zoe@;assistance;", "email"), ("Mme;Roy;Zoé;zoe@valmont.example;chef;", "role"),
        ("Mme;Roy;Zoé;zoe@valmont.example;assistance;Valmond", "academy"), ("Mme;;Zoé;zoe@valmont.example;assistance;", "last_name"),
        ("Mme;Bec;Léo;leo@valmont.example;assistance;", "email"), ("M.;Bec;Léo;leo@valmont.example;assistance;Valmont", "role"),
    ],
)  # fmt: skip
def test_one_bad_line_and_nothing_is_imported(election: Election, line: str, column: str) -> None:
    make_voter(election)
    with pytest.raises(ImportRefused) as refused:
        load(election, "M.;Bec;Léo;leo@valmont.example;assistance;Valmont", line)
    assert [(fault.line, fault.column) for fault in refused.value] == [(3, column)]
    assert not StaffRole.objects.exists()
    assert not Account.objects.exists()


def test_a_member_of_a_bureau_is_no_agent(election: Election) -> None:
    member = make_member("presidente@valmont.example")
    ceremony = Ceremony.objects.create(election=election, code="bve")
    station = PollingStation.objects.create(election=election, code="bve", name="BVE", kind="bve", ceremony=ceremony)
    Member.objects.create(station=station, account=member, role="president")
    with pytest.raises(ImportRefused) as refused:
        load(election, "Mme;Durand;Paul;Presidente@valmont.example;assistance;")
    (fault,) = refused.value
    assert "membre d’un bureau" in fault.message
    assert roles() == set()


def test_a_role_that_was_removed_opens_no_desk(election: Election) -> None:
    load(election, "Mme;Roy;Zoé;zoe@valmont.example;réclamations et assistance;")
    role = StaffRole.objects.get(role="claims")
    remove_role(role=role, **BY)
    account = Account.objects.get()
    assert desk_of(account, StaffRole.Role.CLAIMS, election=election) is None
    assert desk_of(account, StaffRole.Role.ASSISTANCE, election=election) is not None
    line = JournalEntry.objects.get(kind="agent-role.removed")
    assert line.facts == {"role": "claims", "academy": "", "account": account.pk}
