"""What voters do with their accounts, in the words of tests: ask, open the mail, activate, sign in."""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.db import connection

from isoloir.captcha.actions import PassedChallenge
from isoloir.elections.models import Election
from isoloir.identity.actions import NewSession, activate_account, authenticate_voter
from isoloir.identity.challenge import install_default_questions, offered_questions
from isoloir.identity.errors import IdentityRefused
from isoloir.identity.links import draft_link, new_token
from isoloir.identity.models import ChallengeQuestion, OneTimeLink
from isoloir.identity.passwords import hash_password
from isoloir.identity.requests import answer_requests, request_link
from isoloir.roll.models import Voter
from tests.electorate import BEFORE, PASSWORD

ACTIVATION, NEW_PASSWORD = OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD
HOME, ELSEWHERE = "192.0.2.10", "198.51.100.77"
WRONG = "Autre-Chose-Secrete-1"
ANSWER = "la boîte à biscuits bleue"
_LINK = re.compile(r"/(?:activation|nouveau-mot-de-passe)/([\w-]+)/")


def token_in(body: str) -> str:
    found = _LINK.search(body)
    assert found, body
    return found[1]


def ask(election: Election, address: str, *, purpose: OneTimeLink.Purpose = ACTIVATION, at: datetime = BEFORE) -> None:
    """Ask for a link, and let the worker answer."""
    request_link(election=election, address=address, purpose=purpose, at=at)
    answer_requests(at=at)


def give_link(voter: Voter, purpose: OneTimeLink.Purpose = ACTIVATION, *, at: datetime = BEFORE) -> str:
    """Write a link as the worker does; return its token."""
    token = new_token()
    draft_link(voter_id=voter.pk, purpose=purpose, token=token, at=at, hours=voter.election.link_hours).save()
    return token


def first_question(election: Election) -> ChallengeQuestion:
    install_default_questions(election)
    question = offered_questions(election).first()
    assert question is not None
    return question


def activate_by_link(token: str, election: Election, *, password: str = PASSWORD, at: datetime = BEFORE) -> NewSession:
    return activate_account(
        token=token, password_hash=hash_password(password), question=first_question(election), answer=ANSWER, at=at
    )


def try_password(
    election: Election,
    address: str,
    password: str,
    *,
    at: datetime = BEFORE,
    network: str = HOME,
    captcha: PassedChallenge | None = None,
) -> NewSession:
    return authenticate_voter(
        election=election, address=address, password=password, network=network, captcha=captcha, at=at
    )


def at_once(act: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
    """Run `act` in one thread per argument; return results, and the types of refusals."""
    arguments = list(arguments)

    def run(argument: Any) -> Any:
        try:
            return act(argument)
        except IdentityRefused as refused:
            return type(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(run, arguments))
