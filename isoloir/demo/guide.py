"""The guided visit: which steps of the election are done, and who has the next one in hand."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from isoloir.elections.models import Contest, Election
from isoloir.pollingstation.models import PollingStation


@dataclass(frozen=True)
class VisitStep:
    """A step of the visit: `done`, `current` or `to_do`, with what to do and where."""

    title: str
    explanation: str
    url: str
    state: str


def visit_steps(election: Election, station: PollingStation, *, at: datetime) -> list[VisitStep]:
    """Return the steps of the visit, in order."""
    states = set(election.contests.values_list("state", flat=True))
    unfrozen = {Contest.State.PREPARED, Contest.State.SEALED, Contest.State.SUSPENDED}
    done = (
        station.ceremony.completed_at is not None,
        Contest.State.PREPARED not in states,
        at >= election.voting_opens_at,
        at >= election.voting_closes_at,
        states.isdisjoint(unfrozen),
        states.issubset({Contest.State.COUNTED, Contest.State.PUBLISHED}),
        states == {Contest.State.PUBLISHED},
    )
    current = next((number for number, is_done in enumerate(done) if not is_done), len(done))
    return [
        VisitStep(title, text, url, "done" if number < current else "current" if number == current else "to_do")
        for number, (title, text, url) in enumerate(_texts(station))
    ]


def _texts(station: PollingStation) -> list[tuple[str, str, str]]:
    bureau, clock = reverse("bureau:station", args=(station.code,)), reverse("demo:clock")
    return [
        (
            _("Faire les clés du bureau"),
            _(
                "Entrez comme présidente, puis comme déléguées, et faites vos clés ; les autres membres agissent d’un clic, ci-dessous."
            ),
            bureau,
        ),
        (_("Sceller les scrutins"), _("Entrez comme présidente du bureau."), bureau),
        (_("Avancer à l’ouverture du vote"), _("L’horloge de la démonstration avance d’un clic."), clock),
        (
            _("Voter"),
            _("Entrez comme électrice : courriel d’ouverture, mot de passe, puis le code de vote de la notice."),
            reverse("voter:welcome"),
        ),
        (_("Clôturer"), _("L’horloge avance après le délai de grâce ; l’urne se fige d’elle-même."), clock),
        (
            _("Dépouiller avec les clés"),
            _("La présidente et deux déléguées déchiffrent les totaux, chacune avec sa clé."),
            bureau,
        ),
        (_("Signer le procès-verbal et publier"), _("Puis vérifiez vous-même le résultat publié."), bureau),
    ]
