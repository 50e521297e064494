"""PostgreSQL behind `ports.Database` (reliability.md C4).

Snapshots are READ ONLY REPEATABLE READ, transactions READ COMMITTED with the row locks that `Work` takes in the house's
order. Both have seats and connections of their own: an act that reads another snapshot never waits for an act. Whoever
is cancelled while his connection is made waits for it: the driver would leave half of it behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from socket import gaierror
from uuid import uuid4

from asyncpg.exceptions import InterfaceError, PostgresError
from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from resolvers.ports import OutcomeUnknown, TooSlow, Unavailable
from server.database import session_on
from server.patience import seated, to_the_end

READERS = 16
WRITERS = 8
RECYCLE_SECONDS = 1800
SERVER_SETTINGS = {
    "application_name": "cabinet",
    "timezone": "UTC",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "jit": "off",  # our statements are short; compiling one costs more than it saves
}
# The end of a statement's time.
CANCELLED = "57014"
# A serialization failure, a deadlock, a lock or a statement that took too long; and a unique key that another act took
# a moment ago: every act looks before it inserts, so the second run finds the other's row and answers accordingly.
PASSING = {"40001", "40P01", "55P03", "23505", CANCELLED}
# The server is going, starting, was promoted away or let us idle too long; class 08 is the connection itself.
LOST = {"57P01", "57P02", "57P03", "57P05", "25006", "25P03"}

ITS_URL = "is CABINET_DATABASE_URL right?"
REMEDIES = {
    "28P01": ITS_URL,
    "28000": f"{ITS_URL} pg_hba.conf says who may come from where",
    "3D000": f"{ITS_URL} `createdb … --encoding UTF8 --template template0` makes one",
    "42501": "the database must belong to the user whom CABINET_DATABASE_URL names",
    "53300": "raise max_connections: the server has 24 at most, each command some more",
    "57P03": "the database server is starting or stopping: try again",
}
"""What an owner can do about an error of PostgreSQL, by its code."""


class PostgresDatabase:
    """One database of a server. Use it between `open` and `close`."""

    def __init__(self, url: str, *, sql_seconds: float = 5, pool_seconds: float = 5) -> None:
        self._readers = _engine(url, isolation_level="REPEATABLE READ", seats=READERS, sql_seconds=sql_seconds)
        self._writers = _engine(url, isolation_level="READ COMMITTED", seats=WRITERS, sql_seconds=sql_seconds)
        self._pool_seconds = pool_seconds
        self._reading = self._readers.execution_options(postgresql_readonly=True)
        self._reader_seats = asyncio.Semaphore(READERS)
        self._writer_seats = asyncio.Semaphore(WRITERS)

    async def open(self) -> None:
        """Prove that it is there and can be written."""
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._readers.dispose()
        await self._writers.dispose()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A read-only session that sees one moment, that of its first statement. Unavailable when all are busy."""
        try:
            seat = seated(self._reader_seats, seconds=self._pool_seconds)
            async with seat, session_on(self._reading) as session:
                await to_the_end(session.connection())
                yield session
        except (DBAPIError, PostgresError, OSError) as error:
            if _is_lost(error):
                raise Unavailable from error
            if any(_state(cause) == CANCELLED for cause in _causes(error)):
                raise TooSlow from error
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A writing session: committed when left, rolled back by an exception. Rows that it locks wait for no other."""
        async with seated(self._writer_seats, seconds=self._pool_seconds), session_on(self._writers) as session:
            await to_the_end(session.connection())
            yield session
            await session.flush()
            await to_the_end(_commit(session))

    def is_passing(self, error: BaseException) -> bool:
        """Whether the same act may go well when it is run again: it did nothing."""
        if isinstance(error, OutcomeUnknown):
            return False
        return (
            isinstance(error, Unavailable)
            or _is_lost(error)
            or any(_state(cause) in PASSING for cause in _causes(error))
        )


async def _commit(session: AsyncSession) -> None:
    try:
        await session.commit()
    except (DBAPIError, PostgresError, InterfaceError, OSError) as error:
        if _is_lost(error):
            raise OutcomeUnknown from error
        raise


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was made of: SQLAlchemy's, its driver's, PostgreSQL's own."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = getattr(cause, "orig", None) or cause.__cause__


def _state(error: BaseException) -> str:
    """PostgreSQL's code of an error; empty where it has none."""
    return str(getattr(error, "sqlstate", None) or "")


def remedy(error: BaseException) -> str | None:
    """What an owner can do about it; None for what is no affair of his."""
    if any(isinstance(cause, ConnectionError | gaierror | TimeoutError) for cause in _causes(error)):
        return f"{ITS_URL} Is the database server up?"
    return next((REMEDIES[state] for cause in _causes(error) if (state := _state(cause)) in REMEDIES), None)


def _is_lost(error: BaseException) -> bool:
    """Whether the connection, or the server behind it, went away, or says nothing any more."""
    return any(
        isinstance(cause, ConnectionError | gaierror | TimeoutError)
        or getattr(cause, "connection_invalidated", False)
        or _state(cause) in LOST
        or _state(cause).startswith("08")
        for cause in _causes(error)
    )


def _engine(url: str, *, isolation_level: str, seats: int, sql_seconds: float) -> AsyncEngine:
    engine = create_async_engine(
        url,
        isolation_level=isolation_level,
        # An error that names a statement must not carry what was put into it to the log.
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=seats,
        max_overflow=0,
        pool_recycle=RECYCLE_SECONDS,
        connect_args={
            "timeout": 5,
            "server_settings": {**SERVER_SETTINGS, "statement_timeout": f"{sql_seconds * 1000:.0f}"},
            # The server's own limit comes first; this one is for a server that says nothing any more.
            "command_timeout": sql_seconds + 5,
            # Behind a pooler two of our connections may be one of the server's: no name twice.
            "prepared_statement_name_func": lambda: f"cabinet_{uuid4().hex}",
        },
    )

    @event.listens_for(engine.sync_engine, "handle_error")
    def drop_lost(context: ExceptionContext) -> None:
        if _is_lost(context.original_exception):
            context.is_disconnect = True

    return engine
