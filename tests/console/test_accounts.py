"""Pages of the voters' accounts: what support sees, what is never shown, and what each act leaves in the journal."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from isoloir.elections.models import Election
from isoloir.identity.campaigns import continue_campaigns
from isoloir.identity.errors import SlowedDown
from isoloir.identity.models import Campaign, OneTimeLink, Suspension
from isoloir.identity.slowdown import begin_try
from isoloir.journal.models import JournalEntry
from isoloir.messaging.models import Message
from isoloir.roll.models import Turnout, Voter
from tests import electorate
from tests.electorate import BEFORE, OPENS, activate, make_voter, text

RULES = {"password_policy": "2018", "link_hours": "48", "idle_minutes": "10", "session_minutes": "30"}


@pytest.fixture
def voter(election: Election) -> Voter:
    return make_voter(election, reference="E00042", second_email="anne.martin@valmont.example")


def main_of(answer: HttpResponse) -> str:
    return text(answer).split("<main")[1]


# ---- Activation ----


def lines(answer: HttpResponse) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def test_dashboard_counts_by_academy_then_by_establishment(administrator: Client, voter: Voter) -> None:
    activate(voter)
    make_voter(voter.election, email="b@valmont.example", academy="Aubrac & Causses", establishment_code="0120003C")
    page = main_of(administrator.get(reverse("console:activation")))
    assert "Les filtres de messagerie ouvrent eux aussi les liens" in page
    assert "50,0" in page
    assert "?academie=Aubrac+%26+Causses" in page
    detailed = main_of(administrator.get(reverse("console:activation"), {"academie": "Aubrac & Causses"}))
    assert "0120003C" in detailed
    assert "0990001A" not in detailed


def test_establishment_is_found_by_the_beginning_of_its_code(administrator: Client, voter: Voter) -> None:
    assert "Collège des Tilleuls" in main_of(administrator.get(reverse("console:activation"), {"code": "0990001a"}))
    assert "Aucun établissement ne correspond." in main_of(
        administrator.get(reverse("console:activation"), {"code": "07"})
    )


@pytest.mark.parametrize(
    "query", [{"academie": "\x00"}, {"academie": "x" * 5000}, {"page": "zz"}, {"code": "x" * 50}, {"code": "0\x00"}]
)
def test_odd_addresses_of_the_dashboard_do_no_harm(administrator: Client, voter: Voter, query: dict[str, str]) -> None:
    assert administrator.get(reverse("console:activation"), query).status_code == 200


def test_dashboard_is_paged_and_takes_as_many_queries_whatever_the_establishments(
    administrator: Client, election: Election
) -> None:
    counts = []
    for size in (1, 120):
        for number in range(size):
            make_voter(election, email=f"v{size}-{number}@a.example", establishment_code=f"0{size:03d}{number:03d}A")
        with CaptureQueriesContext(connection) as queries:
            page = main_of(administrator.get(reverse("console:activation"), {"academie": "Valmont"}))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "Page 1 sur 3" in page
    assert page.count('<th scope="row">') == 51
    second = main_of(administrator.get(reverse("console:activation"), {"academie": "Valmont", "page": "2"}))
    assert "Page 2 sur 3" in second


def test_export_has_counts_and_no_name(administrator: Client, voter: Voter) -> None:
    activate(voter)
    answer = administrator.get(reverse("console:activation_export"))
    assert answer["Content-Disposition"] == 'attachment; filename="activation-election-2026-2026-11-20.csv"'
    head, line = lines(answer)
    assert head[:4] == ["Académie", "Code établissement", "Établissement", "Électeurs"]
    assert line == ["Valmont", "0990001A", "Collège des Tilleuls", "1", "0", "0", "1", "0", "0"]
    for secret in (voter.last_name, voter.first_names, voter.email, voter.reference):
        assert secret not in answer.content.decode()


@pytest.mark.parametrize("name", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_of_the_export_is_a_formula(administrator: Client, voter: Voter, name: str) -> None:
    Voter.objects.update(establishment=name, academy=name)
    _head, line = lines(administrator.get(reverse("console:activation_export")))
    assert line[0] == line[2] == f"'{name}"


def test_reminder_says_to_how_many_and_writes_to_them(administrator: Client, voter: Voter) -> None:
    activate(voter)
    make_voter(voter.election, email="b@valmont.example")
    assert "Écrire à 1 électeur ?" in main_of(administrator.get(reverse("console:remind")))
    assert not Campaign.objects.exists()
    assert administrator.post(reverse("console:remind")).status_code == 302
    assert continue_campaigns(at=BEFORE) == 1
    entry = JournalEntry.objects.get(kind="campaign.opened")
    assert (entry.actor, entry.facts) == ("admin@valmont.example", {"kind": "reminder", "voters": 1})


def test_second_reminder_within_a_day_is_refused_in_a_sentence(administrator: Client, voter: Voter) -> None:
    administrator.post(reverse("console:remind"))
    while Campaign.objects.filter(finished_at=None).exists():
        continue_campaigns(at=BEFORE)
    answer = administrator.post(reverse("console:remind"))
    assert answer.status_code == 409
    assert "La suivante est possible le samedi 21 novembre 2026 à 10 h 00 (heure de Paris)." in text(answer)
    assert Message.objects.count() == 1


def test_nobody_is_reminded_when_all_are_activated(administrator: Client, voter: Voter) -> None:
    activate(voter)
    page = main_of(administrator.get(reverse("console:remind")))
    assert "Personne n’est à relancer" in page
    assert "<form" not in page


# ---- One account ----


@pytest.mark.parametrize("sought", ["E00042", " Anne.DUPONT@valmont.example ", "anne.martin@valmont.example"])
def test_account_is_found_by_reference_or_by_either_address(administrator: Client, voter: Voter, sought: str) -> None:
    answer = administrator.post(reverse("console:accounts"), {"sought": sought})
    assert answer.url == reverse("console:account", args=(voter.pk,))
    assert voter.reference not in answer.url
    assert "@" not in answer.url


@pytest.mark.parametrize("sought", ["", "personne@valmont.example", "E0004", "x" * 300, "\x00"])
def test_search_that_finds_nobody_says_so(administrator: Client, voter: Voter, sought: str) -> None:
    answer = administrator.post(reverse("console:accounts"), {"sought": sought})
    assert answer.status_code == 422
    assert "error-summary" in text(answer)


def test_voter_of_another_election_is_not_there(administrator: Client, voter: Voter) -> None:
    electorate.make_election(slug="suivante")
    assert administrator.get(reverse("console:account", args=(voter.pk,))).status_code == 404
    assert administrator.post(reverse("console:accounts"), {"sought": "E00042"}).status_code == 422


def test_account_page_tells_the_state_and_no_secret(administrator: Client, voter: Voter) -> None:
    account = activate(voter)
    message = Message.objects.create(
        channel="email", kind="link", sealed=b"", state="bounced", queued_at=BEFORE, next_attempt_at=BEFORE
    )
    OneTimeLink.objects.create(
        voter=voter, purpose="activation", token_hash="f" * 64, created_at=BEFORE, opened_at=BEFORE, message=message,
        expires_at=BEFORE + timedelta(hours=24),
    )  # fmt: skip
    page = main_of(administrator.get(reverse("console:account", args=(voter.pk,))))
    assert "Activé le vendredi 20 novembre 2026" in page
    assert "revenu sans être remis" in page
    assert "valable jusqu’au" in page
    for secret in ("f" * 64, account.password):
        assert secret not in page


def test_account_page_is_the_same_whether_the_voter_has_voted(administrator: Client, election: Election) -> None:
    contest = electorate.make_contest(election)
    voter = make_voter(election, contest)
    address = reverse("console:account", args=(voter.pk,))

    def body() -> str:
        # The protection mark of the form is new each time.
        return main_of(administrator.get(address)).split("csrfmiddlewaretoken")[0]

    before = body()
    Turnout.objects.create(entry=voter.entries.get(), voted_at=BEFORE)
    assert body() == before


def test_access_is_suspended_and_restored_with_a_reason(administrator: Client, voter: Voter) -> None:
    address = reverse("console:account", args=(voter.pk,))
    assert administrator.post(address, {"act": "suspend", "reason": ""}).status_code == 422
    assert administrator.post(address, {"act": "suspend", "reason": "Téléphone volé"}).status_code == 302
    assert Suspension.objects.get().voter == voter
    assert "Motif : Téléphone volé" in main_of(administrator.get(address))
    assert administrator.post(address, {"act": "restore", "reason": "Retrouvé"}).status_code == 302
    assert not Suspension.objects.exists()
    kinds = JournalEntry.objects.filter(subject="E00042").order_by("sequence").values_list("kind", "actor")
    assert list(kinds) == [
        ("account.suspended", "admin@valmont.example"), ("account.restored", "admin@valmont.example")
    ]  # fmt: skip


def test_second_administrator_does_not_undo_what_the_first_did(administrator: Client, voter: Voter) -> None:
    address = reverse("console:account", args=(voter.pk,))
    administrator.post(address, {"act": "suspend", "reason": "un"})
    answer = administrator.post(address, {"act": "suspend", "reason": "deux"})
    assert answer.status_code == 422
    assert "déjà suspendu" in text(answer)
    assert Suspension.objects.get().reason == "un"


# ---- Slow-downs ----


def test_slow_downs_are_counted_without_saying_whose(administrator: Client, voter: Voter) -> None:
    assert "Personne n’est ralenti." in main_of(administrator.get(reverse("console:slowdowns")))
    for _try in range(10):
        try:
            begin_try(action="link", subjects=("address someone@valmont.example",), at=BEFORE)
        except SlowedDown:
            break
    page = main_of(administrator.get(reverse("console:slowdowns")))
    assert "Demande de lien" in page
    assert '<td class="table__number">1</td><td class="table__number">4</td>' in page
    assert "valmont.example" not in page


# ---- Rules ----


def test_rules_are_changed_and_journaled(administrator: Client, election: Election) -> None:
    assert administrator.post(reverse("console:account_rules"), RULES).status_code == 302
    election.refresh_from_db()
    assert (election.password_policy, election.link_hours) == ("2018", 48)
    assert (election.idle_minutes, election.session_minutes) == (10, 30)
    entry = JournalEntry.objects.get(kind="account-rules.changed")
    assert entry.facts == {"password_policy": "2018", "link_hours": 48, "idle_minutes": 10, "session_minutes": 30}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"link_hours": "0"}, "1"),
        ({"link_hours": "721"}, "720"),
        ({"idle_minutes": "4"}, "5"),
        ({"session_minutes": "481"}, "480"),
        ({"session_minutes": "9"}, "Une session dure au moins autant que l’inactivité"),
        ({"password_policy": "1999"}, "1999"),
        ({"link_hours": "beaucoup"}, "Validité d’un lien, en heures –"),
    ],
)
def test_rule_out_of_bounds_is_refused_by_its_name(
    administrator: Client, election: Election, changes: dict[str, str], sentence: str
) -> None:
    answer = administrator.post(reverse("console:account_rules"), RULES | changes)
    assert answer.status_code == 422
    assert sentence in main_of(answer).split("error-summary")[1].split("</div>")[0]
    election.refresh_from_db()
    assert election.password_policy == "2022"


def test_rules_are_fixed_once_voting_has_opened(administrator: Client, election: Election) -> None:
    electorate.set_clock(OPENS)
    electorate.sign_in_member(administrator, electorate.make_member("b@valmont.example", is_administrator=True))
    page = main_of(administrator.get(reverse("console:account_rules")))
    assert "les règles des comptes ne changent plus" in page
    assert "<form" not in page
    assert "De 12 à 256 caractères : une minuscule, une majuscule, un chiffre, un caractère spécial" in page
    answer = administrator.post(reverse("console:account_rules"), RULES)
    assert answer.status_code == 422
    election.refresh_from_db()
    assert election.password_policy == "2022"
