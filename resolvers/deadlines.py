"""How long an operation may take, and what ends a query before its time (reliability.md A4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from resolvers.ports import OutcomeUnknown, TooSlow


class Line:
    """The caller's line. Whoever hangs up gets no answer: his query stops, an act of his goes on to its end."""

    def __init__(self) -> None:
        self._queries: set[asyncio.Timeout] = set()
        self._is_cut = False

    def cut(self) -> None:
        """The caller hung up."""
        self._is_cut = True
        for limit in self._queries:
            if not limit.expired():
                limit.reschedule(0)

    @asynccontextmanager
    async def query(self, *, seconds: float) -> AsyncIterator[None]:
        """Ask while the block lasts. Raises TooSlow when it takes longer, or when nobody waits for the answer."""
        async with _limited(0 if self._is_cut else seconds, TooSlow) as limit:
            self._queries.add(limit)
            try:
                yield
            finally:
                self._queries.discard(limit)


@asynccontextmanager
async def act(*, seconds: float) -> AsyncIterator[None]:
    """Act while the block lasts. Raises OutcomeUnknown when it takes longer: what was being committed is committed."""
    async with _limited(seconds, OutcomeUnknown):
        yield


@asynccontextmanager
async def _limited(seconds: float, too_late: type[Exception]) -> AsyncIterator[asyncio.Timeout]:
    """So long; `too_late` is raised then. A time limit of somebody else's inside stays what it is."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield limit
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise too_late from error
