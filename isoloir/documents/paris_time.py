"""Instants written in full, in Paris time, as every document shows them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from isoloir.documents.errors import DocumentRefused

PARIS = ZoneInfo("Europe/Paris")
_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}  # fmt: skip


def paris_text(instant: datetime, *, language: str = "fr", seconds: bool = False, zone: bool = True) -> str:
    """Write an aware instant as « jeudi 3 décembre 2026 à 9 h 12 (heure de Paris) », or the same in English.

    The hour repeated at the end of summer time is told apart (« heure d'hiver », « heure d'été ») only when needed;
    `zone` false leaves « (heure de Paris) » out, for a sentence that says it once for two instants.
    Raises DocumentRefused for an instant without a time zone.
    """
    if instant.tzinfo is None:
        raise DocumentRefused("an instant must bear its time zone")
    local = instant.astimezone(UTC).astimezone(PARIS)
    day, month = _DAYS[language][local.weekday()], _MONTHS[language][local.month - 1]
    if language == "en":
        clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
        place = f" (Paris{_season(local, 'summer', 'winter')} time)" if zone else ""
        return f"{day} {local.day} {month} {local.year} at {clock}{place}"
    number = "1er" if local.day == 1 else str(local.day)
    clock = f"{local.hour}\u00a0h\u00a0{local.minute:02d}"
    if seconds:
        clock += f"\u00a0min\u00a0{local.second:02d}\u00a0s"
    place = f" (heure{_season(local, 'd’été', 'd’hiver')} de Paris)" if zone else ""
    return f"{day} {number} {month} {local.year} à {clock}{place}"


def _season(local: datetime, summer: str, winter: str) -> str:
    """Return the season of a local hour that happens twice in its day, else nothing."""
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    return " " + (summer if local.dst() else winter)
