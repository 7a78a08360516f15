"""Views are closed unless they say otherwise, and error pages survive what broke the page."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from isoloir.web import views
from isoloir.web.access import audience
from isoloir.web.middleware import ClientAddressMiddleware

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(settings):
    settings.ROOT_URLCONF = "tests.web.trial_urls"
    return Client(raise_request_exception=False)


def test_view_without_audience_is_an_error_in_tests(trial):
    with pytest.raises(ImproperlyConfigured, match="open_view does not say its audience"):
        Client().get("/essai/sans-marque/")


def test_view_without_audience_does_not_exist_in_production(trial, settings):
    settings.UNMARKED_VIEW_RAISES = False
    answer = trial.get("/essai/sans-marque/")
    assert answer.status_code == 404
    assert "la porte bat" not in answer.content.decode()


def test_unknown_audience_is_refused_when_it_is_written():
    with pytest.raises(ValueError, match="unknown audience"):
        audience("everybody")


def test_broken_view_gets_a_neutral_page(trial):
    answer = trial.get("/essai/panne/")
    assert answer.status_code == 500
    assert "Le portail a rencontré une panne" in answer.content.decode()
    assert "the inside of the house" not in answer.content.decode()


def test_missing_page_is_neutral_and_says_the_way_back(trial):
    answer = trial.get("/nulle-part/")
    assert answer.status_code == 404
    assert 'href="/"' in answer.content.decode()


def test_host_that_is_not_ours_gets_a_bad_request(trial, settings):
    settings.ALLOWED_HOSTS = ["elections.example"]
    answer = trial.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400


def test_form_in_another_encoding_gets_a_bad_request():
    # Raised while the form is read, hence again while the page of the error looks for the form's protection mark.
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get("/identification/")
    form = "application/x-www-form-urlencoded; charset=utf-7"
    answer = client.post("/identification/", b"email=x", content_type=form)
    assert answer.status_code == 400
    assert b"<h1>" in answer.content


def test_refused_form_leaves_no_one_time_link_in_the_logs(caplog, settings):
    configured = settings.LOGGING["loggers"]["django.security.csrf"]
    assert configured == settings.LOGGING["loggers"]["django.request"]
    token = "jeton-d-un-lien-a-usage-unique"
    answer = Client(enforce_csrf_checks=True).post(f"/activation/{token}/", {"password": "x"})
    assert answer.status_code == 403
    assert token not in caplog.text


def test_fault_is_logged_in_one_line_without_what_was_asked_or_sent(trial, caplog, settings):
    token = "jeton-d-un-lien-a-usage-unique"
    assert trial.get(f"/essai/lien/{token}/").status_code == 500
    ours = [record for record in caplog.records if record.name == "isoloir.web"]
    assert [record.getMessage() for record in ours] == ["RuntimeError in view broken_link"]
    assert ours[0].exc_info is None
    # Django's own line holds the path: the configuration keeps it out of the log.
    assert settings.LOGGING["loggers"]["django.request"]["level"] == "CRITICAL"
    assert token not in caplog.text


def test_missing_page_is_no_fault(trial, caplog):
    trial.get("/resultats/nulle-part/")
    assert not [record for record in caplog.records if record.name == "isoloir.web"]


@pytest.mark.parametrize("template", ["400.html", "403.html", "403_csrf.html", "404.html", "413.html", "500.html"])
def test_error_page_survives_a_dead_database(rf, monkeypatch, template):
    def fail(*_arguments, **_options):
        raise DatabaseError("no connection")

    monkeypatch.setattr("isoloir.web.context.Election.objects.current", fail)
    answer = views._page(rf.get("/"), template, 500)
    assert b"<h1>" in answer.content


def test_error_page_survives_a_broken_template(rf, monkeypatch):
    def fail(*_arguments, **_options):
        raise LookupError("no template")

    monkeypatch.setattr(views, "render_to_string", fail)
    answer = views.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "Revenir à l’accueil" in answer.content.decode()


# ---- The length of a request ----


def post_saying_length(path: str, length: str, **headers: str) -> HttpResponse:
    return Client(enforce_csrf_checks=True).post(
        path, b"x", content_type="application/octet-stream", CONTENT_LENGTH=length, headers=headers
    )


def test_body_that_is_too_long_is_refused_before_it_is_read(settings):
    answer = post_saying_length("/identification/", str(settings.LONGEST_BODY + 1))
    assert answer.status_code == 413
    assert "Cet envoi est trop volumineux" in answer.content.decode()
    assert answer.headers["Content-Security-Policy"]
    assert not answer.cookies


def test_visitor_reads_the_refusal_of_a_long_body_in_their_language(settings):
    answer = post_saying_length("/identification/", str(settings.LONGEST_BODY + 1), **{"accept-language": "en"})
    assert "too large" in answer.content.decode()


def test_booth_gets_the_refusal_of_a_long_body_as_json(settings):
    answer = post_saying_length("/vote/possession/", str(settings.LONGEST_BODY + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert answer.json()["message"]


@pytest.mark.parametrize("length", ["2097152", "", "beaucoup", "-1"])
def test_body_within_the_bound_or_of_unknown_length_reaches_the_next_door(length):
    # It has no protection mark.
    assert post_saying_length("/identification/", length).status_code == 403


def test_console_receives_longer_files_and_yet_not_endless_ones(settings):
    assert post_saying_length("/console/", str(settings.LONGEST_BODY + 1)).status_code == 403
    assert post_saying_length("/console/", str(settings.LONGEST_UPLOAD + 1)).status_code == 413


# ---- The visitor's address ----


@pytest.mark.parametrize(
    ("header", "written", "expected"),
    [
        ("", "198.51.100.7", "127.0.0.1"),
        ("X-Real-IP", "198.51.100.7", "198.51.100.7"),
        ("X-Real-IP", "2001:db8::7", "2001:db8::7"),
        ("X-Real-IP", "198.51.100.7, 10.0.0.1", "127.0.0.1"),
        ("X-Real-IP", "<script>", "127.0.0.1"),
    ],
)
def test_address_of_the_visitor_is_read_from_the_proxys_header_only_when_there_is_one(
    rf, settings, header, written, expected
):
    settings.CLIENT_ADDRESS_HEADER = header
    seen = []
    middleware = ClientAddressMiddleware(lambda request: seen.append(request.META["REMOTE_ADDR"]) or HttpResponse())
    middleware(rf.get("/", headers={"x-real-ip": written}))
    assert seen == [expected]
