"""Trade unions that do not exist, and what they might write.  Names and acronyms are meant to evoke no real one."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Union:
    """A fictional organisation; `affiliation` is the national union that it says it belongs to (article R211-564)."""

    acronym: str
    name: str
    affiliation: str = ""


# No two belong to the same national union: they could not file rival lists (article L211-3).
UNIONS = (
    Union("LADOS", "Les Ateliers du Savoir", "Confédération Azimut"),
    Union("BOUSOL", "La Boussole éducative"),
    Union("MEKLA", "Métiers de l’École claire", "Ensemble Estran"),
    Union("VOPRE", "La Voix des préaux"),
    Union("MTIL", "Mouvement Tilleul", "Confédération Bocage"),
    Union("CEVAL", "Cercle des éducateurs de Valmorane"),
    Union("HOMOZ", "Horizon Mosaïque", "Réseau Solstice"),
    Union("PLEVEN", "Collectif Plein Vent"),
    Union("EPARD", "Entente des personnels Ardoise", "Fédération Meridia"),
    Union("GLANT", "Groupement Lanterne"),
    Union("ASMER", "Association Méridienne", "Fédération du Littoral"),
    Union("TRIMES", "Tribune des métiers scolaires"),
    Union("LENCRE", "Ligue des encriers"),
    Union("KARALI", "Carrefour Alizé"),
)
#: Two organisations that file one list together in the larger contests (articles R211-46, R211-120).
JOINT = (UNIONS[5], UNIONS[12])

_OPENINGS = (
    "Avec {name}, une idée simple guide l’action : on enseigne mieux quand on est écouté.",
    "Avec {name}, des collègues de tous les métiers se rassemblent, de l’école maternelle au lycée, des bureaux aux laboratoires.",
    "Voter pour {name}, c’est choisir des représentants qui viennent vous voir avant la réunion et vous en rendent compte après.",
    "Quatre ans de visites d’établissements l’ont appris aux équipes réunies par {name} : les décisions justes naissent du terrain.",
)
_TOPICS = (
    ("Conditions de travail. Nous demandons un plan pluriannuel de rénovation des locaux, avec un calendrier public et un suivi "
    "par établissement : isolation, acoustique, points d’eau, salles de repos."),
    ("Remplacements. Une absence non remplacée pèse sur toute l’équipe. Nous proposons une brigade académique complète dès la "
    "rentrée et un tableau de bord consultable par tous."),
    ("Mobilité. Les barèmes doivent être connus à l’avance, expliqués et vérifiables. Chaque refus doit être motivé par écrit, "
    "dans une langue claire."),
    ("Santé au travail. Nous réclamons une visite médicale effective tous les cinq ans et un médecin de prévention dans chaque "
    "bassin."),
    ("Formation. Elle doit avoir lieu sur le temps de travail, près du lieu d’exercice, et répondre aux besoins exprimés par "
    "les équipes."),
    ("Personnels contractuels. À mission égale, droits égaux : contrats d’un an au moins, paiement dès le premier mois, accès "
    "aux mêmes formations."),
    ("Numérique. Des outils sobres, accessibles et choisis avec celles et ceux qui s’en servent ; un droit à la déconnexion "
    "qui ne soit pas qu’un mot."),
    ("Administration de proximité. Les secrétariats ont perdu des postes quand les tâches doublaient : nous voulons un "
    "moratoire et un audit partagé."),
    ("Inclusion. Accueillir chaque élève demande des accompagnants formés, stables et reconnus. Nous porterons un cadre "
    "d’emploi digne."),
    ("Petites écoles. La carte scolaire doit se préparer sur trois ans, avec les familles et les communes, et non en quelques "
    "semaines."),
)  # fmt: skip
_CLOSINGS = (
    "Nos élus s’engagent à publier un compte rendu sous huit jours après chaque séance et à répondre à chaque question.",
    "Indépendants de tout pouvoir, nous ne promettons que ce que nous pouvons tenir : du travail, de la présence et de la clarté.",
    "Nos candidates et candidats exercent tous dans l’académie. Vous les connaissez : faites-leur confiance.",
    "Chaque voix compte : le nombre de sièges dépend de la vôtre. Prenez cinq minutes pour voter.",
)


def write_statement(name: str, random: Random) -> str:
    """Return a statement of six paragraphs separated by empty lines; candidates and sentences are drawn."""
    topics = random.sample(_TOPICS, 4)
    return "\n\n".join((random.choice(_OPENINGS).format(name=name), *topics, random.choice(_CLOSINGS))) + "\n"
