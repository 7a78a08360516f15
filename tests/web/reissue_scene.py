"""A voter who lost her notice, in front of the portal: her account, her identifiers, a real registrar, what was sent."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from nacl.secret import SecretBox

from isoloir.captcha.actions import issue_challenge
from isoloir.common.secretfiles import ensure_secret
from isoloir.credentials.identifiers import keyed_hash, normalise_nir
from isoloir.credentials.reissue.identifiers import identifier_pepper
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES
from isoloir.elections.models import Election
from isoloir.identity.challenge import normalise_answer
from isoloir.identity.models import ChallengeQuestion, VoterAccount
from isoloir.identity.sessions import open_session
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter, VoterIdentifiers
from tests import electorate
from tests.factories import BEFORE, DURING
from tests.reissue_world import ReissueWorld, make_reissue_world, nir_of, serve_in_process

QUESTION = "Quel mot inventé disait-on chez vous ?"
ANSWER = "Roudoudou bleu"
FORM = "/vote/code/reassort/question/"
WAYS = "/vote/code/reassort/"
SENT = "/vote/code/reassort/demande/"


@dataclass
class ReissueScene:
    """The election, and its voters as clients of the portal."""

    world: ReissueWorld

    def voter(self, number: int = 0) -> Voter:
        return Voter.objects.select_related("election", "account").get(pk=self.world.world.voters[number].pk)

    @property
    def election(self) -> Election:
        return Election.objects.get(pk=self.world.world.election.pk)

    def set(self, **changes: Any) -> None:
        Election.objects.filter(pk=self.election.pk).update(**changes)

    def client(self, number: int = 0, *, at: datetime | None = None) -> Client:
        """Return a browser in which this voter is signed in."""
        client = Client()
        session = client.session
        open_session(session, voter=self.voter(number), at=at or electorate.read_clock())
        session.save()
        client.cookies["sessionid"] = session.session_key
        return client

    def filled(self, number: int = 0, **changes: str) -> dict[str, str]:
        """Return the form of the challenge question as this voter fills it in."""
        return {
            "answer": ANSWER, "numen_or_nir": nir_of(self.voter(number)), "channel": "sms",
            "phone": f"06 12 34 56 7{number}", "email": "", **captcha(), **changes,
        }  # fmt: skip

    def ask(self, client: Client, number: int = 0, **changes: str) -> Any:
        return client.post(FORM, self.filled(number, **changes))

    def link(self) -> str:
        """Return the path of the newest link that was sent to a telephone or to a private address."""
        return re.findall(r"/reassort/[\w-]+/", " ".join(text for _recipient, text in sent()))[-1]

    def opened(self, client: Client, number: int = 0) -> dict[str, Any]:
        """Ask, open the link and go on; return the state of the page where the code is made."""
        assert self.ask(client, number).url == SENT
        assert client.post(self.link()).url == "/vote/code/nouveau/"
        state: dict[str, Any] = client.get("/vote/code/nouveau/etat.json").json()
        return state


def captcha() -> dict[str, str]:
    return {"captcha_0": issue_challenge(at=electorate.read_clock()), "captcha_1": "00000"}


def sent() -> list[tuple[str, str]]:
    """Return whom the outbox writes to, and all that it tells them."""
    box = SecretBox(ensure_secret("message-key"))
    rows = [json.loads(box.decrypt(bytes(row.sealed))) for row in Message.objects.order_by("pk")]
    return [(row[0], json.dumps(row[1:], ensure_ascii=False)) for row in rows]


def give_account(voter: Voter, question: ChallengeQuestion) -> None:
    VoterAccount.objects.create(
        voter=voter, password=make_password("Chouette-Effraie-7"), activated_at=BEFORE, password_set_at=BEFORE,
        question=question, answer=make_password(normalise_answer(ANSWER)),
    )  # fmt: skip


@contextmanager
def reissue_scene_at(folder: Path, *, contests: int = 2) -> Iterator[ReissueScene]:
    """Make the scene, the clock being in the first hours of the vote; no database of its own."""
    electorate.set_clock(DURING)
    world = make_reissue_world(folder, voters=2, contests=contests)
    policies = [policy.as_json() for policy in DEFAULT_POLICIES.values()]
    Election.objects.filter(pk=world.world.election.pk).update(reissue_policies=policies)
    question = ChallengeQuestion.objects.create(
        election=world.world.election, position=50, text_fr=QUESTION, text_en="Which made-up word?"
    )
    for voter in world.world.voters:
        give_account(voter, question)
        hashed = keyed_hash(
            identifier_pepper(), kind="nir", reference=voter.reference, text=normalise_nir(nir_of(voter))
        )
        VoterIdentifiers.objects.create(voter=voter, nir=hashed)
    with serve_in_process(world):
        yield ReissueScene(world)
