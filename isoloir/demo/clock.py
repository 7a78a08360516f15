"""The demonstration's clock: real time, moved forward by what the visitor asked."""

from datetime import datetime, timedelta

from django.utils import timezone

from .models import DemonstrationClock


def now() -> datetime:
    """Return the demonstration's time, in UTC."""
    offset = DemonstrationClock.objects.values_list("offset", flat=True).first()
    return timezone.now() + (offset or timedelta(0))


def advance_to(instant: datetime) -> None:
    """Move the clock forward to `instant`; a demonstration never goes back in time."""
    offset = instant - timezone.now()
    known = DemonstrationClock.objects.first()
    if known is None:
        DemonstrationClock.objects.create(offset=max(offset, timedelta(0)))
    elif offset > known.offset:
        known.offset = offset
        known.save(update_fields=("offset",))
