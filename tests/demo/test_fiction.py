"""The fictional académie: the same for a seed, right for the portal, fair to all lists, and like nothing real."""

import csv
import io
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from isoloir.demo.fiction import write_fiction
from isoloir.demo.fiction.unions import UNIONS

# Acronyms of unions that exist, in education and beyond: none may be recognised in an invented name.
REAL_ACRONYMS = {
    "FSU", "SNES", "SNEP", "SNUIPP", "SNUEP", "SNASUB", "SNESUP", "UNSA", "FO", "FNEC", "SNUDI", "SNFOLC", "SNETAA", "CFDT",
    "SGEN", "CGT", "SUD", "SNALC", "SPELC", "FEP", "CFTC", "SNEC", "SNCL", "CGC", "FAEN", "SIAES", "SAGES", "STC", "UDAS",
    "SNPDEN", "SNICS", "SNPTES", "SOLIDAIRES", "CSEN", "ASAMEN", "FGAF", "EIL", "SNCA", "SNIES", "SNMSU",
}  # fmt: skip


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("fiction")
    write_fiction(directory, voters=300, contests=3, seed=2026)
    return directory


def _rows(directory: Path, name: str) -> list[dict[str, str]]:
    with (directory / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def _digests(directory: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()}


def test_same_seed_gives_the_same_files(demonstration, tmp_path):
    write_fiction(tmp_path / "again", voters=300, contests=3, seed=2026)
    write_fiction(tmp_path / "other", voters=300, contests=3, seed=2027)
    assert _digests(tmp_path / "again") == _digests(demonstration)
    assert _digests(tmp_path / "other")["voters.csv"] != _digests(demonstration)["voters.csv"]


def test_demonstration_has_its_three_contests(demonstration):
    contests = [(row["ballot_kind"], row["instance"], row["seats"]) for row in _rows(demonstration, "contests.csv")]
    assert contests == [("list", "csa", "10"), ("list", "cap", "4"), ("sigle", "ccp", "3")]
    lists = Counter(row["contest"] for row in _rows(demonstration, "lists.csv"))
    assert lists == {"CSA-ACA": 12, "CAP-CERT": 3, "CCP-CONT": 5}


def test_every_voter_has_one_to_three_contests_and_every_contest_voters(demonstration):
    own = [row["contests"].split("|") for row in _rows(demonstration, "voters.csv")]
    assert len(own) == 300
    assert {len(codes) for codes in own} == {1, 2, 3}
    counts = Counter(code for codes in own for code in codes)
    assert min(counts.values()) > 80


def test_voters_are_distinct_and_their_addresses_lead_nowhere(demonstration):
    voters = _rows(demonstration, "voters.csv")
    members = _rows(demonstration, "members.csv")
    assert len({row["reference"] for row in voters}) == 300
    addresses = [row["email"] for row in voters + members]
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() and address.endswith(".example") for address in addresses)
    assert all(line.rsplit("|", 1)[1].startswith("99") for line in (row["delivery_lines"] for row in voters))


def test_bureau_has_president_secretary_and_four_delegates_of_competing_organisations(demonstration):
    members = _rows(demonstration, "members.csv")
    assert Counter(row["role"] for row in members) == {"president": 1, "secretary": 1, "delegate": 4}
    competing = {name for row in _rows(demonstration, "lists.csv") for name in row["organisations"].split("|")}
    delegates = [row["organisation"] for row in members if row["role"] == "delegate"]
    assert len(set(delegates)) == 4
    assert set(delegates) <= competing


def test_lists_are_filed_as_the_law_says(demonstration):
    candidates = _rows(demonstration, "candidates.csv")
    by_list: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in candidates:
        by_list.setdefault((row["contest"], row["list"]), []).append(row)
    assert len(by_list) == 15
    for (contest, _), people in by_list.items():
        assert [int(row["rank"]) for row in people] == list(range(1, len(people) + 1))
        # R211-41: two thirds at least, an even number; R211-190: exactly titulaires and suppléants.
        assert len(people) in ({14, 16, 18, 20} if contest == "CSA-ACA" else {8})
    for contest in ("CSA-ACA", "CAP-CERT"):
        people = [tuple(row.values())[3:] for row in candidates if row["contest"] == contest]
        assert len(set(people)) == len(people)


def test_one_organisation_has_one_list_and_rivals_have_no_common_affiliation(demonstration):
    for contest in ("CSA-ACA", "CAP-CERT", "CCP-CONT"):
        rows = [row for row in _rows(demonstration, "lists.csv") if row["contest"] == contest]
        organisations = [name for row in rows for name in row["organisations"].split("|")]
        affiliations = [row["affiliation"] for row in rows if row["affiliation"]]
        assert len(set(organisations)) == len(organisations)
        assert len(set(affiliations)) == len(affiliations)
        assert [int(row["position"]) for row in rows] == list(range(1, len(rows) + 1))


def test_one_list_of_the_large_contest_is_joint(demonstration):
    joint = [row for row in _rows(demonstration, "lists.csv") if "|" in row["organisations"]]
    assert [row["contest"] for row in joint] == ["CSA-ACA"]


def test_logos_are_equal_in_size_colour_and_weight(demonstration):
    inks = {}
    for name in {row["logo_file"] for row in _rows(demonstration, "lists.csv")}:
        with Image.open(io.BytesIO((demonstration / name).read_bytes())) as logo:
            assert logo.format == "PNG"
            assert logo.size == (320, 160)
            picture = logo.convert("RGB")
        colours = picture.getcolors(16)
        assert colours is not None
        # Shades of one ink on white: no logo has a colour of its own.
        assert {colour for _, colour in colours} <= {(255, 255, 255), (22, 32, 44)} | {
            tuple(round(ink + (255 - ink) * shade / 7) for ink in (22, 32, 44)) for shade in range(8)
        }
        inks[name] = sum(count for count, colour in colours if colour == (22, 32, 44)) / (320 * 160)
    assert len(inks) >= 12
    assert max(inks.values()) < 0.12


def test_logos_are_all_different(demonstration):
    logos = [path.read_bytes() for path in demonstration.glob("logo-*.png")]
    assert len(set(logos)) == len(logos) >= 12


def test_statements_are_plain_paragraphs(demonstration):
    for row in _rows(demonstration, "lists.csv"):
        text = (demonstration / row["statement_file"]).read_text(encoding="utf-8")
        paragraphs = text.strip().split("\n\n")
        assert len(paragraphs) == 6
        assert all(paragraph and "\n" not in paragraph and paragraph.isprintable() for paragraph in paragraphs)
        for name in row["organisations"].split("|"):
            assert name in paragraphs[0]


def test_invented_organisations_evoke_no_real_one():
    words = {word.strip("«»’.,").upper() for union in UNIONS for word in f"{union.name} {union.affiliation}".split()}
    assert not words & REAL_ACRONYMS
    assert not {union.acronym for union in UNIONS} & REAL_ACRONYMS
    assert len({union.acronym for union in UNIONS}) == len(UNIONS)


def test_more_voters_do_not_change_the_lists(demonstration, tmp_path):
    write_fiction(tmp_path, voters=30, contests=3, seed=2026)
    for name in ("lists.csv", "candidates.csv", "contests.csv", "members.csv"):
        assert (tmp_path / name).read_bytes() == (demonstration / name).read_bytes()


def test_rehearsal_may_ask_for_many_contests(tmp_path):
    write_fiction(tmp_path, voters=2000, contests=60, seed=1)
    contests = _rows(tmp_path, "contests.csv")
    assert len({row["code"] for row in contests}) == 60
    assert len({row["name"] for row in contests}) == 60
    own = [row["contests"].split("|") for row in _rows(tmp_path, "voters.csv")]
    assert all(len(set(codes)) == len(codes) <= 7 for codes in own)
    assert {code for codes in own for code in codes} == {row["code"] for row in contests}
    assert max(map(len, own)) > 3
    ranks = [(row["contest"], int(row["position"])) for row in _rows(tmp_path, "lists.csv")]
    assert all(after[1] == before[1] + 1 for before, after in pairwise(ranks) if before[0] == after[0])


@pytest.mark.parametrize(("voters", "contests"), [(1, 1), (3, 3), (5, 2)])
def test_smallest_fictions_are_whole(tmp_path, voters, contests):
    write_fiction(tmp_path, voters=voters, contests=contests, seed=1)
    own = {code for row in _rows(tmp_path, "voters.csv") for code in row["contests"].split("|")}
    assert len(own) == contests


@pytest.mark.parametrize(("voters", "contests"), [(0, 0), (2, 3), (5, 0)])
def test_fiction_without_a_voter_for_each_contest_is_refused(tmp_path, voters, contests):
    with pytest.raises(ValueError, match="as many voters as contests"):
        write_fiction(tmp_path, voters=voters, contests=contests, seed=1)
