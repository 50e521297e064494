"""A database of the first release with rows in it is brought to the newest revision as if it had been so all along."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from databases import database_url
from household import Household
from sqlalchemy import Connection, TableClause, column, func, inspect, select, table, text, update
from sqlalchemy.exc import IntegrityError
from test_migrate_both import told
from town import PDF

from models import migrations
from models.accounts import OneTimeCode, User
from models.base import Base
from models.cabinets import Cabinet
from models.journal import Delivery, Entry
from models.mailboxes import Mailbox
from server import migrate
from server.settings import Settings, read_settings

pytestmark = pytest.mark.anyio
DIGESTS = select(Entry.id, Entry.body_sha256, Entry.hash).order_by(Entry.id)
ENDS = select(Cabinet.id, Cabinet.last_hash, Cabinet.last_entry_at).order_by(Cabinet.id)
# Each is empty where a revision gave every row that it found what it needs from now on.
LACKING = {
    "0002, a code whose letter is written": select(OneTimeCode.id).where(
        OneTimeCode.told_at.is_distinct_from(OneTimeCode.created_at)
    ),
    "0004, a cabinet of an organisation": select(Cabinet.id).where(
        Cabinet.owner_id.is_not(None) | Cabinet.organization_id.is_(None)
    ),
    "0005, a mailbox": select(User.id).where(User.id.not_in(select(Mailbox.user_id))),
}
Rows = dict[str, list[dict[str, Any]]]


async def test_entries_that_are_there_get_the_digests_they_would_have_had(house: Household, tmp_path: Path) -> None:
    """G (reliability), EG86: rows of a lived-in database, put into one of the first release, then upgraded."""
    document_id = await house.receive("m-1", "kolesnik")
    await house.sign("urbanovich", document_id, PDF + b"m-1")
    async with house.world.database.snapshot() as session:
        expected = [(await session.execute(statement)).all() for statement in (DIGESTS, ENDS)]
    assert len(expected[0]) > 10
    old = await upgraded(house, tmp_path / "old")
    assert await answered(old, DIGESTS, ENDS) == expected


async def test_rows_that_are_there_get_what_each_revision_brings(house: Household, tmp_path: Path) -> None:
    """G (reliability): letters that were owed are owed still, and no row lacks what came later."""
    counts = [select(func.count()).select_from(each) for each in (User, OneTimeCode, Delivery)]
    async with house.world.database.snapshot() as session:
        expected = [(await session.execute(each)).all() for each in counts]
    old = await upgraded(house, tmp_path / "old")
    assert await answered(old, *counts) == expected
    assert dict(zip(LACKING, await answered(old, *LACKING.values()), strict=True)) == {key: [] for key in LACKING}
    (names,) = await answered(old, select(User.former_names))
    assert [former for (former,) in names] == [[]] * len(house.users)


async def test_frozen_again_after_the_chain(house: Household, tmp_path: Path) -> None:
    """A22: a migrated journal refuses UPDATE and DELETE as before."""
    old = await upgraded(house, tmp_path / "old")
    for act in (update(Entry).values(seq=1), text("DELETE FROM entries")):
        with pytest.raises(IntegrityError, match="entries are never changed"):
            await answered(old, act)


async def upgraded(house: Household, folder: Path) -> Settings:
    """A database of the first release with everything that the house has, brought to the head."""
    async with house.world.database.snapshot() as session:
        rows = {
            each.name: [dict(row._mapping) for row in await session.execute(select(each))]
            for each in Base.metadata.sorted_tables
        }
    await asyncio.to_thread(folder.mkdir)
    old = read_settings(data_dir=folder, database_url=database_url(folder))
    for fill in (first_release, partial(put, rows=rows)):
        await asyncio.to_thread(told, old, fill)
    await asyncio.to_thread(migrate.upgrade, old)
    return old


async def answered(settings: Settings, *statements: Any) -> list[Any]:
    """The rows of each statement."""

    def ask(connection: Connection) -> list[Any]:
        found = [connection.execute(statement) for statement in statements]
        return [list(each.all()) if each.returns_rows else None for each in found]

    return await asyncio.to_thread(told, settings, ask)


def first_release(connection: Connection) -> None:
    """The tables of the first release."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "0001")
    connection.commit()


def put(connection: Connection, *, rows: Rows) -> None:
    """These rows, as far as the first release has their columns."""
    known = set(inspect(connection).get_table_names())
    for each in Base.metadata.sorted_tables:
        if each.name in known and rows[each.name]:
            into = as_it_was(connection, each.name)
            names = into.columns.keys()
            connection.execute(into.insert(), [{name: row[name] for name in names} for row in rows[each.name]])
    connection.commit()


def as_it_was(connection: Connection, name: str) -> TableClause:
    """A table with the columns of the first release, typed as today."""
    today = Base.metadata.tables[name].columns
    return table(
        name, *(column(each["name"], today[each["name"]].type) for each in inspect(connection).get_columns(name))
    )
