"""The calendar of the demo: working days and office hours in Minsk, as aware UTC times."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random

MINSK = timezone(timedelta(hours=3))
OPENING, CLOSING = 8 * 60 + 30, 17 * 60 + 45
"""Minutes of the day."""


def working_days(now: datetime, *, count: int = 120) -> list[date]:
    """The last weekdays before the day of `now`, oldest first; holidays are worked through."""
    today = now.astimezone(MINSK).date()
    candidates = (today - timedelta(days=back) for back in range(count * 2, 0, -1))
    return [day for day in candidates if day.weekday() < 5][-count:]


def is_peak(day: date) -> bool:
    """Whether it is one of the first five or the last three working days of its month."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return _weekdays(first, day) <= 5 or _weekdays(day, last) <= 3


def moment(day: date, minute: int) -> datetime:
    """That minute of the day in Minsk."""
    return (datetime.combine(day, time(), MINSK) + timedelta(minutes=minute)).astimezone(UTC)


def later(since: datetime, *, hours: float, dice: Random, now: datetime) -> datetime:
    """In office hours some time after `since`, `hours` on the average; always after `since` and before `now`."""
    after = since + timedelta(minutes=1, hours=dice.expovariate(1 / hours))
    local = after.astimezone(MINSK)
    if local.weekday() >= 5 or not OPENING <= local.hour * 60 + local.minute < CLOSING:
        after = moment(_next_working_day(local), OPENING + dice.randrange(120))
    sooner = since + (now - since) * dice.uniform(0.2, 0.8)
    return (after if after < now else sooner).replace(microsecond=0)


def _next_working_day(local: datetime) -> date:
    day = local.date()
    if local.hour * 60 + local.minute >= CLOSING:
        day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def _weekdays(first: date, last: date) -> int:
    return sum((first + timedelta(days=ahead)).weekday() < 5 for ahead in range((last - first).days + 1))
