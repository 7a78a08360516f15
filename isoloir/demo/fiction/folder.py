"""Writing the fictional files."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from isoloir.demo.fiction.contests import (
    FictionalContest,
    FictionalList,
    candidate_count,
    invent_contests,
    invent_lists,
)
from isoloir.demo.fiction.logos import draw_logo
from isoloir.demo.fiction.names import Addresses, Person, invent_person
from isoloir.demo.fiction.places import ACADEMY, invent_establishments
from isoloir.demo.fiction.unions import UNIONS, write_statement
from isoloir.documents.typesetting import typeset

STATION = "BVEC-VALMORANE"
MOST_CONTESTS_EACH = 7
_VOTERS_PER_ESTABLISHMENT = 25
_VOTERS_PER_FORMER_NAME = 15
_CONTEST_WEIGHTS = (28, 56, 16)
_VOTERS_HEADER = (
    "reference", "civility", "last_name", "first_names", "email", "second_email", "academy", "establishment_code",
    "establishment", "delivery_lines", "contests",
)  # fmt: skip


def write_fiction(directory: Path, *, voters: int, contests: int, seed: int) -> None:
    """Write the files that the portal imports into `directory` (made if need be): the same bytes for the same arguments.

    voters.csv, contests.csv, lists.csv, candidates.csv, stations.csv, members.csv, logos (PNG) and statements (text).
    Three contests are those of the demonstration: CSA-ACA, CAP-CERT and CCP-CONT.  Each voter has one to three contests
    (to seven with ten contests or more), each contest at least one voter.  Raises ValueError when there are fewer
    voters than contests, or no contest.
    """
    if contests < 1 or voters < contests:
        raise ValueError("a fiction needs at least one contest, and as many voters as contests")
    directory.mkdir(parents=True, exist_ok=True)
    # Each file has its own seed: more voters do not change the lists, nor more contests the names of voters.
    plan = invent_contests(contests)
    lists = _invent_all_lists(plan, _seeded(seed, "lists"))
    addresses = Addresses()
    _write(directory / "stations.csv", ("code", "name", "kind"), _station_rows())
    _write(directory / "members.csv", _MEMBERS_HEADER, _member_rows(lists, addresses, _seeded(seed, "members")))
    _write(directory / "contests.csv", _CONTESTS_HEADER, _contest_rows(plan))
    _write(directory / "lists.csv", _LISTS_HEADER, _list_rows(lists))
    _write(directory / "candidates.csv", _CANDIDATES_HEADER, _candidate_rows(lists, _seeded(seed, "candidates")))
    _write(directory / "voters.csv", _VOTERS_HEADER, _voter_rows(voters, plan, addresses, seed))
    _write_logos_and_statements(directory, lists, seed)


_MEMBERS_HEADER = ("station", "role", "email", "last_name", "first_names", "civility", "organisation")
_CONTESTS_HEADER = ("code", "name", "instance", "ballot_kind", "seats", "academy", "polling_station")
_LISTS_HEADER = (
    "contest", "kind", "name", "organisations", "affiliation", "logo_file", "statement_file", "position",
    "statement_pdf",
)  # fmt: skip
_CANDIDATES_HEADER = ("contest", "list", "rank", "civility", "last_name", "first_names")


# Organisations that filed their statement as PDF besides its text: the portal shows both cases.
_WITH_PDF = UNIONS[:2]


def _seeded(seed: int, part: str) -> Random:
    return Random(f"{seed} {part}")  # noqa: S311 - fiction is meant to be drawn again the same


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _station_rows() -> Iterator[tuple[str, ...]]:
    yield (STATION, "Bureau de vote électronique centralisateur de Valmorane", "bvec")


def _member_rows(lists: list[FictionalList], addresses: Addresses, random: Random) -> Iterator[tuple[str, ...]]:
    """Give a president, a secretary, and four delegates of different organisations that compete."""
    competing = sorted({union.name for each in lists for union in each.unions})
    delegates = random.sample(competing, min(4, len(competing)))
    for role, organisation in (("president", ""), ("secretary", ""), *(("delegate", name) for name in delegates)):
        person = invent_person(random)
        yield (
            STATION, role, addresses.invent(person), person.last_name, person.first_names, person.civility, organisation,
        )  # fmt: skip


def _contest_rows(contests: list[FictionalContest]) -> Iterator[tuple[object, ...]]:
    for each in contests:
        yield (each.code, each.name, each.instance, each.kind, each.seats, ACADEMY, STATION)


def _invent_all_lists(contests: list[FictionalContest], random: Random) -> list[FictionalList]:
    return [each for contest in contests for each in invent_lists(contest, random)]


def _list_rows(lists: list[FictionalList]) -> Iterator[tuple[object, ...]]:
    for each in lists:
        yield (
            each.contest.code, each.contest.kind, each.name, "|".join(union.name for union in each.unions),
            each.unions[0].affiliation, each.logo_file, each.statement_file, each.position,
            each.statement_pdf if each.unions[0] in _WITH_PDF else "",
        )  # fmt: skip


def _candidate_rows(lists: list[FictionalList], random: Random) -> Iterator[tuple[object, ...]]:
    """Give the candidates of every list: nobody is twice in one contest (article R211-46)."""
    seen: set[Person] = set()
    contest = None
    for each in lists:
        if each.contest is not contest:
            seen, contest = set(), each.contest
        for rank in range(1, candidate_count(each.contest, random) + 1):
            person = invent_person(random)
            while person in seen:
                person = invent_person(random)
            seen.add(person)
            yield (each.contest.code, each.name, rank, person.civility, person.last_name, person.first_names)


def _voter_rows(
    voters: int, contests: list[FictionalContest], addresses: Addresses, seed: int
) -> Iterator[tuple[object, ...]]:
    """Give the voters; one in fifteen has kept the address of a former name."""
    random, former = _seeded(seed, "voters"), _seeded(seed, "former names")
    establishments = invent_establishments(max(1, -(-voters // _VOTERS_PER_ESTABLISHMENT)), random)
    codes = [contest.code for contest in contests]
    for number in range(voters):
        person, school = invent_person(random), random.choice(establishments)
        # The first voters have each contest in turn: no urn may be without a voter.
        own = _draw_contests(codes, codes[number % len(codes)], random)
        email, second_email = addresses.invent(person), ""
        if number % _VOTERS_PER_FORMER_NAME == 1:
            second_email = addresses.invent(replace(person, last_name=invent_person(former).last_name))
        yield (
            f"V{number + 1:07d}", person.civility, person.last_name, person.first_names, email, second_email, ACADEMY,
            school.code, school.name, "|".join(school.delivery_lines), "|".join(own),
        )  # fmt: skip


def _draw_contests(codes: list[str], sure: str, random: Random) -> list[str]:
    """Draw the contests of one voter, in the order of the codes: most have two, nearly all the académie's CSA."""
    most = MOST_CONTESTS_EACH if len(codes) >= 10 else 3
    wished = random.choices((1, 2, 3), _CONTEST_WEIGHTS)[0]
    if most > 3 and random.random() < 0.05:
        wished = random.randint(4, most)
    own = {sure}
    if wished > 1:
        own.add(codes[0])
    while len(own) < min(wished, len(codes)):
        own.add(random.choice(codes))
    return sorted(own, key=codes.index)


def _write_logos_and_statements(directory: Path, lists: list[FictionalList], seed: int) -> None:
    """Write one logo and one statement for each organisation, or joint list, that competes."""
    for each in {each.acronym: each for each in lists}.values():
        number = UNIONS.index(each.unions[0]) + (len(UNIONS) if len(each.unions) > 1 else 0)
        name = " et ".join(union.name for union in each.unions)
        statement = write_statement(name, _seeded(seed, each.acronym))
        (directory / each.logo_file).write_bytes(draw_logo(each.acronym, number))
        (directory / each.statement_file).write_text(statement, encoding="utf-8")
        if each.unions[0] in _WITH_PDF:
            pdf = typeset("statement", {"name": name, "paragraphs": statement.strip().split("\n\n")})
            (directory / each.statement_pdf).write_bytes(pdf)
