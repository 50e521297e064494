"""Bringing the database to the newest revision, at start and by `cabinet migrate`. Synchronous.

Alembic is imported only where there is something to do: it costs a third of a start.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models import migrations
from server.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine


def upgrade(settings: Settings) -> None:
    """To the newest revision; nothing when it is there. Waits for writers, and they for it."""
    if is_at_head(settings):
        return
    from alembic import command

    settings.database_path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not settings.database_path.exists():
        settings.database_path.touch(mode=0o640)
    with _alone(settings.database_path), _engine(settings) as engine:
        command.upgrade(_config(engine), "head")


def is_there(settings: Settings) -> bool:
    """Whether there is a database at all; a folder is not to be made by a typing mistake."""
    return settings.database_path.exists()


def is_at_head(settings: Settings) -> bool:
    """Whether nothing is left to do; False too for a newer database than this code knows."""
    if not settings.database_path.exists():
        return False
    with closing(sqlite3.connect(f"file:{settings.database_path}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest(),)]
        except sqlite3.OperationalError:  # no such table: an empty file
            return False


def newest() -> str:
    """The newest revision: its file's name begins with it, and later ones sort later."""
    return max(file.stem.partition("_")[0] for file in (_folder() / "versions").glob("[0-9]*.py"))


def heads() -> tuple[str, ...]:
    """The newest revisions as Alembic sees them; one, as a test makes sure."""
    from alembic.script import ScriptDirectory

    return tuple(ScriptDirectory.from_config(_config(None)).get_heads())


def _folder() -> Path:
    return Path(migrations.__file__).parent


def _config(engine: Engine | None) -> Config:
    from alembic.config import Config

    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(f"sqlite:///{settings.database_path}", poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Under the lock that every writer takes."""
    with database.with_name("write.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
