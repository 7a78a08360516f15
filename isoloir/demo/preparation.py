"""Setting up a fictional election through the real parts: import, authority, link keys, members' credentials."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.common.clock import PARIS
from isoloir.credentials.authority.issue import issue_codes
from isoloir.credentials.authority.request import read_request
from isoloir.credentials.imports import import_slots
from isoloir.credentials.request import export_credential_request
from isoloir.elections.actions import Calendar, create_election
from isoloir.elections.folder import import_folder
from isoloir.elections.models import Election
from isoloir.identity.models import Account

Progress = Callable[[int, int], None]
ACTOR = "démonstration"


def calendar_from(at: datetime) -> Calendar:
    """Return a calendar in which the portal is open, lists are shown, and voting opens in two days at eight for a week."""
    local = timezone.localtime(at, PARIS)
    opens = (local + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    closes = (opens + timedelta(days=7)).replace(hour=17)
    return Calendar(
        portal_opens_at=at - timedelta(days=1), lists_shown_at=at - timedelta(hours=1),
        voting_opens_at=opens, voting_closes_at=closes, lists_drawn_on=(local - timedelta(days=1)).date(),
    )  # fmt: skip
