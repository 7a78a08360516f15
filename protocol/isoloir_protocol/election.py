"""The election record (§4): what is voted on, under which key. Its fingerprint is in every ballot."""

import re
from dataclasses import dataclass, field
from typing import Any

from isoloir_protocol import jsontext
from isoloir_protocol.credentials import check_uuid
from isoloir_protocol.errors import ElectionRefused
from isoloir_protocol.group import Element
from isoloir_protocol.proofs import base64_hash

GROUP_NAME = "Ed25519"
#: More answers than any list of candidates needs, and few enough to bound the work a record can ask for.
MOST_ANSWERS = 1000
MOST_QUESTIONS = 100

_REQUIRED = ("version", "description", "name", "group", "public_key", "questions", "uuid")
_OPTIONAL = ("administrator", "credential_authority", "language", "contest", "candidates")
_EXTRA = ("language", "contest", "candidates")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """A homomorphic question: choose between `minimum` and `maximum` answers, or blank when it is allowed."""

    question: str
    answers: tuple[str, ...]
    blank: bool = False
    minimum: int = 1
    maximum: int = 1

    @property
    def size(self) -> int:
        """Number of ciphertexts: one per answer, and one for blank, first, when it is allowed."""
        return len(self.answers) + int(self.blank)

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The label of each position of a choice vector; None stands for blank."""
        return (None, *self.answers) if self.blank else self.answers

    def written(self) -> dict[str, Any]:
        """The JSON object of the question; `blank` is absent when it is false."""
        blank = {"blank": True} if self.blank else {}
        bounds = {"min": self.minimum, "max": self.maximum, "question": self.question}
        return {"answers": list(self.answers), **blank, **bounds}


@dataclass(frozen=True, slots=True)
class Election:
    """An election record that was read. `extra` has the members that Belenios itself does not know."""

    raw: bytes
    fingerprint: str
    uuid: str
    name: str
    description: str
    public_key: Element
    questions: tuple[Question, ...]
    administrator: str = ""
    credential_authority: str = ""
    extra: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def allows_revote(self) -> bool:
        """A plain Belenios election counts the last ballot; a French contest takes one ballot only (R211-566)."""
        return "contest" not in self.extra


def build_election(
    *,
    uuid: str,
    name: str,
    description: str,
    public_key: Element,
    questions: list[Question],
    administrator: str,
    credential_authority: str,
    extra: dict[str, Any],
) -> bytes:
    """Write an election record; `extra` may have `contest` and `candidates` (§4.2). Raises as `read_election`."""
    record = {
        "version": 1,
        "description": description,
        "name": name,
        "group": GROUP_NAME,
        "public_key": public_key.text,
        "questions": [question.written() for question in questions],
        "uuid": uuid,
        "administrator": administrator,
        "credential_authority": credential_authority,
        **{member: extra[member] for member in _EXTRA if member in extra},
    }
    if unknown := [member for member in extra if member not in _EXTRA]:
        raise ElectionRefused("unknown-member", member=unknown[0])
    raw = jsontext.canonical(record).encode("utf-8")
    return read_election(raw).raw


def read_election(raw: bytes) -> Election:
    """Read an election record (§4). Raises `FormatRefused`, `ElementRefused`, `ElectionRefused`, `CredentialRefused`."""
    record = jsontext.members(jsontext.read(raw, limit=4 * 1024 * 1024), "election", _REQUIRED, _OPTIONAL)
    if type(record["version"]) is not int or record["version"] != 1:
        raise ElectionRefused("unknown-version")
    if jsontext.text(record["group"], "group") != GROUP_NAME:
        raise ElectionRefused("unknown-group")
    questions = jsontext.items(record["questions"], "questions")
    if not 1 <= len(questions) <= MOST_QUESTIONS:
        raise ElectionRefused("wrong-length", member="questions")
    return Election(
        raw=raw,
        fingerprint=base64_hash(raw),
        uuid=check_uuid(record["uuid"]),
        name=jsontext.text(record["name"], "name"),
        description=jsontext.text(record["description"], "description"),
        public_key=Element.parse_key(record["public_key"]),
        questions=tuple(_read_question(number, question) for number, question in enumerate(questions, start=1)),
        administrator=jsontext.text(record.get("administrator", ""), "administrator"),
        credential_authority=jsontext.text(record.get("credential_authority", ""), "credential_authority"),
        extra=_read_extra(record),
    )


def _read_question(number: int, value: Any) -> Question:
    if type(value) is dict and "type" in value:
        raise ElectionRefused("unknown-question-type", question=number)
    optional = ("blank",) if type(value) is dict and "blank" in value else ()
    jsontext.members(value, "question", ("answers", *optional, "min", "max", "question"))
    answers = jsontext.items(value["answers"], "answers")
    if not 1 <= len(answers) <= MOST_ANSWERS:
        raise ElectionRefused("wrong-length", member="answers")
    minimum = jsontext.integer(value["min"], "min", 0, MOST_ANSWERS)
    maximum = jsontext.integer(value["max"], "max", 0, MOST_ANSWERS)
    if not (minimum <= maximum <= len(answers) and maximum > 0):
        raise ElectionRefused("bad-bounds", question=number)
    return Question(
        question=jsontext.text(value["question"], "question"),
        answers=tuple(jsontext.text(answer, "answer") for answer in answers),
        blank=jsontext.boolean(value.get("blank", False), "blank"),
        minimum=minimum,
        maximum=maximum,
    )


def _read_extra(record: dict[str, Any]) -> dict[str, Any]:
    """Check the members that bind a French contest and its candidates to the record (§4.2)."""
    extra = {member: record[member] for member in _EXTRA if member in record}
    if "language" in extra:
        code, direction = jsontext.items(extra["language"], "language", 2)
        jsontext.text(code, "language")
        jsontext.text(direction, "language", re.compile("ltr|rtl"))
    if "contest" in extra:
        contest = jsontext.members(extra["contest"], "contest", ("code", "name", "election", "seats"))
        for member in ("code", "name", "election"):
            jsontext.text(contest[member], member)
        jsontext.integer(contest["seats"], "seats", 0, 1000)
    if "candidates" in extra:
        candidates = jsontext.members(extra["candidates"], "candidates", ("sha256",))
        jsontext.text(candidates["sha256"], "sha256", _SHA256)
    return extra
