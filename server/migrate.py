"""Bringing the database to the newest revision, at start and by `cabinet migrate`. Synchronous.

Alembic is imported only where there is something to do: it costs a third of a start.
"""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from asyncpg.exceptions import PostgresError

from models import migrations
from server.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class WrongEncoding(Exception):
    """A PostgreSQL database that cannot hold every name; the text is one line."""


def upgrade(settings: Settings) -> None:
    """To the newest revision; nothing when it is there. Waits for writers, and they for it."""
    if is_at_head(settings):
        return
    if settings.database_path is None:
        in_a_loop(_upgrade_on_server(settings.database_url))
    else:
        _upgrade_file(settings.database_path)


def is_there(settings: Settings) -> bool:
    """Whether there is a database at all; a folder is not to be made by a typing mistake."""
    return bool(versions(settings)) if settings.database_path is None else settings.database_path.exists()


def absence(settings: Settings) -> tuple[str, str]:
    """What to say where no database is there, and the remedy."""
    if settings.database_path is None:
        return f"no data at {settings.database_shown}", "is CABINET_DATABASE_URL right?"
    return f"no data in {settings.data_dir}", "is CABINET_DATA_DIR right?"


def is_at_head(settings: Settings) -> bool:
    """Whether nothing is left to do; False too for a newer database than this code knows."""
    return versions(settings) == [newest()]


def is_ready(settings: Settings) -> bool:
    """The same, and False where the database is away."""
    from sqlalchemy.exc import DBAPIError

    try:
        return is_at_head(settings)
    except (DBAPIError, PostgresError, OSError, sqlite3.Error):
        return False


def versions(settings: Settings) -> list[str]:
    """The revisions that the database is at; none where it is empty."""
    if settings.database_path is None:
        return in_a_loop(_versions_on_server(settings.database_url))
    return _versions_in_file(settings.database_path)


def _versions_in_file(path: Path) -> list[str]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            return [version for (version,) in connection.execute("SELECT version_num FROM alembic_version")]
        except sqlite3.OperationalError:  # no such table: an empty file
            return []


async def _versions_on_server(url: str) -> list[str]:
    from sqlalchemy import text

    async with connected(url) as connection:
        if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return []
        return list(await connection.scalars(text("SELECT version_num FROM alembic_version")))


def _upgrade_file(path: Path) -> None:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o640)
    with _alone(path), _file(path) as connection:
        _run(connection)


async def _upgrade_on_server(url: str) -> None:
    from sqlalchemy import text

    async with connected(url) as connection:
        encoding = await connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            remedy = "`createdb … --encoding UTF8 --template template0` makes one that is"
            raise WrongEncoding(f"the database is in {encoding}, not in UTF8; {remedy}")
        await connection.run_sync(_run)


def _run(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


def newest() -> str:
    """The newest revision: its file's name begins with it, and later ones sort later."""
    return max(file.stem.partition("_")[0] for file in (_folder() / "versions").glob("[0-9]*.py"))


def heads() -> tuple[str, ...]:
    """The newest revisions as Alembic sees them; one, as a test makes sure."""
    from alembic.script import ScriptDirectory

    return tuple(ScriptDirectory.from_config(_config(None)).get_heads())


def _folder() -> Path:
    return Path(migrations.__file__).parent


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _file(path: Path) -> Iterator[Connection]:
    """A file of SQLite. The driver would commit before each CREATE: a revision that fails half-way would stay half."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def leave_alone(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        yield connection
    engine.dispose()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A PostgreSQL server, by the driver that serves too: none other need be installed."""
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 5})
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:  # Any: what a coroutine yields is the loop's affair
    """The result, from a loop in a thread of its own: a caller may have one already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Under the lock that every writer takes."""
    with database.with_name("write.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
