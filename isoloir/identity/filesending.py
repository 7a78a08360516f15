"""The pace at which a network sends files: each one is opened and read, which costs the portal more than words do."""

from datetime import datetime

from .errors import FilesCrowded, NetworkCrowded
from .slowdown import begin_try, network_of

_ACTION = "files"


def begin_sending(*, network: str, at: datetime) -> None:
    """Count the files that one form brings from this IP address. Raises FilesCrowded: words without files still pass.

    Counted whether the files are taken or not: reading them is what costs.
    """
    try:
        begin_try(action=_ACTION, subjects=(network_of(network),), at=at)
    except NetworkCrowded as crowded:
        raise FilesCrowded(crowded.seconds) from None
