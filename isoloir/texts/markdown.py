"""From Markdown to the page: no HTML, no link but to the web, a mailbox or this portal; never a second h1.

The only pictures are those of the portal's own screens, alone in their paragraph (see `pictures`).

CommonMark by markdown-it-py. What is refused by `text_faults` is also harmless in `render_text`: the first tells the
editor, the second trusts nobody. A heading may end with its own anchor, « ## Mon lien a expiré {#lien-expire} », so
that an address that leads to it outlives the wording and is the same in both languages.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from isoloir.common.characters import FAULTS_SHOWN, character_faults

from .models import Kind
from .pictures import NARROWER_THAN, SCHEME, known_pictures, picture_of

# Characters of one text in one language: four times the longest text that the portal ships.
LONGEST_TEXT = 40_000
# Begins at its own sign: spaces before it, where a search would begin anew at each, are taken away afterwards.
_ANCHOR = re.compile(r"\{#([^{}]*)\}\s*$")
_GOOD_ANCHOR = re.compile(r"[a-z][a-z0-9-]{0,59}")
# Identifiers that the frame of the pages uses already.
_TAKEN_ANCHORS = frozenset({"contenu", "erreurs", "sommaire"})
_MAILBOX = re.compile(r"mailto:[^@\s?]+@[^@\s?]+")
_LOWEST_HEADING = 6
# French keeps a space inside its quotation marks and before its double signs.
_BEFORE_A_SIGN = re.compile(r" (?=[?!;:»])")
_AFTER_A_SIGN = re.compile(r"(?<=«) ")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as the page writes it: its level (2 to 6), its words, and the identifier that an address may end with."""

    level: int
    words: str
    anchor: str


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A text as HTML that is safe to print, with its headings in order."""

    html: SafeString
    headings: tuple[Heading, ...]

    def contents(self) -> list[tuple[Heading, list[Heading]]]:
        """Return the headings of the first level, each with those of the second level under it."""
        sections: list[tuple[Heading, list[Heading]]] = []
        for heading in self.headings:
            if heading.level == 2:
                sections.append((heading, []))
            elif heading.level == 3:
                sections[-1][1].append(heading)
        return sections


def is_good_link(address: str) -> bool:
    """Tell whether a text may lead there: http and https without a user's name, mailto, a path or a title of this site."""
    if address.startswith("#"):
        return True
    if address.startswith("/"):
        # Two slashes, or a slash and a backslash, lead to another site.
        return not re.match(r"/(/|\\|%5c)", address, re.IGNORECASE)
    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https"):
            return bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return parts.scheme == "mailto" and _MAILBOX.fullmatch(address) is not None


def _parser(*, strict: bool) -> MarkdownIt:
    """Return a reader of CommonMark: a strict one leaves a bad link as plain text, the other keeps it for the check."""
    reader = MarkdownIt("commonmark", {"html": False})
    # Blocks of code scroll sideways and serve no voter; an entity could write a forbidden character in plain letters.
    reader.disable(["code", "fence", "entity"])
    reader.validateLink = _may_stand if strict else lambda _address: True  # type: ignore[assignment,method-assign]
    return reader


def _may_stand(address: str) -> bool:
    """Tell whether the strict reader keeps an address: a good link, or a picture, which `_safe_children` lets no link be."""
    return is_good_link(address) or address.startswith(SCHEME)


_STRICT, _LENIENT = _parser(strict=True), _parser(strict=False)


def text_faults(text: str, *, kind: Kind) -> list[str]:
    """Return a sentence for each thing wrong with a text, with its line where it has one; none: it may be shown."""
    if not text.strip():
        return [_("Le texte est vide.")]
    length = len(text.strip())
    if length > LONGEST_TEXT:
        facts = {"length": length, "most": LONGEST_TEXT}
        return [_("Le texte est trop long : %(length)d caractères, pour %(most)d au plus.") % facts]
    faults = character_faults(text)
    if faults:
        return faults
    tokens = _LENIENT.parse(text)
    faults = list(_anchor_faults(tokens))
    headings = _set_headings(tokens, prefix="")
    faults += _link_faults(tokens, {heading.anchor for heading in headings})
    if kind == Kind.FAQ and not headings:
        faults.append(_("Il faut au moins une question : une ligne qui commence par « ## »."))
    if len(faults) > FAULTS_SHOWN:
        faults[FAULTS_SHOWN:] = [_("Et %(number)d autres fautes.") % {"number": len(faults) - FAULTS_SHOWN}]
    return faults


def _anchor_faults(tokens: list[Token]) -> Iterator[str]:
    seen: set[str] = set()
    for token, inline, _closing in _headings(tokens):
        match = _ANCHOR.search(inline.content)
        if match is None:
            continue
        anchor, line = match[1], (token.map or [0])[0] + 1
        facts = {"line": line, "anchor": anchor[:60]}
        if _GOOD_ANCHOR.fullmatch(anchor) is None or anchor in _TAKEN_ANCHORS:
            yield _("Ligne %(line)d : l’ancre « %(anchor)s » n’est pas admise. Une ancre a des lettres minuscules sans accent, des chiffres et des tirets.") % facts  # fmt: skip
        elif anchor in seen:
            yield _("Ligne %(line)d : l’ancre « %(anchor)s » sert déjà plus haut.") % facts
        seen.add(anchor)


def _link_faults(tokens: list[Token], anchors: set[str]) -> Iterator[str]:
    for block in tokens:
        line = (block.map or [0])[0] + 1
        for token in block.children or ():
            if token.type in ("softbreak", "hardbreak"):
                line += 1
            elif token.type == "image":
                yield from _picture_faults(token, line, alone=len(block.children or ()) == 1)
            elif token.type == "link_open":
                yield from _one_link_faults(str(token.attrs.get("href", "")), line, anchors)


def _picture_faults(token: Token, line: int, *, alone: bool) -> Iterator[str]:
    address = str(token.attrs.get("src", ""))
    facts = {"line": line, "name": address.removeprefix(SCHEME)[:60]}
    if not address.startswith(SCHEME):
        yield _("Ligne %(line)d : seules les images des écrans du portail sont admises, comme « ecran:identification ».") % facts  # fmt: skip
    elif address.removeprefix(SCHEME) not in known_pictures():
        yield _("Ligne %(line)d : il n’y a pas d’image de l’écran « %(name)s ».") % facts
    elif not token.content.strip():
        yield _("Ligne %(line)d : dites entre crochets ce que montre l’image « %(name)s », pour qui ne la voit pas.") % facts  # fmt: skip
    elif not alone:
        yield _("Ligne %(line)d : l’image « %(name)s » doit être seule, entre deux lignes vides.") % facts


def _one_link_faults(address: str, line: int, anchors: set[str]) -> Iterator[str]:
    facts = {"line": line, "address": address[:60]}
    if not is_good_link(address):
        yield _("Ligne %(line)d : l’adresse « %(address)s » n’est pas admise. Une adresse commence par https://, http://, mailto:, / (une page de ce site) ou # (un titre de ce texte).") % facts  # fmt: skip
    elif address.startswith("#") and address[1:] not in anchors:
        yield _("Ligne %(line)d : aucun titre de ce texte n’a l’ancre « %(address)s ».") % facts


@lru_cache(maxsize=32)
def render_text(text: str, *, language: str, portal_host: str, prefix: str = "") -> RenderedText:
    """Return the page's HTML. A link that leaves `portal_host` says where it leads, in the `language` of the text.

    `prefix` goes before every identifier, so that two texts stand on one page. The answer depends on the arguments
    alone, and is kept for the next reader.
    """
    tokens = _STRICT.parse(text)
    if language == "fr":
        _keep_signs_with_words(tokens)
    headings = _set_headings(tokens, prefix=prefix)
    with translation.override(language):
        tokens = list(_with_pictures(tokens, language))
        for block in tokens:
            if block.children:
                block.children = list(_safe_children(block.children, portal_host, prefix))
    html = _STRICT.renderer.render(tokens, _STRICT.options, {})
    # The renderer escapes all text and attributes, and reads no HTML; figures are made by format_html.
    return RenderedText(html=mark_safe(html), headings=tuple(headings))  # noqa: S308


def _with_pictures(tokens: list[Token], language: str) -> Iterator[Token]:
    """Go through the blocks, each paragraph that is one picture made a figure, or its words when there is none yet."""
    position = 0
    while position < len(tokens):
        token = tokens[position]
        image = _lone_image(tokens[position + 1]) if token.type == "paragraph_open" else None
        if image is None:
            yield token
            position += 1
            continue
        yield Token("html_block", "", 0, content=_figure(image, language))
        position += 3


def _lone_image(inline: Token) -> Token | None:
    """Return the image of a paragraph that holds nothing else, when it is that of a screen of the portal."""
    children = inline.children or []
    is_one = len(children) == 1 and children[0].type == "image"
    return children[0] if is_one and str(children[0].attrs.get("src", "")).startswith(SCHEME) else None


def _figure(image: Token, language: str) -> str:
    picture = picture_of(str(image.attrs["src"]).removeprefix(SCHEME), language=language)
    words, title = image.content.strip(), str(image.attrs.get("title", "")).strip()
    if picture is None:
        return format_html('<p class="missing-picture">{}</p>\n', words)
    narrow, wide = picture.narrow, picture.wide
    return format_html(
        '<figure class="screen-picture"><picture><source media="(max-width: {}px)" srcset="{}" width="{}" height="{}">'
        '<img src="{}" width="{}" height="{}" alt="{}" loading="lazy" decoding="async"></picture>{}</figure>\n',
        NARROWER_THAN - 1, narrow.url, narrow.width, narrow.height, wide.url, wide.width, wide.height, words,
        format_html("<figcaption>{}</figcaption>", title) if title else "",
    )  # fmt: skip


def _keep_signs_with_words(tokens: list[Token]) -> None:
    """Put no-break spaces where French typography wants them: a question mark never begins a line."""
    for block in tokens:
        for token in block.children or ():
            if token.type == "text":
                token.content = _BEFORE_A_SIGN.sub("\u00a0", _AFTER_A_SIGN.sub("\u00a0", token.content))


def _headings(tokens: list[Token]) -> Iterator[tuple[Token, Token, Token]]:
    """Go through the headings: opening, words, closing."""
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            yield token, tokens[position + 1], tokens[position + 2]


def _set_headings(tokens: list[Token], *, prefix: str) -> list[Heading]:
    """Give each heading its level below the page's own title, with none skipped (RGAA 9.1), and its identifier."""
    headings: list[Heading] = []
    taken = dict.fromkeys(_TAKEN_ANCHORS, 1)
    above: list[int] = []
    for token, inline, closing in _headings(tokens):
        written = int(token.tag[1])
        # A heading stands below those that are written larger than it, wherever the writer began.
        above = [*(each for each in above if each < written), written]
        level = min(len(above) + 1, _LOWEST_HEADING)
        token.tag = closing.tag = f"h{level}"
        words, wanted = _take_anchor(inline)
        anchor = _free_anchor(wanted, taken)
        token.attrSet("id", prefix + anchor)
        headings.append(Heading(level=level, words=words, anchor=prefix + anchor))
    return headings


def _take_anchor(inline: Token) -> tuple[str, str]:
    """Return the words of a heading and its anchor: the one that it says, which leaves its words, or one made of them."""
    children = inline.children or []
    said = ""
    if children and children[-1].type == "text" and (match := _ANCHOR.search(children[-1].content)):
        said = match[1]
        children[-1].content = children[-1].content[: match.start()].rstrip()
    words = "".join(child.content for child in children if child.type in ("text", "text_special", "code_inline"))
    return words.strip(), said if _GOOD_ANCHOR.fullmatch(said) else _slug(words)


def _free_anchor(wanted: str, taken: dict[str, int]) -> str:
    """Return the anchor, or the first of « anchor-2 », « anchor-3 »… that no heading has; `taken` counts their uses."""
    anchor = wanted
    while anchor in taken:
        taken[wanted] += 1
        anchor = f"{wanted}-{taken[wanted]}"
    taken[anchor] = 1
    return anchor


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words.lower()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")
    return slug if slug[:1].isalpha() else f"titre-{slug}".rstrip("-")


def _safe_children(children: list[Token], portal_host: str, prefix: str) -> Iterator[Token]:
    """Go through what a block holds: an image gives its words, a link that leaves says so, a link has no tooltip."""
    leaves_for = ""
    for token in children:
        if token.type == "image":
            yield Token("text", "", 0, content=token.content)
            continue
        if token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            address = "#" if address.startswith(SCHEME) else address
            token.attrs = {"href": f"#{prefix}{address[1:]}" if address.startswith("#") else address}
            leaves_for = _other_host(address, portal_host)
        elif token.type == "link_close" and leaves_for:
            yield Token("text", "", 0, content=" " + _("(autre site : %(host)s)") % {"host": leaves_for})
        yield token


def _other_host(address: str, portal_host: str) -> str:
    parts = urlsplit(address)
    return parts.hostname if parts.scheme and parts.hostname and parts.hostname != portal_host else ""
