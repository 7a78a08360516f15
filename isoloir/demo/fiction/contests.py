"""The contests of the fictional académie and the lists that compete in them."""

from dataclasses import dataclass
from random import Random

from isoloir.demo.fiction.unions import JOINT, UNIONS, Union

_CORPS = (
    "des professeurs certifiés", "des professeurs des écoles", "des attachés d’administration", "des infirmières et infirmiers",
    "des conseillers principaux d’éducation", "des psychologues", "des adjoints techniques", "des professeurs agrégés",
)  # fmt: skip
_CONTRACTS = (
    "des agents contractuels", "des assistants d’éducation", "des accompagnants d’élèves", "des enseignants contractuels",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FictionalContest:
    """A contest: `instance` is a word of contests.csv, `kind` is list or sigle, `list_count` how many lists compete."""

    code: str
    name: str
    instance: str
    kind: str
    seats: int
    list_count: int


@dataclass(frozen=True, slots=True)
class FictionalList:
    """A list of one contest, at its drawn position; a joint list has several unions."""

    contest: FictionalContest
    position: int
    unions: tuple[Union, ...]

    @property
    def name(self) -> str:
        """The name of the list: those of its unions."""
        return " – ".join(union.name for union in self.unions)

    @property
    def acronym(self) -> str:
        """What the logo says."""
        return "+".join(union.acronym for union in self.unions)

    @property
    def logo_file(self) -> str:
        """The name of the logo's file, shared by the lists of the same unions in all contests."""
        return f"logo-{self.acronym.lower().replace('+', '-')}.png"

    @property
    def statement_file(self) -> str:
        """The name of the file of the statement, « profession de foi », shared likewise."""
        return f"statement-{self.acronym.lower().replace('+', '-')}.txt"

    @property
    def statement_pdf(self) -> str:
        """The name of the file of the statement as PDF, of the organisations that filed one."""
        return self.statement_file.removesuffix(".txt") + ".pdf"


def invent_contests(count: int) -> list[FictionalContest]:
    """Return `count` contests: a CSA with 12 lists, a small CAP with 3, a CCP « sigle » with 5, then more of the three kinds."""
    return [(_csa, _cap, _ccp)[number % 3](number // 3) for number in range(count)]


def _numbered(names: tuple[str, ...], number: int) -> str:
    turn, place = divmod(number, len(names))
    return names[place] + (f" – {turn + 1}" if turn else "")


def _csa(number: int) -> FictionalContest:
    if number == 0:
        name = "Comité social d’administration académique de Valmorane"
        return FictionalContest("CSA-ACA", name, "csa", "list", seats=10, list_count=12)
    name = f"Comité social d’administration spécial départemental – secteur {number}"
    return FictionalContest(
        f"CSA-{number:03d}", name, "csa", "list", seats=(5, 6, 7, 8, 10)[number % 5], list_count=4 + number % 5
    )


def _cap(number: int) -> FictionalContest:
    name = f"Commission administrative paritaire {_numbered(_CORPS, number)}"
    code = "CAP-CERT" if number == 0 else f"CAP-{number:03d}"
    return FictionalContest(code, name, "cap", "list", seats=(4, 2, 6, 8)[number % 4], list_count=3 + number % 4)


def _ccp(number: int) -> FictionalContest:
    name = f"Commission consultative paritaire {_numbered(_CONTRACTS, number)}"
    code = "CCP-CONT" if number == 0 else f"CCP-{number:03d}"
    return FictionalContest(code, name, "ccp", "sigle", seats=3 + number % 3, list_count=5)


def invent_lists(contest: FictionalContest, random: Random) -> list[FictionalList]:
    """Draw the lists of one contest and their order; in a contest of 12 lists one is joint."""
    if contest.list_count >= 12:
        alone = [union for union in UNIONS if union not in JOINT]
        competing: list[tuple[Union, ...]] = [*((union,) for union in alone[: contest.list_count - 1]), JOINT]
    else:
        competing = [(union,) for union in random.sample(UNIONS, contest.list_count)]
    random.shuffle(competing)
    return [FictionalList(contest, position, unions) for position, unions in enumerate(competing, start=1)]


def candidate_count(contest: FictionalContest, random: Random) -> int:
    """Return how many candidates a list files: for a CSA two thirds at least of the seats doubled, an even number
    (article R211-41); for a CAP exactly the seats doubled (article R211-190); none for a sigle.
    """
    if contest.kind == "sigle":
        return 0
    full = 2 * contest.seats
    if contest.instance == "cap":
        return full
    fewest = -(-2 * full // 3)
    return random.choice([count for count in range(fewest, full + 1) if count % 2 == 0])
