"""The keeper (scheduler): every ten seconds writes down what time alone has changed. One runs inside `serve`."""

import asyncio
from datetime import datetime, timedelta

import structlog

from resolvers import blobs, documents, repeats
from resolvers.context import Client, Context
from resolvers.ports import Outside
from resolvers.rights import Principal
from server.patience import require_uncancelled

PASS_SECONDS = 10.0
SWEEP_EVERY = timedelta(hours=1)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Keeper:
    """Watches deadlines; `run` until cancelled."""

    def __init__(self, outside: Outside):
        self._outside = outside
        self._swept_at: datetime | None = None

    async def run(self) -> None:
        """A pass every ten seconds, for ever."""
        while True:
            await self._pass_safely()
            await asyncio.sleep(PASS_SECONDS)

    async def _pass_safely(self) -> None:
        try:
            await self.pass_once()
        except Exception as error:  # noqa: BLE001  # a worker's loop: the database may be back in ten seconds
            require_uncancelled()
            log.error("keeper.pass_failed", error=type(error).__name__)

    async def pass_once(self) -> int:
        """Expire what is late, each document by itself; how many. Forget keys and files of yesterday."""
        late = await documents.late(self._context())
        expired = sum([await self._expire_safely(document_id) for document_id in late])
        if expired:
            log.info("documents.expired", count=expired)
        if forgotten := await repeats.forget(self._context()):
            log.info("idempotency_keys.forgotten", count=forgotten)
        await self._sweep()
        return expired

    async def _sweep(self) -> None:
        """Files that no row names; looking through the folder is dear, so once an hour."""
        now = self._outside.clock.now()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        if swept := await blobs.sweep(self._context()):
            log.info("files.swept", count=swept)

    async def _expire_safely(self, document_id: int) -> bool:
        try:
            return await documents.expire(self._context(), document_id=document_id)
        except Exception as error:  # noqa: BLE001  # a worker's loop: one bad document stops no other
            require_uncancelled()
            log.error("document.expiry_failed", document_id=document_id, error=type(error).__name__)
            return False

    def _context(self) -> Context:
        return Context(self._outside, Principal(is_system=True), Client())
