"""The demonstration's clock: real time, moved forward by what the visitor asked."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .models import DemonstrationClock
from .registrar_clock import CLOCK_SHIFT


def now() -> datetime:
    """Return the demonstration's time, in UTC."""
    offset = DemonstrationClock.objects.values_list("offset", flat=True).first()
    return timezone.now() + (offset or timedelta(0))


def advance_to(instant: datetime) -> None:
    """Move the clock forward to `instant`; a demonstration never goes back in time."""
    offset = instant - timezone.now()
    known = DemonstrationClock.objects.first()
    if known is None:
        known = DemonstrationClock.objects.create(offset=max(offset, timedelta(0)))
    elif offset > known.offset:
        known.offset = offset
        known.save(update_fields=("offset",))
    _tell_registrar(known.offset)


def _tell_registrar(offset: timedelta) -> None:
    """Move the registrar's clock too, which is in another process and reads no database of ours."""
    path = Path(settings.VAR_DIR) / CLOCK_SHIFT
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(str(offset.total_seconds()))
    draft.replace(path)
