"""The bell of one process. It wakes and says nothing: who was woken looks into the journal himself."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress


class Ear:
    """One listener. A ring between two waits ends the next wait at once."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()

    async def wait(self, *, seconds: float) -> None:
        """Until the bell rings, or `seconds` have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.rung.wait()
        self.rung.clear()


class MemoryBell:
    """Rings within this process, in one event loop."""

    def __init__(self) -> None:
        self.is_closed = False
        self._ears: defaultdict[int, set[Ear]] = defaultdict(set)

    def ring(self, cabinet_ids: Iterable[int]) -> None:
        """Wake whoever listens to these cabinets."""
        for cabinet_id in cabinet_ids:
            for ear in self._ears.get(cabinet_id, ()):
                ear.rung.set()

    def close(self) -> None:
        """Wake everybody for the last time: the server is going."""
        self.is_closed = True
        self.ring(tuple(self._ears))

    @asynccontextmanager
    async def armed(self, cabinet_id: int) -> AsyncIterator[Ear]:
        """Listen from now on."""
        ear = Ear()
        self._ears[cabinet_id].add(ear)
        try:
            yield ear
        finally:
            self._ears[cabinet_id].discard(ear)
            if not self._ears[cabinet_id]:
                del self._ears[cabinet_id]
