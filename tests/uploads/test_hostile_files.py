"""Hostile files: each is refused with its own words, in bounded memory, and nothing of it is kept."""

import io
import resource
import subprocess
import tempfile
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from isoloir.identity.slowdown import NETWORK_PACE
from isoloir.uploads import reading
from isoloir.uploads.actions import Purpose, check_upload, open_upload, store_upload
from isoloir.uploads.errors import UploadRefused
from isoloir.uploads.models import StoredFile
from isoloir.uploads.sentences import sentence
from isoloir.web.captcha.forms import CaptchaForm
from isoloir.web.public.assistance import AskForm
from isoloir.web.uploads import AttachmentsField, FormWithFiles, download
from tests.uploads.hostile import HOSTILE_PDFS, PICTURE_ONLY, SVG, bomb_png, changed, honest_pdf, picture, zip_file

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVIDENCE, STATEMENT = Purpose.EVIDENCE, Purpose.STATEMENT


def refusal(content, name="piece.pdf", purpose=EVIDENCE):
    with pytest.raises(UploadRefused) as caught:
        check_upload(content, name=name, purpose=purpose)
    return caught.value


@pytest.fixture
def own_temporary_folder(tmp_path, monkeypatch):
    """The folder where this test would leave files, were any written."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("what", HOSTILE_PDFS)
def test_a_hostile_pdf_is_refused_with_its_own_words_and_leaves_no_file(what, own_temporary_folder):
    code, make = HOSTILE_PDFS[what]
    refused = refusal(make())
    assert refused.code == code
    assert refused.message == sentence(code)
    assert list(own_temporary_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("arrete.pdf", zip_file(), "archive"),
        ("logo.png", SVG, "drawing"),
        ("logo.png", b"<svg onload='alert(1)'/>", "drawing"),
        ("page.pdf", b"<!DOCTYPE html><script>alert(1)</script>", "drawing"),
        ("arrete.pdf", b"MZ\x90\0", "program"),
        ("arrete.pdf", b"GIF89a", "unknown"),
        ("vide.pdf", b"", "empty"),
        ("gros.pdf", b"%PDF-1.7" + bytes(5 * 1024 * 1024), "large"),
        ("photo.png", bomb_png(), "picture_large"),
        ("photo.png", picture("PNG")[:200], "picture_damaged"),
        ("photo.jpg", picture("JPEG")[:300], "picture_damaged"),
        ("annexe\u202efdp.exe", picture("PNG"), "name_hidden"),
        ("arrete\u200b.png", picture("PNG"), "name_hidden"),
        ("arrete\0.png", picture("PNG"), "name_hidden"),
        ("a" * 97 + ".png", picture("PNG"), "name_long"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() and "\0" not in value else "",
)
def test_what_is_not_what_its_name_says_is_refused_with_words(name, content, code):
    refused = refusal(content, name)
    assert refused.code == code
    assert refused.message.endswith((".", "!")) or code == "unknown"


def test_a_statement_is_a_short_pdf_that_a_screen_reader_can_read():
    taken = check_upload(honest_pdf(8), name="Profession de foi.PDF", purpose=STATEMENT)
    assert (taken.name, taken.pages, taken.media_type) == ("Profession de foi.pdf", 8, "application/pdf")
    assert refusal(honest_pdf(9), purpose=STATEMENT).code == "many_pages"
    assert refusal(PICTURE_ONLY(), purpose=STATEMENT).code == "pictures"
    assert check_upload(PICTURE_ONLY(), name="a.pdf", purpose=EVIDENCE).pages == 1
    assert refusal(picture("PNG"), "a.png", purpose=STATEMENT).code == "unknown"


def test_a_bomb_does_not_swell_the_portal():
    bomb = bomb_png()
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusal(bomb, "photo.png")
    refusal(HOSTILE_PDFS["a stream packed twice"][1]())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 1024 * 1024
    # Pillow's points are not Python's own memory: the process itself is looked at (kilobytes).
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.abort()",
        "raise SystemExit(3)",
        "pass",
        "print('taken')",
        "print('taken 0')",
        "print('taken 999999999999999999999999999999' * 9)",
        "import sys; sys.stdout.buffer.write(b'\\xff' * 40)",
    ],
)
def test_whatever_becomes_of_the_child_the_answer_is_a_sentence(script, tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text(script)
    monkeypatch.setattr(reading, "_CHILD", child)
    refused = refusal(honest_pdf())
    assert refused.code == "heavy"
    assert refused.message == sentence("heavy")


def test_a_child_that_never_ends_is_killed(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text("import time; time.sleep(600)")
    monkeypatch.setattr(reading, "_CHILD", child)
    monkeypatch.setattr(reading, "LONGEST_READING", 0.3)
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(reading.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1])
    assert refusal(honest_pdf()).code == "heavy"
    assert started[0].returncode == -9


def test_the_child_cannot_take_more_memory_than_its_bound(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    source = Path(reading.__file__).with_name("file_child.py").read_text()
    child.write_text(source.replace("    import pikepdf\n\n    try:", "    hog = bytes(2 << 30)\n\n    try:", 1))
    assert "hog" in child.read_text()
    monkeypatch.setattr(reading, "_CHILD", child)
    assert refusal(honest_pdf()).code == "heavy"


def test_a_picture_is_encoded_anew_without_what_it_said_besides():
    exif = Image.Exif()
    exif[0x010F] = "Téléphone de Léa"
    exif[0x0112] = 6
    sent = picture("JPEG", exif=exif, comment=b"latitude 43.6") + b"PK\x03\x04cache"
    taken = check_upload(sent, name="photo.png", purpose=EVIDENCE)
    assert taken.name == "photo.jpg"
    assert taken.content != sent
    for trace in (b"Exif", b"latitude", b"PK\x03\x04"):
        assert trace in sent
        assert trace not in taken.content


def test_a_name_keeps_its_accents_and_loses_its_folders():
    taken = check_upload(picture("PNG"), name="C:\\Users\\lea\\e\u0301te\u0301 2026: «arrêté».PDF", purpose=EVIDENCE)
    assert taken.name == "été 2026_ «arrêté».png"


@pytest.mark.django_db
def test_a_stored_file_is_sealed_and_opens_as_it_was(settings):
    taken = check_upload(honest_pdf(), name="arrêté.pdf", purpose=EVIDENCE)
    stored = store_upload(checked=taken, at=AT)
    sealed = bytes(StoredFile.objects.get(pk=stored.pk).sealed)
    assert b"%PDF" not in sealed
    assert "arrêté".encode() not in sealed
    opened = open_upload(StoredFile.objects.get())
    assert (opened.name, opened.media_type, opened.content) == (taken.name, taken.media_type, taken.content)
    assert (Path(settings.SECRETS_DIR) / "upload-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_file_given_back_is_saved_and_never_run():
    stored = store_upload(checked=check_upload(picture("PNG"), name="été.png", purpose=EVIDENCE), at=AT)
    answer = download(open_upload(stored))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%A9t%C3%A9.png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]


class Sending(FormWithFiles):
    words = forms.CharField()
    attachments = AttachmentsField()


def sending(*files, words="Bonjour", network="192.0.2.7", kind=Sending):
    data = MultiValueDict({"attachments": list(files)})
    return kind({"words": words}, data, network=network, sent_at=AT)


def sent(name, content):
    return SimpleUploadedFile(name, content)


@pytest.mark.django_db
def test_the_form_takes_three_files_and_names_those_it_refuses():
    assert sending().is_valid()
    form = sending(*(sent(f"{n}.png", picture("PNG")) for n in "abc"))
    assert form.is_valid()
    assert [taken.name for taken in form.cleaned_data["attachments"]] == ["a.png", "b.png", "c.png"]
    assert sending(*(sent(f"{n}.png", SVG) for n in "abcd")).errors["attachments"] == ["Joignez 3 fichiers au plus."]
    form = sending(sent("a.png", picture("PNG")), sent("b.pdf", zip_file()), sent("c.png", SVG))
    said = form.errors["attachments"]
    assert [message.split(" : ")[0] for message in said] == ["b.pdf", "c.png"]
    assert "archive" in said[0]


@pytest.fixture
def readings(monkeypatch):
    """Count the files that were read."""
    counted = []
    monkeypatch.setattr("isoloir.web.uploads.check_upload", lambda *a, **k: counted.append(k["name"]))
    return counted


@pytest.mark.django_db
def test_no_file_is_read_while_something_else_is_wrong(readings):
    assert not sending(sent("a.pdf", honest_pdf()), words="").is_valid()
    form = AskForm(
        {"words": "x"}, MultiValueDict({"attachments": [sent("a.pdf", honest_pdf())]}), election=None, voter=object(),
        network="192.0.2.7", at=AT,
    )  # fmt: skip
    assert not form.is_valid()
    assert readings == []


class WithCode(FormWithFiles, CaptchaForm):
    attachments = AttachmentsField()


@pytest.mark.django_db
def test_no_file_is_read_before_the_code_is_right(readings, settings):
    settings.CAPTCHA_PLACES = ["assistance"]
    files = MultiValueDict({"attachments": [sent("a.pdf", honest_pdf())]})
    for typed in ({}, {"captcha_0": "?", "captcha_1": "1234"}, {"captcha_0": "?", "new-captcha": ""}):
        form = WithCode(typed, files=files, place="assistance", at=AT, network="192.0.2.7", sent_at=AT)
        assert not form.is_valid()
    assert readings == []


@pytest.mark.django_db
def test_a_network_that_sends_many_files_is_slowed_and_its_words_still_pass(readings):
    answers = [sending(sent("a.pdf", b"?")).is_valid() for _each in range(50)]
    assert answers == [True] * NETWORK_PACE.free + [True] + [False] * (49 - NETWORK_PACE.free)
    assert len(readings) == NETWORK_PACE.free + 1
    assert "sans fichier" in sending(sent("a.pdf", b"?")).errors["attachments"][0]
    assert sending().is_valid()
    assert sending(sent("a.pdf", b"?"), network="198.51.100.9").is_valid()


def test_a_file_waits_two_seconds_for_its_turn_and_no_longer(monkeypatch):
    monkeypatch.setattr(reading, "_turns", threading.BoundedSemaphore(1))
    reading._turns.acquire()
    begun = time.monotonic()
    assert refusal(honest_pdf()).code == "busy"
    assert 1.9 < time.monotonic() - begun < 10
    reading._turns.release()
    assert check_upload(honest_pdf(), name="a.pdf", purpose=EVIDENCE).pages == 1


def test_a_picture_larger_than_memory_is_refused_outside_the_portal():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    image = Image.new("L", (8000, 8000))
    stream = io.BytesIO()
    image.save(stream, "JPEG", progressive=True, quality=20)
    assert refusal(stream.getvalue(), "photo.jpg").code == "picture_large"
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=20)
    assert check_upload(stream.getvalue(), name="photo.jpg", purpose=EVIDENCE).media_type == "image/jpeg"
    # Kilobytes, of the largest child so far.
    assert max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, before) < 768 * 1024


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("javascript:alert(1)", "action"), ("java\nscript:alert(1)", "action"), ("file:///etc/passwd", "action"),
        (" FILE:x", "action"), ("https://www.example.org/a?b=c:d", ""), ("MAILTO:a@b.example", ""), ("www.example.org", ""),
    ],
)  # fmt: skip
def test_a_pdf_leads_to_web_pages_and_addresses_only(address, code):
    def link(pdf):
        pdf.pages[0].Annots = Array([
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.URI, URI=String(address)))
        ])  # fmt: skip

    content = changed(link)
    if code:
        assert refusal(content).code == code
    else:
        assert check_upload(content, name="a.pdf", purpose=EVIDENCE).pages == 1


def test_one_object_as_large_as_the_file_is_refused():
    def crowd(pdf):
        pdf.Root.Crowd = Array([Array([Array([1] * 90) for _row in range(50)]) for _column in range(60)])

    assert refusal(changed(crowd)).code == "heavy"


@pytest.mark.django_db
def test_a_body_of_200_mib_is_refused_before_it_is_read(client, own_temporary_folder):
    class Body:
        """A body that fails the test as soon as somebody reads it."""

        def read(self, *sizes):
            raise AssertionError("the body was read")

        readline = read

    tracemalloc.start()
    answer = client.generic(
        "POST", reverse("public:assistance"), content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(200 * 1024 * 1024), **{"wsgi.input": Body()},
    )  # fmt: skip
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 413
    assert "trop" in answer.content.decode()
    assert peak < 20 * 1024 * 1024
    assert StoredFile.objects.count() == 0
    assert list(own_temporary_folder.iterdir()) == []
