"""The académie of Valmorane, its towns and its schools: none exists.  Postal codes begin with 99, which no town has."""

from dataclasses import dataclass
from random import Random

ACADEMY = "Académie de Valmorane"

_TOWNS = (
    "Valmorane", "Saint-Elme-sur-Orve", "Port-Aubierge", "Les Trois-Fontanelles", "Mont-Lavigne", "Brécy-le-Haut",
    "Grandcombe-les-Tilleuls", "Orvigny", "Chantereine-en-Brie-Basse", "La Roche-Estournel", "Pierrelande", "Sainte-Aurèle",
    "Villeneuve-d’Orve", "Fontclaire", "L’Isle-Morvan-Plage", "Ambrevieille",
)  # fmt: skip
_EPONYMS = (
    "des Trois-Ormes", "du Vieux-Lavoir", "des Quatre-Vents", "de la Haute-Futaie", "du Pont-Canal", "des Grands-Prés",
    "de la Tuilerie", "du Belvédère", "des Hirondelles", "de l’Écluse", "du Clos-Aubépine", "des Deux-Rivières", "de la Bergerie",
    "du Moulin-à-Papier", "des Mille-Feuilles", "de l’Observatoire",
)  # fmt: skip
_STREETS = (
    "rue du Four-à-Pain", "avenue des Acacias", "place du Marché-aux-Herbes", "chemin des Écoliers", "rue de la Corderie",
    "boulevard du Rempart", "allée des Merisiers", "impasse du Puits", "quai des Gabares", "rue Haute",
)  # fmt: skip
_KINDS = ("École élémentaire", "École maternelle", "Collège", "Lycée", "Lycée professionnel")


@dataclass(frozen=True, slots=True)
class Establishment:
    """A school that does not exist, with its code in the form of the national register and its postal address."""

    code: str
    name: str
    delivery_lines: tuple[str, ...]


def invent_establishments(count: int, random: Random) -> list[Establishment]:
    """Draw `count` schools, each with a code and a name of its own."""
    places = [(kind, eponym, town) for town in _TOWNS for eponym in _EPONYMS for kind in _KINDS]
    random.shuffle(places)
    return [_establishment(number, places, random) for number in range(count)]


def _establishment(number: int, places: list[tuple[str, str, str]], random: Random) -> Establishment:
    round_, place = divmod(number, len(places))
    kind, eponym, town = places[place]
    school = f"{kind} {eponym}" + (f" n° {round_ + 1}" if round_ else "")
    street = f"{random.randint(1, 148)} {random.choice(_STREETS)}"
    postcode = 99_000 + 10 * (_TOWNS.index(town) + 1)
    code = f"099{number % 10_000:04d}{_register_letter(number)}"
    if number >= 10_000:
        code += str(number // 10_000)
    return Establishment(code, f"{school}, {town}", (school, street, f"{postcode} {town.upper()}"))


def _register_letter(number: int) -> str:
    """Return the check letter of a code of the national register: the number modulo 23, without I, O, Q."""
    return "ABCDEFGHJKLMNPRSTUVWXYZ"[(99 * 10_000 + number % 10_000) % 23]
