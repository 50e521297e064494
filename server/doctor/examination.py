"""The whole examination, in the order in which a newcomer would mend things."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

from asyncpg.exceptions import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from server.clock import SystemClock
from server.doctor import data, front, machine, trust
from server.doctor.findings import Finding, Verdict, fail, ok
from server.postgres import remedy
from server.settings import Settings


def examine(settings: Settings, *, reads_files: bool = False) -> list[Finding]:
    """Every finding; nothing is written or sent. `reads_files`: all of them, which takes its time."""
    return [
        ok("settings", f"{len(settings.model_fields_set)} are set; `cabinet config show` prints them"),
        machine.data_folder(settings),
        *_of_file(settings),
        *_database(settings, reads_files=reads_files),
        machine.secret(settings),
        *trust.trust(settings, at=SystemClock().now()),
        asyncio.run(front.mail(settings)),
        front.public_url(settings),
        front.origins(settings),
    ]


def _of_file(settings: Settings) -> Iterator[Finding]:
    """What concerns a database that is a file."""
    if settings.database_path is not None:
        yield machine.sqlite()
        yield machine.file_system(settings.database_path)


def _database(settings: Settings, *, reads_files: bool) -> list[Finding]:
    try:
        found = data.revision(settings)
        if found.verdict is not Verdict.OK:
            return [found]
        rows = data.judged(asyncio.run(data.read(settings)), at=SystemClock().now())
        return [found, *rows, *([asyncio.run(data.scrubbed(settings))] if reads_files else [])]
    except (sqlite3.Error, PostgresError, SQLAlchemyError, OSError) as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        return [fail("database", f"it cannot be used: {said}", remedy(error) or "mend it, or restore the last backup")]
