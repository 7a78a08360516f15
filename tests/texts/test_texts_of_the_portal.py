"""The texts shipped with the portal answer voters, and say the same in both languages."""

import re

import pytest
from django.urls import resolve

from isoloir.texts.markdown import RenderedText, render_text, text_faults
from isoloir.texts.models import Kind
from isoloir.texts.pictures import known_pictures
from isoloir.texts.reading import LANGUAGES, default_text


def written(kind: Kind, language: str) -> RenderedText:
    return render_text(default_text(kind).in_language(language), language=language, portal_host="vote.example")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_could_save_it_as_it_is(kind: Kind, language: str) -> None:
    assert text_faults(default_text(kind).in_language(language), kind=kind) == []


@pytest.mark.parametrize("kind", Kind)
def test_both_languages_have_the_same_headings_at_the_same_addresses(kind: Kind) -> None:
    french, english = (written(kind, language).headings for language in LANGUAGES)
    assert [(heading.level, heading.anchor) for heading in french] == [(each.level, each.anchor) for each in english]
    assert {heading.words for heading in french} != {heading.words for heading in english}


@pytest.mark.parametrize("kind", Kind)
def test_both_languages_have_as_many_paragraphs_links_and_items(kind: Kind) -> None:
    french, english = (written(kind, language).html for language in LANGUAGES)
    for tag in ("<p>", "<a ", "<li>", "<strong>"):
        assert french.count(tag) == english.count(tag), tag


@pytest.mark.parametrize("kind", Kind)
def test_both_languages_show_the_same_screens_in_the_same_order(kind: Kind) -> None:
    french, english = (re.findall(r"\(ecran:([a-z-]+)", default_text(kind).in_language(each)) for each in LANGUAGES)
    assert french == english


def test_the_tutorials_show_every_screen_that_is_photographed() -> None:
    shown = {name for kind in Kind for name in re.findall(r"\(ecran:([a-z-]+)", default_text(kind).fr)}
    assert shown == set(known_pictures())


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_into_the_portal_leads_to_a_page(kind: Kind, language: str) -> None:
    links = [part.split('"')[0] for part in written(kind, language).html.split('href="')[1:]]
    for link in links:
        if link.startswith("/"):
            assert resolve(link)


def test_help_answers_what_voters_ask() -> None:
    anchors = {heading.anchor for heading in written(Kind.FAQ, "fr").headings if heading.level == 3}
    assert anchors >= {
        "premiere-connexion", "meme-reponse", "courriel", "deux-adresses", "lien-expire", "mot-de-passe",
        "mot-de-passe-perdu", "question-defi", "sans-activation", "deconnexion", "attente", "code-de-vote", "secret",
        "verifier", "accessibilite", "assistance", "donnees",
    }  # fmt: skip
