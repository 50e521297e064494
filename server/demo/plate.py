"""The plate on a PostgreSQL database that a demo lives in: a table with the key of the folder that made it.

It hangs before anything else is made. What is neither empty nor bears this folder's plate is somebody else's, and what
bears any plate is not to be served but as a demo: its passwords are public.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.tables import metadata
from server.demo.folder import Foreign
from server.migrate import connected, in_a_loop
from server.settings import Settings

TABLE = "cabinet_demo"
OURS = (*metadata.tables, "alembic_version", TABLE)
HELD = text(
    # Views of extensions, such as pg_stat_statements, come with the database.
    """
    SELECT relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    ORDER BY relname
    """
)


def is_there(settings: Settings) -> bool:
    """Whether the database is some demo's. A file has no plate: the mark in its folder is enough."""
    return settings.database_path is None and TABLE in in_a_loop(_held_at(settings))


def require_own(settings: Settings, key: str | None) -> None:
    """Raise `Foreign` for a database that is neither empty nor of the folder with this key."""
    in_a_loop(_require_own_at(settings, key))


def hang(settings: Settings, key: str) -> None:
    """Throw away what an interrupted seeding left, and mark the database as this folder's, in one transaction."""
    in_a_loop(_hang(settings, key))


async def _held_at(settings: Settings) -> list[str]:
    async with connected(settings.database_url) as connection:
        return await _held(connection)


async def _require_own_at(settings: Settings, key: str | None) -> None:
    async with connected(settings.database_url) as connection:
        await _require_own(connection, settings, key)


async def _hang(settings: Settings, key: str) -> None:
    async with connected(settings.database_url) as connection, connection.begin():
        # Two demos may begin in one empty database: the second must find the first one's plate.
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:table))"), {"table": TABLE})
        await _require_own(connection, settings, key)
        await connection.execute(text(f"DROP TABLE IF EXISTS {', '.join(OURS)} CASCADE"))
        await connection.execute(text(f"CREATE TABLE {TABLE} (key TEXT NOT NULL)"))
        await connection.execute(text(f"INSERT INTO {TABLE} VALUES (:key)"), {"key": key})  # noqa: S608  # a constant


async def _require_own(connection: AsyncConnection, settings: Settings, key: str | None) -> None:
    held = await _held(connection)
    if TABLE in held:
        found = await connection.scalar(text(f"SELECT key FROM {TABLE}"))  # noqa: S608  # a constant
        if key is None or found != key:
            raise Foreign(f"{settings.database_shown} is the demo of another folder; name an empty database")
    elif held:
        raise Foreign(f"{settings.database_shown} holds {held[0]}, not the demo's; name an empty database")


async def _held(connection: AsyncConnection) -> list[str]:
    """The tables and views of whoever is there."""
    return list(await connection.scalars(HELD))
