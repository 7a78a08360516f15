"""An answer counts once, right or wrong, whatever happens at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from isoloir.captcha.actions import check_answer, issue_challenge
from isoloir.captcha.challenges import read_challenge
from isoloir.captcha.errors import CaptchaExpired, CaptchaRefused, CaptchaUsed, CaptchaWrong
from isoloir.captcha.models import UsedChallenge
from isoloir.captcha.work import check_work, work_target
from tests.captcha.searching import search_number

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _our_own_backend(settings):
    settings.CAPTCHA_BACKEND = "local"


def code_of(token):
    return read_challenge(token, at=NOW).code


def other_than(code):
    return f"{(int(code) + 1) % 100_000:05d}"


def test_making_a_challenge_asks_nothing_of_the_database(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        issue_challenge(at=NOW)


@pytest.mark.django_db
def test_right_code_is_accepted_once():
    token = issue_challenge(at=NOW)
    check_answer(token=token, answer=code_of(token), at=NOW)
    with pytest.raises(CaptchaUsed):
        check_answer(token=token, answer=code_of(token), at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("dress", [" {} ", "{}\n", "\t{}"])
def test_spaces_around_the_code_are_forgiven(dress):
    token = issue_challenge(at=NOW)
    check_answer(token=token, answer=dress.format(code_of(token)), at=NOW)


@pytest.mark.django_db
def test_spaces_dashes_and_full_width_digits_within_the_code_are_forgiven():
    token = issue_challenge(at=NOW)
    one, two, three, four, five = code_of(token)
    wide = chr(ord(five) - ord("0") + ord("０"))
    check_answer(token=token, answer=f"{one} {two}\u00a0{three}-{four}.{wide}", at=NOW)


@pytest.mark.django_db
def test_right_code_after_a_wrong_one_is_refused():
    token = issue_challenge(at=NOW)
    with pytest.raises(CaptchaWrong):
        check_answer(token=token, answer=other_than(code_of(token)), at=NOW)
    with pytest.raises(CaptchaUsed):
        check_answer(token=token, answer=code_of(token), at=NOW)


@pytest.mark.django_db
def test_code_of_another_challenge_is_refused():
    token, other = issue_challenge(at=NOW), issue_challenge(at=NOW)
    while code_of(token) == code_of(other):
        other = issue_challenge(at=NOW)
    with pytest.raises(CaptchaWrong):
        check_answer(token=token, answer=code_of(other), at=NOW)


@pytest.mark.django_db
def test_code_expires_after_five_minutes():
    token = issue_challenge(at=NOW)
    with pytest.raises(CaptchaExpired):
        check_answer(token=token, answer=code_of(token), at=NOW + timedelta(minutes=5, seconds=1))
    check_answer(token=token, answer=code_of(token), at=NOW + timedelta(minutes=4, seconds=59))


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["", "0" * 10_000_000, "\0", "①②③④⑤", "é", "𝟘" * 64])
def test_whatever_is_sent_instead_of_a_code_is_wrong(answer):
    with pytest.raises(CaptchaWrong):
        check_answer(token=issue_challenge(at=NOW), answer=answer, at=NOW)


@pytest.mark.django_db
def test_token_that_is_none_of_ours_writes_nothing():
    with pytest.raises(CaptchaExpired):
        check_answer(token="A" * 150, answer="00000", at=NOW)
    assert not UsedChallenge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_right_answers_at_once_exactly_one_is_accepted():
    token = issue_challenge(at=NOW)
    code = code_of(token)

    def answer(_number):
        try:
            check_answer(token=token, answer=code, at=NOW)
        except CaptchaRefused as refused:
            return type(refused)
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(answer, range(24)))
    assert outcomes.count(None) == 1
    assert outcomes.count(CaptchaUsed) == 23


@pytest.mark.django_db
def test_what_is_written_names_neither_token_nor_code():
    token = issue_challenge(at=NOW)
    check_answer(token=token, answer=code_of(token), at=NOW)
    row = UsedChallenge.objects.get()
    assert row.expires_at == NOW + timedelta(minutes=5)
    assert row.nonce_hash not in token
    assert len(row.nonce_hash) == 64


@pytest.mark.django_db
def test_rows_of_expired_challenges_go_away_and_those_of_live_ones_stay():
    old = [UsedChallenge(nonce_hash=f"{number:064d}", expires_at=NOW - timedelta(minutes=3)) for number in range(50)]
    live = [UsedChallenge(nonce_hash=f"live{number:060d}", expires_at=NOW) for number in range(5)]
    UsedChallenge.objects.bulk_create([*old, *live])
    answered = 0
    while UsedChallenge.objects.filter(expires_at__lt=NOW).exists() and answered < 2_000:
        token = issue_challenge(at=NOW)
        check_answer(token=token, answer=code_of(token), at=NOW)
        answered += 1
    assert 1 <= answered < 2_000
    assert UsedChallenge.objects.filter(expires_at=NOW).count() == 5
    assert UsedChallenge.objects.count() == answered + 5


@pytest.mark.django_db
def test_answer_costs_few_queries_even_when_it_prunes(django_assert_max_num_queries):
    for _number in range(40):
        token = issue_challenge(at=NOW)
        # Savepoint, insertion, release; then what to take away.
        with django_assert_max_num_queries(4):
            check_answer(token=token, answer=code_of(token), at=NOW)


# ---- The proof of work ----


def proof_for(token):
    challenge = read_challenge(token, at=NOW)
    return search_number(challenge.short, work_target(challenge), challenge.work_maximum)


@pytest.mark.django_db
def test_number_that_the_device_found_is_accepted_once():
    token = issue_challenge(at=NOW)
    check_answer(token=token, answer="", proof=proof_for(token), at=NOW)
    with pytest.raises(CaptchaUsed):
        check_answer(token=token, answer="", proof=proof_for(token), at=NOW)


@pytest.mark.django_db
def test_number_of_another_challenge_is_refused():
    token, other = issue_challenge(at=NOW), issue_challenge(at=NOW)
    while proof_for(token) == proof_for(other):
        other = issue_challenge(at=NOW)
    with pytest.raises(CaptchaWrong):
        check_answer(token=token, answer="", proof=proof_for(other), at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("dress", ["+{}", " {}", "0{}", "{}.0", "-{}", "{}" + "0" * 100, "é"])
def test_number_is_read_strictly(dress):
    token = issue_challenge(at=NOW)
    with pytest.raises(CaptchaWrong):
        check_answer(token=token, answer="", proof=dress.format(proof_for(token)), at=NOW)


@pytest.mark.django_db
def test_wrong_number_is_not_saved_by_a_right_code():
    token = issue_challenge(at=NOW)
    with pytest.raises(CaptchaWrong):
        check_answer(token=token, answer=code_of(token), proof="x", at=NOW)


def test_hidden_numbers_lie_between_nothing_and_the_maximum(settings):
    settings.CAPTCHA_WORK = 3
    found = set()
    for _number in range(200):
        challenge = read_challenge(issue_challenge(at=NOW), at=NOW)
        number = search_number(challenge.short, work_target(challenge), 3)
        check_work(challenge, number)
        found.add(number)
    assert found == {"0", "1", "2", "3"}


def test_bound_of_a_search_is_that_of_its_own_token(settings):
    challenge = read_challenge(issue_challenge(at=NOW), at=NOW)
    target = work_target(challenge)
    settings.CAPTCHA_WORK = 1
    assert work_target(read_challenge(challenge.token, at=NOW)) == target


# ---- Back ends ----


@pytest.mark.django_db
def test_code_of_the_tests_opens_nothing_elsewhere(settings):
    settings.CAPTCHA_BACKEND = "test"
    token = issue_challenge(at=NOW)
    settings.CAPTCHA_BACKEND = "local"
    with pytest.raises(CaptchaExpired):
        check_answer(token=token, answer="00000", at=NOW)


@pytest.mark.django_db
def test_code_of_the_tests_is_always_the_same(settings):
    settings.CAPTCHA_BACKEND = "test"
    for answer, accepted in (("00000", True), ("00001", False), ("0000", False)):
        token = issue_challenge(at=NOW)
        if accepted:
            check_answer(token=token, answer=answer, at=NOW)
        else:
            with pytest.raises(CaptchaWrong):
                check_answer(token=token, answer=answer, at=NOW)


def test_backend_that_does_not_exist_is_an_error(settings):
    settings.CAPTCHA_BACKEND = "none"
    with pytest.raises(KeyError):
        issue_challenge(at=NOW)
