"""The search of the help: every word, without accents or case, titles first."""

import pytest

from isoloir.texts.markdown import render_text
from isoloir.texts.models import Kind
from isoloir.texts.reading import default_text
from isoloir.texts.search import search

PAGE = render_text(
    "# Compte\n\n## Mot de passe oublié ?\n\nDemandez un lien.\n\n## Le lien\n\nIl donne le mot de passe de l’Élection. "
    "\n\n## Cœur & <b>\n\nUn œuf. " + "Beaucoup de mots. " * 40 + "Enfin le trésor est là.\n",
    language="fr",
    portal_host="vote.example",
)


def found(query: str) -> list[str]:
    return [finding.heading.anchor for finding in search(PAGE, query)]


def test_words_are_found_without_accents_nor_case() -> None:
    assert found("OUBLIE") == ["mot-de-passe-oublie"]
    assert found("élec") == found("elec") == found("e\u0301lection") == ["le-lien"]
    assert found("oeuf") == found("œuf") == ["coeur-b"] or found("œuf") == found("oeuf")


def test_a_title_comes_before_an_answer() -> None:
    assert found("lien") == ["le-lien", "mot-de-passe-oublie"]
    assert found("mot passe") == ["mot-de-passe-oublie", "le-lien"]


def test_all_the_words_are_needed_but_the_small_ones() -> None:
    assert found("lien inconnu") == []
    assert found("comment avoir un lien de la") == []
    assert found("le mot de passe de l’élection") == ["le-lien"]


@pytest.mark.parametrize("query", ["", "   ", "?!", "\0", "<b>" * 50, "a" * 10_000])
def test_a_search_without_a_word_or_too_long_harms_nothing(query: str) -> None:
    assert isinstance(found(query), list)


def test_the_extract_shows_where_the_word_is() -> None:
    (finding,) = search(PAGE, "tresor")
    assert "trésor" in finding.extract
    assert finding.extract.startswith("… ")
    assert len(finding.extract) < 200


@pytest.mark.parametrize(
    ("query", "anchor"),
    [
        ("spam", "courriel"),
        ("deux adresses", "deux-adresses"),
        ("notice", "code-de-vote"),
        ("lien expiré", "lien-expire"),
    ],
)
def test_voters_find_what_they_look_for_in_the_help(query: str, anchor: str) -> None:
    text = render_text(default_text(Kind.FAQ).fr, language="fr", portal_host="vote.example")
    assert search(text, query)[0].heading.anchor == anchor
