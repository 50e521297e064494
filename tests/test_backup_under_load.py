"""A backup taken while clients work: restored elsewhere it is sound, and has all that was acknowledged before it."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import postgres
import pytest
from databases import database_url
from processes import cabinet, environment
from quick_town import QuickTown, content_of, quick_town

pytestmark = pytest.mark.anyio

LINES = ("a", "b")


class Load:
    """Deliveries and signatures, one after the other in each line, until stopped; what was acknowledged."""

    def __init__(self, town: QuickTown) -> None:
        self._town = town
        self._is_over = False
        self.received: set[str] = set()
        self.signed: set[str] = set()

    async def line(self, name: str) -> None:
        """Deliver, sign every second one."""
        number = 0
        while not self._is_over:
            external_id = f"{name}-{number}"
            document_id = await self._town.deliver(external_id, "kolesnik")
            self.received.add(external_id)
            if number % 2 == 0:
                await self._town.sign("urbanovich", document_id, content_of(external_id))
                self.signed.add(external_id)
            number += 1

    async def until(self, count: int) -> None:
        """Until so many more documents were acknowledged."""
        wanted = len(self.received) + count
        async with asyncio.timeout(120):
            while len(self.received) < wanted:  # noqa: ASYNC110  # what the clients do is watched
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        """Let each line come to its end."""
        self._is_over = True


async def test_a_backup_under_load_is_whole(tmp_path: Path) -> None:
    """I13, C2 (reliability): acts and uploads go on meanwhile; acknowledged before ⊆ restored, and sound."""
    backup = tmp_path / "backup"
    async with quick_town(tmp_path, is_watched=False) as town:
        load = Load(town)
        async with asyncio.TaskGroup() as lines:
            for name in LINES:
                lines.create_task(load.line(name))
            await load.until(20)
            received, signed = set(load.received), set(load.signed)
            await asyncio.to_thread(dump, town.data, tmp_path / "dump")
            await cabinet("backup", str(backup), env=town.env)
            await load.until(10)
            load.stop()
        assert len(load.received) >= len(received) + 10, "clients worked on while it was made"
        load_dump(tmp_path / "dump", tmp_path / "restored")
        other = environment(tmp_path / "restored")
        assert (await cabinet("restore", str(backup), env=other)).startswith("sound: 2 journals, ")
        assert (await cabinet("check", env=town.env)).startswith("sound: 2 journals, ")
    assert received <= named(tmp_path / "restored", "SELECT external_id FROM exchanges")
    of_signed = "SELECT external_id FROM exchanges e JOIN signatures s ON s.exchange_id = e.id"
    assert signed and signed <= named(tmp_path / "restored", of_signed)


def dump(data: Path, file: Path) -> None:
    """PostgreSQL's rows by its own tool, as the handbook says: before the files."""
    if is_on_server(data):
        url = database_url(data).replace("+asyncpg", "")
        subprocess.run([postgres.program("pg_dump"), "--format=custom", f"--file={file}", url], check=True)


def load_dump(file: Path, data: Path) -> None:
    """Into an empty database."""
    if is_on_server(data):
        url = database_url(data).replace("+asyncpg", "")
        subprocess.run([postgres.program("pg_restore"), f"--dbname={url}", file], check=True)


def is_on_server(data: Path) -> bool:
    return database_url(data).startswith("postgresql")


def named(data: Path, query: str) -> set[str]:
    """External ids that restored rows have, read without the product's help."""
    if is_on_server(data):
        return {row[0] for row in postgres.run(database_url(data).replace("+asyncpg", ""), query)}
    with closing(sqlite3.connect(data / "cabinet.db")) as database:
        return {row[0] for row in database.execute(query)}
