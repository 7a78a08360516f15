"""The e-mail that tells a voter, at each professional address, that the voting code was replaced (R211-555)."""

from collections.abc import Sequence
from datetime import datetime

from isoloir.identity.mails import Mail, letter_context, moment_in, write_letter
from isoloir.identity.voters import addresses_of, language_of
from isoloir.roll.models import Voter


def code_replaced(voter: Voter, *, contests: Sequence[str], at: datetime) -> list[Mail]:
    """Return the e-mail for each address that identifies the voter: somebody else may hold one of them.

    `contests` are the names of those whose key changed.
    """
    language = language_of(voter)
    context = letter_context(voter, election=voter.election, language=language)
    context |= {"replaced_at": moment_in(language, at), "contests": contests}
    subject, body = write_letter("credentials", "code_replaced", language=language, context=context)
    return [(recipient, subject, body) for recipient in addresses_of(voter)]
