"""The English catalogue is complete: every sentence of the code has its translation, compiled and up to date."""

import ast
import gettext
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture import tree

CATALOGUE = tree.ROOT / "isoloir" / "locale" / "en" / "LC_MESSAGES" / "django.po"
_FIELD = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)?\s*(".*")$')


@dataclass(frozen=True)
class Entry:
    """A sentence as the code has it, its plural or nothing, and its translations: one, or one for each form."""

    context: str
    sentence: str
    plural: str
    translations: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.sentence

    def sources(self) -> tuple[str, ...]:
        """Return what each translation translates."""
        return (self.sentence, self.plural) if self.plural else (self.sentence,)


def read_catalogue(path: Path) -> list[Entry]:
    """Return the entries of a catalogue, without its header and the obsolete ones.

    A fuzzy entry counts as not translated: gettext leaves it out.
    """
    entries = []
    for block in re.split(r"\n\s*\n", path.read_text()):
        fields: dict[str, str] = {}
        field = ""
        for match in filter(None, map(_FIELD.match, block.splitlines())):
            field = match[1] or field
            fields[field] = fields.get(field, "") + ast.literal_eval(match[2])
        if fields.get("msgid"):
            translations = tuple(text for name, text in fields.items() if name.startswith("msgstr"))
            fuzzy = re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)
            entries.append(
                Entry(
                    fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", ""),
                    ("",) if fuzzy else translations,
                )
            )  # fmt: skip
    return entries


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[a-z]|\{\w+\}", text))


@pytest.fixture(scope="module")
def catalogue() -> list[Entry]:
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
    return {entry.key for entry in read_catalogue(copy / "locale" / "en" / "LC_MESSAGES" / "django.po")}


def test_every_sentence_of_the_code_is_in_the_catalogue(catalogue, sentences):
    assert sorted(sentences - {entry.key for entry in catalogue}) == []


def test_the_catalogue_holds_no_sentence_that_the_code_lost(catalogue, sentences):
    assert sorted({entry.key for entry in catalogue} - sentences) == []


def test_every_sentence_is_translated(catalogue):
    assert [entry.key for entry in catalogue if not all(entry.translations)] == []


def test_translations_keep_the_places_of_what_is_filled_in(catalogue):
    different = [
        entry.key
        for entry in catalogue
        for source, text in zip(entry.sources(), entry.translations, strict=True)
        if placeholders(text) != placeholders(source)
    ]
    assert different == []


def test_the_compiled_catalogue_says_what_the_written_one_says(catalogue):
    with CATALOGUE.with_suffix(".mo").open("rb") as stream:
        compiled = gettext.GNUTranslations(stream)
    for entry in catalogue:
        said = [_said(compiled, entry, number) for number in (1, 2)]
        assert said == [entry.translations[0], entry.translations[-1]], entry.key


def _said(compiled: gettext.GNUTranslations, entry: Entry, number: int) -> str:
    if entry.plural and entry.context:
        return compiled.npgettext(entry.context, entry.sentence, entry.plural, number)
    if entry.plural:
        return compiled.ngettext(entry.sentence, entry.plural, number)
    return compiled.pgettext(entry.context, entry.sentence) if entry.context else compiled.gettext(entry.sentence)
