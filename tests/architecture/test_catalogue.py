"""The English catalogue is complete: every sentence of the code has its translation, compiled and up to date."""

import ast
import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import tree

CATALOGUE = tree.ROOT / "isoloir" / "locale" / "en" / "LC_MESSAGES" / "django.po"
_FIELD = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)?\s*(".*")$')


def read_catalogue(path: Path) -> dict[tuple[str, str], list[str]]:
    """Return {(context, sentence): translations}, without the header and the obsolete entries.

    A fuzzy entry counts as not translated: gettext leaves it out.
    """
    entries: dict[tuple[str, str], list[str]] = {}
    for block in re.split(r"\n\s*\n", path.read_text()):
        fields: dict[str, str] = {}
        field = ""
        for match in filter(None, map(_FIELD.match, block.splitlines())):
            field = match[1] or field
            fields[field] = fields.get(field, "") + ast.literal_eval(match[2])
        if fields.get("msgid"):
            translations = [text for name, text in fields.items() if name.startswith("msgstr")]
            fuzzy = re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)
            entries[fields.get("msgctxt", ""), fields["msgid"]] = [""] if fuzzy else translations
    return entries


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[a-z]|\{\w+\}", text))


@pytest.fixture(scope="module")
def catalogue() -> dict[tuple[str, str], list[str]]:
    return read_catalogue(CATALOGUE)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return what `makemessages` finds in the code as it is now, read in a copy."""
    if shutil.which("xgettext") is None:
        pytest.fail("gettext is not installed: run `make test`, or install the package gettext")
    copy = tmp_path_factory.mktemp("sentences") / "isoloir"
    shutil.copytree(tree.ROOT / "isoloir", copy, ignore=shutil.ignore_patterns("__pycache__", "locale", "static"))
    (copy / "locale").mkdir()
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "en", "--no-obsolete", "--verbosity", "0"],
        cwd=copy, check=True, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    return set(read_catalogue(copy / "locale" / "en" / "LC_MESSAGES" / "django.po"))


def test_every_sentence_of_the_code_is_in_the_catalogue(catalogue, sentences):
    assert sorted(sentences - set(catalogue)) == []


def test_the_catalogue_holds_no_sentence_that_the_code_lost(catalogue, sentences):
    assert sorted(set(catalogue) - sentences) == []


def test_every_sentence_is_translated(catalogue):
    assert [key for key, translations in catalogue.items() if not all(translations)] == []


def test_translations_keep_the_places_of_what_is_filled_in(catalogue):
    different = [
        key
        for key, translations in catalogue.items()
        for text in translations
        if placeholders(text) != placeholders(key[1])
    ]
    assert different == []


def test_the_compiled_catalogue_says_what_the_written_one_says(catalogue):
    with CATALOGUE.with_suffix(".mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for (context, sentence), translations in catalogue.items():
        if len(translations) == 1:
            said = compiled.pgettext(context, sentence) if context else compiled.gettext(sentence)
            assert said == translations[0]
