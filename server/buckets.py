"""Token buckets in memory: so much at once, and so much a minute after that (rate limit)."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

MOST = 10_000
MINUTE = 60.0
TINY = 1e-6
"""What adding up fractions may lose."""


class Buckets:
    """One for each name that takes of it. A full one is not kept; of too many, the one used longest ago goes."""

    def __init__(self, *, per_minute: int, burst: int):
        self.per_minute = per_minute
        self._per_second = per_minute / MINUTE
        self._burst = burst
        self._levels: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, whose: str, count: int = 1, *, at: datetime) -> float:
        """Take so much, or nothing: the seconds until there will be enough, 0 when it was taken.

        What is more than a full bucket takes a full one, and is waited for afterwards.
        """
        level = self._level(whose, at=at)
        lacking = min(count, self._burst) - level
        is_taken = lacking <= TINY
        self._levels[whose] = level - count if is_taken else level, at
        self._levels.move_to_end(whose)
        self._forget(at=at)
        return 0.0 if is_taken else lacking / self._per_second

    def _level(self, whose: str, *, at: datetime) -> float:
        level, since = self._levels.get(whose, (float(self._burst), at))
        # A clock that steps back gives nothing and takes nothing.
        return min(self._burst, level + max(0.0, (at - since).total_seconds()) * self._per_second)

    def _forget(self, *, at: datetime) -> None:
        while self._levels and (len(self._levels) > MOST or self._is_oldest_full(at=at)):
            self._levels.popitem(last=False)

    def _is_oldest_full(self, *, at: datetime) -> bool:
        return self._level(next(iter(self._levels)), at=at) >= self._burst
