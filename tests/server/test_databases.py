"""What `ports.Database` promises, kept by the adapter of this test run's database; SQLite's own is beside this."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest
from databases import database_url
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from resolvers.ports import Database, Unavailable
from server.outside import database_of
from server.settings import read_settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database with one counter, 0, numbered 1."""
    made = database_of(read_settings(data_dir=tmp_path, database_url=database_url(tmp_path)))
    await made.open()
    async with made.transaction() as session:
        await session.execute(text("CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"))
        await session.execute(text("INSERT INTO counter VALUES (1, 0)"))
    yield made
    await made.close()


LOCKING = {"sqlite": "", "postgresql": " FOR NO KEY UPDATE"}


async def value(session: AsyncSession, *, how: str = "") -> int:
    asked = text(f"SELECT value FROM counter{how}")  # noqa: S608  # one of ours
    return int((await session.execute(asked)).scalar_one())


async def count_up(database: Database, *, pause: float = 0) -> None:
    """Read under the row's lock, then write."""
    async with database.transaction() as session:
        seen = await value(session, how=LOCKING[session.get_bind().dialect.name])
        await asyncio.sleep(pause)
        await session.execute(text("UPDATE counter SET value = :next"), {"next": seen + 1})


async def counted(database: Database) -> int:
    async with database.snapshot() as session:
        return await value(session)


async def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    """C4: what raises is undone."""
    await count_up(database)
    with pytest.raises(KeyError):
        async with database.transaction() as session:
            await session.execute(text("UPDATE counter SET value = 17"))
            raise KeyError
    assert await counted(database) == 1


async def test_a_snapshot_sees_one_moment(database: Database) -> None:
    """EC54: lists and counters of one operation agree, whatever is committed meanwhile."""
    async with database.snapshot() as session:
        assert await value(session) == 0
        await count_up(database)
        assert await value(session) == 0
    assert await counted(database) == 1


async def test_a_snapshot_cannot_write(database: Database) -> None:
    """A query never writes, not even by a mistake of ours."""
    async with database.snapshot() as session:
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            await session.execute(text("UPDATE counter SET value = 17"))
    assert await counted(database) == 0


async def test_writers_of_one_row_lose_nothing(database: Database) -> None:
    """C4: twelve who read, then write."""
    await asyncio.gather(*(count_up(database, pause=0.005) for _ in range(12)))
    assert await counted(database) == 12


async def test_more_readers_than_seats_are_all_answered(database: Database) -> None:
    """The pool is bounded; who finds no seat waits for one."""
    assert await asyncio.gather(*(counted(database) for _ in range(60))) == [0] * 60


async def test_who_finds_no_seat_in_time_is_told_to_come_later(tmp_path: Path) -> None:
    """R.A1: POOL_SECONDS, then `Unavailable`; a seat given back is had again."""
    busy = database_of(read_settings(data_dir=tmp_path, database_url=database_url(tmp_path), pool_seconds=0.05))
    await busy.open()
    async with AsyncExitStack() as taken:
        with pytest.raises(Unavailable):
            while True:
                await taken.enter_async_context(busy.snapshot())
    async with busy.snapshot() as session:
        assert await session.scalar(text("SELECT 17")) == 17
    await busy.close()


async def cut_off(database: Database, chance: Random) -> list[object]:
    """Twelve writers, five of them cancelled somewhere on the way."""
    writers = [asyncio.create_task(count_up(database, pause=chance.random() / 500)) for _ in range(12)]
    await asyncio.sleep(chance.random() / 50)
    for writer in chance.sample(writers, 5):
        writer.cancel()
    return list(await asyncio.gather(*writers, return_exceptions=True))


async def test_cancelled_acts_keep_no_lock(database: Database) -> None:
    """A client that hangs up leaves no row locked, and what was acknowledged is there."""
    chance = Random(17)
    outcomes = [outcome for _ in range(10) for outcome in await asyncio.wait_for(cut_off(database, chance), timeout=20)]
    acknowledged = outcomes.count(None)
    assert acknowledged + sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) == len(outcomes)
    assert acknowledged <= await counted(database) <= len(outcomes)


async def test_an_error_tells_no_values(database: Database) -> None:
    """What a person wrote does not come to the log with the statement."""
    with pytest.raises(IntegrityError) as refused:
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO counter VALUES (1, :secret)"), {"secret": 987654321})
    assert "987654321" not in str(refused.value)


async def test_what_is_wrong_does_not_pass(database: Database) -> None:
    """C4: only the listed errors are a reason to run an act again."""
    with pytest.raises(DBAPIError) as refused:
        async with database.transaction() as session:
            await session.execute(text("SELECT nothing FROM nowhere"))
    assert not database.is_passing(refused.value)
    assert not database.is_passing(ValueError("ours"))
