"""Dates as people here read them: 24.11.2026 12:30."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo


def moment(at: datetime, locale: str, time_zone: str) -> str:
    """`at` (aware) on the clock of the IANA `time_zone`, as DD.MM.YYYY HH:MM in every `locale`.

    Raises ValueError for a naive time, KeyError (ZoneInfoNotFoundError) for an unknown zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs an aware time")
    return at.astimezone(_zone(time_zone)).strftime("%d.%m.%Y %H:%M")


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
