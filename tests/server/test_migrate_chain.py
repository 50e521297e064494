"""A database made before the chain, with entries in it, is chained as if it had been so from the first entry on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from household import Household
from sqlalchemy import Connection, NullPool, TableClause, column, create_engine, inspect, select, table, text, update
from sqlalchemy.exc import IntegrityError
from town import PDF

from models import migrations
from models.base import Base
from models.cabinets import Cabinet
from models.journal import Entry
from server import migrate
from server.settings import Settings, read_settings

pytestmark = pytest.mark.anyio
DIGESTS = select(Entry.id, Entry.body_sha256, Entry.hash).order_by(Entry.id)
ENDS = select(Cabinet.id, Cabinet.last_hash, Cabinet.last_entry_at).order_by(Cabinet.id)
Rows = dict[str, list[dict[str, Any]]]


async def test_entries_that_are_there_get_the_digests_they_would_have_had(house: Household, tmp_path: Path) -> None:
    """G (reliability), EG86: rows of a lived-in database, put into one of the first release, then upgraded."""
    document_id = await house.receive("m-1", "kolesnik")
    await house.sign("urbanovich", document_id, PDF + b"m-1")
    async with house.world.database.snapshot() as session:
        expected = [(await session.execute(statement)).all() for statement in (DIGESTS, ENDS)]
    assert len(expected[0]) > 10
    old = await upgraded(house, tmp_path / "old")
    with connected(old) as connection:
        assert [connection.execute(statement).all() for statement in (DIGESTS, ENDS)] == expected


async def test_frozen_again_after_the_chain(house: Household, tmp_path: Path) -> None:
    """A22: a migrated journal refuses UPDATE and DELETE as before."""
    old = await upgraded(house, tmp_path / "old")
    for act in (update(Entry).values(seq=1), text("DELETE FROM entries")):
        with connected(old) as connection, pytest.raises(IntegrityError, match="entries are never changed"):
            connection.execute(act)


async def upgraded(house: Household, folder: Path) -> Settings:
    """A database of the first release with everything that the house has, brought to the head."""
    async with house.world.database.snapshot() as session:
        rows = {
            each.name: [dict(row._mapping) for row in await session.execute(select(each))]
            for each in Base.metadata.sorted_tables
        }
    old = read_settings(data_dir=folder)
    fill(old, rows)
    migrate.upgrade(old)
    return old


def fill(settings: Settings, rows: Rows) -> None:
    """A database of the first release with these rows, as far as it has their columns."""
    settings.data_dir.mkdir()
    with connected(settings) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0001")
    with connected(settings) as connection:
        for known in inspect(connection).get_table_names():
            if rows.get(known):
                into = as_it_was(connection, known)
                names = into.columns.keys()
                connection.execute(into.insert(), [{name: row[name] for name in names} for row in rows[known]])
        connection.commit()


def as_it_was(connection: Connection, name: str) -> TableClause:
    """A table with the columns of the first release, typed as today."""
    today = Base.metadata.tables[name].columns
    return table(
        name, *(column(each["name"], today[each["name"]].type) for each in inspect(connection).get_columns(name))
    )


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection of its own."""
    engine = create_engine(f"sqlite:///{settings.database_path}", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
