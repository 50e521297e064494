"""Bringing the database to the newest revision, at start and by `cabinet migrate`. Synchronous."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from models import migrations
from server.settings import Settings


def upgrade(settings: Settings) -> None:
    """To the head; nothing when it is there. Waits for writers, and they for it."""
    settings.database_path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not settings.database_path.exists():
        settings.database_path.touch(mode=0o640)
    with _alone(settings.database_path), _engine(settings) as engine:
        command.upgrade(_config(engine), "head")


def is_at_head(settings: Settings) -> bool:
    """Whether nothing is left to do; False too for a newer database than this code knows."""
    if not settings.database_path.exists():
        return False
    with _engine(settings) as engine, engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
        return set(current) == set(heads())


def heads() -> tuple[str, ...]:
    """The newest revisions; one, as a test makes sure."""
    return tuple(ScriptDirectory.from_config(_config(None)).get_heads())


def _config(engine: Engine | None) -> Config:
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
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
