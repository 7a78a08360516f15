"""What stops a delivery, and why a report changes nothing. Nobody reads these on a page: logs and commands tell them."""


class RelayAway(Exception):
    """The mail relay cannot be reached, or takes nothing; the message names the kind of fault or the reply code alone."""


class SpoolUnreadable(Exception):
    """What lies in the spool under the name of a batch cannot be read as one."""


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
