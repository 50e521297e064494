"""The keeper of deadlines: looks without a writer's lock, writes each document by itself."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import fail_after
from household import Household, counted
from sqlalchemy import text
from town import PDF
from wishes import listed, noted, sent

from resolvers import checking, documents
from schema.nodes import decode
from server.keeper import Keeper

pytestmark = pytest.mark.anyio


async def due(house: Household, *, minutes: int) -> str:
    """A document of Колесник that Полесье must sign within so many minutes."""
    before = (house.clock.now() + timedelta(minutes=minutes)).isoformat()
    said: dict[str, Any] = {"requiredSides": ["RECIPIENT"], "signBefore": before}
    return await sent(house, "kolesnik", to="polesye", **said)


async def test_a_deadline_is_written_once_for_both_sides(house: Household) -> None:
    """D3, EC55: an exchange expires once, in both cabinets; one that has time stays; a second pass does nothing."""
    over, open_one = await due(house, minutes=10), await due(house, minutes=60)
    house.clock.move(timedelta(minutes=10))
    async with noted(house) as came:
        assert await Keeper(house.world).pass_once() == 1
    assert came.entries == [("romashka", "DOCUMENT_EXPIRED"), ("polesye", "DOCUMENT_EXPIRED")]
    async with house.nothing_happens():
        assert await Keeper(house.world).pass_once() == 0
    assert await listed(house, "kolesnik", "ALL", status=["EXPIRED"]) == [over]
    assert await listed(house, "kolesnik", "AWAITING_COUNTERPARTY") == [open_one]


async def test_a_bad_document_stops_no_other(house: Household) -> None:
    """A8 of reliability: a row damaged by hand is logged, the documents before and after it expire all the same."""
    first, bad, last = [await due(house, minutes=10) for _ in range(3)]
    house.clock.move(timedelta(minutes=10))
    found = decode(bad)
    assert found is not None
    damage = "UPDATE documents SET direction = 'SIDEWAYS' WHERE id = :id"
    async with house.world.database.transaction() as session:
        await session.execute(text(damage), {"id": found[1]})
    assert await Keeper(house.world).pass_once() == 2
    async with house.world.database.snapshot() as session:
        rows = await session.execute(text("SELECT status, count(*) FROM exchanges GROUP BY status ORDER BY status"))
        assert [tuple(row) for row in rows] == [("AWAITING_SIGNATURE", 1), ("EXPIRED", 2)]
    assert {first, last} == set(await listed(house, "kolesnik", "ALL", status=["EXPIRED"]))


async def test_looking_waits_for_no_writer(house: Household) -> None:
    """A pass that finds nothing late takes no lock: it ends while somebody else writes."""
    await due(house, minutes=10)
    async with house.world.database.transaction():
        with fail_after(3):
            assert await Keeper(house.world).pass_once() == 0


async def test_files_that_no_row_names_go_after_a_day(house: Household, tmp_path: Path) -> None:
    """C3, A8 (reliability): orphans, broken and unused uploads go; what a row names stays; looked for once an hour."""
    document_id = await house.receive("swept", "kolesnik")
    await house.sign("urbanovich", document_id, PDF + b"swept")
    await house.upload("urbanovich", b"%PDF unused", cabinetId=house.cabinets["romashka"])
    orphan = await house.world.blobs.keep(b"orphan")
    files, keeper = tmp_path / "data" / "files", Keeper(house.world)
    (files / "tmp" / "broken").write_bytes(b"half")
    everything = files_aged(files, house.clock.now())
    unused = hashlib.sha256(b"%PDF unused").hexdigest()
    for hours, gone in ((24, set()), (0.5, set()), (0.5, {orphan, "broken"}), (25, {orphan, "broken", unused})):
        house.clock.move(timedelta(hours=hours))
        await keeper.pass_once()
        assert {path.name for path in everything if not path.exists()} == gone
    assert (await checking.check(house.system)).faults == []


def files_aged(folder: Path, at: datetime) -> list[Path]:
    """All files of a folder, made as if they had come at this moment."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    for path in found:
        os.utime(path, (at.timestamp(), at.timestamp()))
    return found


@pytest.mark.of_sqlite
async def test_looking_reads_only_what_is_late(house: Household) -> None:
    """However many deadlines have passed, the index holds those alone that still wait."""
    with counted() as made:
        assert await documents.late(house.system) == []
    async with house.world.database.snapshot() as session:
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {made[-1]}", ("2026-11-24 09:00:00.000000",))
        plan = [row.detail for row in rows]
    assert "SEARCH exchanges USING INDEX ix_exchanges_deadlines (sign_before<?)" in plan
