"""Elections for tests, made of real parts: keys, ceremonies, slots and seals are those of the product."""

import io
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from isoloir_protocol.ballots import create_ballot
from isoloir_protocol.base58 import random_base58
from isoloir_protocol.credentials import derive_secret, generate_code, generate_uuid, public_credential
from nacl.public import PublicKey, SealedBox
from PIL import Image

from isoloir.board.records import election_record
from isoloir.credentials.links import ensure_link_key
from isoloir.credentials.models import Slot, SlotKey, SlotLink
from isoloir.demo.members import play_ceremony
from isoloir.elections.models import Candidate, CandidateList, Contest, Election, Organisation
from isoloir.identity.models import Account
from isoloir.pollingstation.models import Member, PollingStation, StationContest
from isoloir.pollingstation.sealing import seal_contests
from isoloir.roll.models import RollEntry, Voter, VoterAddress
from isoloir.roll.names import write_names
from isoloir.trustees.models import Ceremony, Trustee, TrusteeGroup

OPENS_AT = datetime(2026, 12, 3, 7, 0, tzinfo=UTC)
CLOSES_AT = datetime(2026, 12, 10, 16, 0, tzinfo=UTC)
BEFORE = OPENS_AT - timedelta(days=1)
DURING = OPENS_AT + timedelta(hours=2)
AFTER = CLOSES_AT + timedelta(minutes=31)


@dataclass
class World:
    """An election with all that its people hold: members' seeds by owner, voters' codes by reference."""

    election: Election
    station: PollingStation
    contests: list[Contest]
    voters: list[Voter]
    president: Account
    secretary: Account
    delegates: list[Account]
    seeds: dict[int, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def contest(self) -> Contest:
        return self.contests[0]

    def ballot(self, voter: Voter, contest: Contest, *, choice: int = 1, code: str | None = None) -> bytes:
        """Return a ballot as the booth would make it: 0 is blank, then the position of the list."""
        secret = derive_secret(uuid=contest.uuid, code=code or self.codes[voter.reference])
        vector = [int(position == choice) for position in range(contest.lists.count() + 1)]
        return create_ballot(election=election_record(contest), secret=secret, choices=[vector], random=os.urandom)


def logo() -> bytes:
    stream = io.BytesIO()
    Image.new("L", (8, 8), 128).save(stream, "PNG")
    return stream.getvalue()


def make_election(*, opens_at: datetime = OPENS_AT, **changes: object) -> Election:
    values: dict[str, object] = {
        "slug": "essai-2026", "name": "Élections d’essai 2026", "organiser": "Académie d’essai",
        "help_line": "01 99 00 00 00", "portal_opens_at": opens_at - timedelta(days=30),
        "lists_shown_at": opens_at - timedelta(days=15), "voting_opens_at": opens_at,
        "voting_closes_at": opens_at + (CLOSES_AT - OPENS_AT), "lists_drawn_on": date(2026, 11, 12), **changes,
    }  # fmt: skip
    return Election.objects.create(**values)


def make_contest(election: Election, code: str, *, lists: int = 2, **changes: object) -> Contest:
    values: dict[str, object] = {
        "uuid": generate_uuid(os.urandom), "code": code, "name": f"Scrutin {code}", "instance": "csa", "kind": "list",
        "seats": 4, **changes,
    }  # fmt: skip
    contest = Contest.objects.create(election=election, **values)
    for position in range(1, lists + 1):
        organisation, _made = Organisation.objects.get_or_create(election=election, name=f"Organisation {position}")
        entry = CandidateList.objects.create(
            contest=contest, position=position, name=f"Liste {position}", logo_png=logo(), logo_text=f"Logo {position}",
            statement="Premier paragraphe.\n\nSecond paragraphe.",
        )  # fmt: skip
        entry.organisations.add(organisation)
        Candidate.objects.bulk_create(
            Candidate(candidate_list=entry, rank=rank, civility="Mme", last_name=f"NOM{rank}", first_names="Anne")
            for rank in range(1, 9)
        )
    return contest


def make_voter(election: Election, contests: list[Contest], number: int = 1) -> Voter:
    voter = Voter.objects.create(
        election=election, reference=f"E{number:05d}", civility="Mme", last_name=f"DUPONT{number}",
        first_names="Fatou", email=f"voter{number}@essai.example", academy="Essai", establishment_code="0990001A", establishment="Lycée d’essai", delivery_lines=["1 rue d’Essai"],
    )  # fmt: skip
    VoterAddress.objects.create(election=election, voter=voter, key=voter.email)
    write_names(RollEntry.objects.bulk_create(RollEntry(voter=voter, contest=contest) for contest in contests))
    return voter


def make_station(
    election: Election, contests: list[Contest], *, delegates: int = 2, code: str = "bvec"
) -> PollingStation:
    ceremony = Ceremony.objects.create(election=election, code=code)
    station = PollingStation.objects.create(
        election=election, code=code, name=f"Bureau {code}", kind="bvec", ceremony=ceremony
    )
    for contest in contests:
        StationContest.objects.create(station=station, contest=contest)
    owner = 0
    for position, (role, threshold, members) in enumerate(
        (("chair", 1, ("president", "secretary")), ("delegates", 2, ("delegate",) * delegates))
    ):
        group = TrusteeGroup.objects.create(ceremony=ceremony, position=position, role=role, threshold=threshold)
        for index, member_role in enumerate(members, start=1):
            owner += 1
            account = Account.objects.create_user(
                email=f"{member_role}{index}-{code}@essai.example", first_names="Prénom", last_name=f"MEMBRE{owner}"
            )
            organisation = (
                Organisation.objects.get_or_create(election=election, name=f"Organisation {index}")[0]
                if member_role == "delegate"
                else None
            )
            Member.objects.create(station=station, account=account, role=member_role, organisation=organisation)
            Trustee.objects.create(group=group, index=index, owner=owner, account=account)
    return station


def issue_codes(voters: list[Voter]) -> dict[str, str]:
    """Do what the authority and the import of slots do, for a few voters; return their codes by reference."""
    codes = {}
    for voter in voters:
        codes[voter.reference] = code = generate_code(os.urandom)
        for entry in voter.entries.select_related("contest"):
            contest = entry.contest
            slot = Slot.objects.create(contest=contest, name=random_base58(22, os.urandom))
            key = public_credential(derive_secret(uuid=contest.uuid, code=code)).text
            SlotKey.objects.create(slot=slot, contest=contest, public_key=key)
            box = SealedBox(PublicKey(bytes.fromhex(ensure_link_key(contest))))
            SlotLink.objects.create(entry=entry, sealed_slot=box.encrypt(slot.name.encode()))
    return codes


def make_world(
    *, voters: int = 2, contests: int = 1, delegates: int = 2, lists: int = 2, sealed: bool = True,
    opens_at: datetime = OPENS_AT,
) -> World:  # fmt: skip
    """Make a whole election; sealed, unless told otherwise, so that it is open at DURING (or from `opens_at` on)."""
    election = make_election(opens_at=opens_at)
    rows = [make_contest(election, f"S{number}", lists=lists) for number in range(1, contests + 1)]
    station = make_station(election, rows, delegates=delegates)
    people = [make_voter(election, rows, number) for number in range(1, voters + 1)]
    accounts = [member.account for member in station.members.select_related("account").order_by("pk")]
    world = World(
        election=election, station=station, contests=rows, voters=people,
        president=accounts[0], secretary=accounts[1], delegates=accounts[2:],
    )  # fmt: skip
    if sealed:
        world.codes = issue_codes(people)
        before = opens_at - timedelta(days=1)
        play_ceremony(station, world.seeds, at=before)
        station.ceremony.refresh_from_db()
        seal_contests(station=station, by=world.president, at=before)
        for contest in rows:
            contest.refresh_from_db()
    return world
