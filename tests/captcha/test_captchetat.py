"""CaptchEtat through the portal: its answers stand, its faults let nobody through and keep nobody out."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from isoloir.captcha.actions import check_answer, issue_challenge
from isoloir.captcha.backends import backend_of
from isoloir.captcha.challenges import read_challenge
from isoloir.captcha.errors import CaptchaExpired, CaptchaUnavailable, CaptchaUsed, CaptchaWrong
from isoloir.captcha.work import work_target
from tests.captcha.captchetat import CLIENT, CODE, PNG, WAV, service
from tests.captcha.searching import search_number

__all__ = ("service",)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_right_answer_is_accepted_once(service):
    token = issue_challenge(at=NOW)
    check_answer(token=token, answer="731 59 02", at=NOW)
    with pytest.raises(CaptchaUsed):
        check_answer(token=token, answer=CODE, at=NOW)
    assert sum("valider-captcha" in line for line in service.asked) == 1


def test_wrong_answer_is_refused(service):
    with pytest.raises(CaptchaWrong):
        check_answer(token=issue_challenge(at=NOW), answer="0000000", at=NOW)


def test_image_comes_within_the_token_and_no_other_can_take_its_place(service):
    token = issue_challenge(at=NOW)
    challenge = read_challenge(token, at=NOW)
    assert challenge.picture == PNG
    assert backend_of(challenge).draw(challenge).media_type == "image/png"
    short, _, picture = token.partition(".")
    assert len(short) < 400
    with pytest.raises(CaptchaExpired):
        read_challenge(f"{short}.{picture[:-4]}AAAA", at=NOW)


def test_sound_is_that_of_the_page_s_language(service):
    for language, style in (("fr", "numerique6_7CaptchaFR"), ("en", "numerique6_7CaptchaEN")):
        with translation.override(language):
            challenge = read_challenge(issue_challenge(at=NOW), at=NOW)
        assert backend_of(challenge).say(challenge, language="fr") == WAV
        assert f"get=sound&c={style}&t=" in service.asked[-1]


def test_short_token_has_no_image_to_draw(service):
    challenge = read_challenge(read_challenge(issue_challenge(at=NOW), at=NOW).short, at=NOW)
    with pytest.raises(CaptchaUnavailable):
        backend_of(challenge).draw(challenge)


def test_bearer_is_asked_once_for_many_codes_and_again_when_it_is_withdrawn(service):
    for _number in range(3):
        issue_challenge(at=NOW)
    assert len(service.bearers) == 1
    service.live_bearers.clear()
    assert read_challenge(issue_challenge(at=NOW), at=NOW).backend == "captchetat"
    assert len(service.bearers) == 2


def test_neither_bearer_nor_secret_reaches_the_token(service):
    token = issue_challenge(at=NOW)
    assert service.bearers[0] not in token
    assert CLIENT["client_secret"] not in token
    assert "uuid" not in token


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("token", (500, b"")),
        ("token", (401, b'{"error": "invalid_client"}')),
        ("token", (200, b"not json")),
        ("token", (200, b'{"token_type": "Bearer"}')),
        ("simple-captcha-endpoint", (503, b"")),
        ("simple-captcha-endpoint", (302, b"")),
        ("simple-captcha-endpoint", (200, b"[]")),
        ("simple-captcha-endpoint", (200, b'{"uuid": "../x", "imageb64": ""}')),
        ("simple-captcha-endpoint", (200, b'{"uuid": "a", "imageb64": "PHN2Zz4="}')),
        ("simple-captcha-endpoint", (200, b'{"uuid": "a", "imageb64": "%s"}' % (b"iVBORw0KGgoA" * 20_000))),
        ("simple-captcha-endpoint", (200, b'{"uuid": 3, "imageb64": null}')),
    ],
)
def test_new_codes_are_our_own_while_the_service_fails(service, place, answer, caplog):
    service.faults[place] = answer
    with caplog.at_level(logging.WARNING, "isoloir.captcha"):
        token = issue_challenge(at=NOW)
    challenge = read_challenge(token, at=NOW)
    assert challenge.backend == "local"
    check_answer(token=token, answer=challenge.code, at=NOW)
    assert len(caplog.records) == 1
    assert CLIENT["client_secret"] not in caplog.text
    assert "bearer-" not in caplog.text


def test_service_that_failed_is_left_alone_for_a_moment(service):
    service.faults["simple-captcha-endpoint"] = (503, b"")
    issue_challenge(at=NOW)
    asked = len(service.asked)
    issue_challenge(at=NOW)
    assert len(service.asked) == asked


@pytest.mark.parametrize("answer", [(500, b""), (200, b'"true"'), (200, b"1"), (200, b""), (302, b"true")])
def test_answer_that_nobody_can_judge_is_refused(service, answer):
    token = issue_challenge(at=NOW)
    service.faults["valider-captcha"] = answer
    with pytest.raises(CaptchaUnavailable):
        check_answer(token=token, answer=CODE, at=NOW)
    assert read_challenge(issue_challenge(at=NOW), at=NOW).backend == "local"


def test_code_that_the_service_has_forgotten_is_a_wrong_answer_and_no_fault(service):
    token = issue_challenge(at=NOW)
    service.codes.clear()
    with pytest.raises(CaptchaWrong):
        check_answer(token=token, answer=CODE, at=NOW)
    assert read_challenge(issue_challenge(at=NOW), at=NOW).backend == "captchetat"


def test_sound_that_is_forgotten_stops_no_new_code(service):
    challenge = read_challenge(issue_challenge(at=NOW), at=NOW)
    service.codes.clear()
    with pytest.raises(CaptchaUnavailable):
        backend_of(challenge).say(challenge, language="fr")
    assert read_challenge(issue_challenge(at=NOW), at=NOW).backend == "captchetat"


def test_service_that_is_not_there_keeps_nobody_out(service, settings):
    settings.CAPTCHETAT_TOKEN_URL = "http://127.0.0.1:9/api/oauth/token"
    assert read_challenge(issue_challenge(at=NOW), at=NOW).backend == "local"


def test_proof_of_work_needs_no_service(service):
    token = issue_challenge(at=NOW)
    challenge = read_challenge(token, at=NOW)
    service.faults["valider-captcha"] = (500, b"")
    number = search_number(challenge.short, work_target(challenge), challenge.work_maximum)
    check_answer(token=token, answer="", proof=number, at=NOW)


def test_code_of_the_service_expires_as_ours_do(service):
    token = issue_challenge(at=NOW)
    with pytest.raises(CaptchaExpired):
        check_answer(token=token, answer=CODE, at=NOW + timedelta(minutes=5))
