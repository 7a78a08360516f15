"""Changing when claims are received, as long as nothing is sealed."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.clock import utc_text
from isoloir.elections.actions import lock_unsealed
from isoloir.elections.models import ClaimWindow, Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import WindowsRefused
from .windows import Window


@transaction.atomic
def change_windows(
    *, election: Election, windows: Mapping[str, Window | None], actor: str, at: datetime
) -> Election:  # fmt: skip
    """Replace the windows of these instances; None gives an instance the delays of the law again.

    Raises ElectionSealed, WindowsRefused with the sentence of each date that is not in order.
    """
    election = lock_unsealed(election)
    faults: dict[tuple[str, str], str] = {}
    for instance, window in windows.items():
        if window is not None:
            faults |= {(instance, name): sentence for name, sentence in _faults(window, election).items()}
    if faults:
        raise WindowsRefused(faults)
    for instance, window in windows.items():
        _write(election, instance, window)
    record(
        Kind.CLAIM_WINDOWS_CHANGED, actor=actor, at=at, subject=election.slug,
        facts={instance: _facts(window) for instance, window in windows.items()},
    )  # fmt: skip
    return election


def _faults(window: Window, election: Election) -> dict[str, str]:
    faults: dict[str, str] = {}
    if window.opens_at < election.portal_opens_at:
        faults["opens_at"] = _("Les réclamations s’ouvrent au plus tôt avec le portail.")
    if window.inscriptions_close_at <= window.opens_at:
        faults["inscriptions_close_at"] = _("Les demandes d’inscription finissent après l’ouverture.")
    if window.closes_at < window.inscriptions_close_at:
        faults["closes_at"] = _("Les autres réclamations finissent au plus tôt avec les demandes d’inscription.")
    elif window.closes_at > election.voting_opens_at:
        faults["closes_at"] = _("Les réclamations finissent au plus tard à l’ouverture du vote.")
    return faults


def _write(election: Election, instance: str, window: Window | None) -> None:
    if window is None:
        ClaimWindow.objects.filter(election=election, instance=instance).delete()
        return
    ClaimWindow.objects.update_or_create(
        election=election,
        instance=instance,
        defaults={
            "opens_at": window.opens_at,
            "inscriptions_close_at": window.inscriptions_close_at,
            "closes_at": window.closes_at,
        },
    )


def _facts(window: Window | None) -> list[str] | None:
    if window is None:
        return None
    return [utc_text(at) for at in (window.opens_at, window.inscriptions_close_at, window.closes_at)]
