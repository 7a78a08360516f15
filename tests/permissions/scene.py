"""Everyone who may knock at a door, and what is behind: contests sealed, tied and published, and another bureau's."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from isoloir_protocol.draw import canonical_order
from isoloir_protocol.draw_record import AnnouncedContest, announcement_bytes, read_announcement

from isoloir.captcha.actions import issue_challenge
from isoloir.credentials.models import Reissue
from isoloir.demo.members import decrypt
from isoloir.elections.models import Contest, DrawAnnouncement, Election, ListDraw
from isoloir.identity.links import draft_link, new_token
from isoloir.identity.models import Account, ChallengeQuestion, OneTimeLink, StaffRole
from isoloir.messaging.receipts import receipt_secret
from isoloir.pollingstation.closing import close_poll
from isoloir.roll.models import Voter
from isoloir.tally.actions import begin_count, establish_result, publish_result, sign_minutes
from isoloir.tally.minutes import minutes_hash, results_minutes
from isoloir.tally.models import ContestResult
from isoloir.texts.actions import change_text
from isoloir.texts.announcements import publish_announcement
from isoloir.texts.models import Kind
from isoloir.trustees.models import Trustee
from tests import electorate
from tests.assistance.asked import ask_for_help
from tests.claims.made import foreign_claim, made_claims
from tests.electorate import STAFF_PASSWORD
from tests.factories import AFTER, BEFORE, World, make_contest, make_station, make_voter, make_world


@dataclass
class Scene:
    """Clients by person, values by the name that the table uses, and the values that are somebody else's."""

    clients: dict[str, Client]
    values: dict[str, object]
    foreign: dict[str, list[object]]

    def kept_out(self, audience: str, rank: str) -> dict[str, str]:
        """Return what becomes of each person whom such an address does not let in."""
        outcomes = {
            "public": {},
            "voter": dict.fromkeys(
                ("anonymous", "president", "delegate", "stranger", "administrator", "agent"), "identify"
            ),
            "bureau": dict.fromkeys(("anonymous", "voter", "other voter"), "sign in"),
            "desk": dict.fromkeys(("anonymous", "voter", "other voter"), "sign in")
            | dict.fromkeys(("president", "delegate", "stranger", "administrator"), "forbidden"),
            "console": dict.fromkeys(("anonymous", "voter", "other voter"), "sign in")
            | dict.fromkeys(("president", "delegate", "stranger", "agent"), "forbidden"),
        }[audience]
        if audience == "voter" and rank == "own":
            outcomes["other voter"] = "absent"
        if audience == "bureau" and rank != "any":
            outcomes |= {"stranger": "absent", "administrator": "absent", "agent": "absent"}
        if rank == "presiding":
            outcomes["delegate"] = "forbidden"
        return outcomes


def make_scene() -> Scene:
    electorate.set_clock(AFTER)
    world = make_world(voters=2, contests=3)
    sealed, published, tied = world.contests
    _count_and_publish(world, published)
    _tie(tied)
    # Without lists: a delegate reads the roll of a contest where their organisation has one, be it another bureau’s.
    other = make_contest(world.election, "AUTRE", lists=0)
    elsewhere = make_station(world.election, [other], code="autre")
    other_voter = make_voter(world.election, [other], 9)
    stranger = elsewhere.members.get(role="president").account
    administrator = electorate.make_member("administration@essai.example", is_administrator=True)
    agent = electorate.make_member("guichet@essai.example")
    for role in StaffRole.Role:
        StaffRole.objects.create(account=agent, election=world.election, role=role)
    for account in (world.president, world.delegates[0], stranger):
        _give_sign_in(account)
    token = new_token()
    draft_link(
        voter_id=world.voters[1].pk, purpose=OneTimeLink.Purpose.PASSWORD, token=token, at=AFTER, hours=24
    ).save()
    reissue_token = _ask_for_new_code(world)
    members = {
        "president": world.president, "delegate": world.delegates[0], "stranger": stranger,
        "administrator": administrator, "agent": agent,
    }  # fmt: skip
    return Scene(
        clients=_clients({"voter": world.voters[0], "other voter": other_voter}, members),
        values={
            "sealed": sealed, "published": published, "tied": tied, "station": world.station.code, "token": token,
            "reissue_token": reissue_token, "way": "challenge",
            "spoiled": "activation/", "provider": "mailbox", "receipt_secret": receipt_secret("mailbox"),
            "challenge": issue_challenge(at=AFTER), "draw": _drawn(sealed), "position": 1,
            "owner": 1, "notice": "0990001A.pdf", "voter": world.voters[0].pk,
            **_write_texts(world.election), **ask_for_help(world.election, agent), **made_claims(world.voters[0]),
        },
        foreign={"uuid": [other.uuid, "inconnu"], "code": [other.code, "inconnu"], "station": ["autre", "inconnu"]}
        | {"claim": [foreign_claim(other_voter), "R-NCNNV222"], "queued": ["R-NCNNV222"], "piece": [0]},
    )  # fmt: skip


def _clients(voters: dict[str, Voter], members: dict[str, Account]) -> dict[str, Client]:
    """Sign everyone in, each in a browser of their own; nobody in particular stays outside."""
    clients = {"anonymous": Client()}
    for name, voter in voters.items():
        electorate.activate(voter, at=AFTER)
        clients[name] = Client()
        electorate.sign_in(clients[name], voter.email)
    for name, account in members.items():
        clients[name] = Client()
        electorate.sign_in_member(clients[name], account)
    return clients


def _drawn(contest: Contest) -> int:
    """Record a draw of the contest's lists, as announced and made before it was sealed."""
    names = canonical_order(list(contest.lists.values_list("name", flat=True)))
    source_at, shape = BEFORE + timedelta(hours=1), "1:1-99999"
    content = announcement_bytes(
        election="Essai", source="Loto d’essai", source_at=source_at, seed_shape=shape, announced_at=BEFORE,
        contests=[AnnouncedContest(contest.uuid, contest.code, contest.name, names)],
    )  # fmt: skip
    announcement = DrawAnnouncement.objects.create(
        election=contest.election, source="Loto d’essai", source_at=source_at, seed_shape=shape, announced_at=BEFORE,
        announced_by="essai", content=content, sha256=read_announcement(content).sha256, seed="7./",
        drawn_at=source_at, drawn_by="essai",
    )  # fmt: skip
    ListDraw.objects.create(
        announcement=announcement, contest=contest, uuid=contest.uuid, code=contest.code, name=contest.name,
        names=list(names), is_drawn=True,
    )  # fmt: skip
    return announcement.pk


def _ask_for_new_code(world: World) -> str:
    """Let the second voter have asked for a new code; return the token of the link."""
    token = new_token()
    link = draft_link(voter_id=world.voters[1].pk, purpose=OneTimeLink.Purpose.REISSUE, token=token, at=AFTER, hours=24)
    link.save()
    Reissue.objects.create(
        voter=world.voters[1], policy="challenge", channel="sms", grant="0" * 32, link=link, asked_at=AFTER
    )
    return token


def _count_and_publish(world: World, contest: Contest) -> None:
    actor = world.president.email
    begin_count(contest=close_poll(contest=contest, actor=actor, at=AFTER), actor=actor, at=AFTER)
    for trustee in Trustee.objects.filter(group__ceremony=world.station.ceremony).select_related("group", "account"):
        decrypt(contest, trustee, world.seeds[trustee.owner], at=AFTER)
    result = establish_result(contest=contest, actor=actor, at=AFTER)
    digest = minutes_hash(results_minutes(result, world.station))
    sign_minutes(contest=contest, minutes_sha256=digest, shown_sha256=digest, by=world.president, at=AFTER)
    publish_result(contest=contest, by=world.president, at=AFTER)


def _tie(contest: Contest) -> None:
    """Put the contest where a draw by lot is awaited; the count itself is tested elsewhere."""
    Contest.objects.filter(pk=contest.pk).update(state=Contest.State.COUNTED)
    ContestResult.objects.create(
        contest=contest, registered=2, voters=2, blank=0, votes=[1, 1], computed_at=AFTER,
        seats={"draw_needed": [0, 1], "draws": []},
    )  # fmt: skip


def _write_texts(election: Election) -> dict[str, object]:
    """Give the election a text of its own and a challenge question, and return what leads to them."""
    words = {"text_fr": "Bonjour.", "text_en": "Hello."}
    text = change_text(election=election, kind=Kind.EDITO, **words, based_on=0, actor="essai", at=AFTER)
    question = ChallengeQuestion.objects.create(election=election, position=90, text_fr="Laquelle ?", text_en="Which?")
    announced = {"level": "info", **words, "ends_at": AFTER + timedelta(days=900), "actor": "essai", "at": AFTER}
    started = publish_announcement(election=election, starts_at=AFTER - timedelta(days=900), **announced)
    later = publish_announcement(election=election, starts_at=AFTER + timedelta(days=899), **announced)
    return {
        "text_kind": text.kind.value, "text_version": text.number, "question": question.pk,
        "tutorial": "parcours-electeur", "announcement": started.pk, "later_announcement": later.pk,
    }  # fmt: skip


def _give_sign_in(account: Account) -> None:
    account.password = make_password(STAFF_PASSWORD)
    account.save(update_fields=("password",))
    TOTPDevice.objects.create(user=account, name="téléphone")
