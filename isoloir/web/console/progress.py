"""How far the preparation of an election is, in numbers and in sentences."""

from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from isoloir.credentials.models import SlotLink
from isoloir.elections.models import CandidateList, Contest, Election
from isoloir.identity.campaigns import addressees, campaign_progress
from isoloir.identity.models import Campaign
from isoloir.roll.models import RollEntry


def counts_of(election: Election) -> list[dict[str, Any]]:
    """Return the numbers shown at the top of the console."""
    return [
        {"label": _("Bureaux de vote"), "number": election.stations.count()},
        {"label": _("Scrutins"), "number": election.contests.count()},
        {"label": _("Listes"), "number": CandidateList.objects.filter(contest__election=election).count()},
        {"label": _("Électeurs"), "number": election.voters.count()},
    ]


def contest_rows(election: Election) -> list[dict[str, Any]]:
    """Return each contest with its lists and its voters counted, in as many queries whatever the contests."""
    lists = dict(_count_by_contest(CandidateList, election))
    entries = dict(_count_by_contest(RollEntry, election))
    return [
        {
            "code": contest.code, "name": contest.name, "seats": contest.seats, "state": contest.state,
            "lists": lists.get(contest.pk, 0), "registered": entries.get(contest.pk, 0),
        }
        for contest in election.contests.order_by("code")
    ]  # fmt: skip


def _count_by_contest(model: Any, election: Election) -> Any:
    rows = model.objects.filter(contest__election=election).order_by()
    return rows.values_list("contest").annotate(Count("pk"))


def tasks_of(election: Election) -> list[dict[str, Any]]:
    """Return what must be done before the vote, in the order in which each step needs the one before it."""
    contests = contest_rows(election)
    entries = sum(contest["registered"] for contest in contests)
    links = SlotLink.objects.filter(entry__contest__election=election).count()
    stations = list(election.stations.select_related("ceremony"))
    campaign = campaign_counts(election)
    files, request = reverse("console:import"), reverse("console:request")
    steps = (
        (_("Importer les bureaux de vote et leurs membres"), bool(stations), files),
        (_("Importer les scrutins"), bool(contests), files),
        (_("Importer les listes de candidats"), bool(contests) and all(each["lists"] for each in contests), files),
        (_("Importer la liste électorale"), bool(contests) and all(each["registered"] for each in contests), files),
        (_("Demander les codes de vote à l’autorité de codes"), entries > 0 and links == entries, request),
        (_("Recevoir les clés publiques des codes"), entries > 0 and links == entries, reverse("console:slots")),
        (_("Envoyer la campagne d’ouverture"), campaign["waiting"] == 0 and campaign["invited"] > 0, reverse("console:invitations")),
        (_("Faire la cérémonie des clés dans chaque bureau"), bool(stations) and all(s.ceremony.completed_at for s in stations), ""),
        (_("Sceller les scrutins dans chaque bureau"), bool(contests) and all(each["state"] != Contest.State.PREPARED for each in contests), ""),
    )  # fmt: skip
    return [{"sentence": sentence, "done": done, "url": "" if done else url} for sentence, done, url in steps]


def campaign_counts(election: Election) -> dict[str, Any]:
    """Return how far the opening campaign is: voters invited and waiting, messages by state, and whether it is under way."""
    campaign = Campaign.objects.filter(election=election, kind=Campaign.Kind.OPENING).first()
    if campaign is None:
        waiting = addressees(election, Campaign.Kind.OPENING).count()
        return {
            "is_running": False,
            "invited": 0,
            "waiting": waiting,
            "queued": 0,
            "sent": 0,
            "failed": 0,
            "bounced": 0,
        }
    progress = campaign_progress(campaign)
    return {
        "is_running": campaign.finished_at is None, "invited": progress.voters, "waiting": progress.waiting,
        "queued": progress.queued, "sent": progress.sent, "failed": progress.failed, "bounced": progress.bounced,
    }  # fmt: skip
