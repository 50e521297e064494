"""PostgreSQL's own bad moments, made by PostgreSQL itself (reliability.md C4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asyncpg.exceptions import PostgresError
from databases import DATABASES, OnPostgres, database_url
from postgres import run
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from resolvers.ports import OutcomeUnknown, TooSlow
from server import migrate
from server.postgres import PostgresDatabase, remedy
from server.settings import read_settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[PostgresDatabase]:
    """A database with the rows 1 and 2."""
    made = PostgresDatabase(database_url(tmp_path))
    await made.open()
    async with made.transaction() as session:
        await session.execute(text("CREATE TABLE rows (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"))
        await session.execute(text("INSERT INTO rows VALUES (1, 0), (2, 0)"))
    yield made
    await made.close()


async def end(database: PostgresDatabase, session: AsyncSession) -> None:
    """End a session's backend, as an administrator does, or a server that stops."""
    pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with database.transaction() as other:
        await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


async def lock(session: AsyncSession, row: int) -> None:
    await session.execute(text("UPDATE rows SET value = value + 1 WHERE id = :id"), {"id": row})


async def sums(database: PostgresDatabase) -> int:
    async with database.snapshot() as session:
        return int((await session.execute(text("SELECT sum(value) FROM rows"))).scalar_one())


async def test_a_connection_lost_before_the_commit_passes(database: PostgresDatabase) -> None:
    """C4: nothing was done, the act may be run again, and the next one has a new connection."""
    with pytest.raises(DBAPIError) as lost:
        async with database.transaction() as session:
            await lock(session, 1)
            await end(database, session)
            await lock(session, 2)
    assert database.is_passing(lost.value)
    assert await sums(database) == 0


async def test_a_connection_lost_at_the_commit_is_unknown(database: PostgresDatabase) -> None:
    """C4: whether it was done cannot be told from here; it is not run again."""
    with pytest.raises(OutcomeUnknown) as unknown:
        async with database.transaction() as session:
            await lock(session, 1)
            await end(database, session)
    assert not database.is_passing(unknown.value)
    assert await sums(database) == 0


async def test_connections_that_died_in_the_pool_are_not_noticed(database: PostgresDatabase) -> None:
    """C4: a restart of the server between two acts costs nobody anything."""
    async with database.snapshot() as one, database.transaction() as two:
        pids = [(await each.execute(text("SELECT pg_backend_pid()"))).scalar_one() for each in (one, two)]
    async with database.transaction() as session:
        for pid in pids:
            others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = :pid AND pid <> :own"
            own = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await session.execute(text(others), {"pid": pid, "own": own})
    assert await sums(database) == 0


async def test_a_deadlock_passes_for_one_of_the_two(database: PostgresDatabase) -> None:
    """C4: acts that keep no order are told apart by PostgreSQL; the one it stopped may be run again."""
    met = asyncio.Barrier(2)

    async def take(*order: int) -> None:
        async with database.transaction() as session:
            await lock(session, order[0])
            await met.wait()
            await lock(session, order[1])

    outcomes = await asyncio.gather(take(1, 2), take(2, 1), return_exceptions=True)
    (stopped,) = [outcome for outcome in outcomes if outcome is not None]
    assert database.is_passing(stopped)
    assert await sums(database) == 2


async def test_a_snapshot_reads_while_rows_are_locked(database: PostgresDatabase) -> None:
    """Readers wait for no writer."""
    async with database.transaction() as session:
        await lock(session, 1)
        assert await asyncio.wait_for(sums(database), timeout=5) == 0


async def test_a_server_that_is_away_passes() -> None:
    """A30: nothing was done; the caller is asked to come again."""
    away = PostgresDatabase("postgresql+asyncpg://cabinet:korovka@127.0.0.1:1/cabinet")
    with pytest.raises(OSError) as refused:
        await away.open()
    assert away.is_passing(refused.value)
    assert "korovka" not in str(refused.value)
    await away.close()


def test_it_runs_where_there_is_a_server() -> None:
    """This file is left out on SQLite."""
    assert isinstance(DATABASES, OnPostgres)


def test_a_database_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """C4: a database that cannot hold every name is left empty, with one line that says how to make a right one."""
    own = database_url(tmp_path)
    plain, other = own.replace("+asyncpg", ""), f"{own}_latin"
    run(plain, f"CREATE DATABASE {other.rpartition('/')[2]} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    settings = read_settings(data_dir=tmp_path, database_url=other)
    try:
        with pytest.raises(migrate.WrongEncoding, match="is in LATIN1, not in UTF8; `createdb … --encoding UTF8"):
            migrate.upgrade(settings)
        assert migrate.versions(settings) == []
    finally:
        run(plain, f"DROP DATABASE {other.rpartition('/')[2]}")


@pytest.mark.parametrize(
    ("user", "base", "advice"),
    [
        ("nobody_here", None, "is CABINET_DATABASE_URL right?"),
        (
            None,
            "nothing_here",
            "is CABINET_DATABASE_URL right? `createdb … --encoding UTF8 --template template0` makes one",
        ),
    ],
)
def test_a_wrong_address_has_its_remedy(tmp_path: Path, user: str | None, base: str | None, advice: str) -> None:
    """C4: what the server refuses is told with what the owner can do about it."""
    url = make_url(database_url(tmp_path))
    wrong = url.set(username=user or url.username, database=base or url.database).render_as_string(hide_password=False)
    with pytest.raises((DBAPIError, PostgresError)) as refused:
        migrate.versions(read_settings(data_dir=tmp_path, database_url=wrong))
    assert (remedy(refused.value) or "").startswith(advice)


async def test_a_statement_over_its_time_is_stopped_by_the_server(tmp_path: Path) -> None:
    """R.A4: a snapshot's is too slow, an act's did nothing and may be run again."""
    made = PostgresDatabase(database_url(tmp_path), sql_seconds=0.2)
    await made.open()
    with pytest.raises(TooSlow):
        async with made.snapshot() as session:
            await session.execute(text("SELECT pg_sleep(60)"))
    with pytest.raises(DBAPIError) as stopped:
        async with made.transaction() as session:
            await session.execute(text("SELECT pg_sleep(60)"))
    assert made.is_passing(stopped.value)
    await made.close()
