"""The whole demonstration as four people live it, each in a browser of their own: president, two delegates, a voter."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.demonstration import Visitor
from tests.browser.inspection import ROOT, Inspector
from tests.browser.member import Member, President
from tests.browser.public import Citizen, ResultSeen
from tests.browser.voter import BLANK, ReceiptSeen, Voter

# What the voter chooses in each of her contests, in order: a list by its rank on the ballot, or the blank vote.
CHOICES = (3, BLANK, 2)


class Company:
    """The people of the demonstration, each in a browser context, under the eyes of one inspector."""

    def __init__(self, demonstration, open_page, folder: Path) -> None:
        self.folder = folder
        self.inspector = Inspector(folder / "inspection", address=demonstration.address)
        self._traffics = {}
        pages = {}
        for name in ("visitor", "president", "first delegate", "second delegate", "voter"):
            pages[name], self._traffics[name] = open_page(demonstration.address)
            (folder / name).mkdir()
        self.visitor = Visitor(pages["visitor"], self.inspector)
        self.president = President(pages["president"], self.inspector, folder=folder / "president")
        self.delegates = [
            Member(pages[name], self.inspector, folder=folder / name) for name in ("first delegate", "second delegate")
        ]
        self.voter = Voter(pages["voter"], self.inspector)
        self.citizen = Citizen(pages["voter"], self.inspector)

    @property
    def holders(self) -> list[Member]:
        return [self.president, *self.delegates]

    def faults(self) -> list[str]:
        """Return all that was wrong on any page crossed, by whoever crossed it."""
        told = [f"{name}: {fault}" for name, traffic in self._traffics.items() for fault in traffic.faults]
        return [*told, *self.inspector.faults, *self.inspector.findings_of_vnu(), *self.inspector.findings_of_pa11y()]


@pytest.mark.timeout(900)
def test_four_people_live_the_whole_demonstration(demonstration, person_page, folder):
    company = Company(demonstration, person_page, folder)
    make_the_keys(company)
    company.president.seals()
    company.visitor.moves_the_clock_to_the_opening()
    choices = vote(company)
    company.visitor.moves_the_clock_past_the_closing()
    count(company, list(choices))
    for seen, chosen in publish_and_read(company, choices):
        assert {name: votes for name, votes in seen.votes.items() if votes} == {chosen: 1}
        assert_verifiers_accept(seen)
    assert company.visitor.follows_the_guide() == ""
    faults = company.faults()
    assert not faults, "\n".join(faults)
    assert "Traceback" not in demonstration.log()


def make_the_keys(company: Company) -> None:
    """President and two delegates make their keys, the others act with theirs, until the ceremony is over."""
    visitor = company.visitor
    assert visitor.follows_the_guide() == "Faire les clés du bureau"
    visitor.reads_the_identities()
    names = [visitor.finds_people("président")[0], *visitor.finds_people("délégué")[:2]]
    for holder, name in zip(company.holders, names, strict=True):
        holder.signs_in(visitor.finds(name))
        holder.makes_a_key()
    visitor.lets_the_other_members_act()
    company.president.unlocks_the_key()
    for delegate in company.delegates:
        delegate.learns_that_others_acted()
    for holder in company.holders:
        holder.commits()
    visitor.lets_the_other_members_act()
    for holder in company.holders:
        holder.learns_that_others_acted()
        holder.computes_the_share()
    for holder in company.holders:
        holder.sees_the_key_ready()


def vote(company: Company) -> dict[str, str]:
    """The voter goes from the e-mail to the receipts; return what she chose, by contest."""
    voter, visitor = company.voter.is_given(company.visitor.finds("3 scrutins")), company.visitor
    assert visitor.follows_the_guide() == "Voter"
    voter.visits_the_portal()
    voter.identifies_herself()
    voter.opens_her_mailbox()
    voter.opens_her_link()
    voter.makes_her_password()
    voter.activates_her_account()
    contests = voter.reads_the_lists()
    voter.enters_the_booth()
    voter.types_her_code()
    choices, receipts = {}, []
    for contest, wanted in zip(contests, CHOICES, strict=True):
        voter.opens_the_contest(contest)
        offered = voter.offered()
        choices[contest] = chosen = wanted if wanted == BLANK else offered[wanted - 1]
        voter.chooses(chosen)
        voter.reviews()
        receipts.append(voter.votes())
        assert_proof_is_silent(company, receipts[-1], contest, offered)
        voter.goes_back_to_her_contests()
    voter.looks("booth-contests-done")
    company.president.follows_the_vote(contests[0])
    voter.looks_for_her_ballot(receipts[0].tracker)
    return choices


def assert_proof_is_silent(company: Company, receipt: ReceiptSeen, contest: str, offered: list[str]) -> None:
    """The PDF holds contest and reference, and nothing of what could be chosen."""
    words = company.voter.downloads_the_proof(company.folder / "voter")
    assert receipt.contest == contest
    assert receipt.tracker in words
    assert "".join(contest.split()) in words
    assert [name for name in offered if "".join(name.split()) in words] == []


def count(company: Company, contests: list[str]) -> None:
    """President and two delegates decrypt with their key files; the president establishes each result."""
    assert company.visitor.follows_the_guide() == "Dépouiller avec les clés"
    shown = company.president.decrypts()
    assert shown == {name: company.president.reads_the_fingerprint_of_the_total(name) for name in contests}
    assert [delegate.decrypts() for delegate in company.delegates] == [shown, shown]
    for contest in contests:
        company.president.establishes_the_result(contest)


def publish_and_read(company: Company, choices: dict[str, str]) -> list[tuple[ResultSeen, str]]:
    """The bureau signs and publishes; return what anybody reads of each contest, with what was chosen there."""
    for contest in choices:
        company.president.signs_the_minutes(contest)
        company.delegates[0].signs_the_minutes(contest)
        company.president.publishes(contest)
    citizen = company.citizen
    assert sorted(citizen.reads_the_results()) == sorted(choices)
    seen = [citizen.reads_the_result_of(contest, company.folder) for contest in choices]
    return [
        (result, "Votes blancs" if chosen == BLANK else chosen)
        for result, chosen in zip(seen, choices.values(), strict=True)
    ]


def assert_verifiers_accept(seen: ResultSeen) -> None:
    """Our program and belenios-tool both accept the archive taken from the page, whose fingerprint the page says."""
    assert hashlib.sha256(seen.archive.read_bytes()).hexdigest() == seen.sha256
    ours = Path(sys.executable).with_name("isoloir-verify")
    run = subprocess.run([ours, str(seen.archive)], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    theirs = subprocess.run([ROOT / "tools/get-belenios-tool"], check=True, capture_output=True, text=True)
    urn = seen.archive.parent / f"urn-{seen.archive.stem}"
    urn.mkdir()
    seen.archive.rename(urn / seen.archive.name)
    run = subprocess.run(
        [theirs.stdout.splitlines()[-1], "election", "verify", "--dir", str(urn)],
        check=False, capture_output=True, text=True, env={**os.environ, "BELENIOS_USE_URANDOM": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
