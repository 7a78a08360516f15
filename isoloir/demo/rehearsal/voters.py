"""A voter who acts over HTTP as the booth does: link, password, code, ballots, receipts."""

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from isoloir_protocol.ballots import create_ballot, tracker_of
from isoloir_protocol.credentials import derive_secret, generate_code, public_credential
from isoloir_protocol.election import read_election
from isoloir_protocol.group import Element
from isoloir_protocol.possession import prove_possession
from isoloir_protocol.register import prove_new_key, reissue_message
from nacl.signing import VerifyKey

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_CAPTCHA = re.compile(r'name="captcha_0"[^>]* value="([^"]+)"')
_QUESTION = re.compile(r'<option value="(\d+)"')
# The CAPTCHA's own test back end, which production refuses, has the same code for every picture.
_TEST_CODE = "00000"
_TIMEOUT = httpx.Timeout(60.0)


class RehearsalFailed(RuntimeError):
    """The portal did not do what a voter may expect; the message says what was expected."""


@dataclass
class Cast:
    """A ballot that the portal acknowledged: its contest, choice vector and signed receipt."""

    contest: str
    choice: int
    tracker: str
    receipt: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Renewal:
    """How a voter who lost the code has another made: what is proved, and where the link goes (`sms` or `email`)."""

    numen: str
    channel: str
    contact: str
    find_link: Callable[[], str] = field(repr=False)


class HttpVoter:
    """One voter with an own cookie jar. `address` is the portal's, for instance http://127.0.0.1:8000."""

    def __init__(self, address: str, *, code: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=_TIMEOUT, follow_redirects=True, trust_env=False)
        self._code = code
        self._answer = ""

    def close(self) -> None:
        self._http.close()

    def open_account(self, link: str) -> None:
        """Follow the one-time link, make a password, choose a challenge question, activate the account."""
        page = self._expect(self._http.get(httpx.URL(link).raw_path.decode()), "the one-time link opens")
        password = f"Aa1!{secrets.token_urlsafe(12)}"
        page = self._send(page, "the password is accepted", password=password, confirmation=password)
        question = _QUESTION.search(page.text)
        if question is None:
            raise RehearsalFailed("no challenge question is offered")
        self._answer = answer = secrets.token_hex(8)
        page = self._send(page, "the account is activated", question=question[1], answer=answer, answer_again=answer)
        if not page.url.path.startswith("/espace"):
            raise RehearsalFailed("the challenge question or its answer was refused")

    def renew_code(self, renewal: Renewal) -> None:
        """Ask for a new code by the challenge question, follow the link, and make the code as the page does."""
        page = self._expect(self._http.get("/vote/code/reassort/question/"), "a new code may be asked for")
        contact = {"sms": "phone", "email": "email"}[renewal.channel]
        proofs = {"answer": self._answer, "numen_or_nir": renewal.numen}
        page = self._send(
            page, "the proofs are accepted", channel=renewal.channel, **proofs, **{contact: renewal.contact}
        )
        if page.url.path != "/vote/code/reassort/demande/":
            raise RehearsalFailed("the proofs of a voter who lost the code were refused")
        page = self._expect(self._http.get(httpx.URL(renewal.find_link()).raw_path.decode()), "the new link opens")
        self._send(page, "the link leads to the new code")
        state = self._expect(self._http.get("/vote/code/nouveau/etat.json"), "the new code begins").json()
        code = generate_code(os.urandom)
        keys = [_new_key(contest, code) for contest in state["contests"] if contest["change"]]
        headers = {"X-CSRFToken": state["csrf_token"], "Referer": str(self._http.base_url)}
        self._expect(self._http.post(state["keys_url"], json={"keys": keys}, headers=headers), "the new keys live")
        self._code = code

    def _send(self, page: httpx.Response, expected: str, **fields: str) -> httpx.Response:
        """Send the form of a page back to its own address, with its marks and the CAPTCHA where it has one."""
        mark, captcha = _CSRF.search(page.text), _CAPTCHA.search(page.text)
        if mark is None:
            raise RehearsalFailed(f"expected: {expected}; the page before has no form")
        form = {"csrfmiddlewaretoken": mark[1], **fields}
        if captcha is not None:
            form |= {"captcha_0": captcha[1], "captcha_1": _TEST_CODE}
        return self._expect(self._http.post(str(page.url), data=form), expected)

    def vote(self) -> list[Cast]:
        """Prove the code, then vote at random in every contest that is open; return what was acknowledged."""
        state = self._expect(self._http.get("/vote/etat.json"), "the booth begins").json()
        headers = {"X-CSRFToken": state["csrf_token"], "Referer": str(self._http.base_url)}
        proofs = [self._proof(contest["uuid"], state["challenge"]) for contest in state["contests"]]
        body: dict[str, object] = {"challenge": state["challenge"], "proofs": proofs}
        if state["captcha"]:
            shown = self._expect(self._http.get(state["captcha_url"]), "a CAPTCHA is shown").json()
            body["captcha"] = {"token": shown["token"], "answer": _TEST_CODE, "proof": ""}
        self._expect(self._http.post(state["possession_url"], json=body, headers=headers), "the code is accepted")
        return [self._cast(contest, state, headers) for contest in state["contests"] if contest["state"] == "to_vote"]

    def _proof(self, uuid: str, challenge: str) -> dict[str, object]:
        secret = derive_secret(uuid=uuid, code=self._code)
        proof = prove_possession(secret=secret, challenge=challenge, uuid=uuid, random=os.urandom)
        return {"contest": uuid, "credential": public_credential(secret).text, "proof": proof}

    def _cast(self, contest: dict[str, str], state: dict[str, str], headers: dict[str, str]) -> Cast:
        record = self._expect(self._http.get(contest["election_url"]), "the election record is served").content
        bundle = self._expect(self._http.get(contest["candidates_url"]), "the candidates are served").content
        election = read_election(record)
        lists = [entry["name"] for entry in json.loads(bundle)["lists"]]
        if (
            election.fingerprint != contest["fingerprint"]
            or election.extra["candidates"]["sha256"] != hashlib.sha256(bundle).hexdigest()
            or list(election.questions[0].answers) != lists
        ):
            raise RehearsalFailed("record, fingerprint and candidates do not agree")
        choice = secrets.randbelow(len(lists) + 1)
        vector = [int(position == choice) for position in range(len(lists) + 1)]
        ballot = create_ballot(
            election=election, secret=derive_secret(uuid=contest["uuid"], code=self._code),
            choices=[vector], random=os.urandom,
        )  # fmt: skip
        answer = self._http.post(
            contest["cast_url"], content=ballot, headers={**headers, "Content-Type": "application/json"}
        )
        receipt = self._expect(answer, "the ballot is accepted").json()["receipt"]
        tracker = tracker_of(ballot)
        _check_receipt(receipt, state["receipt_key"], contest["uuid"], tracker)
        return Cast(contest=contest["uuid"], choice=choice, tracker=tracker, receipt=receipt)

    @staticmethod
    def _expect(answer: httpx.Response, expected: str) -> httpx.Response:
        if answer.status_code != httpx.codes.OK:
            raise RehearsalFailed(f"expected: {expected}; got status {answer.status_code}")
        return answer


def _new_key(contest: dict[str, Any], code: str) -> dict[str, object]:
    """Make the public key of a new code for a contest, with the proof that its secret is known."""
    secret = derive_secret(uuid=contest["uuid"], code=code)
    key = public_credential(secret)
    message = reissue_message(
        uuid=contest["uuid"], slot=contest["slot"], generation=contest["generation"],
        previous=Element.parse(contest["previous"]), key=key,
    )  # fmt: skip
    proof = prove_new_key(secret=secret, message=message, random=os.urandom)
    return {"contest": contest["uuid"], "key": key.text, "possession": proof}


def _check_receipt(receipt: dict[str, str], key: str, contest: str, tracker: str) -> None:
    """Check the receipt as the booth does. Raises RehearsalFailed, or BadSignatureError of PyNaCl."""
    VerifyKey(bytes.fromhex(key)).verify(
        b"isoloir-receipt-v1\n" + receipt["text"].encode(), base64.b64decode(receipt["signature"])
    )
    signed = json.loads(receipt["text"])
    if signed["contest"] != contest or signed["tracker"] != tracker:
        raise RehearsalFailed("the receipt is for another ballot")
