"""Hostile files: each is refused with its own words, in bounded memory, and nothing of it is kept."""

import resource
import subprocess
import tempfile
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from PIL import Image

from isoloir.uploads import pdf
from isoloir.uploads.actions import Purpose, check_upload, open_upload, store_upload
from isoloir.uploads.errors import UploadRefused
from isoloir.uploads.models import StoredFile
from isoloir.uploads.sentences import sentence
from isoloir.web.uploads import AttachmentsField, download
from tests.uploads.hostile import HOSTILE_PDFS, PICTURE_ONLY, SVG, bomb_png, honest_pdf, picture, zip_file

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
    monkeypatch.setattr(pdf, "_CHILD", child)
    refused = refusal(honest_pdf())
    assert refused.code == "heavy"
    assert refused.message == sentence("heavy")


def test_a_child_that_never_ends_is_killed(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text("import time; time.sleep(600)")
    monkeypatch.setattr(pdf, "_CHILD", child)
    monkeypatch.setattr(pdf, "LONGEST_READING", 0.3)
    started = []
    real = subprocess.Popen
    monkeypatch.setattr(pdf.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1])
    assert refusal(honest_pdf()).code == "heavy"
    assert started[0].returncode == -9


def test_the_child_cannot_take_more_memory_than_its_bound(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    source = Path(pdf.__file__).with_name("pdf_child.py").read_text()
    child.write_text(source.replace("    import pikepdf\n\n    try:", "    hog = bytes(2 << 30)\n\n    try:", 1))
    assert "hog" in child.read_text()
    monkeypatch.setattr(pdf, "_CHILD", child)
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


def clean(*files, **options):
    field = AttachmentsField(**options)
    data = MultiValueDict({"pieces": list(files)})
    return field.clean(field.widget.value_from_datadict({}, data, "pieces"))


def test_the_field_takes_three_files_and_names_those_it_refuses():
    def sent(name, content):
        return SimpleUploadedFile(name, content)

    assert clean() == []
    assert [taken.name for taken in clean(*(sent(f"{n}.png", picture("PNG")) for n in "abc"))] == [
        "a.png",
        "b.png",
        "c.png",
    ]
    with pytest.raises(Exception, match="3 fichiers au plus"):
        clean(*(sent(f"{n}.png", picture("PNG")) for n in "abcd"))
    with pytest.raises(Exception, match="archive") as caught:
        clean(sent("a.png", picture("PNG")), sent("b.pdf", zip_file()), sent("c.png", SVG))
    assert [message.split(" : ")[0] for message in caught.value.messages] == ["b.pdf", "c.png"]
    with pytest.raises(Exception, match="obligatoire"):
        clean(required=True)


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
