"""SQLite behind the port: one writer at a time, readers of one moment, a log that does not grow (reliability.md C1)."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from server import database as under_test
from server.database import SqliteDatabase

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A database with one counter, 0."""
    database = SqliteDatabase(tmp_path / "cabinet.db")
    await database.open()
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE counter (value INTEGER, filling TEXT)"))
        await session.execute(text("INSERT INTO counter VALUES (0, '')"))
    yield database
    await database.close()


async def value(session: AsyncSession) -> int:
    return int((await session.execute(text("SELECT value FROM counter"))).scalar_one())


async def count_up(database: SqliteDatabase, *, pause: float = 0) -> None:
    """Read, then write: what a deferred transaction gets wrong."""
    async with database.transaction() as session:
        seen = await value(session)
        await asyncio.sleep(pause)
        await session.execute(text("UPDATE counter SET value = :next"), {"next": seen + 1})


async def pragma(session: AsyncSession, name: str) -> object:
    return (await session.execute(text(f"PRAGMA {name}"))).scalar_one()


async def test_a_transaction_is_kept_whole_or_not_at_all(database: SqliteDatabase) -> None:
    await count_up(database)
    with pytest.raises(KeyError):
        async with database.transaction() as session:
            await session.execute(text("UPDATE counter SET value = 17"))
            raise KeyError
    async with database.snapshot() as session:
        assert await value(session) == 1


async def test_a_snapshot_sees_one_moment(database: SqliteDatabase) -> None:
    async with database.snapshot() as session:
        assert await value(session) == 0
        await count_up(database)
        assert await value(session) == 0
    async with database.snapshot() as session:
        assert await value(session) == 1


async def test_a_snapshot_cannot_write(database: SqliteDatabase) -> None:
    async with database.snapshot() as session:
        with pytest.raises(OperationalError, match="readonly"):
            await session.execute(text("UPDATE counter SET value = 17"))


async def test_writers_come_one_after_another_in_order(database: SqliteDatabase) -> None:
    order: list[int] = []

    async def write(number: int) -> None:
        async with database.transaction() as session:
            order.append(await value(session))
            await session.execute(text("UPDATE counter SET value = :n"), {"n": number})

    await asyncio.gather(*(write(number) for number in range(1, 9)))
    assert order == list(range(8))


async def test_two_processes_lose_nothing(database: SqliteDatabase, tmp_path: Path) -> None:
    """Their locks are of two open files, as two processes' are."""
    command = SqliteDatabase(tmp_path / "cabinet.db", checkpoints=False)
    await command.open()
    await asyncio.gather(*(count_up(each, pause=0.005) for each in (database, command) * 6))
    async with database.snapshot() as session:
        assert await value(session) == 12
    await command.close()


@pytest.mark.parametrize("holder", ["same process", "other process"])
async def test_a_writer_who_gives_up_waiting_blocks_nobody(
    database: SqliteDatabase, tmp_path: Path, holder: str
) -> None:
    command = SqliteDatabase(tmp_path / "cabinet.db", checkpoints=False)
    await command.open()
    async with (database if holder == "same process" else command).transaction():
        waiting = asyncio.create_task(count_up(database))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(asyncio.gather(count_up(database), count_up(command)), timeout=5)
    async with database.snapshot() as session:
        assert await value(session) == 2
    await command.close()


async def test_a_writer_cancelled_at_work_leaves_nothing(database: SqliteDatabase) -> None:
    working = asyncio.create_task(count_up(database, pause=30))
    await asyncio.sleep(0.05)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await asyncio.wait_for(count_up(database), timeout=5)
    async with database.snapshot() as session:
        assert await value(session) == 1


@pytest.mark.parametrize(("durability", "synchronous"), [("full", 2), ("normal", 1)])
async def test_connections_are_set_up(tmp_path: Path, durability: Literal["full", "normal"], synchronous: int) -> None:
    database = SqliteDatabase(tmp_path / "new" / "cabinet.db", durability=durability)
    await database.open()
    async with database.transaction() as session:
        names = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "busy_timeout", "query_only")
        assert [await pragma(session, name) for name in names] == ["wal", synchronous, 1, 0, 5000, 0]
    async with database.snapshot() as session:
        assert [await pragma(session, name) for name in ("query_only", "foreign_keys")] == [1, 1]
    await database.close()
    assert (tmp_path / "new" / "cabinet.db").stat().st_mode & 0o007 == 0


async def test_a_closed_database_takes_nothing(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "cabinet.db")
    with pytest.raises(RuntimeError, match="not open"):
        async with database.transaction():
            pass
    await database.close()


async def fill(database: SqliteDatabase, acts: int = 20) -> None:
    """Write about 100 kB an act."""
    for _ in range(acts):
        async with database.transaction() as session:
            await session.execute(text("UPDATE counter SET filling = hex(randomblob(50000))"))


async def test_the_log_is_emptied_when_it_is_long(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "CHECKPOINT_EVERY_ACTS", 1)
    monkeypatch.setattr(under_test, "TRUNCATE_AT_BYTES", 500_000)
    await fill(database)
    assert (tmp_path / "cabinet.db-wal").stat().st_size < 700_000


async def test_the_log_is_reused_after_a_checkpoint(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "CHECKPOINT_EVERY_ACTS", 3)
    await fill(database)
    assert (tmp_path / "cabinet.db-wal").stat().st_size < 700_000


async def test_a_reader_who_stays_stops_no_writer(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "CHECKPOINT_EVERY_ACTS", 1)
    monkeypatch.setattr(under_test, "TRUNCATE_AT_BYTES", 500_000)
    monkeypatch.setattr(under_test, "READERS_LEAVE_WITHIN", 0.001)
    async with database.snapshot() as session:
        assert await value(session) == 0
        await asyncio.wait_for(fill(database), timeout=4)
    await fill(database, acts=1)
    assert (tmp_path / "cabinet.db-wal").stat().st_size == 0


async def test_a_checkpoint_that_fails_undoes_no_answer(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of another process is invisible to the gate: the log stays, the act is acknowledged."""
    monkeypatch.setattr(under_test, "CHECKPOINT_EVERY_ACTS", 1)
    monkeypatch.setattr(under_test, "TRUNCATE_AT_BYTES", 1)
    command = SqliteDatabase(tmp_path / "cabinet.db", checkpoints=False)
    await command.open()
    async with command.snapshot() as session:
        assert await value(session) == 0
        await asyncio.wait_for(count_up(database), timeout=2)
        assert await value(session) == 0
    await command.close()


async def test_nothing_is_left_beside_a_closed_database(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "cabinet.db")
    await database.open()
    await database.close()
    assert sorted(os.listdir(tmp_path)) == ["cabinet.db", "write.lock"]


async def cut_off(database: SqliteDatabase, chance: Random) -> list[object]:
    """Twelve writers, five of them cancelled somewhere on the way."""
    writers = [asyncio.create_task(count_up(database, pause=chance.random() / 500)) for _ in range(12)]
    await asyncio.sleep(chance.random() / 50)
    for writer in chance.sample(writers, 5):
        writer.cancel()
    return list(await asyncio.gather(*writers, return_exceptions=True))


async def test_cancelled_statements_keep_no_lock(database: SqliteDatabase) -> None:
    """A connection closed over a cancelled statement stays in its transaction; without the cure half the runs hang."""
    chance = Random(17)
    outcomes = [outcome for _ in range(20) for outcome in await asyncio.wait_for(cut_off(database, chance), timeout=4)]
    acknowledged = outcomes.count(None)
    assert acknowledged + sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) == len(outcomes)
    async with database.snapshot() as session:
        assert acknowledged <= await value(session) <= len(outcomes)
