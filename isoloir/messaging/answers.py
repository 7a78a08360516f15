"""What the relay's answers mean: whether a refusal is about the recipient, or the relay itself is in trouble.

A relay set up wrongly on the opening day refuses everybody, often by the same 550 as an address that does not exist.
Believed each time, it would burn a whole electorate in minutes: one refusal is weighed by what the others were told.
"""

import re
import smtplib

from .spool import Outcome

# So many messages in a row that do not leave are the relay's trouble, not theirs.
MOST_IN_A_ROW = 10
# RFC 3463 §3.2 and §3.3: the recipient's address or mailbox. X.1.0 says nothing, X.1.7 and X.1.8 are about the sender.
_OWN = re.compile(rb"5\.(?:1\.(?:[1-69]|10)|2\.[0-9]{1,3})(?![0-9])")
# X.7.X is about the relay's own rules (RFC 3463 §3.8): somebody may mend them. So are 530 and 535, which ask to sign in.
_POLICY = re.compile(rb"5\.7\.")
_POLICY_CODES = (530, 535)
_LOST = (smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError, TimeoutError)


class Answers:
    """The answers of the relay to one batch, in order."""

    def __init__(self) -> None:
        self._outcomes: dict[int, Outcome] = {}
        self._has_taken = False
        self._in_a_row = 0
        # Refusals since the last message that was taken: the key, and whether the answer names the recipient's fault.
        self._open: list[tuple[int, bool]] = []

    def expect(self, primary_key: int) -> None:
        """Note that a message is about to leave."""
        self._outcomes[primary_key] = Outcome.ABOUT

    def note(self, primary_key: int, fault: Exception | None) -> Outcome:
        """Note what one sending raised, None when the relay took the message; return what is known of it so far.

        A refusal is "later" until the batch ends and `conclude` tells which ones are believed.
        """
        if fault is None:
            self._believe_row()
            self._has_taken, self._in_a_row = True, 0
            outcome = Outcome.SENT
        else:
            # A row that cannot be opened or composed is no word of the relay. Every fault of smtplib is an OSError.
            self._in_a_row += isinstance(fault, OSError)
            outcome = Outcome.DOUBT if isinstance(fault, _LOST) else Outcome.LATER
            if isinstance(fault, smtplib.SMTPRecipientsRefused):
                self._weigh(primary_key, *_reply(fault))
        self._outcomes[primary_key] = outcome
        return outcome

    @property
    def takes_nothing(self) -> bool:
        """Whether the last messages, ten in a row, did not leave: the relay is better left alone for now."""
        return self._in_a_row >= MOST_IN_A_ROW

    def conclude(self) -> dict[int, Outcome]:
        """Return what became of each message, once the batch is over."""
        if not self._has_taken:
            self._open = [(key, is_own) for key, is_own in self._open if is_own]
        if not self.takes_nothing:
            self._believe_row()
        return self._outcomes

    def _weigh(self, primary_key: int, code: int, text: bytes) -> None:
        if 500 <= code < 600 and code not in _POLICY_CODES and not _POLICY.match(text):
            self._open.append((primary_key, _OWN.match(text) is not None))

    def _believe_row(self) -> None:
        """Believe the last refusals, because they are few and the relay takes others, or because it says why."""
        self._outcomes.update((key, Outcome.REFUSED) for key, _is_own in self._open)
        self._open = []


def keeps_connection(fault: Exception) -> bool:
    """Tell whether the connection serves on: after a refused recipient, but for 421, which announces that it ends."""
    return isinstance(fault, smtplib.SMTPRecipientsRefused) and _reply(fault)[0] != 421


def code_of(fault: Exception) -> str:
    """Return the relay's reply code, or the kind of fault: never its text, which may hold an address."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return str(_reply(fault)[0])
    if isinstance(fault, smtplib.SMTPResponseException):
        return str(fault.smtp_code)
    return type(fault).__name__


def _reply(fault: smtplib.SMTPRecipientsRefused) -> tuple[int, bytes]:
    code, text = next(iter(fault.recipients.values()))
    return code, text
