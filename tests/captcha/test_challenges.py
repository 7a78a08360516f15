"""The token: it holds everything, and gives nothing away."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from isoloir.captcha.actions import issue_challenge
from isoloir.captcha.challenges import new_challenge, read_challenge
from isoloir.captcha.errors import CaptchaExpired
from isoloir.common.secretfiles import destroy_secret

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _our_own_backend(settings):
    settings.CAPTCHA_BACKEND = "local"


def test_token_read_again_is_the_same_challenge(settings):
    made = new_challenge(backend="local", at=NOW, reference="fr/uuid", picture=b"\x89PNG\r\n\x1a\nimage")
    settings.CAPTCHA_DIGITS, settings.CAPTCHA_WORK = 4, 7
    read = read_challenge(made.token, at=NOW)
    assert read == made
    assert (read.short, read.code, read.digits) == (made.short, made.code, 5)


def test_code_has_the_digits_that_the_settings_say(settings):
    settings.CAPTCHA_DIGITS = 4
    codes = [new_challenge(backend="local", at=NOW).code for _number in range(50)]
    assert {len(code) for code in codes} == {4}
    assert all(code.isdigit() for code in codes)


def test_every_digit_comes_at_every_place():
    codes = [new_challenge(backend="local", at=NOW).code for _number in range(1000)]
    for place in range(5):
        count = Counter(code[place] for code in codes)
        assert set(count) == set("0123456789")
        assert max(count.values()) < 170


def test_code_is_not_in_the_token_and_another_key_makes_another_code():
    challenge = new_challenge(backend="local", at=NOW)
    code = challenge.code
    assert code.encode() not in challenge.nonce
    destroy_secret("captcha-key")
    assert challenge.code != code


def test_token_of_another_deployment_is_refused():
    token = issue_challenge(at=NOW)
    destroy_secret("captcha-key")
    with pytest.raises(CaptchaExpired):
        read_challenge(token, at=NOW)


def test_token_lives_five_minutes_to_the_second():
    token = issue_challenge(at=NOW)
    read_challenge(token, at=NOW + timedelta(minutes=5) - SECOND)
    for late in (timedelta(minutes=5), timedelta(minutes=5) + SECOND):
        with pytest.raises(CaptchaExpired):
            read_challenge(token, at=NOW + late)


def test_token_from_the_future_is_refused_beyond_what_clocks_may_differ():
    token = issue_challenge(at=NOW)
    read_challenge(token, at=NOW - 29 * SECOND)
    with pytest.raises(CaptchaExpired):
        read_challenge(token, at=NOW - 31 * SECOND)


def test_token_altered_anywhere_is_refused():
    token = issue_challenge(at=NOW)
    for place in range(len(token)):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(CaptchaExpired):
            read_challenge(altered, at=NOW)


@pytest.mark.parametrize(
    "make",
    [
        lambda token: "",
        lambda token: ".",
        lambda token: token + "=",
        lambda token: token + "A",
        lambda token: token + ".",
        lambda token: token[:-1],
        lambda token: token + ".AAAA",
        lambda token: " " + token,
        lambda token: token.replace(token[0], "é"),
        lambda token: "A" * 400,
        lambda token: "A" * 10_000_000,
        lambda token: token + "." + "A" * 10_000_000,
        lambda token: "\0" * 100,
    ],
    ids=range(13),
)
def test_what_is_no_token_is_refused(make):
    with pytest.raises(CaptchaExpired):
        read_challenge(make(issue_challenge(at=NOW)), at=NOW)


def test_noise_is_the_same_at_each_asking_and_another_for_each_purpose_and_challenge():
    challenge, other = (new_challenge(backend="local", at=NOW) for _number in range(2))
    assert challenge.noise(b"image").random() == challenge.noise(b"image").random()
    assert challenge.noise(b"image").random() != challenge.noise(b"sound").random()
    assert challenge.noise(b"image").random() != other.noise(b"image").random()
