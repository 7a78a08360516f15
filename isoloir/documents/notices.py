"""Voting notices: the sheet that brings a voter the voting code (article R211-553).

One PDF holds the notices of one establishment, one page each, in the order of distribution.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from isoloir.documents.errors import DocumentNotComposed, DocumentRefused
from isoloir.documents.notice_sizes import fitted
from isoloir.documents.paris_time import paris_text
from isoloir.documents.qr import qr_svg
from isoloir.documents.typesetting import typeset

# Limits within which a notice always holds on its page; the address follows NF Z 10-011 (six lines with the name).
RECIPIENT_LENGTH = 120
DELIVERY_LINES = 5
DELIVERY_LINE_LENGTH = 80
ESTABLISHMENT_LENGTH = 200
CONTESTS = 12
CONTEST_NAME_LENGTH = 200
CALENDAR_LINES = 8
CALENDAR_TEXT_LENGTH = 160
ELECTION_NAME_LENGTH = 250
HELP_LINE_LENGTH = 250
PORTAL_URL_LENGTH = 120

_PAGES = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")


class Delivery(StrEnum):
    """How sheets reach voters: handed over against a signature, or posted."""

    HAND = "hand"
    POST = "post"


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """One step of the calendar and its dates, both as they are to be read."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class NoticeElection:
    """What all the notices of an election share.  Both instants are aware."""

    name: str
    portal_url: str
    help_line: str
    voting_opens_at: datetime
    voting_closes_at: datetime
    calendar: tuple[CalendarLine, ...]


@dataclass(frozen=True, slots=True)
class VotingNotice:
    """One voter's notice.  `repr` never shows the code.

    `number` names the sheet and is not secret; a reprint is the next `edition` of the same number.
    """

    recipient: str
    delivery_lines: tuple[str, ...]
    establishment: str
    academy: str
    contests: tuple[str, ...]
    code: str
    number: str
    edition: int = 1

    def __repr__(self) -> str:
        return "VotingNotice(…)"


def code_url(portal_url: str, code: str) -> str:
    """Return the address in the QR code: the page where the code is entered, and the code in its fragment.

    A browser never sends a fragment to a server; the portal's pages take it out of the address at once.
    """
    parts = urlsplit(portal_url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/vote/", fragment=f"code={code}").geturl()


def compose_notices(
    election: NoticeElection, notices: Sequence[VotingNotice], *, delivery: Delivery = Delivery.HAND
) -> bytes:
    """Return one PDF/UA-1 file with one page for each notice, in the order given.

    Raises DocumentRefused for an empty batch or a value beyond the limits of this module, DocumentNotComposed when
    the typesetter refuses (a notice that would not hold on its page).
    """
    check_notice_election(election)
    if not notices:
        raise DocumentRefused("a file of notices needs at least one notice")
    for notice in notices:
        check_notice(notice)
    pdf = typeset("notice", fitted(_values(election, notices, delivery)))
    if _page_count(pdf) != len(notices):
        # One voter, one sheet: a notice that ran over would shift every envelope that follows.
        raise DocumentNotComposed("notice")
    return pdf


def _values(election: NoticeElection, notices: Sequence[VotingNotice], delivery: Delivery) -> dict[str, Any]:
    return {
        "election": {
            "name": election.name,
            "portal_text": _portal_text(election.portal_url),
            "help_line": election.help_line,
            "opens": paris_text(election.voting_opens_at, zone=False),
            "closes": paris_text(election.voting_closes_at),
            "opens_en": paris_text(election.voting_opens_at, language="en", zone=False),
            "closes_en": paris_text(election.voting_closes_at, language="en"),
            "calendar": [{"label": line.label, "text": line.text} for line in election.calendar],
        },
        "delivery": delivery.value,
        "notices": [_notice_values(election, notice) for notice in notices],
    }


def _page_count(pdf: bytes) -> int:
    """Return the number of pages that the root of the page tree announces."""
    counts = [int(found[1]) for found in _PAGES.finditer(pdf)]
    return max(counts, default=0)


def check_notice_election(election: NoticeElection) -> None:
    """Check the values that all notices share.  Raises DocumentRefused naming the field."""
    _check_length("the election's name", election.name, ELECTION_NAME_LENGTH)
    _check_length("the help line", election.help_line, HELP_LINE_LENGTH)
    _check_length("the portal's address", election.portal_url, PORTAL_URL_LENGTH)
    parts = urlsplit(election.portal_url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise DocumentRefused("the portal's address must be an http(s) address")
    if len(election.calendar) > CALENDAR_LINES:
        raise DocumentRefused(f"the calendar has more than {CALENDAR_LINES} lines")
    for line in election.calendar:
        _check_length("a calendar label", line.label, CALENDAR_TEXT_LENGTH)
        _check_length("a calendar text", line.text, CALENDAR_TEXT_LENGTH)


def check_notice(notice: VotingNotice) -> None:
    """Check one notice's values.  Raises DocumentRefused naming the field, never its content."""
    _check_length("the recipient", notice.recipient, RECIPIENT_LENGTH)
    _check_length("the establishment", notice.establishment, ESTABLISHMENT_LENGTH)
    _check_length("the academy", notice.academy, ESTABLISHMENT_LENGTH)
    if len(notice.delivery_lines) > DELIVERY_LINES:
        raise DocumentRefused(f"an address has more than {DELIVERY_LINES} delivery lines")
    for line in notice.delivery_lines:
        _check_length("a delivery line", line, DELIVERY_LINE_LENGTH)
    if not 1 <= len(notice.contests) <= CONTESTS:
        raise DocumentRefused(f"a voter has between 1 and {CONTESTS} contests on a notice")
    for name in notice.contests:
        _check_length("a contest's name", name, CONTEST_NAME_LENGTH)


def _check_length(field: str, text: str, longest: int) -> None:
    if not text.strip():
        raise DocumentRefused(f"{field} is empty")
    if len(text) > longest:
        raise DocumentRefused(f"{field} has more than {longest} characters")


def _portal_text(url: str) -> str:
    """Return the address as people type it: without its scheme when it is https, nor its last slash."""
    return url.removeprefix("https://").rstrip("/")


def _notice_values(election: NoticeElection, notice: VotingNotice) -> dict[str, object]:
    return {
        "recipient": notice.recipient,
        "delivery_lines": notice.delivery_lines,
        "establishment": notice.establishment,
        "academy": notice.academy,
        "contests": notice.contests,
        "code": notice.code,
        "number": notice.number if notice.edition == 1 else f"{notice.number}, édition {notice.edition}",
        "qr": qr_svg(code_url(election.portal_url, notice.code)),
    }
