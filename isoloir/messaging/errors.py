"""What stops a delivery, and why a report changes nothing. Nobody reads these on a page: logs and commands tell them."""


class RelayAway(Exception):
    """The mail relay cannot be reached; the message names the kind of fault alone."""


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
    """It is too long, or nested too deeply, to be read."""

    code = "unreadable"
