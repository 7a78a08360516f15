"""Markdown becomes HTML that is safe, whatever is written; and what would not be shown as written is refused."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from isoloir.texts import pictures
from isoloir.texts.markdown import LONGEST_TEXT, RenderedText, is_good_link, render_text, text_faults
from isoloir.texts.models import Kind


def page(text: str, **options: str) -> RenderedText:
    return render_text(text, **{"language": "fr", "portal_host": "vote.example"} | options)


def faults(text: str, kind: Kind = Kind.EDITO) -> list[str]:
    return text_faults(text, kind=kind)


# ---- What is written appears ----


def test_words_lists_and_links_are_written() -> None:
    html = page("Votez **tous**.\n\n- un\n- [deux](/aide/)\n").html
    assert html == (
        '<p>Votez <strong>tous</strong>.</p>\n<ul>\n<li>un</li>\n<li><a href="/aide/">deux</a></li>\n</ul>\n'
    )


def test_headings_leave_the_first_level_to_the_title_of_the_page() -> None:
    assert page("# A\n## B\n").html == '<h2 id="a">A</h2>\n<h3 id="b">B</h3>\n'


def test_no_level_of_heading_is_skipped() -> None:
    levels = [heading.level for heading in page("### A\n###### B\n# C\n#### D\n").headings]
    assert levels == [2, 3, 2, 3]


def test_headings_written_alike_are_at_the_same_level() -> None:
    levels = [heading.level for heading in page("## A\n### B\n### C\n## D\n### E\n").headings]
    assert levels == [2, 3, 3, 2, 3]


def test_seven_levels_do_not_make_a_seventh() -> None:
    text = "\n".join(f"{'#' * min(level, 6)} T{level}" for level in range(1, 9))
    assert max(heading.level for heading in page(text).headings) == 6


def test_an_anchor_that_is_said_leaves_the_words_and_outlives_them() -> None:
    before = page("## Mon lien a *expiré* {#lien-expire}").headings
    after = page("## Lien périmé {#lien-expire}").headings
    assert [(heading.words, heading.anchor) for heading in before + after] == [
        ("Mon lien a expiré", "lien-expire"),
        ("Lien périmé", "lien-expire"),
    ]
    assert "{#" not in page("## Mon lien {#lien-expire}").html


def test_headings_that_say_no_anchor_have_one_each() -> None:
    anchors = [heading.anchor for heading in page("# À l’heure ?\n# À l’heure !\n# 42\n# ☎\n# Contenu\n").headings]
    assert anchors == ["a-lheure", "a-lheure-2", "titre-42", "titre", "contenu-2"]
    assert len(set(anchors)) == len(anchors)


def test_questions_are_grouped_under_their_theme() -> None:
    contents = page("# Compte\n## Un ?\n### Détail\n## Deux ?\n# Vote\n").contents()
    assert [(theme.words, [question.words for question in questions]) for theme, questions in contents] == [
        ("Compte", ["Un\u00a0?", "Deux\u00a0?"]),
        ("Vote", []),
    ]


def test_a_link_that_leaves_the_site_says_where_in_the_language_of_the_text() -> None:
    assert page("[Loi](https://loi.example/x)").html == (
        '<p><a href="https://loi.example/x">Loi (autre site\u00a0: loi.example)</a></p>\n'
    )
    assert "loi.example)" in page("[Law](https://loi.example/x)", language="en").html


@pytest.mark.parametrize("address", ["/aide/", "https://vote.example/aide/", "mailto:aide@vote.example"])
def test_a_link_that_stays_says_nothing(address: str) -> None:
    assert "autre site" not in page(f"[Aide]({address})").html


def test_a_sign_never_begins_a_line_in_french() -> None:
    html = page("# Où ?\n\nVoici : « oui », *non* ! [Là ?](/aide/) `a : b`").html
    assert html == (
        '<h2 id="ou">Où\u00a0?</h2>\n<p>Voici\u00a0: «\u00a0oui\u00a0», <em>non</em>\u00a0!'
        ' <a href="/aide/">Là\u00a0?</a> <code>a : b</code></p>\n'
    )
    assert "\u00a0" not in page("Why ? « yes »", language="en").html


def test_two_texts_stand_on_one_page() -> None:
    text = page("# A {#a}\n[haut](#a)", prefix="fr-")
    assert 'id="fr-a"' in text.html
    assert 'href="#fr-a"' in text.html
    assert text.headings[0].anchor == "fr-a"


# ---- Pictures of the portal's own screens ----

HOME = {
    "fr": {"1280": {"width": 1280, "height": 900}, "360": {"width": 360, "height": 1410}},
    "en": {"1280": {"width": 1280, "height": 880}, "360": {"width": 360, "height": 1390}},
    "words": {"fr": "0" * 64, "en": "1" * 64},
}


@pytest.fixture
def with_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The home was photographed, the rolls were not."""
    monkeypatch.setattr(pictures, "known_pictures", lambda: {"home": HOME, "rolls": None})
    monkeypatch.setattr(pictures, "static", lambda path: f"/static/{path}")
    render_text.cache_clear()
    yield
    render_text.cache_clear()


def test_a_screen_is_a_figure_with_its_two_widths_its_words_and_its_title(with_home: None) -> None:
    html = page('Un\n\n![L’« accueil » & tout](ecran:home "Chez <moi>")\n\nDeux').html
    assert html == (
        '<p>Un</p>\n<figure class="screen-picture"><picture><source media="(max-width: 599px)" '
        'srcset="/static/tutorials/home-fr-360.webp" width="360" height="1410">'
        '<img src="/static/tutorials/home-fr-1280.webp" width="1280" height="900" '
        'alt="L’« accueil » &amp; tout" loading="lazy" decoding="async"></picture>'
        "<figcaption>Chez &lt;moi&gt;</figcaption></figure>\n<p>Deux</p>\n"
    )


def test_a_screen_is_that_of_the_language_of_the_text(with_home: None) -> None:
    assert 'src="/static/tutorials/home-en-1280.webp" width="1280" height="880"' in page(
        "![x](ecran:home)", language="en"
    ).html  # fmt: skip


def test_a_screen_without_a_title_has_no_caption(with_home: None) -> None:
    assert "figcaption" not in page("![x](ecran:home)").html


@pytest.mark.parametrize("name", ["rolls", "inconnu"])
def test_a_screen_not_photographed_yet_gives_its_words(with_home: None, name: str) -> None:
    assert page(f'![Les <listes>](ecran:{name} "Titre")').html == (
        '<p class="missing-picture">Les &lt;listes&gt;</p>\n'
    )


def test_words_of_a_screen_cannot_leave_their_attribute(with_home: None) -> None:
    html = page('![x" onerror="alert(1)](ecran:home \'y" onload="alert(1)\')').html
    assert 'alt="x&quot; onerror=&quot;alert(1)"' in html
    assert ' onload="' not in html


def test_every_picture_that_is_listed_is_there_with_its_size() -> None:
    folder = Path(settings.BASE_DIR) / "isoloir" / "web" / "static" / "tutorials"
    for name, found in pictures.known_pictures().items():
        for language in ("fr", "en") if found else ():
            assert pictures.picture_of(name, language=language), name
            for screen, size in found.get(language, {}).items():
                with Image.open(folder / f"{name}-{language}-{screen}.webp") as image:
                    assert image.size == (size["width"], size["height"]), name


# ---- What is hostile does nothing ----

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<p onclick='alert(1)'>x</p>",
    "<svg/onload=alert(1)>",
    "</div></main><h1>x</h1>",
    "<!-- x -->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](https:evil.example)",
    "[x](https://vote.example@evil.example/)",
    "[x](mailto:a@b.example?bcc=c@d.example)",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    '[x](/a "onmouseover=alert(1)")',
    '# A {#"onclick="alert(1)}',
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "```\n<script>alert(1)</script>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
# Every tag that the renderer may write, and the attributes that it may give it.
TAG = re.compile(
    r"</?(p|ul|ol|li|strong|em|code|blockquote|br|hr|h[2-6])( /)?>|<h[2-6] id=\"[a-z0-9-]+\">|"
    r"<a href=\"(#|/(?!/|%5C)|mailto:|https?://)[^\"<>]*\">|</a>|<ol start=\"\d+\">"
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    html = page(text).html
    assert "<" not in TAG.sub("", html), html
    assert "evil.example/" not in "".join(re.findall(r'href="([^"]*)"', html))


def test_whatever_is_written_only_known_tags_come_out() -> None:
    everything = "\n\n".join(HOSTILE)
    assert "<" not in TAG.sub("", page(everything).html)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "/%5Cevil.example", "https:x",
        "https://", "https://a@b.example", "http://[::1", "mailto:", "mailto:a@b?cc=c@d", "ftp://a.example", "aide/", "",
        "HTTPS:\\\\evil.example",
    ],
)  # fmt: skip
def test_an_address_that_leads_elsewhere_is_no_good_link(address: str) -> None:
    assert not is_good_link(address)


@pytest.mark.parametrize(
    "address", ["https://a.example/x?y#z", "http://a.example", "mailto:a@b.example", "/aide/", "#a"]
)
def test_an_address_of_the_web_of_a_mailbox_or_of_the_portal_is_good(address: str) -> None:
    assert is_good_link(address)


# ---- What is refused, and how it is said ----


@pytest.mark.parametrize("text", ["[x](javascript:alert(1))", "[x](//evil.example)", "<javascript:alert(1)>"])
def test_a_bad_link_is_named_with_its_line(text: str) -> None:
    (fault,) = faults(f"Bonjour\nà tous :\n{text}")
    assert fault.startswith("Ligne 3\u00a0: l’adresse «\u00a0")
    assert "n’est pas admise" in fault


def test_a_link_by_reference_is_read_too() -> None:
    assert "javascript:x" in faults("[a][r]\n\n[r]: javascript:x")[0]


@pytest.mark.parametrize("address", ["/a.png", "https://vote.example/a.png", "data:image/png;base64,AA", "ECRAN:home"])
def test_an_image_that_is_no_screen_of_the_portal_is_refused(address: str) -> None:
    (fault,) = faults(f"Un\n\n![x]({address})")
    assert fault.startswith("Ligne 3\u00a0: seules les images des écrans du portail sont admises")


@pytest.mark.parametrize("name", ["inconnu", "", "../secret", "home.webp"])
def test_an_unknown_screen_is_named(name: str) -> None:
    assert faults(f"![x](ecran:{name})") == [f"Ligne 1\u00a0: il n’y a pas d’image de l’écran «\u00a0{name}\u00a0»."]


def test_a_screen_without_words_for_who_does_not_see_it_is_refused() -> None:
    assert "dites entre crochets ce que montre l’image «\u00a0home\u00a0»" in faults("Un\n\n![ ](ecran:home)")[0]


def test_a_screen_stands_alone_in_its_paragraph() -> None:
    assert "doit être seule" in faults("Voici ![x](ecran:home)")[0]
    assert faults("Voici\n\n![x](ecran:home)\n\nla page.") == []


def test_a_link_leads_to_no_picture() -> None:
    assert "n’est pas admise" in faults("[x](ecran:home)")[0]
    assert "ecran:" not in page("[x](ecran:home)").html


def test_a_link_to_a_heading_that_is_not_there_is_refused() -> None:
    assert faults("# Ici {#ici}\n[a](#ici) [b](#ailleurs)") == [
        "Ligne 2\u00a0: aucun titre de ce texte n’a l’ancre «\u00a0#ailleurs\u00a0»."
    ]


@pytest.mark.parametrize("anchor", ["A", "é", "a b", "1a", "contenu", "sommaire", ""])
def test_a_bad_anchor_is_refused(anchor: str) -> None:
    (fault,) = faults(f"# Titre {{#{anchor}}}")
    assert fault.startswith(f"Ligne 1\u00a0: l’ancre «\u00a0{anchor}\u00a0» n’est pas admise.")


def test_an_anchor_that_serves_twice_is_refused() -> None:
    assert faults("# A {#x}\n\n# B {#x}") == ["Ligne 3\u00a0: l’ancre «\u00a0x\u00a0» sert déjà plus haut."]


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_an_empty_text_is_refused(text: str) -> None:
    assert faults(text) == ["Le texte est vide."]


def test_a_text_is_bounded_to_the_character() -> None:
    assert faults("a" * LONGEST_TEXT) == []
    assert faults("a" * (LONGEST_TEXT + 1)) == ["Le texte est trop long\u00a0: 40001 caractères, pour 40000 au plus."]


def test_help_without_a_question_is_refused() -> None:
    assert len(faults("Bonjour.", Kind.FAQ)) == 1
    assert faults("## Une question ?", Kind.FAQ) == []


def test_faults_by_the_thousand_are_counted() -> None:
    assert faults("[a](x:y)\n" * 2000)[-1] == "Et 1990 autres fautes."


@pytest.mark.parametrize(
    "pattern",
    ["[", "*a ", "> ", "![[", "`", "- ", "[a](b", "a\n\n", "<", "*_", "[a]: /x\n", "\\", "# a\n", "# a {#b}\n", "1. "],
)
def test_no_text_keeps_the_portal_busy(pattern: str) -> None:
    """The longest text of the worst shapes takes seconds at most, where a quadratic reading would take minutes."""
    text = (pattern * LONGEST_TEXT)[:LONGEST_TEXT]
    begun = time.process_time()
    faults(text)
    page(text)
    assert time.process_time() - begun < 15


def test_spaces_in_a_heading_are_read_once() -> None:
    text = "# a" + " " * 39_000 + "b"
    begun = time.process_time()
    assert faults(text) == []
    page(text)
    assert time.process_time() - begun < 0.5


def test_spaces_before_an_anchor_are_no_words() -> None:
    (heading,) = page("## Mon lien a expiré   {#lien-expire}  ").headings
    assert (heading.words, heading.anchor) == ("Mon lien a expiré", "lien-expire")
    assert ">Mon lien a expiré</h2>" in page("## Mon lien a expiré   {#lien-expire}  ").html


def test_a_megabyte_is_refused_before_it_is_read() -> None:
    begun = time.process_time()
    assert "1000000 caractères" in faults("[" * 1_000_000)[0]
    assert time.process_time() - begun < 1
