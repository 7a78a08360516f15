"""request.json: the election as the notices show it, and the contests that codes are wanted for."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from isoloir_protocol.credentials import check_uuid
from isoloir_protocol.errors import ProtocolError
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox

from isoloir.credentials.authority.errors import Fault
from isoloir.documents import notices
from isoloir.documents.errors import DocumentRefused

REQUEST_FILE = "request.json"
FORMAT = "isoloir-credential-request"

_CONTEST_CODE = re.compile(r"[^\s;|\"]{1,40}")
_LINK_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RequestedContest:
    """A contest of the request; `link_key` is the X25519 public key that slots are sealed to."""

    uuid: str
    code: str
    name: str
    link_key: bytes


@dataclass(frozen=True, slots=True)
class Invitation:
    """What request.json says: the election as notices show it, and its contests by code."""

    election: notices.NoticeElection
    contests: dict[str, RequestedContest]


class _Unreadable(Exception):
    """A member of the file is not what the format says."""

    def __init__(self, french: str, english: str) -> None:
        super().__init__(english)
        self.fault = Fault(REQUEST_FILE, 0, french, english)


def read_invitation(path: Path, faults: list[Fault]) -> Invitation | None:
    """Read request.json; its faults are added to `faults`, and nothing is returned when there is one."""
    try:
        content = _members(json.loads(path.read_bytes()), "request.json", ("format", "version", "election", "contests"))
        if content["format"] != FORMAT or type(content["version"]) is not int or content["version"] != 1:
            raise _Unreadable(
                "ce n’est pas une demande de codes de version 1", "this is not a code request of version 1"
            )
        election = _election(content["election"])
    except (OSError, ValueError) as trouble:
        reason = type(trouble).__name__
        faults.append(Fault(REQUEST_FILE, 0, f"fichier illisible ({reason})", f"unreadable file ({reason})"))
        return None
    except _Unreadable as unreadable:
        faults.append(unreadable.fault)
        return None
    before = len(faults)
    contests = _contests(content["contests"], faults)
    return Invitation(election, contests) if len(faults) == before else None


def _members(value: Any, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return an object that has exactly these members."""
    if not isinstance(value, dict) or set(value) != set(names):
        expected = ", ".join(names)
        raise _Unreadable(f"{where} doit avoir exactement : {expected}", f"{where} must have exactly: {expected}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _Unreadable(f"{where} doit être un texte non vide", f"{where} must be a text that is not empty")
    return value


def _instant(value: Any, where: str) -> datetime:
    try:
        if not _text(value, where).endswith("Z"):
            raise ValueError
        return datetime.fromisoformat(value)
    except ValueError:
        raise _Unreadable(f"{where} doit être un instant UTC (…Z)", f"{where} must be an instant in UTC (…Z)") from None


def _election(value: Any) -> notices.NoticeElection:
    names = ("name", "portal_url", "help_line", "voting_opens_at", "voting_closes_at", "calendar")
    members = _members(value, "election", names)
    if not isinstance(members["calendar"], list):
        raise _Unreadable("election.calendar doit être une liste", "election.calendar must be a list")
    lines = [_members(line, "election.calendar", ("label", "text")) for line in members["calendar"]]
    election = notices.NoticeElection(
        name=_text(members["name"], "election.name"),
        portal_url=_text(members["portal_url"], "election.portal_url"),
        help_line=_text(members["help_line"], "election.help_line"),
        voting_opens_at=_instant(members["voting_opens_at"], "election.voting_opens_at"),
        voting_closes_at=_instant(members["voting_closes_at"], "election.voting_closes_at"),
        calendar=tuple(
            notices.CalendarLine(_text(line["label"], "calendar.label"), _text(line["text"], "calendar.text"))
            for line in lines
        ),
    )
    if election.voting_opens_at >= election.voting_closes_at:
        raise _Unreadable("le vote ferme avant d’ouvrir", "voting closes before it opens")
    try:
        notices.check_notice_election(election)
    except DocumentRefused as refusal:
        raise _Unreadable(
            f"la notice ne peut pas être imprimée ({refusal})", f"no notice can be printed ({refusal})"
        ) from None
    return election


def _contests(value: Any, faults: list[Fault]) -> dict[str, RequestedContest]:
    if not isinstance(value, list) or not value:
        faults.append(Fault(REQUEST_FILE, 0, "aucun scrutin n’est demandé", "no contest is asked for"))
        return {}
    contests: dict[str, RequestedContest] = {}
    uuids: set[str] = set()
    for position, item in enumerate(value, start=1):
        try:
            contest = _contest(item, f"contests[{position}]")
            if contest.code in contests or contest.uuid in uuids:
                raise _Unreadable(f"contests[{position}] est en double", f"contests[{position}] is there twice")
        except _Unreadable as unreadable:
            faults.append(unreadable.fault)
            continue
        contests[contest.code] = contest
        uuids.add(contest.uuid)
    return contests


def _contest(item: Any, where: str) -> RequestedContest:
    members = _members(item, where, ("uuid", "code", "name", "link_key"))
    uuid, code, name, key = (_text(members[each], f"{where}.{each}") for each in ("uuid", "code", "name", "link_key"))
    try:
        check_uuid(uuid)
    except ProtocolError:
        raise _Unreadable(f"{where}.uuid n’est pas un identifiant", f"{where}.uuid is not an identifier") from None
    if not _CONTEST_CODE.fullmatch(code):
        raise _Unreadable(f"{where}.code n’est pas un code de scrutin", f"{where}.code is not a contest code")
    if len(name) > notices.CONTEST_NAME_LENGTH:
        raise _Unreadable(f"{where}.name est trop long", f"{where}.name is too long")
    return RequestedContest(uuid, code, name, _link_key(key, where))


def _link_key(text: str, where: str) -> bytes:
    """Return the key, once it has been seen to seal: libsodium refuses keys of small order."""
    if _LINK_KEY.fullmatch(text):
        key = bytes.fromhex(text)
        try:
            SealedBox(PublicKey(key)).encrypt(b"isoloir")
        except (CryptoError, ValueError):
            pass
        else:
            return key
    raise _Unreadable(f"{where}.link_key n’est pas une clé X25519", f"{where}.link_key is not an X25519 key")
