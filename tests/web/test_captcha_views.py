"""The image, the sound and another code: open to all, never stored, and nothing written for whoever only looks."""

import io
import wave
from datetime import timedelta

import pytest
from PIL import Image

from isoloir.captcha.actions import issue_challenge
from isoloir.captcha.backends.local import LocalBackend
from isoloir.captcha.challenges import LIFE
from isoloir.captcha.models import UsedChallenge
from isoloir.common.clock import current_time
from isoloir.web.captcha.presentation import present_challenge
from tests.captcha.captchetat import PNG, service

__all__ = ("service",)
pytestmark = [pytest.mark.urls("tests.web.captcha_urls"), pytest.mark.django_db]


@pytest.fixture
def shown(settings):
    settings.CAPTCHA_BACKEND = "local"
    at = current_time()
    return present_challenge(issue_challenge(at=at), at=at)


def test_image_is_drawn_and_never_stored(client, shown, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get(shown.image_url)
    assert answer["Content-Type"] == "image/png"
    assert "no-store" in answer["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size == (520, 180)
    assert client.get(shown.image_url).content == answer.content


def test_sound_follows_the_language_of_the_page(client, shown, django_assert_num_queries):
    with django_assert_num_queries(0):
        french = client.get(shown.sound_url, headers={"Accept-Language": "fr"})
        english = client.get(shown.sound_url, headers={"Accept-Language": "en"})
    assert french["Content-Type"] == english["Content-Type"] == "audio/wav"
    assert "no-store" in french["Cache-Control"]
    assert french.content != english.content
    for answer in (french, english):
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.getnframes() > 0


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-1", 0, 1), ("bytes=100-199", 100, 199), ("bytes=44-", 44, None), ("bytes=5-999999999", 5, None)],
)
def test_sound_comes_in_the_parts_that_a_phone_asks_for(client, shown, asked, first, last):
    whole = client.get(shown.sound_url).content
    last = len(whole) - 1 if last is None else last
    part = client.get(shown.sound_url, headers={"Range": asked})
    assert part.status_code == 206
    assert part["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert part.content == whole[first : last + 1]
    assert "no-store" in part["Cache-Control"]


def test_sound_and_image_are_made_once_however_often_they_are_asked(client, shown, monkeypatch):
    made = []

    def count(name, real):
        def counted(self, challenge, **facts):
            made.append((name, *facts.values()))
            return real(self, challenge, **facts)

        monkeypatch.setattr(LocalBackend, name, counted)

    count("draw", LocalBackend.draw)
    count("say", LocalBackend.say)
    for _time in range(3):
        client.get(shown.sound_url, headers={"Range": "bytes=0-0", "Accept-Language": "fr"})
        client.get(shown.sound_url, headers={"Accept-Language": "en"})
        client.get(shown.image_url)
    assert sorted(made) == [("draw",), ("say", "en"), ("say", "fr")]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=9999999-", 416),
        ("bytes=5-4", 416),
        ("bytes=-5", 200),
        ("bytes=0-1,4-5", 200),
        ("lines=1-2", 200),
        ("bytes=" + "9" * 5000 + "-", 200),
    ],
)
def test_part_that_does_not_exist_is_refused_and_one_that_is_not_understood_is_the_whole(client, shown, asked, status):
    assert client.get(shown.sound_url, headers={"Range": asked}).status_code == status


def test_another_code_comes_whole_and_without_the_database(client, shown, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/captcha/nouveau/")
    assert "no-store" in answer["Cache-Control"]
    fresh = answer.json()
    assert set(fresh) == {"token", "image", "sound", "work"}
    assert set(fresh["work"]) == {"prefix", "target", "maximum"}
    assert fresh["token"] != shown.token
    assert client.get(fresh["image"]).status_code == 200
    assert client.get(fresh["sound"]).status_code == 200
    assert fresh["work"]["prefix"] == f"{fresh['token']}|"


def test_page_image_and_sound_write_nothing_and_open_no_session(client, shown):
    page = client.get("/essai/")
    client.get(shown.image_url)
    client.get(shown.sound_url)
    client.get("/captcha/nouveau/")
    assert page.status_code == 200
    assert not UsedChallenge.objects.exists()
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize("token", ["A", "A" * 150, "é", ".", "A" * 3000])
@pytest.mark.parametrize("address", ["/captcha/image/{}.png", "/captcha/son/{}.wav"])
def test_what_is_no_token_has_neither_image_nor_sound(client, token, address):
    assert client.get(address.format(token)).status_code == 404


def test_expired_token_has_neither_image_nor_sound(client):
    shown = present_challenge(
        issue_challenge(at=current_time() - LIFE + timedelta(seconds=1)), at=current_time() - LIFE
    )
    late = [client.get(url).status_code for url in (shown.image_url, shown.sound_url)]
    assert late == [200, 200]
    token = issue_challenge(at=current_time() - LIFE - timedelta(seconds=1))
    assert client.get(f"/captcha/image/{token}.png").status_code == 404
    assert client.get(f"/captcha/son/{token}.wav").status_code == 404


@pytest.mark.parametrize("url", ["/captcha/nouveau/", "/captcha/image/A.png", "/captcha/son/A.wav"])
def test_nothing_is_posted_there(client, url):
    assert client.post(url).status_code == 405


def test_nothing_on_the_page_tells_the_code(client, shown, settings):
    from isoloir.captcha.challenges import read_challenge

    code = read_challenge(shown.token, at=current_time()).code
    page = client.get(shown.image_url)
    assert code not in str(page.headers)
    assert code not in str(vars(shown)).replace(shown.token, "").replace(shown.work_target, "")


def test_page_without_javascript_gets_another_code_and_keeps_what_was_typed(client):
    first = client.get("/essai/").content.decode()
    token = first.partition('name="captcha_0" value="')[2].partition('"')[0]
    again = client.post(
        "/essai/", {"name": "Anne", "password": "secret", "captcha_0": token, "captcha_1": "1", "new-captcha": "1"}
    )
    page = again.content.decode()
    assert again.status_code == 200
    assert token not in page
    assert 'value="Anne"' in page
    assert "secret" not in page
    assert "<title>Erreur" not in page


def test_page_is_accepted_with_the_code(client):
    token = issue_challenge(at=current_time())
    answer = client.post("/essai/", {"name": "Anne", "password": "x", "captcha_0": token, "captcha_1": "00000"})
    assert "Reçu de Anne" in answer.content.decode()


def test_image_of_the_state_s_service_is_in_the_page_and_stays_there_while_something_else_is_wrong(service, client):
    import base64

    source = f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"'
    first = client.get("/essai/").content.decode()
    token = first.partition('name="captcha_0" value="')[2].partition('"')[0]
    assert source in first
    asked = len(service.asked)
    again = client.post("/essai/", {"name": "", "password": "x", "captcha_0": token, "captcha_1": "7315902"})
    assert source in again.content.decode()
    assert len(service.asked) == asked
    answer = client.post("/essai/", {"name": "Anne", "password": "x", "captcha_0": token, "captcha_1": "7315902"})
    assert "Reçu de Anne" in answer.content.decode()


def test_sound_of_the_state_s_service_is_carried_by_the_portal(service, client):
    pages = [client.get("/essai/").content.decode() for _time in range(2)]
    url, forgotten = [page.partition('controls preload="none" src="')[2].partition('"')[0] for page in pages]
    answer = client.get(url)
    assert answer.content.startswith(b"RIFF")
    assert "Authorization" not in answer.headers
    service.codes.clear()
    assert client.get(forgotten).status_code == 404
