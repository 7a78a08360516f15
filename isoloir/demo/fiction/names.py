"""Names of people who do not exist: invented surnames, ordinary first names, addresses in the reserved domain .example."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from random import Random

MAIL_DOMAIN = "ac-valmorane.example"

_FIRST_SYLLABLES = (
    "Bel", "Bri", "Car", "Cham", "Cor", "Dar", "Del", "Fau", "Fer", "Gal", "Gar", "Lau", "Mar", "Mor", "Nau", "Per",
    "Rou", "Sal", "Ter", "Val", "Ver", "Vil",
)  # fmt: skip
_LAST_SYLLABLES = (
    "baud", "brac", "chel", "dieu", "douin", "drac", "fosse", "gnes", "lande", "lier", "mier", "moux", "neuil", "pière",
    "quoy", "sance", "thou", "vray",
)  # fmt: skip
_WOMEN = (
    "Adèle", "Agnès", "Aïcha", "Anaïs", "Anne-Sophie", "Béatrice", "Camille", "Céline", "Chloé", "Clémence", "Delphine",
    "Éléonore", "Élise", "Emma", "Estelle", "Fatou", "Florence", "Gaëlle", "Hélène", "Inès", "Jeanne", "Julie", "Karine",
    "Laïla", "Lucie", "Maëlys", "Maï", "Margaux", "Marie-Ève", "Mathilde", "Nadia", "Noémie", "Océane", "Pauline", "Rachida",
    "Rose", "Sabine", "Solène", "Sylvie", "Thérèse", "Valérie", "Yasmine", "Zoé",
)  # fmt: skip
_MEN = (
    "Adrien", "Aurélien", "Bastien", "Benoît", "Boubacar", "Cédric", "Clément", "Damien", "Édouard", "Étienne", "Fabrice",
    "Félix", "François", "Gaëtan", "Gilles", "Guillaume", "Hakim", "Hugo", "Ivan", "Jean-Baptiste", "Jérôme", "Karim",
    "Laurent", "Léo", "Loïc", "Lucas", "Marc-Antoine", "Mathieu", "Maxime", "Nicolas", "Noël", "Olivier", "Pascal", "Quentin",
    "Raphaël", "Rémi", "Samir", "Sébastien", "Théo", "Thomas", "Tuan", "Victor", "Yann",
)  # fmt: skip
_PARTICLES = ("Le ", "de ", "d’", "Du ", "La ")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who does not exist."""

    civility: str
    last_name: str
    first_names: str


def invent_person(random: Random) -> Person:
    """Draw a person; about one name in twelve is a compound or bears a particle, as in a real staff list."""
    woman = random.random() < 0.62
    last_name = _surname(random)
    chance = random.random()
    if chance < 0.04:
        last_name = f"{last_name}-{_surname(random)}"
    elif chance < 0.08:
        last_name = random.choice(_PARTICLES) + last_name
    first_names = random.choice(_WOMEN if woman else _MEN)
    return Person("Mme" if woman else "M.", last_name.upper(), first_names)


def _surname(random: Random) -> str:
    return random.choice(_FIRST_SYLLABLES) + random.choice(_LAST_SYLLABLES)


class Addresses:
    """Gives each person an address of their own: namesakes get a number."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def invent(self, person: Person) -> str:
        """Return `first.last@ac-valmorane.example`, unaccented, with a number from the second namesake on."""
        local = f"{_plain(person.first_names)}.{_plain(person.last_name)}"
        self._taken[local] += 1
        number = self._taken[local]
        return f"{local}{number if number > 1 else ''}@{MAIL_DOMAIN}"


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    letters = (each if each.isalnum() else "-" for each in decomposed if not unicodedata.combining(each))
    return "".join(letters).strip("-")
