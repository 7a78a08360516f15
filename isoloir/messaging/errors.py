"""What stops a delivery, and why a report changes nothing. Nobody reads these on a page: logs and commands tell them."""


class RelayAway(Exception):
    """The mail relay cannot be reached, or takes nothing; the message names the kind of fault or the reply code alone."""


class SpoolUnreadable(Exception):
    """What lies in the spool under the name of a batch cannot be read as one."""


class SmsRefused(Exception):
    """A text message that is not queued: `number`, `alphabet`, `too-long`, or `no-provider`. The message is the code alone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ProviderFault(Exception):
    """Base of what a provider of text messages answers instead of taking one; `code` holds neither number nor text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NumberRefused(ProviderFault):
    """It will never take a message for this number."""


class ProviderBusy(ProviderFault):
    """It surely did not take this message, and may take it later."""


class ProviderAway(ProviderBusy):
    """It surely did not take this message, nor would it take another now: no answer, keys refused, no credit left."""


class ProviderUnsure(ProviderFault):
    """Nobody knows whether it took this message: its answer was lost, or cannot be read."""


class ReceiptRefused(Exception):
    """What came to the address of receipts is no receipt of this provider."""


class ReportRefused(Exception):
    """Base of the refusals of a delivery report."""

    code = "refused"


class ReportIgnored(ReportRefused):
    """It is no delivery report about one of our messages."""

    code = "ignored"


class ReportForged(ReportRefused):
    """It names a message of ours without the mark that only we make."""

    code = "forged"


class ReportUnreadable(ReportRefused):
    """It is written so that it cannot be read within our bounds."""

    code = "unreadable"
