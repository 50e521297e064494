"""The revisions on this test run's database: what the models say, and the same as on SQLite."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from databases import database_url
from processes import cabinet, environment
from sqlalchemy import Connection, column, create_engine, inspect, select, table, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models.tables import metadata
from server import migrate
from server.settings import Settings, read_settings

T = TypeVar("T")
AT = "2026-11-24 09:00:00.000000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty database of the kind that this run is on."""
    return read_settings(data_dir=tmp_path, database_url=database_url(tmp_path))


def told(settings: Settings, ask: Callable[[Connection], T]) -> T:
    """What a connection answers; nothing it did is kept."""
    if settings.database_path is not None:
        engine = create_engine(f"sqlite:///{settings.database_path}", poolclass=NullPool)
        with engine.connect() as connection:
            return ask(connection)
    return asyncio.run(_told(settings.database_url, ask))


async def _told(url: str, ask: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(ask)
    finally:
        await engine.dispose()


def test_the_head_is_what_the_models_say(settings: Settings) -> None:
    """EF77: no revision is missing, on either kind."""
    migrate.upgrade(settings)

    def compared(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        return list(compare_metadata(context, metadata))

    assert told(settings, compared) == []
    assert migrate.is_at_head(settings)


def described(connection: Connection) -> dict[str, Any]:
    """Tables, columns, keys and indexes, as both kinds call them."""
    seen = inspect(connection)
    return {
        name: {
            "columns": sorted((each["name"], each["nullable"]) for each in seen.get_columns(name)),
            "key": seen.get_pk_constraint(name)["constrained_columns"],
            "unique": sorted((each["name"], tuple(each["column_names"])) for each in seen.get_unique_constraints(name)),
            "foreign": sorted(
                (each["name"], tuple(each["constrained_columns"]), each["referred_table"])
                for each in seen.get_foreign_keys(name)
            ),
            "indexes": sorted(
                (each["name"], tuple(each["column_names"]), bool(each["unique"]))
                for each in seen.get_indexes(name)
                if "duplicates_constraint" not in each
            ),
        }
        for name in seen.get_table_names()
    }


def test_both_kinds_have_the_same_tables(settings: Settings, tmp_path: Path) -> None:
    """EF77: names and columns of everything are those of a SQLite file at the same revision."""
    migrate.upgrade(settings)
    other = read_settings(data_dir=tmp_path / "other", database_url=f"sqlite+aiosqlite:///{tmp_path}/other/cabinet.db")
    migrate.upgrade(other)
    assert told(settings, described) == told(other, described)


def test_texts_are_compared_by_their_bytes(settings: Settings) -> None:
    """EF77: order by a stored key is the same in every locale; a column made otherwise would sort by the database's."""
    migrate.upgrade(settings)
    by_locale = text(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND table_name <> 'alembic_version' AND data_type IN ('text', 'character varying')"
        " AND collation_name IS DISTINCT FROM 'C'"
    )
    if settings.database_path is None:
        assert told(settings, lambda connection: connection.execute(by_locale).all()) == []
    else:
        made = told(settings, lambda connection: connection.scalars(text("SELECT sql FROM sqlite_master")).all())
        assert "COLLATE" not in str(made)


@pytest.mark.anyio
async def test_servers_that_start_at_once_migrate_once(settings: Settings) -> None:
    """EF77: three processes; the others wait, then find nothing left to do."""
    env = environment(settings.data_dir)
    assert await asyncio.gather(*(cabinet("migrate", env=env) for _ in range(3)))
    assert await asyncio.to_thread(migrate.versions, settings) == [migrate.newest()]


@pytest.mark.parametrize("name", ["entries", "signatures"])
@pytest.mark.parametrize("act", ["change", "same", "delete"])
def test_journal_and_signatures_are_never_changed(settings: Settings, name: str, act: str) -> None:
    """A22: whoever asks, even past the models, even where no row is met."""
    migrate.upgrade(settings)
    rows = table(name, *map(column, metadata.tables[name].columns.keys()))
    acts = {"change": rows.update().values(id=2), "same": rows.update().values(id=rows.c.id), "delete": rows.delete()}

    def changed(connection: Connection) -> None:
        _fill(connection, name)
        with pytest.raises(IntegrityError, match=f"{name} are never changed"):
            connection.execute(acts[act])

    told(settings, changed)


def _fill(connection: Connection, name: str) -> None:
    """A row with 1, or a moment, in every column of SQLite's; PostgreSQL's trigger needs no row to refuse."""
    if connection.dialect.name == "sqlite":
        names = metadata.tables[name].columns.keys()
        rows = table(name, *map(column, names))
        is_moment = re.compile("(at|_from|_to)$")
        connection.execute(rows.insert().values({each: AT if is_moment.search(each) else 1 for each in names}))
        assert connection.scalars(select(rows.c.id)).all() == [1]
