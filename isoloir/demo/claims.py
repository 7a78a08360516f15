"""Two fictional claims, received before the codes were issued, so that voters and agents see what becomes of one."""

from datetime import datetime

from isoloir.claims.actions import make_claim
from isoloir.claims.models import Claim
from isoloir.elections.models import Contest, Election

_CLAIMS = (
    (Claim.Kind.PERSONAL_DATA, "Mon établissement a changé de nom le 1er septembre. La liste montre encore l’ancien."),
    (Claim.Kind.WRONG_CONTEST, "J’ai été titularisée cet été : je ne devrais plus voter pour les agents contractuels."),
)


def receive_claims(election: Election, *, at: datetime) -> None:
    """Let the last two voters of the roll claim, each through the act that the page uses."""
    for voter, (kind, text) in zip(election.voters.order_by("-pk")[: len(_CLAIMS)], _CLAIMS, strict=False):
        contest = Contest.objects.filter(roll__voter=voter).order_by("code").first()
        make_claim(voter=voter, kind=kind, contest=contest, text=text, at=at)
