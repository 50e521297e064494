"""The database at the head is the one that the models describe, and keeps what must not change."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, TableClause, column, create_engine, select, table, text
from sqlalchemy.exc import IntegrityError

from models import migrations
from models.tables import metadata
from server import migrate
from server.settings import Settings, read_settings

AT = "2026-11-24 09:00:00.000000"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(data_dir=tmp_path)


@pytest.fixture
def connection(settings: Settings) -> Iterator[Connection]:
    """A connection to a database at the head."""
    migrate.upgrade(settings)
    engine = create_engine(f"sqlite:///{settings.database_path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def schema(connection: Connection) -> set[tuple[str, str]]:
    """Names of all tables and indexes that are ours."""
    rows = connection.execute(text("SELECT type, name FROM sqlite_master WHERE name NOT LIKE '%alembic_version%'"))
    return {(row.type, row.name) for row in rows if row.type != "trigger"}


def test_an_empty_file_is_brought_to_the_head_once(settings: Settings) -> None:
    assert not migrate.is_at_head(settings)
    assert settings.database_path is not None and not settings.database_path.exists()
    migrate.upgrade(settings)
    migrate.upgrade(settings)
    assert migrate.is_at_head(settings)
    assert settings.database_path.stat().st_mode & 0o007 == 0


def test_a_newer_database_is_not_at_head(settings: Settings, connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    connection.commit()
    assert not migrate.is_at_head(settings)


def test_there_is_one_head() -> None:
    assert migrate.heads() == (migrate.newest(),)


def test_the_head_is_what_the_models_say(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
    assert compare_metadata(context, metadata) == []


def test_names_are_those_of_the_models(connection: Connection) -> None:
    fresh = create_engine("sqlite://")
    with fresh.connect() as models:
        metadata.create_all(models)
        assert schema(connection) == schema(models)
    fresh.dispose()


def write(connection: Connection, name: str) -> TableClause:
    """A row with 1, or a moment, in every column; nothing here asks whether it makes sense."""
    names = metadata.tables[name].columns.keys()
    rows = table(name, *map(column, names))
    is_moment = re.compile("(at|_from|_to)$")
    connection.execute(rows.insert().values({each: AT if is_moment.search(each) else 1 for each in names}))
    return rows


@pytest.mark.parametrize("name", ["entries", "signatures"])
@pytest.mark.parametrize("act", ["change", "same", "delete"])
def test_journal_and_signatures_are_never_changed(connection: Connection, name: str, act: str) -> None:
    """A22: whoever asks, even past the models."""
    rows = write(connection, name)
    acts = {"change": rows.update().values(id=2), "same": rows.update().values(id=1), "delete": rows.delete()}
    with pytest.raises(IntegrityError, match=f"{name} are never changed"):
        connection.execute(acts[act])
    assert connection.scalars(select(rows.c.id)).all() == [1]


def test_a_delivery_may_change(connection: Connection) -> None:
    rows = write(connection, "deliveries")
    connection.execute(rows.update().values(state="SENT"))
    assert connection.scalars(select(rows.c.state)).all() == ["SENT"]


def test_postgresql_is_spoken_too() -> None:
    """The same revisions as a script for PostgreSQL; that it runs there is shown with the second engine."""
    script, sql = ScriptDirectory.from_config(folder()), StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": sql, "target_metadata": metadata}
    )
    with Operations.context(context):
        for revision in reversed(list(script.walk_revisions())):
            revision.module.upgrade()
    for frozen in ("signatures", "entries"):
        assert f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {frozen} FOR EACH STATEMENT" in sql.getvalue()
    assert sql.getvalue().count("CREATE TABLE") == len(metadata.tables)


def folder() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
