"""Dropping a ballot in the box, and emptying it towards the count."""

import secrets

from django.db import connection
from isoloir_protocol.ballots import VerifiedBallot

from isoloir.elections.models import Contest

from .models import Ballot


def drop_ballot(*, contest: Contest, ballot: VerifiedBallot) -> Ballot:
    """Put a verified ballot in the box; it is told no name and no time. To be called by cast_vote() alone, in its transaction."""
    return Ballot.objects.create(
        contest=contest, credential=ballot.credential.text, tracker=ballot.tracker, text=ballot.text.decode()
    )


def holds(*, contest: Contest, ballot: VerifiedBallot) -> bool:
    """Tell whether this very ballot is in the box."""
    return Ballot.objects.filter(contest=contest, credential=ballot.credential.text, tracker=ballot.tracker).exists()


def ballots_in_random_order(contest: Contest) -> list[str]:
    """Return the texts of all ballots, shuffled by the operating system's randomness."""
    texts = list(Ballot.objects.filter(contest=contest).values_list("text", flat=True))
    secrets.SystemRandom().shuffle(texts)
    return texts


def forget_order_of_voting() -> None:
    """Have SQLite write its file anew, where it still tells in which order ballots came.

    It keeps the text of a ballot in pages of its own, taken as they are needed: their numbers followed the order of
    voting, and so did the write-ahead log. To be called outside any transaction, once closing is committed.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
