"""SQLite behind `ports.Database` (reliability.md C1).

One writing connection under a first-come lock and a lock between processes, each transaction BEGIN IMMEDIATE; readers
on connections of their own, each snapshot one BEGIN. Checkpoints are ours: SQLite's own would run in any process while
another commits, and versions before 3.51.3 can corrupt the database by that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from sqlite3 import SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR, SQLITE_LOCKED, SQLITE_READONLY
from sqlite3 import Error as SqliteError
from typing import Any, Literal, cast

import aiosqlite
import structlog
from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from resolvers.ports import Unavailable
from server.gate import Gate
from server.locks import WriteLock
from server.patience import seated, to_the_end

log = structlog.get_logger()

DRIVER = "sqlite+aiosqlite:///"
BUSY_WAITS_MS = 5000
CHECKPOINT_WAITS_MS = 50
PRAGMAS = (
    "foreign_keys=ON",
    f"busy_timeout={BUSY_WAITS_MS}",
    "trusted_schema=OFF",
    "temp_store=MEMORY",
    "wal_autocheckpoint=0",
    "journal_size_limit=67108864",
)
# What the machine under the file refuses: no room, a read-only disk, too many files open.
REFUSED = {SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN}
READERS = 32
READERS_KEPT = 8
CHECKPOINT_EVERY_ACTS = 250  # about 1,000 pages: an act writes four
CHECKPOINT_EVERY_BYTES = 4 * 1024 * 1024
TRUNCATE_AT_BYTES = 32 * 1024 * 1024
READERS_LEAVE_WITHIN = 0.1


class SqliteDatabase:
    """One file. Use it between `open` and `close`; only the server `checkpoints`, a command never does."""

    def __init__(
        self,
        path: Path,
        *,
        durability: Literal["full", "normal"] = "full",
        checkpoints: bool = True,
        pool_seconds: float = 5,
    ) -> None:
        self._path = path
        self._pool_seconds = pool_seconds
        self._wal = path.with_name(f"{path.name}-wal")
        self._checkpoints = checkpoints
        self._turn = asyncio.Lock()
        self._seats = asyncio.Semaphore(READERS)
        self._gate = Gate()
        self._acts = 0
        self._checked_bytes = 0
        self._lock: WriteLock | None = None
        self._writer: AsyncConnection | None = None
        self._writers = _engine(
            path, begin="BEGIN IMMEDIATE", pragmas=("journal_mode=WAL", f"synchronous={durability}"), poolclass=NullPool
        )
        # Never more connections than seats. The pool must not do the waiting: until Python 3.12 a cancelled wait
        # could lose the connection that it had just been given.
        self._readers = _engine(
            path, begin="BEGIN", pragmas=("query_only=ON",), pool_size=READERS_KEPT, max_overflow=-1
        )

    async def open(self) -> None:
        """Make the file where there is none, and prove that it can be written."""
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        if not self._path.exists():
            self._path.touch(mode=0o640)
        self._lock = WriteLock(self._path.with_name("write.lock"))
        self._writer = await self._writers.connect()
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Empty the write-ahead log and close all connections."""
        await self._readers.dispose()
        if self._lock is None:
            return
        if self._writer is not None:
            async with self._turn, self._lock.held():
                await self._leave(self._writer)
        self._lock.close()
        self._lock = self._writer = None

    async def _leave(self, writer: AsyncConnection) -> None:
        if self._checkpoints:
            await self._checkpoint(writer, "TRUNCATE")
        await writer.close()
        await self._writers.dispose()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A read-only session that sees one moment, that of its first statement. Unavailable when all are busy."""
        seat = seated(self._seats, seconds=self._pool_seconds)
        with _told():
            async with seat, self._gate.passed(), session_on(self._readers) as session:
                yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A writing session: committed when left, rolled back by an exception. First come, first served."""
        if self._lock is None or self._writer is None:
            raise RuntimeError("the database is not open")
        async with self._turn, self._lock.held():
            with _told():
                async with _act(self._writer) as session:
                    yield session
            if self._checkpoints:
                await to_the_end(self._tidy(self._writer))

    def is_passing(self, error: BaseException) -> bool:
        """Whether the same act may go well when it is run again: another process had the file for too long."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        return getattr(cause, "sqlite_errorcode", None) in (SQLITE_BUSY, SQLITE_LOCKED)

    async def _tidy(self, writer: AsyncConnection) -> None:
        """Checkpoint when enough was written. The act is committed: whatever happens here must not undo its answer."""
        self._acts += 1
        size = self._wal_bytes()
        if self._acts < CHECKPOINT_EVERY_ACTS and size < self._checked_bytes + CHECKPOINT_EVERY_BYTES:
            return
        if size >= TRUNCATE_AT_BYTES:
            await self._empty_wal(writer)
        else:
            await self._checkpoint(writer, "PASSIVE")
        self._acts, self._checked_bytes = 0, self._wal_bytes()

    async def _empty_wal(self, writer: AsyncConnection) -> None:
        async with self._gate.closed(seconds=READERS_LEAVE_WITHIN) as is_empty:
            await self._checkpoint(writer, "TRUNCATE" if is_empty else "PASSIVE")

    async def _checkpoint(self, writer: AsyncConnection, mode: Literal["PASSIVE", "TRUNCATE"]) -> None:
        try:
            # Below SQLAlchemy, which would begin a transaction first.
            driver = cast(aiosqlite.Connection, (await writer.get_raw_connection()).driver_connection)
            # A reader of another process would make TRUNCATE, and every writer with it, wait the whole time.
            await driver.execute_fetchall(f"PRAGMA busy_timeout={CHECKPOINT_WAITS_MS}")
            await driver.execute_fetchall(f"PRAGMA wal_checkpoint({mode})")
            await driver.execute_fetchall(f"PRAGMA busy_timeout={BUSY_WAITS_MS}")
        except (SqliteError, DBAPIError) as error:
            log.warning("checkpoint_failed", mode=mode, error=str(error))

    def _wal_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0


@asynccontextmanager
async def session_on(bind: AsyncEngine | AsyncConnection) -> AsyncIterator[AsyncSession]:
    """A session that has let go of its connection when it is left, cancelled or not."""
    session = AsyncSession(bind, expire_on_commit=False)
    try:
        yield session
    finally:
        await to_the_end(session.close())


@asynccontextmanager
async def _act(writer: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """A session that commits. Where COMMIT fails, as on a full disk, the one connection is free for the next act."""
    try:
        async with session_on(writer) as session:
            yield session
            await to_the_end(session.commit())
    except BaseException:
        await to_the_end(writer.rollback())
        raise


@contextmanager
def _told() -> Iterator[None]:
    """Raise `Unavailable` for what the machine refuses: SQLite has rolled back, and the next act may go well."""
    try:
        yield
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0)
        if code & 0xFF not in REFUSED:
            raise
        log.error("database_refused", error=getattr(error.orig, "sqlite_errorname", None))
        raise Unavailable from error


def _engine(path: Path, *, begin: str, pragmas: tuple[str, ...], **pool: Any) -> AsyncEngine:
    # Any: the pool's settings, each of its own type
    # An error that names a statement must not carry what was put into it to the log.
    engine = create_async_engine(f"{DRIVER}{path}", hide_parameters=True, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (*pragmas, *PRAGMAS):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # The driver's own BEGIN comes late and is deferred: four members could sign one document.
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine.sync_engine, "invalidate")
    def let_go(connection: Any, *_: object) -> None:  # Any: SQLAlchemy's adapter, whose protocol lacks run_async
        # A cancelled statement runs on in the driver's thread and leaves a cursor behind, and SQLite's close waits for
        # it, the transaction still open: every other writer would stand still until the garbage collector comes.
        connection.run_async(lambda driver: to_the_end(_stop(driver)))

    return engine


async def _stop(driver: aiosqlite.Connection) -> None:
    await driver.interrupt()
    await driver.rollback()
