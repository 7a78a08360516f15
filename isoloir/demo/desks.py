"""The fictional desks: an agent of claims, an agent of assistance, and what people have already asked them."""

from datetime import datetime, timedelta

from isoloir.assistance.answering import answer_ticket
from isoloir.assistance.asking import Question, open_ticket
from isoloir.assistance.canned import write_canned
from isoloir.assistance.models import Ticket
from isoloir.elections.models import Election
from isoloir.identity.agents import import_agents
from isoloir.identity.models import Account

CLAIMS_AGENT = "reclamations@valmorane.example"
ASSISTANCE_AGENT = "assistance@valmorane.example"
_AGENTS = f"""civility;last_name;first_names;email;role;academy
Mme;DESCHAMPS-LUR;Odile;{CLAIMS_AGENT};réclamations;
M.;VERMEIL;Tristan;{ASSISTANCE_AGENT};assistance;
"""
_CANNED = (
    (
        "Lien d’activation non reçu",
        "Regardez dans vos courriers indésirables, puis dans votre autre adresse professionnelle. Un nouveau lien vient d’être demandé pour vous.",
        "Look in your spam folder, then in your other professional mailbox. A new link has just been asked for you.",
    ),
    (
        "Notice de vote perdue",
        "Depuis votre espace électeur, choisissez « Je vote », puis « Je n’ai plus mon code » : vous ferez un nouveau code, et l’ancien ne servira plus.",
        "In your voter space, choose “I vote”, then “I no longer have my code”: you will make a new code, and the old one will be of no use.",
    ),
    (
        "Erreur sur la liste électorale",
        "Formulez une réclamation depuis votre espace électeur : elle est examinée par deux agents, et la réponse est motivée.",
        "Make a claim in your voter space: two agents examine it, and the answer gives its reason.",
    ),
)  # fmt: skip
_NOBODY = "203.0.113.9"


def open_desks(election: Election, *, actor: str, at: datetime) -> list[Account]:
    """Bring two agents, three canned answers and two questions, one of them answered; return the agents, without access."""
    import_agents(election=election, content=_AGENTS.encode(), actor=actor, at=at)
    agent = Account.objects.get(email=ASSISTANCE_AGENT)
    for title, text_fr, text_en in _CANNED:
        write_canned(election=election, agent=agent, title=title, text_fr=text_fr, text_en=text_en, at=at)
    _ask(election, agent, at=at)
    return [Account.objects.get(email=CLAIMS_AGENT), agent]


def _ask(election: Election, agent: Account, *, at: datetime) -> None:
    """Have a voter who is signed in ask about the code, and somebody who cannot sign in about the link."""
    asked = at - timedelta(minutes=50)
    voter = election.voters.select_related("election").order_by("reference").first()
    by_voter = Question(
        category=Ticket.Category.CODE, text="Ma notice de vote n’est pas arrivée. Que dois-je faire ?", voter=voter
    )
    ticket = open_ticket(election=election, question=by_voter, network=_NOBODY, at=asked)
    seen = ticket.messages.get().pk
    answer_ticket(ticket=ticket, agent=agent, text=_CANNED[1][1], seen=seen, at=asked + timedelta(minutes=35))
    by_visitor = Question(
        category=Ticket.Category.MESSAGE, name="Camille Exemple", email="camille.exemple@valmorane.example",
        text="Bonjour, je ne reçois pas le courriel d’activation. J’ai regardé dans les indésirables.",
    )  # fmt: skip
    open_ticket(election=election, question=by_visitor, network=_NOBODY, at=at - timedelta(minutes=20))
