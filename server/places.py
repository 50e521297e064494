"""The operations that run at once: so many in all, so many of each caller; the rest waits, one of each in turn.

Law: nobody starves. A caller waits behind his own, not behind those of others, and where the waiting room is full the
last of the longest line makes room for who has fewer there.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from resolvers.measures import Overloaded, RateLimited
from server.shares import Shares

Turn = asyncio.Future[None]


class Places:
    """Those of one process."""

    def __init__(self, shares: Shares):
        self._shares = shares
        self._running: Counter[str] = Counter()
        self._lines: OrderedDict[str, deque[Turn]] = OrderedDict()

    @property
    def running(self) -> dict[str, int]:
        """How many of whom."""
        return dict(self._running)

    @property
    def waiting(self) -> dict[str, int]:
        """How many of whom."""
        return {whose: len(line) for whose, line in self._lines.items()}

    @asynccontextmanager
    async def place(self, whose: str) -> AsyncIterator[None]:
        """Run while the block lasts, once it is one's turn. Raises RateLimited, or Overloaded for what all did."""
        if self._has_room(whose):
            self._running[whose] += 1
        else:
            await self._wait(whose)
        try:
            yield
        finally:
            self._give_back(whose)

    def _has_room(self, whose: str) -> bool:
        is_full = self._running.total() >= self._shares.max_operations
        return not is_full and self._running[whose] < self._shares.max_operations_per_account

    async def _wait(self, whose: str) -> None:
        turn = self._stand(whose)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:
                self._give_back(whose)  # it was called in the same moment
            raise
        finally:
            self._leave(whose, turn)

    def _stand(self, whose: str) -> Turn:
        if len(self._lines.get(whose, ())) >= self._shares.max_waiting_per_account:
            raise RateLimited
        if sum(map(len, self._lines.values())) >= self._shares.max_waiting:
            self._make_room(whose)
        turn: Turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(whose, deque()).append(turn)
        return turn

    def _make_room(self, whose: str) -> None:
        longest = max(self._lines.values(), key=len, default=deque())
        if len(longest) <= len(self._lines.get(whose, ())) + 1:
            raise Overloaded
        last = longest.pop()
        if not last.done():
            last.set_exception(Overloaded())

    def _leave(self, whose: str, turn: Turn) -> None:
        line = self._lines.get(whose)
        if line is not None:
            with suppress(ValueError):
                line.remove(turn)
            if not line:
                del self._lines[whose]

    def _give_back(self, whose: str) -> None:
        self._running[whose] -= 1
        if not self._running[whose]:
            del self._running[whose]
        for other in list(self._lines):
            if self._has_room(other):
                self._call(other)

    def _call(self, whose: str) -> None:
        """The first of a line runs; the line goes behind all the others."""
        line = self._lines[whose]
        self._lines.move_to_end(whose)
        while line:
            turn = line.popleft()
            if not turn.done():
                self._running[whose] += 1
                turn.set_result(None)
                return
