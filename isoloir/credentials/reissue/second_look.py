"""Seeing a new code once more: in the session in which it was made, after the challenge is answered again.

The code is in the browser's memory alone; this says only whether the page may unmask it. The session, which keeps for which
re-issue that may still happen, lets it happen once.
"""

from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from isoloir.credentials.errors import ReissueRefused
from isoloir.credentials.models import Reissue
from isoloir.identity.slowdown import forgive_try
from isoloir.identity.voters import account_of
from isoloir.roll.models import Voter

from .requests import begin_proof, is_right_answer


def again_question(voter: Voter) -> str | None:
    """Return the question to be answered again, in the reader's language; None for a voter who has none."""
    account = account_of(voter)
    question = account.question if account else None
    if question is None:
        return None
    return question.text_en if get_language() == "en" else question.text_fr


def answer_again(*, voter: Voter, reissue: Reissue, answer: str, at: datetime) -> None:
    """Check the answer given again for a code that has just gone live; the caller then lets it be shown, once.

    Raises ReissueRefused (not_offered, slowed, proof_refused). Outside of any transaction.
    """
    if reissue.voter_id != voter.pk or reissue.state != Reissue.State.LIVE or again_question(voter) is None:
        raise ReissueRefused("not_offered", _("Ce code ne peut pas être affiché de nouveau."))
    attempt = begin_proof(voter, at=at)
    if not is_right_answer(voter, answer):
        raise ReissueRefused("proof_refused", seconds=attempt.seconds)
    forgive_try(attempt)
