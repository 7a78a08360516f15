"""Archives brought from outside: bounded, and with plain names only."""

import io
import zipfile

import pytest

from isoloir.common.archives import is_plain_name, read_archive_files, write_archive
from isoloir.common.errors import Faults


def read(content: bytes, *, maximum_files: int = 5, maximum_bytes: int = 10_000) -> tuple[dict[str, bytes], Faults]:
    faults = Faults()
    files = read_archive_files(
        content, name="a.zip", maximum_files=maximum_files, maximum_bytes=maximum_bytes, faults=faults
    )
    return files, faults


def test_what_was_written_is_read_again() -> None:
    files = {"a.csv": b"1", "logos/é.png": b"2"}
    assert read(write_archive(files))[0] == files


@pytest.mark.parametrize(
    "name", ["../a", "a/../b", "/etc/passwd", "a\\b", "C:a", "a//b", "./a", "a\nb", "", "x" * 300, "a\u202eb"]
)
def test_names_that_could_leave_the_folder_are_refused(name: str) -> None:
    assert not is_plain_name(name)


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "b/../../a.csv"])
def test_an_archive_with_such_a_name_is_refused(name: str) -> None:
    files, faults = read(write_archive({name: b"1"}))
    assert files == {}
    assert faults.total == 1


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    assert read(write_archive({"a": bytes(20_000)}))[1].total == 1


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    content = write_archive({"a": bytes(20_000)})
    # The size announced is in the central directory, 24 bytes after its signature.
    place = content.index(b"PK\x01\x02") + 24
    lied = content[:place] + (10).to_bytes(4, "little") + content[place + 4 :]
    files, faults = read(lied)
    assert files == {}
    assert faults.total == 1


def test_the_sum_of_the_sizes_is_bounded() -> None:
    assert read(write_archive({"a": bytes(6_000), "b": bytes(6_000)}))[1].total == 1


def test_the_number_of_files_is_bounded() -> None:
    assert read(write_archive({str(number): b"" for number in range(6)}))[1].total == 1


def test_the_same_name_twice_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", b"2")
    assert read(stream.getvalue())[1].total == 1


@pytest.mark.parametrize("cut", [1, 10, 40, 80])
def test_a_damaged_archive_is_refused(cut: int) -> None:
    content = write_archive({"a": bytes(range(256)) * 4})
    files, faults = read(content[:cut] + b"\xff\xff" + content[cut + 2 :] if cut > 10 else content[:-cut])
    assert faults.total == 1 or files == {"a": bytes(range(256)) * 4}


def test_what_is_not_an_archive_is_refused() -> None:
    assert read(b"reference;name")[1].total == 1
