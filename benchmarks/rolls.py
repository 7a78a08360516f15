"""Searching and reading a roll of 500,000 entries, on SQLite and, where it is installed, on PostgreSQL.

The names are drawn as they are in France: few are very common. `python -m benchmarks.rolls` alone takes some minutes.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isoloir.commands.setup import migrate, start_django

from .report import line, title

if TYPE_CHECKING:
    from isoloir.elections.models import Contest

ENTRIES = 500_000
SEARCHES = 300
TARGET_MS = 100
_SEED = 20261203
_LAST_NAMES = """
Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefèvre Leroy Roux David Bertrand
Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Lefebvre Faure André Mercier Blanc Guérin
Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu
Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière
Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger
Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq
Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert Berger Carpentier Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur
Perez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard
Maillard Baron Bertin Bailly Hervé Schneider Fernandez Le Gall Collet Léger Bouvier Julien Prévost Millet Perrot
Daniel Le Roux Cousin Germain Breton Besson Langlois Rémy Le Goff Pelletier Lévêque Perrier Leblanc Barré Lebrun
Marchal Weber Mallet Hamon Boulanger Jacob Monnier Michaud Rodriguez Guichard Gillet Étienne Grondin Poulain Tessier
Chevallier Collin Chauvin Da Silva Bouchet Gay Lemaître Bénard Maréchal Humbert Reynaud Antoine Hoarau Perret
Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay Pasquier Carlier Laporte Diallo Traoré Nguyen Haddad Benali
Kaya Œuvrard
""".split()  # noqa: SIM905  A list would take a line for each.
_FIRST_NAMES = """
Marie Jean Anne Philippe Nathalie Michel Isabelle Pierre Sylvie Alain Catherine Nicolas Christine Christophe Martine
Laurent Françoise Patrick Valérie Stéphane Sandrine Julien Sophie Frédéric Céline Éric Monique David Véronique Thomas
Aurélie Sébastien Stéphanie Olivier Julie Thierry Émilie Pascal Camille Daniel Laurence Antoine Claire Guillaume
Hélène Vincent Élodie Bruno Mélanie Maxime Charlotte François Delphine Alexandre Caroline Jérôme Léa Kévin Pauline
Gérard Manon Bernard Chantal Franck Brigitte Marc Corinne Didier Lucie Romain Agnès Benoît Mathilde Fabrice Virginie
Clément Zoé Yves Marine Hugo Fatou Karim Inès Mehdi Chloé Noé Maëlle Loïc Œdipe Anaïs Éléonore Bérénice Tiphaine
Gwenaëlle Aliénor
""".split()  # noqa: SIM905  A list would take a line for each.
# « Marie-Claire », « Jean-Pierre », and second given names.
_TWO_FIRST_NAMES = 0.3
_NEVER = "xylophone", "wzq", "zzyzx"


def measure(_amount: float = 0) -> None:
    """Run the measures, each database in a process of its own."""
    subprocess.run([sys.executable, "-m", "benchmarks.rolls"], check=True)


def _weights(names: Sequence[str]) -> list[float]:
    """Return cumulated weights after Zipf: the second name is half as common as the first, the third a third."""
    return list(accumulate(1 / rank for rank in range(1, len(names) + 1)))


def _voters(election: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(_SEED)
    last, first = _weights(_LAST_NAMES), _weights(_FIRST_NAMES)
    for number in range(ENTRIES):
        last_name = chance.choices(_LAST_NAMES, cum_weights=last)[0].upper()
        given = chance.choices(_FIRST_NAMES, cum_weights=first, k=2 if chance.random() < _TWO_FIRST_NAMES else 1)
        yield (
            election, f"E{number:07d}", "", last_name, "-".join(given), f"v{number}@essai.example", "",
            f"Académie {number % 30:02d}", f"{number // 40:07d}A", f"Collège n° {number // 40}", [],
        )  # fmt: skip


def _make_roll() -> "Contest":
    from django.db import connection, transaction

    from isoloir.common.bulkrows import insert_rows
    from isoloir.elections.models import Contest
    from isoloir.roll.models import RollEntry, Voter
    from isoloir.roll.names import sort_name, write_contest_words

    from .electorate import make_electorate

    election = make_electorate(0)
    contest = Contest.objects.create(
        election=election, uuid="2" * 22, code="CSA", name="Comité social d’administration", instance="csa",
        kind="list", seats=15,
    )  # fmt: skip
    fields = (
        "election", "reference", "civility", "last_name", "first_names", "email", "second_email", "academy",
        "establishment_code", "establishment", "delivery_lines",
    )  # fmt: skip
    with transaction.atomic():
        insert_rows(Voter, fields, _voters(election.pk))
        people = list(Voter.objects.filter(election=election).values_list("pk", "last_name", "first_names"))
        rows = ((key, contest.pk, sort_name(last, first)) for key, last, first in people)
        insert_rows(RollEntry, ("voter", "contest", "sort_name"), rows)
        begun = time.perf_counter()
        write_contest_words(contest.pk)
        line("words of the names, for the search, written in", f"{time.perf_counter() - begun:.1f} s")
    with connection.cursor() as cursor:
        # What the server does by itself after a while.
        cursor.execute("ANALYZE")
    return contest


def _sought() -> list[str]:
    """Return the searches: common names, beginnings of names, two words, and words that nobody bears."""
    chance = random.Random(_SEED)
    last, first = _weights(_LAST_NAMES), _weights(_FIRST_NAMES)

    def one() -> str:
        last_name = chance.choices(_LAST_NAMES, cum_weights=last)[0]
        first_name = chance.choices(_FIRST_NAMES, cum_weights=first)[0]
        return chance.choice(
            [
                last_name, first_name, f"{first_name} {last_name}", f"{last_name} {first_name}", last_name[:3],
                first_name[:2], f"{first_name[:2]} {last_name[:2]}", chance.choice(_NEVER),
                f"{first_name} {chance.choice(_NEVER)}",
            ]
        )  # fmt: skip

    # The worst of them: the commonest name, and two common names that nobody bears together.
    return [
        "marie",
        "ma",
        "marie martin",
        "ma ma",
        "jean oeuvrard",
        "oedipe oeuvrard",
        *(one() for _ in range(SEARCHES - 6)),
    ]


def _timed(acts: Sequence[Callable[[], Any]]) -> list[float]:
    """Return how long each act took, in milliseconds, in order."""
    instants = [time.perf_counter()]
    for act in acts:
        act()
        instants.append(time.perf_counter())
    return sorted((end - begin) * 1000 for begin, end in pairwise(instants))


def _report(name: str, durations: list[float]) -> None:
    p50, p95 = durations[len(durations) // 2], durations[len(durations) * 95 // 100]
    note = f"p95 {p95:.1f} ms, longest {durations[-1]:.0f} ms"
    line(f"{name}: median", f"{p50:.1f} ms", note)


def _measure_database() -> None:
    from django.core.cache import cache
    from django.db import connection

    from isoloir.roll.models import RollEntry
    from isoloir.roll.search import count_entries, find_entries, read_page

    title(f"A roll of {ENTRIES:,} entries ({connection.vendor})")
    contest = _make_roll()
    searches = _sought()
    _report(
        f"{SEARCHES} searches (target p95 {TARGET_MS} ms)",
        _timed([lambda text=text: find_entries(contest, text) for text in searches]),
    )  # type: ignore[misc]
    chance = random.Random(_SEED)
    keys = list(RollEntry.objects.filter(contest=contest).order_by("pk").values_list("pk", flat=True)[::500])
    places = chance.sample(keys, 150)
    _report("pages after an entry anywhere", _timed([lambda key=key: read_page(contest, after=key) for key in places]))  # type: ignore[misc]
    _report("pages before one", _timed([lambda key=key: read_page(contest, before=key) for key in places]))  # type: ignore[misc]
    _report(
        "pages from a letter", _timed([lambda each=each: read_page(contest, letter=each) for each in "aeimprsz" * 5])
    )  # type: ignore[misc]

    def count() -> None:
        cache.clear()
        count_entries(contest)

    _report("counting the entries (once a minute at most)", _timed([count] * 11))


def _main_of_database() -> None:
    with tempfile.TemporaryDirectory() as directory:
        start_django(settings="config.settings.dev", directory=Path(directory))
        migrate()
        _measure_database()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--here", action="store_true", help="measure the database of this environment")
    if parser.parse_args().here:
        _main_of_database()
        return
    command = [sys.executable, "-m", "benchmarks.rolls", "--here"]
    without = {name: value for name, value in os.environ.items() if not name.startswith("ISOLOIR_POSTGRES")}
    subprocess.run(command, check=True, env=without)
    from tests.postgres import PORT, ROLE, Cluster, PostgresMissing, create_database

    cluster = Cluster()
    try:
        cluster.start()
    except PostgresMissing:
        line("PostgreSQL is not installed: not measured", "")
        cluster.stop()
        return
    try:
        create_database(str(cluster.folder), "rolls")
        there = {"ISOLOIR_POSTGRES_HOST": str(cluster.folder), "ISOLOIR_POSTGRES_PORT": str(PORT)}
        there |= {"ISOLOIR_POSTGRES_USER": ROLE, "ISOLOIR_POSTGRES": "rolls"}
        subprocess.run(command, check=True, env=without | there)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
