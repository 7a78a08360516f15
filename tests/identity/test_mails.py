"""E-mails are in the language of the account, and, before there is one, in that of the page; campaigns speak both."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.credentials.reissue import mails as reissue_mails
from isoloir.credentials.reissue.confirmation import code_replaced
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES
from isoloir.identity import mails
from isoloir.identity.models import LinkRequest, VoterAccount
from isoloir.identity.requests import answer_requests
from isoloir.identity.voters import LANGUAGES, choose_language, language_of
from tests import electorate
from tests.account_acts import ACTIVATION, NEW_PASSWORD, ask
from tests.electorate import BEFORE, activate, make_election, make_voter
from tests.web.test_english import french_in

pytestmark = pytest.mark.django_db
ROOMS = Path(__file__).resolve().parents[2] / "isoloir"
# One campaign says the same to all, in both languages.
_IN_FRENCH_ONLY = {"invitation.txt", "reminder.txt"}


def sentences_of(mail: mails.Mail) -> list[str]:
    _recipient, subject, body = mail
    return [subject, *(line for line in body.splitlines() if line)]


def english_voter():
    voter = make_voter(make_election())
    activate(voter)
    choose_language(voter, language="en")
    voter.account.refresh_from_db()
    return voter


def test_the_languages_of_letters_are_those_of_the_pages():
    assert tuple(code for code, _name in settings.LANGUAGES) == LANGUAGES


def test_every_letter_is_written_in_both_languages():
    folders = [path for path in ROOMS.glob("*/templates/*/mail") if (path / "fr").is_dir()]
    assert {path.parent.name for path in folders} >= {"identity", "credentials", "pollingstation"}
    for folder in folders:
        french, english = ({path.name for path in (folder / code).glob("*.txt")} for code in ("fr", "en"))
        assert french - _IN_FRENCH_ONLY == english, folder


def test_all_that_is_written_to_a_voter_who_chose_english_is_english():
    voter = english_voter()
    policy = next(iter(DEFAULT_POLICIES.values()))
    written = [
        mails.lost_password(voter, recipient=voter.email, token="t", at=BEFORE),
        mails.account_suspended(voter, recipient=voter.email),
        *mails.password_changed(voter, at=BEFORE),
        reissue_mails.reissue_link(voter, recipient=voter.email, token="t", expires=BEFORE, account_link="https://a/"),
        *code_replaced(voter, contests=["S1"], at=BEFORE),
    ]
    for mail in written:
        assert [sentence for sentence in sentences_of(mail) if french_in(sentence)] == []
        assert "Dear Mme DUPONT," in mail[2]
        assert "Permanent address of the portal" in mail[2]
    asked = reissue_mails.reissue_asked(voter, policy=policy, channel="email", at=BEFORE)
    assert "A new voting code was requested for you on" in asked[0][2]
    assert reissue_mails.reissue_sms(token="t", language="en").startswith("Make your new voting code:")


def test_all_that_is_written_to_another_voter_is_french():
    voter = make_voter(make_election())
    activate(voter)
    assert language_of(voter) == "fr"
    _recipient, subject, body = mails.lost_password(voter, recipient=voter.email, token="t", at=BEFORE)
    assert subject == "Votre lien pour les élections : nouveau mot de passe"
    assert body.startswith("Bonjour Mme DUPONT,\n")


@pytest.mark.parametrize("write", [mails.invitation, mails.reminder])
def test_a_campaign_is_french_and_ends_with_a_paragraph_in_english(write):
    voter = make_voter(make_election())
    _recipient, _subject, body = write(voter, election=voter.election, token="t", at=BEFORE)
    assert body.index("Bonjour") < body.index("In English — The vot" if "The vot" in body else "In English — Your")
    [english] = [line for line in body.splitlines() if line.startswith("In English")]
    assert "(Paris time)" in english


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("fr", "Votre lien pour les élections : activation de votre compte"),
        ("en", "Your link for the elections: activate your account"),
    ],
)
def test_who_has_no_account_is_answered_in_the_language_of_the_page(client, outbox, election, language, subject):
    voter = make_voter(election)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    electorate.identify(client, voter.email)
    answer_requests(at=electorate.read_clock())
    assert [sent for _recipient, sent, _body in outbox()] == [subject]


def test_a_request_of_the_release_before_is_answered_in_french(election, outbox):
    voter = make_voter(election)
    key = voter.email.encode()
    sealed = SecretBox(ensure_secret("link-request-key")).encrypt((len(key).to_bytes(2, "big") + key).ljust(256, b"\0"))
    LinkRequest.objects.create(election=election, purpose=ACTIVATION, sealed=bytes(sealed), asked_at=BEFORE)
    answer_requests(at=BEFORE)
    assert [body.startswith("Bonjour") for _recipient, _subject, body in outbox()] == [True]


def test_a_signed_in_voter_who_switches_the_language_is_written_to_in_it(client, election, outbox):
    voter = make_voter(election, electorate.make_contest(election))
    activate(voter)
    electorate.sign_in(client, voter.email)
    client.post("/langue/", {"language": "en", "next": "/espace/"})
    assert VoterAccount.objects.get(voter=voter).language == "en"
    Client().post("/langue/", {"language": "fr", "next": "/"})
    client.post("/langue/", {"language": "xx", "next": "/"})
    client.get("/langue/")
    assert VoterAccount.objects.get(voter=voter).language == "en"
    ask(election, voter.email, purpose=NEW_PASSWORD, at=electorate.read_clock())
    assert [subject for _recipient, subject, _body in outbox()] == ["Your link for the elections: new password"]
