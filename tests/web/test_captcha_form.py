"""Forms that ask for a CAPTCHA: judged last, once, and another code after any failure."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from isoloir.captcha.actions import issue_challenge
from isoloir.captcha.models import UsedChallenge
from tests.web.captcha_urls import TrialForm

pytestmark = pytest.mark.urls("tests.web.captcha_urls")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def sent(at=NOW, **values):
    query = QueryDict(mutable=True)
    query.update({"name": "Anne", "password": "secret", **values})
    return TrialForm(query, place="identification", at=at)


def sent_with_code(code="00000", at=NOW, **values):
    return sent(at, captcha_0=issue_challenge(at=NOW), captcha_1=code, **values)


@pytest.mark.django_db
def test_form_with_the_right_code_is_valid_once():
    token = issue_challenge(at=NOW)
    form = sent(captcha_0=token, captcha_1="00000")
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"name": "Anne", "password": "secret"}
    again = sent(captcha_0=token, captcha_1="00000")
    assert not again.is_valid()
    assert again.errors == {"captcha": ["Ce code a déjà servi. En voici un autre."]}


@pytest.mark.django_db
def test_spaces_in_the_code_are_forgiven():
    assert sent_with_code(" 00 0 00 ").is_valid()


@pytest.mark.django_db
def test_wrong_code_shows_another_and_keeps_the_rest_but_the_password():
    form = sent_with_code("12345")
    assert not form.is_valid()
    assert list(form.errors) == ["captcha"]
    page = str(form)
    assert form.data["captcha_0"] not in page
    assert form.challenge.token in page
    assert "12345" not in page
    assert 'value="Anne"' in page
    assert "secret" not in page


@pytest.mark.django_db
def test_expired_code_says_so_and_shows_another():
    form = sent_with_code(at=NOW + timedelta(minutes=6))
    assert not form.is_valid()
    assert "cinq minutes" in form.errors["captcha"][0]
    assert form.challenge.token != form.data["captcha_0"]


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [{"name": ""}, {"name": "Personne"}])
def test_code_is_not_judged_while_something_else_is_wrong_and_stays_on_the_page(fault, django_assert_num_queries):
    form = sent_with_code("1 2345", **fault)
    with django_assert_num_queries(0):
        assert not form.is_valid()
        page = str(form)
    assert "captcha" not in form.errors
    assert form.data["captcha_0"] in page
    assert 'value="1 2345"' in page
    assert not UsedChallenge.objects.exists()


@pytest.mark.django_db
def test_code_left_out_is_asked_for_without_using_it_up():
    form = sent_with_code("")
    assert form.errors == {"captcha": ["Recopiez les chiffres de l’image ou du son."]}
    assert form.data["captcha_0"] in str(form)
    assert not UsedChallenge.objects.exists()


@pytest.mark.django_db
def test_form_refused_later_by_an_act_shows_another_code():
    form = sent_with_code()
    assert form.is_valid()
    form.add_error(None, "Trop d’essais.")
    assert form.data["captcha_0"] not in str(form)
    assert form.typed_code == ""


@pytest.mark.django_db
def test_button_for_another_code_is_neither_a_fault_nor_an_answer(django_assert_num_queries):
    form = sent_with_code("000", name="", **{"new-captcha": "1"})
    with django_assert_num_queries(0):
        assert form.wants_new_captcha
        assert not form.is_valid()
        assert not form.errors
        page = str(form)
    assert form.data["captcha_0"] not in page
    assert 'value="000"' not in page
    assert "autofocus" in page
    assert "Erreur" not in page


def test_form_of_a_place_without_captcha_asks_for_none(settings):
    settings.CAPTCHA_PLACES = {"new-password"}
    form = sent(**{"new-captcha": "1"})
    assert not form.wants_new_captcha
    assert form.is_valid()
    assert "captcha" not in form.fields


def test_captcha_is_the_last_field():
    form = TrialForm(place="identification", at=NOW)
    assert list(form.fields) == ["name", "password", "captcha"]


def test_page_with_a_captcha_asks_nothing_of_the_database(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = str(TrialForm(place="identification", at=NOW))
    assert 'name="captcha_0"' in page


@pytest.mark.django_db
def test_label_error_and_field_are_tied():
    form = sent_with_code("1")
    page = str(form)
    assert '<label class="field__label" for="id_captcha">' in page
    assert 'id="id_captcha_error"' in page
    assert 'aria-invalid="true" aria-describedby="id_captcha_error"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"captcha_0": "", "captcha_1": "00000"},
        {"captcha_0": "é" * 50, "captcha_1": "00000"},
        {"captcha_0": "A" * 300_000, "captcha_1": "00000"},
        {"captcha_0": ".", "captcha_1": "00000"},
        {"captcha_0": "AAAA.AAAA", "captcha_1": "0" * 300_000},
        {"captcha_0": "\0", "captcha_1": "\0", "captcha_2": "\0"},
    ],
)
def test_whatever_is_sent_instead_of_a_token_is_refused_with_a_new_code(values):
    form = sent(**values)
    assert not form.is_valid()
    assert list(form.errors) == ["captcha"]
    assert len(str(form)) < 20_000
    assert not UsedChallenge.objects.exists()
